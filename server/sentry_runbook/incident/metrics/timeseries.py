"""Arithmetic on time series: cut, add up, coarsen, draw, and find the fullest hour and minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.model.evidence import Frozen, Series

HOUR_S = 3600
MINUTE_S = 60
BLOCKS = "▁▂▃▄▅▆▇█"
UNMEASURED = "·"


class Peak(Frozen):
    """The fullest stretch of a series.

    Attributes:
        at: where the stretch starts.
        value: how much it holds.
        complete: False while the stretch may still grow.
    """

    at: datetime
    value: int
    complete: bool = True


def end_of(series: Series) -> datetime:
    """Where the last bucket ends."""
    return series.start + timedelta(seconds=series.step_s * len(series.values))


def time_of(series: Series, index: int) -> datetime:
    """Where bucket ``index`` starts."""
    return series.start + timedelta(seconds=series.step_s * index)


def index_at(series: Series, instant: datetime) -> int:
    """The first bucket that starts at or after ``instant``; between 0 and the number of buckets."""
    seconds = (instant - series.start).total_seconds()
    return min(max(-int(-seconds // series.step_s), 0), len(series.values))


def between(series: Series, start: datetime, end: datetime) -> Series:
    """The buckets that start in ``[start, end)``."""
    first, last = index_at(series, start), index_at(series, end)
    return series.model_copy(update={"start": time_of(series, first), "values": series.values[first:last]})


def in_window(series: Series, start: datetime, end: datetime) -> Series:
    """The buckets that overlap ``[start, end)``: with the one that was already running at ``start``."""
    return between(series, start - timedelta(seconds=series.step_s) + timedelta(microseconds=1), end)


def total(series: Series) -> int | None:
    """Sum of the measured buckets; None when none was measured."""
    measured = [value for value in series.values if value is not None]
    return round(sum(measured)) if measured else None


def is_open(series: Series, index: int) -> bool:
    """Whether bucket ``index`` may still grow."""
    return time_of(series, index + 1) > series.complete_until


def resample(series: Series, step_s: int) -> Series:
    """The series in coarser buckets, counted from its own start; a bucket without any measured part stays None."""
    size = max(1, step_s // series.step_s)
    groups = (series.values[at : at + size] for at in range(0, len(series.values), size))
    return series.model_copy(update={"step_s": size * series.step_s, "values": tuple(map(_added, groups))})


def _added(values: Iterable[float | None]) -> float | None:
    measured = [value for value in values if value is not None]
    return sum(measured) if measured else None


def sparkline(series: Series, width: int = 24) -> str:
    """The series as at most ``width`` block characters, scaled to its highest; ``·`` where nothing was measured."""
    if not series.values:
        return ""
    size = -(-len(series.values) // width)
    values = resample(series, size * series.step_s).values
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(map(lambda value: _block(value, top), values))  # noqa: C417  # the generator form hides the scale


def _block(value: float | None, top: float) -> str:
    if value is None:
        return UNMEASURED
    if value <= 0 or top <= 0:
        return BLOCKS[0]
    # Anything above zero is visible: a lone event must not look like none.
    return BLOCKS[max(1, round(value / top * (len(BLOCKS) - 1)))]


def hour_sums(series: Series) -> Iterator[tuple[int, int]]:
    """First bucket and sum of each rolling hour that lies in the series; one, the whole, when it is shorter."""
    size = max(1, HOUR_S // series.step_s)
    values = [value or 0.0 for value in series.values]
    running = sum(values[:size])
    yield 0, round(running)
    for first in range(1, len(values) - size + 1):
        running += values[first + size - 1] - values[first - 1]
        yield first, round(running)


def worst_hour(series: Series) -> Peak | None:
    """The rolling hour with most events, the earliest of equals.

    None when nothing was measured or the buckets are longer than an hour.
    """
    if series.step_s > HOUR_S or total(series) is None:
        return None
    first, most = max(hour_sums(series), key=lambda hour: (hour[1], -hour[0]))
    last = min(first + HOUR_S // series.step_s, len(series.values)) - 1
    return Peak(at=time_of(series, first), value=most, complete=not is_open(series, last))


def busiest_minute(series: Series, threshold: int) -> Peak | None:
    """The fullest elapsed clock minute, the earliest of equals.

    A minute that is still open counts only when it is already above ``threshold`` (DESIGN §5, rule 2). None when the
    series has no minutes or none was measured.
    """
    if series.step_s != MINUTE_S:
        return None
    best: Peak | None = None
    for index, value in enumerate(series.values):
        if value is None or (is_open(series, index) and value <= threshold):
            continue
        if best is None or round(value) > best.value:
            best = Peak(at=time_of(series, index), value=round(value), complete=not is_open(series, index))
    return best
