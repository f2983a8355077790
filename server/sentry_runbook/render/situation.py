"""The situation as Markdown, for a reader at 3 a.m.: what burns and what to do first, the evidence after it."""

from __future__ import annotations

from collections.abc import Iterable

from sentry_runbook.incident.model.results.situation import Situation, SituationIncident
from sentry_runbook.render.markdown_page import MarkdownPage
from sentry_runbook.render.situation_lines import (
    alert_lines,
    change_lines,
    fired_line,
    incident_title,
    issue_lines,
    project_line,
    scope_line,
    severity_line,
    suspect_line,
    who_line,
)


def situation_page(result: Situation) -> MarkdownPage:
    """Render the situation as Markdown."""
    page = MarkdownPage(result.headline).paragraph(f"Looked at {scope_line(result)}.")
    for warning in result.warnings or ():
        page.paragraph(warning)
    if result.alert is not None:
        page.heading("The alert").items(alert_lines(result.alert))
    for incident in result.incidents:
        _add_incident(page, incident, is_told=result.headline.startswith(incident.headline))
    _add_list(page, "Alerts that fire", map(fired_line, result.alerts))
    _add_list(page, "Changes", change_lines(result))
    _add_list(page, "Projects", map(project_line, result.projects))
    _add_list(page, "As usual", result.quiet)
    return page


def _add_incident(page: MarkdownPage, incident: SituationIncident, *, is_told: bool) -> None:
    """One incident; its headline, where that of the page does not tell it already."""
    page.heading(incident_title(incident))
    page.fact("Do now", incident.next_step)
    page.fact("In short", None if is_told else incident.headline)
    page.fact("Why", severity_line(incident))
    page.fact("Who", who_line(incident))
    page.fact("Suspect", suspect_line(incident))
    page.items(f"together: {reason}" for reason in incident.reasons)
    page.items(f"against: {reason}" for reason in incident.against)
    page.items(issue_lines(incident.issues))
    left = incident.issues_total - len(incident.issues)
    if left:
        page.items([f"… and {left} more"])
    page.items(f"{issue.short_id}: {issue.url}" for issue in incident.issues[:1] if issue.url)


def _add_list(page: MarkdownPage, title: str, lines: Iterable[str]) -> None:
    known = list(lines)
    if known:
        page.heading(title).items(known)
