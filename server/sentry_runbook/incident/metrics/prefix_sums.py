"""Sums of a series over any stretch, in constant time each."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from itertools import accumulate

from sentry_runbook.incident.model.evidence import Series


def epoch_seconds(instant: datetime) -> int:
    """Whole seconds since the epoch."""
    return int(instant.timestamp())


class PrefixSums:
    """Sums of a series over any stretch in constant time: the difference of two sums from the start."""

    def __init__(self, series: Series) -> None:
        self.start, self.step = epoch_seconds(series.start), series.step_s
        self.values = series.values
        self._gaps: list[int] | None = None
        try:
            # The usual series has no gaps: one loop in C. round(None) raises TypeError.
            self._sums = list(accumulate(map(round, self.values), initial=0))  # type: ignore[arg-type]  # None raises TypeError
        except TypeError:
            self._sums = list(accumulate((round(value or 0) for value in self.values), initial=0))
            self._gaps = list(accumulate((value is None for value in self.values), initial=0))

    @property
    def not_empty(self) -> int:
        """How many buckets hold something, or were not measured."""
        return len(self.values) - self.values.count(0)

    def upper_bound(self, start: int, end: int) -> int | None:
        """Sum of all buckets that overlap ``[start, end)``; None when one of them was not measured."""
        first, last = (start - self.start) // self.step, -((self.start - end) // self.step)
        if first < 0:
            return None
        # After the end of the series lies the future, which holds nothing yet.
        first, last = min(first, len(self.values)), min(last, len(self.values))
        if self._gaps is not None and self._gaps[last] != self._gaps[first]:
            return None
        return self._sums[last] - self._sums[first]


# Collecting asks which hours to count, and the incident then bounds its users, by equal series: of events and of users,
# and two more for a second caller. Not a cached_property of Series: model_copy would carry it to other values.
@lru_cache(maxsize=4)
def prefix_sums(series: Series) -> PrefixSums:
    """The sums of a series, built once for equal series."""
    return PrefixSums(series)
