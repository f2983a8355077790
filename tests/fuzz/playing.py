"""Plays one call of a tool in front of a Sentry whose answers are odd, and names everything that is wrong then."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from mcp import Client

from sentry_runbook.runtime import Runtime, build_runtime
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.server.app import build_server
from sentry_runbook.simulator.clock import Clock
from tests.fuzz.mutations import mutated
from tests.safety.inert import INVISIBLE
from tests.sentry.upstream import Time
from tests.tools.contract import call, complaints
from tests.tools.faults import kind
from tests.tools.support import SETTINGS

WEIGHTS: Mapping[str, int] = {
    "triage_issue": 6,
    "get_issue": 6,
    "discover_impact": 4,
    "check_recovery": 3,
    "list_events": 3,
    "find_issues": 3,
    "assess_situation": 4,
    "draft_postmortem": 2,
    "draft_update": 2,
    "classify_severity": 1,
    "resolve_issue": 1,
    "add_note": 1,
    "review_alerts": 1,
}
"""How often each tool is called."""
RELEASES = re.compile(r"\b(?:[a-z]+@\d[\w.\-]*|v\d+\.\d+\.\d+\b)")
"""The releases of the real answers."""
ADDRESSES = ("desk@4.2.0.17", "4.2.0.17", "desk@10.0.0.1-rc.2", "com.example.desk@4.2.0.17+512")
"""Releases that look like addresses; one of them takes the others' place in two of three calls."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "find_issues": ("issues",),
    "list_events": ("issue", "rows"),
    "assess_situation": ("issues",),
}
"""What a tool cannot do without; the issue where nothing is given."""
WRITES = ("resolve_issue", "add_note")
"""Refused where the token may not write: some of the recorded ones may not."""
RELEASE_KEYS = frozenset({"release", "first_release", "last_release", "suspect_release", "releases", "version"})
MAY_BE_NEGATIVE = ("line", "column", "minutes_before")
"""In paths of numbers that may be below zero: what was changed after the begin has fewer than no minutes before it."""
MASKED_VERSION = re.compile(r"[\w-]@<(?:ip|email)|<(?:ip|email) \d+>(?:[.+]\d|-rc)")
CRASH = "Error executing tool"
"""How the SDK begins the answer for an exception that is not one of ours."""


