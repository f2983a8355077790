"""What find_issues searched, what its numbers cover, and what it could not search: an empty list is not "no issues"."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sentry_runbook.collect.search_requests import MOST_PROJECTS
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.recordings import recordings
from tests.tools.support import SETTINGS, Connection, connected

NOW = ManualClock().now
LIST, PROJECTS = "/api/0/organizations/acme/issues/", "/api/0/organizations/acme/projects/"
ONE_AT_A_TIME = Profile(global_views=False)
STREAMS = {
    # project: the streams of its one issue: (events, first minute, last minute, users)
    "cart": (Stream(2, -5000, -4000, users=2), Stream(3, -60, -50, users=3)),
    "mail": (Stream(9, -300, -5, users=1), Stream(1, -3, -3, users=1)),
    "pay": (Stream(2, -2000, -1900, users=2), Stream(4, -30, -20, users=4)),
}


def company(*projects: str, clock: ManualClock) -> World:
    """A world of projects with one issue each."""
    named = projects or tuple(STREAMS)
    return World(
        [
            Scenario(
                name=slug,
                project=slug,
                issues=(IssueSpec(f"{slug.upper()}-1", "Boom", streams=STREAMS.get(slug, (Stream(1, -9, -9),))),),
            )
            for slug in named
        ],
        clock,
    )


class Overlaid(httpx.AsyncBaseTransport):
    """The embedded Sentry with other answers at some paths; a project's list by ``project`` beside the path."""

    def __init__(self, world: World, answers: Mapping[str, httpx.Response], profile: Profile | None = None) -> None:
        self._inner, self._answers = httpx.ASGITransport(create_app(world, profile=profile or Profile())), answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        project = request.url.params.get("project", "")
        for place in (f"{request.url.path}?{project}", request.url.path):
            if place in self._answers:
                told = self._answers[place]
                return httpx.Response(told.status_code, headers=told.headers, content=told.content)
        return await self._inner.handle_async_request(request)


def short_ids(answer: Mapping[str, Any]) -> list[str]:
    return [row["short_id"] for row in answer["issues"]]


def why_missing(answer: Mapping[str, Any]) -> dict[str, str]:
    return {entry["what"]: entry["why"] for entry in answer.get("missing", [])}


def lists_asked(connection: Connection) -> list[str]:
    return [request for request in connection.upstream.requests if "/issues/?" in request]


# --- what was searched, and what the numbers cover


async def test_the_answer_says_what_was_searched() -> None:
    async with connected(world=company(clock=(clock := ManualClock())), clock=clock) as connection:
        whole = await connection.call("find_issues", query="is:unresolved", period="6h")
        narrow = {"query": 'is:unresolved "Boom"', "project": "pay", "environment": "production", "period": "7d"}
        part = await connection.call("find_issues", **narrow)
        text = await connection.text("find_issues", **narrow)
    scope = whole["scope"]
    assert (scope["project"], scope["environments"], scope["query"]) == ("all", [], "is:unresolved")
    assert scope["period"]["start"].startswith((NOW - timedelta(hours=6)).isoformat()[:16])
    assert not {"one_by_one", "not_searched"} & scope.keys()
    assert part["scope"]["project"] == "pay"
    assert part["scope"]["environments"] == ["production"]
    assert part["scope"]["query"] == 'is:unresolved "Boom"'
    assert 'Searched:** project "pay"; environments: "production"; ' in text
    assert "query \"is:unresolved 'Boom'\"" in text


async def test_a_row_tells_its_project_and_the_numbers_of_the_period_and_of_the_whole_life() -> None:
    async with connected(world=company(clock=(clock := ManualClock())), clock=clock) as connection:
        found = await connection.call("find_issues", period="24h")
        text = await connection.text("find_issues", period="24h")
    (cart,) = [row for row in found["issues"] if row["short_id"] == "CART-1"]
    assert (cart["project"], cart["events"], cart["events_total"]) == ("cart", 3, 5)
    assert (cart["users"], cart["users_total"]) == (3, 3)
    assert "project cart" in text and "events 3 of 5, users 3 of 3" in text
    assert "events and users in the period, of those in the issue's whole life; first and last seen in that\n" in text


