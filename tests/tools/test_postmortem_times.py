"""Who acted and when, as draft_postmortem tells it of an embedded incident that was over before anybody looked."""

from __future__ import annotations

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import AlertSpec, EntrySpec, IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

NIGHT = Scenario(
    name="night",
    issues=(
        IssueSpec(
            "NIGHT-1",
            "Error: broken",
            streams=(Stream(300, -400, -370, users=30),),
            entries=(
                EntrySpec(-399, "SUBSCRIBE"),
                EntrySpec(-398, "TRIGGER_AUTOFIX"),
                EntrySpec(-397, "PULL_REQUEST_MERGED", author="Dana Ortiz"),
                EntrySpec(-396, "create_issue", app="Tracker"),
            ),
        ),
    ),
    alerts=(AlertSpec("Errors", triggered=-200),),
)


async def test_an_alert_after_the_end_is_a_detection_at_the_latest_and_machines_acknowledge_nothing() -> None:
    clock = ManualClock()
    async with connected(world=World([NIGHT], clock), clock=clock) as connection:
        result = await connection.call("draft_postmortem", issue="NIGHT-1")
    milestones = {entry["name"]: entry for entry in result["milestones"]}
    assert milestones["detected"]["at_latest"] is True
    assert "at" not in milestones["acknowledged"]
    intervals = {entry["name"]: entry for entry in result["intervals"]}
    assert "minutes" not in intervals["time to detect"]
    assert "lies after the event rate was back to the usual level" in intervals["time to detect"]["why"]
    assert intervals["time to recover"]["minutes"] == 30
    text = result["markdown"]
    detected = next(line for line in text.splitlines() if line.startswith("- **detected:**"))
    assert " UTC at the latest (candidate; " in detected
    whats = [row["what"] for row in result["timeline"]]
    assert any(what.startswith("Sentry's automation wrote 2 entries") for what in whats)
    assert '"Dana Ortiz" wrote an entry of the kind "pull_request_merged"' in whats
    assert 'Integration "Tracker" made a ticket of it' in whats
    assert "no line for" not in text


async def test_no_question_of_a_postmortem_speaks_of_nights_without_a_time_zone() -> None:
    clock = ManualClock()
    async with connected(world=World([NIGHT], clock), clock=clock) as connection:
        text = await connection.text("draft_postmortem", issue="NIGHT-1")
    assert "at night" not in text
    assert "office hours" not in text


@pytest.mark.parametrize("name", ["mitigated_at", "detected_at", "acknowledged_at"])
async def test_a_stated_time_in_the_future_is_refused_and_says_what_time_it_is(name: str) -> None:
    """It was called a contradiction, and a duration was made of it all the same."""
    async with connected("payment-spike") as connection:
        said = await connection.error("draft_postmortem", issue="SHOP-1Z", **{name: "2026-11-20T13:30:00Z"})
    assert f"{name} lies in the future (2026-11-20 13:30 UTC; it is 2026-11-20 12:00 UTC)." in said
