"""Regular buckets of counts with their sums: any stretch of them is counted by two look-ups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate


@dataclass(frozen=True)
class BucketRow:
    """Counts a bucket, from ``start`` on; times are seconds since the epoch.

    Attributes:
        step: seconds of a bucket.
        values: events a bucket; None where nothing was measured.
        until: nothing is known from then on; a bucket under way ends there.
    """

    start: int
    step: int
    values: tuple[float | None, ...]
    until: int

    @cached_property
    def size(self) -> int:
        """How many buckets begin before ``until``."""
        return max(0, min(len(self.values), -(-(self.until - self.start) // self.step)))

    @cached_property
    def _sums(self) -> list[float]:
        return list(accumulate((value or 0.0 for value in self.values[: self.size]), initial=0.0))

    @cached_property
    def _unmeasured(self) -> list[int] | None:
        """Unmeasured buckets before each; None when all were measured."""
        values = self.values[: self.size]
        return list(accumulate((value is None for value in values), initial=0)) if None in values else None

    def _places(self, start: float, end: float) -> tuple[int, int]:
        """The buckets that begin in ``[start, end)``."""
        first, last = (min(max(0, -int(-(at - self.start) // self.step)), self.size) for at in (start, end))
        return first, max(first, last)

    def events(self, start: float, end: float) -> float:
        """Events of the buckets that begin in ``[start, end)``."""
        first, last = self._places(start, end)
        return self._sums[last] - self._sums[first]

    def seconds(self, start: float, end: float) -> tuple[int, int]:
        """Length of the buckets that begin in ``[start, end)``, and of the measured ones among them."""
        first, last = self._places(start, end)
        unmeasured = 0 if self._unmeasured is None else self._unmeasured[last] - self._unmeasured[first]
        return (last - first) * self.step, (last - first - unmeasured) * self.step

    def _bucket(self, index: int) -> tuple[int, int]:
        at = self.start + index * self.step
        return at, min(at + self.step, self.until)

    def bucket_at(self, at: float) -> tuple[int, int] | None:
        """Start and end of the bucket that holds an instant; None outside."""
        index = int((at - self.start) // self.step)
        bucket = self._bucket(index)
        return bucket if 0 <= index < self.size and at < bucket[1] else None

    def last_filled(self) -> tuple[int, int] | None:
        """Start and end of the last bucket that holds an event; None when none does."""
        index = next((index for index in range(self.size - 1, -1, -1) if self.values[index]), None)
        return None if index is None else self._bucket(index)
