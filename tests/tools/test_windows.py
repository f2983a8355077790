"""The time beside a figure is the figure's own, and none of it lies in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, SessionsSpec, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

NOW = datetime(2026, 11, 20, 11, 49, tzinfo=UTC)
SESSIONS = (SessionsSpec(2000, crashed=400),)
CRASHING = Scenario(
    name="crashing",
    issues=(IssueSpec("SHOP-1", "boom", streams=(Stream(50, -30, -1, users=20),)),),
    sessions=SESSIONS,
)
EARLIER = Scenario(
    name="earlier",
    issues=(IssueSpec("SHOP-1", "boom", streams=(Stream(50, -4000, -3900, users=20),)),),
    sessions=SESSIONS,
)
OWN = "sessions, 2026-11-19 11:00 to 2026-11-20 11:49 UTC"
"""How the page shows the time of the sessions of the last 24 h."""


async def played(scenario: Scenario) -> tuple[dict[str, Any], str]:
    """The impact in both channels."""
    clock = ManualClock(NOW)
    async with connected(world=World(scenario, clock), clock=clock) as connection:
        values = await connection.call("discover_impact", issue="SHOP-1")
        return values, await connection.text("discover_impact", issue="SHOP-1")


async def test_sessions_say_the_full_hours_that_they_cover_up_to_now() -> None:
    values, page = await played(CRASHING)
    assert datetime.fromisoformat(values["sessions_start"]) == (NOW - timedelta(days=1)).replace(minute=0)
    assert datetime.fromisoformat(values["sessions_end"]) == NOW
    assert OWN in page


async def test_nothing_ends_in_the_future() -> None:
    clock = ManualClock(NOW)
    async with connected(world=World(CRASHING, clock), clock=clock) as connection:
        for tool in ("classify_severity", "triage_issue", "draft_postmortem", "draft_update", "discover_impact"):
            text = await connection.text(tool, issue="SHOP-1")
            for end in ("until 2026-11-20 12:00", "to 12:00", "to 2026-11-20 12:00"):
                assert end not in text, tool
        verdict = await connection.call("classify_severity", issue="SHOP-1")
    assert "(24 h 49 min until 2026-11-20 11:49 UTC)" in verdict["because"]


async def test_a_window_that_was_widened_for_events_is_not_that_of_the_sessions() -> None:
    values, page = await played(EARLIER)
    assert values["window"]["widened_from"] == "24 h"
    assert "only events and users cover this longer time" in page
    assert OWN in page
