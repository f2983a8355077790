"""Events and users of the window as they are counted without Discover. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.collect.counted import Counted
from sentry_runbook.collect.event_parts import TAGS
from sentry_runbook.collect.event_pieces import HOUR
from sentry_runbook.collect.events_read import distinct_users, fullest_hour, users_by_hour
from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Known, Series, UsersIn

NOT_TOGETHER = (
    "this server cannot count the people of several issues together, and they are not to be added up: some may have "
    "met more than one"
)
NO_USER = "no event carries a user, so the number of users is unknown, not zero"


def totals(counted: Counted) -> Known[ours.Totals] | None:
    """Events and distinct users of the window; None where nothing tells them."""
    if counted.events is None:
        return None
    events, is_at_least, source = counted.events
    if events == 0:
        value = ours.Totals(events=0, users=0)
        return None if is_at_least else Known(value=value, source=counted.collection.source(source))
    users, at_most = _users(counted, events)
    totals = ours.Totals(
        events=events,
        users=users or None,
        events_lower_bound=is_at_least,
        users_lower_bound=bool(users) and at_most != users,
        users_at_most=at_most if users and at_most != users else None,
    )
    by_tag = counted.tagged is not None and not counted.read.covers(counted.window.start)
    users_by = f"; users by the tag {counted.tagged.key} and the rows read" if counted.tagged and by_tag else ""
    return Known(value=totals, source=counted.collection.source(source + users_by), note=_users_note(counted, totals))


def _users(counted: Counted, events: int) -> tuple[int, int | None]:
    """At least and at most that many distinct users among the window's events."""
    users, without = distinct_users(counted.read.rows_in(counted.window))
    if counted.read.covers(counted.window.start):
        return users, users + without
    if counted.tagged is None or counted.own_count is None:
        return users, None
    outside = max(0, counted.own_count - events)
    at_most = counted.tagged.users + counted.own_count - counted.tagged.events if not counted.nobodies else None
    at_least = max(users, counted.tagged.users - counted.nobodies - outside)
    return at_least, None if at_most is None else max(at_least, at_most)


def _users_note(counted: Counted, totals: ours.Totals) -> str:
    if counted.collection.one_for_all:
        return counted.collection.one_for_all
    if totals.users is None:
        return _why_no_user(counted)
    if not totals.users_lower_bound:
        return ""
    if counted.read.covers(counted.window.start):
        _, without = distinct_users(counted.read.rows_in(counted.window))
        return f"lower bound: {number(without)} of {count(totals.events, 'event')} carry no user"
    return "lower bound: of a part of the events the user is not known"


def _why_no_user(counted: Counted) -> str:
    if counted.collection.is_of_several:
        return NOT_TOGETHER
    if counted.read.covers(counted.window.start):
        return NO_USER
    has_tags = counted.collection.value(TAGS) is not None
    what = "no tag of the issue names its users" if has_tags else "no tags and no events were read that name users"
    return f"{what}: their number is unknown, not zero"


def users_in(counted: Counted) -> Iterator[UsersIn]:
    """Lower bounds for single hours, where the rows are not all."""
    if counted.read.covers(counted.window.start):
        return
    rows = counted.read.rows_in(counted.window)
    of_rows = fullest_hour(rows, f"counted from the latest {count(len(rows), 'event row')}")
    of_tag = _users_of_fullest_hour(counted)
    yield from (known for known in (of_rows, of_tag) if known is not None)


def _users_of_fullest_hour(counted: Counted) -> UsersIn | None:
    """Of the clock hour with most events: the users of the whole life, without one for each event outside it."""
    hours = [piece for piece in counted.pieces if piece.end - piece.start == HOUR and counted.holds(piece)]
    fullest = max(hours, key=lambda piece: piece.events, default=None)
    if fullest is None or counted.tagged is None or counted.own_count is None:
        return None
    outside = max(0, counted.own_count - _in_scope_at_least(counted, fullest.events))
    users = min(counted.tagged.users - counted.nobodies - outside, fullest.events)
    if users <= 0:
        return None
    source = f"users by the tag {counted.tagged.key}, {counted.hours_source}"
    return UsersIn(start=fullest.start, end=fullest.end, users=users, is_lower_bound=True, source=source)


def _in_scope_at_least(counted: Counted, events: int) -> int:
    """Of some events, at least that many lie in the scope: all the others may be among them."""
    if counted.counts_all_environments:
        return events
    totals, names = counted.environments_of_life, counted.collection.scope.names
    if totals is None:
        return 0
    return max(0, events - sum(number for name, number in totals.items() if name not in names))


def users_per_hour(counted: Counted) -> Known[Series] | None:
    """Distinct users per clock hour, from the rows of the whole window."""
    if not counted.read.covers(counted.window.start):
        return None
    rows = counted.read.rows_in(counted.window)
    hours = users_by_hour(rows, counted.window.start, counted.window.end, counted.settled)
    source = counted.collection.source(f"counted from {count(len(rows), 'event row')}: distinct users per clock hour")
    return Known(value=hours, source=source) if hours is not None and rows else None
