"""Parses responses that count: Discover tables, latencies, time series, release health. Pure.

Whatever is wrong is a ValueError, which :mod:`retry` turns into our own error. Numbers that cannot be used are None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sentry_runbook.incident.model.evidence.json_values import (
    EARLIEST_EPOCH_S,
    LATEST_EPOCH_S,
    MAX_ITEMS,
)
from sentry_runbook.sentry import timeseries_json
from sentry_runbook.sentry.counts import (
    MAX_ROWS,
    Cell,
    DiscoverTable,
    LatencyTable,
    Row,
    TimeSeries,
    TransactionLatency,
)
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, next_cursor
from sentry_runbook.sentry.parsing import an_object, parsed
from sentry_runbook.sentry.status_errors import nothing_visible, unsupported
from sentry_runbook.sentry.timeseries_json import MAX_NUMBER, Points, TypedSeries

DISCOVER = RequestInfo("Discover", hint="Counts come from the issue itself, over all time.")
SERIES = RequestInfo("a time series in the resolution asked for", hint="Rates a minute stay unknown on this server.")
COUNT = "count()"
MAX_POINTS = 2 * MAX_ITEMS
NUMERAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
Point = tuple[float, float | None, bool]
"""Epoch second, value, whether it is still incomplete."""


# --- Discover


def table(response: SentryResponse, fields: Sequence[str]) -> DiscoverTable:
    """Parse a Discover table.

    Args:
        response: the response.
        fields: the columns that were requested.

    Raises:
        Unsupported: rows of something else: servers before Discover list events at the same path.
        ValueError: it is not a table.
    """
    answer = parsed(response)
    if isinstance(answer, list):
        raise unsupported(DISCOVER)
    if not isinstance(answer, dict):
        raise ValueError("not an object")  # noqa: TRY004  # see the module's docstring
    data, meta = answer.get("data"), answer.get("meta")
    if not isinstance(data, list):
        raise ValueError("no rows")  # noqa: TRY004  # see the module's docstring
    if data and not any(isinstance(row, dict) and not row.keys().isdisjoint(fields) for row in data):
        raise unsupported(DISCOVER)
    rows = tuple(
        {name: _cell(name, value) for name, value in row.items()} for row in data[:MAX_ROWS] if isinstance(row, dict)
    )
    about = meta if isinstance(meta, dict) else {}
    tips = about.get("tips")
    tip = tips.get("query") if isinstance(tips, dict) else None
    return DiscoverTable(
        rows=rows,
        next_cursor=next_cursor(response.headers.get("link")),
        why_empty="Sentry hints that the query finds nothing it may read" if tip and not rows else None,
        low_confidence=_low_confidence(about, answer.get("confidence"), rows),
        sample_counts=tuple(
            {name: int(known) for name, value in row.items() if (known := number(value)) is not None}
            for row in _accuracy(about, "sampleCount")
        ),
        is_partial=about.get("dataScanned") == "partial",
        says_scanned=about.get("dataScanned") in ("full", "partial"),
    )


def _low_confidence(meta: Mapping[str, object], beside: object, rows: Sequence[Row]) -> tuple[frozenset[str], ...]:
    """Of each row the fields of low confidence; servers say it in ``meta``, beside the rows, or in one word for all."""
    accuracy = meta.get("accuracy")
    said = accuracy.get("confidence") if isinstance(accuracy, dict) else beside
    if isinstance(said, str):
        return tuple(frozenset(row) for row in rows) if said == "low" else ()
    listed = (row if isinstance(row, dict) else {} for row in (said if isinstance(said, list) else ())[:MAX_ROWS])
    return tuple(frozenset(name for name, value in row.items() if value == "low") for row in listed)


def _accuracy(meta: Mapping[str, object], kind: str) -> list[dict[str, Any]]:
    """What ``meta.accuracy`` says of each row, by field; empty where it says nothing."""
    accuracy = meta.get("accuracy")
    rows = accuracy.get(kind) if isinstance(accuracy, dict) else None
    return [row if isinstance(row, dict) else {} for row in (rows if isinstance(rows, list) else ())[:MAX_ROWS]]


def _cell(name: str, value: object) -> Cell:
    """Return a text, a flag or a finite number as it is, anything else as None; none counts or lasts less than 0."""
    # With its bracket: a tag may be called "country", "counter" or "p95_bucket".
    is_count = name.startswith(("count(", "count_unique(", "count_if(", "p95("))
    if isinstance(value, bool) or (isinstance(value, str) and not is_count):
        return value
    known = value if isinstance(value, int) and abs(value) < MAX_NUMBER else number(value)
    return _counted(known) if is_count else known


def latency(table: DiscoverTable, p95: str, measure: str, keep: Sequence[str]) -> LatencyTable:
    """Return the latencies of the transactions in ``keep``; ``p95`` is the table's column that has them."""
    rows = []
    for index, row in enumerate(table.rows):
        samples = table.sample_counts[index] if index < len(table.sample_counts) else {}
        low = table.low_confidence[index] if index < len(table.low_confidence) else frozenset()
        name, count = row.get("transaction"), number(row.get("count()"))
        if isinstance(name, str) and name in keep:
            whole = int(count) if count is not None and count >= 0 else None
            rows.append(
                TransactionLatency(
                    transaction=name,
                    p95_ms=number(row.get(p95)),
                    count=whole,
                    samples=samples.get(p95),
                    counted_samples=samples.get(COUNT),
                    is_low=bool(low),
                )
            )
    return LatencyTable(tuple(rows), measure, is_partial=table.is_partial, is_final=table.says_scanned)


