"""Lists of events and of issues as Markdown."""

from __future__ import annotations

from sentry_runbook.incident.model.evidence import EventRow, quoted
from sentry_runbook.incident.model.results.issue import EventList, IssueList, IssueRow
from sentry_runbook.render.markdown_page import MarkdownPage, format_value


def event_list_page(result: EventList) -> MarkdownPage:
    """Render the list of events as Markdown."""
    page = MarkdownPage(f"Events of {result.issue}: {len(result.events)}").items(result.warnings or ())
    for key, value in (result.common or {}).items():
        page.fact(f"{key} of all rows", quoted(value))
    page.items(_event_line(event) for event in result.events)
    if not result.events and not result.warnings:
        page.paragraph("Nothing matches: check environment, release, query and period.")
    if result.next_cursor:
        page.paragraph(f"More: call again with cursor {result.next_cursor}")
    return page


def _event_line(event: EventRow) -> str:
    values = (event.release, event.environment, event.user, event.transaction, event.title)
    return " ".join(
        [format_value(event.when or "time unknown"), event.id, *(quoted(value) for value in values if value)]
    )


def issue_list_page(result: IssueList) -> MarkdownPage:
    """Render the list of issues as Markdown."""
    page = MarkdownPage(f"Issues: {len(result.issues)}")
    page.items(_issue_line(issue) for issue in result.issues)
    if not result.issues:
        page.paragraph(
            "Nothing matches. A misspelt search key finds nothing without an error: check the query and the period."
        )
    if result.next_cursor:
        page.paragraph(f"More: call again with cursor {result.next_cursor}")
    return page


def _issue_line(issue: IssueRow) -> str:
    known = {
        "level": issue.level,
        "events": issue.events,
        "users": issue.users,
        "first seen": issue.first_seen,
        "last seen": issue.last_seen,
        "status": issue.substatus or issue.status,
    }
    facts = ", ".join(f"{name} {format_value(value)}" for name, value in known.items() if value is not None)
    return f"**{issue.short_id}** {quoted(issue.title)}: {facts} {issue.url}"
