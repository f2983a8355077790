"""In which hours the counts by the hour leave a condition on an issue open, and in which an issue rose. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import cast

from sentry_runbook.incident.alerts.replay_cells import MANY
from sentry_runbook.incident.alerts.replay_series import CountedPeriod
from sentry_runbook.incident.model.evidence.alert_conditions import type_of
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition

HOUR_S, DAY_S = 3600, 86_400
Hours = set[int]
"""Hours since the epoch."""
IssueHours = dict[str, Hours]
FEWEST = 10
"""Fewer events in an hour are no rise that somebody should be told of."""
LEAD_HOURS, TAIL_HOURS = 1, 1
"""Around a rise: when it began is told by the hour before, and a throttle's second firing by the hour after."""


def hours_of(period: CountedPeriod, issue: str, conditions: Iterable[tuple[AlertCondition, int]]) -> Hours:
    """Hours whose minutes decide whether all of the conditions may hold: the open ones, and those of their windows.

    Args:
        period: with its counts by the hour.
        issue: number.
        conditions: each with the seconds of its window.
    """
    rows = list(conditions)
    open_cells = [(start, end) for start, end, _ in _highest(period, issue, 0)]
    for row, window in rows:
        highest = _highest(period, issue, window)
        if not _is_open(row, max((high for _, _, high in highest), default=0)):
            return set()
        still = {(start, end) for start, end, high in highest if _is_open(row, high)}
        open_cells = [cell for cell in open_cells if cell in still]
    needed: Hours = set()
    for start, end in open_cells:
        needed |= _touched(start, end, 0, 0)
        for row, window in rows:
            needed |= _touched(start, end, min(window, DAY_S), 0)
            if row.comparison_s:
                needed |= _touched(start, end, min(window, DAY_S), row.comparison_s)
    return needed


def _highest(period: CountedPeriod, issue: str, window: int) -> list[tuple[int, int, int]]:
    """The buckets of the period that may hold events, each with the most that a window ending in it may hold."""
    key = ("highest", issue, window)
    kept = period.kept.get(key)
    if kept is None:
        cells = period.cells(None, "", issue)
        kept = period.kept[key] = [
            (start, end, cells.upper(start - window, end))
            for start, end, high in zip(cells.starts, cells.ends, cells.highs, strict=True)
            # Where nothing is known of an hour, no question of round two would be short enough; nor where all that is
            # known is how many events the issue has in its whole life: that cell begins with time itself.
            if high and high < MANY and end > period.start and start < period.end and end - start <= DAY_S
        ]
    return cast("list[tuple[int, int, int]]", kept)


def _is_open(condition: AlertCondition, high: int) -> bool:
    """Whether so many events at most leave it open; of a rise, from nothing it is a hundred percent an event."""
    kind = type_of(condition.type)
    if kind.needs == "sessions" or condition.value is None:
        return high > 0
    if kind.is_percent:
        return high * 100 > condition.value
    return high > condition.value


def _touched(start: int, end: int, window: int, earlier: int) -> Hours:
    first, last = (start - window - earlier) // HOUR_S, -((earlier - end) // HOUR_S)
    return set(range(first, last))


def rise_hours(period: CountedPeriod, issue: str, factor: float) -> Hours:
    """Hours in which an issue has more events than usual, and those around them.

    Args:
        period: with its counts by the hour.
        issue: number.
        factor: so many times the median of its hours with events is a rise; a new issue rises with its first hour.
    """
    cells = period.cells(None, "", issue)
    counts = [
        (start, low)
        for start, end, low, high in zip(cells.starts, cells.ends, cells.lows, cells.highs, strict=True)
        if high < MANY and end - start <= HOUR_S
    ]
    usual = median(count for _, count in counts) if counts else 0
    risen = {
        start // HOUR_S
        for start, count in counts
        if start + HOUR_S > period.start and count >= FEWEST and count > factor * usual
    }
    return {hour + offset for hour in risen for offset in range(-LEAD_HOURS, TAIL_HOURS + 1)}
