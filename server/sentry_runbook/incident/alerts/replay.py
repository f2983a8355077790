"""When an alert would have fired by its condition and the counts of the period."""

from __future__ import annotations

from sentry_runbook.incident.alerts.replay_with import with_condition, with_threshold, with_throttle
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence

__all__ = ["replay", "with_condition", "with_threshold", "with_throttle"]


def replay(alert: AlertDefinition, evidence: AlertReviewEvidence) -> Replay:
    """The firings of an alert in the period, by its condition and the counts."""
    del alert, evidence
    return Replay(why_not="the replay is not there yet")
