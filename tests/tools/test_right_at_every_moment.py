"""The cases of issue 11, through the tools: what was said of them before stands in its closing note."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, DroppedSpec, IssueSpec, ReleaseSpec, Scenario, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.collect.asked import Changed, refusal
from tests.tools.support import connected

DAY = 24 * 60
OLD = Stream(1, -60 * DAY, -60 * DAY)
"""An event long ago: the issue is no new one."""


def usual(per_hour: int, until: float = 0) -> Stream:
    """Two weeks at that rate."""
    hours = 15 * 24
    return Stream(per_hour * hours, until - hours * 60, until, users=20)


@asynccontextmanager
async def played(*streams: Stream, releases: tuple[ReleaseSpec, ...] = (), **more: Any) -> AsyncIterator[Any]:
    """The tools on one issue with these streams, in front of the embedded Sentry; and its clock."""
    issue = IssueSpec("WEB-1", "TypeError: x", streams=streams)
    scenario = Scenario(name="moments", issues=(issue,), releases=releases, **more)
    clock = ManualClock()
    async with connected(world=World([scenario], clock), clock=clock) as connection:
        yield connection, clock


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def began(answer: dict[str, Any]) -> tuple[datetime, datetime]:
    episode = answer["episode"]
    return at(episode["began_earliest"]), at(episode["began_latest"])


# --- four times the usual rate, flat -------------------------------------------------------------------------------

FLAT = (OLD, usual(60), Stream(540, -180, 0, users=30))


async def test_four_times_the_usual_rate_for_three_hours_is_ongoing() -> None:
    async with played(*FLAT) as (connection, _):
        answer = await connection.call("check_recovery", issue="WEB-1")
        issue = await connection.call("get_issue", issue="WEB-1")
    assert answer["verdict"] == "ongoing"
    assert issue["trend"]["direction"] == "steady"
    assert issue["trend"]["times_usual"] == 4.0


@pytest.mark.parametrize("minutes", [15, 40, 90])
async def test_a_stated_fix_that_changed_nothing_is_no_improvement(minutes: int) -> None:
    async with played(*FLAT) as (connection, clock):
        since = (clock() - timedelta(minutes=minutes)).isoformat()
        answer = await connection.call("check_recovery", issue="WEB-1", since=since)
        draft = await connection.text("draft_update", issue="WEB-1", kind="update", fix="a rollback", fixed_at=since)
    assert (answer["verdict"], answer["actions"][0]["change"]) == ("ongoing", "no_change")
    assert "no change" in answer["reading"]
    # What was done is not proposed again.
    assert "look for what the fix missed: the errors have not fallen after it" in draft


# --- one incident, looked at again and again -----------------------------------------------------------------------

BAD = ReleaseSpec("web@2", -20, deploys=(DeploySpec(-2, "production"),))


@pytest.mark.parametrize("hours", [2 / 60, 1, 25, 47])
async def test_a_new_issue_has_one_beginning_at_every_later_look(hours: float) -> None:
    fire = Stream(600, 0, 180, users=300, release="web@2")
    async with played(fire, releases=(BAD,)) as (connection, clock):
        clock.advance(hours=hours)
        triage = await connection.call("triage_issue", issue="WEB-1")
        recovery = await connection.call("check_recovery", issue="WEB-1")
        impact = await connection.call("discover_impact", issue="WEB-1")
    # Three tools give one beginning, and it is the first event.
    first = triage["issue"]["first_seen"]
    assert triage["episode"]["began"] == recovery["episode"]["began"] == impact["episode"]["began"] == first
    assert triage["episode"]["confidence"] == "high"
    assert at(triage["episode"]["peak_at"]) <= clock()
    assert triage["suspect_release"] == "web@2"
    assert triage["causes"][0]["pattern"] == "deployment_regression"


async def test_a_trickle_that_jumps_began_with_the_jump_and_its_deploy_is_compared() -> None:
    late = ReleaseSpec("web@2", -70, deploys=(DeploySpec(-62, "production"),))
    trickle = Stream(132, -22 * 60 - 60, -60, users=40, release="web@1")
    jump = Stream(240, -60, 0, users=80, release="web@2")
    async with played(trickle, jump, releases=(ReleaseSpec("web@1", -3000), late)) as (connection, clock):
        answer = await connection.call("triage_issue", issue="WEB-1")
    earliest, latest = began(answer)
    assert earliest <= clock() - timedelta(minutes=60) <= latest
    assert answer["episode"]["usual_per_hour"] == pytest.approx(6, abs=1)


async def test_a_stray_event_eight_hours_before_does_not_move_the_beginning() -> None:
    stray = Stream(1, -540, -540)
    async with played(stray, Stream(240, -60, 0, users=80)) as (connection, clock):
        answer = await connection.call("triage_issue", issue="WEB-1")
    earliest, latest = began(answer)
    assert earliest <= clock() - timedelta(minutes=60) <= latest


async def test_a_fire_of_fifty_hours_is_no_old_issue() -> None:
    async with played(Stream(12_000, -3000, 0, users=300)) as (connection, _):
        answer = await connection.call("triage_issue", issue="WEB-1")
    assert answer["episode"]["began"] == answer["issue"]["first_seen"]
    assert answer["episode"]["ongoing"] is True


# --- waves, and silence that is none -------------------------------------------------------------------------------


async def test_two_hours_after_the_third_wave_it_is_not_recovered() -> None:
    waves = [Stream(120, -120 - 30 - 240 * index, -120 - 240 * index, users=30) for index in range(3)]
    async with played(OLD, *waves) as (connection, _):
        answer = await connection.call("check_recovery", issue="WEB-1")
    assert answer["verdict"] == "improving"
    assert answer["episode"]["bursts"] == 3
    assert "it comes in bursts with pauses of up to 3 h" in answer["needs"][0]


async def test_silence_because_a_quota_dropped_all_events_is_unknown() -> None:
    dropped = (DroppedSpec(140_000, -150, 0),)
    async with played(OLD, Stream(600, -300, -150, users=30), dropped=dropped) as (connection, _):
        answer = await connection.call("check_recovery", issue="WEB-1")
        triage = await connection.text("triage_issue", issue="WEB-1")
    assert answer["verdict"] == "unknown"
    assert "Sentry dropped" in answer["reading"]
    assert "140,000" in answer["reading"]
    assert "counts are a lower bound" in triage


# --- the figure that decided ---------------------------------------------------------------------------------------


async def test_the_crash_free_sessions_of_an_incident_do_not_get_better_because_the_window_grows() -> None:
    """94 % after an hour, 97 % after a day was what executives read of an incident in which a fifth crashed."""
    spike = SCENARIOS["payment-spike"]
    clock, told = ManualClock(), set()
    world = World(spike, clock)
    for _ in range(4):
        clock.advance(hours=30)
        async with connected(world=world, clock=clock) as connection:
            for audience in ("engineers", "executives"):
                # After two days only the last message is still owed.
                given = {"kind": "resolved", "fix": "a rollback", "audience": audience}
                text = (await connection.call("draft_update", issue=spike.issue, **given))["text"]
                told |= set(re.findall(r"([\d.]+) % (?:of sessions )?in the incident's full hours", text))
            postmortem = (await connection.call("draft_postmortem", issue=spike.issue))["impact"]
            told.add(f"{postmortem['crash_free_episode_pct']:.2f}")
            assert postmortem["crash_free_sessions_pct"] > 95
    assert told == {"81.47"}


async def test_a_fix_in_the_future_is_refused_and_says_what_time_it_is() -> None:
    """A local time taken for UTC turned "not resolved" into "resolved, once somebody has confirmed it"."""
    async with connected("payment-spike") as connection:
        said = await connection.error("draft_update", issue="SHOP-1Z", kind="resolved", fixed_at="2026-11-20T13:30:00Z")
        near = await connection.call("draft_update", issue="SHOP-1Z", fixed_at="2026-11-20T12:00:40Z")
    assert "fixed_at lies in the future (2026-11-20 13:30 UTC; it is 2026-11-20 12:00 UTC)." in said
    assert "with its zone" in said
    assert near["text"]


@pytest.mark.parametrize("minute", [0, 11, 29, 53])
async def test_all_tools_tell_one_beginning_at_any_minute_of_the_hour(minute: int) -> None:
    """A story begins on a full hour: its series was an hour longer, of five minutes, and began at another minute."""
    waves = SCENARIOS["resource-exhaustion"]
    clock = ManualClock()
    clock.advance(minutes=minute)
    began = set()
    async with connected(world=World(waves, clock), clock=clock) as connection:
        for tool in ("triage_issue", "discover_impact", "check_recovery", "draft_postmortem"):
            answer = await connection.call(tool, issue=waves.issue)
            found = answer["impact"]["episode"] if tool == "draft_postmortem" else answer["episode"]
            began.add((found["began_earliest"], found["began"], found["began_latest"]))
    assert len(began) == 1


@pytest.mark.parametrize("minute", [2, 5, 19, 58])
async def test_without_the_series_the_last_hour_is_a_whole_one_at_any_minute(minute: int) -> None:
    """A steady event a minute was "2 events in the last hour, going down" two minutes past each hour."""
    steady = Scenario(name="steady", issues=(IssueSpec("WEB-1", "Error", streams=(Stream(600, 0, 600, users=99),)),))
    clock = ManualClock()
    world = World(steady, clock)
    clock.advance(hours=5, minutes=minute)
    sentry = Changed(httpx.ASGITransport(create_app(world)), {"series": refusal(500, "Internal Error")})
    async with connected(world=world, clock=clock, transport=sentry) as connection:
        answer = await connection.call("check_recovery", issue="WEB-1")
        plan = await connection.call("resolve_issue", issue="WEB-1", action="resolve", dry_run=True)
    assert (answer["verdict"], answer["events_per_hour_now"]) == ("ongoing", 60.0)
    assert "about 60 events in the last hour" in answer["reading"]
    assert "events_since" not in answer
    why = {entry["what"]: entry["why"] for entry in answer["missing"]}["events_since"]
    assert why == "only clock hours are counted, and that time lies inside one"
    # A plan is made of the issue's own clock hours.
    assert "(check_recovery: ongoing). Not over: about 60 events in the last hour" in plan["warnings"][0]
