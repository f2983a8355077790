"""Find issues."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import search_issues
from sentry_runbook.incident.model.results.issue import IssueList
from sentry_runbook.render.lists import issue_list_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import Cursor, End, Environment, Limit, OneLine, Period, Sort, Start, asked_window
from sentry_runbook.tools.cuts import Cut
from sentry_runbook.tools.registry import ToolDefinition


async def find_issues(
    ctx: Context[Runtime],
    query: Annotated[
        str, Field(description="Sentry issue search; is:unresolved unless given", max_length=1000), OneLine
    ] = "is:unresolved",
    project: Annotated[str | None, Field(description="Slug or id; -1: all", max_length=100), OneLine] = None,
    environment: Environment = None,
    sort: Annotated[Sort, Field(description="date (last seen) unless given; new = first seen")] = "date",
    period: Period = None,
    start: Start = None,
    end: End = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> IssueList:
    """When there is no id or link, or to see what else broke: find issues by search.

    Queries: is:unresolved is:new, is:escalating, is:regressed, release:VERSION, level:fatal. A misspelt search
    key finds nothing, without an error.
    """
    run = runtime(ctx)
    return await search_issues(
        run,
        query=query,
        project=project,
        environment=environment,
        sort=sort,
        window=asked_window(period, start, end, run.policy, run.clock()),
        limit=limit,
        cursor=cursor,
    )


def _short_titles(result: IssueList) -> IssueList:
    rows = tuple(row.model_copy(update={"title": cut(row.title, 80)}) for row in result.issues)
    return result.model_copy(update={"issues": rows})


def _fewer(result: IssueList) -> IssueList:
    keep = max(1, len(result.issues) * 3 // 5)
    return result.model_copy(update={"issues": result.issues[:keep], "next_cursor": None})


def _ask_for_less(_: IssueList, result: IssueList) -> str:
    keep = len(result.issues)
    return f"only the first {keep} are shown: ask again with limit {keep} and follow next_cursor"


FEWER = Cut(_fewer, {"issues": ""}, _ask_for_less)
CUTS = (Cut(_short_titles, {"issues.title": "all but 80 characters each"}, "get_issue has it"), FEWER, FEWER, FEWER)
"""Mildest first."""


TOOL = ToolDefinition(
    function=find_issues,
    result=IssueList,
    render=issue_list_page,
    title="Find issues",
    hint=(
        "search, search for unresolved errors, new since yesterday, after a deploy, what else broke in this release, "
        "top, biggest or most frequent errors of the day or week, similar ones, regressions, fatal, by words of the "
        "message"
    ),
    shrink=CUTS,
)
