"""What watches a project: alerts and their firings, metric monitors, cron monitors, uptime checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Condition = Mapping[str, object]
"""A condition as Sentry's JSON has it, without its id: ``{"type": "event_frequency_count", "comparison": {"value": 100,
"interval": "1h"}}`` of today; ``{"id": "sentry.rules.conditions.event_frequency.EventFrequencyCondition", "value": 100,
"interval": "1h"}`` of before."""
Action = Mapping[str, object]
"""An action as Sentry's JSON has it, without its id."""
FIRST_SEEN: Condition = {"type": "first_seen_event", "comparison": True}
EMAIL: Action = {
    "type": "email",
    "integrationId": None,
    "data": {},
    "config": {"targetType": "issue_owners", "targetIdentifier": None},
    "status": "active",
}
Stretch = tuple[float, float | None]
"""From a minute to another; None is still going on."""
ERROR_MONITOR, ISSUE_STREAM, WHOLE_ORGANIZATION = "error", "issue_stream", "organization"
"""What ``AlertSpec.monitors`` calls the monitors that Sentry makes itself: the project's two, and the issue stream of
the whole organization."""
CheckInStatus = Literal["ok", "error", "missed", "timeout", "in_progress"]


@dataclass(frozen=True, slots=True)
class FiringSpec:
    """A firing of an alert: when, and for which issue (short id)."""

    at: float
    issue: str


@dataclass(frozen=True, slots=True)
class FilterSpec:
    """A filter block of an alert of today: conditions, how they are combined, and what is done when they hold."""

    conditions: tuple[Condition, ...] = ()
    logic: Literal["any", "any-short", "all", "none"] = "all"
    actions: tuple[Action, ...] = (EMAIL,)


@dataclass(frozen=True, slots=True)
class OldRuleSpec:
    """The conditions of an issue alert from before 2026, as its row has them.

    Attributes:
        conditions: the triggers, by ``action_match``; ``filters`` by ``filter_match``.
    """

    conditions: tuple[Condition, ...] = ()
    filters: tuple[Condition, ...] = ()
    action_match: Literal["all", "any", "none"] = "any"
    filter_match: Literal["all", "any", "none"] = "all"


@dataclass(frozen=True, slots=True)
class AlertSpec:
    """An alert (Sentry: workflow) of the project and when it fired.

    Attributes:
        triggered: minutes of the last firing; None where it never fired, or ``firings`` tells.
        created: minutes at which it was made; None is long ago.
        edited: minutes of the last edit; None where it was never edited.
        id: None takes one that depends on the name.
        rule_id: the id of the old issue alert that it was made from.
        firings: each firing, with the issue that it was for.
        monitor: name of the metric monitor that it is connected to; None: the project's error monitor.
        monitors: in place of ``monitor`` all that it is connected to: names of metric monitors and uptime checks,
            slugs of cron monitors, ERROR_MONITOR, ISSUE_STREAM, WHOLE_ORGANIZATION; digits: the id of a deleted one.
        connected: whether it is connected to any monitor at all.
        acts: whether it has an action: without one it tells nobody.
        migrated: whether it is an alert of today; False: a rule from before 2026 of which none was made.
        snoozed: the old rule is snoozed for everyone.
        owner: ``team:payments`` or ``user:Dana Ortiz``.
        triggers: by ``trigger_logic``; empty: every event.
        filters: its blocks; without ``acts`` their actions are left out.
        frequency: minutes in which it does not fire again for the same issue.
        rule: the conditions of the old issue alert; None: it has none, as rows of before this had.
    """

    name: str
    triggered: float | None = None
    environment: str | None = "production"
    created: float | None = None
    edited: float | None = None
    id: str | None = None
    rule_id: str | None = None
    firings: tuple[FiringSpec, ...] = ()
    monitor: str | None = None
    monitors: tuple[str, ...] = ()
    connected: bool = True
    acts: bool = True
    migrated: bool = True
    snoozed: bool = False
    enabled: bool = True
    owner: str | None = None
    triggers: tuple[Condition, ...] = (FIRST_SEEN,)
    trigger_logic: Literal["any", "any-short", "all", "none"] = "any-short"
    filters: tuple[FilterSpec, ...] = (FilterSpec(),)
    frequency: int = 30
    rule: OldRuleSpec | None = None


