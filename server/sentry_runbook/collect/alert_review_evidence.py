"""The evidence of a review of alerts, of what its rounds have read by then."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.collect.alert_review_parts import ReviewParts
from sentry_runbook.collect.alert_review_scope import ONE_BY_ONE
from sentry_runbook.collect.alert_review_unread import note_unread_lists
from sentry_runbook.collect.builder import findings_of
from sentry_runbook.incident.model.evidence import Known, Unknown
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.evidence.situation import ListedProject

GLITCHTIP = (
    "This server is GlitchTip: it does not tell when its alerts fired and counts nothing by time, so its alerts are "
    "listed and cannot be judged."
)


def all_evidence(parts: ReviewParts) -> AlertReviewEvidence:
    """All that is known at the end, and what is not."""
    for json in parts.firings.fired_rows():
        parts.issues.add_fired(json)
    if parts.scope.is_glitchtip:
        parts.scope.lacks("when alerts fired, and counts by time", GLITCHTIP)
    note_unread_lists(parts.lists)
    parts.issues.note_unread(parts.firings.fired_issues())
    parts.series.note_unread()
    parts.firings.note_unread()
    return evidence_of(parts)


def evidence_of(parts: ReviewParts) -> AlertReviewEvidence:
    """What is known by now: after round one the series that replays need are planned by it."""
    scope = parts.scope
    migrated = {key: told.value for key, told in parts.migrated.items() if told.value is not None}
    return AlertReviewEvidence(
        collected_at=scope.now,
        server=scope.run.settings.base_url,
        server_kind=scope.client.server,
        organization=scope.run.settings.organization or "",
        window=scope.window,
        asked_project=None if scope.project is None else scope.name(scope.project.name),
        projects=_projects(parts),
        # A rule that became an alert is in the list as that.
        alerts=tuple(alert for alert in parts.alerts if migrated.get(alert.key) is not True),
        has_more_alerts=parts.lists.has_more,
        migrated=migrated,
        has_alerts_of_today=parts.lists.has_today,
        monitors_on=parts.lists.monitors_on(),
        fired=tuple(keyed for keyed in parts.firings.keyed() if migrated.get(keyed.alert) is not True),
        issues=parts.issues.under_review(),
        hourly=hourly_of(parts),
        minutes=(*parts.series.counted(parts.issues.numbers, parts.issues.no_errors), *parts.in_environments),
        sessions=parts.hours.sessions(),
        unread=tuple(scope.unread),
        warnings=tuple(_warnings(parts)),
        findings=findings_of(scope.sanitizer),
    )


def hourly_of(parts: ReviewParts) -> Known[tuple[CountedSeries, ...]] | Unknown:
    """Events by the hour, as far as they are read."""
    return Unknown(why=ONE_BY_ONE) if parts.issues.is_one_by_one else parts.hours.series(parts.issues.numbers)


def _projects(parts: ReviewParts) -> Known[tuple[ListedProject, ...]] | Unknown:
    listed = parts.lists.projects
    if not listed.is_read:
        return Unknown(why="not asked" if listed.error is None else listed.error.what.rstrip("."))
    rows = [{"id": row.id, "slug": row.slug, "is_closed": row.is_closed} for row in listed.rows]
    note = "the first ones: there are more" if listed.has_more else ""
    found = read_all(ListedProject, rows, parts.scope.sanitizer)
    return Known(value=found, source="projects of the organization", note=note)


def _warnings(parts: ReviewParts) -> Iterator[str]:
    if parts.scope.is_glitchtip:
        yield GLITCHTIP
    if parts.scope.window.note:
        yield f"{parts.scope.window.note.capitalize()}."
