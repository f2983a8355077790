"""Parses release health: sessions by environment and hour. Pure; what is wrong is a ValueError."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise, starmap, zip_longest

from sentry_runbook.incident.model.evidence.json_values import MAX_ITEMS, list_of, moment_of
from sentry_runbook.sentry.counts import EnvironmentSessions, SessionCounts
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.parse_counts import number
from sentry_runbook.sentry.parsing import an_object

MOST_POINTS = 10_000
"""Points of a field in one answer with series: of more groups those with the fewest sessions are cut, without a word
(sentry-api §17)."""
HOUR = timedelta(hours=1)
ROUNDED = 0.01
"""Crash rate and crash-free rate are rounded apart by less."""


def sessions(response: SentryResponse, *, has_unhandled_rate: bool, by_hour: bool = True) -> SessionCounts:
    """Parse release health by environment; without ``by_hour`` the totals alone."""
    answer = an_object(response)
    intervals, groups = answer.get("intervals"), answer.get("groups")
    hours = [moment_of(at) for at in list_of(intervals)]
    start, end = moment_of(answer.get("start")), moment_of(answer.get("end"))
    if start is None or end is None or start >= end:
        raise ValueError("no range")
    # An unreadable hour would shift all values after it: unless all are read, one after the other, there are none.
    known = tuple(at for at in hours if at is not None)
    in_order = len(known) == len(hours) and all(later - at == HOUR for at, later in pairwise(known))
    listed = list_of(groups)
    return SessionCounts(
        start=start,
        end=end,
        intervals=known if by_hour and in_order else (),
        groups=tuple(_session_group(group) for group in listed[:MAX_ITEMS] if isinstance(group, dict)),
        has_unhandled_rate=has_unhandled_rate,
        is_cut=(by_hour and len(listed) >= max(1, MOST_POINTS // max(1, len(hours)))) or len(listed) > MAX_ITEMS,
    )


def _session_group(group: dict[str, object]) -> EnvironmentSessions:
    by, totals, series = (part if isinstance(part, dict) else {} for part in map(group.get, ("by", "totals", "series")))

    def hourly(name: str) -> tuple[float | None, ...]:
        values = series.get(name)
        return tuple(map(number, values[:MAX_ITEMS])) if isinstance(values, list) else ()

    name, count = by.get("environment"), number(totals.get("sum(session)"))
    crashed, free = hourly("crash_rate(session)"), hourly("crash_free_rate(session)")
    both = number(totals.get("crash_rate(session)")), number(totals.get("crash_free_rate(session)"))
    return EnvironmentSessions(
        environment=name if isinstance(name, str) else None,
        has_impossible_rate=_crash_rate(*both) is None and both != (None, None),
        sessions=int(count) if count is not None and count >= 0 else None,
        crash_rate=_crash_rate(*both),
        unhandled_rate=_fraction(number(totals.get("unhandled_rate(session)"))),
        sessions_by_hour=tuple(n if n is not None and n >= 0 else None for n in hourly("sum(session)")),
        crash_rate_by_hour=tuple(starmap(_crash_rate, zip_longest(crashed, free))),
        unhandled_rate_by_hour=tuple(map(_fraction, hourly("unhandled_rate(session)"))),
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
