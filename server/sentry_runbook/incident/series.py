"""Pure reading of time series: worst rolling hour, busiest minute, onset, baseline, trend, bounds for users."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.incident.evidence import Evidence, Frozen, Series, Unknown
from sentry_runbook.incident.policy import Policy

Confidence = Literal["high", "medium", "low"]
HOUR = timedelta(hours=1)


class Peak(Frozen):
    """The fullest stretch of a series.

    Attributes:
        at: where the stretch starts.
        value: how much it holds.
        complete: False while the stretch may still grow.
    """

    at: datetime
    value: int
    complete: bool = True


class Onset(Frozen):
    """When the incident began.

    Attributes:
        at: the instant.
        how: how it was found, in words.
        confidence: ``high`` for the first event of a new issue or a clear step in a minute series.
    """

    at: datetime
    how: str
    confidence: Confidence


class Baseline(Frozen):
    """The issue's events in a stretch as long as the window, before the onset.

    Attributes:
        events: events in that stretch; 0 is measured.
        ratio: events of the window / events of the baseline; None when the baseline is empty.
        events_per_hour: the baseline's rate.
    """

    start: datetime
    end: datetime
    events: int
    ratio: float | None = None
    events_per_hour: float


class Trend(Frozen):
    """Where the event rate goes, by rolling hours up to the moment of collection.

    Attributes:
        direction: spiking, declining, quiet or steady (DESIGN §5).
        last_hour: events of the last rolling hour.
        previous_hour: events of the hour before.
        sparkline: the window's rate, oldest first; ``·`` where nothing was measured.
        note: what limits the reading ("clock hours, all environments"), empty when nothing does.
    """

    direction: Literal["spiking", "steady", "declining", "quiet"]
    last_hour: int
    previous_hour: int
    sparkline: str
    note: str = ""


class UsersWorstHour(Frozen):
    """Bounds for the distinct users in the worst rolling hour of the window.

    Attributes:
        at_least: that many are certain.
        at_most: no hour has more; None when nothing bounds it.
        start: start of the hour that ``at_least`` comes from, None when the place is not known.
        how: from what it was derived, in words.
    """

    at_least: int
    at_most: int | None
    start: datetime | None = None
    how: str = ""

    @property
    def exact(self) -> bool:
        """Whether the bounds meet."""
        return self.at_most == self.at_least


def between(series: Series, start: datetime, end: datetime) -> Series:
    """The buckets that start in ``[start, end)``."""
    raise NotImplementedError


def total(series: Series) -> int | None:
    """Sum of the measured buckets; None when none was measured."""
    raise NotImplementedError


def resample(series: Series, step_s: int) -> Series:
    """The series in coarser buckets, aligned to its own start; a bucket without any measured part stays None."""
    raise NotImplementedError


def sparkline(series: Series, width: int = 24) -> str:
    """The series as at most ``width`` block characters."""
    raise NotImplementedError


def worst_hour(series: Series) -> Peak | None:
    """The rolling hour with most events; None when nothing was measured."""
    raise NotImplementedError


def busiest_minute(series: Series, threshold: int) -> Peak | None:
    """The fullest elapsed minute; an open one only when it is already above ``threshold``."""
    raise NotImplementedError


def find_onset(evidence: Evidence, policy: Policy) -> Onset | Unknown:
    """When the incident began: first event of a new issue, else the step in the series."""
    raise NotImplementedError


def find_baseline(evidence: Evidence, onset: Onset | Unknown) -> Baseline | Unknown:
    """Events in a stretch as long as the window, before the onset (without one: before the window)."""
    raise NotImplementedError


def find_trend(evidence: Evidence, policy: Policy) -> Trend | Unknown:
    """Compare the last rolling hour with the one before and with the baseline."""
    raise NotImplementedError


def users_worst_hour(evidence: Evidence) -> UsersWorstHour | Unknown:
    """Bounds for the distinct users in the worst rolling hour; Unknown when no event carries a user."""
    raise NotImplementedError


def straddling_windows(evidence: Evidence, threshold: int, limit: int = 6) -> tuple[tuple[datetime, datetime], ...]:
    """Rolling hours to count exactly, so that the bounds no longer straddle ``threshold``; empty when settled."""
    raise NotImplementedError
