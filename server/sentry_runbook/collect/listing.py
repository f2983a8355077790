"""The events of an issue as a list."""

from __future__ import annotations

import re

from sentry_runbook.collect.behind_link import read_reference
from sentry_runbook.collect.builder import findings_of
from sentry_runbook.collect.environment_names import (
    link_environment_warning,
    named_environments,
    unknown_environment_warning,
)
from sentry_runbook.collect.request_values import event_tag, tag_values
from sentry_runbook.errors import BadInput, RunbookError
from sentry_runbook.incident.environments import named_list, nearest_first
from sentry_runbook.incident.model.evidence import EventRow, Missing, Window, quoted
from sentry_runbook.incident.model.evidence.json_values import AHEAD, JsonObject
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.results.issue import EventList
from sentry_runbook.progress import report_round
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.search_terms import term
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.ids import IssueRef


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
    reference = await read_reference(run, issue)
    named = named_environments(environment)
    environments = named or reference.environments
    sanitizer = Sanitizer(mask=run.settings.mask, latest=run.clock() + AHEAD)
    release = (release or "").strip()
    search = f"{_as_one(query)} {release_search(release)}".strip() if release else query
    async with client.call(run.settings.limits.call_s):
        report_round("the issue's events", 1)
        page = await client.events(
            reference,
            environments=environments,
            query=search or None,
            start=window.start if window else None,
            end=window.end if window else None,
            limit=limit,
            cursor=cursor,
        )
        shown = {event_tag(row, "environment") for row in page.items}
        silent = [name for name in environments if name not in shown] if cursor is None else []
        from_link = () if named else tuple(sanitizer.line(name, NAME, "environment") for name in environments)
        unknown = await unknown_environment_warning(client, silent, sanitizer, organization=reference.organization)
        warning = unknown or (link_environment_warning(from_link) if from_link else None)
        is_empty = not page.items and cursor is None
        otherwise = await _other_releases(client, reference, release, sanitizer) if release and is_empty else None
    whole = read_all(EventRow, page.items[:limit], sanitizer)
    rows = tuple(row.model_copy(update={"ip": None}) for row in whole)
    return EventList(
        issue=reference.issue,
        events=rows,
        next_cursor=page.next_cursor,
        truncated=page.next_cursor is not None,
        warnings=tuple(one for one in (warning, otherwise, _chosen_here(page, limit)) if one) or None,
        missing=_missing_columns(rows),
        findings=findings_of(sanitizer),
    )


def _chosen_here(page: ListPage[JsonObject], limit: int) -> str | None:
    """How many events were looked at, on a server that ignores conditions on events."""
    if page.rows_read is None:
        return None
    said = f"This server is GlitchTip, which ignores conditions on events: they were applied here, to {page.rows_read}."
    if page.next_cursor is not None and len(page.items) < limit:
        said += " Older events are looked at with next_cursor."
    if page.unseen and not page.items:
        said += f" None of those carries {', '.join(page.unseen)}."
    return said


async def _other_releases(client: SentryClient, reference: IssueRef, release: str, sanitizer: Sanitizer) -> str | None:
    """That the issue's events name other releases, and which; None when they name it, or Sentry does not tell.

    Sentry's pages show a release without its package, and a search wants the whole name.
    """
    report_round("the releases that the issue's events name", 1)
    try:
        known = {name for name in tag_values(await client.tags(reference), "release") if name}
    except RunbookError:
        return None
    if not known or release in known:
        return None
    shown = [sanitizer.line(name, NAME, "release") for name in nearest_first(known, [release])]
    asked = quoted(sanitizer.line(release, NAME, "release"))
    return f"Among the releases that the issue's events name most is no {asked}: they are {named_list(shown)}."


def release_search(release: str) -> str:
    """A search term for one release.

    Raises:
        BadInput: Sentry's search language cannot express the name.
    """
    search = term("release", release)
    if search is None:
        raise BadInput(
            "release cannot be searched for: a backslash at its end or before a star, or a control character.",
            "Give the version as Sentry shows it.",
        )
    return search


def _as_one(query: str | None) -> str:
    """A query to which a term can be added: without parentheses the term would belong to one side of an OR."""
    return f"({query})" if query and re.search(r"\bOR\b", query) else query or ""


def _missing_columns(rows: tuple[EventRow, ...]) -> tuple[Missing, ...]:
    """Columns that no row has; a value missing in single rows shows in the row."""
    columns = ("when", "release", "environment", "user", "transaction", "title")
    silent = [f"events[].{column}" for column in columns if rows and all(getattr(row, column) is None for row in rows)]
    return (Missing(what=", ".join(silent), why="no event of this page carries it"),) if silent else ()
