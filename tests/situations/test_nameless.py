"""Events that say of nobody whom they hit: Sentry counts the people of the others, and how many there are is not known.

DESIGN section 5: no user on any event is unknown, and not zero; on some events, the number is a lower bound. What may
be is counted over the raw events: at least the people who are named, at most one more for each event that names nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import httpx
import pytest

from sentry_runbook.collect.situation import collect_situation
from sentry_runbook.collect.situation_collection import MOST_REQUESTS
from sentry_runbook.incident.situation.situation import assess
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from tests.corpus.play import SETTINGS
from tests.situations.drawn import drawn_situations
from tests.situations.play import play
from tests.situations.raw import Event, Situation
from tests.situations.situations.severities import two_of_a_database
from tests.situations.story import Story
from tests.situations.truth import USERS_PER_HOUR, Counted
from tests.situations.world import world
from tests.tools.support import connected

pytestmark = pytest.mark.anyio


async def told(situation: Situation) -> dict[str, Any]:
    """The first incident of the answer, over all projects."""
    requests: list[str] = []
    transport = httpx.ASGITransport(create_app(world(situation.raw)))

    async def count(request: httpx.Request) -> None:
        requests.append(str(request.url))

    run = build_runtime(SETTINGS, http_transport=transport, clock=ManualClock(situation.raw.now))
    run.client()
    try:
        evidence = await collect_situation(run)
    finally:
        await run.aclose()
    assert len(requests) <= MOST_REQUESTS
    return assess(evidence, run.policy).incidents[0].model_dump(mode="json", exclude_none=True)


def bounds(situation: Situation) -> tuple[int, int]:
    """The fewest and the most people whom the events of the first incident can have hit."""
    events: list[Event] = [
        event for short_id in situation.made[0].issues for event in situation.raw.issues[short_id].within(-60)
    ]
    named = {event.user for event in events if event.user and event.user != "anonymous"}
    nameless = sum(not event.user or event.user == "anonymous" for event in events)
    return len(named), len(named) + nameless


def one_issue(people: Sequence[str | None], requests: int) -> Situation:
    """A new issue of half an hour whose requests are of these people, one after the other."""
    story = Story(f"nameless {len(people)} {requests}", "users")
    shop = story.service("shop", platform="node")
    shop.sessions(4_000)
    new = shop.issue("Error: basket is null", transaction="POST /basket")
    story.fault(new, at=-28, requests=requests, people=people)
    story.incident("baskets", new)
    return story.told()


def two_issues(people: Sequence[str | None], requests: int) -> Situation:
    """Two issues of one cause, each of whose requests are of these people."""
    story = Story(f"nameless two {len(people)} {requests}", "users")
    one, two = two_of_a_database(story)
    for service in story.services:
        service.sessions(4_000)
    story.fault(one, at=-31, requests=requests, people=people)
    story.fault(two, at=-30.5, requests=requests, people=people)
    story.incident("the database", one, two)
    return story.told()


def people(named: int, nameless: int, nobody: str | None = None) -> list[str | None]:
    """So many people, and as many times nobody."""
    return [*(f"u{number}" for number in range(10_000, 10_000 + named)), *repeat(nobody, nameless)]


SITUATIONS: Mapping[str, Situation] = {
    "forty people in a hundred events": one_issue(people(40, 60), 100),
    "forty people in a hundred and one events": one_issue(people(40, 61), 101),
    "one person and four hundred events without": one_issue(people(1, 400), 401),
    "forty people, and many called anonymous": one_issue(people(40, 300, "anonymous"), 340),
    "everybody named": one_issue(people(90, 0), 400),
    "two issues of forty people": two_issues(people(40, 90), 130),
    "two issues of seventy people, two events of each without": two_issues(people(70, 2), 72),
    "two issues of eighty people, many without": two_issues(people(80, 200), 280),
}


@pytest.mark.parametrize("name", SITUATIONS)
async def test_the_people_are_no_fewer_and_no_more_than_the_events_allow(name: str) -> None:
    situation = SITUATIONS[name]
    least, most = bounds(situation)
    incident = await told(situation)
    assert incident["users"] <= most
    if least == most:
        assert (incident["users"], incident.get("users_at_least")) == (least, None)
    else:
        assert incident["users_at_least"] is True
    assert incident["severity"] == ("P1" if incident["users"] > USERS_PER_HOUR else "P2")
    assert incident["could_be"]["highest"] == ("P1" if most > USERS_PER_HOUR else "P2")


async def test_a_single_event_of_nobody_may_go_unseen_behind_a_hundred_people() -> None:
    """It is below the error of Sentry's own number: the answer names the hundred users with most events."""
    situation = two_issues(people(70, 1), 71)
    assert bounds(situation) == (70, 72)
    incident = await told(situation)
    assert (incident["users"], incident["severity"], incident["could_be"]["highest"]) == (70, "P2", "P2")


async def test_the_people_together_are_counted_before_the_events_without_any() -> None:
    """Of two incidents the distinct users decide, and one answer has few requests left: they come first."""
    (situation,) = drawn_situations([32])
    decided = [Counted(situation.raw, made.issues).severity for made in situation.made if len(made.issues) > 1]
    assert "users_per_hour" in {severity.decided_by for severity in decided}
    assert sorted(one.severity for one in await play(situation) if len(one.issues) > 1) == sorted(
        severity.level for severity in decided
    )


async def test_one_who_is_everybody_is_no_number_of_people() -> None:
    incident = await told(one_issue(["anonymous"], 300))
    assert "users" not in incident and "users" not in incident["issues"][0]
    assert incident["could_be"] == {"lowest": "P2", "highest": "P1"}


@pytest.mark.parametrize("name", [name for name, situation in SITUATIONS.items() if len(situation.made[0].issues) == 1])
async def test_the_situation_and_the_triage_of_its_only_issue_say_the_same(name: str) -> None:
    situation = SITUATIONS[name]
    (short_id,) = situation.made[0].issues
    async with connected(world=world(situation.raw), clock=ManualClock(situation.raw.now)) as connection:
        triage = (await connection.client.call_tool("triage_issue", {"issue": short_id})).structured_content or {}
        answer = (await connection.client.call_tool("assess_situation", {})).structured_content or {}
    incident = answer["incidents"][0]
    severity, impact = triage["severity"], triage["impact"]
    assert [issue["short_id"] for issue in incident["issues"]] == [short_id]
    assert incident["severity"] == severity["severity"]
    assert incident.get("could_be") == severity.get("could_be")
    assert incident.get("users") == impact.get("users")
    assert incident.get("users_at_least") == impact.get("users_lower_bound")
