"""A table of Discover that counts events by issue and tags, as rows of the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.collect.breakdown_columns import column_of
from sentry_runbook.collect.discover_parts import COUNT, USERS
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.evidence.json_values import count_of, id_of, moment_of, text_of
from sentry_runbook.incident.model.evidence.situation import TagRow, TagRows
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, Row

ISSUE_ID, PROJECT = "issue.id", "project"
FIRST, LAST = "min(timestamp)", "max(timestamp)"
RELEASE, ENVIRONMENT, HOST = "release", "environment", "server_name"
TENANTS = ("tenant", "tenant_id", "customer", "customer_id", "account", "organization", "org", "shop", "workspace")
"""Tags by which applications say whose event it is, out of those that explain issues (:data:`.MAY_EXPLAIN`)."""


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
    users = count_of(row.get(USERS))
    return TagRow(
        issue=issue,
        project=_name(row.get(PROJECT), PROJECT, sanitizer),
        values={tag: _shown(tag, row[column_of(tag)], sanitizer) for tag in tags if column_of(tag) in row},
        events=events,
        # No user on any event is no number of people, and more users than events cannot be.
        users=users if users and not is_more(users, events) else None,
        first=moment_of(row.get(FIRST), sanitizer.latest),
        last=moment_of(row.get(LAST), sanitizer.latest),
    )


def _name(value: object, where: str, sanitizer: Sanitizer) -> str | None:
    return sanitizer.line(text, NAME, where) or None if (text := text_of(value)) else None


def _shown(tag: str, value: object, sanitizer: Sanitizer) -> str | None:
    text = text_of(value)
    if not text:
        return None
    if tag == RELEASE:
        return sanitizer.version(text, NAME, RELEASE) or None
    return sanitizer.named(tag, text, NAME, f"tags.{tag}") or None


def is_complete(table: DiscoverTable) -> bool:
    """Whether Sentry had no more rows than these."""
    return table.next_cursor is None and len(table.rows) < MAX_ROWS and not table.is_partial
