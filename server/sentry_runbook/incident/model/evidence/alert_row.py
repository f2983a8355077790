"""An alert or monitor as a server of any age tells it, read into one form; and the stretches in which it was open."""

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
    flag_of,
    list_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import (
    TITLE,
    Flag,
    FromSentry,
    Identifier,
    InertLine,
    Many,
    Moment,
    Name,
    Word,
)
from sentry_runbook.incident.model.evidence.values import EventText
from sentry_runbook.incident.model.evidence.watchers import metric_of, monitor_of, uptime_of

CLOSED_STATUS = 2
"""Of an incident from before open periods: 1 open, 2 closed, 10 warning, 20 critical (reference: alerts, 1)."""
STATES = {"active": True, "disabled": False}
TRIGGERS = ("above", "below")
"""``thresholdType`` of an old metric alert."""


class AlertRow(FromSentry):
    """A workflow, detector, old rule or metric alert, cron monitor or uptime check.

    Attributes:
        type: of a detector, as ``metric_issue``.
        condition: when it fires, a line each.
        enabled: None where the row does not tell.
    """

    id: Annotated[str | None, Identifier()] = None
    name: Annotated[EventText | None, Name("alert.name")] = None
    type: Annotated[str | None, Word()] = None
    owner: Annotated[EventText | None, Name("alert.owner")] = None
    enabled: Annotated[bool | None, Flag()] = None
    last_triggered: Annotated[datetime | None, Moment()] = Field(None, validation_alias="lastTriggered")
    condition: Many[Annotated[EventText, InertLine(TITLE, "alert.condition")]] = ()

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Owners are objects or texts (``team:12``), states are flags or words, conditions depend on the kind."""
        owner = json.get("owner")
        state = text_of(json.get("status"))
        return {
            **json,
            "owner": first_of(owner, "name", "id") if isinstance(owner, dict) else owner,
            "enabled": json["enabled"] if "enabled" in json else STATES.get(state or ""),
            "condition": [f"{name}: {text}" for name, text in _condition(json) if text],
        }


def _condition(row: JsonObject) -> Iterator[tuple[str, str | None]]:
    kind = row.get("type")
    if "conditionGroup" in row:
        if kind == "metric_issue":
            conditions = object_of(row.get("conditionGroup")).get("conditions")
            yield from metric_of({**row, "conditions": conditions})
        elif kind == "uptime_domain_failure":
            yield from uptime_of(row)
    elif "aggregate" in row:
        yield from _old_metric(row)
    elif "intervalSeconds" in row:
        yield "interval", f"{seconds} s" if (seconds := count_of(row.get("intervalSeconds"))) else None
    elif "slug" in row:
        schedule = dict(monitor_of(row))
        yield from ((name, schedule.get(name)) for name in ("schedule", "check-in margin", "longest run"))


def _old_metric(row: JsonObject) -> Iterator[tuple[str, str | None]]:
    """Of a metric alert from before monitors: its times are minutes."""
    aggregate, search = text_of(row.get("aggregate")), text_of(row.get("query"))
    minutes = count_of(row.get("timeWindow"))
    over = f" over {minutes} min" if minutes else ""
    yield "measured", f"{aggregate}{f' where {search}' if search else ''}{over}" if aggregate else None
    side = count_of(row.get("thresholdType"))
    for trigger in map(object_of, list_of(row.get("triggers"))[:5]):
        limit, label = text_of(trigger.get("alertThreshold")), text_of(trigger.get("label"))
        if limit and side in (0, 1):
            yield "threshold", f"{TRIGGERS[side]} {limit}{f' ({label})' if label else ''}"


class OpenPeriod(FromSentry):
    """A stretch in which a monitor was open; before: an incident of a metric alert.

    Attributes:
        number: how a link names it (``?alert=``), where the row tells.
        is_open: None where the row tells neither a state nor an end.
    """

    id: Annotated[str | None, Identifier()] = None
    number: Annotated[str | None, Identifier()] = None
    start: Annotated[datetime | None, Moment()] = None
    end: Annotated[datetime | None, Moment()] = None
    is_open: Annotated[bool | None, Flag()] = None

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Incidents have other words for the same."""
        status = count_of(json.get("status"))
        is_open = flag_of(either(json, "isOpen"))
        if is_open is None and status is not None:
            is_open = status != CLOSED_STATUS
        return {
            **json,
            "number": json.get("identifier"),
            "start": first_of(json, "start", "dateStarted", "dateDetected"),
            "end": first_of(json, "end", "dateClosed"),
            "is_open": is_open,
        }
