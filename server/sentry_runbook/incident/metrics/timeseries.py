"""Arithmetic on time series: slice, sum, resample, draw as a sparkline, and find the fullest hour and busiest minute.

A bucket that Sentry did not measure is None and never 0. Values are counts: whole numbers, kept as floats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from sentry_runbook.incident.model.evidence import Frozen, Series

HOUR = timedelta(hours=1)
HOUR_S = 3600
MINUTE_S = 60
BLOCKS = "▁▂▃▄▅▆▇█"
UNMEASURED = "·"


class Peak(Frozen):
    """The fullest hour or minute of a series.

    Attributes:
        at: its start, aware UTC.
        value: its events.
        complete: False while it may still grow.
    """

    at: datetime
    value: int
    complete: bool = True


def end_of(series: Series) -> datetime:
    """End of the last bucket."""
    return series.start + timedelta(seconds=series.step_s * len(series.values))


def time_of(series: Series, index: int) -> datetime:
    """Start of bucket ``index``."""
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
    """The buckets that overlap ``[start, end)``: the one already running at ``start`` included."""
    return between(series, start - timedelta(seconds=series.step_s) + timedelta(microseconds=1), end)


def total(series: Series) -> int | None:
    """Sum of the measured buckets; None when none was measured."""
    measured = _sum(series.values)
    return None if measured is None else round(measured)


def _sum(values: Sequence[float | None]) -> float | None:
    """Sum of the measured values; None when none was measured."""
    try:
        return sum(values) if values else None  # type: ignore[arg-type]  # None raises TypeError
    except TypeError:
        measured = [value for value in values if value is not None]
        return sum(measured) if measured else None


def complete_buckets(series: Series) -> int:
    """How many buckets from the start on can no longer grow (may exceed the length of the series)."""
    return max(0, (series.complete_until - series.start) // timedelta(seconds=series.step_s))


def is_open(series: Series, index: int) -> bool:
    """Whether bucket ``index`` may still grow."""
    return index >= complete_buckets(series)


def resample(series: Series, step_s: int) -> Series:
    """The series in coarser buckets, counted from its own start; a bucket without any measured part stays None."""
    size = max(1, step_s // series.step_s)
    groups = (series.values[first : first + size] for first in range(0, len(series.values), size))
    return series.model_copy(update={"step_s": size * series.step_s, "values": tuple(map(_sum, groups))})


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
    """First bucket and sum of each rolling hour that lies in the series; one, the whole, when it is shorter.

    An unmeasured bucket adds nothing.
    """
    return enumerate(_hour_sums(series))


def fullest_hour(series: Series) -> tuple[int, int]:
    """First bucket and sum of the rolling hour with most events, the earliest of equals."""
    sums = _hour_sums(series)
    most = max(sums)
    return sums.index(most), most


def _hour_sums(series: Series) -> list[int]:
    # Prefix sums: an hour is the difference of two, whatever its number of buckets.
    size = max(1, HOUR_S // series.step_s)
    sums = list(accumulate((value or 0.0 for value in series.values), initial=0.0))
    if len(series.values) <= size:
        return [round(sums[-1])]
    return [round(after - before) for before, after in zip(sums, sums[size:], strict=False)]


def worst_hour(series: Series) -> Peak | None:
    """The rolling hour with most events, the earliest of equals.

    None when nothing was measured or the buckets are longer than an hour.
    """
    if series.step_s > HOUR_S or total(series) is None:
        return None
    first, most = fullest_hour(series)
    last = min(first + HOUR_S // series.step_s, len(series.values)) - 1
    return Peak(at=time_of(series, first), value=most, complete=not is_open(series, last))


def busiest_minute(series: Series, threshold: int) -> Peak | None:
    """The busiest elapsed clock minute, the earliest of equals.

    A minute that is still open counts only when it is already above ``threshold`` (DESIGN section 5, rule 2). None
    when the series has no minutes or none was measured.
    """
    if series.step_s != MINUTE_S:
        return None
    complete = complete_buckets(series)
    counts = [-1 if value is None else round(value) for value in series.values[:complete]]
    counts += [round(value) if value is not None and value > threshold else -1 for value in series.values[complete:]]
    most = max(counts, default=-1)
    if most < 0:
        return None
    index = counts.index(most)
    return Peak(at=time_of(series, index), value=most, complete=index < complete)
