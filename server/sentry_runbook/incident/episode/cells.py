"""The counts of an issue as one row of cells: five minutes where the fine series reaches, clock hours before it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate

from sentry_runbook.incident.metrics.timeseries import HOUR_S, MINUTE_S
from sentry_runbook.incident.model.evidence import Series

CELL_S = 300
"""Five minutes: fine enough for pauses and bursts, and few enough (576 in two days) to look at each."""


@dataclass(frozen=True)
class Cells:
    """Stretches of time in order, with the events of each; times are seconds since the epoch.

    Attributes:
        starts, ends: of each cell.
        counts: events; None where nothing was measured.
        fine_from: index of the first cell that is shorter than an hour.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    counts: tuple[float | None, ...]
    fine_from: int

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def sums(self) -> list[float]:
        """Sums of the cells before each index; an unmeasured cell adds nothing."""
        return list(accumulate((count or 0.0 for count in self.counts), initial=0.0))

    def events(self, start: float, end: float) -> float:
        """Events of the cells that start in ``[start, end)``."""
        return self.sums[self.first_starting_at(end)] - self.sums[self.first_starting_at(start)]

    def fullest_hour(self, first: int, last: int) -> tuple[float, int]:
        """Events of the fullest rolling hour of the cells ``first`` to ``last`` (exclusive), and its first cell.

        Of fewer cells than an hour it is all of them.
        """
        best, at = 0.0, first
        for index in range(first, last):
            start = max(first, self.first_starting_at(self.ends[index] - HOUR_S))
            events = self.sums[index + 1] - self.sums[start]
            if events > best:
                best, at = events, start
        return best, at

    def first_ending_after(self, at: float) -> int:
        """The first cell that ends after an instant."""
        return bisect_right(self.ends, at)

    def first_starting_at(self, at: float) -> int:
        """The first cell that starts at or after an instant."""
        return bisect_left(self.starts, at)


def make_cells(hours: Series | None, fine: Series | None, now: datetime) -> Cells:
    """Cells of both series up to ``now``; where the fine one reaches, it wins.

    Args:
        hours: events per clock hour.
        fine: events in shorter buckets; a series of hours is taken for ``hours`` where there are none.
        now: what would lie after it is left out; a cell under way ends there.
    """
    if fine is not None and fine.step_s > CELL_S:
        hours, fine = hours or fine, None
    until = int(now.timestamp())
    parts = _Parts(until)
    fine_from = fine_until = None
    if fine is not None:
        fine_from = -(-int(fine.start.timestamp()) // HOUR_S) * HOUR_S if hours is not None else _aligned(fine)
        fine_until = int(fine.start.timestamp()) + fine.step_s * len(fine.values)
    if hours is not None:
        parts.add(hours, 1, None, fine_from)
    first_fine = len(parts.starts)
    if fine is not None:
        parts.add(fine, max(1, CELL_S // fine.step_s), fine_from, None)
        if hours is not None and fine_until is not None:
            parts.add(hours, 1, fine_until, None)
    return Cells(tuple(parts.starts), tuple(parts.ends), tuple(parts.counts), first_fine)


def _aligned(fine: Series) -> int:
    step = max(CELL_S, fine.step_s)
    return -(-int(fine.start.timestamp()) // step) * step


class _Parts:
    def __init__(self, until: int) -> None:
        self.until = until
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.counts: list[float | None] = []

    def add(self, series: Series, size: int, first: int | None, end: int | None) -> None:
        """Add the buckets that start in ``[first, end)``, ``size`` of them to a cell."""
        start, step = int(series.start.timestamp()), series.step_s
        skipped = 0 if first is None else max(0, -(-(first - start) // step))
        last = self.until if end is None else min(self.until, end)
        places = range(skipped, min(len(series.values), max(0, -(-(last - start) // step))), size)
        self.starts += [start + index * step for index in places]
        stops = (start + min(index + size, len(series.values)) * step for index in places)
        self.ends += [min(stop, self.until) for stop in stops]
        if size == 1:
            self.counts += series.values[places.start : places.stop]
            return
        self.counts += [_summed(series.values[index : index + size]) for index in places]


def _summed(values: Sequence[float | None]) -> float | None:
    """The sum of what was measured; None where nothing was."""
    if None in values:
        measured = [value for value in values if value is not None]
        return sum(measured) if measured else None
    return sum(values)  # type: ignore[arg-type]  # no None among them


def instant(seconds: float) -> datetime:
    """Seconds since the epoch as an aware UTC time, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)


def minute(seconds: float) -> datetime:
    """The full minute that holds an instant."""
    return datetime.fromtimestamp(int(seconds) // MINUTE_S * MINUTE_S, UTC)
