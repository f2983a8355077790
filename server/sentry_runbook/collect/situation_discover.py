"""Rows of the table of a situation that Discover answers: what the events of the issues that are news have in common.

Only what can tie issues to each other, or decide how severe they are, is asked: :class:`Questions` says it. Pairs of an
issue and a value are asked for in the order of the values, so that of a cut answer only the last value may be torn, and
each of the others comes with all its issues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.breakdown_columns import column_of
from sentry_runbook.collect.discover_parts import COUNT, USERS
from sentry_runbook.collect.series_parts import INGEST_LAG, MINUTE
from sentry_runbook.collect.shared_users import NUMBERS_OF_NOBODY, stands_for_many
from sentry_runbook.collect.situation_collection import IN_ONE_PROJECT, SituationCollection, SituationPart
from sentry_runbook.collect.tag_rows import (
    ENVIRONMENT,
    FIRST,
    HOST,
    ISSUE_ID,
    LAST,
    RELEASE,
    TENANTS,
    is_complete,
    read_tag_rows,
)
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.model.evidence import Series, Unknown, Window
from sentry_runbook.incident.model.evidence.json_values import count_of, digest_of, id_of, text_of
from sentry_runbook.incident.model.evidence.situation import (
    IssueMinutes,
    IssueValue,
    IssueValues,
    TagRows,
    UsersTogether,
)
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, Row, TimeSeries
from sentry_runbook.sentry.issue_series import MOST_SERIES, OTHERS

TRACE, USER = "trace", "user"
MOST_PAIRS_OF_USERS = 90
"""Users up to which pairs of issue and user fit into one answer."""
Tables = Mapping[str, TimeSeries]


def _discover(
    collection: SituationCollection,
    fields: Sequence[str],
    issues: Sequence[str],
    *,
    sort: str | None,
    also: str = "",
    start: datetime | None = None,
    limit: int = MAX_ROWS,
) -> Request[DiscoverTable] | Unknown | None:
    """A table over the events of these issues; None where there are none."""
    if not issues:
        return None
    projects = collection.asked_projects(collection.questions.projects)
    if projects is None:
        return Unknown(why=IN_ONE_PROJECT)
    client, question = collection.client, collection.question
    return lambda: client.discover(
        fields,
        query=" ".join(filter(None, (of_issues(issues), also))),
        start=start or question.window.start,
        end=question.window.end,
        project_id=projects[0],
        environments=question.environments,
        sort=sort,
        limit=limit,
        organization=question.organization,
    )


def of_issues(issues: Sequence[str]) -> str:
    """A search for events of these issues, by their numbers."""
    return f"{ISSUE_ID}:{issues[0]}" if len(issues) == 1 else f"{ISSUE_ID}:[{', '.join(issues)}]"


def _grouped_issues(collection: SituationCollection) -> tuple[str, ...]:
    return tuple(dict.fromkeys(issue for group in collection.questions.groups for issue in group))[:MAX_ROWS]


def _first_group(collection: SituationCollection) -> tuple[str, ...]:
    return next(iter(collection.questions.groups), ())


# --- builds and places


def _all_issues(collection: SituationCollection) -> tuple[str, ...]:
    """Those that are news, and those beside them, which tell what is usual there."""
    questions = collection.questions
    return (*questions.issues, *questions.controls)[:MAX_ROWS] if questions.issues else ()


def _tag_rows(tags: Sequence[str]) -> Callable[[SituationCollection, DiscoverTable], TagRows | Unknown]:
    return lambda collection, table: read_tag_rows(table, tags, collection.sanitizer)


BUILD_FIELDS = (ISSUE_ID, RELEASE, ENVIRONMENT, COUNT, USERS, FIRST, LAST)
BUILDS = SituationPart(
    field="builds",
    request=lambda collection: _discover(collection, BUILD_FIELDS, _all_issues(collection), sort=f"-{COUNT}"),
    parse=_tag_rows((RELEASE, ENVIRONMENT)),
    source=lambda collection: collection.source(f"Discover errors: {COUNT}, {USERS} by issue, release and environment"),
)
PLACE_FIELDS = (ISSUE_ID, HOST, *map(column_of, TENANTS), COUNT)
PLACES = SituationPart(
    field="places",
    request=lambda collection: _discover(collection, PLACE_FIELDS, _all_issues(collection), sort=f"-{COUNT}"),
    parse=_tag_rows((HOST, *TENANTS)),
    source=lambda collection: collection.source(f"Discover errors: {COUNT} by issue, host and tenant"),
)


# --- values that issues may share


def _traces_request(collection: SituationCollection) -> Request[DiscoverTable] | Unknown | None:
    fields, issues = (TRACE, ISSUE_ID, COUNT), _grouped_issues(collection)
    began = collection.questions.began
    return _discover(collection, fields, issues, sort=TRACE, also=f"has:{TRACE}", start=began)


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


def is_nobody(user: str) -> bool:
    """Whether a user, in the form of Sentry's tag, stands for more than one person."""
    return stands_for_many(user) or user.partition(":")[2] in NUMBERS_OF_NOBODY


