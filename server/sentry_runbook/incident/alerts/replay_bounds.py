"""Bounds of what a condition compares, a row each: events, users, their rise, their share of sessions, their total.

Theory: at an event of a bucket the window ``(t - W, t]`` holds at least the buckets that lie between its latest start
and the bucket (``every``), and at most all that it touches (``high``). At the last event of the bucket it holds all of
the bucket, too, and so at least the buckets of the aligned window (``last``). A bucket longer than the window that
holds more than n for each window that it is cut into has an event with more than n (``once``: the pigeonhole
principle).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import trunc

from sentry_runbook.incident.alerts.replay_cells import MANY, CountCells
from sentry_runbook.incident.alerts.replay_rows import EvaluationRow, RowKind, Rows
from sentry_runbook.incident.alerts.replay_truth import (
    EVERY,
    MAYBE,
    NEVER,
    NO_EVENT,
    NOT_KNOWN,
    ONE,
    THE_LAST,
    Truths,
    truth,
)

HOUR_S = 3600
FEWEST_SESSIONS = 50
"""Fewer in the last hour: Sentry takes the share for 0."""


@dataclass(frozen=True)
class ValueBounds:
    """Of a value, a row each.

    Attributes:
        every: at each event it is at least so much.
        last: at the last event of the row at least so much.
        once: at some event at least so much.
        high: at each event at most so much.
    """

    every: Sequence[float]
    last: Sequence[float]
    once: Sequence[float]
    high: Sequence[float]

    def more_than(self, value: float) -> Truths:
        """Whether it is more than a number."""
        if not self.high or max(self.high) <= value:
            return [NEVER] * len(self.high)
        return [
            truth(EVERY, NO_EVENT)
            if every > value
            else NEVER
            if high <= value
            else truth(THE_LAST, NOT_KNOWN)
            if last > value
            else truth(ONE, NOT_KNOWN)
            if once > value
            else MAYBE
            for every, last, once, high in zip(self.every, self.last, self.once, self.high, strict=True)
        ]


@dataclass(frozen=True)
class WindowOf:
    """What lies in the window of each evaluation: of ``length`` seconds, ``earlier`` seconds before."""

    cells: CountCells
    length: int
    earlier: int = 0

    def bounds(self, row: EvaluationRow) -> tuple[int, int, int, int]:
        """``every``, ``last``, ``once`` and ``high`` of a row."""
        start, end = row.start - self.earlier, row.end - self.earlier
        high = self.cells.upper(start - self.length, end)
        if high == 0:
            return 0, 0, 0, 0
        every = self.cells.lower(end - self.length, start)
        if row.is_single or self.earlier:
            return every, every, every, high
        last = self.cells.lower(end - self.length, end)
        windows = -((row.start - row.end) // self.length)
        once = last if windows <= 1 else max(last, -(-self.cells.lower(row.start, row.end) // windows))
        return every, last, once, high


def events(cells: CountCells, rows: Rows, length: int, *, earlier: int = 0, counts_all: bool) -> ValueBounds:
    """Events in the window.

    Args:
        cells: of the issue, that meet the condition's filters.
        rows: when it is looked at.
        length: of the window in seconds.
        earlier: the window lies so many seconds before.
        counts_all: every event that is looked at is counted itself: there are no filters.
    """
    window = WindowOf(cells, length, earlier)
    found: list[tuple[int, int, int, int]] = []
    for row in rows:
        if row.kind is RowKind.FIRST:
            one = int(counts_all and not earlier)
            most = 0 if earlier else 1
            found.append((one, one, one, most))
            continue
        every, last, once, high = window.bounds(row)
        if counts_all and not earlier and row.kind is not RowKind.RESOLVED:
            itself = every + 1
            every, last, once = itself, max(last, itself), max(once, itself)
            high = max(high, itself)
        found.append((every, last, once, high))
    return _columns(found)


def users(
    cells: CountCells, by_step: Sequence[CountCells], rows: Rows, length: int, *, earlier: int = 0
) -> ValueBounds:
    """Distinct users in the window: at least those of its fullest bucket, at most the sum of all and the events."""
    counted = WindowOf(cells, length, earlier)
    found: list[tuple[int, int, int, int]] = []
    for row in rows:
        start, end = row.start - earlier, row.end - earlier
        high = min(1 if row.kind is RowKind.FIRST and not earlier else MANY, counted.bounds(row)[3])
        if row.kind is RowKind.FIRST and earlier:
            high = 0
        if high == 0 or not by_step:
            found.append((0, 0, 0, high))
            continue
        high = min(high, *(series.upper(start - length, end) for series in by_step))
        if row.kind is RowKind.FIRST:
            found.append((0, 0, 0, high))
            continue
        every = max(series.highest(end - length, start) for series in by_step)
        last = every if row.is_single or earlier else max(series.highest(end - length, end) for series in by_step)
        found.append((every, last, last, max(high, every)))
    return _columns(found)


def rise(now: ValueBounds, then: ValueBounds) -> ValueBounds:
    """By how many percent it rose, as Sentry computes it; from nothing it rose by a hundred percent an event."""
    return ValueBounds(
        every=[_percent(a, b) for a, b in zip(now.every, then.high, strict=True)],
        last=[_percent(a, b) for a, b in zip(now.last, then.high, strict=True)],
        # Which event the higher count is at is not known, nor what the window before it held then.
        once=[_percent(a, b) for a, b in zip(now.once, then.high, strict=True)],
        high=[_percent(a, b) for a, b in zip(now.high, then.every, strict=True)],
    )


def _percent(now: float, then: float) -> float:
    if then <= 0:
        return now * 100
    return max(0, trunc((now - then) / then * 100))


def share_of_sessions(
    counted: ValueBounds, rows: Rows, hours: dict[int, int] | None, length: int, earlier: int = 0
) -> ValueBounds:
    """Events by a hundred sessions; ``hours``: sessions by the start of the hour, None: they are not known."""
    sessions, minutes = _last_hours(rows, hours, earlier), length / 60
    return ValueBounds(
        every=[_at_least(count, of, minutes) for count, of in zip(counted.every, sessions, strict=True)],
        last=[_at_least(count, of, minutes) for count, of in zip(counted.last, sessions, strict=True)],
        once=[_at_least(count, of, minutes) for count, of in zip(counted.once, sessions, strict=True)],
        high=[_at_most(count, of, minutes) for count, of in zip(counted.high, sessions, strict=True)],
    )


def _at_least(count: float, sessions: tuple[int, int], minutes: float) -> float:
    fewest, most = sessions
    return 0 if fewest < FEWEST_SESSIONS else 100 * count / (most * minutes / 60)


def _at_most(count: float, sessions: tuple[int, int], minutes: float) -> float:
    fewest, most = sessions
    return 0 if most < FEWEST_SESSIONS else 100 * count / (max(fewest, FEWEST_SESSIONS) * minutes / 60)


def _last_hours(rows: Rows, hours: dict[int, int] | None, earlier: int) -> list[tuple[int, int]]:
    """The hour before an evaluation holds about as many sessions as the clock hours that it touches."""
    found = []
    for row in rows:
        first = (row.start - earlier - HOUR_S) // HOUR_S * HOUR_S
        touched = [None if hours is None else hours.get(at) for at in range(first, row.end - earlier, HOUR_S)]
        known = [count for count in touched if count is not None]
        found.append((min(known), max(known)) if known and len(known) == len(touched) else (0, MANY))
    return found


def total(cells: CountCells, rows: Rows, all_time: int | None, *, until: int, looks_at_all: bool) -> ValueBounds:
    """All events of the issue up to the evaluation: those of its whole life, less what came after.

    Args:
        cells: all its events.
        rows: when it is looked at.
        all_time: events of its whole life, up to ``until``; None: not known.
        until: seconds since the epoch.
        looks_at_all: each of its events is looked at, so that the last one of a row is the last of all.
    """
    if all_time is None:
        return ValueBounds([1] * len(rows), [1] * len(rows), [1] * len(rows), [MANY] * len(rows))
    found: list[tuple[int, int, int, int]] = []
    for row in rows:
        if row.kind is RowKind.FIRST:
            found.append((1, 1, 1, 1))
            continue
        # What came after the series' end is not counted in any.
        after = MANY if cells.end < until else 0
        every = max(1, all_time - cells.upper(row.start, cells.end) - after + 1)
        last = max(every, all_time - cells.upper(row.end, cells.end) - after)
        if row.is_single or not looks_at_all:
            last = every
        found.append((every, last, last, max(every, all_time - cells.lower(row.end, cells.end))))
    return _columns(found)


def _columns(found: Sequence[tuple[int, int, int, int]]) -> ValueBounds:
    if not found:
        return ValueBounds((), (), (), ())
    every, last, once, high = zip(*found, strict=True)
    return ValueBounds(every, last, once, high)
