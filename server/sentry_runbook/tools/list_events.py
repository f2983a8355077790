"""List the events of an issue."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import list_issue_events
from sentry_runbook.incident.model.results.issue import EventList
from sentry_runbook.render.lists import event_list_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import Cursor, End, Environment, Issue, Limit, OneLine, Period, Start, asked_window
from sentry_runbook.tools.cuts import Cut
from sentry_runbook.tools.registry import ToolDefinition


async def list_events(
    issue: Issue,
    ctx: Context[Runtime],
    environment: Environment = None,
    release: Annotated[str | None, Field(description="Only this release", max_length=250), OneLine] = None,
    query: Annotated[str | None, Field(description="Sentry event search", max_length=1000), OneLine] = None,
    period: Period = None,
    start: Start = None,
    end: End = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> EventList:
    """When single occurrences of an issue matter: its events, newest first.

    Time, release, environment, user, transaction. For counts use discover_impact; to read one event whole, get_issue
    with its id.
    """
    run = runtime(ctx)
    window = asked_window(period, start, end, run.policy, run.clock()) if period or start or end else None
    return await list_issue_events(
        run, issue, environment=environment, release=release, query=query, window=window, limit=limit, cursor=cursor
    )


COMMON = ("title", "transaction", "environment", "release")


def _said_once(result: EventList) -> EventList:
    """Values that all rows share are said once; rows that differ keep their own."""
    values = {key: {getattr(row, key) for row in result.events} for key in COMMON}
    shared = {key: value for key, (value, *others) in values.items() if value and not others}
    rows = tuple(row.model_copy(update=dict.fromkeys(shared)) for row in result.events)
    return result.model_copy(update={"events": rows, "common": shared or None})


def _short_titles(result: EventList) -> EventList:
    rows = tuple(row.model_copy(update={"title": row.title and cut(row.title, 60)}) for row in result.events)
    return result.model_copy(update={"events": rows})


def _no_titles(result: EventList) -> EventList:
    rows = tuple(row.model_copy(update={"title": None, "ip": None}) for row in result.events)
    return result.model_copy(update={"events": rows})


def _fewer(result: EventList) -> EventList:
    keep = max(1, len(result.events) * 3 // 5)
    return result.model_copy(update={"events": result.events[:keep], "truncated": True, "next_cursor": None})


def _ask_for_less(_: EventList, result: EventList) -> str:
    keep = len(result.events)
    return f"only the first {keep} are shown: ask again with limit {keep} and follow next_cursor"


HOW = "ask with a smaller limit, or read the event with get_issue"
FEWER = Cut(_fewer, {"events": ""}, _ask_for_less)
CUTS = (
    _said_once,
    Cut(_short_titles, {"events.title": "all but 60 characters each"}, HOW),
    Cut(_no_titles, {"events.title": "", "events.ip": ""}, HOW),
    FEWER,
    FEWER,
)
"""Mildest first."""


TOOL = ToolDefinition(
    function=list_events,
    result=EventList,
    render=event_list_page,
    title="List events",
    hint=(
        "individual occurrences one by one, raw events, latest samples, crashes of the last minutes, which users ran "
        "into it and when, timestamps, event ids, filter by user, release or environment"
    ),
    shrink=CUTS,
)
