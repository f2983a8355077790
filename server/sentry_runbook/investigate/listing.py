"""Lists: the events of an issue, the issues of an organization."""

from __future__ import annotations

from sentry_runbook.errors import BadInput
from sentry_runbook.incident.evidence import Missing, Window
from sentry_runbook.incident.reading import EventList, IssueList, IssueRow
from sentry_runbook.investigate.run import named_environments
from sentry_runbook.investigate.translate import Translator
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry import models
from sentry_runbook.sentry.references import parse_reference


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
    translate = Translator(sanitizer := Sanitizer(mask=run.settings.mask))
    rows = tuple(translate.row(row).model_copy(update={"ip": None}) for row in page.items[:limit])
    return EventList(
        issue=reference.issue,
        events=rows,
        next_cursor=page.next_cursor,
        truncated=page.next_cursor is not None,
        missing=tuple(_missing_columns(rows)),
        findings=tuple(found_in(sanitizer)),
    )
