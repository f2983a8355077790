"""Events that say of nobody whom they hit: Sentry counts the people of the others, and how many there are is not known.

DESIGN section 5: no user on any event is unknown, and not zero; on some events, the number is a lower bound. What may
be is counted over the raw events: at least the people who are named, at most one more for each event that names nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
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
Json = Any


NOBODIES = (None, "anonymous", "0")
Change = Callable[[Json], Json | int]
"""The answer to the count of events without a user → another one, or the status of a refusal."""


@dataclass
class Asked(httpx.AsyncBaseTransport):
    """The embedded Sentry; it counts what is asked, and answers otherwise for the events without a user.

    Attributes:
        nameless: how often these were asked for.
    """

    inner: httpx.AsyncBaseTransport
    change: Change | None = None
    requests: int = 0
    nameless: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.requests += 1
        response, params = await self.inner.handle_async_request(request), request.url.params
        of_users = {"issue.id", "user"} <= set(params.get_list("field")) and params.get("sort") == "-count()"
        if not (of_users or "!has:user" in params.get("query", "")):
            return response
        self.nameless += 1
        if self.change is None:
            return response
        changed = self.change(json.loads(await response.aread()))
        return (
            httpx.Response(changed, json={"detail": "no"})
            if isinstance(changed, int)
            else httpx.Response(200, json=changed)
        )


async def all_told(situation: Situation, change: Change | None = None) -> list[dict[str, Any]]:
    """The incidents of the answer, over all projects."""
    asked = Asked(httpx.ASGITransport(create_app(world(situation.raw))), change)
    run = build_runtime(SETTINGS, http_transport=asked, clock=ManualClock(situation.raw.now))
    try:
        evidence = await collect_situation(run)
    finally:
        await run.aclose()
    assert asked.requests <= MOST_REQUESTS
    assert change is None or asked.nameless == 1, "what was to be changed was not asked for"
    return [one.model_dump(mode="json", exclude_none=True) for one in assess(evidence, run.policy).incidents]


async def told(situation: Situation, change: Change | None = None) -> dict[str, Any]:
    """The first incident."""
    return (await all_told(situation, change))[0]


def bounds(situation: Situation, issues: Collection[str] | None = None) -> tuple[int, int]:
    """The fewest and the most people whom the events of some issues, the first incident's, can have hit."""
    events: list[Event] = [
        event for short_id in issues or situation.made[0].issues for event in situation.raw.issues[short_id].within(-60)
    ]
    named = {event.user for event in events if event.user not in NOBODIES}
    return len(named), len(named) + sum(event.user in NOBODIES for event in events)


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
    "a hundred and fifty people and three hundred events without": one_issue(people(150, 300), 450),
    "ninety-nine people and four hundred events without": one_issue(people(99, 400), 499),
    "ninety people and a crowd without, each of two events": one_issue(people(90, 30) * 2, 240),
    "everybody named": one_issue(people(90, 0), 400),
    "two issues of twenty people, and six without, many times": two_issues(people(20, 1) * 6, 126),
    "two issues of twenty people, and one called anonymous, many times": two_issues(
        people(20, 1, "anonymous") * 6, 126
    ),
    "two issues of forty people": two_issues(people(40, 90), 130),
    "two issues of seventy people, two events of each without": two_issues(people(70, 2), 72),
    "two issues of eighty people, many without": two_issues(people(80, 200), 280),
}


@pytest.mark.parametrize("name", SITUATIONS)
async def test_the_people_are_no_fewer_and_no_more_than_the_events_allow(name: str) -> None:
    situation = SITUATIONS[name]
    least, most = bounds(situation)
    incident = await told(situation)
    # One who is nobody is one for Sentry, which tells no tool how to take him off.
    nobody = any(event.user == "anonymous" for issue in situation.raw.issues.values() for event in issue.events)
    assert 1 <= incident["users"] <= min(most, least + nobody)
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


