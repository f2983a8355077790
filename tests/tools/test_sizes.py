"""No answer is longer than it may be, whatever an event holds, and what was cut is said."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.matrix import matrix
from tests.tools.contract import call, complaints, named_missing, sizes
from tests.tools.oversized import MONSTERS, Swollen, deep_trace, entry
from tests.tools.support import Connection, connected

WHOLE_EVENT = ("get_issue", "triage_issue", "draft_update", "draft_postmortem")
"""Tools that read whole events."""
QUICK = ("wide_letters",)


async def answered(connection: Connection, tool: str, **arguments: object) -> tuple[dict[str, Any], str]:
    """Both channels of a call that must keep the contract."""
    schemas = {one.name: one.output_schema for one in (await connection.client.list_tools()).tools}
    result = await connection.client.call_tool(tool, arguments)
    text = "\n".join(getattr(part, "text", "") for part in result.content)
    assert not result.is_error, text
    assert complaints(tool, result.structured_content or {}, text, schemas[tool] or {}) == []
    return result.structured_content or {}, text


@pytest.mark.parametrize("monster", matrix(MONSTERS, quick=QUICK))
async def test_a_monstrous_event_gives_a_bounded_answer_that_keeps_the_contract(monster: str) -> None:
    clock = ManualClock()
    world = World(SCENARIOS["payment-spike"], clock)
    swollen = Swollen(httpx.ASGITransport(create_app(world)), MONSTERS[monster])
    async with connected(world=world, clock=clock, transport=swollen) as connection:
        for tool in WHOLE_EVENT:
            await answered(connection, tool, **call(tool, "SHOP-1Z"))


async def test_what_was_cut_from_an_event_is_named_with_the_page_that_has_it() -> None:
    clock = ManualClock()
    world = World(SCENARIOS["payment-spike"], clock)
    swollen = Swollen(httpx.ASGITransport(create_app(world)), MONSTERS["deep_trace"])
    async with connected(world=world, clock=clock, transport=swollen) as connection:
        values, text = await answered(connection, "get_issue", issue="SHOP-1Z")
    whys = {gone["what"]: gone["why"] for gone in values["missing"]}
    assert values["event"]["exceptions"][-1]["stack_omitted"] > 200
    assert values["event"]["exceptions"][-1]["stack"][-1].startswith("step_299")
    assert f"{values['url']}events/{values['event']['id']}/" in whys["event.contexts"]
    assert "10 are shown" in whys["event.exceptions (the rest)"] or "of 10" in whys["event.exceptions (the rest)"]
    assert "frames left out" in text


def thirty_numbered_breadcrumbs(event: dict[str, Any]) -> None:
    """Breadcrumbs of which an answer holds some, and not all, beside stack traces that take much of it."""
    deep_trace(event)
    said = [f"step {number} {'x' * 400}" for number in range(30)]
    entry(event, "breadcrumbs")["values"] = [{"category": "console", "message": message} for message in said]


async def test_of_breadcrumbs_that_are_too_long_the_last_before_the_error_stay() -> None:
    clock = ManualClock()
    world = World(SCENARIOS["payment-spike"], clock)
    swollen = Swollen(httpx.ASGITransport(create_app(world)), thirty_numbered_breadcrumbs)
    async with connected(world=world, clock=clock, transport=swollen) as connection:
        values, text = await answered(connection, "get_issue", issue="SHOP-1Z")
    assert "event.breadcrumbs (all but the last 8)" in {gone["what"] for gone in values["missing"]}
    steps = [crumb["text"].split()[1] for crumb in values["event"]["breadcrumbs"]]
    assert steps == [str(number) for number in range(22, 30)]
    assert "step 29 " in text
    assert "step 21 " not in text


@pytest.mark.parametrize("limit", [1, 50, 100])
async def test_a_page_of_events_is_bounded_and_says_how_to_get_the_rest(limit: int) -> None:
    long = "Very long title " * 12
    issue = IssueSpec(
        "LONG-1", long, streams=tuple(Stream(40, -60 * n - 59, -60 * n, release=f"r@{n}.{'0' * 90}") for n in range(5))
    )
    clock = ManualClock()
    async with connected(world=World(Scenario(name="long", issues=(issue,)), clock), clock=clock) as connection:
        values, text = await answered(connection, "list_events", issue="LONG-1", limit=limit)
    assert max(sizes(values, text).values()) <= 9_000
    assert len(values["events"]) == limit or "events" in named_missing(values)
    assert values["truncated"]
    assert len(values["events"]) >= min(limit, 20)


async def test_fifty_ordinary_events_are_listed_whole() -> None:
    async with connected("typeerror-v2.4.1") as connection:
        values, _ = await answered(connection, "list_events", issue="WEB-7K", limit=50)
    assert len(values["events"]) == 50
    assert values["next_cursor"]


async def test_a_hundred_issues_with_long_titles_are_bounded() -> None:
    issues = tuple(
        IssueSpec(f"MANY-{n}", f"{n} " + "long title " * 30, streams=(Stream(1, -n - 1, -n),)) for n in range(1, 100)
    )
    issues = tuple(issue for issue in issues if not set("ILOU") & set(issue.short_id[5:]))
    clock = ManualClock()
    async with connected(world=World(Scenario(name="many", issues=issues), clock), clock=clock) as connection:
        values, text = await answered(connection, "find_issues", limit=100)
    assert max(sizes(values, text).values()) <= 9_000
    assert len(values["issues"]) > 10
    assert "issues" in named_missing(values) and "follow next_cursor" in text
