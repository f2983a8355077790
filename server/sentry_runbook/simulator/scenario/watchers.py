"""What watches a project: alerts and their firings, metric monitors, cron monitors, uptime checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stretch = tuple[float, float | None]
"""From a minute to another; None is still going on."""
CheckInStatus = Literal["ok", "error", "missed", "timeout", "in_progress"]


@dataclass(frozen=True, slots=True)
class FiringSpec:
    """A firing of an alert: when, and for which issue (short id)."""

    at: float
    issue: str


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
        connected: whether it is connected to any monitor at all.
        acts: whether it has an action: without one it tells nobody.
        migrated: whether it is an alert of today; False: a rule from before 2026 of which none was made.
        snoozed: the old rule is snoozed for everyone.
        owner: ``team:payments`` or ``user:Dana Ortiz``.
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
    connected: bool = True
    acts: bool = True
    migrated: bool = True
    snoozed: bool = False
    enabled: bool = True
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """A metric monitor (Sentry: detector of type ``metric_issue``; before: metric alert).

    Attributes:
        above: the value over which it opens an issue of high priority.
        window: minutes that one value covers.
        opened: stretches in which it was open, oldest first.
        issue: short id of the issue that it made.
        rule_id: the id of the old metric alert that it was made from.
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