async def test_in_an_environment_the_whole_life_is_that_in_the_environment() -> None:
    streams = (
        Stream(5, -5000, -4000, users=5),
        Stream(2, -4500, -4400, users=2, environment="staging"),
        Stream(3, -60, -50, users=3, environment="staging"),
    )
    world = World(Scenario(name="one", issues=(IssueSpec("ONE-1", "Boom", streams=streams),)), clock := ManualClock())
    async with connected(world=world, clock=clock) as connection:
        (row,) = (await connection.call("find_issues", environment="staging"))["issues"]
        text = await connection.text("find_issues", environment="staging")
    assert [row[key] for key in ("events", "events_total")] == [3, 5]
    assert "in these environments" in text


async def test_a_default_project_is_said_and_all_can_be_asked_for() -> None:
    settings = dataclasses.replace(SETTINGS, project="pay")
    async with connected(world=company(clock=(clock := ManualClock())), clock=clock, settings=settings) as connection:
        narrow = await connection.call("find_issues")
        for every in ("-1", "*"):
            assert (await connection.call("find_issues", project=every))["scope"]["project"] == "all"
        whole = await connection.call("find_issues", project="all")
    assert (narrow["scope"]["project"], short_ids(narrow)) == ("pay", ["PAY-1"])
    assert (whole["scope"]["project"], sorted(short_ids(whole))) == ("all", ["CART-1", "MAIL-1", "PAY-1"])


async def test_a_recorded_row_gives_both_numbers() -> None:
    """Recording 67: 55 of 71 events, 42 of 50 users, in a day of eight."""
    answers = {
        LIST: httpx.Response(200, json=recordings()[67]["body"]),
        PROJECTS: httpx.Response(200, json=recordings()[440]["body"]),
    }
    transport = httpx.MockTransport(lambda request: answers[request.url.path])
    async with connected(transport=transport, clock=ManualClock(datetime(2026, 11, 25, 20, tzinfo=UTC))) as connection:
        old, new = (await connection.call("find_issues", period="24h"))["issues"]
    assert [old[key] for key in ("events", "events_total", "users", "users_total")] == [55, 71, 42, 50]
    assert (old["project"], old["first_seen"], old["last_seen"]) == (
        "checkout-api",
        "2026-11-17T13:57:51Z",
        "2026-11-25T19:51:32Z",
    )
    assert [new[key] for key in ("events", "events_total", "users", "users_total")] == [9, 9, 5, 6]


ROW = {
    "id": "7",
    "shortId": "A-7",
    "title": "Boom",
    "count": "12",
    "userCount": 3,
    "firstSeen": "2026-11-20T09:00:00Z",
    "lastSeen": "2026-11-20T11:00:00Z",
    "lifetime": {
        "count": "90",
        "userCount": 8,
        "firstSeen": "2026-03-01T00:00:00Z",
        "lastSeen": "2026-11-20T11:00:00Z",
    },
    "filtered": None,
}
LIFE: Mapping[str, Any] = ROW["lifetime"]  # type: ignore[assignment]  # the one object in it
OF_THE_ROW = ("first_seen", "last_seen", "events", "events_total", "users", "users_total")
FIRST, LAST = "2026-03-01T00:00:00Z", "2026-11-20T11:00:00Z"


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({}, (FIRST, LAST, 12, 90, 3, 8)),
        ({"lifetime": None}, (None, LAST, 12, None, 3, None)),
        ({"lifetime": {}}, (None, LAST, 12, None, 3, None)),
        ({"lifetime": {**LIFE, "firstSeen": None, "userCount": None}}, (None, LAST, 12, 90, 3, None)),
        ({"lifetime": {**LIFE, "lastSeen": "soon", "count": "many"}}, (FIRST, LAST, 12, None, 3, 8)),
        ({"lifetime": {**LIFE, "userCount": 0}, "userCount": 0}, (FIRST, LAST, 12, 90, None, None)),
        ({"lifetime": {**LIFE, "count": "11"}}, (FIRST, LAST, 12, 11, 3, 8)),
    ],
    ids=[
        *("all", "null", "empty", "no first event", "unreadable", "no user", "a counter that lags behind"),
    ],
)
async def test_what_a_row_does_not_say_of_the_whole_life_is_unknown(
    row: Mapping[str, Any], shown: tuple[object, ...]
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[{**ROW, **row}]))
    async with connected(transport=transport, clock=ManualClock()) as connection:
        found = await connection.call("find_issues", period="6h")
        text = await connection.text("find_issues", period="6h")
    assert tuple(found["issues"][0].get(key) for key in OF_THE_ROW) == shown
    assert ("first seen 2026-11-20" in text) is False
    said = why_missing(found)
    assert "cannot be right" not in json.dumps(said)


