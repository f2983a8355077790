"""Action items about alerts, where the project's alerts could be reviewed: a change of a condition, a repair, a route.

A condition is proposed in words. Nothing of it is ever sent to Sentry: a person changes the alert there.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.formatting import count, duration, elapsed
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection, AlertInIncident
from sentry_runbook.incident.model.results.messages import ActionItem
from sentry_runbook.incident.postmortem.alert_why import QUICK, suggestion_words
from sentry_runbook.incident.timeline.alerting import after_the_start, fired_words, sort_of, verb_of

MOST_REPAIRED = 3


def reviewed_items(incident: Incident, detection: AlertDetection, known: str) -> Iterator[ActionItem]:
    """What should change of the alerts.

    Args:
        incident: whose detection was slow, or is not known.
        detection: what the alerts did in it; there are some.
        known: how long the detection took, as "was 27 min".
    """
    first = detection.first
    at = first.known_by if first is not None else None
    if first is not None and at is not None and elapsed(incident.began, at) <= QUICK:
        yield _route(incident, first, known)
    else:
        yield _change(incident, detection, known)
    dead = [alert for alert in detection.dead if not alert.fired]
    if dead:
        yield _repair(dead)


def _route(incident: Incident, alert: AlertInIncident, known: str) -> ActionItem:
    when = after_the_start(incident, alert.known_by or incident.began)
    return ActionItem(
        action=f"Route the Sentry {sort_of(alert)} {quoted(alert.name)} to the person on call",
        done_when=f"a trial alert reaches the person on call within {duration(QUICK)}",
        why=f"it {verb_of(alert)} {when}, and the time to detect {known}",
    )


def _change(incident: Incident, detection: AlertDetection, known: str) -> ActionItem:
    alert, suggestion = _nearest(detection), detection.suggestion
    name = incident.evidence.issue.name
    done = "a trial with the event rate of the first minutes of this incident fires in that time"
    if suggestion is None:
        what = "Add a Sentry alert" if alert is None else f"Update the Sentry {sort_of(alert)} {quoted(alert.name)}"
        return ActionItem(
            action=f"{what} so that an incident like {name} fires within {duration(QUICK)}",
            done_when=done,
            why=f"{_did(incident, alert)}, and the time to detect {known}",
        )
    # Whether the old condition is still needed for something else, only people know.
    beside = "" if alert is None else f" in place of the {sort_of(alert)} {quoted(alert.name)}, or beside it"
    return ActionItem(
        action=f"Set up a Sentry alert{beside}: {suggestion.words}",
        done_when=f"review_alerts says that it catches an incident like {name}, or a trial with its first events does",
        why=f"{_did(incident, alert)}; {suggestion_words(incident, suggestion, detection)}",
    )


def _nearest(detection: AlertDetection) -> AlertInIncident | None:
    """The alert to be changed: the one that fired first, else one that is there for it and can fire."""
    alive = [alert for alert in detection.alerts if alert.why_dead is None]
    return detection.first or next(iter(alive), None)


def _did(incident: Incident, alert: AlertInIncident | None) -> str:
    if alert is None:
        return "no alert that can fire is there for it"
    if alert.fired:
        return f"it {fired_words(incident, alert)}"
    return "it did not fire" if alert.fired is False else "whether it fired is not known"


def _repair(dead: list[AlertInIncident]) -> ActionItem:
    named = "; ".join(f"{quoted(alert.name)} ({alert.why_dead})" for alert in dead[:MOST_REPAIRED])
    more = f" and {len(dead) - MOST_REPAIRED} more" if len(dead) > MOST_REPAIRED else ""
    return ActionItem(
        action=f"Repair or delete {count(len(dead), 'Sentry alert')} that could not tell of it: {named}{more}",
        done_when="review_alerts calls none of them dead",
        why=f"set up as today, {'it tells' if len(dead) == 1 else 'they tell'} nobody of anything",
    )
