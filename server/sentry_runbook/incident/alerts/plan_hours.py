"""In which hours the counts by the hour leave a condition on an issue open, and in which an issue rose. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from sentry_runbook.incident.alerts.replay_cells import MANY
from sentry_runbook.incident.alerts.replay_series import CountedPeriod
from sentry_runbook.incident.model.evidence.alert_conditions import type_of
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition

HOUR_S = 3600
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
    cells = period.cells(None, "", issue)
    rows = list(conditions)
    needed: Hours = set()
    for index in _open_cells(period, issue, rows):
        start, end = cells.starts[index], cells.ends[index]
        needed |= _touched(start, end, 0, 0)
        for row, window in rows:
            needed |= _touched(start, end, min(window, 24 * HOUR_S), 0)
            if row.comparison_s:
                needed |= _touched(start, end, min(window, 24 * HOUR_S), row.comparison_s)
    return needed


def _open_cells(period: CountedPeriod, issue: str, rows: Sequence[tuple[AlertCondition, int]]) -> list[int]:
    """Cells with events at whose end all of the conditions may hold; for each condition looked up once an issue.

    Hundreds of alerts differ in few limits and windows: what is open to one of them is open to all that ask the same.
    """
    found = _eventful_cells(period, issue)
    for row, window in rows:
        kind = type_of(row.type)
        key = ("open", issue, kind.needs == "sessions", kind.is_percent, row.value, window)
        kept = period.kept.get(key)
        if not isinstance(kept, frozenset):
            cells = period.cells(None, "", issue)
            kept = frozenset(
                index
                for index in _eventful_cells(period, issue)
                if _is_open(row, cells.upper(cells.starts[index] - window, cells.ends[index]))
            )
            period.kept[key] = kept
        found = [index for index in found if index in kept]
    return found


def _eventful_cells(period: CountedPeriod, issue: str) -> list[int]:
    """Cells of the period with events. Where nothing is known of an hour, no question would be short enough."""
    key, cells = ("eventful", issue), period.cells(None, "", issue)
    kept = period.kept.get(key)
    if not isinstance(kept, list):
        kept = [
            index
            for index, (start, end, high) in enumerate(zip(cells.starts, cells.ends, cells.highs, strict=True))
            if high and high < MANY and end > period.start and start < period.end
        ]
        period.kept[key] = kept
    return kept


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
