"""All counts of an issue by time: clock hours, the fine series, cells of both, and the usual rates."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from math import sqrt

from sentry_runbook.incident.episode.cells import Cells, instant, make_cells
from sentry_runbook.incident.episode.issue_counts import HOUR, history_of
from sentry_runbook.incident.episode.usual import UsualRates
from sentry_runbook.incident.metrics.timeseries import HOUR_S, total
from sentry_runbook.incident.model.evidence import Evidence, Known, Series
from sentry_runbook.incident.model.policy import Policy

RECENT = timedelta(minutes=10)
MEASURED_PART = 0.9
DEVIATIONS = 4.0
ALWAYS_USUAL = 1.0
"""An event an hour is never out of the usual."""
UP_TO_NOW = timedelta(minutes=5)
"""Sentry's series end with the last full bucket, and collecting takes a moment."""


@dataclass(frozen=True)
class EventCounts:
    """The counts of one issue.

    Attributes:
        hours: events per clock hour, a week and more.
        fine: events in shorter buckets; None where there are none.
        cells: both as one row.
        rates: the usual rates.
        read_at: the time of reading.
    """

    hours: Series
    fine: Series | None
    cells: Cells
    rates: UsualRates
    read_at: datetime

    @property
    def until(self) -> datetime:
        """Up to when events are counted."""
        return instant(self.cells.ends[-1])

    @property
    def is_live(self) -> bool:
        """Whether they reach up to the time of reading."""
        return self.until >= self.read_at - UP_TO_NOW

    @cached_property
    def _buckets(self) -> tuple[list[float], list[float], list[float | None]]:
        """Starts, ends and counts of the finest buckets there are, in order of time."""
        cells = list(zip(self.cells.starts, self.cells.ends, self.cells.counts, strict=True))
        fine, until = self.fine, self.cells.ends[-1]
        if fine is None or fine.step_s >= HOUR_S:
            buckets: list[tuple[float, float, float | None]] = [(start, end, count) for start, end, count in cells]
        else:
            first = fine.start.timestamp()
            last = first + fine.step_s * len(fine.values)
            inside = [
                (at, min(at + fine.step_s, until), value)
                for index, value in enumerate(fine.values)
                if (at := first + index * fine.step_s) < until
            ]
            before = [cell for cell in cells if cell[1] <= first and cell[1] - cell[0] >= HOUR_S]
            buckets = [*before, *inside, *(cell for cell in cells if cell[0] >= last)]
        starts, ends, counts = zip(*buckets, strict=True)
        return list(starts), list(ends), list(counts)

    @cached_property
    def _sums(self) -> tuple[list[float], list[float]]:
        """Sums of the events and of the measured seconds before each bucket."""
        starts, ends, counts = self._buckets
        lengths = (
            0.0 if count is None else end - start for start, end, count in zip(starts, ends, counts, strict=True)
        )
        return list(accumulate((count or 0.0 for count in counts), initial=0.0)), list(accumulate(lengths, initial=0.0))

    def _places(self, start: datetime, end: datetime) -> tuple[int, int]:
        starts = self._buckets[0]
        first = bisect_left(starts, start.timestamp())
        return first, max(first, bisect_left(starts, end.timestamp()))

    def events(self, start: datetime, end: datetime) -> int:
        """Events of the finest buckets that begin in ``[start, end)``; what was not measured adds nothing."""
        first, last = self._places(start, end)
        return round(self._sums[0][last] - self._sums[0][first])

    def is_measured(self, start: datetime, end: datetime) -> bool:
        """Whether nearly all of a stretch was measured: what was not is unknown, and not silence."""
        starts, ends, _ = self._buckets
        first, last = self._places(start, end)
        if first == last:
            return False
        length = ends[last - 1] - starts[first]
        return self._sums[1][last] - self._sums[1][first] >= MEASURED_PART * length

    def counted(self, start: datetime) -> int | None:
        """Events from an instant up to the time of reading; None when they were not counted for all of it."""
        if not self.is_live or start < self.starts_at or not self.is_measured(start, self.until):
            return None
        return self.events(start, self.until)

    def bucket_at(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Start and end of the finest bucket that holds an instant; None outside the counts."""
        starts, ends, _ = self._buckets
        index = bisect_left(starts, at.timestamp() + 1e-3) - 1
        if index < 0 or at.timestamp() >= ends[index]:
            return None
        return instant(starts[index]), instant(ends[index])

    def last_filled(self) -> tuple[datetime, datetime] | None:
        """Start and end of the last bucket that holds an event; None when none does."""
        starts, ends, counts = self._buckets
        index = next((index for index in range(len(counts) - 1, -1, -1) if counts[index]), None)
        return None if index is None else (instant(starts[index]), instant(ends[index]))

    @property
    def starts_at(self) -> datetime:
        """From when on events are counted."""
        return instant(self._buckets[0][0])

    def usual_per_hour(self, at: datetime, episode_start: datetime | None = None) -> float | None:
        """Events of a usual hour at that time of day; None when that is not known.

        Args:
            at: the instant.
            episode_start: hours from then on are the episode's, and not usual.
        """
        start = self.rates.index_at(episode_start) if episode_start is not None else None
        usual = self.rates.usual(self.rates.index_at(at), start)
        return None if usual is None else usual.per_hour

    def is_above_usual(self, since: datetime, episode_start: datetime | None) -> bool:
        """Whether the last hour or the last ten minutes hold more than ordinary days do, beyond chance.

        That is less than a step out of the usual, and enough not to call it usual.

        Args:
            since: what lies before it does not count.
            episode_start: hours from then on are the episode's, and not usual.
        """
        start = self.rates.index_at(episode_start) if episode_start is not None else None
        for length in {min(length, self.until - since) for length in (RECENT, HOUR) if self.until > since}:
            usual = self.rates.usual(self.rates.index_at(self.until - length / 2), start)
            if usual is None:
                continue
            most = max(usual.highest, usual.per_hour, ALWAYS_USUAL) * (length / HOUR)
            if self.events(self.until - length, self.until) > most + DEVIATIONS * sqrt(most):
                return True
        return False


def event_counts(evidence: Evidence, policy: Policy, now: datetime) -> EventCounts | None:
    """The counts of the evidence's issue up to ``now``; None when Sentry gave none by time.

    Args:
        evidence: its series and history are read, and the issue's own hours and days where these are unknown.
        policy: gives the spiking factor.
        now: the time of reading; nothing after it is known.
    """
    hours = history_of(evidence, now)
    fine = evidence.series.value.events if isinstance(evidence.series, Known) else None
    fine = None if fine is None or fine.step_s > HOUR_S or total(fine) is None else fine
    cells = make_cells(hours, fine, now) if hours is not None else None
    if hours is None or cells is None or not len(cells):
        return None
    return EventCounts(hours, fine, cells, UsualRates(hours, policy.trend.spiking), now)
