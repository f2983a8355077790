"""The alerts that fire: those that fired in the window, and the monitors that are open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget, TargetKind
from sentry_runbook.incident.model.evidence.listed_monitor import CRON, ListedMonitor
from sentry_runbook.incident.model.evidence.situation import SituationEvidence
from sentry_runbook.incident.model.results.alert_review import AlertKind
from sentry_runbook.incident.model.results.situation import FiringAlert

MOST_ALERTS = 8
NAMELESS = "(without a name)"
UNTIL_NOW = timedelta(minutes=5)
"""A window that ends at most so long before the collection reaches until now: what is open now is of it."""
MONITOR_KINDS: Mapping[str, AlertKind] = {
    "metric_issue": "metric_alert",
    CRON: "cron_monitor",
    "uptime_domain_failure": "uptime_monitor",
}
"""Sentry's types of monitors that somebody made."""
TARGET_KINDS: Mapping[TargetKind, AlertKind] = {
    "alert": "issue_alert",
    "metric_alert": "metric_alert",
    "cron": "cron_monitor",
    "uptime": "uptime_monitor",
}
"""What a link stands for → the sort of alert; all else is no alert."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def firing_alerts(evidence: SituationEvidence, target: AlertTarget | None = None) -> tuple[FiringAlert, ...]:
    """Alerts whose last firing lies in the window and monitors that are open, the latest first.

    Args:
        evidence: of the organization.
        target: what the caller gave; where it is one of them it comes first. It is known even where the lists are not.
    """
    firing = [*_fired(evidence), *_open(evidence)]
    asked = next((alert for alert in firing if target is not None and _is_asked(alert, target, evidence)), None)
    others = [alert for alert in firing if alert is not asked]
    others.sort(key=lambda alert: alert.fired_at or LONG_AGO, reverse=True)
    if asked is None and target is not None:
        asked = _of_target(target, evidence)
    first = [asked.model_copy(update={"asked": True})] if asked is not None else []
    return (*first, *others)[:MOST_ALERTS]


def _is_asked(alert: FiringAlert, target: AlertTarget, evidence: SituationEvidence) -> bool:
    if target.id is None or alert.kind != TARGET_KINDS.get(target.kind):
        return False
    slugs = (monitor.slug for monitor in _monitors(evidence) if monitor.id == alert.id)
    return target.id in (alert.id, *slugs)


def _of_target(target: AlertTarget, evidence: SituationEvidence) -> FiringAlert | None:
    """What the caller gave, by what was read of it alone; None where it is no alert, or does not fire."""
    kind = TARGET_KINDS.get(target.kind)
    if kind is None:
        return None
    since = target.cron.failing_since if target.cron is not None else None
    is_open = None if kind == "issue_alert" else target.is_open
    if target.cron is not None and since is not None:
        is_open = True
    if target.uptime is not None and target.uptime.is_down is not None:
        is_open, since = target.uptime.is_down, target.uptime.down_since if target.uptime.is_down else None
    fired_at = target.fired_at or since
    if not _is_of_the_window(evidence, is_open=is_open, at=fired_at):
        return None
    name = target.name or NAMELESS
    return FiringAlert(name=name, id=target.id, kind=kind, is_open=is_open, open_since=since, fired_at=fired_at)


def _fired(evidence: SituationEvidence) -> Iterator[FiringAlert]:
    for alert in evidence.alerts.value if isinstance(evidence.alerts, Known) else ():
        at = alert.last_triggered
        if at is not None and evidence.window.start <= at <= evidence.collected_at:
            name = alert.name or NAMELESS
            yield FiringAlert(name=name, id=alert.id, kind="issue_alert", fired_at=at, condition=alert.condition)


def _open(evidence: SituationEvidence) -> Iterator[FiringAlert]:
    for monitor in _monitors(evidence):
        kind = MONITOR_KINDS.get(monitor.type or "")
        if kind is not None and _is_of_the_window(evidence, is_open=monitor.is_open, at=monitor.last_event):
            yield FiringAlert(
                name=monitor.name or NAMELESS,
                id=monitor.id,
                kind=kind,
                is_open=monitor.is_open,
                open_since=monitor.failing_since,
                fired_at=monitor.last_event or monitor.failing_since,
                issue=monitor.issue,
                condition=monitor.condition,
            )


def _monitors(evidence: SituationEvidence) -> tuple[ListedMonitor, ...]:
    return evidence.monitors.value if isinstance(evidence.monitors, Known) else ()


def _is_of_the_window(evidence: SituationEvidence, *, is_open: bool | None, at: datetime | None) -> bool:
    """Open now, where the window reaches until now; else with a firing or event since the window began."""
    window = evidence.window
    if is_open and window.end >= evidence.collected_at - UNTIL_NOW:
        return True
    return at is not None and window.start <= at <= evidence.collected_at


def silent_alerts(evidence: SituationEvidence) -> Iterator[str]:
    """That no alert fired and no monitor is open, as far as their lists were read."""
    if isinstance(evidence.alerts, Known) and not any(_fired(evidence)):
        alerts = len(evidence.alerts.value)
        yield f"None of {count(alerts, 'alert')} fired" if alerts else "Sentry lists no alert"
    if isinstance(evidence.monitors, Known) and evidence.monitors.value and not any(_open(evidence)):
        yield f"None of {count(len(evidence.monitors.value), 'monitor')} (metrics, crons, uptime) is open"
