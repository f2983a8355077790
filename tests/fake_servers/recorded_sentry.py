"""The recorded Sentry 24.2, answering again: what it was asked it answers as then, at one moment of its life.

A request is answered

1. by the latest recording of the same question up to that moment, the parameters in any order;
2. a time series, bucket by bucket, from what is known of the same search, environment and project:
   the number that the latest recording up to that moment gave; else counted in the issue's raw events, where the
   recorded list holds all of them; else 0 before the issue's first event; else 0 where all environments together had
   none; else the sum of finer buckets (of counts only: distinct users cannot be summed);
3. a dataset that this server refused once is refused whatever is searched in it, and so are fields of sessions;
4. a form that no recording asks in is refused, so that the recorded one is asked after it;
5. else 404, as of something that is not there. :attr:`RecordedSentry.unanswered` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx

from tests.recordings import params_of, recorded_gets, status_of

COUNT = "count()"
STEPS_S = {"1m": 60, "5m": 300, "60m": 3_600}
Params = list[tuple[str, str]]
Search = tuple[tuple[str, str], ...]
"""The parameters that say which events are counted, sorted."""
Buckets = dict[int, float]
"""Start of a bucket in Unix seconds → its number."""


@dataclass
class RecordedSentry(httpx.AsyncBaseTransport):
    """A transport that replays recordings.

    Attributes:
        moment: the number of the last recording that has happened.
        unanswered: path and parameters of every request that no recording answers.
    """

    moment: int
    unanswered: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Replay."""
        assert request.method == "GET", "recordings are only read here"
        path, params = request.url.path, list(request.url.params.multi_items())
        record = self._by_question.get(_question(path, params))
        if record is not None:
            return replayed(record)
        if path.endswith("/events-timeseries/"):
            return httpx.Response(404)
        if self._is_never_asked(path, params):
            return httpx.Response(400, json={"detail": "Nobody asked this server in that form."})
        refusal = self._refusals.get(_form(path, params))
        if refusal is not None:
            return replayed(refusal)
        body = self._series(request.url.params) if path.endswith("/events-stats/") else None
        if body is None:
            self.unanswered.append(f"{path}?{request.url.params}")
            return httpx.Response(404, json={"detail": "The requested resource does not exist"})
        return httpx.Response(200, json=body)

    @cached_property
    def _by_question(self) -> Mapping[object, dict[str, Any]]:
        # It answered 500 a few times, while it was set up.
        reads = [one for _, one in recorded_gets() if one["n"] <= self.moment and status_of(one) < 500]
        return {_question(one["path"], params_of(one)): one for one in reads}

    @cached_property
    def _refusals(self) -> Mapping[object, dict[str, Any]]:
        words = ("dataset must", "Invalid field")
        refused = [one for _, one in recorded_gets() if status_of(one) == 400]
        return {
            _form(one["path"], params_of(one)): one
            for one in refused
            if any(word in str(one["body"]) for word in words)
        }

    def _is_never_asked(self, path: str, params: list[tuple[str, str]]) -> bool:
        """Whether a newer form is asked for, which no recording has: refused, so that the recorded one is asked.

        The owners of an issue, releases of all projects, and other columns or groups than were recorded.
        """
        if ("expand", "owners") in params or (path.endswith("/releases/") and "project" not in dict(params)):
            return True
        return path.endswith(("/acme/events/", "/sessions/")) and _columns(params) not in self._columns_asked

    @cached_property
    def _columns_asked(self) -> frozenset[tuple[str, ...]]:
        return frozenset(_columns(params_of(one)) for _, one in recorded_gets())

    # --- time series

    def _series(self, params: httpx.QueryParams) -> Any:
        """The answer of events-stats; None where the recordings do not tell a bucket."""
        step = STEPS_S[params["interval"]]
        # This server tells whole buckets only: both ends are rounded down, and the bucket still open is left out.
        start, end = (
            int(datetime.fromisoformat(f"{params[name]}+00:00").timestamp()) // step * step for name in ("start", "end")
        )
        search, axes, answers = _search(params.multi_items()), params.get_list("yAxis"), {}
        for axis in axes:
            numbers = [self._bucket(search, axis, at, step) for at in range(start, end, step)]
            if None in numbers:
                return None
            data = [[at, [{"count": number}]] for at, number in zip(range(start, end, step), numbers, strict=True)]
            answers[axis] = {"data": data, "start": start, "end": end, "isMetricsData": False}
        return answers if len(axes) > 1 else answers[axes[0]]

    def _bucket(self, search: Search, axis: str, at: int, step: int) -> float | None:
        recorded = self._buckets.get((search, axis, step), {}).get(at)
        if recorded is not None:
            return recorded
        issue = _issue(search)
        rows = self.rows_of(issue)
        if rows is not None:
            return _counted([row for row in rows if _is_in(row, search, at, at + step)], axis)
        everywhere = tuple(pair for pair in search if pair[0] != "environment")
        if at + step <= self._first_event(issue) or self._buckets.get((everywhere, axis, step), {}).get(at) == 0:
            return 0
        if axis != COUNT:
            return 0 if self._bucket(search, COUNT, at, step) == 0 else None
        for finer in sorted(other for _, _, other in self._buckets if other < step):
            parts = [self._bucket(search, axis, inner, finer) for inner in range(at, at + step, finer)]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                return sum(known)
        return None

    def rows_of(self, issue: str) -> list[dict[str, Any]] | None:
        """All events of an issue as rows of its list; None where the list was not recorded to its end."""
        lists = [
            one for one in self._by_question.values() if _is_whole_list(one) and one["body"][0]["groupID"] == issue
        ]
        return lists[-1]["body"] if lists else None

    def _first_event(self, issue: str) -> float:
        """When the issue's first event was, in Unix seconds; 0 where it is not known."""
        began = (
            datetime.fromisoformat(one["body"]["firstSeen"]).timestamp()
            for one in self._by_question.values()
            if status_of(one) == 200 and isinstance(one["body"], dict)
            if one["body"].get("id") == issue and "firstSeen" in one["body"]
        )
        return min(began, default=0)

    @cached_property
    def _buckets(self) -> Mapping[tuple[Search, str, int], Buckets]:
        known: dict[tuple[Search, str, int], Buckets] = {}
        for number, record in recorded_gets():
            if number > self.moment or not record["path"].endswith("/events-stats/") or status_of(record) != 200:
                continue
            params = params_of(record)
            step = STEPS_S[dict(params)["interval"]]
            for axis, series in _by_axis(record["body"], [value for name, value in params if name == "yAxis"]):
                buckets = known.setdefault((_search(params), axis, step), {})
                buckets |= {at: points[0]["count"] for at, points in series["data"]}
        return known


