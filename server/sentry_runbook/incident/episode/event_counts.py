"""All counts of an issue by time: clock hours, the fine series, cells of both, and the usual rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import sqrt

from sentry_runbook.incident.episode.bucket_row import BucketRow
from sentry_runbook.incident.episode.cells import Cells, instant, make_cells
from sentry_runbook.incident.episode.issue_counts import history_of
from sentry_runbook.incident.episode.usual import UsualRates
from sentry_runbook.incident.metrics.timeseries import HOUR, HOUR_S, total
from sentry_runbook.incident.model.evidence import Evidence, Known, Series
from sentry_runbook.incident.model.policy import Policy

RECENT = timedelta(minutes=10)
MEASURED_PART = 0.9
DEVIATIONS = 4.0
ALWAYS_USUAL = 1.0
"""An event an hour is never out of the usual."""
SHORT = timedelta(minutes=10)
"""A bucket up to that long is told as one instant: what begins in it lies in it."""
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
    def _rows(self) -> tuple[BucketRow, ...]:
        """The finest buckets there are, in order of time: clock hours, the fine series, and clock hours after it."""
        until, fine = self.cells.ends[-1], self.fine
        start = int(self.hours.start.timestamp())
        if fine is None or fine.step_s >= HOUR_S:
            return (BucketRow(start, HOUR_S, self.hours.values, until),)
        first = int(fine.start.timestamp())
        after = first + fine.step_s * len(fine.values)
        size = max(0, (first - start) // HOUR_S)
        late = max(0, -(-(after - start) // HOUR_S))
        rows = (
            BucketRow(start, HOUR_S, self.hours.values[:size], until),
            BucketRow(first, fine.step_s, fine.values, until),
            BucketRow(start + late * HOUR_S, HOUR_S, self.hours.values[late:], until),
        )
        return tuple(row for row in rows if row.size)

    def events(self, start: datetime, end: datetime) -> int:
        """Events of the finest buckets that begin in ``[start, end)``; what was not measured adds nothing."""
        return round(sum(row.events(start.timestamp(), end.timestamp()) for row in self._rows))

    def divided(self, at: datetime) -> tuple[datetime, datetime] | None:
        """The long bucket with events in it that an instant divides: how many lie on either side is not known."""
        bucket = self.bucket_at(at)
        if bucket is None or at <= bucket[0] or bucket[1] - bucket[0] <= SHORT or not self.events(*bucket):
            return None
        return bucket

    def about(self, start: datetime, end: datetime) -> float:
        """Events in ``[start, end)``; of clock hours that it divides its share by length, so that it is an estimate.

        For rates over a rolling stretch: without it, the few minutes of the open hour would pass for a whole one.
        """
        return self._share_from(start) - self._share_from(end) + self.events(start, end)

    def _share_from(self, at: datetime) -> float:
        """Of the long bucket that an instant divides: the events that lie from it on, by length."""
        bucket = self.divided(at)
        return 0.0 if bucket is None else self.events(*bucket) * ((bucket[1] - at) / (bucket[1] - bucket[0]))

    def is_measured(self, start: datetime, end: datetime) -> bool:
        """Whether nearly all of a stretch was measured: what was not is unknown, and not silence."""
        parts = [row.seconds(start.timestamp(), end.timestamp()) for row in self._rows]
        length, measured = sum(part[0] for part in parts), sum(part[1] for part in parts)
        return length > 0 and measured >= MEASURED_PART * length

    def counted(self, start: datetime) -> int | None:
        """Events from an instant up to the time of reading; None when they were not counted for all of it."""
        if not self.is_live or start < self.starts_at or self.divided(start) or not self.is_measured(start, self.until):
            return None
        return self.events(start, self.until)

    def bucket_at(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Start and end of the finest bucket that holds an instant; None outside the counts."""
        found = next((bucket for row in self._rows if (bucket := row.bucket_at(at.timestamp()))), None)
        return None if found is None else (instant(found[0]), instant(found[1]))

    def last_filled(self) -> tuple[datetime, datetime] | None:
        """Start and end of the last bucket that holds an event; None when none does."""
        found = next((bucket for row in reversed(self._rows) if (bucket := row.last_filled())), None)
        return None if found is None else (instant(found[0]), instant(found[1]))

    @property
    def starts_at(self) -> datetime:
        """From when on events are counted."""
        return instant(self._rows[0].start)

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
            if self.about(self.until - length, self.until) > most + DEVIATIONS * sqrt(most):
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
