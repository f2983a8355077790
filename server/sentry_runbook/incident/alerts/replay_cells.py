"""Counts of one issue, or of all, over time: cells of any length, each with bounds, and sums of them over any stretch.

A cell is a bucket of the finest series that covers its time. Its bounds are equal where a series counts exactly what is
asked; a series that counts more (without the filter, of several issues together) bounds it from above; where there is
none, nothing is known (0 to :data:`MANY`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from sentry_runbook.incident.metrics.prefix_sums import epoch_seconds
from sentry_runbook.incident.model.evidence import Series

MANY = 10**12
"""No bound: more than any count."""
EVER = 10**11
"""Seconds: before, or after, everything."""


@dataclass(frozen=True)
class SeriesPiece:
    """Bounds of the buckets of one series: seconds since the epoch."""

    start: int
    step: int
    lows: Sequence[int]
    highs: Sequence[int]

    @property
    def end(self) -> int:
        """End of its last bucket."""
        return self.start + self.step * len(self.highs)


def piece_of(series: Series, *, is_exact: bool = True) -> SeriesPiece:
    """The buckets of a series; where it counts more than what is asked, they bound it from above."""
    values = series.values
    highs = [MANY if value is None else round(value) for value in values]
    lows = [0 if value is None else round(value) for value in values] if is_exact else [0] * len(values)
    return SeriesPiece(epoch_seconds(series.start), series.step_s, lows, highs)


class CountCells:
    """Cells from the beginning of time to the end of what was counted, without gaps.

    Attributes:
        most: no sum is higher.
    """

    def __init__(self, cells: Iterable[tuple[int, int, int, int]], most: int = MANY) -> None:
        rows = list(cells)
        self.starts, self.ends = [row[0] for row in rows], [row[1] for row in rows]
        self.lows, self.highs = [row[2] for row in rows], [row[3] for row in rows]
        self.most = most
        self._low = list(accumulate(self.lows, initial=0))
        self._high = list(accumulate(self.highs, initial=0))

    def lower(self, start: int, end: int) -> int:
        """At least so many in ``[start, end)``: the cells that lie in it."""
        first, last = bisect_left(self.starts, start), bisect_right(self.ends, end)
        return self._low[last] - self._low[first] if last > first else 0

    def upper(self, start: int, end: int) -> int:
        """At most so many in ``[start, end)``: the cells that it touches; from :data:`MANY` on it is not known."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        return min(self._high[last] - self._high[first], self.most) if last > first else 0

    def highest(self, start: int, end: int) -> int:
        """The highest lower bound of a cell that lies in ``[start, end)``."""
        first, last = bisect_left(self.starts, start), bisect_right(self.ends, end)
        return max(self.lows[first:last], default=0)

    def index_of(self, instant: int) -> int | None:
        """The cell that holds an instant; None after the last one."""
        index = bisect_right(self.ends, instant)
        return index if index < len(self.ends) else None

    @property
    def end(self) -> int:
        """End of what was counted."""
        return self.ends[-1] if self.ends else -EVER


def compose(
    pieces: Iterable[SeriesPiece], *, born: int | None = None, last: int | None = None, until: int, most: int = MANY
) -> CountCells:
    """Cells of several series: what stands first in ``pieces`` is taken first.

    Args:
        pieces: in order of preference.
        born: nothing was before that instant; None: not known.
        last: nothing was after that instant; None: not known.
        until: where the cells end.
        most: no cell and no sum holds more.
    """
    cells: list[tuple[int, int, int, int]] = []
    free = [(-EVER, until)]
    for piece in pieces:
        left: list[tuple[int, int]] = []
        for start, end in free:
            a, b = max(start, piece.start), min(end, piece.end)
            if a >= b:
                left.append((start, end))
                continue
            cells += _buckets(piece, a, b)
            left += [part for part in ((start, a), (b, end)) if part[0] < part[1]]
        free = left
    cells += [(start, end, 0, MANY) for start, end in free]
    cells.sort()
    return CountCells(_alive(cells, born, last, most), most)


def _buckets(piece: SeriesPiece, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The buckets in a stretch; one that reaches out of it may hold all of its events there."""
    first, after = (start - piece.start) // piece.step, -((piece.start - end) // piece.step)
    for index in range(first, after):
        a = piece.start + index * piece.step
        b = a + piece.step
        is_whole = a >= start and b <= end
        yield max(a, start), min(b, end), piece.lows[index] if is_whole else 0, piece.highs[index]


def _alive(
    cells: Iterable[tuple[int, int, int, int]], born: int | None, last: int | None, most: int
) -> Iterator[tuple[int, int, int, int]]:
    for start, end, low, high in cells:
        is_out = (born is not None and end <= born) or (last is not None and start > last)
        if is_out and low == 0:
            yield start, end, 0, 0
        elif born is not None and start < born < end and high >= MANY:
            # Of a stretch that nobody counted, only what lies after the first event may hold some.
            yield start, born, 0, 0
            yield born, end, low, min(high, most)
        else:
            yield start, end, low, max(low, min(high, most))


def second(instant: datetime) -> int:
    """The second that an instant lies in, since the epoch."""
    return epoch_seconds(instant)
