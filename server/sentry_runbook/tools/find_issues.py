"""Find issues."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import search_issues
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.issue import IssueList, IssueRow
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import Cursor, End, Environment, Limit, OneLine, Period, Sort, Start, asked_window
from sentry_runbook.tools.output import Page, cut_missing, shown
from sentry_runbook.tools.registry import RunbookTool, runbook_tool


async def find_issues(
    ctx: Context[Runtime],
    query: Annotated[str, Field(description="Sentry issue search", max_length=1000), OneLine] = "is:unresolved",
    project: Annotated[str | None, Field(description="Project slug or id", max_length=100), OneLine] = None,
    environment: Environment = None,
    sort: Annotated[Sort, Field(description="date = last seen, new = first seen")] = "date",
    period: Period = None,
    start: Start = None,
    end: End = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> IssueList:
    """Find issues without an id or link, or see what else broke.

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


def page(result: IssueList) -> Page:
    """How a person reads it."""
    sheet = Page(f"Issues: {len(result.issues)}")
    sheet.items(_row(issue) for issue in result.issues)
    if not result.issues:
        sheet.say(
            "Nothing matches. A misspelt search key finds nothing without an error: check the query and the period."
        )
    if result.next_cursor:
        sheet.say(f"More: call again with cursor {result.next_cursor}")
    return sheet


def _row(issue: IssueRow) -> str:
    known = {
        "level": issue.level,
        "events": issue.events,
        "users": issue.users,
        "first seen": issue.first_seen,
        "last seen": issue.last_seen,
        "status": issue.substatus or issue.status,
    }
    facts = ", ".join(f"{name} {shown(value)}" for name, value in known.items() if value is not None)
    return f"**{issue.short_id}** {quoted(issue.title)}: {facts} {issue.url}"


def _short_titles(result: IssueList) -> IssueList:
    rows = tuple(row.model_copy(update={"title": cut(row.title, 80)}) for row in result.issues)
    return result.model_copy(update={"issues": rows})


def _fewer(result: IssueList) -> IssueList:
    keep = max(1, len(result.issues) * 3 // 5)
    why = f"only the first {keep} are shown, for length: ask again with limit {keep} and follow next_cursor"
    missing = cut_missing(result.missing, "issues", why)
    return result.model_copy(update={"issues": result.issues[:keep], "missing": missing, "next_cursor": None})


def tool() -> RunbookTool[IssueList]:
    """The tool as the server lists it."""
    return runbook_tool(
        find_issues, result=IssueList, page=page, title="Find issues", shrink=(_short_titles, _fewer, _fewer, _fewer)
    )
