"""What is said before a resolve in the next release is what the embedded Sentry then does."""

from __future__ import annotations

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, ReleaseSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
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
