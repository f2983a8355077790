"""A hundred callers at once, as in an outage: of one issue, and of all issues there are."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from itertools import cycle, islice

import anyio
from mcp import Client

from bench.bounds import ANSWER_MS, SHARED_REQUESTS, Measure
from bench.cases import ISSUE, ask, connected
from bench.upstream import Upstream
from sentry_runbook.settings import Limits
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World

CALLERS = 100
LATENCY_MS = 20


async def crowds(upstream: Upstream) -> list[Measure]:
    """Requests and wall times; the settings are those of a fresh installation."""
    one = await _crowd(upstream, [ISSUE])
    same = await _crowd(upstream, [ISSUE] * CALLERS)
    world = World.of_all(ManualClock())
    issues = [issue.spec.short_id for issue in world.issues() if world.find_issue(issue.spec.short_id)]
    many = await _crowd(upstream, list(islice(cycle(issues), CALLERS)))
    name = f"{CALLERS} callers of one issue"
    rows = [
        Measure("crowd", "1 caller", "requests", one.requests),
        Measure("crowd", "1 caller", "wall", one.wall_ms, "ms"),
        Measure("crowd", name, "requests", same.requests),
        Measure("crowd", name, "requests, times one caller's", same.requests / one.requests, "x", SHARED_REQUESTS),
        *_times(name, same),
    ]
    name = f"{CALLERS} callers of {len(issues)} issues"
    return [
        *rows,
        Measure("crowd", name, "requests", many.requests),
        Measure("crowd", name, "requests at once", many.most_at_once, bound=Limits().concurrency),
        *_times(name, many),
    ]


class _Crowd:
    """What a crowd cost."""

    def __init__(self) -> None:
        self.waits_ms: list[float] = []
        self.requests = 0
        self.most_at_once = 0

    @property
    def wall_ms(self) -> float:
        return max(self.waits_ms)


def _times(name: str, crowd: _Crowd) -> list[Measure]:
    return [
        Measure("crowd", name, "median wait", statistics.median(crowd.waits_ms), "ms"),
        Measure("crowd", name, "longest wait", crowd.wall_ms, "ms", ANSWER_MS),
    ]


async def _crowd(upstream: Upstream, issues: Sequence[str]) -> _Crowd:
    found = _Crowd()
    async with connected(upstream.url(LATENCY_MS), cache_s=Limits().cache_s) as client:
        # Another issue's triage first: the connection and the imports are not what is measured.
        await ask(client, "triage_issue", {}, "WEB-7K")
        upstream.seen()
        async with anyio.create_task_group() as tasks:
            for issue in issues:
                tasks.start_soon(_one, client, issue, found)
        found.requests, found.most_at_once = upstream.seen()
    return found


async def _one(client: Client, issue: str, found: _Crowd) -> None:
    begun = time.perf_counter()
    await ask(client, "triage_issue", {}, issue)
    found.waits_ms.append((time.perf_counter() - begun) * 1000)
