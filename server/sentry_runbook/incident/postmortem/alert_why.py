"""Why did the alert take so long: the fourth of the five whys.

How to think about it: where the project's alerts could be reviewed, their conditions, first firings and what would
have caught the incident answer it. Else Sentry keeps only when an alert fired last, and the hints say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import briefly, count, elapsed, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection, AlertInIncident, SuggestedCondition
from sentry_runbook.incident.model.results.messages import Blank
from sentry_runbook.incident.postmortem.hint import Hint, Why
from sentry_runbook.incident.timeline.activity import sentence_start
from sentry_runbook.incident.timeline.alerting import after_the_start, fired_words
from sentry_runbook.incident.timeline.context import AT_THE_START

QUICK = timedelta(minutes=5)
"""A detection within that time took no time: an alert rule looks at some minutes at least."""
MOST_ALERTS, MOST_DEAD = 3, 3
REVIEW = "review of the alerts"
LAST_TRIGGERED = "alerts of the project: last triggered"


def is_detected_quickly(incident: Incident) -> bool:
    """Whether it is known to have been detected within :data:`QUICK`; then nobody is asked why that took long."""
    length = incident.timeline.between("started", "detected")
    return length is not None and length <= QUICK


def late_alert(incident: Incident) -> Why:
    """The question with what is known of the alerts."""
    what = "what the alert rules look at, and since when"
    if incident.detection is not None and incident.detection.alerts:
        what = "why the alerts are set so, and what should change"
    return Why(_question(incident), Blank(what), tuple(_hints(incident)))


def _question(incident: Incident) -> str:
    length = incident.timeline.between("started", "detected")
    if incident.stated.alerted_at is None and none_fired(incident):
        return "Why did no alert fire?"
    fired = incident.stated.alerted_at or first_firing(incident)
    if length is None or fired is None:
        return "Why did the alert take [X] minutes?"
    after = elapsed(incident.began, fired)
    if after <= QUICK:
        return f"Why did it take {briefly(length)} until it was noticed, though an alert fired {_within(after)}?"
    return f"Why did the alert take {briefly(after)}?"


def none_fired(incident: Incident) -> bool:
    """Whether it is known that no alert fired in the incident."""
    if incident.detection is not None and incident.detection.alerts:
        return incident.detection.none_fired
    return isinstance(incident.evidence.alerts, Known) and incident.first_alert is None


def first_firing(incident: Incident) -> datetime | None:
    """By when the first alert had fired; None where that is not known."""
    detection = incident.detection
    if detection is not None and detection.first is not None:
        return detection.first.known_by
    alert = incident.first_alert
    at = alert.last_triggered if alert is not None else None
    return None if at is None or incident.is_after_a_pause(at) else at


def _within(after: timedelta) -> str:
    return "at the start" if after < timedelta(minutes=1) else f"after {briefly(after)}"


def _hints(incident: Incident) -> Iterator[Hint]:
    detected = incident.timeline.milestone("detected")
    if detected.at is None:
        yield Hint(f"When it was detected is not known: {detected.why}.", "Sentry's alerts and the activity log")
    else:
        started = incident.timeline.milestone("started").at or incident.began
        yield Hint(f"Started {moment(started)}, detected {moment(detected.at)}.", detected.source or "")
    detection = incident.detection
    if detection is not None and detection.alerts:
        yield from _reviewed(incident, detection)
    else:
        yield from _by_last_firings(incident)
        if detection is not None:
            yield from _suggested(incident, detection)


# --- by the review of the alerts -----------------------------------------------------------------------------------


def _reviewed(incident: Incident, detection: AlertDetection) -> Iterator[Hint]:
    alive = [alert for alert in detection.alerts if alert.why_dead is None or alert.fired]
    for alert in alive[:MOST_ALERTS]:
        yield Hint(alert_words(incident, alert), REVIEW)
    left = len(alive) - MOST_ALERTS
    if left > 0:
        yield Hint(f"{count(left, 'further alert')} of the project: review_alerts has them.", REVIEW)
    dead = [alert for alert in detection.dead if not alert.fired]
    for alert in dead[:MOST_DEAD]:
        yield Hint(f"{quoted(alert.name)} could not tell of it, as it is set up today: {alert.why_dead}.", REVIEW)
    if len(dead) > MOST_DEAD:
        yield Hint(f"{count(len(dead) - MOST_DEAD, 'further alert')} could not, either.", REVIEW)
    yield from _suggested(incident, detection)


def _suggested(incident: Incident, detection: AlertDetection) -> Iterator[Hint]:
    if detection.suggestion is not None:
        words = sentence_start(suggestion_words(incident, detection.suggestion, detection))
        yield Hint(f"{words}.", REVIEW)


def alert_words(incident: Incident, alert: AlertInIncident) -> str:
    """What an alert needs, and when that was reached: ``"Checkout errors" needs: more than … . It fired …``."""
    needs = f"{quoted(alert.name)} needs: {alert.condition}."
    if alert.fired:
        return f"{needs} It {fired_words(incident, alert)}."
    if alert.fired is None:
        last = _last_fired(incident, alert)
        return f"{needs} Whether it fired in this incident is not known{_reached(incident, alert)}{last}."
    return f"{needs} It did not fire in this incident{_reached(incident, alert) or _most(alert)}."


def _last_fired(incident: Incident, alert: AlertInIncident) -> str:
    """When it fired last by the list of all alerts, where that lies in the incident: for this or another issue."""
    part = incident.evidence.alerts
    for listed in part.value if isinstance(part, Known) else ():
        at = listed.last_triggered
        if listed.name == alert.name and at is not None and at >= incident.began - AT_THE_START:
            return f"; it fired last {after_the_start(incident, at)}, for this or another issue"
    return ""


def _reached(incident: Incident, alert: AlertInIncident) -> str:
    if alert.reached_at is None:
        return ""
    by = alert.reached_by or alert.reached_at
    return f"; by its condition it would have at {moment(by, incident.began)}, {after_the_start(incident, by)}"


def _most(alert: AlertInIncident) -> str:
    if alert.most is None or alert.limit is None:
        return f"; how near it came is not known: {alert.why_not_replayed}" if alert.why_not_replayed else ""
    return f": the most in the period was {number(round(alert.most, 2))}, against {number(alert.limit)}"


def suggestion_words(incident: Incident, suggestion: SuggestedCondition, detection: AlertDetection) -> str:
    """``more than 20 events of an issue in 5 min would have fired 12:07 UTC, and on nothing else in 14 days``."""
    at = suggestion.fires_by or suggestion.fires_at
    by = "by " if suggestion.fires_by is not None else ""
    return f"{suggestion.words} would have fired {by}{moment(at, incident.began)}, {_elsewhere(suggestion, detection)}"


def _elsewhere(suggestion: SuggestedCondition, detection: AlertDetection) -> str:
    period = f"in {count(round(detection.days), 'day')}"
    if suggestion.extra == 0:
        return f"and on nothing else {period}"
    if suggestion.extra is not None:
        return f"and {count(suggestion.extra, 'time')} else {period}"
    if suggestion.extra_at_most is not None:
        return f"and at most {count(suggestion.extra_at_most, 'time')} else {period}"
    return f"and on what else {period} is not known"


# --- by the last firings alone -------------------------------------------------------------------------------------


def _by_last_firings(incident: Incident) -> Iterator[Hint]:
    alerts = incident.evidence.alerts
    if isinstance(alerts, Known):
        fired = [
            (alert.name, alert.last_triggered)
            for alert in alerts.value
            if alert.last_triggered is not None and alert.last_triggered >= incident.began - AT_THE_START
        ]
        for name, at in fired:
            when = f"{briefly(elapsed(incident.began, at))} after" if at > incident.began else "at"
            late = " and after a pause: it may have fired before" if incident.is_after_a_pause(at) else ""
            yield Hint(f"{quoted(name)} last fired {when} the start{late}.", LAST_TRIGGERED)
        if not alerts.value:
            yield Hint("The project has no alert in Sentry.", "alerts of the project")
        elif not fired and incident.known_episode is not None:
            text = f"No alert of the project ({number(len(alerts.value))} in all) fired after the start."
            yield Hint(text, LAST_TRIGGERED)