# --- time series


def timeseries(response: SentryResponse, axes: Sequence[str], interval_s: int) -> dict[str, TimeSeries]:
    """Parse an ``events-timeseries`` response, by axis.

    Raises:
        Unsupported: in another resolution than requested: the server silently replaces one that it does not know.
        Forbidden: it holds no series at all, as where the token may read no project.
        ValueError: it is not the response to these axes.
    """
    typed = timeseries_json.decode_timeseries(response.body)
    if typed == []:
        raise nothing_visible(SERIES)
    by_axis: dict[str, TimeSeries] = {}
    for axis, interval_ms, points in _odd_timeseries(response) if typed is None else typed:
        if axis not in axes or axis in by_axis:
            continue
        if interval_ms is not None and interval_ms != interval_s * 1000:
            raise unsupported(SERIES)
        by_axis[axis] = _regular(points, interval_s)
    if set(by_axis) != set(axes):
        raise ValueError("not the series asked for")
    return by_axis


def _odd_timeseries(response: SentryResponse) -> Iterator[TypedSeries]:
    """Read the response value by value, when something in it is odd: what can be read is kept, the rest is unknown."""
    series = an_object(response).get("timeSeries")
    for item in series if isinstance(series, list) else []:
        if not isinstance(item, dict) or not isinstance(axis := item.get("yAxis"), str):
            continue
        meta = item.get("meta")
        interval_ms = None
        if isinstance(meta, dict) and "interval" in meta:
            # An interval that is not a number is not the requested one.
            interval_ms = number(meta["interval"]) or 0.0
        yield TypedSeries(axis, interval_ms, _columns(map(_point, _list(item.get("values")))))


def _point(point: object) -> Point | None:
    """Read ``{"timestamp": ms, "value": n, "incomplete": bool}`` as a point; None without a time."""
    if not isinstance(point, dict) or (at := number(point.get("timestamp"))) is None:
        return None
    return at / 1000, number(point.get("value")), point.get("incomplete") is True


def stats_series(response: SentryResponse, axes: Sequence[str], interval_s: int) -> dict[str, TimeSeries]:
    """Parse an ``events-stats`` response: one series for one axis, for several an object of series by axis.

    One series in answer to several axes comes from a server that counts events whatever is asked: it is never taken
    for users.

    Raises:
        Unsupported: in another resolution than requested, or of events only where other axes were requested.
        Forbidden: it holds no point at all, as where the token may read no project.
        ValueError: it is not the response to these axes.
    """
    typed = timeseries_json.decode_stats(response.body)
    points = _odd_stats(response) if typed is None else typed
    if isinstance(points, Points) and not points.times:
        raise nothing_visible(SERIES)
    by_axis = {COUNT: points} if isinstance(points, Points) else points
    series = {axis: _regular(by_axis[axis], interval_s) for axis in axes if axis in by_axis}
    if not series and COUNT in by_axis:
        raise unsupported(SERIES)
    if not series or (COUNT in axes and COUNT not in series):
        raise ValueError("not the series asked for")
    return series


def _odd_stats(response: SentryResponse) -> dict[str, Points]:
    """Read the response value by value, when something in it is odd."""
    answer = an_object(response)
    parts: dict[str, object] = {COUNT: answer} if "data" in answer else answer
    return {
        axis: _columns(map(_pair, _list(part.get("data")))) for axis, part in parts.items() if isinstance(part, dict)
    }


def _pair(pair: object) -> Point | None:
    """Read ``[epoch_s, [{"count": n}]]`` as a point; None without a time."""
    if not isinstance(pair, list) or len(pair) != 2 or (at := number(pair[0])) is None:
        return None
    counts = pair[1][0] if isinstance(pair[1], list) and pair[1] else None
    return at, number(counts.get("count")) if isinstance(counts, dict) else None, False


