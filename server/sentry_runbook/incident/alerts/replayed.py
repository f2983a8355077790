"""What a replay of an alert's condition over the counts of a period gives: when it would have fired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ReplayedFiring:
    """A firing by the condition and the counts.

    Attributes:
        earliest: it did not fire before; ``latest``: it had fired by then. Both are edges of buckets of the series.
        issue: number of the issue; None: of a metric monitor, whose issue is its own.
        is_certain: False: it may have fired then; the counts do not tell.
        closed: of a metric monitor: when it closed again; None: open still, or an issue alert.
        label: of a metric monitor: ``critical`` or ``warning``.
    """

    earliest: datetime
    latest: datetime
    issue: str | None = None
    is_certain: bool = True
    closed: datetime | None = None
    label: str | None = None


@dataclass(frozen=True)
class ConditionMaximum:
    """How near the condition came: the highest value of what it compares, and when (end of the window).

    Attributes:
        value: it surely came so far.
        at_most: it may have come so far, where the counts do not tell; None: ``value`` is the highest. Where it cannot
            be bounded it is infinite.
        is_below: the condition waits for less than ``limit``; then ``value`` and ``at_most`` are the lowest.
    """

    value: float
    at: datetime
    limit: float
    issue: str | None = None
    at_most: float | None = None
    is_below: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether it came, or may have come, beyond the limit: what kept the alert still is then something else."""
        furthest = self.value if self.at_most is None else self.at_most
        return furthest < self.limit if self.is_below else furthest > self.limit

    @property
    def is_surely_reached(self) -> bool:
        """Whether it surely came beyond the limit."""
        return self.value < self.limit if self.is_below else self.value > self.limit


LATE_EVENTS = "events that arrived late count when they happened"
"""An alert sees them only when they arrive."""


@dataclass(frozen=True)
class Replay:
    """What the replay of one alert gave.

    Attributes:
        firings: in order of time, after logic and throttle; empty where ``why_not`` is set.
        why_not: why it cannot be replayed, a phrase: "anomaly detection runs outside Sentry's own rules".
        approximate: what limits it, phrases: "counts by the hour", "events that arrived late count when they happened".
        step_s: of the coarsest series that decided.
        maximum: of a condition with a number.
        covers_all_issues: False: issues beyond the busiest could not be replayed.
    """

    firings: tuple[ReplayedFiring, ...] = ()
    why_not: str | None = None
    approximate: tuple[str, ...] = ()
    step_s: int | None = None
    maximum: ConditionMaximum | None = None
    covers_all_issues: bool = True
