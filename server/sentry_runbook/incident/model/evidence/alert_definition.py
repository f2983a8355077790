"""The whole condition of an alert, of every generation of Sentry's alerts in one form (reference: alerts, 1 to 3).

What an alert fires on stands in its row in one of five shapes: a workflow (today), a metric monitor, a rule or metric
rule from before 2026, and cron monitors and uptime checks, which are told in words only. They are read into one form,
with today's words for the types of conditions, so that words, replay and verdicts know one shape.

Names and queries are strangers' text: what is shown is inert (``EventText``). What goes into a request is kept beside
it as Sentry wrote it, in fields that are excluded from every dump and repr (``search``, ``raw_…``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sentry_runbook.incident.model.evidence.alert_conditions import ConditionType, levels_meeting, type_of
from sentry_runbook.incident.model.evidence.alert_form import DefinitionForm, form_of_row, parts_of
from sentry_runbook.incident.model.evidence.alert_setup import AlertSetup
from sentry_runbook.incident.model.evidence.json_values import JsonObject, text_of
from sentry_runbook.incident.model.evidence.lenient import (
    MESSAGE,
    TITLE,
    FieldType,
    Identifier,
    InertLine,
    Many,
    Moment,
    Name,
    Word,
)
from sentry_runbook.incident.model.evidence.values import EventText, Frozen

if TYPE_CHECKING:
    from sentry_runbook.safety.sanitizer import Sanitizer

__all__ = [
    "AlertCondition",
    "AlertDefinition",
    "ConditionGroup",
    "DefinitionForm",
    "MetricCondition",
    "MetricThreshold",
]

SETUP_KEYS = (
    *("id", "form", "name", "enabled", "snoozed", "is_connected", "monitors", "unread_monitors", "actions"),
    "lastTriggered",
)
Logic = Literal["any", "all", "none"]
Comparison = Literal["gt", "gte", "lt", "lte", "eq", "ne"]


@dataclass(frozen=True)
class NamedValue(FieldType):
    """The value of a tag or attribute as one inert line, masked whole where its name is sensitive; or a plain text.

    Attributes:
        where: path of the field, for findings.
    """

    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The value of a pair of name and value, or the text; None when there is none."""
        name, text = value if isinstance(value, tuple) else ("", text_of(value))
        return sanitizer.named(name, text, TITLE, self.where) or None


class WordList(FieldType):
    """Sentry's own words, in a list that may be unknown."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The words; None where it is no list."""
        word = Word("other")
        return tuple(word.read(item, sanitizer) or word.default for item in value) if isinstance(value, list) else None


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
        text: what it is compared with: the tag's value, the level's name, a category, an assignee; which of these, and
            what of all this a type has, says ``parts`` of :class:`.ConditionType`.
        age_s: of ``age_comparison``: the age in seconds.
        is_older: of ``age_comparison``: older (True) or newer.
        filters: of a count: events must meet all of these to be counted.
        search: the search term (Sentry's language) of the events that meet it, as it goes into a request; None where
            there is none, or it is no property of an event. Never shown.
    """

    type: str = "unknown"
    told: Annotated[EventText | None, Name("alert.condition")] = None
    value: float | None = None
    interval_s: int | None = None
    comparison_s: int | None = None
    match: str | None = None
    key: Annotated[EventText | None, Name("alert.condition")] = None
    text: Annotated[EventText | None, NamedValue("alert.condition")] = None
    age_s: int | None = None
    is_older: bool | None = None
    filters: tuple[AlertCondition, ...] = ()
    search: str | None = Field(default=None, exclude=True, repr=False)

    @property
    def kind(self) -> ConditionType:
        """The row of its type in the table."""
        return type_of(self.type)

    @property
    def levels(self) -> tuple[str, ...] | None:
        """Of a condition on the level: those that meet it; None for any other."""
        return levels_meeting(self.match, self.text) if self.type == "level" else None


class ConditionGroup(Frozen):
    """Conditions and how they are combined. An empty group passes (reference: alerts, 2).

    Attributes:
        logic: ``any-short`` is read as ``any``.
        actions: kinds of the active actions of a filter block, as ``email``, ``slack``, ``pagerduty``: never addresses.
        inactive: how many of its actions are not active.
    """

    logic: Logic = "any"
    conditions: tuple[AlertCondition, ...] = ()
    actions: Many[Annotated[str, Word("other")]] = ()
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
        is_partial: something of it could not be read (a threshold, a second query): it cannot be replayed.
    """

    aggregate: Annotated[EventText, InertLine(TITLE, "alert.metric", "unknown")]
    dataset: Annotated[str | None, Word()] = None
    query: Annotated[EventText | None, InertLine(MESSAGE, "alert.query")] = None
    window_s: int
    step_s: int
    comparison_s: int | None = None
    is_dynamic: bool = False
    consecutive: int = 1
    thresholds: tuple[MetricThreshold, ...] = ()
    closes_by_itself: bool = True
    is_partial: bool = False
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

    project_ids: Many[Annotated[str, Identifier()]] = ()
    monitor_types: Many[Annotated[str, Word()]] = ()
    environment: Annotated[EventText | None, Name("alert.environment")] = None
    owner: Annotated[EventText | None, Name("alert.owner")] = None
    triggers: ConditionGroup | None = None
    filters: tuple[ConditionGroup, ...] = ()
    metric: MetricCondition | None = None
    words: Many[Annotated[EventText, InertLine(TITLE, "alert.condition")]] = ()
    frequency_minutes: int | None = None
    is_quiet_inclusive: bool = False
    notifies: Annotated[tuple[str, ...] | None, WordList()] = None
    workflow_ids: Many[Annotated[str, Identifier()]] = ()
    created: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateCreated")
    updated: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateUpdated")
    raw_environment: str | None = Field(default=None, exclude=True, repr=False)

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The parts of its form. Only they are taken of the row: a key of Sentry's may be called as a field of ours."""
        form = json.get("form") or form_of_row(json)
        setup = super().reshape({**json, "form": form})
        return {**{key: setup[key] for key in SETUP_KEYS if key in setup}, **parts_of(form, json)}

    @property
    def key(self) -> str:
        """Form and id: ids of different forms may be equal."""
        return f"{self.form}:{self.id}"
