"""What is said before a resolve in the next release is what the embedded Sentry then does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, ReleaseSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.collect.asked import Changed, body, refusal
from tests.tools.support import Connection, connected

ISSUE = "SHOP-1"


def world(clock: ManualClock, *releases: str) -> World:
    """An issue seen in these releases, the last one's events newest."""
    streams = tuple(
        Stream(5, -100 + 10 * number, -95 + 10 * number, release=release) for number, release in enumerate(releases)
    )
    created = tuple(ReleaseSpec(release, -9000 + 100 * number) for number, release in enumerate(releases))
    return World(Scenario(name="shop", issues=(IssueSpec(ISSUE, "Boom", streams=streams),), releases=created), clock)


async def resolve_in_next_release(connection: Connection) -> tuple[str, str]:
    """The warnings of the plan, and the state after the write."""
    planned = await connection.call("resolve_issue", issue=ISSUE, action="resolve_in_next_release")
    done = await connection.call(
        "resolve_issue", issue=ISSUE, action="resolve_in_next_release", confirm_token=planned["confirm_token"]
    )
    assert done["outcome"] == "applied"
    return " ".join(planned["warnings"]), done["after"]["summary"]


@pytest.mark.parametrize(
    ("seen", "arriving", "said", "status"),
    [
        (("6.4.8", "7.1.2"), "6.4.9", 'Older lines are in use ("6.4.8")', "unresolved"),
        (("7.1.1", "7.1.2"), "7.1.1", "by the date they were created", "resolved"),
        (("9f3c2ab", "11d0e7c"), "77aa01b", "is no version number", "unresolved"),
        (("app@1.4.8", "app@2.0.0"), "app@1.4.9", "do not reopen it", "resolved"),
        (("app@1.4.8", "app@2.0.0"), "app@2.0.1-rc.1", "by version", "unresolved"),
        (("app@1.4.8", "app@2.0.0-rc.1"), "app@2.0.0", "is a pre-release", "unresolved"),
    ],
)
async def test_a_release_reopens_the_issue_as_the_plan_says(
    seen: tuple[str, ...], arriving: str, said: str, status: str
) -> None:
    clock = ManualClock()
    async with connected(world=world(clock, *seen), clock=clock) as connection:
        warnings, _ = await resolve_in_next_release(connection)
        assert said in warnings
        clock.advance(minutes=1)
        if arriving not in seen:
            connection.world.add_release(ReleaseSpec(arriving, 0))
        clock.advance(minutes=5)
        connection.world.emit(ISSUE, release=arriving)
        assert (await connection.call("get_issue", issue=ISSUE))["status"] == status


async def test_what_the_next_release_means_is_said_after_the_write_and_when_it_is_so_already() -> None:
    clock = ManualClock()
    async with connected(world=world(clock, "app@1.4.8", "app@2.0.0"), clock=clock) as connection:
        connection.world.add_release(ReleaseSpec("app@2.1.0-rc1", 0))
        clock.advance(minutes=1)
        _, after = await resolve_in_next_release(connection)
        assert 'any release after "app@2.0.0" reopens it' in after
        again = await connection.call("resolve_issue", issue=ISSUE, action="resolve_in_next_release")
        assert again["outcome"] == "already"
        assert again["before"]["reopens_after"] == "app@2.0.0"
        assert again["before"]["summary"] == after
        clock.advance(minutes=1)
        connection.world.emit(ISSUE, release="app@2.1.0-rc1")
        assert (await connection.call("get_issue", issue=ISSUE))["status"] == "unresolved"


async def test_by_date_the_release_that_is_there_already_is_the_next_one() -> None:
    clock = ManualClock()
    async with connected(world=world(clock, "7.1.1", "7.1.2"), clock=clock) as connection:
        connection.world.add_release(ReleaseSpec("7.1.3", 0))
        clock.advance(minutes=1)
        _, after = await resolve_in_next_release(connection)
        assert after == 'resolved in release "7.1.3"'
        clock.advance(minutes=1)
        connection.world.emit(ISSUE, release="7.1.3")
        assert (await connection.call("get_issue", issue=ISSUE))["status"] == "unresolved"


async def test_events_without_a_release_do_not_reopen_what_is_resolved_in_the_next_one() -> None:
    clock = ManualClock()
    async with connected(world=world(clock, "app@1.0.0"), clock=clock) as connection:
        connection.world.emit(ISSUE, release=None)
        clock.advance(minutes=1)
        warnings, _ = await resolve_in_next_release(connection)
        assert "1 of the latest 6 events carry no release" in warnings
        clock.advance(minutes=1)
        connection.world.emit(ISSUE, release=None)
        assert (await connection.call("get_issue", issue=ISSUE))["status"] == "resolved"


