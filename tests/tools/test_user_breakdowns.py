"""Who users are is no breakdown: what is counted by tag without Discover names no user."""

from __future__ import annotations

import json

import pytest

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

TAGS = {
    "user.username": {"janedoe": 3, "alexroe": 2},
    "user.name": {"Jane Doe": 3, "Alex Roe": 2},
    "user.role": {"beta-tester": 3, "member": 2},
    "user_id": {"u-55881122": 3, "u-2": 2},
    "userEmail": {"jane@example.com": 3, "alex@example.com": 2},
    "request_id": {"9d2f-77aa": 3, "1b": 2},
    "trace.span": {"b72fa28504b07285": 3, "c1": 2},
    "tenant_id": {"acme-7": 3, "blue-2": 2},
    "plan": {"gold": 3, "free": 2},
}
"""Each with two values: a triage has no row for a value of all events, whatever its tag is."""
TAGGED = Scenario(
    name="tagged",
    issues=(IssueSpec("SHOP-1", "ConnectError: upstream", streams=(Stream(200, -30, -1, users=50),), tags=TAGS),),
)


@pytest.mark.parametrize("tool", ["triage_issue", "discover_impact"])
async def test_a_breakdown_has_no_row_by_user_or_request(tool: str) -> None:
    clock = ManualClock()
    profile = Profile(discover=False)
    async with connected(world=World(TAGGED, clock), clock=clock, profile=profile) as connection:
        values = await connection.call(tool, issue="SHOP-1")
    impact = values["impact"] if tool == "triage_issue" else values
    tags = {row["tag"] for row in impact["breakdown"]}
    assert {"plan", "tenant_id"} <= tags
    assert not [tag for tag in tags if tag.startswith(("user", "request", "trace"))]
    assert not [name for name in ("janedoe", "Jane Doe", "55881122") if name in json.dumps(values)]
