"""One request in trouble, all others answered: the embedded Sentry on tape, and the fault laid over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from mcp import Client

from sentry_runbook.errors import TimedOut
from sentry_runbook.runtime import build_runtime
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits, Secret
from sentry_runbook.simulator.world import World
from tests.sentry.faults import Fault
from tests.sentry.upstream import TOKEN, Time, Upstream
from tests.tools.recorded_simulator import scene
from tests.tools.support import SETTINGS

ISSUE = "SHOP-1Z"
PATIENCE_S = 0.05
"""Real seconds for what never answers; all else has time enough, on a clock that only the sleeper moves."""
ENDINGS = (
    ("/events/latest/", "event"),
    ("/events/oldest/", "oldest"),
    ("/events/recommended/", "recommended"),
    ("/committers/", "commits"),
    ("/deploys/", "deploys"),
    ("/sessions/", "sessions"),
    ("/stats_v2/", "outcomes"),
    ("/flags/logs/", "flags"),
    ("/tags/", "tags"),
    ("/notes/", "notes"),
    ("/workflows/", "alerts"),
    ("/releases/", "releases"),
    ("/api/0/", "token"),
)
"""Ends of paths, and what stands there."""


def kind(request: httpx.Request) -> str:
    """Which part of an investigation a request asks for."""
    path, query = request.url.path, request.url.params
    named = next((name for end, name in ENDINGS if path.endswith(end)), None)
    if named is not None:
        return named
    if path.endswith("/events-timeseries/") or path.endswith("/events-stats/"):
        if "error.unhandled" in query["query"]:
            return "unhandled" if "issue" in query["query"] else "project_unhandled"
        # Clock hours of the days before, which tell the users by hour, too.
        return "history" if query["interval"] in ("3600", "60m", "1h") else "series"
    if path.endswith("/organizations/acme/events/"):
        first = query.get_list("field")[0]
        known = {"count()": "totals", "issue": "project_top", "transaction": "latency", "issue.id": "places"}
        return known.get(first, "breakdown")
    if path.endswith("/events/"):
        return "rows"
    return "issues" if path.endswith("/acme/issues/") else "issue"


@dataclass
class Troubled(httpx.AsyncBaseTransport):
    """Passes everything on but the requests that are in trouble.

    Attributes:
        trouble: which requests; nothing by default.
        fault: what comes back for those.
        arrives: whether such a request reaches Sentry all the same, and only its answer is lost.
        kinds: kinds of all requests so far, in order.
        writes: methods of the changes sent.
    """

    inner: httpx.AsyncBaseTransport
    trouble: Callable[[httpx.Request], bool] = lambda _: False
    fault: Fault | None = None
    arrives: bool = False
    kinds: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.kinds.append(kind(request))
        if request.method != "GET":
            self.writes.append(request.method)
        if self.fault is None or not self.trouble(request):
            return await self.inner.handle_async_request(request)
        if self.arrives:
            await self.inner.handle_async_request(request)
        return await Upstream({}, self.fault.answer).handle_async_request(request)


@dataclass
class Bench:
    """A connected client over a taped Sentry.

    Attributes:
        upstream: where trouble is made.
        world: what Sentry holds.
        renew: forgets what was learned of the server, and what must be waited for.
    """

    client: Client
    upstream: Troubled
    world: World
    renew: Callable[[], None]

    async def answer(self, tool: str, arguments: dict[str, object]) -> tuple[dict[str, Any], str, bool]:
        """Structured values, text, and whether it is an error."""
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        return result.structured_content or {}, text, bool(result.is_error)


def waits(fault: Fault | None) -> bool:
    """Whether no answer ever comes."""
    return fault is not None and fault.told == (TimedOut,) and fault.tries == 1


@asynccontextmanager
async def bench(fault: Fault | None = None, *, scenario: str = "payment-spike") -> AsyncIterator[Bench]:
    """A client whose Sentry can be put in trouble; nothing sleeps, and what hangs hangs for a moment."""
    here = scene((scenario,))
    upstream, time = Troubled(here.tape, fault=fault), Time()
    limits = Limits(cache_s=0, max_answer_bytes=2_000_000)
    if waits(fault):
        limits = replace(limits, read_s=PATIENCE_S, call_s=4 * PATIENCE_S)
    settings = replace(SETTINGS, token=Secret(TOKEN), limits=limits)
    run = build_runtime(settings, clock=here.clock)

    def renew() -> None:
        run._client = SentryClient(
            settings, http_transport=upstream, sleep=time.sleep, clock=time.wall, monotonic=time.monotonic, jitter=float
        )

    renew()
    async with Client(build_server(run)) as client:
        yield Bench(client, upstream, here.world, renew)
    await run.aclose()
