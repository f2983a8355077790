"""Points of time series: decoded by type when the answer is clean, value by value when something in it is odd."""

from __future__ import annotations

import copy
import json
import tracemalloc
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.errors import Forbidden, SentryError, ServerFault, Unsupported
from sentry_runbook.sentry.counts import TimeSeries
from sentry_runbook.sentry.timeseries_json import MAX_BYTES, decode_stats, decode_timeseries
from tests.matrix import matrix
from tests.sentry.upstream import ORG, Answer, Upstream, client_of, gives

NEWER, OLDER = f"{ORG}/events-timeseries/", f"{ORG}/events-stats/"
END = datetime(2026, 11, 24, tzinfo=UTC)
WINDOW: dict[str, Any] = {"query": "", "start": END - timedelta(hours=1), "end": END, "project_id": "1"}
FIRST = 1_795_161_600
USERS = "count_unique(user)"
ODD = 7
"""In a list of series: it is left out, but an answer that holds it is read value by value."""


def point(index: int, value: object = 1, **more: object) -> dict[str, object]:
    return {"timestamp": (FIRST + 60 * index) * 1000, "value": value, **more}


def answer_of(*points: object, meta: object = None, axis: str = "count()") -> dict[str, Any]:
    meta = {"interval": 60_000} if meta is None else meta
    return {"timeSeries": [{"yAxis": axis, "values": list(points), "meta": meta}]}


def with_odd(answer: Mapping[str, Any]) -> dict[str, Any]:
    odd = copy.deepcopy(dict(answer))
    odd["timeSeries"].append(ODD)
    return odd


async def read(answer: object, axes: tuple[str, ...] = ("count()",), path: str = NEWER) -> dict[str, TimeSeries]:
    missing = {} if path == NEWER else {NEWER: Answer(404)}
    async with client_of(Upstream({**missing, path: gives(answer)})) as client:
        return await client.series(axes, interval_s=60, **WINDOW)


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        (3, 3.0),
        (2.5, 2.5),
        (-4, None),
        (None, None),
        ("3", 3.0),
        ("2.5", 2.5),
        ("-4", None),
        ("three", None),
        ("3 ", None),
        ("nan", None),
        ("9" * 18, None),
        ("9" * 400, None),
        (True, None),
        ([], None),
        ({}, None),
        (1e15, 1e15),
        (2e15, None),
        (-2e15, None),
        (10**400, None),
    ],
)
async def test_an_odd_value_is_unknown_and_spoils_no_other(value: object, read_as: float | None) -> None:
    assert (await read(answer_of(point(0), point(1, value), point(2))))["count()"].values == (1.0, read_as, 1.0)
    pairs = [[FIRST, [{"count": 1}]], [FIRST + 60, [{"count": value}]], [FIRST + 120, [{"count": 1}]]]
    assert (await read({"data": pairs}, path=OLDER))["count()"].values == (1.0, read_as, 1.0)


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, {"timestamp": "1"}, {"timestamp": -1}, {"timestamp": 10**20}])
async def test_a_point_without_a_time_is_left_out(odd: object) -> None:
    assert (await read(answer_of(point(0), point(1), odd, point(3))))["count()"].values == (1.0, 1.0, None, 1.0)


@pytest.mark.parametrize("odd", [None, 7, "x", [], [1], [1, [], 2], ["1", []], [-1, []], [10**20, []]])
async def test_a_pair_without_a_time_is_left_out(odd: object) -> None:
    pairs = [[FIRST, [{"count": 1}]], [FIRST + 60, [{"count": 2}]], odd, [FIRST + 180, []]]
    assert (await read({"data": pairs}, path=OLDER))["count()"].values == (1.0, 2.0, None, None)


@pytest.mark.parametrize("odd", [False, True])
async def test_what_is_complete_ends_at_the_first_incomplete_point(odd: bool) -> None:
    answer = answer_of(point(0, incomplete=False), point(1, incomplete=True), point(2, incomplete=True))
    series = (await read(with_odd(answer) if odd else answer))["count()"]
    assert series.complete_until == datetime.fromtimestamp(FIRST + 60, UTC)