async def test_a_total_below_the_period_s_own_number_is_left_out_and_said() -> None:
    """After an outage of its cache Sentry's own counter stands still."""
    stuck = {**ROW, "lifetime": {**LIFE, "count": "1", "userCount": 1}}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[stuck]))
    async with connected(transport=transport, clock=ManualClock()) as connection:
        found = await connection.call("find_issues", period="6h")
    assert tuple(found["issues"][0].get(key) for key in OF_THE_ROW) == (FIRST, LAST, 12, None, 3, None)
    said = why_missing(found)
    assert "1 event, beside 12 in the period" in said["events_total of A-7"]
    assert "1 user, beside 3 in the period" in said["users_total of A-7"]


async def test_the_numbers_of_what_matches_the_query_stand_apart() -> None:
    filtered = {"count": "5", "userCount": 2, "firstSeen": "2026-11-20T10:00:00Z", "lastSeen": LAST}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[{**ROW, "filtered": filtered}]))
    async with connected(transport=transport, clock=ManualClock()) as connection:
        found = await connection.call("find_issues", query="release:9")
        text = await connection.text("find_issues", query="release:9")
    [row] = found["issues"]
    assert [row[key] for key in ("events", "events_matching", "events_total")] == [12, 5, 90]
    assert [row[key] for key in ("users", "users_matching", "users_total")] == [3, 2, 8]
    assert row["first_seen"] == FIRST
    assert "events 12 (5 match the query) of 90, users 3 (2 match the query) of 8" in text


async def test_a_server_that_tells_no_totals_is_not_said_to_count_the_period() -> None:
    rows = [{"id": "7", "shortId": "A-7", "title": "Boom", "count": "12", "userCount": 3}]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=rows))
    async with connected(transport=transport, clock=ManualClock()) as connection:
        found = await connection.call("find_issues")
        text = await connection.text("find_issues")
    assert found["issues"][0]["events"] == 12 and "events_total" not in found["issues"][0]
    assert any("issues[].events_total" in what for what in why_missing(found))
    assert "does not say whether events and users are those of the period" in text


# --- what the token may see


async def test_an_empty_list_of_a_token_without_a_team_is_not_no_issues() -> None:
    clock = ManualClock()
    async with connected(world=company(clock=clock), clock=clock, profile=Profile(access=False)) as connection:
        found = await connection.call("find_issues")
        assert connection.upstream.rounds == 1
        text = await connection.text("find_issues")
        refused = await connection.error("get_issue", issue="PAY-1")
    assert "issues" not in found
    assert found["scope"]["not_searched"] == ["cart", "mail", "pay"]
    assert "closed to this token" in why_missing(found)["issues"]
    assert "says nothing of the issues of cart, mail, pay" in text and "Nothing matches" not in text
    assert "403" in refused and "team" in refused


async def test_the_recorded_member_of_no_team_is_told_which_projects_were_not_searched() -> None:
    """Recordings 345 and 346."""
    answers = {
        PROJECTS: httpx.Response(200, json=recordings()[345]["body"]),
        LIST: httpx.Response(200, json=recordings()[346]["body"]),
    }
    transport = httpx.MockTransport(lambda request: answers[request.url.path])
    async with connected(transport=transport, clock=ManualClock()) as connection:
        found = await connection.call("find_issues")
    assert found["scope"]["not_searched"] == ["checkout-api", "empty", "web"]


async def test_only_the_closed_projects_are_named_and_an_empty_list_of_the_others_stays() -> None:
    clock = ManualClock()
    listed = [
        {"id": "1", "slug": "cart", "isMember": True, "hasAccess": True},
        {"id": "2", "slug": "pay", "isMember": False, "hasAccess": False},
        {"id": "3", "slug": "mail"},
    ]
    answers = {PROJECTS: httpx.Response(200, json=listed), LIST: httpx.Response(200, json=[])}
    world = company(clock=clock)
    async with connected(world=world, clock=clock, transport=Overlaid(world, answers)) as connection:
        found = await connection.call("find_issues")
    assert found["issues"] == []
    assert found["scope"]["not_searched"] == ["pay"]
    assert set(why_missing(found)) == {"issues of pay"}


