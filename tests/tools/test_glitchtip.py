"""GlitchTip through the tools: what it means otherwise is read so, and what it does not tell is unknown."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from sentry_runbook.settings import Secret
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip import ISSUE, OLD_ISSUE, OLD_SHORT_ID, SHORT_ID, GlitchTip
from tests.fake_servers.glitchtip_data import NOW
from tests.sentry.other_servers import needs_other_servers
from tests.sentry.test_glitchtip_recordings import recorded_data
from tests.tools.contract import at, named_missing
from tests.tools.support import SETTINGS, Connection, connected

RECORDED_AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
"""Minutes after the last recorded event."""


@asynccontextmanager
async def facing(server: GlitchTip, now: datetime = NOW) -> AsyncIterator[Connection]:
    """A connection to a GlitchTip."""
    clock = ManualClock(now)
    world = World(SCENARIOS["payment-spike"], clock)
    settings = dataclasses.replace(SETTINGS, token=Secret(TOKEN))
    async with connected(world=world, clock=clock, settings=settings, transport=server.transport()) as connection:
        yield connection


def why(answer: dict[str, Any], what: str) -> str:
    return next(str(entry["why"]) for entry in answer["missing"] if what in entry["what"])


# --- the list of issues


async def test_an_old_issue_that_spikes_now_is_in_the_list_of_the_last_hour() -> None:
    server = GlitchTip()
    async with facing(server) as connection:
        found = await connection.call("find_issues", period="1h")
    assert [row["short_id"] for row in found["issues"]] == [OLD_SHORT_ID, SHORT_ID]
    assert all("start=" not in asked and "end=" not in asked for asked in server.asked_for[1:])
    assert "statsPeriod" not in "".join(server.asked_for)


@needs_other_servers
async def test_the_recorded_spike_of_an_issue_of_yesterday_is_in_the_list_of_the_last_hour() -> None:
    async with facing(GlitchTip(data=recorded_data()), RECORDED_AT) as connection:
        found = await connection.call("find_issues", period="1h", sort="freq")
    assert found["issues"][0]["short_id"] == "WEB-3"
    assert found["issues"][0]["events_total"] == 154
    assert "WEB-1" in [row["short_id"] for row in found["issues"]]  # last seen at 03:32
    assert "WEB-2" not in [row["short_id"] for row in found["issues"]]  # at 03:04


async def test_issues_last_seen_before_the_period_or_first_seen_after_it_are_left_out() -> None:
    async with facing(GlitchTip()) as connection:
        found = await connection.call("find_issues", start="2026-11-15T00:00:00Z", end="2026-11-16T00:00:00Z")
        assert [row["short_id"] for row in found["issues"]] == [OLD_SHORT_ID]
        found = await connection.call("find_issues", start="2026-11-20T11:56:00Z", end="2026-11-20T12:00:00Z")
        assert found["issues"] == []


async def test_a_count_of_the_whole_life_is_the_period_s_only_where_all_of_it_lies_inside() -> None:
    async with facing(GlitchTip()) as connection:
        rows = {row["short_id"]: row for row in (await connection.call("find_issues"))["issues"]}
    assert "events" not in rows[OLD_SHORT_ID]
    assert rows[OLD_SHORT_ID]["events_total"] == 109
    assert (rows[SHORT_ID]["events"], rows[SHORT_ID]["events_total"]) == (180, 180)
    assert all("users" not in row and "users_total" not in row for row in rows.values())


@pytest.mark.parametrize(
    "query",
    [
        *("is:new", "is:regressed", "error.unhandled:true", "assigned:me", "has:user", "!region:eu"),
        *("level:[error,fatal]", "is:unresolved (a OR b)", 'message:"unclosed', "first-release:web@1.2.0"),
        "timestamp:>2026-11-20",
    ],
)
async def test_a_condition_that_would_find_nothing_without_a_word_is_refused_by_name(query: str) -> None:
    server = GlitchTip()
    async with facing(server) as connection:
        error = await connection.error("find_issues", query=query)
    assert "This server is GlitchTip, whose search for issues does not know" in error
    assert "is:unresolved" in error


@needs_other_servers
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("age:-24h", {"11", "10", "9", "8", "7", "6", "5", "4", "3", "1", "2"}),
        ("firstSeen:-1h", {"11", "10", "9", "8", "7", "6", "5", "4"}),
        ("firstSeen:+1h", {"3", "1", "2"}),
        ("lastSeen:-1h", {"11", "10", "9", "8", "7", "6", "5", "4", "3", "1"}),
        ("timesSeen:>10", {"3", "1"}),
        ("!level:error", {"5", "6"}),
        ("!is:unresolved", set()),
        ("is:ignored", set()),
        ("title:*ZeroDivision*", {"11", "3"}),
        ("issue:WEB-3", {"3"}),
        ("project:checkout-api", {"10"}),
        ("!ZeroDivisionError timesSeen:>10", {"1"}),
        ("is:unresolved level:error region:us-east-1", {"9", "3", "1"}),
        ("user.id:5", {"4", "3", "1"}),
        ("environment:staging", {"1", "2"}),
        ('release:"web@2.4.1" timesSeen:>100', {"3"}),
    ],
)
async def test_what_the_rows_tell_is_applied_here_and_the_rest_is_asked(query: str, expected: set[str]) -> None:
    async with facing(GlitchTip(data=recorded_data()), RECORDED_AT) as connection:
        found = await connection.call("find_issues", query=query, period="7d", limit=50)
    assert {row["url"].rpartition("/")[2] for row in found["issues"]} == expected


async def test_archived_is_what_glitchtip_calls_ignored() -> None:
    server = GlitchTip()
    server.data.issues[0]["status"] = "ignored"
    async with facing(server) as connection:
        found = await connection.call("find_issues", query="is:archived")
    assert [row["short_id"] for row in found["issues"]] == [OLD_SHORT_ID]


async def test_an_order_that_it_does_not_have_is_said() -> None:
    async with facing(GlitchTip()) as connection:
        assert "counts no users" in why(await connection.call("find_issues", sort="user"), "order")
        assert "whole life" in why(await connection.call("find_issues", sort="freq"), "order")


async def test_pages_of_chosen_rows_hold_each_once() -> None:
    server = GlitchTip(more=250)
    async with facing(server) as connection:
        names: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(20):
            found = await connection.call("find_issues", limit=15, **cursor)
            names += [row["short_id"] for row in found["issues"]]
            if "next_cursor" not in found:
                break
            cursor = {"cursor": found["next_cursor"]}
    assert len(names) == len(set(names)) == 252


async def test_a_search_that_stops_at_its_bound_says_so() -> None:
    async with facing(GlitchTip(more=700)) as connection:
        found = await connection.call("find_issues", query="timesSeen:>100")
    assert found["issues"] == []
    assert "of 500 issues these fit" in why(found, "further issues")
    assert found["next_cursor"]


@pytest.mark.parametrize("issue", [ISSUE, SHORT_ID])
async def test_links_open_the_issue_s_page(issue: str) -> None:
    async with facing(GlitchTip()) as connection:
        found = await connection.call("find_issues")
        shown = await connection.call("get_issue", issue=issue)
    assert shown["url"] == f"http://localhost/acme/issues/{ISSUE}"
    assert [row["url"] for row in found["issues"]] == [f"http://localhost/acme/issues/{id_}" for id_ in ("3", "7")]


# --- events


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({"environment": "staging"}, lambda row: row["environment"] == "staging"),
        ({"release": "web@1.1.0"}, lambda row: row["release"] == "web@1.1.0"),
        ({"query": "user.id:u5"}, lambda row: row["user"] == "u5"),
        ({"query": "!environment:production"}, lambda row: row["environment"] == "staging"),
        ({"query": "has:user.id handled:no transaction:POST*"}, lambda row: row["transaction"] == "POST /pay"),
        ({"start": "2026-11-20T11:20:00Z", "end": "2026-11-20T11:30:00Z"}, lambda row: "T11:2" in row["when"]),
    ],
)
async def test_events_are_chosen_by_every_condition_here(conditions: dict[str, str], fits: Any) -> None:
    async with facing(GlitchTip()) as connection:
        listed = await connection.call("list_events", issue=OLD_ISSUE, limit=5, **conditions)
        rows = listed["events"]
        common = listed.get("common", {})
    assert rows
    assert all(fits({**common, **row}) for row in rows)


@needs_other_servers
async def test_events_of_a_user_among_the_recorded_ones_are_only_hers() -> None:
    """GlitchTip answered ``query=user.id:5`` with all 50 newest events of everybody (recording 126)."""
    async with facing(GlitchTip(data=recorded_data()), RECORDED_AT) as connection:
        listed = await connection.call("list_events", issue="3", query="user.id:5", limit=50)
        everybody = await connection.call("list_events", issue="3", limit=50)
    assert {row["user"] for row in listed["events"]} == {"5"}
    assert len({row["user"] for row in everybody["events"]}) > 20
    assert all(row["when"].startswith("2026-11-23T04:") for row in everybody["events"])


@pytest.mark.parametrize("query", ["level:error", "stack.filename:pay.py", "a OR b", "timestamp:>2026-11-20"])
async def test_a_condition_on_events_that_the_rows_do_not_tell_is_refused_by_name(query: str) -> None:
    async with facing(GlitchTip()) as connection:
        error = await connection.error("list_events", issue=ISSUE, query=query)
    assert "GlitchTip, whose search for events does not know" in error


async def test_events_that_were_not_looked_at_are_said() -> None:
    server = GlitchTip()
    server.data.events[OLD_ISSUE] *= 7
    async with facing(server) as connection:
        listed = await connection.call("list_events", issue=OLD_ISSUE, query="user.id:nobody")
    assert listed["events"] == []
    (warning,) = listed["warnings"]
    assert "they were applied here, to 500. Older events are looked at with next_cursor." in warning
    assert "carries" not in warning
    assert listed["next_cursor"]


async def test_a_tag_that_no_event_carries_is_named() -> None:
    async with facing(GlitchTip()) as connection:
        listed = await connection.call("list_events", issue=ISSUE, query="usr.id:u5 environment:production")
        known = await connection.call("list_events", issue=ISSUE, query="user.id:u5", limit=2)
    assert listed["warnings"][0].endswith("None of those carries usr.id.")
    assert "carries" not in known["warnings"][0]


@pytest.mark.parametrize("tool", ["get_issue", "triage_issue"])
async def test_the_event_of_an_environment_is_one_of_it(tool: str) -> None:
    async with facing(GlitchTip()) as connection:
        text = await connection.text(tool, issue=OLD_ISSUE, environment="staging")
        shown = await connection.call("get_issue", issue=OLD_ISSUE, environment="staging")
    assert shown["event"]["environment"] == "staging"
    assert "u9" in text


async def test_an_environment_without_events_has_none() -> None:
    server = GlitchTip()
    server.data.environments.append({"id": 3, "name": "canary"})
    async with facing(server) as connection:
        shown = await connection.call("get_issue", issue=ISSUE, environment="canary")
    assert "event" not in shown
    assert why(shown, "event")


async def test_an_event_id_alone_names_its_issue() -> None:
    server = GlitchTip()
    event = server.data.events[OLD_ISSUE][3]["event_id"]
    async with facing(server) as connection:
        shown = await connection.call("get_issue", issue=event)
    assert (shown["short_id"], shown["event"]["id"]) == (OLD_SHORT_ID, event)


@needs_other_servers
async def test_a_device_that_no_parser_knows_is_no_device() -> None:
    async with facing(GlitchTip(data=recorded_data()), RECORDED_AT) as connection:
        shown = await connection.call("get_issue", issue="3")
    assert "device" not in shown["event"]
    assert shown["event"]["browser"] == "Chrome 126.0"
    assert shown["culprit"] == "__main__ in price"
    assert "transaction" not in shown["event"]  # a location is none


# --- what it does not tell


@pytest.mark.parametrize("issue", [ISSUE, OLD_ISSUE])
async def test_what_glitchtip_does_not_tell_of_an_issue_is_unknown(issue: str) -> None:
    async with facing(GlitchTip()) as connection:
        shown = await connection.call("get_issue", issue=issue)
    unknown = {"users_total", "unhandled", "regressed", "assigned_to", "priority", "substatus", "first_release"}
    assert unknown <= named_missing(shown)
    assert unknown.isdisjoint(shown)
    assert why(shown, "assigned_to") == "GlitchTip's answer does not say"
    assert shown["culprit"] == shown["event"]["transaction"] == "POST /pay"
    assert {"handled", "transaction"}.isdisjoint(shown["event"]["tags"])


@pytest.mark.parametrize("tool", ["get_issue", "triage_issue", "discover_impact", "check_recovery", "draft_postmortem"])
async def test_each_result_says_that_the_server_is_glitchtip(tool: str) -> None:
    async with facing(GlitchTip()) as connection:
        text = await connection.text(tool, issue=ISSUE)
    assert text.count("This server is GlitchTip") == 1


async def test_no_activity_log_is_not_nobody_acted() -> None:
    async with facing(GlitchTip()) as connection:
        recovery = await connection.call("check_recovery", issue=ISSUE)
        postmortem = await connection.text("draft_postmortem", issue=ISSUE)
        triage = await connection.call("triage_issue", issue=ISSUE)
    assert "regressed" not in recovery
    assert "activity log" in why(recovery, "regressed")
    assert "no log of resolves" in why(recovery, "fix_release")
    assert "this server keeps no log of what people did" in postmortem
    assert "records no act" not in postmortem and "without an assignee" not in postmortem
    assert "no assignee" not in postmortem
    criteria = {criterion["id"]: criterion["met"] for criterion in at(triage, "severity.criteria")}  # type: ignore[attr-defined]  # a list of objects
    assert (criteria["regressed"], criteria["escalating"]) == ("unknown", "unknown")


@needs_other_servers
async def test_only_releases_of_the_issue_s_project_are_its_releases() -> None:
    """The recorded list holds those of all projects, and 0 deploys of each, for there are none at all."""
    async with facing(GlitchTip(data=recorded_data()), RECORDED_AT) as connection:
        postmortem = await connection.text("draft_postmortem", issue="3")
    assert "web@2.4.1" in postmortem
    assert "checkout-api" not in postmortem