@pytest.mark.parametrize("environments", [("production",), ("production", "staging")])
@pytest.mark.parametrize("nobody", ["anonymous", "0"])
async def test_one_who_is_everybody_is_nobody_wherever_he_was(nobody: str, environments: Sequence[str]) -> None:
    story = Story("nobody", "users")
    shop = story.service("shop", platform="node")
    shop.sessions(4_000)
    new = shop.issue("Error: basket is null", transaction="POST /basket")
    for environment in environments:
        story.fault(new, at=-28, requests=150, people=[nobody], environment=environment)
    story.incident("baskets", new)
    incident = await told(story.told())
    assert "users" not in incident and "users" not in incident["issues"][0]
    assert incident["could_be"] == {"lowest": "P2", "highest": "P1"}


def without_row(table: Json) -> Json:
    """The row of the events without a user is missing."""
    return {**table, "data": [row for row in table["data"] if row.get("user")]}


def without_count(table: Json) -> Json:
    return {**table, "data": [{**row, "count()": None} for row in table["data"]]}


def without_column(table: Json) -> Json:
    return {**table, "data": [{key: row[key] for key in row if key != "user"} for row in table["data"]]}


def without_issue(table: Json) -> Json:
    return {**table, "data": [{**row, "issue.id": None} for row in table["data"]]}


def cut(table: Json) -> Json:
    """A full answer, all of whose rows are of other issues."""
    return {**table, "data": [{"issue.id": number, "count()": 9} for number in range(1, 101)]}


def repeated(table: Json) -> Json:
    """The row of the events without a user stands there in two parts."""
    rows = [row for row in table["data"] if not row.get("user")]
    parts = [{**row, "count()": part} for row in rows for part in (row["count()"] - 2, 2)]
    return {**table, "data": [*parts, *(row for row in table["data"] if row.get("user"))]}


ODD: Mapping[str, Change] = {
    "refused": lambda _: 400,
    "empty": lambda table: {**table, "data": []},
    "no row of events without a user": without_row,
    "no number": without_count,
    "no user column": without_column,
    "no issue": without_issue,
    "the row twice": repeated,
    "cut": cut,
}


@pytest.mark.parametrize("odd", ODD)
async def test_what_was_not_read_is_not_none(odd: str) -> None:
    """Of four hundred events one names a person; what is not said of the others is not known."""
    incident = await told(SITUATIONS["one person and four hundred events without"], ODD[odd])
    assert (incident["users"], incident["users_at_least"]) == (1, True)
    assert (incident["severity"], incident["could_be"]["highest"]) == ("P2", "P1")


@pytest.mark.parametrize("odd", ["refused", "no number", "no issue", "cut"])
async def test_what_was_not_read_of_a_crowd_is_not_none(odd: str) -> None:
    """More people than one answer has rows for: only the events without a user are asked for."""
    incident = await told(SITUATIONS["ninety people and a crowd without, each of two events"], ODD[odd])
    assert (incident["users"], incident["users_at_least"]) == (90, True)
    assert incident["could_be"]["highest"] == "P1"


async def test_of_more_than_a_hundred_issues_none_is_taken_for_all_named() -> None:
    story = Story("nameless storm", "storm")
    shop = story.service("shop", platform="node")
    shop.sessions(4_000)
    for number in range(106):
        new = shop.issue(f"Error: shelf_{number} is null", transaction=f"POST /shelf/{number}")
        story.fault(new, at=-50 + 0.4 * number, requests=103, until=-1, people=people(1, 102))
        story.incident(f"shelf {number}", new)
    situation = story.told()
    incidents = await all_told(situation)
    assert sum(len(incident["issues"]) for incident in incidents) >= 100
    for incident in incidents:
        _, most = bounds(situation, [issue["short_id"] for issue in incident["issues"]])
        assert most > USERS_PER_HOUR
        assert incident["users_at_least"] is True
        assert incident["could_be"]["highest"] in ("P0", "P1")


async def test_what_was_left_out_for_lack_of_requests_is_not_none() -> None:
    """One answer has few requests, and two rounds: those that count the distinct users come first."""
    incident = await told(two_issues(people(80, 0), 280))
    assert (incident["users"], incident["users_at_least"]) == (80, True)
    assert (incident["severity"], incident["could_be"]["highest"]) == ("P2", "P1")


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
