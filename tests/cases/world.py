"""The embedded Sentry of a case: its world, and the case's keys laid over its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from math import floor
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import Clock
from sentry_runbook.simulator.records import SessionMinute
from sentry_runbook.simulator.scenario import (
    Crumb,
    DeploySpec,
    FrameSpec,
    IssueSpec,
    Raised,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.world import World
from tests.cases.reading import Case, filled, generated

DAY_MINUTES = 1_440
HOURS_OF_SESSIONS = 49
PLAIN_EVENTS = {"n": 120, "frm": -50, "to": -5, "users": 60}
PLAIN_SESSIONS = {"per_hour": 2000, "crashed": 8}
PLAIN_RELEASES = tuple(
    {
        "v": version,
        "created": -DAY_MINUTES * days,
        "deploys": [["production", -DAY_MINUTES * days - 6, -DAY_MINUTES * days]],
    }
    for version, days in (("1.0.0", 20), ("1.1.0", 5))
)


def world_of(case: Case, clock: Clock) -> World:
    """The world that a case describes."""
    world = World(_scenario(case), clock)
    # No real number of crashes is negative or above the sessions, so no scenario can have it: it is put in afterwards.
    crashed = [one.get("crashed", 0) / one["per_hour"] for one in case.spec.get("sess", ())]
    if any(not 0 <= share <= 1 for share in crashed):
        _crash(world.projects[0].sessions.until(world.now_ms()), crashed[0])
    return world


def _crash(records: Iterable[SessionMinute], share: float) -> None:
    """Crashes in whole numbers whose sum is the share of the sessions: a minute alone has too few of them."""
    left = 0.0
    for record in records:
        left += share * record.count
        record.crashed = floor(left)
        left -= record.crashed


def _scenario(case: Case) -> Scenario:
    spec = case.spec
    thrown = spec.get("tpl", {})
    sessions = spec.get("sess", (PLAIN_SESSIONS,))
    spans = spec.get("spans")
    return Scenario(
        name=case.name,
        project=case.slug,
        platform=spec.get("project_platform", "python"),
        issues=(_issue(case, thrown),),
        releases=tuple(_release(case, one) for one in spec.get("rels", PLAIN_RELEASES)),
        sessions=tuple(_sessions(case, one) for one in sessions),
        transactions=(Transactions("POST /checkout", 3_000),) if spans is None else (),
    )


def _issue(case: Case, thrown: dict[str, Any]) -> IssueSpec:
    frame = FrameSpec("pay", "shop/checkout.py", 41)
    bare = thrown.get("bare", False)
    crumbs = tuple(
        Crumb(one["category"], one.get("message"), one["level"], one.get("data"), one["type"], one["ago"])
        for one in thrown.get("crumbs", ())
    )
    return IssueSpec(
        case.short,
        chain=(Raised(thrown.get("type_", "CaseError"), thrown.get("value", "something failed"), (frame,)),),
        streams=tuple(_stream(case, one) for one in case.spec.get("ev", (PLAIN_EVENTS,))),
        level=case.spec.get("level", "error"),
        transaction="POST /checkout",
        platform=thrown.get("platform"),
        breadcrumbs=() if bare else crumbs or (Crumb("log", "cart loaded"),),
        request=None if bare else RequestSpec("POST", "https://shop.example.test/checkout"),
    )


def _stream(case: Case, one: dict[str, Any]) -> Stream:
    people = one.get("users", one["n"])
    return Stream(
        one["n"],
        one["frm"],
        one["to"],
        users=people or 0,
        first_user=1 + 100_000 * len(one.get("up", "")),
        environment=one.get("env", "production") or None,
        release=None if (version := one.get("rel", "1.1.0")) is None else _version(case, version),
        handled=bool(one.get("handled", False)),
        tags={key: {value: 1.0} for key, value in one.get("tags", {}).items()},
    )


def _sessions(case: Case, one: dict[str, Any]) -> SessionsSpec:
    crashed = one.get("crashed", 0)
    if not 0 <= crashed <= one["per_hour"]:
        crashed = 0
    release = _version(case, one["rel"]) if "rel" in one else "latest"
    return SessionsSpec(
        one["per_hour"] * HOURS_OF_SESSIONS,
        start=-60.0 * HOURS_OF_SESSIONS,
        crashed=crashed * HOURS_OF_SESSIONS,
        environment=one.get("env", "production"),
        release=release,
    )


def _release(case: Case, one: dict[str, Any]) -> ReleaseSpec:
    deploys = tuple(DeploySpec(end, environment, end - start) for environment, start, end in one.get("deploys", ()))
    return ReleaseSpec(_version(case, one["v"]), one["created"], deploys)


def _version(case: Case, version: str) -> str:
    return version[1:] if version.startswith("=") else f"{case.slug}@{version}"


# --- the case's keys over the answers ------------------------------------------------------------------------------

Change = Callable[[int, Any], tuple[int, Any]]
"""Status and JSON of an answer → those that the client gets."""
ONE_ISSUE = re.compile(r"GET /api/0/organizations/acme/issues/[^/?]+/(?:\?|$)")
ONE_EVENT = re.compile(r"GET /api/0/organizations/acme/issues/[^/?]+/events/[^/?]+/(?:\?|$)")
EVENT_ROWS = re.compile(r"GET /api/0/organizations/acme/issues/[^/?]+/events/(?:\?|$)")


class Overlaid:
    """An embedded Sentry, with a case's keys laid over its answers."""

    def __init__(self, case: Case, world: World, names: dict[str, str], now: datetime, token: str | None) -> None:
        self._app: ASGIApp = create_app(world, token=token)
        case = replace(
            case, **{key: generated(getattr(case, key), now) for key in ("event", "row", "issue", "replies")}
        )
        self._changes = [*_overlays(filled_case(case, names))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI wants it."""
        query = scope["query_string"].decode()
        asked = f"{scope['method']} {scope['raw_path'].decode()}{f'?{query}' if query else ''}"
        changes = [change for pattern, change in self._changes if pattern.match(asked)]
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            status, body = start["status"], b"".join(parts)
            content = json.loads(body) if body else None
            for change in changes:
                status, content = change(status, content)
            body = b"" if content is None else json.dumps(content).encode()
            headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
            await send({**start, "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, changed if changes else send)


def filled_case(case: Case, names: dict[str, str]) -> Case:
    """The case with its placeholders replaced."""
    texts = ("event", "row", "issue", "replies", "calls", "env", "files")
    return replace(case, **{key: filled(getattr(case, key), names) for key in texts})


def _overlays(case: Case) -> list[tuple[re.Pattern[str], Change]]:
    issue = dict(case.issue)
    for key, name in (("status", "status"), ("substatus", "substatus"), ("details", "statusDetails")):
        if key in case.spec:
            issue[name] = case.spec[key]
    changes = [(ONE_ISSUE, _lay(issue)), (ONE_EVENT, _lay(case.event)), (EVENT_ROWS, _lay(case.row))]
    changes += [(re.compile(reply["match"]), _reply(reply)) for reply in case.replies]
    return changes


def _lay(keys: dict[str, Any]) -> Change:
    def over(content: Any) -> Any:
        if isinstance(content, list):
            return [over(item) for item in content]
        merged = {**content, **keys}
        return {key: value for key, value in merged.items() if value != "$drop"}

    return lambda status, content: (status, over(content) if status == 200 else content)


def _reply(reply: dict[str, Any]) -> Change:
    if "merge" in reply:
        return _lay(reply["merge"])
    return lambda status, content: (reply.get("status", 200), reply["body"])
