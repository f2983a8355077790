"""When alerts fired in the incident, in words: for milestones, rows and the postmortem alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sentry_runbook.incident.formatting import briefly, elapsed, moment
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.evidence.alert_detection import AlertInIncident
from sentry_runbook.incident.model.results.messages import TimelineRow
from sentry_runbook.incident.timeline.activity import timeline_row
from sentry_runbook.incident.timeline.context import TimelineContext


def after_the_start(incident: TimelineContext, at: datetime) -> str:
    """``27 min after the start``, or ``at the start``."""
    return f"{briefly(elapsed(incident.began, at))} after the start" if at > incident.began else "at the start"


def sort_of(alert: AlertInIncident) -> str:
    """What it is called: an alert, or a monitor."""
    return "monitor" if alert.is_monitor else "alert"


def verb_of(alert: AlertInIncident) -> str:
    """What it does: a monitor opens, an alert fires."""
    return "opened" if alert.is_monitor else "fired"


def fired_words(incident: TimelineContext, alert: AlertInIncident) -> str:
    """``fired first 12:31 UTC, 27 min after the start``; as bounds where Sentry keeps hours.

    Of an alert that fired.
    """
    verb, at, by = verb_of(alert), alert.fired_at, alert.fired_by
    if at is None and by is None:
        return f"{verb} in it: when first is not known"
    if at is None or by is None:
        exact = at or by or incident.began
        return f"{verb} first {moment(exact, incident.began)}, {after_the_start(incident, exact)}"
    bounds = f"after {moment(at, incident.began)} and by {moment(by, incident.began)}"
    return f"{verb} first {bounds}, {after_the_start(incident, by)} at the latest"


def alert_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """The first firing of each alert in the incident, where it is known, and the last one of each."""
    detection = incident.detection
    known = () if detection is None else detection.alerts
    names = {alert.name for alert in known}
    first = {alert.name: at for alert in known if (at := alert.known_by) is not None}
    for alert in known:
        at = alert.known_by
        if at is not None:
            latest = ", at the latest then" if alert.fired_by is not None else ""
            what = f"{sort_of(alert).capitalize()} {quoted(alert.name)} {verb_of(alert)} first{latest}"
            yield timeline_row(incident, at, what, "firings of the alerts of the project")
    part = incident.evidence.alerts
    for listed in part.value if isinstance(part, Known) else ():
        at = listed.last_triggered
        if detection is not None and at is not None and at < incident.began and listed.name not in names:
            # It is not there for this incident, and fired before it: for something else.
            continue
        if at is not None and at >= incident.opens and at != first.get(listed.name):
            only = "the last time" if known else "Sentry keeps only the last time"
            what = f"Alert {quoted(listed.name)} fired ({only})"
            yield timeline_row(incident, at, what, "alerts of the project: last triggered")
