"""When alerts fired in the incident, in words: for milestones, rows and the postmortem alike."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.formatting import briefly, elapsed, moment
from sentry_runbook.incident.model.alert_detection import AlertInIncident
from sentry_runbook.incident.timeline.context import TimelineContext


def after_the_start(incident: TimelineContext, at: datetime) -> str:
    """``27 min after the start``, or ``at the start``."""
    return f"{briefly(elapsed(incident.began, at))} after the start" if at > incident.began else "at the start"


def verb_of(alert: AlertInIncident) -> str:
    """What it does: a monitor opens, an alert fires."""
    return "fired" if alert.kind == "issue_alert" else "opened"


def fired_words(incident: TimelineContext, alert: AlertInIncident) -> str:
    """``fired first 2026-11-23 12:31 UTC, 27 min after the start``; as bounds where Sentry keeps hours.

    Of an alert that fired.
    """
    verb, at, by = verb_of(alert), alert.fired_at, alert.fired_by
    if at is None and by is None:
        return f"{verb} in it: when first is not known"
    if at is None or by is None:
        exact = at or by or incident.began
        return f"{verb} first {moment(exact)}, {after_the_start(incident, exact)}"
    return f"{verb} first after {moment(at)} and by {moment(by)}, {after_the_start(incident, by)} at the latest"
