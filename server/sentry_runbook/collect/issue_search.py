"""The issues of an organization by a search: of all projects at once, or one by one where the server asks for that.

A list that is empty says nothing of projects that the token's user may not read: Sentry answers 200 with ``[]`` for
those (sentry-api §17). So where it is about to become a statement, the list of projects is asked which they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.builder import findings_of
from sentry_runbook.collect.environment_names import (
    named_environments,
    unknown_environment,
    unknown_environment_warning,
)
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.errors import BadInput, NotFound, RunbookError
from sentry_runbook.incident.model.evidence import Issue, Missing, Window
from sentry_runbook.incident.model.evidence.json_values import AHEAD, JsonObject, count_of, moment_of, object_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.results.issue import IssueList, IssueRow, SearchPeriod, SearchScope
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME, line
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.pasted import SLUG
from sentry_runbook.sentry.paths import ISSUE_LIST
from sentry_runbook.sentry.status_errors import OneProjectAtATime, one_project_at_a_time

ALL_PROJECTS = "-1"
ALL = "all"
MOST_PROJECTS = 10
"""Projects that are searched one by one for one answer."""
QUERY = 1_000
"""Characters of a query that are shown: all that the tool takes."""
CLOSED = "Sentry calls {} closed to this token: add its person or integration to a team of theirs"
ONE_AT_A_TIME = "this Sentry searches one project at a time"
Rank = Callable[[JsonObject], float]


@dataclass(frozen=True)
class IssueSearch:
    """What is asked; ``project`` None means all, ``organization`` None the configured one."""

    query: str
    project: str | None
    environments: tuple[str, ...]
    sort: str
    window: Window
    limit: int
    cursor: str | None
    organization: str | None = None


@dataclass(frozen=True)
class Found:
    """The issues found, and what the search did not reach.

    Attributes:
        one_by_one: projects searched one by one, None where one search covered all.
        not_searched: projects that the search did not reach.
        missing: what the reader must know of the rest.
    """

    page: ListPage[JsonObject]
    one_by_one: tuple[str, ...] | None = None
    not_searched: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()


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
            found = await _find(client, search)
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
        {**_of_whole_life(issue), "url": client.issue_url(id_, organization=organization)}
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


# --- the requests --------------------------------------------------------------------------------------------------


async def _find(client: SentryClient, search: IssueSearch) -> Found:
    """One request; where the list is empty or refused, the projects too, and the refused search for each of them."""
    try:
        page = await _page(client, search)
    except OneProjectAtATime:
        if search.cursor is not None:
            raise
        return await _one_by_one(client, search)
    is_statement = not page.items and search.project is None and search.cursor is None
    return await _checked(client, search, page) if is_statement else Found(page)


async def _page(client: SentryClient, search: IssueSearch) -> ListPage[JsonObject]:
    return await client.issues(
        query=search.query,
        project=search.project,
        environments=search.environments,
        sort=search.sort,
        start=search.window.start,
        end=search.window.end,
        limit=search.limit,
        cursor=search.cursor,
        organization=search.organization,
    )


async def _checked(client: SentryClient, search: IssueSearch, page: ListPage[JsonObject]) -> Found:
    """An empty list, with the projects that it says nothing of."""
    try:
        projects = await client.projects(search.organization)
    except RunbookError as exc:
        return Found(page, missing=(Missing(what="projects", why=f"which were searched is unknown: {exc.what}"),))
    closed = tuple(project.name for project in projects if project.is_closed)
    if not projects:
        why = "the token sees no project: add its person or integration to a team"
        return Found(page, missing=(Missing(what="issues", why=why),))
    if not closed:
        return Found(page)
    what = "issues" if len(closed) == len(projects) else f"issues of {_listed(closed)}"
    return Found(page, not_searched=closed, missing=(Missing(what=what, why=CLOSED.format(_listed(closed))),))


async def _one_by_one(client: SentryClient, search: IssueSearch) -> Found:
    """A search in each project, those that Sentry calls closed last: it calls some so that can be read.

    Raises:
        RunbookError: none could be searched.
    """
    projects = sorted((project for project in await client.projects(search.organization) if project.id), key=_is_closed)
    asked, batch = projects[:MOST_PROJECTS], RequestBatch()
    results = [batch.add(partial(_page, client, replace(search, project=project.id))) for project in asked]
    await batch.send()
    pages = {
        project.name: result.value for project, result in zip(asked, results, strict=True) if result.value is not None
    }
    if not pages:
        raise next((result.error for result in results if result.error), one_project_at_a_time(ISSUE_LIST))
    rows = sorted((row for page in pages.values() for row in page.items), key=_rank(search.sort), reverse=True)
    is_cut = len(rows) > search.limit or any(page.next_cursor for page in pages.values())
    refused = {project.name: result.error for project, result in zip(asked, results, strict=True) if result.error}
    beyond = [project.name for project in projects[MOST_PROJECTS:]]
    return Found(
        ListPage(tuple(rows[: search.limit])),
        one_by_one=tuple(pages),
        not_searched=(*refused, *beyond),
        missing=tuple(_not_reached(refused, beyond, is_cut=is_cut)),
    )


def _not_reached(refused: Mapping[str, RunbookError], beyond: Sequence[str], *, is_cut: bool) -> Iterator[Missing]:
    for name, error in refused.items():
        yield Missing(what=f"issues of {name}", why=error.what.rstrip("."))
    if beyond:
        why = f"{ONE_AT_A_TIME}, and at most {MOST_PROJECTS} are asked: give one as project"
        yield Missing(what=f"issues of {_listed(beyond)}", why=why)
    if is_cut:
        yield Missing(what="next_cursor", why=f"{ONE_AT_A_TIME}: give one as project to follow its pages")


def _is_closed(project: Project) -> bool:
    return project.is_closed is True


def _listed(names: Sequence[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


# --- the rows ------------------------------------------------------------------------------------------------------


def _rank(sort: str) -> Rank:
    """What the rows of several lists are put in order by."""
    return RANKS.get(sort, _last_seen)


def _last_seen(issue: JsonObject) -> float:
    return _epoch(moment_of(issue.get("lastSeen")))


def _first_seen(issue: JsonObject) -> float:
    return _epoch(moment_of(_of_whole_life(issue).get("firstSeen")))


def _epoch(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0


RANKS: dict[str, Rank] = {
    "new": _first_seen,
    "freq": lambda issue: count_of(issue.get("count")) or 0,
    "user": lambda issue: count_of(issue.get("userCount")) or 0,
}
"""Sort order → its rank; all others go by the last event."""


def _of_whole_life(issue: JsonObject) -> JsonObject:
    """The row with the first and last event of the issue's life: its own are those of the period (sentry-api §17)."""
    life = object_of(issue.get("lifetime"))
    return {**issue, **{key: life[key] for key in ("firstSeen", "lastSeen") if moment_of(life.get(key))}}


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
