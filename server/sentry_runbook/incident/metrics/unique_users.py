"""Bounds for the distinct users in the worst rolling hour, from whatever counts there are.

How to think about it: nobody can add distinct users, but every count bounds the others. Let ``R`` be a rolling hour
(it starts on a whole minute) and ``W`` a stretch whose users are known exactly: the whole window, a clock hour, an
hour that was counted on purpose. Then

* ``users(R) <= users(W) + users of the minutes of R outside W``,
* ``users(R) >= users(W) - users of the minutes of W outside R``,

where the users of some minutes are at most the sum of their per-minute users, and of their events. The worst hour
lies between the largest lower and the largest upper bound over all ``R``. Only hours that begin with an event need a
look: any other can be moved forward to its first event and loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from sentry_runbook.incident.metrics.timeseries import HOUR_S, MINUTE_S, end_of
from sentry_runbook.incident.model.evidence import EventRow, Evidence, Frozen, Known, Series, Unknown, Window
from sentry_runbook.incident.model.policy import Policy

ROWS_LIMIT = 100
"""Sentry gives at most that many rows of the event list at once."""

PROMISING = 120
"""Lower bounds are sought only in that many of the fullest hours; the rest could add little."""
UNBOUNDED = 1 << 62


class UsersWorstHour(Frozen):
    """Bounds for the distinct users in the worst rolling hour of the window.

    Attributes:
        at_least: that many are certain.
        at_most: no hour has more; None when nothing bounds it.
        start: start of the hour that ``at_least`` comes from, None when the place is not known.
        how: from what it was derived, in words.
    """

    at_least: int
    at_most: int | None
    start: datetime | None = None
    how: str = ""

    @property
    def exact(self) -> bool:
        """Whether the bounds meet."""
        return self.at_most == self.at_least


def users_worst_hour(evidence: Evidence) -> UsersWorstHour | Unknown:
    """Bounds for the distinct users in the worst rolling hour; Unknown when no event carries a user."""
    totals = evidence.totals.value if isinstance(evidence.totals, Known) else None
    if totals and totals.events == 0:
        return UsersWorstHour(at_least=0, at_most=0, how="no events")
    from_rows = _from_rows(evidence)
    if from_rows is not None:
        return from_rows
    counts = _Counts.of(evidence)
    if counts is None:
        return Unknown(why=_why_unknown(evidence))
    bounds = counts.bounds()
    if bounds.at_most == 0:
        return Unknown(why="no event of the window carries a user")
    if totals and totals.users_lower_bound:
        # An event without a user may stand for one more person, and for no more than one.
        events = counts.worst_events()
        at_most = min(totals.events, events) if events is not None else totals.events
        return bounds.model_copy(update={"at_most": max(at_most, bounds.at_least), "how": _PARTIAL})
    return bounds


_PARTIAL = "lower bound: some events carry no user"


def straddling_windows(evidence: Evidence, policy: Policy, limit: int = 6) -> tuple[tuple[datetime, datetime], ...]:
    """Rolling hours to count exactly, so that the bounds no longer straddle the policy's threshold.

    Most promising first; empty when the bounds already settle it, or when nothing counts users.
    """
    threshold = policy.thresholds.users_per_hour_above
    counts = _Counts.of(evidence)
    if counts is None or not isinstance(users_worst_hour(evidence), UsersWorstHour) or _from_rows(evidence) is not None:
        return ()
    bounds = counts.bounds()
    if bounds.at_least > threshold or (bounds.at_most is not None and bounds.at_most <= threshold):
        return ()
    return tuple((_instant(start), _instant(start + HOUR_S)) for start in counts.worth_counting(threshold, limit))


def _why_unknown(evidence: Evidence) -> str:
    totals = evidence.totals
    if isinstance(totals, Known):
        return "no event of the window carries a user"
    return totals.why


# --- from the event rows -------------------------------------------------------------------------------------------


def _from_rows(evidence: Evidence) -> UsersWorstHour | None:
    """Exact when the rows are all events of the window and each carries a user; None when they are not all."""
    rows = _all_rows(evidence)
    if rows is None or not any(user for _, user in rows):
        return None
    known = _slide([(at, user) for at, user in rows if user])
    if all(user for _, user in rows):
        return UsersWorstHour(
            at_least=known[0], at_most=known[0], start=known[1], how=f"counted in all {len(rows)} events"
        )
    nobody = _slide([(at, user or f"\0{number}") for number, (at, user) in enumerate(rows)])
    return UsersWorstHour(at_least=known[0], at_most=nobody[0], start=known[1], how=_PARTIAL)


def _all_rows(evidence: Evidence) -> list[tuple[datetime, str | None]] | None:
    if not isinstance(evidence.rows, Known):
        return None
    rows: Sequence[EventRow] = evidence.rows.value
    if any(row.when is None for row in rows):
        return None
    window = evidence.window
    inside = [(row.when, row.user) for row in rows if row.when and window.start <= row.when < window.end]
    if isinstance(evidence.totals, Known):
        complete = len(inside) >= evidence.totals.value.events
    else:
        complete = len(rows) < ROWS_LIMIT or len(inside) < len(rows)
    return sorted(inside, key=lambda row: row[0]) if complete and inside else None


def _slide(rows: Sequence[tuple[datetime, str]]) -> tuple[int, datetime]:
    """Most distinct users in one rolling hour, and where it begins; the rows are in order of time."""
    most, start, first = 0, rows[0][0], 0
    present: dict[str, int] = {}
    for at, user in rows:
        present[user] = present.get(user, 0) + 1
        while at - rows[first][0] >= timedelta(hours=1):
            gone = rows[first][1]
            present[gone] -= 1
            if not present[gone]:
                del present[gone]
            first += 1
        if len(present) > most:
            most, start = len(present), rows[first][0]
    return most, start


# --- from counts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Exact:
    """Distinct users of ``[start, end)``, counted; seconds since the epoch."""

    start: int
    end: int
    users: int


class _Sums:
    """Sums of a series over any stretch; a stretch with an unmeasured bucket has none."""

    def __init__(self, series: Series) -> None:
        self.start, self.step = _seconds(series.start), series.step_s
        self.values = series.values
        self._sums = [0, *accumulate(round(value or 0) for value in series.values)]
        self._gaps = [0, *accumulate(value is None for value in series.values)]

    def over(self, start: int, end: int) -> int | None:
        """At most that many in ``[start, end)``: all buckets that touch it; None when one was not measured."""
        first, last = (start - self.start) // self.step, -((self.start - end) // self.step)
        if first < 0 or self._gaps[min(last, len(self.values))] != self._gaps[min(first, len(self.values))]:
            return None
        # Behind the end of the series lies the future, which holds nothing yet.
        return self._sums[min(last, len(self.values))] - self._sums[min(first, len(self.values))]


@dataclass(frozen=True)
class _Counts:
    """Everything countable about users in the window."""

    start: int
    end: int
    total: int | None
    sums: tuple[_Sums, ...]
    hours: dict[int, _Exact]
    counted: tuple[_Exact, ...]

    @staticmethod
    def of(evidence: Evidence) -> _Counts | None:
        """None when nothing counts users."""
        start, end = _seconds(evidence.window.start), _seconds(evidence.window.end)
        totals = evidence.totals.value if isinstance(evidence.totals, Known) else None
        series = evidence.series.value if isinstance(evidence.series, Known) else None
        hours = _clock_hours(evidence.users_per_hour.value, start) if isinstance(evidence.users_per_hour, Known) else {}
        counted = tuple(
            _Exact(_seconds(one.start), _seconds(one.end), one.users)
            for one in evidence.users_in
            if one.end > one.start
        )
        total = totals.users if totals else None
        users = series.users if series else None
        if total is None and not any(hour.users for hour in hours.values()) and not counted and users is None:
            return None
        sums = tuple(
            _Sums(one)
            for one in (users, series.events if series else None)
            if one is not None and _covers(one, evidence.window)
        )
        return _Counts(start, end, total, sums, hours, counted)

    def starts(self) -> Iterator[int]:
        """Where a worst hour may begin."""
        if self.end - self.start <= HOUR_S:
            yield self.start
        elif self.sums:
            # The series with fewest non-empty buckets asks for fewest looks.
            sums = min(self.sums, key=lambda one: sum(1 for value in one.values if value != 0))
            first = max(0, (self.start - sums.start) // sums.step)
            for index in range(first, len(sums.values)):
                if sums.values[index] != 0:
                    yield max(self.start, sums.start + index * sums.step)
        elif self.hours:
            # Without minutes every start has to be looked at: exact counts bound only the hours that they touch.
            yield from range(self.start - self.start % MINUTE_S, self.end, MINUTE_S)

    def span(self, start: int) -> tuple[int, int]:
        """The hour that begins at ``start``; with coarse buckets also those that begin later in the same bucket."""
        coarse = max((one.step for one in self.sums), default=0 if not self.hours else MINUTE_S)
        return start, start + HOUR_S + (coarse if coarse > MINUTE_S else 0)

    def few(self, start: int, end: int) -> int | None:
        """No more users than that in ``[start, end)``; None when nothing bounds it."""
        end = min(end, self.end)
        if end <= start:
            return 0
        bounds = [bound for one in self.sums if (bound := one.over(start, end)) is not None]
        hour = self.hours.get(start - start % HOUR_S)
        if hour and end <= hour.end:
            bounds.append(hour.users)
        return min(bounds, default=None)

    def exact_near(self, start: int, end: int) -> Iterator[_Exact]:
        """The exact counts that overlap ``[start, end)``."""
        for hour in range(start - start % HOUR_S, end, HOUR_S):
            if hour in self.hours:
                yield self.hours[hour]
        yield from (one for one in self.counted if one.start < end and one.end > start)
        if self.total is not None:
            yield _Exact(self.start, self.end, self.total)

    def upper(self, start: int, enough: int = -1) -> int | None:
        """No more users than that in the hour that begins at ``start``; a bound down to ``enough`` is not improved."""
        begin, end = self.span(start)
        best = self.few(begin, end)
        for exact in self.exact_near(begin, end):
            if best is not None and best <= enough:
                break
            left, right = self.few(begin, exact.start), self.few(exact.end, end)
            if left is not None and right is not None:
                bound = exact.users + left + right
                best = bound if best is None else min(best, bound)
        return best

    def lower(self, start: int) -> int:
        """At least that many users in the hour that begins at ``start``."""
        end = start + HOUR_S
        best = 0
        for exact in self.exact_near(start, end):
            left, right = self.few(exact.start, min(start, exact.end)), self.few(max(end, exact.start), exact.end)
            if left is not None and right is not None:
                best = max(best, exact.users - left - right)
        return best

    def bounds(self) -> UsersWorstHour:
        """The worst hour between the largest lower and the largest upper bound."""
        at_least, where = self._certain()
        at_most: int | None = None
        unbounded = False
        caps = sorted(((self._cap(start), start) for start in self.starts()), key=lambda cap: (-cap[0], cap[1]))
        for place, (cap, start) in enumerate(caps):
            if cap <= at_least:
                break  # this hour and all after it hold no more than what is certain already
            if at_most is None or cap > at_most:
                upper = self.upper(start, at_most or -1)
                unbounded = unbounded or upper is None
                at_most = max(at_most or 0, upper or 0)
            if place < PROMISING and (lower := self.lower(start)) > at_least:
                at_least, where = lower, start
        nothing_counted = not caps and not self.sums
        at_most = None if unbounded or nothing_counted else max(at_most or 0, at_least)
        known = [bound for bound in (at_most, self.total) if bound is not None]
        # Sentry's distinct counts are approximate; contradicting ones leave the certain part.
        at_most = max(min(known), at_least) if known else None
        return UsersWorstHour(
            at_least=at_least,
            at_most=at_most,
            start=None if where is None else _instant(where),
            how="exact" if at_least == at_most else "bounded by counts of other stretches",
        )

    def _cap(self, start: int) -> int:
        """The simplest bound: the users that the minutes of the hour saw."""
        few = self.few(*self.span(start))
        return UNBOUNDED if few is None else few

    def _certain(self) -> tuple[int, int | None]:
        """The best count of a stretch up to an hour; else what some hour must hold for the total to come about."""
        short = [one for one in (*self.hours.values(), *self.counted) if one.end - one.start <= HOUR_S]
        best = max(short, key=lambda one: one.users, default=None)
        shared = -(-(self.total or 0) // max(1, -(-(self.end - self.start) // HOUR_S)))
        return (best.users, best.start) if best and best.users >= shared else (shared, None)

    def worst_events(self) -> int | None:
        """Events of the fullest hour; None without a series of them, or with gaps in it."""
        if not self.sums:
            return None
        events = self.sums[-1]
        first = max(events.start, self.start - (self.start - events.start) % events.step)
        sums = [events.over(*self.span(start)) for start in range(first, self.end, events.step)]
        return max((one for one in sums if one is not None), default=None) if None not in sums else None

    def worth_counting(self, threshold: int, limit: int) -> list[int]:
        """Starts of the hours whose exact count says most, most promising first."""
        expected = {start: self._expected(start) for start in self._all_starts() if self._or_total(start) > threshold}
        chosen: list[int] = []
        while expected and len(chosen) < limit:
            best = max(expected, key=lambda start: (expected[start], -start))
            chosen.append(best)
            slack = max(threshold - expected[best], 0)
            expected = {start: guess for start, guess in expected.items() if not self._settles(best, start, slack)}
        return chosen

    def _all_starts(self) -> Iterator[int]:
        yield from self.starts()
        if not self.sums and not self.hours:
            yield from range(self.start, max(self.start + 1, self.end - HOUR_S + 1), HOUR_S // 2)

    def _or_total(self, start: int) -> int:
        upper = self.upper(start)
        return upper if upper is not None else self.total if self.total is not None else UNBOUNDED

    def _expected(self, start: int) -> int:
        """A guess between the bounds: the minutes' users, thinned like those of the clock hours."""
        minutes = self.sums[0].over(start, start + HOUR_S) if self.sums else None
        if minutes is None:
            return self._or_total(start)
        most = max(self.hours.values(), key=lambda hour: hour.users, default=None)
        inside = self.sums[0].over(most.start, most.end) if most else None
        return round(minutes * min(1.0, most.users / inside)) if most and inside else minutes

    def _settles(self, counted: int, other: int, slack: int) -> bool:
        """Whether counting one hour probably settles another: little is new in it, or it starts almost together."""
        if abs(counted - other) < 5 * MINUTE_S:
            return True
        new = self.few(counted + HOUR_S, other + HOUR_S) if other > counted else self.few(other, counted)
        return abs(counted - other) < HOUR_S and new is not None and new <= slack


def _clock_hours(series: Series, start: int) -> dict[int, _Exact]:
    """Users a clock hour; only hourly buckets on the hour, and only those that reach into the window."""
    first = _seconds(series.start)
    if series.step_s != HOUR_S or first % HOUR_S:
        return {}
    return {
        first + index * HOUR_S: _Exact(first + index * HOUR_S, first + (index + 1) * HOUR_S, round(value))
        for index, value in enumerate(series.values)
        if value is not None and first + (index + 1) * HOUR_S > start
    }


def _covers(series: Series, window: Window) -> bool:
    """Whether the buckets reach from the window's start to its end (the last one may not be there yet)."""
    step = timedelta(seconds=series.step_s)
    return series.start <= window.start and end_of(series) >= window.end - step


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
