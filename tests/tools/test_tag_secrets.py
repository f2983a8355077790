"""A tag whose name says that it holds a secret, through the tools, with Discover and without."""

from __future__ import annotations

import pytest

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

TOOLS = ("triage_issue", "discover_impact", "get_issue", "draft_postmortem")
TAGGED = Scenario(
    name="tagged",
    issues=(
        IssueSpec(
            "SHOP-1",
            "ConnectError: upstream",
            streams=(Stream(200, -30, -1, users=50),),
            tags={"access_token": {"hunter2zebra": 1}, "plan": {"gold": 1}},
        ),
    ),
)


@pytest.mark.parametrize("discover", [True, False])
async def test_the_value_of_a_tag_with_a_sensitive_name_is_shown_by_no_tool(discover: bool) -> None:
    clock = ManualClock()
    profile = Profile(discover=discover)
    async with connected(world=World(TAGGED, clock), clock=clock, profile=profile) as connection:
        pages = {tool: await connection.text(tool, issue="SHOP-1") for tool in TOOLS}
        values = {tool: str(await connection.call(tool, issue="SHOP-1")) for tool in TOOLS}
    assert [tool for tool in TOOLS if "hunter2zebra" in pages[tool] + values[tool]] == []
    shown = values["get_issue" if discover else "discover_impact"]
    assert "<secret 1>" in shown
    assert "gold" in shown