async def test_an_odd_mark_of_incompleteness_is_none() -> None:
    assert (await read(answer_of(point(0, incomplete="yes"))))["count()"].complete_until is None


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize(
    ("indices", "values"),
    [
        ((0, 1, 2), (0.0, 1.0, 2.0)),
        ((2, 1, 0), (0.0, 1.0, 2.0)),
        ((0, 1, 3), (0.0, 1.0, None, 3.0)),
        ((0, 1, 1), (0.0, 1.0)),
        ((0, 2, 3), (0.0, None, 2.0, 3.0)),
    ],
)
async def test_points_are_laid_out_on_their_grid(
    odd: bool, indices: tuple[int, ...], values: tuple[float | None, ...]
) -> None:
    answer = answer_of(*(point(index, index) for index in indices))
    series = (await read(with_odd(answer) if odd else answer))["count()"]
    assert series.values == values
    assert series.start == datetime.fromtimestamp(FIRST, UTC)


@pytest.mark.parametrize("odd", [False, True])
async def test_two_values_of_one_time_that_differ_are_unknown(odd: bool) -> None:
    answer = answer_of(point(0), point(1, 5), point(1, 6), point(1, 5), point(2))
    assert (await read(with_odd(answer) if odd else answer))["count()"].values == (1.0, None, 1.0)


