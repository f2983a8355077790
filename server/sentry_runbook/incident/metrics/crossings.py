"""When a measured figure crossed the threshold of its severity rule: what the response time counts from.

How to think about it: a rule looks at the worst minute or hour of the window, but people should have answered from the
*first* one beyond the threshold. Minutes and full hours tell it exactly. Distinct users do not add up; of the counts
that there are, the users ``U`` of a stretch hold the threshold ``L`` for certain from the minute ``m`` on at which
``U - users after m > L``, and users after ``m`` are at most the sum of their minutes (see :mod:`.user_bounds`). That is
a latest time; the true one may be earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sentry_runbook.incident.metrics.crash_free import crash_free_pct
from sentry_runbook.incident.metrics.timeseries import HOUR, HOUR_S, MINUTE_S, in_window, time_of
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, all_rows, users_worst_hour
from sentry_runbook.incident.metrics.user_bounds import ExactCount, UserCounts
from sentry_runbook.incident.model.evidence import Evidence, Frozen, Series, Sessions, Window
from sentry_runbook.incident.model.policy import Thresholds


class Crossing(Frozen):
    """A moment at which a figure was beyond its threshold.

    Attributes:
        at: aware UTC.
        at_latest: it may have been so earlier.
    """

    at: datetime
    at_latest: bool = False


def minutes_above(series: Series, window: Window, limit: int) -> Iterator[Crossing]:
    """The ends of the clock minutes of the window with more than ``limit`` events, in order of time.

    Of longer buckets those whose average is above it: one of their minutes was.
    """
    inside = in_window(series, window.start, window.end)
    for index, value in enumerate(inside.values):
        if value is not None and value * MINUTE_S > limit * inside.step_s:
            end = time_of(inside, index) + timedelta(seconds=inside.step_s)
            # What was before the window is not known.
            yield Crossing(at=end, at_latest=index == 0 or inside.step_s > MINUTE_S)


def hours_below(sessions: Sessions, thresholds: Thresholds) -> Iterator[Crossing]:
    """The ends of the full hours with enough sessions whose crash-free rate is below the policy's, in order of time."""
    full = sorted((hour for hour in sessions.hours if hour.complete), key=lambda hour: hour.start)
    for hour in full:
        pct = crash_free_pct(hour.crash_rate, hour.unhandled_rate)
        is_judged = hour.sessions is not None and hour.sessions >= thresholds.sessions_minimum
        if is_judged and pct is not None and pct < thresholds.crash_free_below_pct:
            # What was before the first hour is not known.
            yield Crossing(at=hour.start + HOUR, at_latest=hour is full[0])


def users_above(evidence: Evidence, limit: int) -> Iterator[Crossing]:
    """Moments at which a rolling hour of the window had held more than ``limit`` distinct users for certain."""
    rows = all_rows(evidence)
    if rows is not None:
        yield from _in_rows([(at, user) for at, user in rows if user], limit)
        return
    counts = UserCounts.of(evidence)
    if counts is not None:
        yield from _in_hours(counts, limit)
    worst = users_worst_hour(evidence)
    if isinstance(worst, UsersWorstHour) and worst.at_least > limit and worst.start is not None:
        yield Crossing(at=worst.start + HOUR, at_latest=True)


def _in_hours(counts: UserCounts, limit: int) -> Iterator[Crossing]:
    """When each hour whose users Sentry counted was beyond the limit, at the latest."""
    for exact in sorted((*counts.hours.values(), *counts.counted), key=lambda exact: exact.start):
        # An hour that began before the window holds users that the window does not.
        inside = counts.start <= exact.start and exact.end - exact.start <= HOUR_S
        if inside and exact.users > limit:
            yield Crossing(at=datetime.fromtimestamp(_held_from(counts, exact, limit), UTC), at_latest=True)


def _in_rows(rows: list[tuple[datetime, str]], limit: int) -> Iterator[Crossing]:
    """The events at which the hour up to them held more than ``limit`` users; ``rows`` are in order of time."""
    last_seen: dict[str, datetime] = {}
    for at, user in rows:
        # The user seen last goes to the end, so that those who have left the hour stand in front.
        last_seen.pop(user, None)
        last_seen[user] = at
        while at - next(iter(last_seen.values())) >= HOUR:
            del last_seen[next(iter(last_seen))]
        if len(last_seen) > limit:
            yield Crossing(at=at)


def _held_from(counts: UserCounts, exact: ExactCount, limit: int) -> int:
    """The first minute by which the stretch held more than ``limit`` of its users, whoever came after it."""
    for minute in range(exact.start + MINUTE_S, exact.end, MINUTE_S):
        later = counts.max_users(minute, exact.end)
        if later is not None and exact.users - later > limit:
            return minute
    return exact.end