def fired_alert(
    name: str,
    at: float,
    issue: str,
    *,
    above: int | None = None,
    interval: str = "1h",
    environment: str | None = "production",
) -> AlertSpec:
    """An alert that fired once, for this issue.

    Args:
        name: of the alert.
        at: minutes of the firing.
        issue: short id.
        above: it waits for more events of an issue than that in ``interval``; None: it tells of new issues.
        interval: in Sentry's word, as ``1h``.
        environment: None: all of them.
    """
    firings = (FiringSpec(at, issue),)
    if above is None:
        return AlertSpec(name, environment=environment, firings=firings)
    counted: Condition = {"type": "event_frequency_count", "comparison": {"value": above, "interval": interval}}
    filters = (FilterSpec((counted,)),)
    return AlertSpec(name, environment=environment, firings=firings, triggers=(), filters=filters)


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """A metric monitor (Sentry: detector of type ``metric_issue``; before: metric alert).

    Attributes:
        above: the value over which it opens an issue of high priority.
        window: minutes that one value covers.
        opened: stretches in which it was open, oldest first.
        issue: short id of the issue that it made.
        rule_id: the id of the old metric alert that it was made from.
        migrated: whether it is a monitor of today; False: only the old metric alert is there.
        conditions: as today's row has them; empty: ``gt above`` high, ``lte above`` well again.
        comparison_delta: seconds before, with which the value is compared in percent; None: not compared.
        detection_type: ``static``, ``percent`` or ``dynamic`` (anomaly detection).
        resolve_threshold: of the old metric alert; None: at the threshold.
        threshold_type: of the old metric alert: 0 above, 1 below; ``triggers``: (label, threshold), else critical
            ``above`` (of a comparison in percent, what that is more or less than 100); ``threshold_period``: values
            in a row.
        levels: changes of its state while it was open: (minute, ``high`` or ``medium``); it opens as ``high``.
    """

    name: str
    id: str | None = None
    aggregate: str = "count()"
    query: str = ""
    dataset: str = "events"
    window: int = 10
    above: float = 50
    environment: str | None = None
    opened: tuple[Stretch, ...] = ()
    issue: str | None = None
    rule_id: str | None = None
    enabled: bool = True
    owner: str | None = None
    migrated: bool = True
    conditions: tuple[Condition, ...] = ()
    comparison_delta: int | None = None
    detection_type: Literal["static", "percent", "dynamic"] = "static"
    resolve_threshold: float | None = None
    threshold_type: Literal[0, 1] = 0
    triggers: tuple[tuple[str, float], ...] = ()
    threshold_period: int = 1
    levels: tuple[tuple[float, Literal["high", "medium"]], ...] = ()


@dataclass(frozen=True, slots=True)
class MonitorSpec:
    """A cron monitor, which expects a check-in every so many minutes.

    Attributes:
        every: minutes between two check-ins.
        since: minute of the first one.
        outcomes: what became of the check-ins of each stretch; of all others ``ok``.
        took: milliseconds of a run.
        failing_since: minute at which its incident began; None where it has none.
    """

    slug: str
    name: str = ""
    id: str | None = None
    every: float = 60.0
    since: float = -1440.0
    outcomes: tuple[tuple[float, float, CheckInStatus], ...] = ()
    took: int = 1200
    failing_since: float | None = None
    environment: str = "production"
    issue: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class UptimeSpec:
    """An uptime check of an address.

    Attributes:
        every: minutes between two checks.
        since: minute of the first one.
        down: stretches in which every check failed.
        reason: why, in Sentry's word.
        http_status: what the address answered meanwhile; None for no answer.
    """

    name: str
    url: str = "https://shop.example/health"
    id: str | None = None
    every: float = 1.0
    since: float = -1440.0
    down: tuple[Stretch, ...] = ()
    reason: str = "failure"
    http_status: int | None = 503
    environment: str = "production"
    issue: str | None = None
    owner: str | None = None
