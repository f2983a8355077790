"""The issues of an organization by a search, as the tool returns them: what was searched, and the rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sentry_runbook.collect.builder import findings_of
from sentry_runbook.collect.environment_names import (
    named_environments,
    unknown_environment,
    unknown_environment_warning,
)
from sentry_runbook.collect.issue_rows import contradictions, issue_rows, missing_keys
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.collect.search_requests import Found, IssueSearch, send_search
from sentry_runbook.errors import BadInput, NotFound
from sentry_runbook.incident.model.evidence import Missing, Window
from sentry_runbook.incident.model.evidence.json_values import AHEAD
from sentry_runbook.incident.model.results.issue import IssueList, IssueRow, SearchPeriod, SearchScope
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.pasted import SLUG

A_MOMENT = timedelta(minutes=1)
ALL_PROJECTS = "-1"
ALL = "all"
EVERY_PROJECT = (ALL_PROJECTS, ALL, "*")
"""What a caller writes for all projects: as Sentry does, as the answer calls it, as a shell does."""
GLITCHTIP_ROWS = (
    "this server is GlitchTip: it counts no users, knows no substatus, and counts events over the issue's whole life "
    "only (those of a period are known where all of that lies in it)"
)
GLITCHTIP_ORDERS = {
    "user": "which counts no users: the order is by the last event",
    "trends": "which knows no trends: the order is by the last event",
    "freq": "which counts events over the issue's whole life only: the order is by those",
}
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
    if project and project not in EVERY_PROJECT and not SLUG.fullmatch(project):
        raise BadInput("project is not a slug.", "Give the slug in Sentry's URLs, or the project's number.")
    chosen = project or run.settings.project
    search = IssueSearch(
        query=query,
        project=None if chosen in EVERY_PROJECT else chosen,
        environments=named_environments(environment),
        sort=sort,
        window=window,
        limit=limit,
        cursor=cursor,
        organization=organization,
        now=run.clock(),
    )
    client = run.client()
    sanitizer = Sanitizer(mask=run.settings.mask, latest=run.clock() + AHEAD)
    async with client.call(run.settings.limits.call_s):
        try:
            found = await send_search(client, search)
        except NotFound as exc:
            await _refuse_unknown_environments(client, search, sanitizer, exc)
            raise
        if not found.page.items and search.cursor is None:
            await _refuse_unknown_environments(client, search, sanitizer)
    # An issue without a number has no address; the others are listed all the same.
    numbered = [(issue_id(issue), issue) for issue in found.page.items[:limit]]
    addressed = [{**issue, "url": client.issue_url(id_, organization=organization)} for id_, issue in numbered if id_]
    rows = issue_rows(addressed, sanitizer, is_of_now=run.clock() - window.end < A_MOMENT)
    return IssueList(
        scope=_scope(search, found, sanitizer),
        issues=rows,
        next_cursor=found.page.next_cursor,
        missing=(*_missing(client, search, found, rows), *contradictions(addressed, rows), *found.missing),
        findings=findings_of(sanitizer),
    )


def _missing(client: SentryClient, search: IssueSearch, found: Found, rows: tuple[IssueRow, ...]) -> Iterator[Missing]:
    """What the rows do not say; GlitchTip's say less, and are not in every order."""
    if client.server != "glitchtip":
        yield from missing_keys(rows)
        if found.page.order is not None:
            why = f"this Sentry does not know {search.sort}: the order is {found.page.order}"
            yield Missing(what="order", why=why)
        return
    yield from missing_keys(rows, GLITCHTIP_ROWS)
    if search.sort in GLITCHTIP_ORDERS:
        yield Missing(what="order", why=f"this server is GlitchTip, {GLITCHTIP_ORDERS[search.sort]}")
    page = found.page
    if page.next_cursor is not None and len(page.items) < search.limit:
        why = f"of {page.rows_read} issues these fit; more are looked at with next_cursor"
        yield Missing(what="further issues", why=why)


async def _refuse_unknown_environments(
    client: SentryClient, search: IssueSearch, sanitizer: Sanitizer, cause: NotFound | None = None
) -> None:
    """Raise where an environment is one that Sentry does not know: servers answer 404 then, or an empty list."""
    warning = await unknown_environment_warning(
        client, search.environments, sanitizer, organization=search.organization
    )
    if warning is not None:
        raise unknown_environment(warning, cause) from cause


def _scope(search: IssueSearch, found: Found, sanitizer: Sanitizer) -> SearchScope:
    return SearchScope(
        project=search.project or ALL,
        environments=tuple(sanitizer.line(name, NAME, "scope.environments") for name in search.environments),
        period=SearchPeriod(start=search.window.start, end=search.window.end),
        query=sanitizer.line(search.query, QUERY, "scope.query"),
        one_by_one=found.one_by_one,
        not_searched=found.not_searched or None,
    )
