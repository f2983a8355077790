"""Alerts that nobody has set up: a condition to be replayed in place of an alert's own, or where there is none.

A suggestion, and a row of "what if the threshold were another", are replayed by the same function as the alerts
themselves (:func:`~sentry_runbook.incident.alerts.replay.replay`): there is one arithmetic.
"""

from __future__ import annotations

from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition, ConditionGroup

FREQUENCY, USERS = "event_frequency_count", "event_unique_user_frequency_count"
THROTTLE_MINUTES = 30
"""Sentry's own choice for a new alert."""
NUMBERS = (FREQUENCY, USERS, "event_frequency_percent", "event_unique_user_frequency_percent")
"""Conditions whose number may be another."""


def with_condition(
    projects: tuple[str, ...] = (),
    *,
    more_than: int | None = None,
    interval_s: int = 3600,
    environment: str | None = None,
    frequency_minutes: int = THROTTLE_MINUTES,
) -> AlertDefinition:
    """An alert of today on any event of an issue, or on a new issue.

    Args:
        projects: numbers or slugs; empty: all projects.
        more_than: it fires when an issue has more events than that in ``interval_s`` seconds; None: on a new issue.
        interval_s: seconds of the window.
        environment: as Sentry has it; None: all.
        frequency_minutes: it does not fire again for the same issue within that time.
    """
    is_count = more_than is not None
    counted = AlertCondition(type=FREQUENCY, value=more_than, interval_s=interval_s)
    return AlertDefinition(
        id="suggested",
        form="workflow",
        enabled=True,
        project_ids=projects,
        monitor_types=("error",),
        environment=environment,
        raw_environment=environment,
        triggers=ConditionGroup(conditions=() if is_count else (AlertCondition(type="first_seen_event"),)),
        filters=(ConditionGroup(logic="all", conditions=(counted,) if is_count else (), actions=("email",)),),
        frequency_minutes=frequency_minutes,
    )


def number_of(alert: AlertDefinition) -> AlertCondition | None:
    """Its only condition with a number of events or users in a window; None: it has none, or several."""
    groups = (*((alert.triggers,) if alert.triggers else ()), *alert.filters)
    found = [condition for group in groups for condition in group.conditions if condition.type in NUMBERS]
    return found[0] if len(found) == 1 else None


def with_threshold(alert: AlertDefinition, value: float) -> AlertDefinition | None:
    """The same alert with another number in the condition of :func:`number_of`; None: there is no such one."""
    if number_of(alert) is None:
        return None
    triggers = None if alert.triggers is None else _other_number(alert.triggers, value)
    filters = tuple(_other_number(group, value) for group in alert.filters)
    return alert.model_copy(update={"triggers": triggers, "filters": filters})


def with_throttle(alert: AlertDefinition, minutes: int) -> AlertDefinition:
    """The same alert, firing again for the same issue only after so many minutes."""
    return alert.model_copy(update={"frequency_minutes": minutes})


def _other_number(group: ConditionGroup, value: float) -> ConditionGroup:
    conditions = tuple(
        condition.model_copy(update={"value": value}) if condition.type in NUMBERS else condition
        for condition in group.conditions
    )
    return group.model_copy(update={"conditions": conditions})
