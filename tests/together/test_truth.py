"""Several issues as one incident: what the tools count and judge is what brute force over the raw events counts."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from sentry_runbook.simulator.clock import ManualClock
from tests.together.worlds import HOUR, Member, Several, all_events, burst, people
from tests.tools.support import Connection, connected

PROJECTS = ("web", "payments", "edge")


def random_incident(seed: int) -> Several:
    """Two to five issues of three projects that began together, with people in common, some of them in staging too."""
    rng = random.Random(seed)  # noqa: S311  # draws of a test
    crowd, start = rng.choice((60, 101, 140, 260)), -rng.uniform(40, 900)
    length = rng.uniform(15, min(150, -start - 2))
    members = []
    for number in range(rng.randint(2, 5)):
        first = rng.randrange(0, crowd // 2)
        users = people(first, min(crowd, first + rng.randint(10, crowd)))
        begins = start + rng.uniform(0, 2.5)
        events = burst(rng, start=begins, end=start + length, events=rng.randint(8, 160), users=users)
        if rng.random() < 0.4:
            staged = burst(
                rng, start=begins, end=start + length, events=25, users=people(900, 990), environment="staging"
            )
            events = all_events(events, staged)
        members.append(Member(f"{PROJECTS[number % 3].upper()}-{number + 1}", PROJECTS[number % 3], events))
    return Several(tuple(members))


async def story(connection: Connection, several: Several, tool: str, main: int = 0, **more: Any) -> dict[str, Any]:
    """A tool's answer about all issues, of which one is the caller's main one."""
    others = [short_id for place, short_id in enumerate(several.short_ids) if place != main]
    return await connection.call(tool, issue=several.short_ids[main], issues=others, **more)


@pytest.mark.parametrize("seed", range(12))
async def test_events_people_peak_and_severity_are_those_of_all_raw_events_together(seed: int) -> None:
    several, clock = random_incident(seed), ManualClock()
    async with connected(world=several.world(clock), clock=clock) as connection:
        impact = (await story(connection, several, "draft_postmortem"))["impact"]
        assert impact["events"] == len(several.events())
        assert impact["users"] == several.users()
        assert impact["unhandled_per_minute_peak"] == several.busiest_minute(clock())
        worst = several.users_worst_hour()
        assert impact["users_worst_hour"] <= worst <= impact.get("users_worst_hour_at_most", impact["users_worst_hour"])
        text = (await story(connection, several, "draft_update"))["text"]
    severity = re.search(r"Severity: (P\d)", text)
    assert severity is not None
    assert severity[1] == ("P1" if worst > 100 else "P2"), worst


def test_the_random_incidents_lie_on_both_sides_of_the_threshold_and_share_people() -> None:
    several = [random_incident(seed) for seed in range(12)]
    assert len({each.users_worst_hour() > 100 for each in several}) == 2
    for each in several:
        alone = sum(len({event.user for event in member.events}) for member in each.members)
        assert alone > each.users(), "people in common, or none would notice when they are added up"


@pytest.mark.parametrize("people_in_all", [100, 101])
async def test_the_threshold_counts_distinct_people_of_all_issues(people_in_all: int) -> None:
    rng = random.Random(people_in_all)  # noqa: S311  # draws of a test
    # Each issue has fewer than the threshold, and their sum lies far above it.
    overlap = [people(0, 70), people(30, people_in_all), people(10, 60)]
    members = []
    for project, users in zip(PROJECTS, overlap, strict=True):
        events = tuple(
            event for user in users for event in burst(rng, start=-rng.uniform(20, 25), end=-5, events=1, users=(user,))
        )
        members.append(Member(f"{project.upper()}-1", project, all_events(events)))
    several, clock = Several(tuple(members)), ManualClock()
    assert several.users_worst_hour() == people_in_all
    async with connected(world=several.world(clock), clock=clock) as connection:
        text = (await story(connection, several, "draft_update"))["text"]
        alone = await connection.call("classify_severity", issue="WEB-1")
    assert f"Severity: {'P1' if people_in_all > 100 else 'P2'}" in text
    assert alone["severity"] == "P2"


@pytest.mark.parametrize("seed", [3, 5, 8])
async def test_the_story_is_the_same_whichever_issue_the_caller_names_first(seed: int) -> None:
    several, clock = random_incident(seed), ManualClock()
    first = min(several.members, key=lambda member: member.events[0].at).short_id
    async with connected(world=several.world(clock), clock=clock) as connection:
        stories = [await story(connection, several, "draft_postmortem", main) for main in range(len(several.short_ids))]
        recovery = await story(connection, several, "check_recovery", len(several.short_ids) - 1)
    assert recovery["issue"] == first
    assert recovery["issues"][0]["short_id"] == first
    for one in stories:
        assert one["impact"] == stories[0]["impact"]
        assert sorted(row["what"] for row in one["timeline"]) == sorted(row["what"] for row in stories[0]["timeline"])
        assert f"**Sentry issue:** [{first}]" in one["markdown"]


# --- recovery ------------------------------------------------------------------------------------------------------


def ended(rng: random.Random, hours: float, users: int = 50) -> Any:
    """A burst of half an hour that ended that long ago."""
    return burst(rng, start=-hours * HOUR - 30, end=-hours * HOUR, events=120, users=people(0, users))


@pytest.mark.parametrize(
    ("hours", "verdicts", "whole"),
    [
        ((5, 6, 4), ("recovered", "recovered", "recovered"), "recovered"),
        ((5, 6, 1), ("recovered", "recovered", "improving"), "improving"),
        ((5, 0, 4), ("recovered", "ongoing", "recovered"), "ongoing"),
        ((0, 0, 0), ("ongoing", "ongoing", "ongoing"), "ongoing"),
    ],
)
async def test_it_is_over_only_when_every_issue_is(
    hours: tuple[float, ...], verdicts: tuple[str, ...], whole: str
) -> None:
    rng = random.Random(sum(hours))  # noqa: S311  # draws of a test
    members = tuple(
        Member(f"{project.upper()}-1", project, ended(rng, each)) for project, each in zip(PROJECTS, hours, strict=True)
    )
    several, clock = Several(members), ManualClock()
    async with connected(world=several.world(clock), clock=clock) as connection:
        recovery = await story(connection, several, "check_recovery")
        alone = {
            short_id: (await connection.call("check_recovery", issue=short_id))["verdict"]
            for short_id in several.short_ids
        }
    each = {issue["short_id"]: issue["verdict"] for issue in recovery["issues"]}
    assert each == dict(zip(several.short_ids, verdicts, strict=True))
    assert each == alone, "the same as each is judged by itself"
    assert recovery["verdict"] == whole


def hidden() -> Several:
    """A large old issue that is back at its usual rate, and a small new one that goes on below it."""
    rng = random.Random(11)  # noqa: S311  # draws of a test
    steady = burst(rng, start=-17 * 24 * HOUR, end=-1, events=17 * 24 * 20, users=people(0, 400))
    outbreak = burst(rng, start=-7 * HOUR, end=-6 * HOUR, events=800, users=people(0, 400))
    small = burst(rng, start=-7 * HOUR, end=-1, events=70, users=people(390, 440))
    return Several((Member("WEB-1", "web", all_events(steady, outbreak)), Member("PAY-1", "payments", small)))


async def test_a_small_issue_that_goes_on_is_not_hidden_by_the_usual_rate_of_a_large_one() -> None:
    several, clock = hidden(), ManualClock()
    async with connected(world=several.world(clock), clock=clock) as connection:
        recovery = await story(connection, several, "check_recovery")
        resolved = await story(connection, several, "draft_update", kind="resolved", fix="enlarged the pool")
        alone = await connection.call("check_recovery", issue="WEB-1")
    assert alone["verdict"] == "recovered"
    verdicts = {issue["short_id"]: issue["verdict"] for issue in recovery["issues"]}
    assert verdicts == {"WEB-1": "recovered", "PAY-1": "ongoing"}
    assert recovery["verdict"] == "improving", "the whole went down, and is not over"
    assert any(need.startswith("PAY-1: ") for need in recovery["needs"])
    assert not resolved["text"].startswith("RESOLVED")


async def test_an_old_issue_that_runs_on_at_its_usual_rate_is_not_over_and_so_the_whole_is_not() -> None:
    rng = random.Random(12)  # noqa: S311  # draws of a test
    steady = burst(rng, start=-17 * 24 * HOUR, end=-1, events=17 * 24 * 6, users=people(0, 200))
    new = burst(rng, start=-7 * HOUR, end=-6 * HOUR, events=600, users=people(0, 90))
    several = Several((Member("WEB-1", "web", steady), Member("PAY-1", "payments", new)))
    clock = ManualClock()
    async with connected(world=several.world(clock), clock=clock) as connection:
        recovery = await story(connection, several, "check_recovery")
        alone = await connection.call("check_recovery", issue="WEB-1")
    verdicts = {issue["short_id"]: issue["verdict"] for issue in recovery["issues"]}
    assert verdicts == {"PAY-1": "recovered", "WEB-1": alone["verdict"]}
    assert recovery["verdict"] == alone["verdict"] == "ongoing"
    assert recovery["reading"].startswith("Not over: WEB-1.")
    assert [need for need in recovery["needs"] if need.startswith("WEB-1: ")]
