"""Bounds for the distinct users in the worst rolling hour, from whatever counts there are.

How to think about it: while the event rows are all events of the window, the users are counted in them. Otherwise
every count (per minute, per clock hour, of the window) bounds the users of every hour: see :mod:`user_bounds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.metrics.timeseries import HOUR_S
from sentry_runbook.incident.metrics.user_bounds import UserCounts
from sentry_runbook.incident.model.evidence import EventRow, Evidence, Frozen, Known, Totals, Unknown
from sentry_runbook.incident.model.policy import Policy


class UsersWorstHour(Frozen):
    """Bounds for the distinct users in the worst rolling hour of the window.

    Attributes:
        at_least: lower bound.
        at_most: upper bound; None when nothing bounds it.
        start: start of the hour that ``at_least`` comes from; None when that hour is not known.
        how: what the bounds were derived from, in words.
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
    counts = UserCounts.of(evidence)
    if counts is None:
        return Unknown(why=_why_unknown(evidence))
    bounds = counts.bounds()
    start = None if bounds.start is None else _instant(bounds.start)
    if bounds.at_most == 0 or (totals and is_more(bounds.at_least, totals.events)):
        most = f"{number(bounds.at_least)} users in an hour of {count(totals.events, 'event')}" if totals else ""
        impossible = f"Sentry counts {most}, which cannot be"
        return Unknown(why="no event of the window carries a user" if bounds.at_most == 0 else impossible)
    if totals and totals.users_lower_bound:
        at_most = _at_most(totals, counts.worst_hour_events())
        at_most = None if at_most is None else max(at_most, bounds.at_least)
        return UsersWorstHour(at_least=bounds.at_least, at_most=at_most, start=start, how=_how_partial(evidence))
    how = "exact" if bounds.at_least == bounds.at_most else "bounded by counts of other stretches"
    return UsersWorstHour(at_least=bounds.at_least, at_most=bounds.at_most, start=start, how=how)


_PARTIAL = "lower bound: some events carry no user"


def _how_partial(evidence: Evidence) -> str:
    """Why the users of the window are a lower bound, as its source says, else that events lack a user."""
    totals = evidence.totals
    return totals.note if isinstance(totals, Known) and totals.value.users_at_most is not None else _PARTIAL


def _at_most(totals: Totals, worst_hour_events: int | None) -> int | None:
    """Upper bound where some users were not counted: an event may come from one more person, and from no more."""
    events = None if totals.events_lower_bound else totals.events
    return min((cap for cap in (events, worst_hour_events, totals.users_at_most) if cap is not None), default=None)


def windows_to_count(evidence: Evidence, policy: Policy, limit: int = 6) -> tuple[tuple[datetime, datetime], ...]:
    """Rolling hours to count exactly, so that the bounds no longer lie on both sides of the policy's threshold.

    Args:
        evidence: the counts so far.
        policy: names the threshold.
        limit: at most that many hours.

    Returns:
        Start and end of each hour, the most informative first; empty when the bounds already decide, or when nothing
        counts users.
    """
    threshold = policy.thresholds.users_per_hour_above
    counts = None if _from_rows(evidence) is not None else UserCounts.of(evidence)
    if counts is None:
        return ()
    bounds = counts.bounds()
    if bounds.at_least > threshold or (bounds.at_most is not None and bounds.at_most <= threshold):
        return ()
    return tuple((_instant(start), _instant(start + HOUR_S)) for start in counts.windows_to_count(threshold, limit))


def _why_unknown(evidence: Evidence) -> str:
    totals = evidence.totals
    if isinstance(totals, Known):
        return totals.note or "no event of the window carries a user"
    return totals.why


# --- from the event rows -------------------------------------------------------------------------------------------


def _from_rows(evidence: Evidence) -> UsersWorstHour | None:
    """Exact when the rows are all events of the window and each carries a user; None when they are not all."""
    rows = all_rows(evidence)
    if rows is None or not any(user for _, user in rows):
        return None
    at_least, start = most_users_in_an_hour([(at, user) for at, user in rows if user])
    if all(user for _, user in rows):
        return UsersWorstHour(
            at_least=at_least, at_most=at_least, start=start, how=f"counted in all {len(rows)} events"
        )
    # At most, every event without a user comes from one more person.
    at_most, _ = most_users_in_an_hour([(at, user or f"\0{number}") for number, (at, user) in enumerate(rows)])
    return UsersWorstHour(at_least=at_least, at_most=at_most, start=start, how=_PARTIAL)


def all_rows(evidence: Evidence) -> list[tuple[datetime, str | None]] | None:
    """Time and user of all events of the window, oldest first; None when the rows are not all of them."""
    if not isinstance(evidence.rows, Known):
        return None
    rows: Sequence[EventRow] = evidence.rows.value
    if evidence.together and not isinstance(evidence.totals, Known):
        return None  # the rows are those of the first issue alone
    if isinstance(evidence.totals, Known):
        totals = evidence.totals.value
        if totals.events_lower_bound or len(rows) < totals.events:
            return None
    if any(row.when is None for row in rows):
        return None
    window = evidence.window
    inside = [(row.when, row.user) for row in rows if row.when and window.start <= row.when < window.end]
    if isinstance(evidence.totals, Known):
        complete = len(inside) >= evidence.totals.value.events
    else:
        complete = not evidence.has_older_rows or len(inside) < len(rows)
    return sorted(inside, key=lambda row: row[0]) if complete and inside else None


def most_users_in_an_hour(rows: Sequence[tuple[datetime, str]]) -> tuple[int, datetime]:
    """Most distinct users in one rolling hour, and its start; ``rows`` are in order of time."""
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


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def worst_hour_source(evidence: Evidence) -> str | None:
    """What counted the users of the worst hour, in words; None where nothing tells them."""
    if evidence.users_in:
        return max(evidence.users_in, key=lambda counted: counted.users).source
    for part in (evidence.users_per_hour, evidence.series, evidence.totals):
        if isinstance(part, Known):
            return part.source
    return None
