"""What is counted: Discover tables, time series, latencies, sessions; and pages of lists. ``replies`` fills them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")
MOST_ROWS = 100
"""Rows of one Discover page at the most."""


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    model_config = ConfigDict(frozen=True)
    items: tuple[T, ...]
    next_cursor: str | None = None
    hits: int | None = None


Cell = str | int | float | bool | None
Row = Mapping[str, Cell]


class Table(BaseModel):
    """A Discover answer: rows of field → value, any of which may be null.

    Attributes:
        dataset: the dataset that answered; None when the server was asked without one.
        why_empty: what Sentry says about an empty answer ("no projects"), None when it says nothing.
    """

    model_config = ConfigDict(frozen=True)
    rows: tuple[dict[str, Cell], ...]
    dataset: str | None = None
    next_cursor: str | None = None
    why_empty: str | None = None

    def number(self, field: str) -> float | None:
        """A number of the first row; None when there is no row or no number."""
        value = self.rows[0].get(field) if self.rows else None
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


class Series(BaseModel):
    """A regular time series of one axis.

    Attributes:
        start: start of the first bucket.
        step_s: seconds of a bucket.
        values: None where Sentry gave no number.
        complete_until: start of the first bucket that Sentry calls incomplete, None when it calls none so.
    """

    model_config = ConfigDict(frozen=True)
    start: datetime
    step_s: int
    values: tuple[float | None, ...]
    complete_until: datetime | None = None


class LatencyRow(BaseModel):
    """Latency of one transaction; ``p95_ms`` is None when Sentry gave no number."""

    model_config = ConfigDict(frozen=True)
    transaction: str
    p95_ms: float | None = None
    count: int | None = None


class Latency(BaseModel):
    """Latencies, and what was measured where."""

    model_config = ConfigDict(frozen=True)
    rows: tuple[LatencyRow, ...]
    measure: str


class SessionGroup(BaseModel):
    """Sessions of one environment: totals, and one value an interval. Rates are fractions 0..1 or None."""

    model_config = ConfigDict(frozen=True)
    environment: str | None
    sessions: int | None = None
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    sessions_by_hour: tuple[float | None, ...] = ()
    crash_rate_by_hour: tuple[float | None, ...] = ()
    unhandled_rate_by_hour: tuple[float | None, ...] = ()


class Sessions(BaseModel):
    """Release health by environment; the range is rounded outwards to full hours.

    Attributes:
        has_unhandled_rate: False when the server does not know the figure (before SDK 11's meaning).
    """

    model_config = ConfigDict(frozen=True)
    start: datetime
    end: datetime
    intervals: tuple[datetime, ...] = ()
    groups: tuple[SessionGroup, ...] = ()
    has_unhandled_rate: bool = True