async def test_a_plan_that_is_shown_looks_at_the_project_s_releases_and_a_write_does_not() -> None:
    clock = ManualClock()
    async with connected(world=world(clock, "app@1.9.4"), clock=clock) as connection:
        connection.world.add_release(ReleaseSpec("app@2.1.0", -1))
        for asked in ({"action": "resolve_in_next_release"}, {"action": "resolve_in_release", "release": "app@1.9.4"}):
            connection.upstream.reset()
            planned = await connection.call("resolve_issue", issue=ISSUE, **asked)
            lists = [request for request in connection.upstream.requests if "/releases/?" in request]
            assert (connection.upstream.rounds, len(lists)) == (2, 1)
            assert ('greatest version is "app@2.1.0"' in " ".join(planned["warnings"])) == ("release" not in asked)
        connection.upstream.reset()
        done = await connection.call("resolve_issue", issue=ISSUE, confirm_token=planned["confirm_token"], **asked)
        assert done["outcome"] == "applied"
        assert connection.upstream.rounds <= 3
        assert not any("/releases/?" in request for request in connection.upstream.requests)


async def test_a_release_that_was_named_is_judged_though_the_list_of_releases_fails() -> None:
    clock = ManualClock()
    here = world(clock, "app@1.0.0")
    sentry = Changed(httpx.ASGITransport(create_app(here)), {"releases": refusal(500, "Internal error")})
    async with connected(world=here, clock=clock, transport=sentry) as connection:
        for release, is_known in (("app@1.0.0", True), ("app@9.9.9", False)):
            planned = await connection.call(
                "resolve_issue", issue=ISSUE, action="resolve_in_release", release=release, dry_run=True
            )
            assert any("Sentry knows no release" in warning for warning in planned["warnings"]) is not is_known


async def test_what_the_issue_waits_for_is_read_with_it() -> None:
    clock = ManualClock()
    async with connected(world=world(clock, "app@1.0.0"), clock=clock) as connection:
        assert "status_details" not in await connection.call("get_issue", issue=ISSUE)
        _, after = await resolve_in_next_release(connection)
        report = await connection.call("get_issue", issue=ISSUE)
        assert (
            report["status_details"]
            == after
            == 'resolved in the next release: any release after "app@1.0.0" reopens it'
        )
        assert f"**Status in words:** {after}" in await connection.text("get_issue", issue=ISSUE)
        assert "status_details" in report["untrusted"]


BACK = {
    "id": "7",
    "type": "set_regression",
    "user": None,
    "dateCreated": "2026-11-20T11:00:00Z",
    "data": {"version": "app@1.9.5", "resolved_in_version": "app@2.1.0", "follows_semver": False},
}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"statusDetails": {"inCommit": {"id": "0a1b2c3d4e5f60718293", "message": "x"}}}, 'in commit "0a1b2c3d4e5f"'),
        ({"statusDetails": {"inCommit": "0a1b2c3"}}, 'in commit "0a1b2c3"'),
        ({"statusDetails": {"inUpcomingRelease": True}}, "in the next release"),
        ({"statusDetails": {"autoResolved": True}}, "by Sentry, after a time without events"),
        ({"statusDetails": {"inRelease": "app@1.0.1", "actor": {"name": "Mia"}}}, 'in release "app@1.0.1"'),
        ({"statusDetails": {"inCommit": None, "autoResolved": None}}, None),
        (
            {"status": "ignored", "substatus": "archived_until_condition_met", "statusDetails": {"ignoreCount": 50}},
            "50",
        ),
        ({"status": "unresolved", "statusDetails": {"inRelease": "app@1.0.1", "ignoreCount": 50}}, None),
    ],
    ids=["commit", "commit's id", "upcoming", "by age", "release", "nulls", "archived", "left over"],
)
async def test_status_details_are_read_as_sentry_writes_them(keys: dict[str, Any], words: str | None) -> None:
    clock = ManualClock()
    here = world(clock, "app@1.0.0")
    change = body(lambda found: {**found, "status": "resolved", "substatus": None, **keys})
    sentry = Changed(httpx.ASGITransport(create_app(here)), {"issue": change})
    async with connected(world=here, clock=clock, transport=sentry) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
    assert (report.get("status_details") is None) == (words is None)
    assert words is None or words in report["status_details"]


async def test_a_regression_that_sentry_saw_by_date_is_told_in_triage() -> None:
    clock = ManualClock()
    here = world(clock, "app@1.9.5")
    change = body(lambda found: {**found, "substatus": "regressed", "activity": [BACK, *found["activity"]]})
    sentry = Changed(httpx.ASGITransport(create_app(here)), {"issue": change})
    async with connected(world=here, clock=clock, transport=sentry) as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
    found = " ".join(step["finding"] for step in triage["checklist"])
    assert 'It was resolved in "app@2.1.0", and the lower version "app@1.9.5" reopened it' in found
