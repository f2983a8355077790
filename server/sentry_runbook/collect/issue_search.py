"""The issues of an organization by a search, as the tool returns them: what was searched, and the rows."""

from __future__ import annotations

from sentry_runbook.collect.builder import findings_of
from sentry_runbook.collect.environment_names import (
    named_environments,
    unknown_environment,
    unknown_environment_warning,
)
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.collect.search_requests import Found, IssueSearch, of_whole_life, send_search
from sentry_runbook.errors import BadInput, NotFound
from sentry_runbook.incident.model.evidence import Issue, Missing, Window
from sentry_runbook.incident.model.evidence.json_values import AHEAD, JsonObject, count_of, object_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.results.issue import IssueList, IssueRow, SearchPeriod, SearchScope
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME, line
from sentry_runbook.sentry.pasted import SLUG

ALL_PROJECTS = "-1"
ALL = "all"
QUERY = 1_000
"""Characters of a query that are shown: all that the tool takes."""


async def search_issues(
    run: Runtime,
    *,
    query: str,
    project: str | None,
    environment: str | None,
    sort: str,
    window: Window,
    limit: int,
    cursor: str | None,
    organization: str | None = None,
) -> IssueList:
    """One page of issues that match a Sentry search."""
    if project and project != ALL_PROJECTS and not SLUG.fullmatch(project):
        raise BadInput("project is not a slug.", "Give the slug in Sentry's URLs, or the project's number.")
    chosen = project or run.settings.project
    search = IssueSearch(
        query=query,
        project=None if chosen == ALL_PROJECTS else chosen,
        environments=named_environments(environment),
        sort=sort,
        window=window,
        limit=limit,
        cursor=cursor,
        organization=organization,
    )
    client = run.client()
    sanitizer = Sanitizer(mask=run.settings.mask, latest=run.clock() + AHEAD)
    with client.deadline(run.settings.limits.call_s):
        try:
            found = await send_search(client, search)
        except NotFound as exc:
            warning = await unknown_environment_warning(
                client, search.environments, sanitizer, organization=organization
            )
            if warning is None:
                raise
            raise unknown_environment(warning, exc) from exc
    # An issue without a number has no address; the others are listed all the same.
    numbered = [(issue_id(issue), issue) for issue in found.page.items[:limit]]
    addressed = [
        {**of_whole_life(issue), "url": client.issue_url(id_, organization=organization)}
        for id_, issue in numbered
        if id_
    ]
    rows = tuple(_row(issue, json) for json in addressed for issue in read_all(Issue, [json], sanitizer))
    return IssueList(
        scope=_scope(search, found),
        issues=rows,
        next_cursor=found.page.next_cursor,
        missing=(*_missing_keys(rows), *found.missing),
        findings=findings_of(sanitizer),
    )


def _scope(search: IssueSearch, found: Found) -> SearchScope:
    return SearchScope(
        project=search.project or ALL,
        environments=tuple(line(name, NAME) for name in search.environments),
        period=SearchPeriod(start=search.window.start, end=search.window.end),
        query=line(search.query, QUERY),
        one_by_one=found.one_by_one,
        not_searched=found.not_searched or None,
    )


# --- the rows ------------------------------------------------------------------------------------------------------


def _missing_keys(rows: tuple[IssueRow, ...]) -> tuple[Missing, ...]:
    """What this server does not say of issues; a value that only some rows lack shows in the rows."""
    keys = ("level", "events", "users", "events_total", "first_seen", "last_seen", "substatus", "project")
    silent = [f"issues[].{key}" for key in keys if rows and all(getattr(row, key) is None for row in rows)]
    return (Missing(what=", ".join(silent), why="Sentry's answer does not say"),) if silent else ()


def _row(issue: Issue, json: JsonObject) -> IssueRow:
    life = object_of(json.get("lifetime"))
    return IssueRow(
        short_id=issue.name,
        title=issue.title,
        level=issue.level,
        events=issue.events_total,
        users=issue.users_total,
        events_total=count_of(life.get("count")),
        users_total=count_of(life.get("userCount")),
        first_seen=issue.first_seen,
        last_seen=issue.last_seen,
        substatus=issue.substatus,
        status=issue.status,
        project=issue.project,
        url=issue.url,
    )
