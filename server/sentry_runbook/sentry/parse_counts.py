"""Replies that count → :mod:`.counts`: Discover tables, latencies, time series, release health. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sentry_runbook.incident.model.evidence.json_values import MAX_ITEMS, list_of, moment_of
from sentry_runbook.sentry.counts import (
    MAX_ROWS,
    Cell,
    DiscoverTable,
    EnvironmentSessions,
    LatencyTable,
    SessionCounts,
    TimeSeries,
    TransactionLatency,
)
from sentry_runbook.sentry.messages import Asked, Reply, next_cursor
from sentry_runbook.sentry.parsing import an_object, parsed
from sentry_runbook.sentry.status_errors import absent

DISCOVER = Asked("Discover", hint="Counts come from the issue itself, over all time.")
SERIES = Asked("a time series in the resolution asked for", hint="Rates a minute stay unknown on this server.")
COUNT = "count()"
MOST_PLACES = 2 * MAX_ITEMS
LATEST_EPOCH_S = 1e11


# --- Discover


def table(reply: Reply, fields: Sequence[str]) -> DiscoverTable:
    """A Discover answer.

    Raises:
        Unsupported: rows of something else: servers before Discover list events at the same place.
    """
    answer = parsed(reply)
    if isinstance(answer, list):
        raise absent(DISCOVER)
    if not isinstance(answer, dict):
        raise ValueError("not an object")  # noqa: TRY004  # the sender expects ValueError
    data, meta = answer.get("data"), answer.get("meta")
    if not isinstance(data, list):
        raise ValueError("no rows")  # noqa: TRY004  # the sender expects ValueError
    if data and not any(isinstance(row, dict) and not row.keys().isdisjoint(fields) for row in data):
        raise absent(DISCOVER)
    rows = tuple(
        {str(name): _cell(value) for name, value in row.items()} for row in data[:MAX_ROWS] if isinstance(row, dict)
    )
    about = meta if isinstance(meta, dict) else {}
    tips, dataset = about.get("tips"), about.get("dataset")
    tip = tips.get("query") if isinstance(tips, dict) else None
    return DiscoverTable(
        rows=rows,
        dataset=dataset if isinstance(dataset, str) else None,
        next_cursor=next_cursor(reply.headers.get("link")),
        why_empty="Sentry hints that the query finds nothing it may read" if tip and not rows else None,
    )


def _cell(value: object) -> Cell:
    """Text, a flag or a number that can be counted with; anything else is unknown."""
    return value if isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < 1e15) else _number(value)


def latency(table: DiscoverTable, p95: str, measure: str, keep: Sequence[str]) -> LatencyTable:
    """Latencies of a Discover answer, of these transactions."""
    rows = []
    for row in table.rows:
        name, count = row.get("transaction"), _number(row.get("count()"))
        if isinstance(name, str) and name in keep:
            whole = int(count) if count is not None and count >= 0 else None
            rows.append(TransactionLatency(transaction=name, p95_ms=_number(row.get(p95)), count=whole))
    return LatencyTable(rows=tuple(rows), measure=measure)


# --- time series


def timeseries(reply: Reply, axes: Sequence[str], interval_s: int) -> dict[str, TimeSeries]:
    """``events-timeseries``, by axis.

    Raises:
        Unsupported: in another resolution than asked: the server replaces one that it does not know in silence.
    """
    found: dict[str, TimeSeries] = {}
    series = an_object(reply).get("timeSeries")
    for one in series if isinstance(series, list) else []:
        axis = one.get("yAxis") if isinstance(one, dict) else None
        if not isinstance(axis, str) or axis not in axes or axis in found:
            continue
        meta, values = one.get("meta"), one.get("values")
        if isinstance(meta, dict) and meta.get("interval", interval_s * 1000) != interval_s * 1000:
            raise absent(SERIES)
        found[axis] = _regular(map(_point, _list(values)), interval_s)
    if set(found) != set(axes):
        raise ValueError("not the series asked for")
    return found


def _point(point: object) -> tuple[float, float | None, bool] | None:
    """Epoch second, value, whether it is still incomplete; None when it cannot be read."""
    if not isinstance(point, dict) or (at := _number(point.get("timestamp"))) is None:
        return None
    return at / 1000, _number(point.get("value")), point.get("incomplete") is True


def stats_series(reply: Reply, axes: Sequence[str], interval_s: int) -> dict[str, TimeSeries]:
    """``events-stats``: one series for one axis, for several an object of series by axis.

    One series in answer to several axes comes from a server that counts events whatever is asked: it is never taken
    for users.

    Raises:
        Unsupported: in another resolution than asked, or of events only where others were asked for.
    """
    answer = an_object(reply)
    parts: dict[str, object] = {COUNT: answer} if "data" in answer else answer
    found = {
        axis: _regular(map(_pair, _list(part.get("data"))), interval_s)
        for axis in axes
        if isinstance(part := parts.get(axis), dict)
    }
    if not found and COUNT in parts:
        raise absent(SERIES)
    if not found:
        raise ValueError("not the series asked for")
    return found


def _pair(pair: object) -> tuple[float, float | None, bool] | None:
    """``[epoch_s, [{"count": n}]]``, read as a point."""
    if not isinstance(pair, list) or len(pair) != 2 or (at := _number(pair[0])) is None:
        return None
    counts = pair[1][0] if isinstance(pair[1], list) and pair[1] else None
    return at, _number(counts.get("count")) if isinstance(counts, dict) else None, False


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError("no points")  # noqa: TRY004  # the sender expects ValueError
    return value[:MOST_PLACES]


def _regular(read: Iterable[tuple[float, float | None, bool] | None], interval_s: int) -> TimeSeries:
    """Points on a regular grid; a place without a point is None, the first incomplete one ends what is complete.

    Raises:
        Unsupported: the points do not stand on such a grid.
    """
    points = [one for one in read if one is not None and 0 <= one[0] < LATEST_EPOCH_S]
    values = {int(at): value for at, value, _ in points}
    if not values:
        raise ValueError("an empty series")
    times = sorted(values)
    first, last = times[0], times[-1]
    # A longer or finer grid than was asked for is not laid out at all: it may be huge.
    if last - first >= MOST_PLACES * interval_s or (len(times) > 1 and times[1] - first != interval_s):
        raise absent(SERIES)
    grid = range(first, last + 1, interval_s)
    if not values.keys() <= set(grid):
        raise absent(SERIES)
    open_from = min((int(at) for at, _, incomplete in points if incomplete), default=None)
    return TimeSeries(
        start=datetime.fromtimestamp(first, UTC),
        step_s=interval_s,
        values=tuple(map(values.get, grid)),
        complete_until=datetime.fromtimestamp(open_from, UTC) if open_from is not None else None,
    )


def joined(parts: Sequence[TimeSeries]) -> TimeSeries:
    """Stretches of one series put together in order of time; what lies between them is unknown."""
    if len(parts) == 1:
        return parts[0]
    first = min(parts, key=lambda part: part.start)
    places: dict[int, float | None] = {}
    for part in parts:
        offset = int((part.start - first.start).total_seconds()) // first.step_s
        places |= {offset + at: value for at, value in enumerate(part.values)}
    incomplete = [part.complete_until for part in parts if part.complete_until is not None]
    return replace(
        first,
        values=tuple(places.get(at) for at in range(max(places, default=-1) + 1)),
        complete_until=min(incomplete, default=None),
    )


# --- release health


def sessions(reply: Reply, *, has_unhandled_rate: bool) -> SessionCounts:
    """Release health by environment."""
    answer = an_object(reply)
    intervals, groups = answer.get("intervals"), answer.get("groups")
    hours = [moment_of(at) for at in list_of(intervals)]
    start, end = moment_of(answer.get("start")), moment_of(answer.get("end"))
    if start is None or end is None:
        raise ValueError("no range")
    # An hour that cannot be read would shift all values after it, so without a full list there are no hours at all.
    known = tuple(at for at in hours if at is not None)
    return SessionCounts(
        start=start,
        end=end,
        intervals=known if len(known) == len(hours) else (),
        groups=tuple(_session_group(group) for group in groups[:MAX_ITEMS] if isinstance(group, dict))
        if isinstance(groups, list)
        else (),
        has_unhandled_rate=has_unhandled_rate,
    )


def _session_group(group: dict[str, object]) -> EnvironmentSessions:
    by, totals, series = (part if isinstance(part, dict) else {} for part in map(group.get, ("by", "totals", "series")))

    def hourly(name: str) -> tuple[float | None, ...]:
        values = series.get(name)
        return tuple(map(_number, values[:MAX_ITEMS])) if isinstance(values, list) else ()

    name, count = by.get("environment"), _number(totals.get("sum(session)"))
    crashed = tuple(map(_fraction, hourly("crash_rate(session)")))
    free = tuple(map(_fraction, hourly("crash_free_rate(session)")))
    return EnvironmentSessions(
        environment=name if isinstance(name, str) else None,
        sessions=int(count) if count is not None and count >= 0 else None,
        crash_rate=_crash_rate(totals.get("crash_rate(session)"), totals.get("crash_free_rate(session)")),
        unhandled_rate=_fraction(_number(totals.get("unhandled_rate(session)"))),
        sessions_by_hour=tuple(n if n is not None and n >= 0 else None for n in hourly("sum(session)")),
        crash_rate_by_hour=crashed or tuple(None if rate is None else 1 - rate for rate in free),
        unhandled_rate_by_hour=tuple(map(_fraction, hourly("unhandled_rate(session)"))),
    )


def _crash_rate(crashed: object, free: object) -> float | None:
    """The crash rate; older servers tell only the crash-free one."""
    rate, rest = _fraction(_number(crashed)), _fraction(_number(free))
    return rate if rate is not None or rest is None else 1 - rest


def _fraction(rate: float | None) -> float | None:
    """Sessions speak in fractions (rule 17); anything else is no rate."""
    return rate if rate is not None and 0 <= rate <= 1 else None


def _number(value: object) -> float | None:
    """A finite number; JSON knows larger ones than Python's float. No flag: those are of another type, though equal."""
    # Asked of each of the thousands of points of a triage, so it is one comparison, which NaN fails too.
    return float(value) if (type(value) is int or type(value) is float) and -1e15 <= value <= 1e15 else None
