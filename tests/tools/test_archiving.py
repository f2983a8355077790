"""Archiving with limits: applied when Sentry keeps them, already when they are there, undone with the old ones."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import Connection, connected

ISSUE = "SHOP-1Z"
QUIET = Scenario(name="quiet", issues=(IssueSpec(ISSUE, "Boom", streams=(Stream(6, -180, -120),)),))
LIMITS: dict[str, tuple[dict[str, int], dict[str, object]]] = {
    "events": ({"ignore_count": 100}, {"ignore_count": 100}),
    "events in a window": (
        {"ignore_count": 100, "window_minutes": 30},
        {"ignore_count": 100, "window_minutes": 30},
    ),
    "users": ({"ignore_users": 50}, {"ignore_users": 50}),
    "users in a window": ({"ignore_users": 50, "window_minutes": 60}, {"ignore_users": 50, "window_minutes": 60}),
    "a time": ({"ignore_minutes": 120}, {}),
    "events and a time": ({"ignore_count": 7, "ignore_minutes": 120}, {"ignore_count": 7}),
}


@asynccontextmanager
async def shop(transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Connection]:
    clock = ManualClock()
    async with connected(world=World(QUIET, clock), clock=clock, transport=transport) as connection:
        yield connection


async def change(connection: Connection, **wish: Any) -> dict[str, Any]:
    """A change that is confirmed right after it was planned."""
    planned = await connection.call("resolve_issue", issue=ISSUE, **wish)
    if planned["outcome"] != "needs_confirmation":
        return planned
    return await connection.call("resolve_issue", issue=ISSUE, **wish, confirm_token=planned["confirm_token"])


@pytest.mark.parametrize("limit", LIMITS)
async def test_any_limit_is_applied_and_a_repeat_is_already_so(limit: str) -> None:
    wish, shown = LIMITS[limit]
    async with shop() as connection:
        done = await change(connection, action="ignore", **wish)
        assert done["outcome"] == "applied", done
        assert {name: done["after"].get(name) for name in shown} == shown
        assert ("ignore_until" in done["after"]) == ("ignore_minutes" in wish)
        assert done["after"]["substatus"] == "archived_until_condition_met"
        assert (await change(connection, action="ignore", **wish))["outcome"] == "already"
        assert sum(request.startswith("PUT") for request in connection.upstream.requests) == 1


@pytest.mark.parametrize(("name", "other"), [("ignore_count", 99), ("ignore_users", 100), ("window_minutes", 31)])
async def test_another_limit_is_no_repeat(name: str, other: int) -> None:
    wish = {"ignore_count": 100, "window_minutes": 30}
    different = {"ignore_users": other} if name == "ignore_users" else {**wish, name: other}
    async with shop() as connection:
        await change(connection, action="ignore", **wish)
        assert (await change(connection, action="ignore", **different))["outcome"] == "applied"


@pytest.mark.parametrize("limit", LIMITS)
async def test_undo_names_the_limits_that_were_there(limit: str) -> None:
    wish, shown = LIMITS[limit]
    async with shop() as connection:
        await change(connection, action="ignore", **wish)
        done = await change(connection, action="reopen")
    assert done["outcome"] == "applied"
    assert all(f"{name}={value}" in done["undo"] for name, value in shown.items()), done["undo"]
    assert ("ignore_minutes=" in done["undo"]) == ("ignore_minutes" in wish)


async def test_after_a_reopen_the_old_limits_mean_nothing() -> None:
    async with shop() as connection:
        await change(connection, action="ignore", ignore_count=100)
        await change(connection, action="reopen")
        planned = await connection.call("resolve_issue", issue=ISSUE, action="ignore", ignore_count=100)
    assert planned["outcome"] == "needs_confirmation"
    assert set(planned["before"]) == {"summary", "status", "substatus"}
    assert planned["before"]["status"] == "unresolved"


async def test_the_token_is_bound_to_the_limits_that_were_there() -> None:
    async with shop() as connection:
        await change(connection, action="ignore", ignore_count=100)
        planned = await connection.call("resolve_issue", issue=ISSUE, action="reopen")
        await change(connection, action="ignore", ignore_count=50)
        refused = await connection.error(
            "resolve_issue", issue=ISSUE, action="reopen", confirm_token=planned["confirm_token"]
        )
        assert "changed since" in refused
        assert (await connection.call("get_issue", issue=ISSUE))["status"] == "ignored"


# --- another end than was asked for


class StoresAnotherLength(httpx.AsyncBaseTransport):
    """A server that answers 200 to an archive and stores another length in minutes than was sent."""

    def __init__(self, world: World, minutes: int) -> None:
        self._sentry, self._minutes = httpx.ASGITransport(create_app(world)), minutes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            body = json.loads(request.content)
            body["statusDetails"]["ignoreDuration"] = self._minutes
            headers = {"authorization": request.headers["authorization"]}
            request = httpx.Request("PUT", request.url, json=body, headers=headers)
        return await self._sentry.handle_async_request(request)


@pytest.mark.parametrize(
    ("asked", "stored", "outcome"),
    [(10_080, 5, "not_applied"), (10_080, 9_072, "applied"), (10_080, 9_071, "not_applied"), (60, 71, "not_applied")],
)
async def test_the_end_that_is_read_back_must_be_the_one_that_was_asked_for(
    asked: int, stored: int, outcome: str
) -> None:
    clock = ManualClock()
    world = World(QUIET, clock)
    async with connected(world=world, clock=clock, transport=StoresAnotherLength(world, stored)) as connection:
        done = await change(connection, action="ignore", ignore_minutes=asked)
    assert done["outcome"] == outcome
    assert any("other conditions than were sent" in warning for warning in done["warnings"]) == (outcome != "applied")


@pytest.mark.parametrize("minutes", [-9, 9])
async def test_a_server_whose_clock_differs_by_minutes_has_kept_the_end(minutes: int) -> None:
    clock = ManualClock()
    server_clock = ManualClock(clock() + timedelta(minutes=minutes))
    async with connected(world=World(QUIET, server_clock), clock=clock) as connection:
        assert (await change(connection, action="ignore", ignore_minutes=30))["outcome"] == "applied"


# --- the kind of an archive


class KeepsKind(httpx.AsyncBaseTransport):
    """Sentry 24.2, recordings 89 and 90: another archive of an archived issue answers 200 and changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sentry = httpx.ASGITransport(create_app(world))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        record = self._world.find_issue(ISSUE)
        if request.method == "PUT" and b'"ignored"' in request.content and record and record.status == "ignored":
            request = httpx.Request("GET", request.url, headers={"authorization": request.headers["authorization"]})
        return await self._sentry.handle_async_request(request)


