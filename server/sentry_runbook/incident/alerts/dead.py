"""Why an alert cannot fire, or tells nobody: by its set-up, by its condition, by what its search finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sentry_runbook.incident.alerts.impossible import why_impossible
from sentry_runbook.incident.alerts.state import AlertVerdict, state_of_alert
from sentry_runbook.incident.metrics.timeseries import end_of, in_window, total
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries
from sentry_runbook.incident.model.evidence.alert_setup import MonitorSetup

DEAD: dict[AlertVerdict, str] = {"off": "", "dead": "it cannot fire: ", "mute": "it tells nobody: ", "not_migrated": ""}
"""What a set-up says that makes an alert dead, and how its reason begins."""
NOT_MIGRATED = "it is from before 2026 and no alert of today was made of it: this server does not evaluate it any more"
COUNTING = ("count()", "count_unique(user)")
"""Aggregates that are 0 where a search finds nothing; of others nothing is no number."""


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
    """Its environment or its search found no event in the period while there were events."""
    if not _has_events(alert, evidence):
        return None
    environment = alert.raw_environment if alert.raw_environment is not None else alert.environment
    if environment is not None:
        rows = [row for row in _series(evidence) if row.population.environment == environment]
        if _nothing_in([row for row in rows if not row.population.search and _counts(row)], alert, evidence):
            return f"no event of the period is of its environment {quoted(alert.environment or environment)}"
    metric = alert.metric
    if metric is not None and metric.raw_query and metric.comparison_s is None:
        rows = [
            row
            for row in _series(evidence)
            if row.population.search == metric.raw_query and row.population.environment in (environment, None)
        ]
        if _nothing_in([row for row in rows if _counts(row)], alert, evidence):
            return f"its search {quoted(metric.query or metric.raw_query)} finds nothing in the period"
    return None


def _series(evidence: AlertReviewEvidence) -> Iterator[CountedSeries]:
    yield from evidence.minutes
    if isinstance(evidence.hourly, Known):
        yield from evidence.hourly.value


def _counts(row: CountedSeries) -> bool:
    return row.population.aggregate in COUNTING


def _has_events(alert: AlertDefinition, evidence: AlertReviewEvidence) -> bool:
    """Whether its projects had events in the period."""
    if not isinstance(evidence.hourly, Known):
        return False
    window = evidence.window
    slugs = _numbers_of(alert, evidence)
    return any(
        (total(in_window(row.events, window.start, window.end)) or 0) > 0
        for row in evidence.hourly.value
        if not row.population.search and row.population.environment is None and _is_of(row, slugs, evidence)
    )


def _is_of(row: CountedSeries, projects: frozenset[str], evidence: AlertReviewEvidence) -> bool:
    if not projects:
        return True
    own = next((each.issue.project_id for each in evidence.issues if each.issue.id == row.issue), None)
    return own in projects if own is not None else {*row.population.projects} <= projects


def _numbers_of(alert: AlertDefinition, evidence: AlertReviewEvidence) -> frozenset[str]:
    """Numbers of the alert's projects, as far as their list tells them."""
    projects = evidence.projects.value if isinstance(evidence.projects, Known) else ()
    named = {project.slug: project.id for project in projects if project.slug}
    return frozenset(named.get(id_, id_) for id_ in alert.project_ids)


def _nothing_in(rows: Iterable[CountedSeries], alert: AlertDefinition, evidence: AlertReviewEvidence) -> bool:
    """Whether the series together cover the whole period, every project of the alert, and hold nothing."""
    projects, window = _numbers_of(alert, evidence), evidence.window
    rows = [row for row in rows if _covers(row, projects) and not row.is_partial]
    if not rows or any(total(row.events) for row in rows):
        return False
    reached: datetime = window.start
    for row in sorted(rows, key=lambda each: each.events.start):
        is_measured = None not in in_window(row.events, window.start, window.end).values
        if row.events.start <= reached and is_measured:
            reached = max(reached, end_of(row.events))
    return reached >= window.end


def _covers(row: CountedSeries, projects: frozenset[str]) -> bool:
    own = {*row.population.projects}
    return "-1" in own or (bool(projects) and projects <= own)
