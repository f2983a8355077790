"""Answers that count: Discover tables, time series, latencies, sessions, outcomes; and pages of lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")
MAX_ROWS = 100
"""Rows of one Discover page at the most."""
Cell = str | int | float | bool | None
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """One page of a list, and the cursor of the next.

    Attributes:
        unseen: of the conditions applied here the tags that no row carried: a misspelt one finds nothing.
        order: Sentry's word for the order, where it is another than asked for.
        rows_read: of how many rows these were chosen here, where the server ignores a condition; None where it chose.
        total: rows of all pages (``X-Hits``); None where the server does not say, or counted no further.
    """

    items: tuple[T, ...]
    next_cursor: str | None = None
    rows_read: int | None = None
    order: str | None = None
    unseen: tuple[str, ...] = ()
    total: int | None = None


@dataclass(frozen=True)
class DiscoverTable:
    """A Discover answer: rows of field → value, any of which may be null.

    Attributes:
        why_empty: what Sentry says about an empty answer ("no projects"), None when it says nothing.
        low_confidence: of each row the fields that Sentry calls of low confidence (``meta.accuracy``).
        sample_counts: of each row the samples behind a field, as far as Sentry says it.
        is_partial: Sentry scanned only a part of the data (``meta.dataScanned``).
        says_scanned: it says how much it scanned, which only the store of spans of 2025 and later does.
    """

    rows: tuple[Row, ...]
    next_cursor: str | None = None
    why_empty: str | None = None
    low_confidence: tuple[frozenset[str], ...] = ()
    sample_counts: tuple[Mapping[str, int], ...] = ()
    is_partial: bool = False
    says_scanned: bool = False

    def number(self, field: str) -> float | None:
        """A number of the first row; None when there is no row or no number."""
        value = self.rows[0].get(field) if self.rows else None
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def is_estimated(self) -> bool:
        """Whether any number of it is an estimate."""
        return self.is_partial or any(self.low_confidence)


@dataclass(frozen=True)
class TimeSeries:
    """A regular time series of one axis.

    Attributes:
        start: start of the first bucket.
        step_s: seconds of a bucket.
        values: None where Sentry gave no number.
        complete_until: start of the first bucket that Sentry calls incomplete, None when it calls none so.
    """

    start: datetime
    step_s: int
    values: tuple[float | None, ...]
    complete_until: datetime | None = None


@dataclass(frozen=True)
class TransactionLatency:
    """Latency of one transaction.

    Attributes:
        p95_ms: None when Sentry gave no number.
        samples: transactions behind ``p95_ms`` itself; None when Sentry does not say.
        counted_samples: those behind ``count``.
        is_low: Sentry calls one of both of low confidence.
    """

    transaction: str
    p95_ms: float | None = None
    count: int | None = None
    samples: int | None = None
    counted_samples: int | None = None
    is_low: bool = False


@dataclass(frozen=True)
class LatencyTable:
    """Latencies, and what was measured where.

    Attributes:
        is_final: where it has no row there is none: an older place of latencies has no more.
    """

    rows: tuple[TransactionLatency, ...]
    measure: str
    is_partial: bool = False
    is_final: bool = False


@dataclass(frozen=True)
class EnvironmentSessions:
    """Sessions of one environment: totals, and one value an interval. Rates are fractions 0..1 or None.

    Attributes:
        release: the version, where they are those of one release alone; empty for sessions without a release.
        has_impossible_rate: a rate of the totals lay outside 0..1 and is None therefore.
    """

    environment: str | None
    release: str | None = None
    sessions: int | None = None
    has_impossible_rate: bool = False
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    sessions_by_hour: tuple[float | None, ...] = ()
    crash_rate_by_hour: tuple[float | None, ...] = ()
    unhandled_rate_by_hour: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class SessionCounts:
    """Release health by environment; the range is rounded outwards to full hours, a very long one to full days.

    Attributes:
        intervals: starts of the hours; empty where only totals were asked for, or an hour cannot be read.
        groups: one for each environment.
        releases: one for each environment and release, of the same sessions; empty where they are not told apart.
        why_no_releases: why they are not, in words.
        has_unhandled_rate: False when the server does not know the figure (before SDK 11's meaning).
        is_cut: Sentry may have left out the groups with the fewest sessions.
    """

    start: datetime
    end: datetime
    intervals: tuple[datetime, ...] = ()
    groups: tuple[EnvironmentSessions, ...] = ()
    releases: tuple[EnvironmentSessions, ...] = ()
    why_no_releases: str = ""
    has_unhandled_rate: bool = True
    is_cut: bool = False


@dataclass(frozen=True)
class ProjectSessionCounts:
    """Release health of several projects.

    Attributes:
        by_project: number of a project → its sessions by environment; of all that were asked for in one group without
            a name, where the environments were named in the request.
        is_cut: Sentry may have left out the groups with the fewest sessions.
    """

    by_project: Mapping[str, SessionCounts]
    is_cut: bool = False


@dataclass(frozen=True)
class OutcomeCounts:
    """Events of one outcome (``accepted``, ``rate_limited`` …): in all, and one number an interval; None: not told."""

    outcome: str
    total: int | None = None
    values: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class Outcomes:
    """The events of a project by outcome.

    Attributes:
        start: start of the first interval; None when the intervals cannot be read, and only totals count.
        step_s: seconds of an interval.
        groups: ``accepted`` always, of the others those that some event had; as many values each as intervals.
    """

    start: datetime | None
    step_s: int
    groups: tuple[OutcomeCounts, ...] = ()


@dataclass(frozen=True)
class ProjectOutcomes:
    """Events of several projects by outcome, in all of a stretch: by project Sentry tells no series.

    Attributes:
        start: start of the first hour that was counted; None when it cannot be read.
        end: end of the last one.
        totals: number of a project → outcome → events; None where Sentry gave no number.
    """

    start: datetime | None
    end: datetime | None
    totals: Mapping[str, Mapping[str, int | None]]