OTHER_KINDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"action": "ignore", "ignore_minutes": 120}, {"action": "archive_until_escalating"}),
    ({"action": "ignore", "ignore_minutes": 120}, {"action": "ignore"}),
    ({"action": "archive_until_escalating"}, {"action": "ignore", "ignore_count": 100}),
    ({"action": "ignore"}, {"action": "ignore", "ignore_count": 10}),
]


@pytest.mark.parametrize(("first", "second"), OTHER_KINDS)
async def test_another_kind_of_archive_is_refused_before_it_can_lose_the_limits_that_are_there(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    async with shop() as connection:
        before = (await change(connection, **first))["after"]
        for _ in range(2):
            refused = await change(connection, **second)
            assert (refused["outcome"], refused["before"], refused["after"]) == ("refused", before, before)
            assert "action=reopen first" in refused["reason"]
        assert sum(request.startswith("PUT") for request in connection.upstream.requests) == 1
        assert (await change(connection, action="reopen"))["outcome"] == "applied"
        done = await change(connection, **second)
        assert (done["outcome"], done["after"]["substatus"]) == ("applied", KINDS[second["action"], len(second) > 1])


KINDS = {
    ("ignore", True): "archived_until_condition_met",
    ("ignore", False): "archived_forever",
    ("archive_until_escalating", False): "archived_until_escalating",
}


async def test_a_limit_that_outlived_the_reopening_is_named_beside_the_new_kind() -> None:
    async with shop() as connection:
        await change(connection, action="ignore", ignore_minutes=120)
        await change(connection, action="reopen")
        done = await change(connection, action="archive_until_escalating")
        assert done["outcome"] == "applied"
        assert done["after"]["summary"].startswith("archived until it escalates (Sentry also shows a limit: ")
        again = await change(connection, action="archive_until_escalating")
        assert again["outcome"] == "already"
        planned = await connection.call("resolve_issue", issue=ISSUE, action="reopen")
    assert "action=archive_until_escalating archives it again" in planned["undo"]


async def test_an_end_that_sentry_leaves_as_it_was_is_told_with_the_way_out() -> None:
    first, second = ({"action": "ignore", "ignore_minutes": minutes} for minutes in (120, 240))
    clock = ManualClock()
    world = World(QUIET, clock)
    async with connected(world=world, clock=clock, transport=KeepsKind(world)) as connection:
        assert (await change(connection, **first))["outcome"] == "applied"
        done = await change(connection, **second)
        assert (done["outcome"], "undo" in done) == ("not_applied", False)
        assert any(" still. " in warning and "action=reopen first" in warning for warning in done["warnings"])
        assert (await change(connection, action="reopen"))["outcome"] == "applied"
        assert (await change(connection, **second))["outcome"] == "applied"


async def test_a_change_that_became_another_one_is_told_with_what_was_and_its_undo() -> None:
    clock = ManualClock()
    world = World(QUIET, clock)
    async with connected(world=world, clock=clock, transport=DropsLimits(world)) as connection:
        assert (await change(connection, action="ignore", ignore_count=5))["outcome"] == "applied"
        done = await change(connection, action="ignore", ignore_count=50)
    assert done["outcome"] == "not_applied"
    assert done["after"]["summary"] == "archived until a condition is met that Sentry does not tell"
    assert "ignore_count=5 " in done["undo"]
    assert not any(" still" in warning for warning in done["warnings"])


class DropsLimits(httpx.AsyncBaseTransport):
    """An archive of an archived issue loses its limits: seen when "for ever" was asked for one with limits."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sentry = httpx.ASGITransport(create_app(world))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        record = self._world.find_issue(ISSUE)
        if request.method == "PUT" and record and record.status == "ignored":
            record.snooze = None
            request = httpx.Request("GET", request.url, headers={"authorization": request.headers["authorization"]})
        return await self._sentry.handle_async_request(request)
