"""A row of the table of a situation: how many events say of nobody in particular whom they hit.

Where they fit, all users of the issues are read with their events: that also tells a user who stands for many. Else
only the events without a user are counted, one row an issue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.discover_parts import COUNT
from sentry_runbook.collect.shared_users import is_nobody, users_for_many
from sentry_runbook.collect.situation_collection import SituationCollection, SituationPart
from sentry_runbook.collect.situation_discover import ISSUE_ID, discover, is_complete
from sentry_runbook.collect.situation_values import (
    MOST_PAIRS_OF_USERS,
    SHARED_USERS,
    USER,
    first_group,
    has_few_users,
)
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.evidence.json_values import count_of, id_of
from sentry_runbook.incident.model.evidence.situation import NamelessEvents
from sentry_runbook.sentry.counts import DiscoverTable, Row

WITHOUT_USER = f"!has:{USER}"


def _request(collection: SituationCollection) -> Request[DiscoverTable] | Unknown | None:
    issues = _still_asked(collection)
    if _fits(collection, issues):
        return discover(collection, (USER, ISSUE_ID, COUNT), issues, sort=f"-{COUNT}")
    return discover(collection, (ISSUE_ID, COUNT), issues, sort=f"-{COUNT}", also=WITHOUT_USER)


def _still_asked(collection: SituationCollection) -> tuple[str, ...]:
    """The issues that the pairs of the first group do not tell."""
    paired = first_group(collection) if has_few_users(collection) else ()
    return tuple(issue for issue in collection.questions.nameless if issue not in paired)


def _fits(collection: SituationCollection, issues: tuple[str, ...]) -> bool:
    """Whether all users of the issues fit into one answer, and a row for each without a user."""
    users = [collection.issues[issue].users for issue in issues if issue in collection.issues]
    known = [number for number in users if number is not None]
    return len(known) == len(issues) and sum(known) + len(issues) <= MOST_PAIRS_OF_USERS


NAMELESS = SituationPart(
    field="nameless_rows",
    request=_request,
    parse=lambda _, table: table,
    source=lambda collection: collection.source(f"Discover errors: {COUNT} by issue and user"),
)
"""No field of the evidence: :func:`nameless_events` reads it."""


def nameless_events(collection: SituationCollection) -> Iterator[NamelessEvents]:
    """How many events name nobody, of each issue that was asked for."""
    pairs, table = collection.result(SHARED_USERS).value, collection.result(NAMELESS).value
    still = _still_asked(collection)
    by_user = _fits(collection, still)
    for issue in collection.questions.nameless:
        if issue not in still:
            yield _by_user(collection, issue, pairs)
        elif by_user:
            yield _by_user(collection, issue, table)
        else:
            yield _without_user(issue, table)


def _by_user(collection: SituationCollection, issue: str, table: DiscoverTable | None) -> NamelessEvents:
    """Of one issue, by a table of all its users; an event in no row of it may be of anybody."""
    rows = _rows_of(issue, table)
    if not rows or table is None or not is_complete(table):
        return NamelessEvents(issue=issue)
    by_user = Counter[str]()
    for row in rows:
        user, events = row.get(USER), count_of(row.get(COUNT))
        if events is None or USER not in row or not isinstance(user, str | None):
            return NamelessEvents(issue=issue)
        by_user[user or ""] += events
    known = collection.issues[issue].events if issue in collection.issues else None
    unseen = max(0, (known or 0) - by_user.total())
    named = {user: events for user, events in by_user.items() if user}
    if len(named) == 1 and all(map(is_nobody, named)):
        return NamelessEvents(issue=issue, events=by_user.total() + unseen, is_everybody=True)
    nameless = by_user[""] + sum(named[user] for user in users_for_many(named))
    return NamelessEvents(issue=issue, events=nameless + unseen)


def _without_user(issue: str, table: DiscoverTable | None) -> NamelessEvents:
    """Of one issue, by a table of the events without a user: none where it has no row, and the table is whole."""
    if table is None or table.why_empty or not is_complete(table):
        return NamelessEvents(issue=issue)
    counts = [count_of(row.get(COUNT)) for row in _rows_of(issue, table)]
    # A row that names no issue may be of any of them.
    if None in counts or any(id_of(row.get(ISSUE_ID)) is None for row in table.rows):
        return NamelessEvents(issue=issue)
    return NamelessEvents(issue=issue, events=sum(events for events in counts if events is not None))


def _rows_of(issue: str, table: DiscoverTable | None) -> list[Row]:
    return [] if table is None else [row for row in table.rows if id_of(row.get(ISSUE_ID)) == issue]
