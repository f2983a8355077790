"""Release health: crash-free rates as Sentry's ``sessions/`` answers them, from the sessions of the world."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.params import (
    ApiError,
    Scope,
    answer,
    bad,
    period,
    profile_of,
    scope,
    span_ms,
    whole,
)
from sentry_runbook.simulator.records import DAY, HOUR, ProjectRecord, SessionMinute
from sentry_runbook.simulator.search import BadQuery, parse, predicate, value_test

_GROUPS = ("project", "release", "environment", "session.status")
_RATE = re.compile(r"(crash_free_rate|crash_rate|unhandled_rate|errored_rate)\((session|user)\)")
_MOST_INTERVALS = 1_000
_MOST_POINTS = 10_000
_STATUSES = ("healthy", "errored", "crashed", "unhandled", "abnormal")


@dataclass(slots=True)
class _Sum:
    """Sessions added up; users are taken as crashed in the proportion of their sessions."""

    count: int = 0
    crashed: int = 0
    unhandled: int = 0
    errored: int = 0
    users: int = 0

    def add(self, minute: SessionMinute) -> None:
        self.count += minute.count
        self.crashed += minute.crashed
        self.unhandled += minute.unhandled
        self.errored += minute.errored
        self.users += minute.users

    def of_status(self, status: str) -> int:
        bad_ones = self.crashed + self.unhandled + self.errored
        return {
            "crashed": self.crashed,
            "unhandled": self.unhandled,
            "errored": self.errored,
            "abnormal": 0,
            "healthy": self.count - bad_ones,
        }[status]


def _rate(name: str, total: _Sum) -> float | None:
    # Fractions, and null where nothing was counted: no sessions say nothing about crashes.
    if not total.count:
        return None
    parts = {
        "crash_free_rate": total.crashed,
        "crash_rate": total.crashed,
        "unhandled_rate": total.unhandled,
        "errored_rate": total.errored,
    }
    share = parts[name] / total.count
    rate = 1 - share if name == "crash_free_rate" else share
    # Sentry writes a whole fraction as an integer: 1, not 1.0.
    return int(rate) if rate.is_integer() else rate


Reader = Callable[[_Sum, str | None], float | None]
"""Returns a field's value for a sum of sessions, or of those with one status."""


def _reader(field: str, request: Request, by_status: bool) -> Reader:
    rate = _RATE.fullmatch(field)
    unknown = rate is not None and rate[1] == "unhandled_rate" and not profile_of(request).unhandled_rate
    if rate and not unknown:
        if by_status:
            raise bad("Cannot group by or filter on session.status for rates.")
        name = rate[1]
        return lambda total, _status: _rate(name, total)
    if field == "sum(session)":
        return lambda total, status: total.of_status(status) if status else total.count
    if field == "count_unique(user)":
        return lambda total, _status: total.users
    raise bad(f'Invalid field: "{field}"')


