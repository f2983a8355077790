"""One investigation of a world of one's own: the evidence, and every request that was made for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from bench.rounds import RoundCountingTransport

from sentry_runbook.collect import Aspect, investigate
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.world import World
from tests.tools.faults import kind
from tests.tools.support import BASE, SETTINGS

Change = Callable[[httpx.Response, Any], httpx.Response]
"""Sentry's answer and its JSON → the answer instead."""


@dataclass
class Changed(httpx.AsyncBaseTransport):
    """The embedded Sentry, with other answers to requests of some kinds (see :func:`tests.tools.faults.kind`)."""

    inner: httpx.AsyncBaseTransport
    changes: dict[str, Change] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        response = await self.inner.handle_async_request(request)
        response.request = request
        change = self.changes.get(kind(request))
        return response if change is None else change(response, json.loads(await response.aread() or b"null"))


@dataclass(frozen=True)
class Asked:
    """An investigation.

    Attributes:
        requests: the parameters of each request, by its kind.
        requests_per_round: how many each round had.
    """

    evidence: Evidence
    requests: dict[str, list[httpx.QueryParams]]
    requests_per_round: list[int]


def body(change: Callable[[Any], object]) -> Change:
    """A change of the JSON alone."""
    return lambda response, answer: httpx.Response(response.status_code, json=change(answer))


def refusal(status: int, detail: str) -> Change:
    """A refusal in Sentry's words."""
    return lambda _, __: httpx.Response(status, json={"detail": detail})


async def asked(
    scenario: Scenario, aspects: frozenset[Aspect], changes: dict[str, Change] | None = None, **arguments: Any
) -> Asked:
    """Investigate the scenario's issue at the instant :class:`ManualClock` starts at.

    Args:
        scenario: what Sentry holds.
        aspects: what is asked for.
        changes: by kind of request, what Sentry answers instead.
        arguments: of :func:`investigate`.
    """
    clock = ManualClock()
    sentry = Changed(httpx.ASGITransport(create_app(World(scenario, clock))), changes or {})
    upstream = RoundCountingTransport(sentry)
    run = build_runtime(SETTINGS, http_transport=upstream, clock=clock)
    try:
        evidence = await investigate(run, scenario.issue, aspects, **arguments)
    finally:
        await run.aclose()
    requests: dict[str, list[httpx.QueryParams]] = {}
    for line in upstream.requests:
        request = httpx.Request("GET", BASE + line.removeprefix("GET "))
        requests.setdefault(kind(request), []).append(request.url.params)
    return Asked(evidence, requests, upstream.requests_per_round)
