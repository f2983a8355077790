"""The endpoints of Discover: tables and time series."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.discover import Aggregate, aggregate, buckets, interval_ms, rows, table
from sentry_runbook.simulator.params import ApiError, answer, bad, page, profile_of, scope


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
    source = rows(dataset, asked, query.get("query", ""))
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


def _function(field: str) -> Aggregate:
    function = aggregate(field)
    if function is None:
        raise bad(f"Invalid yAxis: {field} is not a function")
    return function


async def timeseries(request: Request) -> Response:
    """Answer ``GET organizations/{org}/events-timeseries/``: one series for each yAxis, in milliseconds."""
    if not profile_of(request).timeseries:
        raise ApiError(404)
    _discover_on(request)
    dataset, query = _dataset(request), request.query_params
    asked = scope(request)
    meta: dict[str, object] = {"dataset": dataset, "start": asked.start, "end": asked.end}
    if not asked.projects:
        return answer({"meta": meta, "timeSeries": []})
    if "topEvents" in query:
        raise bad("topEvents is not supported for this request")
    step = interval_ms(query.get("interval"), asked)
    filled = buckets(rows(dataset, asked, query.get("query", "")), step, asked)
    series = []
    for axis in query.getlist("yAxis") or ["count()"]:
        function = _function(axis)
        values = [
            {"timestamp": at, "value": function.over(members), "incomplete": at + step > asked.now}
            | ({"incompleteReason": "INCOMPLETE_BUCKET"} if at + step > asked.now else {})
            for at, members in filled
        ]
        about = {"valueType": function.kind, "valueUnit": function.unit, "interval": step}
        series.append({"yAxis": axis, "values": values, "meta": about})
    return answer({"meta": meta, "timeSeries": series})


async def stats(request: Request) -> Response:
    """Answer ``GET organizations/{org}/events-stats/``: the older series, in seconds."""
    _discover_on(request)
    dataset, query = _dataset(request, optional=True), request.query_params
    asked = scope(request)
    if not asked.projects:
        return answer({"data": []})
    step = interval_ms(query.get("interval"), asked)
    filled = buckets(rows(dataset, asked, query.get("query", "")), step, asked)
    axes = query.getlist("yAxis") or ["count()"]
    by_axis: dict[str, dict[str, object]] = {}
    for axis in axes:
        function = _function(axis)
        by_axis[axis] = {
            "data": [[at // 1000, [{"count": function.over(members) or 0}]] for at, members in filled],
            "start": asked.start // 1000,
            "end": asked.end // 1000,
            "isMetricsData": False,
            "meta": {"fields": {axis: function.kind}, "units": {axis: function.unit}, "dataset": dataset},
        }
    if len(axes) == 1:
        return answer(by_axis[axes[0]])
    return answer({axis: {**series, "order": order} for order, (axis, series) in enumerate(by_axis.items())})
