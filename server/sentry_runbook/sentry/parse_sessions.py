"""Parses release health: sessions by environment, release and hour. Pure; what is wrong is a ValueError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise, starmap, zip_longest

from sentry_runbook.incident.model.evidence.json_values import MAX_ITEMS, id_of, list_of, moment_of, object_of
from sentry_runbook.sentry.counts import EnvironmentSessions, ProjectSessionCounts, SessionCounts
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.parse_counts import number
from sentry_runbook.sentry.parsing import an_object

MOST_POINTS = 10_000
"""Points of a field in one answer with series: of more groups those with the fewest sessions are cut, without a word
(sentry-api §17)."""
HOUR = timedelta(hours=1)
ROUNDED = 0.01
"""Crash rate and crash-free rate are rounded apart by less."""
NEARLY_WHOLE = 1e-6
"""A number of crashed sessions that is a rate times sessions is this near to a whole one."""
FIELDS = ("sum", "crash_rate", "crash_free_rate", "unhandled_rate")
Numbers = tuple[float | None, ...]


@dataclass(frozen=True)
class _Figures:
    """Of one group as Sentry says them, one value an interval; one value in all for the totals. Empty: not told."""

    sessions: Numbers
    crashed: Numbers
    free: Numbers
    unhandled: Numbers


@dataclass(frozen=True)
class _Row:
    """One group of the answer; ``release`` is None where it is of all releases."""

    environment: str | None
    release: str | None
    totals: _Figures
    hours: _Figures


def sessions(response: SentryResponse, *, has_unhandled_rate: bool, by_hour: bool = True) -> SessionCounts:
    """Parse release health by environment, and by release where both are told; without ``by_hour`` the totals alone."""
    answer = an_object(response)
    groups = list_of(answer.get("groups"))
    counts = _with_groups(_range(answer, by_hour), groups)
    return replace(counts, has_unhandled_rate=has_unhandled_rate, is_cut=_is_cut(answer, by_hour))


def project_sessions(response: SentryResponse, *, has_unhandled_rate: bool) -> ProjectSessionCounts:
    """Parse release health by project and hour, and by environment where that is told; a group without one is left."""
    answer = an_object(response)
    by_project: dict[str, list[object]] = {}
    most = max(1, MOST_POINTS // max(1, len(list_of(answer.get("intervals")))))
    for group in list_of(answer.get("groups"))[:most]:
        project = id_of(object_of(object_of(group).get("by")).get("project"))
        if project is not None:
            by_project.setdefault(project, []).append(group)
    empty, is_cut = replace(_range(answer, by_hour=True), has_unhandled_rate=has_unhandled_rate), _is_cut(answer, True)
    counted = {project: _with_groups(replace(empty, is_cut=is_cut), groups) for project, groups in by_project.items()}
    return ProjectSessionCounts(counted, is_cut)


def _range(answer: Mapping[str, object], by_hour: bool) -> SessionCounts:
    """Return the range of an answer and its hours, without a group.

    Raises:
        ValueError: it names none.
    """
    hours = [moment_of(at) for at in list_of(answer.get("intervals"))]
    start, end = moment_of(answer.get("start")), moment_of(answer.get("end"))
    if start is None or end is None or start >= end:
        raise ValueError("no range")
    # An unreadable hour would shift all values after it: unless all are read, one after the other, there are none.
    known = tuple(at for at in hours if at is not None)
    in_order = len(known) == len(hours) and all(later - at == HOUR for at, later in pairwise(known))
    return SessionCounts(start=start, end=end, intervals=known if by_hour and in_order else ())


def _with_groups(counts: SessionCounts, groups: Sequence[object]) -> SessionCounts:
    rows = [_row(group) for group in groups if isinstance(group, dict)]
    by_environment: dict[str | None, list[_Row]] = {}
    for row in rows:
        by_environment.setdefault(row.environment, []).append(row)
    return replace(
        counts,
        groups=tuple(_group(_combined(name, parts)) for name, parts in by_environment.items()),
        releases=tuple(_group(row) for row in rows if row.release is not None),
    )


def _is_cut(answer: Mapping[str, object], by_hour: bool) -> bool:
    groups, hours = answer.get("groups"), list_of(answer.get("intervals"))
    listed = len(groups) if isinstance(groups, list) else 0
    return (by_hour and listed >= max(1, MOST_POINTS // max(1, len(hours)))) or listed > MAX_ITEMS


def _row(group: dict[str, object]) -> _Row:
    by, totals, series = (part if isinstance(part, dict) else {} for part in map(group.get, ("by", "totals", "series")))

    def hourly(field: str) -> Numbers:
        values = series.get(f"{field}(session)")
        return tuple(map(number, values[:MAX_ITEMS])) if isinstance(values, list) else ()

    environment, release = by.get("environment"), by.get("release")
    return _Row(
        environment=environment if isinstance(environment, str) else None,
        release=release if isinstance(release, str) else "" if "release" in by else None,
        totals=_Figures(*((number(totals.get(f"{field}(session)")),) for field in FIELDS)),
        hours=_Figures(*map(hourly, FIELDS)),
    )


def _combined(environment: str | None, rows: Sequence[_Row]) -> _Row:
    """Return the releases of an environment as one row.

    Before rates are checked: of one release with few sessions Sentry may count more crashes than sessions, while the
    rate of the environment is sound.
    """
    if len(rows) == 1:
        return replace(rows[0], release=None)
    totals, hours = (_added([getattr(row, part) for row in rows]) for part in ("totals", "hours"))
    return _Row(environment, None, totals, hours)


def _added(parts: Sequence[_Figures]) -> _Figures:
    sessions = list(zip_longest(*(part.sessions for part in parts)))

    def rate(field: str) -> Numbers:
        return tuple(map(_mean, sessions, zip_longest(*(getattr(part, field) for part in parts))))

    return _Figures(tuple(map(_sum, sessions)), rate("crashed"), rate("free"), rate("unhandled"))


def _sum(numbers: Sequence[float | None]) -> float | None:
    """Return the sum of numbers of sessions; None when one of them is unknown."""
    known = [value for value in numbers if value is not None and value >= 0]
    return sum(known) if len(known) == len(numbers) else None


def _mean(sessions: Sequence[float | None], rates: Sequence[float | None]) -> float | None:
    """Return the rate over all releases; None when one does not tell its sessions, or its rate though it has some."""
    total = _sum(sessions)
    if not total:
        return None
    weighted = 0.0
    for weight, rate in zip(sessions, rates, strict=True):
        if weight and rate is None:
            return None
        weighted += _whole((weight or 0.0) * (rate or 0.0))
    return weighted / total


def _whole(product: float) -> float:
    """Return sessions × rate as the whole number that it is, but for the error of the division before."""
    nearest = round(product)
    return nearest if abs(product - nearest) < NEARLY_WHOLE else product


def _group(row: _Row) -> EnvironmentSessions:
    (count,), hours = row.totals.sessions, row.hours
    both = row.totals.crashed[0], row.totals.free[0]
    return EnvironmentSessions(
        environment=row.environment,
        release=row.release,
        has_impossible_rate=_crash_rate(*both) is None and both != (None, None),
        sessions=int(count) if count is not None and count >= 0 else None,
        crash_rate=_crash_rate(*both),
        unhandled_rate=_fraction(row.totals.unhandled[0]),
        sessions_by_hour=tuple(n if n is not None and n >= 0 else None for n in hours.sessions),
        crash_rate_by_hour=tuple(starmap(_crash_rate, zip_longest(hours.crashed, hours.free))),
        unhandled_rate_by_hour=tuple(map(_fraction, hours.unhandled)),
    )


def _crash_rate(crashed: float | None, free: float | None) -> float | None:
    """Return the crash rate; older servers have only its complement, the crash-free rate.

    None where one of both is impossible, or they do not add up: neither can be trusted then.
    """
    known = [rate for rate in (crashed, None if free is None else 1 - free) if rate is not None]
    if not known or any(_fraction(rate) is None for rate in known) or max(known) - min(known) > ROUNDED:
        return None
    return known[0]


def _fraction(rate: float | None) -> float | None:
    """Return a rate between 0 and 1, as sessions have (sentry-api rule 17); anything else is None."""
    return rate if rate is not None and 0 <= rate <= 1 else None