def series_of_points(values: object, interval_s: int) -> TimeSeries:
    """One series of an ``events-timeseries`` response, by its points.

    Raises:
        Unsupported: the points are in another resolution.
        ValueError: there are none.
    """
    return _regular(_columns(map(_point, _list(values))), interval_s)


def series_of_pairs(data: object, interval_s: int) -> TimeSeries:
    """One series of an ``events-stats`` response, by its pairs; raises as :func:`series_of_points`."""
    return _regular(_columns(map(_pair, _list(data))), interval_s)


def _list(value: object) -> list[object]:
    """Return the first points of a list, and none of anything else, which is an error only for a requested axis."""
    return value[:MAX_POINTS] if isinstance(value, list) else []


def _columns(read: Iterable[Point | None]) -> Points:
    points = [point for point in read if point is not None and EARLIEST_EPOCH_S <= point[0] < LATEST_EPOCH_S]
    incomplete_from = min((at for at, _, incomplete in points if incomplete), default=None)
    return Points([at for at, _, _ in points], [_counted(value) for _, value, _ in points], incomplete_from)


def _counted(value: float | None) -> float | None:
    """Return a count; fewer than none is no count."""
    return value if value is None or value >= 0 else None


def _regular(points: Points, interval_s: int) -> TimeSeries:
    """Lay points out on a regular grid: a missing point is None, the first incomplete one ends what is complete.

    Raises:
        Unsupported: the points are not on such a grid.
        ValueError: there are none.
    """
    times = points.times[:MAX_POINTS]
    if not times:
        raise ValueError("an empty series")
    first = int(times[0])
    on_grid = tuple(points.values[:MAX_POINTS])
    # Nearly every series is in order and without gaps, which one comparison shows.
    if times != list(range(first, first + len(times) * interval_s, interval_s)):
        first, on_grid = _laid_out(_by_time(zip(map(int, times), on_grid, strict=True)), interval_s)
    open_from = points.incomplete_from
    return TimeSeries(
        start=datetime.fromtimestamp(first, UTC),
        step_s=interval_s,
        values=on_grid,
        complete_until=datetime.fromtimestamp(int(open_from), UTC) if open_from is not None else None,
    )


def _by_time(points: Iterable[tuple[int, float | None]]) -> dict[int, float | None]:
    """The value of each time; two values of one time that differ are unknown."""
    values: dict[int, float | None] = {}
    for at, value in points:
        values[at] = value if values.setdefault(at, value) == value else None
    return values


def _laid_out(values: Mapping[int, float | None], interval_s: int) -> tuple[int, tuple[float | None, ...]]:
    """Lay out points with gaps or in another order: the epoch second of the first one, and a value for each step."""
    times = sorted(values)
    first, last = times[0], times[-1]
    # A longer or finer grid than requested is not laid out at all: it may be huge.
    finest = min((later - at for at, later in pairwise(times)), default=interval_s)
    if last - first >= MAX_POINTS * interval_s or finest != interval_s:
        raise unsupported(SERIES)
    grid = range(first, last + 1, interval_s)
    if not values.keys() <= set(grid):
        raise unsupported(SERIES)
    return first, tuple(map(values.get, grid))


def joined(parts: Sequence[TimeSeries]) -> TimeSeries:
    """Put stretches of one series together in order of time; what lies between them is unknown.

    Raises:
        Unsupported: they are further apart than any window that is asked for.
    """
    if len(parts) == 1:
        return parts[0]
    first = min(parts, key=lambda part: part.start)
    offsets = [int((part.start - first.start).total_seconds()) // first.step_s for part in parts]
    length = max(offset + len(part.values) for offset, part in zip(offsets, parts, strict=True))
    # A server can say any time it likes: parts that lie centuries apart would be laid out as billions of values.
    if length > MAX_POINTS * len(parts):
        raise unsupported(SERIES)
    values: list[float | None] = [None] * length
    for offset, part in zip(offsets, parts, strict=True):
        values[offset : offset + len(part.values)] = part.values
    incomplete = [part.complete_until for part in parts if part.complete_until is not None]
    return replace(first, values=tuple(values), complete_until=min(incomplete, default=None))


def number(value: object) -> float | None:
    """Return a number as a float; None for other types, for flags, and beyond what is counted.

    A number may be written as text: stores quote integers of 64 bits, which JavaScript would round.
    """
    if isinstance(value, str) and NUMERAL.fullmatch(value):
        value = float(value)
    # NaN fails the comparison too.
    return float(value) if (type(value) is int or type(value) is float) and -MAX_NUMBER <= value <= MAX_NUMBER else None
