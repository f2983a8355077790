"""Plays calls of all tools, writes included, in front of a server whose whole answers are odd; names what is wrong."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx
from mcp import Client

from sentry_runbook.runtime import Runtime, build_runtime
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits
from sentry_runbook.tool_names import TOOL_NAMES
from tests.fuzz.exchanges import odd_exchange
from tests.fuzz.playing import CRASH, Crashes, impossible, invisible
from tests.sentry.upstream import Time
from tests.tools.contract import call, complaints
from tests.tools.faults import kind
from tests.tools.recorded_simulator import scene
from tests.tools.support import SETTINGS

SCENARIO, ISSUE = "payment-spike", "SHOP-1Z"
MORE: Mapping[str, tuple[dict[str, object], ...]] = {
    "resolve_issue": (
        {"action": "resolve"},
        {"action": "ignore", "ignore_count": 100},
        {"action": "resolve_in_release", "release": "shop@2.4.2"},
        {"action": "reopen"},
        {"action": "resolve", "dry_run": True},
    ),
    "add_note": ({"text": "On it."}, {"text": "On it.", "dry_run": True}),
    "list_events": ({"limit": 100}, {"query": "is:unresolved"}, {"environment": "production"}),
    "find_issues": ({"sort": "freq"}, {"query": "timeout"}, {"project": "shop"}),
    "get_issue": ({"event": "oldest"}, {"environment": "production"}),
}
"""Further arguments, one of them for each call."""


class _Raw(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


@dataclass
class OddServer(httpx.AsyncBaseTransport):
    """Answers as the embedded Sentry, and some requests oddly; a change always reaches it.

    Attributes:
        random: decides; set anew for each call.
        odd: what was odd so far in this call.
    """

    inner: httpx.AsyncBaseTransport
    random: Random = field(default_factory=Random)
    share: float = 1.0
    only: str = ""
    odd: list[str] = field(default_factory=list)

    def renew(self, random: Random) -> None:
        """Begin a new call."""
        self.random, self.odd = random, []
        self.share = random.choice((0.15, 0.5, 1.0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        if self.random.random() >= self.share:
            return httpx.Response(response.status_code, headers=_plain(response), content=body)
        if self.random.random() < 0.04:
            error = self.random.choice(
                (httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError, httpx.PoolTimeout)
            )
            self.odd.append(f"{kind(request)}: {error.__name__}")
            raise error("gone", request=request)
        status, headers, odd_body, told = odd_exchange(response.status_code, _plain(response), body, self.random)
        self.odd.append(f"{request.method} {kind(request)}: {told}")
        return httpx.Response(status, headers=headers, stream=_Raw(odd_body))


def _plain(response: httpx.Response) -> dict[str, str]:
    return {name: response.headers[name] for name in ("content-type", "link", "date") if name in response.headers}


@dataclass
class Exchanges:
    """A connected client with the odd server behind it."""

    client: Client
    run: Runtime
    server: OddServer
    schemas: Mapping[str, Mapping[str, Any]]
    crashes: Crashes

    async def play(self, seed: int) -> tuple[list[str], int]:
        """Everything that is wrong with one call, and how many answers of the server were odd."""
        random = Random(seed)  # noqa: S311  # a repeatable choice, no secret
        self.server.renew(random)
        # What an earlier call has changed must not decide what this one does: a seed alone repeats its call.
        self.server.inner = scene((SCENARIO,)).tape
        time = Time()
        settings = replace(
            SETTINGS, writes="direct", limits=Limits(cache_s=0, max_answer_bytes=2_000_000, read_s=5, call_s=15)
        )
        self.run._client = SentryClient(
            settings,
            http_transport=self.server,
            sleep=time.sleep,
            clock=time.wall,
            monotonic=time.monotonic,
            jitter=float,
        )
        self.crashes.places.clear()
        tool = TOOL_NAMES[seed % len(TOOL_NAMES)]
        arguments = call(tool, ISSUE, **random.choice(MORE.get(tool, ({},))))
        try:
            result = await self.client.call_tool(tool, arguments)
        except Exception as exc:  # noqa: BLE001  # whatever it is, it is a fault of the server that is reported
            wrong = [f"{type(exc).__name__} in the client: {str(exc)[:300]}"]
        else:
            wrong = list(self._wrong(tool, result))
        wrong += self.crashes.places
        shown = f"seed {seed}: {tool} {arguments}"
        return [f"{shown}: {fault}\n    {self.server.odd[:14]}" for fault in wrong], len(self.server.odd)

    def _wrong(self, tool: str, result: Any) -> Iterator[str]:
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        yield from invisible(text)
        if "Traceback" in text or "sntryu_" in text or text.startswith(CRASH):
            yield f"no answer of ours: {text[:300]}"
        if result.is_error:
            if not 20 < len(text) < 1_500:
                yield f"no clear sentence: {text[:300]}"
            return
        values = result.structured_content or {}
        yield from complaints(tool, values, text, self.schemas[tool])
        yield from impossible(values)


@asynccontextmanager
async def exchanging() -> AsyncIterator[Exchanges]:
    """Connect a client; writes are sent without a question, each to an embedded Sentry of its own."""
    here = scene((SCENARIO,))
    server = OddServer(here.tape)
    settings = replace(SETTINGS, writes="direct")
    run, crashes = build_runtime(settings, clock=here.clock), Crashes()
    logging.getLogger().addHandler(crashes)
    try:
        async with Client(build_server(run)) as client:
            schemas = {tool.name: tool.output_schema or {} for tool in (await client.list_tools()).tools}
            yield Exchanges(client, run, server, schemas, crashes)
    finally:
        logging.getLogger().removeHandler(crashes)
        await run.aclose()
