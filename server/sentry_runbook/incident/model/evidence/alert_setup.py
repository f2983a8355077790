"""How alerts are set up: whether they are on, what makes them run, and whom they tell; of servers of any age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    either,
    first_of,
    id_of,
    list_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import (
    Count,
    Flag,
    FromSentry,
    Identifier,
    Many,
    Moment,
    Name,
    Word,
)
from sentry_runbook.incident.model.evidence.values import EventText

OLD_FORMS = frozenset(("rule", "metric_rule"))
MONITOR_FORMS = frozenset(("metric_monitor", "cron", "uptime"))
"""Forms of :data:`.DefinitionForm` that make issues, and tell nobody but through the alerts connected to them."""
METRIC_RULE_STATES = {0: True, 5: False}
"""``status`` of an old metric alert: 0 is pending or active, 5 disabled."""
ACTIVE = "active"
RULE_STATES = {ACTIVE: True, "disabled": False}


class AlertSetup(FromSentry):
    """An alert, as far as it says whether it can fire and tell somebody.

    Attributes:
        form: whose keys its row had.
        enabled: None where the row does not tell.
        snoozed: for everyone; None where the row does not tell.
        is_connected: to a monitor; of a monitor: whether an alert is connected to it. None where the row does not tell.
        monitors: ids of the monitors that it is connected to; none for rules from before and for monitors.
        unread_monitors: whether it is connected to some whose id cannot be read.
        actions: those that are active; None where the row does not tell.
        last_triggered: None where Sentry keeps no firing.
    """

    id: Annotated[str, Identifier()]
    form: Annotated[str, Word()]
    name: Annotated[EventText | None, Name("alert.name")] = None
    enabled: Annotated[bool | None, Flag()] = None
    snoozed: Annotated[bool | None, Flag()] = None
    is_connected: Annotated[bool | None, Flag()] = None
    monitors: Many[Annotated[str, Identifier()]] = ()
    unread_monitors: Annotated[bool | None, Flag()] = None
    actions: Annotated[int | None, Count()] = None
    last_triggered: Annotated[datetime | None, Moment()] = Field(None, validation_alias="lastTriggered")

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """States are flags, words or numbers; actions stand in filters, triggers, or the rule itself."""
        form = text_of(json.get("form"))
        monitors = json.get("detectorIds")
        connected = json.get("workflowIds") if form in MONITOR_FORMS else monitors
        return {
            **json,
            "id": first_of(json, "id", "pk") if form == "glitchtip" else json.get("id"),
            "enabled": _enabled(json, form),
            "snoozed": json.get("isMuted") if form == "cron" else json.get("snoozeForEveryone"),
            "monitors": monitors,
            "unread_monitors": any(id_of(monitor) is None for monitor in list_of(monitors)),
            "is_connected": bool(connected) if isinstance(connected, list) else None,
            "actions": _active(json, form),
        }

    @property
    def is_old(self) -> bool:
        """Whether it is a rule from before the alerts of 2026."""
        return self.form in OLD_FORMS


class MonitorSetup(FromSentry):
    """A monitor (detector): whether it looks at all."""

    id: Annotated[str, Identifier()]
    enabled: Annotated[bool | None, Flag()] = None


def _enabled(row: JsonObject, form: str | None) -> object:
    if form == "glitchtip":
        return True  # it has no switch
    if form == "workflow" or (form in MONITOR_FORMS and "enabled" in row):
        return row.get("enabled")
    if form == "rule" or form in MONITOR_FORMS:
        return RULE_STATES.get(text_of(row.get("status")) or "")
    status = count_of(row.get("status"))
    return None if status is None else METRIC_RULE_STATES.get(status)


def _active(row: JsonObject, form: str | None) -> int | None:
    """How many actions it takes; None where the row has no list of them, or one that cannot be read."""
    groups = list(_groups(row, form))
    if any(not isinstance(group, list) for group in groups):
        return None
    actions = [object_of(action) for group in groups for action in list_of(group)]
    states = [action.get("status", ACTIVE) for action in actions]
    active = states.count(ACTIVE)
    return None if not active and any(not isinstance(state, str) for state in states) else active


def _groups(row: JsonObject, form: str | None) -> Iterator[object]:
    """The lists of actions; of an alert of today they stand in its filters, of a metric alert in its triggers."""
    if form == "rule":
        yield row.get("actions")
        return
    if form == "glitchtip":
        recipients = either(row, "alert_recipients")
        yield [{}] if recipients == [] else recipients  # without a recipient the team gets a mail
        return
    if form in MONITOR_FORMS:
        yield None
        return
    holders = row.get("actionFilters" if form == "workflow" else "triggers")
    if not isinstance(holders, list):
        yield None
    for holder in list_of(holders):
        yield object_of(holder).get("actions")
