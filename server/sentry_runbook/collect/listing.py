"""Lists: the events of an issue, the issues of an organization."""

from __future__ import annotations

from sentry_runbook.collect.builder import findings_of
from sentry_runbook.collect.investigation import named_environments
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.evidence import EventRow, Issue, Missing, Window
from sentry_runbook.incident.model.evidence.json_values import AHEAD, JsonObject, moment_of, object_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.results.issue import EventList, IssueList, IssueRow
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.pasted import SLUG
from sentry_runbook.sentry.references import parse_reference

ALL_PROJECTS = "-1"


async def list_issue_events(
    run: Runtime,
    issue: str,
    *,
    environment: str | None,
    release: str | None,
    query: str | None,
    window: Window | None,
    limit: int,
    cursor: str | None,
) -> EventList:
    """One page of an issue's events, newest first."""
    client = run.client()
    reference = parse_reference(issue, run.settings.base_url)
    search = " ".join(part for part in (query, release_search(release) if release else None) if part)
    with client.deadline(run.settings.limits.call_s):
        page = await client.events(
            reference,
            environments=named_environments(environment) or reference.environments,
            query=search or None,
            start=window.start if window else None,
            end=window.end if window else None,
            limit=limit,
            cursor=cursor,
        )
    sanitizer = Sanitizer(mask=run.settings.mask, latest=run.clock() + AHEAD)
    whole = read_all(EventRow, page.items[:limit], sanitizer)
    rows = tuple(row.model_copy(update={"ip": None}) for row in whole)
    return EventList(
        issue=reference.issue,
        events=rows,
        next_cursor=page.next_cursor,
        truncated=page.next_cursor is not None,
        missing=_missing_columns(rows),
        findings=findings_of(sanitizer),
    )


def release_search(release: str) -> str:
    """A search term for one release; a quoted value cannot end its own term."""
    if '"' in release or "\\" in release:
        raise BadInput("release holds a quote or backslash.", "Give the version as Sentry shows it.")
    return f'release:"{release}"'


def _missing_columns(rows: tuple[EventRow, ...]) -> tuple[Missing, ...]:
    """Columns that no row has; a value missing in single rows shows in the row."""
    columns = ("when", "release", "environment", "user", "transaction", "title")
    silent = [f"events[].{column}" for column in columns if rows and all(getattr(row, column) is None for row in rows)]
    return (Missing(what=", ".join(silent), why="no event of this page carries it"),) if silent else ()


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
) -> IssueList:
    """One page of issues that match a Sentry search."""
    if project and project != ALL_PROJECTS and not SLUG.fullmatch(project):
        raise BadInput("project is not a slug.", "Give the slug in Sentry's URLs, or the project's number.")
    client = run.client()
    with client.deadline(run.settings.limits.call_s):
        page = await client.issues(
            query=query,
            project=project or run.settings.project,
            environments=named_environments(environment),
            sort=sort,
            start=window.start,
            end=window.end,
            limit=limit,
            cursor=cursor,
        )
    sanitizer = Sanitizer(mask=run.settings.mask, latest=run.clock() + AHEAD)
    # An issue without a number has no address; the others are listed all the same.
    numbered = [(issue_id(issue), issue) for issue in page.items[:limit]]
    addressed = [
        {**_of_whole_life(issue), "url": client.issue_url(id_, organization=None)} for id_, issue in numbered if id_
    ]
    rows = tuple(map(_row, read_all(Issue, addressed, sanitizer)))
    return IssueList(
        issues=rows,
        next_cursor=page.next_cursor,
        missing=_missing_keys(rows),
        findings=findings_of(sanitizer),
    )


def _of_whole_life(issue: JsonObject) -> JsonObject:
    """The row with the first and last event of the issue's life: its own are those of the period (sentry-api §17)."""
    life = object_of(issue.get("lifetime"))
    return {**issue, **{key: life[key] for key in ("firstSeen", "lastSeen") if moment_of(life.get(key))}}


def _missing_keys(rows: tuple[IssueRow, ...]) -> tuple[Missing, ...]:
    """What this server does not say of issues; a value that only some rows lack shows in the rows."""
    keys = ("level", "events", "users", "first_seen", "last_seen", "substatus")
    silent = [f"issues[].{key}" for key in keys if rows and all(getattr(row, key) is None for row in rows)]
    return (Missing(what=", ".join(silent), why="Sentry's answer does not say"),) if silent else ()


def _row(issue: Issue) -> IssueRow:
    return IssueRow(
        short_id=issue.name,
        title=issue.title,
        level=issue.level,
        events=issue.events_total,
        users=issue.users_total,
        first_seen=issue.first_seen,
        last_seen=issue.last_seen,
        substatus=issue.substatus,
        status=issue.status,
        project=issue.project,
        url=issue.url,
    )
