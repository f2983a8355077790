"""Why an alert cannot fire, or tells nobody: by its set-up, by its condition, by what its search finds."""

from __future__ import annotations

from sentry_runbook.incident.alerts.emptiness import needed_events, project_numbers
from sentry_runbook.incident.alerts.impossible import why_impossible
from sentry_runbook.incident.alerts.state import AlertVerdict, state_of_alert
from sentry_runbook.incident.metrics.timeseries import end_of, in_window, total
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries, Population
from sentry_runbook.incident.model.evidence.alert_setup import MonitorSetup

DEAD: dict[AlertVerdict, str] = {"off": "", "dead": "it cannot fire: ", "mute": "it tells nobody: ", "not_migrated": ""}
"""What a set-up says that makes an alert dead, and how its reason begins."""
NOT_MIGRATED = "it is from before 2026 and no alert of today was made of it: this server does not evaluate it any more"


def why_dead(alert: AlertDefinition, evidence: AlertReviewEvidence, firings: int | None) -> str | None:
    """Why the alert is dead, in one sentence; None where nothing says so for certain.

    Args:
        alert: with its set-up and condition.
        evidence: its monitors, and what its search found.
        firings: in the period, None: not known. What fired can fire, whatever its condition looks like.
    """
    monitors = evidence.monitors_on
    known = None if monitors is None else {id_: MonitorSetup(id=id_, enabled=on) for id_, on in monitors.items()}
    migrated = evidence.migrated.get(alert.key) if evidence.has_alerts_of_today else None
    state = state_of_alert(alert, known, migrated)
    if state.verdict == "not_migrated":
        return NOT_MIGRATED
    if state.verdict in DEAD:
        return f"{DEAD[state.verdict]}{state.why}"
    # Of an alert that is on nothing else is asked first; one whose state was not told may still be impossible.
    if alert.snoozed:
        return f"{DEAD['mute']}snoozed for everyone"
    if firings:
        return None
    impossible = why_impossible(alert)
    return f"{DEAD['dead']}{impossible}" if impossible else _why_nothing_matches(alert, evidence)


def _why_nothing_matches(alert: AlertDefinition, evidence: AlertReviewEvidence) -> str | None:
    """What it must see and what the period did not have, while there were events."""
    if not _has_events(alert, evidence):
        return None
    return next(
        (needed.why for needed in needed_events(alert, evidence) if _is_empty(needed.population, evidence)), None
    )


def _is_empty(population: Population, evidence: AlertReviewEvidence) -> bool:
    """Whether the counts of these events together cover the whole period and hold nothing."""
    window, reached = evidence.window, evidence.window.start
    rows = [row for row in evidence.minutes if row.population == population and row.issue is None]
    for series in sorted((row.events for row in rows if not row.is_partial), key=lambda each: each.start):
        inside = in_window(series, window.start, window.end)
        if any(inside.values):
            return False
        if series.start <= reached and None not in inside.values:
            reached = max(reached, end_of(series))
    return reached >= window.end


def _has_events(alert: AlertDefinition, evidence: AlertReviewEvidence) -> bool:
    """Whether its projects had events in the period."""
    if not isinstance(evidence.hourly, Known):
        return False
    window = evidence.window
    numbers = project_numbers(evidence)
    projects = frozenset(numbers.get(id_, id_) for id_ in alert.project_ids)
    return any(
        (total(in_window(row.events, window.start, window.end)) or 0) > 0
        for row in evidence.hourly.value
        if not row.population.search and row.population.environment is None and _is_of(row, projects, evidence)
    )


def _is_of(row: CountedSeries, projects: frozenset[str], evidence: AlertReviewEvidence) -> bool:
    if not projects:
        return True
    own = next((each.issue.project_id for each in evidence.issues if each.issue.id == row.issue), None)
    return own in projects if own is not None else {*row.population.projects} <= projects