@dataclass
class Odd(httpx.AsyncBaseTransport):
    """Passes requests on, and changes some of the answers.

    Attributes:
        inner: gives real answers.
        random: decides; set anew for each call.
        share: how many of the answers are changed, at random.
        only: when given, this request alone by its number in the call, instead of a share.
        release: takes the place of every release of the real answers; empty to leave them.
        asked: requests of the call so far.
        payloads: answers that were changed.
        changes: what was done to which answer.
        touched: kinds of questions whose answer was changed, or was a refusal.
    """

    inner: httpx.AsyncBaseTransport
    random: Random = field(default_factory=Random)
    share: float = 1.0
    only: int | None = None
    release: str = ""
    asked: int = 0
    payloads: int = 0
    changes: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def renew(self, random: Random) -> None:
        """Begin a new call."""
        self.random, self.asked, self.payloads, self.changes, self.touched = random, 0, 0, [], set()
        self.release = random.choice((*ADDRESSES, "", ""))
        self.only = random.randrange(18) if random.random() < 0.35 else None
        self.share = random.choice((0.2, 0.5, 1.0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        response = await self.inner.handle_async_request(request)
        content = (await response.aread()).decode()
        if self.release:
            content = RELEASES.sub(self.release, content)
        number, self.asked = self.asked, self.asked + 1
        is_chosen = number == self.only if self.only is not None else self.random.random() < self.share
        is_json = content.startswith(("{", "["))
        if is_chosen and is_json:
            body, changes = mutated(json.loads(content), self.random, self.random.choice((1, 1, 2, 4, 12)))
            content = json.dumps(body)
            self.payloads += 1
            self.changes += [f"{kind(request)} {change}" for change in changes]
        if (is_chosen and is_json) or response.status_code >= 400:
            self.touched.add(kind(request))
        headers = {name: text for name, text in response.headers.items() if name == "link"}
        headers |= {"content-type": "application/json"} if is_json else {}
        return httpx.Response(response.status_code, content=content.encode(), headers=headers)


class Crashes(logging.Handler):
    """Keeps where the server's exceptions came from."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        while error is not None and error.__cause__ is not None:
            error = error.__cause__
        if error is not None:
            frames = [
                frame for frame in traceback.extract_tb(error.__traceback__) if "sentry_runbook" in frame.filename
            ]
            where = "; ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-3:])
            self.places.append(f"{type(error).__name__}: {str(error)[:200]} at {where}")


@dataclass
class Fuzz:
    """A connected client, the odd server behind it, and the tools' schemas."""

    client: Client
    run: Runtime
    odd: Odd
    issues: Sequence[str]
    schemas: Mapping[str, Mapping[str, Any]]
    crashes: Crashes

    async def play(self, seed: int) -> list[str]:
        """Everything that is wrong with the answer of one call."""
        random = Random(seed)  # noqa: S311  # a repeatable choice, no secret
        self.odd.renew(random)
        # What one odd server has taught must not decide what the next call does: a seed alone repeats its call.
        time = Time()
        self.run._client = SentryClient(
            SETTINGS, http_transport=self.odd, sleep=time.sleep, clock=time.wall, monotonic=time.monotonic, jitter=float
        )
        self.crashes.places.clear()
        tool = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        arguments = call(tool, random.choice(self.issues))
        wrong = await self._wrong(tool, arguments)
        shown = f"seed {seed}: {tool} {arguments}"
        return [f"{shown}: {fault}\n    {self.odd.changes[:14]}" for fault in wrong]

    async def _wrong(self, tool: str, arguments: dict[str, Any]) -> list[str]:
        try:
            result = await self.client.call_tool(tool, arguments)
        except Exception as exc:  # noqa: BLE001  # whatever it is, it is a fault of the server that is reported
            return [f"{type(exc).__name__} in the client: {str(exc)[:300]} {self.crashes.places}"]
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        wrong = [*invisible(text), *_masked_releases(result.structured_content or {}, text)]
        if result.is_error:
            may_fail = tool in WRITES or not self.odd.touched.isdisjoint(NEEDED.get(tool, ("issue",)))
            wrong += _unclear(text) if may_fail else [f"an error for the sake of {self.odd.touched}"]
            return [f"{fault}: {text[:300]} {self.crashes.places}" for fault in wrong]
        values = result.structured_content or {}
        return [*wrong, *complaints(tool, values, text, self.schemas[tool]), *impossible(values)]


def _unclear(text: str) -> Iterator[str]:
    """What is wrong with an error: it must be a sentence or two of ours, with a next step."""
    if text.startswith(CRASH):
        yield "a crash"
    elif not 20 < len(text) < 900 or "\n" in text or not text.rstrip("”").endswith("."):
        yield "no clear sentence"
    if "Traceback" in text or "sntryu_" in text:
        yield "an error that tells too much"


def invisible(text: str) -> Iterator[str]:
    """Characters that no answer holds: controls, directions, halves of a character (which no stream can encode)."""
    for found in INVISIBLE.finditer(text):
        yield f"{found[0]!a} in {text[max(0, found.start() - 30) : found.end() + 10]!a}"
        return


def impossible(values: Any, path: str = "") -> Iterator[str]:
    """Numbers that cannot be: fewer than none, more than all."""
    if isinstance(values, dict):
        for key, inner in values.items():
            yield from impossible(inner, f"{path}.{key}")
    elif isinstance(values, list):
        for inner in values:
            yield from impossible(inner, f"{path}[]")
    elif isinstance(values, float | int) and not isinstance(values, bool):
        if values < 0 and not any(word in path for word in MAY_BE_NEGATIVE):
            yield f"{path} is {values}"
        if path.endswith("_pct") and values > 100:
            yield f"{path} is {values}"


def _masked_releases(values: Mapping[str, Any], text: str) -> Iterator[str]:
    """Releases that are shown as an address."""
    for path, key, value in _texts(values):
        is_release = key in RELEASE_KEYS or (key == "value" and path.endswith("release"))
        if is_release and re.search(r"<(?:ip|email) \d", value):
            yield f"a masked release at {path}: {value[:100]}"
        yield from (f"{path} {fault}" for fault in invisible(value))
    for channel in (text, json.dumps(values)):
        masked = MASKED_VERSION.search(channel)
        if masked:
            yield f"a masked release: …{channel[max(0, masked.start() - 40) : masked.end() + 20]}…"


def _texts(value: Any, path: str = "", key: str = "") -> Iterator[tuple[str, str, str]]:
    """Every text with its path and its key; of a row of the breakdown the path ends with its tag."""
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, dict):
        tag = f":{value['tag']}" if isinstance(value.get("tag"), str) else ""
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}{tag}", name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, f"{path}[]", key)


@asynccontextmanager
async def fuzzing(inner: httpx.AsyncBaseTransport, clock: Clock, issues: Sequence[str]) -> AsyncIterator[Fuzz]:
    """Connect a client to the server in front of an odd Sentry.

    Args:
        inner: gives the real answers.
        clock: of the server.
        issues: what callers name.
    """
    run, crashes = build_runtime(SETTINGS, clock=clock), Crashes()
    logging.getLogger().addHandler(crashes)
    try:
        async with Client(build_server(run)) as client:
            schemas = {one.name: one.output_schema or {} for one in (await client.list_tools()).tools}
            yield Fuzz(client, run, Odd(inner), issues, schemas, crashes)
    finally:
        logging.getLogger().removeHandler(crashes)
        await run.aclose()