@pytest.mark.parametrize(
    ("projects", "missing"),
    [
        (httpx.Response(403, json={"detail": "You do not have permission to perform this action."}), "projects"),
        (httpx.Response(200, json=[]), "issues"),
    ],
)
async def test_where_the_projects_cannot_be_read_either_that_is_said(projects: httpx.Response, missing: str) -> None:
    clock = ManualClock()
    world = company(clock=clock)
    answers = {PROJECTS: projects, LIST: httpx.Response(200, json=[])}
    async with connected(world=world, clock=clock, transport=Overlaid(world, answers)) as connection:
        assert missing in why_missing(await connection.call("find_issues"))


async def test_a_list_of_one_project_and_a_further_page_ask_for_no_projects() -> None:
    clock = ManualClock()
    world = company(clock=clock)
    async with connected(world=world, clock=clock) as connection:
        first = await connection.call("find_issues", limit=1)
        assert (connection.upstream.rounds, len(connection.upstream.requests)) == (1, 2)
        for asked in (
            {"limit": 1, "cursor": first["next_cursor"]},
            {"project": world.projects[0].id, "query": "level:fatal"},
        ):
            connection.upstream.reset()
            found = await connection.call("find_issues", **asked)
            assert len(connection.upstream.requests) == 1
    assert found["issues"] == [] and found["missing"] == []


def listed(**is_open: bool) -> list[dict[str, Any]]:
    return [{"id": slug, "slug": slug, "isMember": is_, "hasAccess": is_} for slug, is_ in is_open.items()]


def row(project: str) -> dict[str, Any]:
    return {"id": "7", "shortId": f"{project.upper()}-7", "title": "Boom", "project": {"id": project, "slug": project}}


@pytest.mark.parametrize(
    ("projects", "not_searched"),
    [
        (listed(cart=True, pay=True), None),
        (listed(cart=True, pay=False, mail=False), ["pay", "mail"]),
        # Recordings 434 to 440: an integration reads what Sentry calls closed.
        (listed(cart=False, pay=False), None),
        ([{"id": "cart", "slug": "cart"}, {"id": "pay", "slug": "pay"}], None),
    ],
    ids=["all open", "some closed", "closed and read all the same", "not said"],
)
async def test_a_list_that_holds_issues_names_the_projects_that_it_does_not_cover(
    projects: list[dict[str, Any]], not_searched: list[str] | None
) -> None:
    answers = {LIST: httpx.Response(200, json=[row("cart")]), PROJECTS: httpx.Response(200, json=projects)}
    transport = httpx.MockTransport(lambda request: answers[request.url.path])
    async with connected(transport=transport, clock=ManualClock()) as connection:
        found = await connection.call("find_issues")
        text = await connection.text("find_issues")
    assert short_ids(found) == ["CART-7"]
    assert found["scope"].get("not_searched") == not_searched
    assert ("issues of pay, mail" in why_missing(found)) == bool(not_searched)
    assert ("closed to this token" in text) == bool(not_searched)


async def test_projects_that_cannot_be_read_cost_a_list_nothing() -> None:
    answers = {LIST: httpx.Response(200, json=[row("cart")]), PROJECTS: httpx.Response(403, json={"detail": "No."})}
    transport = httpx.MockTransport(lambda request: answers[request.url.path])
    async with connected(transport=transport, clock=ManualClock()) as connection:
        found = await connection.call("find_issues")
    assert short_ids(found) == ["CART-7"] and "not_searched" not in found["scope"]


async def test_an_empty_list_names_closed_projects_of_every_page() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == LIST:
            return httpx.Response(200, json=[])
        if request.url.params.get("cursor"):
            return httpx.Response(200, json=listed(pay=False))
        link = '<http://localhost/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
        return httpx.Response(200, json=listed(cart=True), headers={"link": link})

    async with connected(transport=httpx.MockTransport(answer), clock=ManualClock()) as connection:
        found = await connection.call("find_issues")
    assert found["scope"]["not_searched"] == ["pay"]


