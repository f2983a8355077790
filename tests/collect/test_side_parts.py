"""A side request that fails costs its own part of a triage, which is unknown with a reason, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import anyio
import httpx
import pytest

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.runtime import build_runtime
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.settings import Limits
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DeploySpec,
    FlagChangeSpec,
    IssueSpec,
    OwnerSpec,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.world import World
from tests.sentry.upstream import Time
from tests.tools.faults import PATIENCE_S, kind
from tests.tools.support import SETTINGS

SCENARIO = Scenario(
    name="one",
    issues=(
        IssueSpec(
            "ONE-1",
            "Boom",
            streams=(Stream(60, -300, -1, users=20),),
            transaction="GET /pay",
            owners=(OwnerSpec("team:pay"),),
        ),
    ),
    releases=(ReleaseSpec("one@2", -310, (DeploySpec(-305),)), ReleaseSpec("one@1", -9000)),
    sessions=(SessionsSpec(900),),
    transactions=(Transactions("GET /pay", 500),),
    flags=(FlagChangeSpec(-330, "new-pay"),),
    alerts=(AlertSpec("Errors", -280),),
)
PARTS = {
    "flags": {"flag_changes"},
    "alerts": {"alerts"},
    "releases": {"releases", "other_releases"},
    "sessions": {"sessions"},
    "project_top": {"project_top"},
    "oldest": {"sample"},
    "commits": {"suspect_commits"},
    "latency": {"latency"},
    "outcomes": {"dropped"},
    "project_unhandled": {"project_unhandled"},
}
"""Kind of request → the fields of the evidence that it fills."""
FAILURES = {"403": 403, "404 empty": 404, "500": 500, "hanging": None}


@dataclass
class Failing(httpx.AsyncBaseTransport):
    """The embedded Sentry; one kind of request fails."""

    inner: httpx.AsyncBaseTransport
    part: str = ""
    status: int | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, fail, or never answer."""
        if kind(request) != self.part:
            return await self.inner.handle_async_request(request)
        if self.status is None:
            await anyio.sleep_forever()
        content = b"" if self.status == 404 else b'{"detail": "No."}'
        return httpx.Response(self.status or 500, content=content)


async def triaged(part: str, status: int | None) -> Evidence:
    """The evidence of a triage."""
    clock, time = ManualClock(), Time()
    limits = Limits(cache_s=0, read_s=PATIENCE_S, call_s=4 * PATIENCE_S) if status is None else Limits(cache_s=0)
    settings = replace(SETTINGS, limits=limits)
    transport = Failing(httpx.ASGITransport(create_app(World(SCENARIO, clock))), part, status)
    run = build_runtime(settings, clock=clock)
    run._client = SentryClient(
        settings, http_transport=transport, sleep=time.sleep, clock=time.wall, monotonic=time.monotonic, jitter=float
    )
    try:
        return await investigate(run, "ONE-1", TRIAGE)
    finally:
        await run.aclose()


def unknown(evidence: Evidence) -> dict[str, Unknown]:
    """The parts that were asked for and are not known."""
    parts: dict[str, Any] = {name: getattr(evidence, name) for name in Evidence.model_fields}
    return {name: part for name, part in parts.items() if isinstance(part, Unknown) and part.asked}


QUICK = {("flags", "403"), ("alerts", "404 empty"), ("releases", "403"), ("oldest", "hanging"), ("sessions", "500")}
CASES = [
    pytest.param(part, failure, marks=() if (part, failure) in QUICK else pytest.mark.matrix)
    for part in PARTS
    for failure in FAILURES
]


@pytest.mark.parametrize(("part", "failure"), CASES)
async def test_a_side_part_that_fails_costs_that_part_alone(part: str, failure: str) -> None:
    whole, without = await triaged("", 200), await triaged(part, FAILURES[failure])
    lost = unknown(without)
    assert lost.keys() == PARTS[part] | unknown(whole).keys()
    assert all(entry.why and "Traceback" not in entry.why for entry in lost.values())
    for name in Evidence.model_fields:
        before, after = getattr(whole, name), getattr(without, name)
        if isinstance(before, Known) and name not in PARTS[part]:
            assert after == before, name
    assert without.issue == whole.issue


@pytest.mark.parametrize("status", [400])
async def test_a_server_that_refuses_owners_tells_the_issue_all_the_same(status: int) -> None:
    @dataclass
    class Refusing(httpx.AsyncBaseTransport):
        inner: httpx.AsyncBaseTransport
        asked: int = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if "expand" in request.url.params:
                self.asked += 1
                return httpx.Response(status, json={"detail": "Unknown expand."})
            return await self.inner.handle_async_request(request)

    clock = ManualClock()
    transport = Refusing(httpx.ASGITransport(create_app(World(SCENARIO, clock))))
    run = build_runtime(replace(SETTINGS, limits=Limits(cache_s=0)), http_transport=transport, clock=clock)
    try:
        for _ in range(2):
            evidence = await investigate(run, "ONE-1", TRIAGE)
            assert evidence.issue.owners == ()
            assert any("owners are not known" in warning for warning in evidence.warnings)
    finally:
        await run.aclose()
    assert transport.asked == 1, "the refusal is remembered"
    assert [owner.kind for owner in (await triaged("", 200)).issue.owners] == ["ownershiprule"]
