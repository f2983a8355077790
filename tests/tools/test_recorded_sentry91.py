"""Sentry of 2019 through the tools, by the recordings of a real 9.1.2: each read means what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from sentry_runbook.settings import Secret
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.fake_servers.app import TOKEN
from tests.fake_servers.recorded_sentry91 import RecordedSentry91
from tests.sentry.other_servers import needs_other_servers, recorded
from tests.tools.support import SETTINGS, Connection, connected
from tests.tools.test_glitchtip import why
from tests.tools.test_servers import wrong

pytestmark = needs_other_servers
NOW = datetime(2026, 11, 23, 4, 32, tzinfo=UTC)
EVENT = "2a920d68d26940308a1cc8b10f7f74fa"


@asynccontextmanager
async def facing(server: RecordedSentry91) -> AsyncIterator[Connection]:
    clock = ManualClock(NOW)
    world = World(SCENARIOS["payment-spike"], clock)
    settings = dataclasses.replace(SETTINGS, token=Secret(TOKEN))
    async with connected(world=world, clock=clock, settings=settings, transport=server.transport()) as connection:
        yield connection


async def test_every_tool_answers_and_names_what_it_cannot_tell() -> None:
    async with facing(RecordedSentry91()) as connection:
        assert await wrong(connection, "3") == []


async def test_all_projects_are_listed_though_minus_one_is_forbidden_there() -> None:
    """``project=-1`` was answered 403, no project with all ten issues (recordings 46 and 16)."""
    server = RecordedSentry91()
    async with facing(server) as connection:
        found = await connection.call("find_issues")
        before = len(server.seen)
        again = await connection.call("find_issues", period="2h")
    assert len(found["issues"]) == len(again["issues"]) == 10
    assert sum("project=-1" in asked for asked in server.seen) == 1
    assert len(server.seen) - before == 2  # the list and the projects beside it


@pytest.mark.parametrize(("sort", "instead"), [("user", "freq"), ("trends", "date")])
async def test_an_order_that_it_fails_on_is_replaced_and_said(sort: str, instead: str) -> None:
    """Unknown orders were answered 500 (recordings 54 and 55)."""
    async with facing(RecordedSentry91()) as connection:
        found = await connection.call("find_issues", sort=sort, project="web")
    assert len(found["issues"]) == 9
    assert why(found, "order") == f"this Sentry does not know {sort}: the order is {instead}"


async def test_pages_of_events_hold_each_event_once_though_a_hundred_come_at_a_time() -> None:
    """The limit is ignored there: what lies between the limit and the page's end was skipped by its cursor."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    async with facing(RecordedSentry91()) as connection:
        for _ in range(10):
            listed = await connection.call("list_events", issue="3", limit=30, **cursor)
            ids += [row["id"] for row in listed["events"]]
            if "next_cursor" not in listed:
                break
            cursor = {"cursor": listed["next_cursor"]}
    records = recorded("sentry91")
    expected = [row["eventID"] for name in ("events_page1", "events_page2") for row in records[name]["body"]]
    assert ids == expected


async def test_an_event_of_the_list_can_be_read_by_its_id() -> None:
    """Below its issue it was a bare 404, below its project it was there (recordings 171 and 172)."""
    async with facing(RecordedSentry91()) as connection:
        shown = await connection.call("get_issue", issue="3", event=EVENT)
    assert shown["event"]["id"] == EVENT
    assert shown["event"]["release"] == "web@2.4.1"


async def test_an_event_of_another_issue_is_not_taken_for_one_of_this() -> None:
    async with facing(RecordedSentry91()) as connection:
        shown = await connection.call("get_issue", issue="6", event=EVENT)
    assert "event" not in shown
    assert "has no event" in why(shown, "event")


async def test_no_assignee_and_no_regression_are_known_there() -> None:
    async with facing(RecordedSentry91()) as connection:
        shown = await connection.call("get_issue", issue="WEB-3")
    assert why(shown, "assigned_to") == "nobody is assigned"
    assert shown["regressed"] is False
    assert shown["users_total"] == 40
    assert "warnings" not in shown
