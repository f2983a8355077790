"""Typed decoding of time series answers, straight from JSON to numbers. Pure.

A triage reads some 9,000 points, and looking at each as a dictionary of unknown values took longer than parsing it.
Here msgspec checks types and ranges while it parses, and skips all fields that are not declared. It is strict: a
response with one odd value is not decoded at all (None), and :mod:`parse_counts` reads it leniently, value by value.

Memory stays bounded without counting parts first, by the size of what is decoded here: the smallest point is 9 bytes
of JSON and some 200 bytes of memory.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from sentry_runbook.incident.model.evidence.json_values import EARLIEST_EPOCH_S, LATEST_EPOCH_S

MAX_BYTES = 2_000_000
"""Of a response that is decoded by type: 10,000 points of two axes take 1.3 MB."""
MAX_NUMBER = 1e15
"""Larger numbers are unknown: whatever they count, it is not events."""

Number = Annotated[float, Meta(ge=0, le=MAX_NUMBER)]
EpochSeconds = Annotated[float, Meta(ge=EARLIEST_EPOCH_S, lt=LATEST_EPOCH_S)]
EpochMilliseconds = Annotated[float, Meta(ge=EARLIEST_EPOCH_S * 1000, lt=LATEST_EPOCH_S * 1000)]


class Points(NamedTuple):
    """The points of one axis, in the order of the response.

    Attributes:
        times: epoch seconds.
        values: one for each time; None where Sentry gave no number.
        incomplete_from: epoch second of the first incomplete point; None when all are complete.
    """

    times: list[float]
    values: list[float | None]
    incomplete_from: float | None = None


class TypedSeries(NamedTuple):
    """One series of an ``events-timeseries`` response; ``interval_ms`` is None when the response does not say it."""

    axis: str
    interval_ms: float | None
    points: Points


# --- events-timeseries: {"timeSeries": [{"yAxis", "meta": {"interval"}, "values": [{"timestamp", "value", …}]}]}


class _Point(msgspec.Struct, gc=False):
    timestamp: EpochMilliseconds
    value: Number | None = None
    incomplete: bool = False


class _SeriesMeta(msgspec.Struct, gc=False):
    interval: float | UnsetType = UNSET


class _Series(msgspec.Struct, rename="camel"):
    y_axis: str
    values: list[_Point]
    meta: _SeriesMeta | UnsetType = UNSET


class _TimeseriesAnswer(msgspec.Struct, rename="camel"):
    time_series: list[_Series]


# --- events-stats: {"data": [[epoch_s, [{"count"}]]]} for one axis, {axis: {"data": …}} for several


class _Count(msgspec.Struct, gc=False):
    count: Number | None = None


class _Stats(msgspec.Struct):
    data: list[tuple[EpochSeconds, list[_Count]]]


class _StatsAnswer(msgspec.Struct):
    data: list[tuple[EpochSeconds, list[_Count]]] | UnsetType = UNSET


_timeseries_decoder = msgspec.json.Decoder(_TimeseriesAnswer)
_stats_decoder = msgspec.json.Decoder(_StatsAnswer)
_stats_by_axis_decoder = msgspec.json.Decoder(dict[str, _Stats])


def decode_timeseries(body: bytes) -> list[TypedSeries] | None:
    """Decode an ``events-timeseries`` response; None when anything in it is odd, or it is larger than MAX_BYTES."""
    if len(body) > MAX_BYTES:
        return None
    try:
        answer = _timeseries_decoder.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return [TypedSeries(series.y_axis, _interval_ms(series), _points(series.values)) for series in answer.time_series]


def decode_stats(body: bytes) -> Points | dict[str, Points] | None:
    """Decode an ``events-stats`` response: its one series, or its series by axis; None as in decode_timeseries."""
    if len(body) > MAX_BYTES:
        return None
    try:
        single = _stats_decoder.decode(body).data
        if single is not UNSET:
            return _pairs(single)
        return {axis: _pairs(stats.data) for axis, stats in _stats_by_axis_decoder.decode(body).items()}
    except (msgspec.DecodeError, RecursionError):
        return None


def _interval_ms(series: _Series) -> float | None:
    meta = series.meta
    return None if meta is UNSET or meta.interval is UNSET else meta.interval


def _points(points: list[_Point]) -> Points:
    return Points(
        [point.timestamp / 1000 for point in points],
        [point.value for point in points],
        min([point.timestamp / 1000 for point in points if point.incomplete], default=None),
    )


def _pairs(pairs: list[tuple[float, list[_Count]]]) -> Points:
    return Points([at for at, _ in pairs], [counts[0].count if counts else None for _, counts in pairs])
