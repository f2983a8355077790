"""The requests of an issue search: all projects at once, or one by one where the server asks for that.

A list says nothing of projects that the token's user may not read: Sentry answers 200 with ``[]``, or with a part, for
those (sentry-api §17). So beside a search over all projects the list of projects is asked which they are. It calls
some closed that an integration may read all the same: a list that holds issues of one of those is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.issue_rows import rank
from sentry_runbook.collect.request_values import project_id
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import Missing, Window
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.progress import report_round
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.paths import ISSUE_LIST
from sentry_runbook.sentry.status_errors import OneProjectAtATime, one_project_at_a_time

MOST_PROJECTS = 10
"""Projects that are searched one by one for one answer."""
CLOSED = "Sentry calls {} closed to this token: add its person or integration to a team of theirs"
LISTING = "the issues that match the search"
ONE_AT_A_TIME = "this Sentry searches one project at a time"


@dataclass(frozen=True)
class IssueSearch:
    """What is asked; ``project`` None means all, ``organization`` None the configured one, ``now`` is for ages."""

    query: str
    project: str | None
    environments: tuple[str, ...]
    sort: str
    window: Window
    limit: int
    cursor: str | None
    organization: str | None = None
    now: datetime | None = None


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


async def send_search(client: SentryClient, search: IssueSearch) -> Found:
    """The list, and for one of all projects what it does not cover; where it is refused, a list of each project."""
    if search.project is not None or search.cursor is not None:
        report_round(LISTING, 1)
        return Found(await _page(client, search))
    batch = RequestBatch(LISTING)
    page = batch.add(partial(_page, client, search))
    first = batch.add(partial(client.project_page, search.organization))
    await batch.send()
    if page.value is None and not isinstance(page.error, OneProjectAtATime):
        raise page.error or AssertionError("it was sent")
    if page.value is not None and page.value.items:
        return _checked(page.value, first.value.items if first.value is not None else ())
    try:
        projects = await _all_projects(client, search, first)
    except RunbookError as exc:
        if page.value is None:
            raise
        why = f"which were searched is unknown: {exc.what}"
        return Found(page.value, missing=(Missing(what="projects", why=why),))
    if page.value is None:
        return await _one_by_one(client, search, projects)
    if not projects:
        why = "the token sees no project: add its person or integration to a team"
        return Found(page.value, missing=(Missing(what="issues", why=why),))
    return _checked(page.value, projects)


async def _all_projects(
    client: SentryClient, search: IssueSearch, first: Result[ListPage[Project]]
) -> tuple[Project, ...]:
    """All pages of the projects, the first of which was asked for.

    Raises:
        RunbookError: they cannot be read.
    """
    if first.error is not None:
        raise first.error
    if first.value is not None and first.value.next_cursor is None:
        return first.value.items
    return await client.projects(search.organization)


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
        now=search.now,
    )


def _checked(page: ListPage[JsonObject], projects: Sequence[Project]) -> Found:
    """A list of all projects, with those that it says nothing of."""
    closed = tuple(project.name for project in projects if project.is_closed)
    if not closed or _are_read_all_the_same(page, projects):
        return Found(page)
    what = "issues" if len(closed) == len(projects) else f"issues of {_listed(closed)}"
    return Found(page, not_searched=closed, missing=(Missing(what=what, why=CLOSED.format(_listed(closed))),))


def _are_read_all_the_same(page: ListPage[JsonObject], projects: Sequence[Project]) -> bool:
    """Whether the list holds issues of a project that Sentry calls closed."""
    closed = {project.id for project in projects if project.is_closed}
    return any(project_id(issue) in closed for issue in page.items)


async def _one_by_one(client: SentryClient, search: IssueSearch, listed: Sequence[Project]) -> Found:
    """A search in each project, those that Sentry calls closed last: it calls some so that can be read.

    Raises:
        RunbookError: none could be searched.
    """
    projects = sorted((project for project in listed if project.id), key=_is_closed)
    asked, batch = projects[:MOST_PROJECTS], RequestBatch("issues, one project at a time")
    results = [batch.add(partial(_page, client, replace(search, project=project.id))) for project in asked]
    await batch.send()
    pages = {
        project.name: result.value for project, result in zip(asked, results, strict=True) if result.value is not None
    }
    if not pages:
        raise next((result.error for result in results if result.error), one_project_at_a_time(ISSUE_LIST))
    rows = sorted((row for page in pages.values() for row in page.items), key=rank(search.sort), reverse=True)
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
