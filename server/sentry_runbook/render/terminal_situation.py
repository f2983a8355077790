"""The situation in a terminal: the tool's lines, laid out in colour."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from sentry_runbook.incident.model.results.situation import Situation, SituationIncident
from sentry_runbook.render.console import Screen, badge
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
from sentry_runbook.render.terminal import show_doubts


def show_situation(screen: Screen, result: Situation) -> None:
    """The headline, each incident, and what is around them."""
    screen.print(Text(result.headline, "bold"))
    screen.print()
    screen.rows([("Looked at", Text(scope_line(result)))])
    screen.points(("!", warning, "bold yellow") for warning in result.warnings or ())
    if result.alert is not None:
        _show_list(screen, "The alert", alert_lines(result.alert))
    for incident in result.incidents:
        _show_incident(screen, incident, is_told=result.headline.startswith(incident.headline))
    _show_list(screen, "Alerts that fire", map(fired_line, result.alerts))
    _show_list(screen, "Changes", change_lines(result))
    _show_list(screen, "Projects", map(project_line, result.projects))
    _show_list(screen, "As usual", result.quiet)
    show_doubts(screen, result.findings, result.missing)


def _show_incident(screen: Screen, incident: SituationIncident, *, is_told: bool) -> None:
    screen.print()
    title = incident_title(incident).partition(", ")[2]
    screen.print(Text.assemble(badge(incident.severity, incident.label), " ", (title, "bold")))
    screen.rows(
        [
            ("Do now", Text(incident.next_step)),
            ("In short", None if is_told else Text(incident.headline)),
            ("Why", Text(severity_line(incident))),
            ("Who", Text(who_line(incident))),
            ("Suspect", Text(suspect_line(incident))),
            *(("Together" if index == 0 else "", Text(text)) for index, text in enumerate(incident.reasons)),
            *(("Against" if index == 0 else "", Text(text)) for index, text in enumerate(incident.against)),
        ]
    )
    left = incident.issues_total - len(incident.issues)
    lines = [*issue_lines(incident.issues), *([f"… and {left} more"] if left else [])]
    screen.points(("•", line, "dim") for line in lines)


def _show_list(screen: Screen, title: str, lines: Iterable[str]) -> None:
    known = [("•", line, "dim") for line in lines]
    if known:
        screen.heading(title)
        screen.points(known)