def _bounds(request: Request, asked: Scope, step: int) -> tuple[int, int]:
    """Round the period outwards to whole intervals; it holds one at least, and no more than one answer has."""
    first, last = period(request, asked.now) or (asked.start, asked.end)
    start = asked.start // step * step
    end = max(-(-min(asked.end, asked.now) // step) * step, start + step)
    if last - first > 90 * DAY + HOUR or (end - start) // step > _MOST_INTERVALS:
        raise bad(
            "Your interval and date range would create too many results."
            " Use a larger interval, or a smaller date range."
        )
    return start, end


def _step(request: Request) -> int:
    step = span_ms(request.query_params.get("interval", "1h")) or 0
    if step < HOUR or DAY % step:
        raise bad("The interval has to be a multiple of the minimum interval of one hour.")
    return step


def _selected(request: Request) -> tuple[list[str], dict[str, Reader], str]:
    """Read what to group by, the fields with their readers, and the sort order."""
    query = request.query_params
    groups = query.getlist("groupBy")
    for group in groups:
        if group not in _GROUPS:
            raise bad(f'Invalid groupBy: "{group}"')
    readers = {field: _reader(field, request, "session.status" in groups) for field in query.getlist("field")}
    if not readers:
        raise bad('Request is missing a "field"')
    order = query.get("orderBy", "")
    if order and order.removeprefix("-") not in readers:
        raise bad("'orderBy' must be one of the provided 'fields'")
    return groups, readers, order


async def sessions(request: Request) -> Response:
    """Answer ``GET organizations/{org}/sessions/``."""
    if not profile_of(request).sessions:
        raise ApiError(404)
    asked = scope(request, default=DAY)
    if not asked.projects:
        raise bad("No projects available")
    step, (groups, readers, order) = _step(request), _selected(request)
    start, end = _bounds(request, asked, step)
    intervals, text = list(range(start, end, step)), request.query_params.get("query", "")
    grouped = _groups(groups, _minutes(asked, start, end, text), step)
    if not groups and not grouped:
        grouped = {(): {}}
    rows = [
        _group(dict(zip(groups, key, strict=True)), sums, intervals, readers, request) for key, sums in grouped.items()
    ]
    if order:
        rows.sort(key=lambda row: row.rank(order.removeprefix("-")), reverse=order.startswith("-"))
    elif request.query_params.get("includeSeries", "1") != "0":
        # An answer holds so many points at most, and the smallest groups are cut without a word.
        rows = sorted(rows, key=lambda row: -row.sessions)[: _MOST_POINTS // len(intervals)]
    body = {
        "start": iso(start),
        "end": iso(end),
        "intervals": [iso(at) for at in intervals],
        "groups": [row.body for row in rows[: whole(request, "per_page", _MOST_POINTS, _MOST_POINTS)]],
        "query": text,
    }
    return answer(body)


Key = tuple[str | int, ...]


def _minutes(asked: Scope, start: int, end: int, query: str) -> list[tuple[ProjectRecord, SessionMinute]]:
    try:
        fits = predicate(parse(query), value_test)
    except BadQuery as exc:
        raise bad(str(exc)) from exc
    minutes = []
    for project in asked.projects:
        for minute in project.sessions.sums(start, min(end, asked.now)):
            known = {"release": minute.release, "environment": minute.environment, "project": project.slug}
            if asked.covers(minute.environment) and (not query or fits(known.get)):
                minutes.append((project, minute))
    return minutes


def _groups(
    groups: Sequence[str], minutes: Sequence[tuple[ProjectRecord, SessionMinute]], step: int
) -> dict[Key, dict[int, _Sum]]:
    grouped: dict[Key, dict[int, _Sum]] = {}
    for project, minute in minutes:
        known: dict[str, str | int] = {
            "project": int(project.id),
            "release": minute.release or "",
            "environment": minute.environment or "",
        }
        for status in _STATUSES if "session.status" in groups else ("",):
            key = tuple(status if group == "session.status" else known[group] for group in groups)
            grouped.setdefault(key, {}).setdefault(minute.at // step * step, _Sum()).add(minute)
    return grouped


@dataclass(frozen=True, slots=True)
class _Group:
    body: dict[str, object]
    totals: dict[str, float | None]
    sessions: int

    def rank(self, field: str) -> float:
        value = self.totals.get(field)
        return -1.0 if value is None else value


def _group(
    by: dict[str, str | int],
    sums: dict[int, _Sum],
    intervals: Sequence[int],
    readers: dict[str, Reader],
    request: Request,
) -> _Group:
    status = str(by["session.status"]) if "session.status" in by else None
    total = _Sum()
    for part in sums.values():
        for name in ("count", "crashed", "unhandled", "errored", "users"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
    totals = {field: read(total, status) for field, read in readers.items()}
    query = request.query_params
    series = {}
    if query.get("includeSeries", "1") != "0":
        empty = _Sum()
        series = {field: [read(sums.get(at, empty), status) for at in intervals] for field, read in readers.items()}
    shown = totals if query.get("includeTotals", "1") != "0" else {}
    return _Group({"by": by, "totals": shown, "series": series}, totals, total.count)
