"""Rows of the table of a situation that Discover answers: which builds, hosts and tenants the events are of.

Only what can tie issues to each other, or decide how severe they are, is asked: :class:`Questions` says it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.discover_parts import COUNT, USERS
from sentry_runbook.collect.situation_collection import IN_ONE_PROJECT, SituationCollection, SituationPart
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.evidence.json_values import count_of, id_of, text_of
from sentry_runbook.incident.model.evidence.situation import TagRow, TagRows
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.search_terms import tag_column
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, Row

ISSUE_ID, PROJECT = "issue.id", "project"
RELEASE, ENVIRONMENT, TRANSACTION, HOST = "release", "environment", "transaction", "server_name"
TENANTS = ("tenant", "tenant_id", "customer", "customer_id", "account", "organization", "org", "shop", "workspace")
"""Tags by which applications say whose event it is, out of those that explain issues (:data:`.MAY_EXPLAIN`)."""


def discover(
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


# --- builds and places


def _all_issues(collection: SituationCollection) -> tuple[str, ...]:
    """Those that are news, and those beside them, which tell what is usual there."""
    questions = collection.questions
    return (*questions.issues, *questions.controls)[:MAX_ROWS] if questions.issues else ()


def _tag_rows(tags: Sequence[str]) -> Callable[[SituationCollection, DiscoverTable], TagRows | Unknown]:
    return lambda collection, table: read_tag_rows(table, tags, collection.sanitizer)


def read_tag_rows(table: DiscoverTable, tags: Sequence[str], sanitizer: Sanitizer) -> TagRows | Unknown:
    """The rows that name an issue and a number of events; why there are none, where Sentry says it."""
    if table.why_empty:
        return Unknown(why=table.why_empty)
    rows = [row for json in table.rows if (row := _tag_row(json, tags, sanitizer)) is not None]
    return TagRows(rows=tuple(rows), complete=is_complete(table) and len(rows) == len(table.rows))


def _tag_row(row: Row, tags: Sequence[str], sanitizer: Sanitizer) -> TagRow | None:
    """One row; None where it names no issue or no number of events: that is not zero."""
    issue, events = id_of(row.get(ISSUE_ID)), count_of(row.get(COUNT))
    if issue is None or events is None:
        return None
    users, project = count_of(row.get(USERS)), text_of(row.get(PROJECT))
    return TagRow(
        issue=issue,
        project=sanitizer.line(project, NAME, PROJECT) or None if project else None,
        values={tag: _shown(tag, row[tag_column(tag)], sanitizer) for tag in tags if tag_column(tag) in row},
        events=events,
        # No user on any event is no number of people, and more users than events cannot be.
        users=users if users and not is_more(users, events) else None,
    )


def _shown(tag: str, value: object, sanitizer: Sanitizer) -> str | None:
    text = text_of(value)
    if not text:
        return None
    if tag == RELEASE:
        return sanitizer.version(text, NAME, RELEASE) or None
    return sanitizer.named(tag, text, NAME, f"tags.{tag}") or None


def is_complete(table: DiscoverTable) -> bool:
    """Whether Sentry had no more rows, and scanned all of its data."""
    return table.next_cursor is None and len(table.rows) < MAX_ROWS and not table.is_partial


BUILD_FIELDS = (ISSUE_ID, RELEASE, ENVIRONMENT, TRANSACTION, COUNT, USERS)
BUILDS = SituationPart(
    field="builds",
    request=lambda collection: discover(collection, BUILD_FIELDS, _all_issues(collection), sort=f"-{COUNT}"),
    parse=_tag_rows((RELEASE, ENVIRONMENT, TRANSACTION)),
    source=lambda collection: collection.source(
        f"Discover errors: {COUNT}, {USERS} by issue, release, environment and transaction"
    ),
)
PLACE_FIELDS = (ISSUE_ID, HOST, *map(tag_column, TENANTS), COUNT)
PLACES = SituationPart(
    field="places",
    request=lambda collection: discover(collection, PLACE_FIELDS, _all_issues(collection), sort=f"-{COUNT}"),
    parse=_tag_rows((HOST, *TENANTS)),
    source=lambda collection: collection.source(f"Discover errors: {COUNT} by issue, host and tenant"),
)
