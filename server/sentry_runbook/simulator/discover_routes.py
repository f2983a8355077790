"""The endpoints of Discover: tables and time series."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.columns import Row
from sentry_runbook.simulator.discover import MatchingRows, find, table
from sentry_runbook.simulator.discover_functions import Aggregate, aggregate
from sentry_runbook.simulator.params import ApiError, Scope, answer, bad, page, profile_of, scope
from sentry_runbook.simulator.series import TopGroup, buckets, interval_ms, top_groups, top_limit


def _dataset(request: Request, *, optional: bool = False) -> str:
    profile = profile_of(request)
    named = request.query_params.get("dataset")
    if named is None:
        default = profile.default_dataset or ("errors" if optional else None)
        if default is None:
            raise ApiError(400, {"dataset": ["This field is required."]})
        return default
    if named not in profile.datasets:
        raise bad(f"dataset must be one of: {', '.join(sorted(profile.datasets))}")
    return named


def _discover_on(request: Request) -> None:
    # Where the plan lacks Discover, the answer is a 404 with nothing in it.
    if not profile_of(request).discover:
        raise ApiError(404)


async def events(request: Request) -> Response:
    """Answer ``GET organizations/{org}/events/``: a table over the rows of a dataset."""
    _discover_on(request)
    dataset, query = _dataset(request), request.query_params
    asked = scope(request)
    if not asked.projects:
        return answer({"data": [], "meta": {"tips": {"query": "Need at least one valid project to query."}}})
    source = find(dataset, asked, query.get("query", ""))
    result = table(query.getlist("field"), query.getlist("sort"), source)
    cut, links = page(request, result.data)
    meta: dict[str, object] = {
        "fields": result.fields,
        "units": result.units,
        "dataset": dataset,
        "datasetReason": "unchanged",
        "isMetricsData": False,
        "isMetricsExtractedData": False,
        "tips": {"query": None, "columns": None},
    }
    if dataset == "spans":
        meta["dataScanned"] = "full"
    return answer({"data": list(cut), "meta": meta}, links)


def _functions(request: Request) -> dict[str, Aggregate]:
    """Read the axes; 400 where one is no function."""
    functions = {}
    for axis in request.query_params.getlist("yAxis") or ["count()"]:
        function = aggregate(axis)
        if function is None:
            raise bad(f"Invalid yAxis: {axis} is not a function")
        functions[axis] = function
    return functions


def _sort(request: Request) -> list[str]:
    return request.query_params.getlist("sort") or request.query_params.getlist("orderby")


def _top_groups(request: Request, source: MatchingRows, fields: str, limit: int) -> list[TopGroup]:
    query = request.query_params
    with_other = query.get("excludeOther") != "1"
    return top_groups(query.getlist(fields), _sort(request), limit, source, with_other=with_other)


async def timeseries(request: Request) -> Response:
    """Answer ``GET organizations/{org}/events-timeseries/``: one series for each yAxis, in milliseconds.

    With ``topEvents`` one for each axis of each group, the rest ("other") before all.
    """
    if not profile_of(request).timeseries:
        raise ApiError(404)
    _discover_on(request)
    dataset, query = _dataset(request), request.query_params
    limit = top_limit(query.get("topEvents"))
    asked = scope(request)
    meta: dict[str, object] = {"dataset": dataset, "start": asked.start, "end": asked.end}
    if not asked.projects:
        return answer({"meta": meta, "timeSeries": []})
    step = interval_ms(query.get("interval"), asked, limit or 1)
    source = find(dataset, asked, query.get("query", ""))
    groups: list[TopGroup] = [] if limit is None else _top_groups(request, source, "groupBy", limit)
    series = []
    # Where there are no groups at all, the answer is one series of nothing, as without ``topEvents``.
    for group in groups or (None,):
        filled = buckets(source.rows if group is None else group.rows, step, asked)
        for axis, function in _functions(request).items():
            about = {"valueType": function.kind, "valueUnit": function.unit, "interval": step}
            shown: dict[str, object] = {"yAxis": axis, "values": _values(filled, function, step, asked), "meta": about}
            if group is not None:
                shown["meta"] = about | {"order": group.order, "isOther": group.columns is None}
                by = group.columns
                shown["groupBy"] = None if by is None else [{"key": key, "value": value} for key, value in by]
            series.append(shown)
    return answer({"meta": meta, "timeSeries": series})


Filled = Sequence[tuple[int, Sequence[Row]]]


def _values(filled: Filled, function: Aggregate, step: int, asked: Scope) -> list[dict[str, object]]:
    values: list[dict[str, object]] = []
    nothing = function.over(())
    for at, members in filled:
        incomplete = at + step > asked.now
        value = function.over(members) if members else nothing
        values.append({"timestamp": at, "value": value, "incomplete": incomplete})
        if incomplete:
            values[-1]["incompleteReason"] = "INCOMPLETE_BUCKET"
    return values


async def stats(request: Request) -> Response:
    """Answer ``GET organizations/{org}/events-stats/``: the older series, in seconds.

    Several axes and the groups of ``topEvents`` are objects keyed by their names, with an ``order``.
    """
    _discover_on(request)
    dataset, query = _dataset(request, optional=True), request.query_params
    limit = top_limit(query.get("topEvents"))
    asked = scope(request)
    if not asked.projects:
        return answer({"data": []})
    step = interval_ms(query.get("interval"), asked, limit or 1)
    source = find(dataset, asked, query.get("query", ""))
    functions = _functions(request)
    groups = [] if limit is None else _top_groups(request, source, "field", limit)
    if not groups:
        return answer(_axes(buckets(source.rows, step, asked), functions, asked, dataset))
    return answer(
        {
            group.name: _axes(buckets(group.rows, step, asked), functions, asked, dataset) | {"order": group.order}
            for group in groups
        }
    )


def _axes(filled: Filled, functions: dict[str, Aggregate], asked: Scope, dataset: str) -> dict[str, object]:
    """Return the series of one axis, or of several by their names."""
    by_axis: dict[str, dict[str, object]] = {
        axis: {
            "data": [[at // 1000, [{"count": function.over(members) or 0}]] for at, members in filled],
            "start": asked.start // 1000,
            "end": asked.end // 1000,
            "isMetricsData": False,
            "meta": {"fields": {axis: function.kind}, "units": {axis: function.unit}, "dataset": dataset},
        }
        for axis, function in functions.items()
    }
    if len(by_axis) == 1:
        return next(iter(by_axis.values()))
    return {axis: {**series, "order": order} for order, (axis, series) in enumerate(by_axis.items())}
