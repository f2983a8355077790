"""Rows of the table of a situation for values that issues may share: traces, and the users of the groups.

Pairs of an issue and a value are asked for in the order of the values, so that of a cut answer only the last value may
be torn, and each of the others comes with all its issues.
"""

from __future__ import annotations

from collections.abc import Callable

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.discover_parts import COUNT, USERS
from sentry_runbook.collect.shared_users import is_nobody
from sentry_runbook.collect.situation_collection import SituationCollection, SituationPart
from sentry_runbook.collect.situation_discover import ISSUE_ID, discover, is_complete
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.evidence.json_values import count_of, digest_of, id_of, text_of
from sentry_runbook.incident.model.evidence.situation import IssueValue, IssueValues, UsersTogether
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, Row

TRACE, USER = "trace", "user"
MOST_PAIRS_OF_USERS = 90
"""Users up to which pairs of issue and user fit into one answer."""


def _grouped_issues(collection: SituationCollection) -> tuple[str, ...]:
    return tuple(dict.fromkeys(issue for group in collection.questions.groups for issue in group))[:MAX_ROWS]


def first_group(collection: SituationCollection) -> tuple[str, ...]:
    """The issues that began together with the most events, two and more; none where there are no such."""
    return next(iter(collection.questions.groups), ())


# --- values that issues may share


def _traces_request(collection: SituationCollection) -> Request[DiscoverTable] | Unknown | None:
    fields, issues = (TRACE, ISSUE_ID, COUNT), _grouped_issues(collection)
    began = collection.questions.began
    return discover(collection, fields, issues, sort=TRACE, also=f"has:{TRACE}", start=began)


def _values(column: str) -> Callable[[SituationCollection, DiscoverTable], IssueValues | Unknown]:
    def parse(_: SituationCollection, table: DiscoverTable) -> IssueValues | Unknown:
        if table.why_empty:
            return Unknown(why=table.why_empty)
        pairs = [(issue, value) for row in table.rows for issue, value in _pair(row, column)]
        complete = is_complete(table)
        if not complete and table.rows:
            # The rows of the last value may be cut: with some of its issues only it would tell a lie.
            last = text_of(table.rows[-1].get(column))
            pairs = [(issue, value) for issue, value in pairs if value != last]
        rows = tuple(IssueValue(issue=issue, value=digest_of(value) or "") for issue, value in dict.fromkeys(pairs))
        return IssueValues(rows=rows, complete=complete)

    return parse


def _pair(row: Row, column: str) -> list[tuple[str, str]]:
    """The issue and the value, where both are told; a user who stands for many people is no user that is shared."""
    issue, value = id_of(row.get(ISSUE_ID)), text_of(row.get(column))
    if issue is None or not value or (column == USER and is_nobody(value)):
        return []
    return [(issue, value)]


TRACES = SituationPart(
    field="traces",
    request=_traces_request,
    parse=_values(TRACE),
    source=lambda collection: collection.source("Discover errors: traces of the issues that began together"),
)


# --- users of the groups


def has_few_users(collection: SituationCollection) -> bool:
    """Whether the pairs of the first group's issues and users fit into one answer."""
    most = collection.questions.most_users
    return most is not None and most <= MOST_PAIRS_OF_USERS


def _shared_users_request(collection: SituationCollection) -> Request[DiscoverTable] | Unknown | None:
    if not has_few_users(collection):
        return None
    return discover(collection, (USER, ISSUE_ID, COUNT), first_group(collection), sort=USER)


SHARED_USERS = SituationPart(
    field="shared_users",
    request=_shared_users_request,
    parse=_values(USER),
    source=lambda collection: collection.source("Discover errors: users of the first group, as digests"),
)


def union_part(field: str, group_of: Callable[[SituationCollection], tuple[str, ...]]) -> SituationPart[DiscoverTable]:
    """The distinct users of a group together.

    Args:
        field: a name for it; no field of the evidence.
        group_of: the issues; none asks nothing.
    """

    def parse(collection: SituationCollection, table: DiscoverTable) -> UsersTogether | Unknown:
        users, events = count_of(table.number(USERS)), count_of(table.number(COUNT))
        if not users or (events is not None and is_more(users, events)):
            # No user on any event is no number of people.
            return Unknown(why=table.why_empty or "Sentry gave no number of users")
        return UsersTogether(issues=group_of(collection), window=collection.question.window, users=users)

    return SituationPart(
        field=field,
        request=lambda collection: discover(collection, (COUNT, USERS), group_of(collection), sort=None, limit=1),
        parse=parse,
        source=lambda collection: collection.source(f"Discover errors: {USERS} of a group"),
    )


UNION = union_part("first_union", lambda collection: next(iter(collection.questions.unions), ()))
SECOND_UNION = union_part("second_union", lambda collection: next(iter(collection.questions.unions[1:]), ()))


def together_of_pairs(collection: SituationCollection, pairs: IssueValues) -> UsersTogether | None:
    """The users of the first group by the pairs, where these are all of them and no event lacks a user."""
    group, table = first_group(collection), collection.result(SHARED_USERS).value
    users = {row.value for row in pairs.rows if row.issue in group}
    if not pairs.complete or not users or table is None:
        return None
    rest = [text_of(row.get(USER)) for row in table.rows]
    return UsersTogether(
        issues=group,
        window=collection.question.window,
        users=len(users),
        is_lower_bound=any(not user or is_nobody(user) for user in rest),
    )