@pytest.mark.parametrize("seconds", [0, 86_400, 1_199_145_599, 4_102_444_800, 253_402_300_799])
async def test_points_of_an_impossible_time_are_none(seconds: int) -> None:
    with pytest.raises(ServerFault, match="something else than Sentry"):
        await read(answer_of({"timestamp": seconds * 1000, "value": 7}))
    with pytest.raises(ServerFault, match="something else than Sentry"):
        await read({"data": [[seconds, [{"count": 7}]]]}, path=OLDER)
    mixed = await read(answer_of({"timestamp": seconds * 1000, "value": 7}, point(0), point(1)))
    assert mixed["count()"].values == (1.0, 1.0)


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        answer_of(point(0), meta={"interval": 3_600_000}),
        answer_of(point(0), meta={"interval": None}),
        answer_of(point(0), meta={"interval": "3600000"}),
        answer_of(point(0), point(60)),
        answer_of(point(0), {"timestamp": (FIRST + 30) * 1000}),
        answer_of(point(0), point(1), {"timestamp": (FIRST + 90) * 1000}),
        answer_of(point(0), point(1), point(10_000_000)),
    ],
)
async def test_another_grid_than_asked_is_not_believed(odd: bool, answer: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        await read(with_odd(answer) if odd else answer)


@pytest.mark.parametrize("meta", [{}, {"interval": 60_000.0}, "x", []])
async def test_an_answer_that_does_not_say_its_interval_is_read(meta: object) -> None:
    assert (await read(answer_of(point(0), meta=meta)))["count()"].values == (1.0,)


@pytest.mark.parametrize("answer", [{}, {"timeSeries": {}}, answer_of(), answer_of(point(0), axis="p95()")])
async def test_an_answer_without_the_axis_is_told_as_strange(answer: object) -> None:
    with pytest.raises(ServerFault, match="something else than Sentry"):
        await read(answer)


@pytest.mark.parametrize("axes", [("count()",), ("count()", USERS)])
@pytest.mark.parametrize(("answer", "path"), [({"meta": {}, "timeSeries": []}, NEWER), ({"data": []}, OLDER)])
async def test_an_answer_without_any_series_is_no_zero_and_blamed_on_what_the_token_may_see(
    answer: object, path: str, axes: tuple[str, ...]
) -> None:
    with pytest.raises(Forbidden, match="none of the projects"):
        await read(answer, axes, path)


@pytest.mark.parametrize("other", [{"data": 5}, {"data": [[0, 0]]}, "x", None, {"meta": {}}])
async def test_an_odd_axis_beside_the_one_asked_for_does_not_matter(other: object) -> None:
    parts = {"count()": {"data": [[FIRST, [{"count": 1}]]]}, USERS: {"data": [[FIRST, [{"count": 2}]]]}, "p95()": other}
    series = await read(parts, ("count()", USERS), OLDER)
    assert {axis: one.values for axis, one in series.items()} == {"count()": (1.0,), USERS: (2.0,)}


VALUES = st.none() | st.integers(-(10**16), 10**16) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
POINTS = st.lists(
    st.builds(point, st.integers(0, 5), VALUES, incomplete=st.booleans() | st.none())
    | st.fixed_dictionaries({"timestamp": st.integers(-5, 10**15)})
    | st.none(),
    max_size=6,
)


@settings(max_examples=150)
@given(points=POINTS)
def test_both_ways_of_reading_say_the_same(points: list[object]) -> None:
    async def outcome(answer: object) -> object:
        try:
            return await read(answer)
        except SentryError as exc:
            return type(exc), exc.what

    async def compare() -> None:
        answer = answer_of(*points)
        assert await outcome(answer) == await outcome(with_odd(answer))

    anyio.run(compare)


# --- hostile answers


async def test_parts_of_a_series_that_lie_centuries_apart_are_not_laid_out() -> None:
    far = {"timestamp": 4_000_000_020_000, "value": 1}
    long = {**WINDOW, "start": END - timedelta(days=10)}
    answers = [gives(answer_of(point(0))), gives(answer_of(far))]
    async with client_of(Upstream({NEWER: answers, OLDER: Answer(404)})) as client:
        with pytest.raises(Unsupported):
            await client.series(["count()"], interval_s=60, **long)


@pytest.mark.parametrize("deep", [b"[" * 500_000, b'{"a":' * 300_000, b"[" * 500_000 + b"]" * 500_000])
@pytest.mark.parametrize("path", [NEWER, OLDER])
async def test_nesting_beside_the_points_is_told_as_strange(deep: bytes, path: str) -> None:
    body = b'{"x": ' + deep + b', "timeSeries": [], "data": []}'
    missing = {} if path == NEWER else {NEWER: Answer(404)}
    async with client_of(Upstream({**missing, path: Answer(body=body)})) as client:
        with pytest.raises(ServerFault, match="something else than Sentry"):
            await client.series(["count()"], interval_s=60, **WINDOW)


SMALLEST = {
    "points": b'{"timeSeries":[{"yAxis":"a","values":[' + b'{"timestamp":2e12},' * 104_000 + b"{}]}]}",
    "series": b'{"timeSeries":[' + b'{"yAxis":"","values":[]},' * 79_000 + b"{}]}",
    "pairs": b'{"data":[' + b"[2e9,[{}]]," * 181_000 + b"[2e9,[]]]}",
    "counts": b'{"data":[[2e9,[' + b"{}," * 660_000 + b"{}]]]}",
    "axes": b"{" + b",".join(b'"%d":{"data":[]}' % number for number in range(90_000)) + b"}",
}


@pytest.mark.parametrize("kind", matrix(SMALLEST, quick=("points",)))
def test_the_smallest_parts_take_at_most_60_mb(kind: str) -> None:
    body = SMALLEST[kind]
    assert len(body) <= MAX_BYTES
    tracemalloc.start()
    try:
        decode_timeseries(body)
        decode_stats(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 60_000_000


def test_a_larger_answer_is_left_to_the_parser_that_counts_parts() -> None:
    body = json.dumps(answer_of(point(0))).encode()
    assert decode_timeseries(body) is not None
    assert decode_timeseries(body + b" " * MAX_BYTES) is None
    assert decode_stats(b'{"data": []}') is not None
    assert decode_stats(b'{"data": []}' + b" " * MAX_BYTES) is None
