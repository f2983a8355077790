"""An issue's own counts by hour and by day as stretches of time without overlap, and what a window holds of them. Pure.

How to think about it: the hours of the last day are exact, a day of UTC before them too. Of the day in which the hours
begin, the part before them holds what the hours leave of the day's count. A window that cuts a stretch holds none of
its events at least, and all of them at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.sentry.parse_issue_stats import EventBuckets

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS_BACK, DAYS_BACK = 24, 14
"""How far back ``issues-stats`` counts. Its first hour may be cut, so that only those that begin later are used."""
READ_MEANWHILE = timedelta(minutes=1)
"""A window that ends this short before the time of reading ends with it."""
Buckets = tuple[tuple[datetime, int], ...]


def regular_hours(counts: EventBuckets, now: datetime) -> Buckets:
    """The last full 23 clock hours and the open one, in order; an hour that the server leaves out holds no event."""
    return _regular(counts, _hour(now), HOUR, HOURS_BACK)


def regular_days(counts: EventBuckets, now: datetime) -> Buckets:
    """The last full days of UTC and the open one, in order."""
    return _regular(counts, now.replace(hour=0, minute=0, second=0, microsecond=0), DAY, DAYS_BACK)


def without_lost(buckets: Buckets, last_seen: datetime | None) -> Buckets:
    """The buckets; none where that of the issue's last event counts nothing: they lag behind, or are lost."""
    if last_seen is None or not buckets or last_seen < buckets[0][0]:
        return buckets
    return buckets if max(pair for pair in buckets if pair[0] <= last_seen)[1] else ()


def _regular(counts: EventBuckets, last: datetime, step: timedelta, size: int) -> Buckets:
    by_start = dict(counts)
    starts = (last - index * step for index in reversed(range(size)))
    return tuple((start, by_start.get(int(start.timestamp()), 0)) for start in starts)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Piece:
    """The events of ``[start, end)``."""

    start: datetime
    end: datetime
    events: int


def pieces(hours: Buckets, days: Buckets) -> tuple[Piece, ...]:
    """Both rows as stretches in order of time; days count before the hours begin."""
    if not hours:
        return tuple(Piece(at, at + DAY, events) for at, events in days)
    first = hours[0][0]
    return (*_before(first, hours, days), *(Piece(at, at + HOUR, events) for at, events in hours))


def _before(first: datetime, hours: Buckets, days: Buckets) -> Iterator[Piece]:
    for at, events in days:
        if at + DAY <= first:
            yield Piece(at, at + DAY, events)
        elif at < first:
            later = sum(number for hour, number in hours if hour < at + DAY)
            # Counters of hours and of days are kept apart: a negative rest is none.
            yield Piece(at, first, max(0, events - later))


@dataclass(frozen=True)
class Bounds:
    """Events of a window: at least and at most; ``at_most`` is None where nothing bounds them."""

    at_least: int
    at_most: int | None

    @property
    def exact(self) -> bool:
        """Whether both meet."""
        return self.at_least == self.at_most


def events_in(window: Window, counted: Sequence[Piece], first_seen: datetime | None, now: datetime) -> Bounds | None:
    """Bounds of the events in a window; None where nothing of it was counted.

    Args:
        window: ends at the time of reading or before.
        counted: stretches up to the time of reading.
        first_seen: before it there was no event.
        now: the time of reading: after it the last stretch holds nothing.
    """
    if not counted:
        return None
    end = window.end if window.end < now - READ_MEANWHILE else max(window.end, counted[-1].end)
    touched = [piece for piece in counted if piece.start < end and piece.end > window.start]
    if not touched:
        return None
    begins = window.start if first_seen is None else max(window.start, min(first_seen, end))
    inside = sum(piece.events for piece in touched if piece.start >= window.start and piece.end <= end)
    if first_seen is not None and first_seen >= window.start and first_seen > touched[0].start:
        # The stretch that the window cuts holds only events of it: there was none before.
        inside += sum(piece.events for piece in touched if piece.start < window.start and piece.end <= end)
    is_covered = touched[0].start <= begins and end <= touched[-1].end
    return Bounds(inside, sum(piece.events for piece in touched) if is_covered else None)