def replayed(record: dict[str, Any]) -> httpx.Response:
    """The recorded answer, with the headers that the client reads."""
    headers = {name: text for name, text in record["headers"].items() if name.lower() == "link"}
    status = status_of(record)
    if isinstance(record["body"], str):
        return httpx.Response(status, text=record["body"], headers=headers)
    return httpx.Response(status, json=record["body"], headers=headers)


def _is_whole_list(record: dict[str, Any]) -> bool:
    """Whether this is the list of all events of an issue, on one page and without a filter."""
    is_list = record["path"].endswith("/events/") and isinstance(record["body"], list) and bool(record["body"])
    is_last = re.search(r'rel="next"; results="false"', record["headers"].get("Link", ""))
    return is_list and bool(is_last) and {name for name, _ in params_of(record)} <= {"per_page", "limit"}


def _by_axis(body: Any, axes: list[str]) -> Iterator[tuple[str, Any]]:
    if len(axes) == 1:
        yield axes[0], body
    else:
        yield from body.items()


def _search(params: Params) -> Search:
    return tuple(sorted(pair for pair in params if pair[0] in ("query", "environment", "project")))


def _issue(search: Search) -> str:
    """The number of the issue that a search names; empty for a whole project."""
    named = re.search(r"\bissue\.id:(\d+)", dict(search)["query"])
    return named[1] if named else ""


def _question(path: str, params: Params) -> object:
    return path, tuple(sorted(params))


def _form(path: str, params: Params) -> object:
    """What a server of another age may not know of a question, whatever is searched and when."""
    fields = tuple(value for name, value in params if name == "field") if path.endswith("/sessions/") else ()
    return path, dict(params).get("dataset"), fields


# --- raw events


def tag_of(row: Mapping[str, Any], key: str) -> str | None:
    """A tag of a row of the event list."""
    return next((tag["value"] for tag in row["tags"] if tag["key"] == key), None)


def time_of(row: Mapping[str, Any]) -> float:
    """When the event was, in Unix seconds."""
    return datetime.fromisoformat(row["dateCreated"]).timestamp()


def _is_in(row: Mapping[str, Any], search: Search, start: float, end: float) -> bool:
    environments = [value for name, value in search if name == "environment"]
    words = dict(search)["query"].split()
    assert all(word == "error.unhandled:true" or word.startswith("issue.id:") for word in words), words
    return (
        start <= time_of(row) < end
        and (not environments or tag_of(row, "environment") in environments)
        and ("error.unhandled:true" not in words or tag_of(row, "handled") == "no")
    )


def _counted(rows: list[dict[str, Any]], axis: str) -> int:
    return len(rows) if axis == COUNT else len({tag_of(row, "user") for row in rows} - {None})


def _columns(params: list[tuple[str, str]]) -> tuple[str, ...]:
    """Columns and groups of a question."""
    return tuple(sorted(value for name, value in params if name in ("field", "groupBy")))
