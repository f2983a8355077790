"""Replies → models, where an endpoint's answer is not simply one of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import TypeAdapter

from sentry_runbook.sentry import models
from sentry_runbook.sentry.wire import Asked, Reply, absent, next_cursor

M = TypeVar("M", bound=models.Answer)
DISCOVER = Asked("Discover", hint="Counts come from the issue itself, over all time.")


def one(model: type[M]) -> Callable[[Reply], M]:
    """A reply that is one object."""
    return lambda reply: model.model_validate_json(reply.body)


def _items(model: type[M], reply: Reply) -> tuple[M, ...]:
    """The items of a list; one that cannot be read is left out."""
    adapter: TypeAdapter[tuple[M, ...]] = _list_adapter(model)
    return adapter.validate_json(reply.body)


_adapters: dict[type, TypeAdapter[tuple[object, ...]]] = {}


def _list_adapter(model: type[M]) -> TypeAdapter[tuple[M, ...]]:
    if model not in _adapters:
        _adapters[model] = TypeAdapter(tuple[models.Item[model], ...])  # type: ignore[valid-type]  # a type at run time
    return _adapters[model]  # type: ignore[return-value]  # keyed by its own model


def many(model: type[M]) -> Callable[[Reply], tuple[M, ...]]:
    """A reply that is a list; an item that cannot be read is left out."""
    return lambda reply: _items(model, reply)


def page(model: type[M]) -> Callable[[Reply], models.Page[M]]:
    """A page of a list, with the cursor of the next."""

    def parse(reply: Reply) -> models.Page[M]:
        hits = reply.headers.get("x-hits", "")
        return models.Page[M](
            items=_items(model, reply),
            next_cursor=next_cursor(reply.headers.get("link")),
            hits=int(hits) if hits.isdigit() and len(hits) < 12 else None,
        )

    return parse


def many_at(key: str, model: type[M]) -> Callable[[Reply], tuple[M, ...]]:
    """A reply that is an object with a list in it."""

    def parse(reply: Reply) -> tuple[M, ...]:
        return _list_adapter(model).validate_python(_object(reply).get(key))

    return parse


def text_at(key: str) -> Callable[[Reply], str | None]:
    """One text, or number read as text, of a reply that is an object."""

    def parse(reply: Reply) -> str | None:
        value = _object(reply).get(key)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None

    return parse


def _object(reply: Reply) -> dict[str, object]:
    parsed = json.loads(reply.body)
    if not isinstance(parsed, dict):
        raise ValueError("not an object")  # noqa: TRY004  # ValueError is what "not Sentry's" means here
    return parsed


def table(reply: Reply, fields: Sequence[str]) -> models.Table:
    """A Discover answer.

    Raises:
        Unsupported: rows of something else: servers before Discover list events at the same place.
    """
    if reply.body.lstrip()[:1] == b"[":
        raise absent(DISCOVER)
    answer = _object(reply)
    data, meta = answer.get("data"), answer.get("meta")
    if not isinstance(data, list):
        raise ValueError("no rows")  # noqa: TRY004  # as above
    if data and not any(isinstance(row, dict) and not row.keys().isdisjoint(fields) for row in data):
        raise absent(DISCOVER)
    rows = tuple(
        {str(name): value for name, value in row.items() if value is None or isinstance(value, str | int | float)}
        for row in data[: models.MOST_ROWS]
        if isinstance(row, dict)
    )
    tips = meta.get("tips") if isinstance(meta, dict) else None
    tip = tips.get("query") if isinstance(tips, dict) else None
    return models.Table(
        rows=rows,
        dataset=meta["dataset"] if isinstance(meta, dict) and isinstance(meta.get("dataset"), str) else None,
        next_cursor=next_cursor(reply.headers.get("link")),
        why_empty="Sentry hints that the query finds nothing it may read" if tip and not rows else None,
    )


def latency(table: models.Table, p95: str, measure: str, keep: Sequence[str] | None = None) -> models.Latency:
    """Latencies of a Discover answer."""
    rows = []
    for row in table.rows:
        name, value, count = row.get("transaction"), row.get(p95), row.get("count()")
        if not isinstance(name, str) or (keep is not None and name not in keep):
            continue
        rows.append(
            models.LatencyRow(
                transaction=name,
                p95_ms=float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None,
                count=int(count) if isinstance(count, int | float) and not isinstance(count, bool) else None,
            )
        )
    return models.Latency(rows=tuple(rows), measure=measure)


def timeseries(reply: Reply, axes: Sequence[str], interval_s: int) -> dict[str, models.Series]:
    """``events-timeseries``: a bad interval is silently replaced by the server, so its own word counts."""
    found: dict[str, models.Series] = {}
    series = _object(reply).get("timeSeries")
    for one in series if isinstance(series, list) else []:
        if not isinstance(one, dict) or one.get("yAxis") not in axes or one["yAxis"] in found:
            continue
        meta, values = one.get("meta"), one.get("values")
        interval = meta.get("interval") if isinstance(meta, dict) else None
        if interval != interval_s * 1000 or not isinstance(values, list):
            raise ValueError("another resolution than asked")
        points = [
            (int(point["timestamp"]) // 1000, _number(point.get("value")), point.get("incomplete") is True)
            for point in values
            if isinstance(point, dict) and isinstance(point.get("timestamp"), int | float)
        ]
        found[str(one["yAxis"])] = _regular(points, interval_s)
    if set(found) != set(axes):
        raise ValueError("not the series asked for")
    return found


def stats_series(reply: Reply, axes: Sequence[str], interval_s: int) -> dict[str, models.Series]:
    """``events-stats``: one series, or an object of series by axis."""
    answer = _object(reply)
    found = {}
    for axis in axes:
        part = answer if "data" in answer else answer.get(axis)
        data = part.get("data") if isinstance(part, dict) else None
        if not isinstance(data, list):
            raise ValueError("no series")  # noqa: TRY004  # as above
        points = [
            (
                int(pair[0]),
                _number(pair[1][0].get("count")) if pair[1] and isinstance(pair[1][0], dict) else None,
                False,
            )
            for pair in data
            if isinstance(pair, list)
            and len(pair) == 2
            and isinstance(pair[0], int | float)
            and isinstance(pair[1], list)
        ]
        if len(points) > 1 and points[1][0] - points[0][0] != interval_s:
            raise ValueError("another resolution than asked")
        found[axis] = _regular(points, interval_s)
    return found


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _regular(points: Sequence[tuple[int, float | None, bool]], interval_s: int) -> models.Series:
    """Points on a regular grid; a place without a point is None, the first incomplete one ends what is complete."""
    if not points:
        raise ValueError("an empty series")
    first, last = min(at for at, _, _ in points), max(at for at, _, _ in points)
    places = (last - first) // interval_s + 1
    if places > models.MOST_ITEMS * 2:
        raise ValueError("too many points")
    values: list[float | None] = [None] * places
    for at, value, _ in points:
        values[(at - first) // interval_s] = value
    open_from = min((at for at, _, incomplete in points if incomplete), default=None)
    return models.Series(
        start=datetime.fromtimestamp(first, UTC),
        step_s=interval_s,
        values=tuple(values),
        complete_until=datetime.fromtimestamp(open_from, UTC) if open_from is not None else None,
    )


def joined(parts: Sequence[models.Series]) -> models.Series:
    """Stretches of one series put together in order of time; what lies between them is unknown."""
    first = parts[0]
    places: dict[int, float | None] = {}
    for part in parts:
        offset = int((part.start - first.start).total_seconds()) // first.step_s
        places |= {offset + at: value for at, value in enumerate(part.values)}
    incomplete = [part.complete_until for part in parts if part.complete_until is not None]
    return first.model_copy(
        update={
            "values": tuple(places.get(at) for at in range(max(places, default=-1) + 1)),
            "complete_until": min(incomplete, default=None),
        }
    )


def sessions(reply: Reply, *, has_unhandled_rate: bool) -> models.Sessions:
    """Release health by environment."""
    answer = _object(reply)
    moments = TypeAdapter(tuple[models.Moment, ...])
    intervals = moments.validate_python(answer.get("intervals") or [])
    start, end = moments.validate_python([answer.get("start"), answer.get("end")])
    known = tuple(at for at in intervals if at is not None)
    if start is None or end is None:
        raise ValueError("no range")
    groups = answer.get("groups")
    return models.Sessions(
        start=start,
        end=end,
        intervals=known,
        groups=tuple(_session_group(group) for group in groups if isinstance(group, dict))
        if isinstance(groups, list)
        else (),
        has_unhandled_rate=has_unhandled_rate,
    )


def _session_group(group: dict[str, object]) -> models.SessionGroup:
    by, totals, series = (part if isinstance(part, dict) else {} for part in map(group.get, ("by", "totals", "series")))

    def hourly(name: str) -> tuple[float | None, ...]:
        values = series.get(name)
        return tuple(_number(value) for value in values) if isinstance(values, list) else ()

    name, count = by.get("environment"), _number(totals.get("sum(session)"))
    return models.SessionGroup(
        environment=name if isinstance(name, str) else None,
        sessions=int(count) if count is not None and count >= 0 else None,
        crash_rate=_fraction(_number(totals.get("crash_rate(session)"))),
        unhandled_rate=_fraction(_number(totals.get("unhandled_rate(session)"))),
        sessions_by_hour=hourly("sum(session)"),
        crash_rate_by_hour=tuple(_fraction(rate) for rate in hourly("crash_rate(session)")),
        unhandled_rate_by_hour=tuple(_fraction(rate) for rate in hourly("unhandled_rate(session)")),
    )


def _fraction(rate: float | None) -> float | None:
    """Sessions speak in fractions (rule 17); anything else is no rate."""
    return rate if rate is not None and 0 <= rate <= 1 else None