# --- servers and plans that search one project at a time


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("date", ["MAIL-1", "PAY-1", "CART-1"]),
        ("new", ["MAIL-1", "PAY-1", "CART-1"]),
        ("freq", ["MAIL-1", "PAY-1", "CART-1"]),
        ("user", ["PAY-1", "CART-1", "MAIL-1"]),
        ("trends", ["MAIL-1", "PAY-1", "CART-1"]),
    ],
)
async def test_projects_are_searched_one_by_one_and_their_issues_put_in_order(sort: str, order: list[str]) -> None:
    clock = ManualClock()
    async with connected(world=company(clock=clock), clock=clock, profile=ONE_AT_A_TIME) as connection:
        found = await connection.call("find_issues", sort=sort, period="24h")
        text = await connection.text("find_issues", sort=sort, period="24h")
    assert short_ids(found) == order
    assert sorted(found["scope"]["one_by_one"]) == ["cart", "mail", "pay"]
    assert "one by one, for this Sentry searches one project at a time" in text


async def test_the_refusal_is_learned_and_one_project_is_asked_as_ever() -> None:
    clock = ManualClock()
    async with connected(world=company(clock=clock), clock=clock, profile=ONE_AT_A_TIME) as connection:
        await connection.call("find_issues")
        assert len(lists_asked(connection)) == 4
        connection.upstream.reset()
        await connection.call("find_issues", limit=5)
        assert len(lists_asked(connection)) == 3
        connection.upstream.reset()
        found = await connection.call("find_issues", project="pay")
        assert len(lists_asked(connection)) == 1
    assert short_ids(found) == ["PAY-1"] and "one_by_one" not in found["scope"]


async def test_no_more_than_some_projects_are_searched_and_the_others_are_named() -> None:
    clock, names = ManualClock(), tuple(f"p{number:02}" for number in range(MOST_PROJECTS + 2))
    async with connected(world=company(*names, clock=clock), clock=clock, profile=ONE_AT_A_TIME) as connection:
        found = await connection.call("find_issues", limit=3)
        assert len(lists_asked(connection)) == MOST_PROJECTS + 1
    assert len(found["issues"]) == 3
    assert found["scope"]["not_searched"] == list(names[MOST_PROJECTS:])
    why = why_missing(found)
    assert "one project at a time" in why["issues of p10, p11"] and "project" in why["next_cursor"]


async def test_a_project_that_is_refused_costs_only_its_own_issues() -> None:
    clock = ManualClock()
    world = company(clock=clock)
    number = world.projects[2].id
    answers = {f"{LIST}?{number}": httpx.Response(403, json={"detail": "You do not have permission."})}
    transport = Overlaid(world, answers, ONE_AT_A_TIME)
    async with connected(world=world, clock=clock, transport=transport) as connection:
        found = await connection.call("find_issues")
    assert sorted(short_ids(found)) == ["CART-1", "MAIL-1"]
    assert found["scope"]["not_searched"] == ["pay"]
    assert "403" in why_missing(found)["issues of pay"]


async def test_a_cursor_is_not_followed_over_all_projects_there() -> None:
    clock = ManualClock()
    async with connected(world=company(clock=clock), clock=clock, profile=ONE_AT_A_TIME) as connection:
        said = await connection.error("find_issues", cursor="0:20:0")
    assert "one project at a time" in said and "project=SLUG" in said


@pytest.mark.parametrize(
    "words",
    [
        "You do not have the multi project stream feature enabled.",
        "You cannot view events from multiple projects.",
    ],
)
async def test_the_recorded_server_is_asked_project_by_project(words: str) -> None:
    """Recordings 434 to 440: what Sentry calls closed (``hasAccess``) it may answer all the same."""
    body = recordings()[434]["body"] if "stream" in words else {"detail": words}
    answers = {
        f"{LIST}?-1": httpx.Response(400, json=body),
        PROJECTS: httpx.Response(200, json=recordings()[440]["body"]),
        f"{LIST}?1": httpx.Response(200, json=recordings()[436]["body"]),
        f"{LIST}?2": httpx.Response(200, json=[]),
        f"{LIST}?3": httpx.Response(200, json=[]),
    }
    world = company(clock=(clock := ManualClock()))
    async with connected(world=world, clock=clock, transport=Overlaid(world, answers)) as connection:
        found = await connection.call("find_issues")
    assert short_ids(found) == ["WEB-1", "WEB-3", "WEB-2"]
    assert "not_searched" not in found["scope"]
    assert json.dumps(found)
