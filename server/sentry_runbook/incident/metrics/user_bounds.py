"""Bounds for the distinct users of rolling hours, from counts of other stretches.

How to think about it: nobody can add distinct users, but every count bounds the others. Let ``R`` be a rolling hour
(it starts on a whole minute) and ``W`` a stretch whose users are known exactly: the whole window, a clock hour, an
hour that was counted on purpose. Then

* ``users(R) <= users(W) + users of the minutes of R outside W``,
* ``users(R) >= users(W) - users of the minutes of W outside R``,

where the users of some minutes are at most the sum of their per-minute users, and of their events. The worst hour
lies between the largest lower and the largest upper bound over all ``R``. Only hours that begin with an event need a
look: any other can be moved forward to its first event and loses nothing.

All times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sentry_runbook.incident.metrics.prefix_sums import PrefixSums, epoch_seconds, prefix_sums
from sentry_runbook.incident.metrics.timeseries import HOUR_S, MINUTE_S, end_of
from sentry_runbook.incident.model.evidence import Evidence, Known, Series, Window

LOWER_BOUNDS_TRIED = 120
"""Lower bounds are computed only for that many of the fullest hours; the others could add little."""
UNBOUNDED = 1 << 62
SAME_HOUR_S = 5 * MINUTE_S
"""Two hours that start within this time of each other hold almost the same users."""


@dataclass(frozen=True)
class UserBounds:
    """Distinct users of the worst rolling hour.

    Attributes:
        at_least: lower bound.
        at_most: upper bound; None when nothing bounds it.
        start: start of the hour that ``at_least`` comes from; None when that hour is not known.
    """

    at_least: int
    at_most: int | None
    start: int | None


@dataclass(frozen=True)
class ExactCount:
    """Distinct users of ``[start, end)``, as counted; ``is_lower_bound`` where there may be more."""

    start: int
    end: int
    users: int
    is_lower_bound: bool = False


@dataclass(frozen=True)
class UserCounts:
    """Every count of the window that bounds users.

    Attributes:
        start, end: the window.
        total: distinct users of the window; None when unknown.
        sums: users a minute (when known), then events a minute; empty when neither covers the window.
        hours: distinct users by clock hour, keyed by its start.
        counted: hours that were counted on purpose, and the one hour that holds the whole window's events.
    """

    start: int
    end: int
    total: int | None
    sums: tuple[PrefixSums, ...]
    hours: dict[int, ExactCount]
    counted: tuple[ExactCount, ...]

    @staticmethod
    def of(evidence: Evidence) -> UserCounts | None:
        """None when nothing counts users."""
        start, end = epoch_seconds(evidence.window.start), epoch_seconds(evidence.window.end)
        totals = evidence.totals.value if isinstance(evidence.totals, Known) else None
        series = evidence.series.value if isinstance(evidence.series, Known) else None
        hours = _clock_hours(evidence.users_per_hour.value, start) if isinstance(evidence.users_per_hour, Known) else {}
        counted = tuple(
            ExactCount(epoch_seconds(count.start), epoch_seconds(count.end), count.users, count.is_lower_bound)
            for count in evidence.users_in
            if count.end > count.start
        )
        total = totals.users if totals else None
        users = series.users if series else None
        if total is None and not any(hour.users for hour in hours.values()) and not counted and users is None:
            return None
        sums = tuple(
            prefix_sums(axis)
            for axis in (users, series.events if series else None)
            if axis is not None and _covers(axis, evidence.window)
        )
        return UserCounts(start, end, total, sums, hours, (*counted, *_all_in_one_hour(sums, start, end, total)))

    @cached_property
    def starts(self) -> Sequence[int]:
        """Starts of the hours that may be the worst one, in order of time."""
        if self.end - self.start <= HOUR_S:
            return (self.start,)
        if self.sums:
            # An hour may begin with an event (see the top). The axis with fewest non-empty buckets has fewest starts.
            axis = min(self.sums, key=lambda sums: sums.not_empty)
            first = max(0, (self.start - axis.start) // axis.step)
            return [
                max(self.start, axis.start + index * axis.step)
                for index in range(first, len(axis.values))
                if axis.values[index] != 0
            ]
        # Without minutes every start has to be tried: exact counts bound only the hours that they overlap.
        return range(self.start - self.start % MINUTE_S, self.end, MINUTE_S) if self.hours else ()

    @cached_property
    def _extra_s(self) -> int:
        """Seconds by which an hour may begin later than its first bucket: 0 with buckets of a minute."""
        coarsest = max((sums.step for sums in self.sums), default=0)
        return coarsest if coarsest > MINUTE_S else 0

    def span(self, start: int) -> tuple[int, int]:
        """The hour that begins at ``start``; with coarse buckets also those that begin later in the same bucket."""
        return start, start + HOUR_S + self._extra_s

    def max_users(self, start: int, end: int) -> int | None:
        """At most that many users in ``[start, end)``: the sum of its minutes; None when nothing bounds it."""
        end = min(end, self.end)
        if end <= start:
            return 0
        bounds = [bound for sums in self.sums if (bound := sums.upper_bound(start, end)) is not None]
        hour = self.hours.get(start - start % HOUR_S)
        if hour and end <= hour.end:
            bounds.append(hour.users)
        return min(bounds, default=None)

    def exact_near(self, start: int, end: int) -> Iterator[ExactCount]:
        """The exact counts that overlap ``[start, end)``."""
        for hour in range(start - start % HOUR_S, end, HOUR_S):
            if hour in self.hours:
                yield self.hours[hour]
        yield from (count for count in self.counted if count.start < end and count.end > start)
        if self.total is not None:
            yield ExactCount(self.start, self.end, self.total)

    def upper_bound(self, start: int, enough: int = -1) -> int | None:
        """At most that many users in the hour that begins at ``start`` (the first inequality at the top).

        A bound of ``enough`` or less is not improved further.
        """
        begin, end = self.span(start)
        best = self.max_users(begin, end)
        for exact in self.exact_near(begin, end):
            if best is not None and best <= enough:
                break
            if exact.is_lower_bound:
                continue
            left, right = self.max_users(begin, exact.start), self.max_users(exact.end, end)
            if left is not None and right is not None:
                bound = exact.users + left + right
                best = bound if best is None else min(best, bound)
        return best

    def lower_bound(self, start: int) -> int:
        """At least that many users in the hour that begins at ``start`` (the second inequality at the top)."""
        end = start + HOUR_S
        best = 0
        for exact in self.exact_near(start, end):
            left = self.max_users(exact.start, min(start, exact.end))
            right = self.max_users(max(end, exact.start), exact.end)
            if left is not None and right is not None:
                best = max(best, exact.users - left - right)
        return best

    def bounds(self) -> UserBounds:
        """The largest lower and the largest upper bound over all hours.

        Hours are tried by their simplest upper bound, the fullest first, so that most are never looked at: once that
        bound is no more than what is certain, no later hour can change the result.
        """
        at_least, at_least_start = self._certain()
        at_most: int | None = None
        unbounded = False
        caps = sorted(((self._cap(start), start) for start in self.starts), key=lambda cap: (-cap[0], cap[1]))
        for index, (cap, start) in enumerate(caps):
            if cap <= at_least:
                break
            if at_most is None or cap > at_most:
                upper = self.upper_bound(start, at_most or -1)
                unbounded = unbounded or upper is None
                at_most = max(at_most or 0, upper or 0)
            if index < LOWER_BOUNDS_TRIED and (lower := self.lower_bound(start)) > at_least:
                at_least, at_least_start = lower, start
        nothing_counted = not caps and not self.sums
        at_most = None if unbounded or nothing_counted else max(at_most or 0, at_least)
        known = [bound for bound in (at_most, self.total) if bound is not None]
        # Sentry's distinct counts are approximate; where they contradict each other, the certain part holds.
        at_most = max(min(known), at_least) if known else None
        return UserBounds(at_least, at_most, at_least_start)

    def _cap(self, start: int) -> int:
        """The simplest upper bound of an hour: the sum of its minutes."""
        users = self.max_users(*self.span(start))
        return UNBOUNDED if users is None else users

    def _certain(self) -> tuple[int, int | None]:
        """Users and start of the best exact hour; or what some hour must hold for the total to come about."""
        # A clock hour that began before the window holds users that the window does not.
        inside = [hour for hour in self.hours.values() if hour.start >= self.start]
        short = [exact for exact in (*inside, *self.counted) if exact.end - exact.start <= HOUR_S]
        best = max(short, key=lambda exact: exact.users, default=None)
        # The users of the window, spread evenly over its hours: one of them has at least that many.
        hours = max(1, -(-(self.end - self.start) // HOUR_S))
        average = -(-(self.total or 0) // hours)
        return (best.users, best.start) if best and best.users >= average else (average, None)

    def worst_hour_events(self) -> int | None:
        """Events of the fullest hour; None without a series of them, or with gaps in it."""
        if not self.sums:
            return None
        events = self.sums[-1]
        first = max(events.start, self.start - (self.start - events.start) % events.step)
        sums = [events.upper_bound(*self.span(start)) for start in range(first, self.end, events.step)]
        known = [count for count in sums if count is not None]
        return max(known, default=None) if len(known) == len(sums) else None

    def windows_to_count(self, threshold: int, limit: int) -> list[int]:
        """Starts of the hours whose exact count says most, the most informative first.

        Greedy: take the hour with the highest estimate, drop the hours that its count would settle too, repeat.
        """
        estimates = {
            start: self._estimate(start) for start in self._all_starts() if self._upper_or_total(start) > threshold
        }
        chosen: list[int] = []
        while estimates and len(chosen) < limit:
            best = max(estimates, key=lambda start: (estimates[start], -start))
            chosen.append(best)
            slack = max(threshold - estimates[best], 0)
            estimates = {
                start: estimate for start, estimate in estimates.items() if not self._settles(best, start, slack)
            }
        return chosen

    def _all_starts(self) -> Iterator[int]:
        yield from self.starts
        if not self.sums and not self.hours:
            yield from range(self.start, max(self.start + 1, self.end - HOUR_S + 1), HOUR_S // 2)

    def _upper_or_total(self, start: int) -> int:
        upper = self.upper_bound(start)
        return upper if upper is not None else self.total if self.total is not None else UNBOUNDED

    def _estimate(self, start: int) -> int:
        """Users of an hour, estimated: the sum of its minutes, reduced as in the clock hour with most users."""
        minutes = self.sums[0].upper_bound(start, start + HOUR_S) if self.sums else None
        if minutes is None:
            return self._upper_or_total(start)
        fullest = max(self.hours.values(), key=lambda hour: hour.users, default=None)
        inside = self.sums[0].upper_bound(fullest.start, fullest.end) if fullest else None
        return round(minutes * min(1.0, fullest.users / inside)) if fullest and inside else minutes

    def _settles(self, counted: int, other: int, slack: int) -> bool:
        """Whether counting one hour probably settles another: it adds few users, or starts almost together."""
        if abs(counted - other) < SAME_HOUR_S:
            return True
        added = self.max_users(counted + HOUR_S, other + HOUR_S) if other > counted else self.max_users(other, counted)
        return abs(counted - other) < HOUR_S and added is not None and added <= slack


def _clock_hours(series: Series, start: int) -> dict[int, ExactCount]:
    """Users by clock hour; only hourly buckets on the hour, and only those that overlap the window."""
    first = epoch_seconds(series.start)
    if series.step_s != HOUR_S or first % HOUR_S:
        return {}
    return {
        first + index * HOUR_S: ExactCount(first + index * HOUR_S, first + (index + 1) * HOUR_S, round(value))
        for index, value in enumerate(series.values)
        if value is not None and first + (index + 1) * HOUR_S > start
    }


def _all_in_one_hour(sums: Sequence[PrefixSums], start: int, end: int, total: int | None) -> Iterator[ExactCount]:
    """The window's users as those of one stretch, where its events lie within an hour of each other."""
    if total is None:
        return
    for axis in sums:
        after = min(len(axis.values), -((axis.start - end) // axis.step))
        inside = range(max(0, (start - axis.start) // axis.step), after)
        # A bucket without a number is filled, too: it may hold any.
        first = next((index for index in inside if axis.values[index] != 0), None)
        last = next((index for index in reversed(inside) if axis.values[index] != 0), None)
        if first is None or last is None:
            continue
        stretch = max(start, axis.start + first * axis.step), axis.start + (last + 1) * axis.step
        if stretch[1] - stretch[0] <= HOUR_S:
            yield ExactCount(*stretch, total)
            return


def _covers(series: Series, window: Window) -> bool:
    """Whether the buckets reach from the window's start to its end (the last one may not be there yet)."""
    step = timedelta(seconds=series.step_s)
    return series.start <= window.start and end_of(series) >= window.end - step