TRACES = SituationPart(
    field="traces",
    request=_traces_request,
    parse=_values(TRACE),
    source=lambda collection: collection.source("Discover errors: traces of the issues that began together"),
)


# --- users of the groups


def _has_few_users(collection: SituationCollection) -> bool:
    most = collection.questions.most_users
    return most is not None and most <= MOST_PAIRS_OF_USERS


def _shared_users_request(collection: SituationCollection) -> Request[DiscoverTable] | Unknown | None:
    if not _has_few_users(collection):
        return None
    return _discover(collection, (USER, ISSUE_ID, COUNT), _first_group(collection), sort=USER)


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
        request=lambda collection: _discover(collection, (COUNT, USERS), group_of(collection), sort=None, limit=1),
        parse=parse,
        source=lambda collection: collection.source(f"Discover errors: {USERS} of a group"),
    )


def _first_without_pairs(collection: SituationCollection) -> tuple[str, ...]:
    return () if _has_few_users(collection) else _first_group(collection)


def _second_group(collection: SituationCollection) -> tuple[str, ...]:
    """Only where no counts by the minute are asked for: a request less is worth more than its users."""
    questions = collection.questions
    return questions.groups[1] if len(questions.groups) > 1 and not asks_minutes(collection) else ()


UNION = union_part("first_union", _first_without_pairs)
SECOND_UNION = union_part("second_union", _second_group)


def together_of_pairs(collection: SituationCollection, pairs: IssueValues) -> UsersTogether | None:
    """The users of the first group by the pairs, where these are all of them and no event lacks a user."""
    group, table = _first_group(collection), collection.result(SHARED_USERS).value
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


# --- counts by the minute


def asks_minutes(collection: SituationCollection) -> bool:
    """Whether counts by the minute are asked for."""
    questions = collection.questions
    return questions.minutes_from is not None and bool(questions.minutes or questions.whole_projects)


def _minutes_request(collection: SituationCollection) -> Request[Tables] | Unknown | None:
    questions, client, question = collection.questions, collection.client, collection.question
    if not asks_minutes(collection):
        return None
    projects: tuple[str, ...] | None
    if questions.whole_projects:
        projects = questions.minutes_projects
        is_refused = collection.one_by_one and len(set(projects)) != 1
    else:
        projects = collection.asked_projects(questions.projects)
        is_refused = projects is None
    if is_refused or not projects:
        return Unknown(why=IN_ONE_PROJECT)
    return lambda: client.series_by_issue(
        query="" if questions.whole_projects else of_issues(questions.minutes[:MOST_SERIES]),
        start=questions.minutes_from or question.window.start,
        end=question.window.end,
        interval_s=MINUTE,
        project_ids=projects,
        environments=question.environments,
        with_others=questions.whole_projects,
        organization=question.organization,
    )


def _minutes(collection: SituationCollection, series: Tables) -> tuple[IssueMinutes, ...]:
    numbers = {issue.name: issue.id for issue in collection.issues.values()}
    settled = collection.now - INGEST_LAG
    return tuple(
        IssueMinutes(
            issue=OTHERS if key == OTHERS else numbers.get(key, key),
            events=Series(
                start=counts.start,
                step_s=counts.step_s,
                values=counts.values,
                complete_until=min(settled, counts.complete_until or settled),
            ),
        )
        for key, counts in series.items()
    )


def _minutes_source(collection: SituationCollection) -> str:
    start, window = collection.questions.minutes_from, collection.question.window
    whole = Window(start=start or window.start, end=window.end)
    return collection.source("time series of the issues with the most events, by the minute", whole)


MINUTES = SituationPart(field="minutes", request=_minutes_request, parse=_minutes, source=_minutes_source)
