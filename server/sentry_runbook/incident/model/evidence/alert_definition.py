"""The whole condition of an alert, of every generation of Sentry's alerts in one form (reference: alerts, 1 to 3).

What an alert fires on stands in its row in one of five shapes: a workflow (today), a metric monitor, a rule or metric
rule from before 2026, and cron monitors and uptime checks, which are told in words only. They are read into one form,
with today's words for the types of conditions, so that words, replay and verdicts know one shape.

Names and queries are strangers' text: what is shown is inert (``EventText``). What goes into a request is kept beside
it as Sentry wrote it, in fields that are excluded from every dump and repr (``search``, ``raw_…``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sentry_runbook.incident.model.evidence.alert_setup import AlertSetup
from sentry_runbook.incident.model.evidence.lenient import TITLE, Identifier, InertLine, Many, Moment, Name
from sentry_runbook.incident.model.evidence.values import EventText, Frozen

Logic = Literal["any", "all", "none"]
DefinitionForm = Literal["workflow", "rule", "metric_monitor", "metric_rule", "cron", "uptime", "glitchtip"]
"""Whose keys the row had: an alert of today or an issue rule from before; a metric monitor or a metric rule from
before; a cron monitor, an uptime check; an alert of GlitchTip's."""
Comparison = Literal["gt", "gte", "lt", "lte", "eq", "ne"]


class AlertCondition(Frozen):
    """One condition of a trigger or filter, in today's words whatever the server's age.

    Attributes:
        type: Sentry's word of today, as ``event_frequency_count``, ``first_seen_event``, ``tagged_event`` …
            (reference: alerts, 2); ``unknown`` where it is none that we know: then ``told`` has the server's own.
        told: Sentry's own type, inert, for what is not known.
        value: the number it is compared with: more than (``issue_occurrences``: at least) so many.
        interval_s: seconds of the window that is counted.
        comparison_s: seconds by which the window that it is compared with lies earlier (percent); None: not compared.
        match: ``eq ne co nc sw nsw ew new is ns in`` of tags and attributes, ``eq gte lte`` of levels.
        key: the tag or attribute.
        text: what it is compared with: the tag's value, the level's name, a category, an assignee.
        age_s: of ``age_comparison``: the age in seconds.
        is_older: of ``age_comparison``: older (True) or newer.
        filters: of a count: events must meet all of these to be counted.
        search: the search term (Sentry's language) of the events that meet it, as it goes into a request; None where
            there is none, or it is no property of an event. Never shown.
    """

    type: str = "unknown"
    told: EventText | None = None
    value: float | None = None
    interval_s: int | None = None
    comparison_s: int | None = None
    match: str | None = None
    key: EventText | None = None
    text: EventText | None = None
    age_s: int | None = None
    is_older: bool | None = None
    filters: tuple[AlertCondition, ...] = ()
    search: str | None = Field(default=None, exclude=True, repr=False)


class ConditionGroup(Frozen):
    """Conditions and how they are combined. An empty group passes (reference: alerts, 2).

    Attributes:
        logic: ``any-short`` is read as ``any``.
        actions: kinds of the active actions of a filter block, as ``email``, ``slack``, ``pagerduty``: never addresses.
        inactive: how many of its actions are not active.
    """

    logic: Logic = "any"
    conditions: tuple[AlertCondition, ...] = ()
    actions: tuple[str, ...] = ()
    inactive: int = 0


class MetricThreshold(Frozen):
    """A line that a metric's value crosses.

    Attributes:
        label: what the monitor is then: ``critical`` (75, high), ``warning`` (50, medium) or ``ok`` (0).
        comparison: of the value with ``limit``.
        limit: in the aggregate's unit; where the monitor compares with a time before, percent of the value then.
    """

    label: Literal["critical", "warning", "ok"]
    comparison: Comparison
    limit: float


class MetricCondition(Frozen):
    """What a metric monitor measures, and when it opens and closes.

    Attributes:
        aggregate: as ``count()``, ``count_unique(user)``, ``failure_rate()``.
        dataset: Sentry's word.
        query: the search, inert; ``raw_query`` as it goes into a request.
        window_s: seconds of one value.
        step_s: seconds between two values (reference: alerts, 3).
        comparison_s: seconds by which the value that it is compared with lies earlier; None: not compared.
        is_dynamic: by anomaly detection, outside Sentry's own rules: it cannot be replayed.
        consecutive: values in a row that must cross (``thresholdPeriod``; today 1).
        thresholds: the highest that holds is the new state; none of them: the state stays (hysteresis).
        closes_by_itself: False where there is no OK condition: it never resolves.
    """

    aggregate: EventText
    dataset: str | None = None
    query: EventText | None = None
    window_s: int
    step_s: int
    comparison_s: int | None = None
    is_dynamic: bool = False
    consecutive: int = 1
    thresholds: tuple[MetricThreshold, ...] = ()
    closes_by_itself: bool = True
    raw_aggregate: str = Field(default="", exclude=True, repr=False)
    raw_query: str = Field(default="", exclude=True, repr=False)


class AlertDefinition(AlertSetup):
    """An alert with its whole condition. ``form`` is a :data:`DefinitionForm`.

    Attributes:
        project_ids: numbers or slugs of its projects; empty: the whole organization, or its monitors tell them.
        monitor_types: types of the monitors that it is connected to, where they were read (``error``,
            ``issue_stream``, ``metric_issue`` …).
        environment: None: all of them; ``raw_environment`` as it goes into a request.
        owner: person or team.
        triggers: when its events are looked at; None where it has none of its own (metrics, crons, uptime checks).
        filters: blocks, each with its actions; of a rule from before one block.
        metric: of metric monitors and rules.
        words: of cron monitors, uptime checks and GlitchTip's alerts: the condition, a line each.
        frequency_minutes: it does not fire again for the same issue within that time; 0: always.
        is_quiet_inclusive: whether it may fire again exactly ``frequency_minutes`` later (rules from before: yes).
        notifies: kinds of all active actions, as ``email`` or ``slack``, without doubles and never addresses; None
            where the row does not tell (a monitor's stand in the alerts that are connected to it).
        workflow_ids: of a monitor: the alerts that are connected to it.
        created: when it was made; ``updated``: edited last, after which alone today's settings are known to hold.
    """

    project_ids: tuple[str, ...] = ()
    monitor_types: tuple[str, ...] = ()
    environment: EventText | None = None
    owner: Annotated[EventText | None, Name("alert.owner")] = None
    triggers: ConditionGroup | None = None
    filters: tuple[ConditionGroup, ...] = ()
    metric: MetricCondition | None = None
    words: Many[Annotated[EventText, InertLine(TITLE, "alert.condition")]] = ()
    frequency_minutes: int | None = None
    is_quiet_inclusive: bool = False
    notifies: tuple[str, ...] | None = None
    workflow_ids: Many[Annotated[str, Identifier()]] = ()
    created: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateCreated")
    updated: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateUpdated")
    raw_environment: str | None = Field(default=None, exclude=True, repr=False)

    @property
    def key(self) -> str:
        """Form and id: ids of different forms may be equal."""
        return f"{self.form}:{self.id}"
