"""Lists of events and of issues as Markdown."""

from __future__ import annotations

from sentry_runbook.incident.model.evidence import EventRow, quoted
from sentry_runbook.incident.model.results.issue import EventList, IssueList, IssueRow, SearchScope
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
    """Render the list of issues as Markdown: what was searched, and of each issue what its numbers cover."""
    page = MarkdownPage(f"Issues: {len(result.issues)}").fact("Searched", _searched(result.scope))
    if result.issues:
        page.fact("Numbers", _covered(result))
    page.items(_issue_line(issue) for issue in result.issues)
    if not result.issues:
        page.paragraph(_nothing(result.scope))
    if result.next_cursor:
        page.paragraph(f"More: call again with cursor {result.next_cursor}")
    return page


def _searched(scope: SearchScope) -> str:
    project = "all projects that the token may read" if scope.project == "all" else f"project {quoted(scope.project)}"
    if scope.one_by_one:
        project = f"one by one, for this Sentry searches one project at a time: {', '.join(scope.one_by_one)}"
    environments = ", ".join(map(quoted, scope.environments)) or "all"
    period = f"{format_value(scope.period.start)} to {format_value(scope.period.end)}"
    return f"{project}; environments: {environments}; {period}; query {quoted(scope.query)}"


def _covered(result: IssueList) -> str:
    where = ", in these environments" if result.scope.environments else ""
    if all(issue.users is None and issue.users_total is None for issue in result.issues):
        return f"events in the period, of those in the issue's whole life; first and last seen in that{where}"
    if all(issue.events_total is None for issue in result.issues):
        return "this Sentry does not say whether events and users are those of the period or of the issue's whole life"
    return f"events and users in the period, of those in the issue's whole life; first and last seen in that{where}"


def _nothing(scope: SearchScope) -> str:
    if scope.not_searched:
        names = ", ".join(scope.not_searched[:10])
        return f"Nothing was found where Sentry searched. That says nothing of the issues of {names}: see below."
    return "Nothing matches. A misspelt search key finds nothing without an error: check the query and the period."


def _of_total(number: int | None, total: int | None, matching: int | None) -> str | None:
    """A number of the period, and that of the whole life and of the query's matches where they are known."""
    if number is None and total is None and matching is None:
        return None
    part = "unknown" if number is None else str(number)
    matches = "" if matching is None else f" ({matching} match the query)"
    return f"{part}{matches}" if total is None else f"{part}{matches} of {total}"


def _issue_line(issue: IssueRow) -> str:
    known = {
        "project": issue.project,
        "level": issue.level,
        "events": _of_total(issue.events, issue.events_total, issue.events_matching),
        "users": _of_total(issue.users, issue.users_total, issue.users_matching),
        "first seen": issue.first_seen,
        "last seen": issue.last_seen,
        "status": issue.substatus or issue.status,
    }
    facts = ", ".join(f"{name} {format_value(value)}" for name, value in known.items() if value is not None)
    return f"**{issue.short_id}** {quoted(issue.title)}: {facts} {issue.url}"
