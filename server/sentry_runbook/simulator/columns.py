"""The columns that Discover can select, filter and group by, for events and for traced requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.records import EventRecord, IssueRecord, SpanRecord
from sentry_runbook.simulator.scenario import RequestSpec
from sentry_runbook.simulator.search import Value

Row = EventRecord | SpanRecord


_PROMOTED = frozenset({"browser.name", "os.name", "device.family"})
"""Tags that are columns of their own in Sentry: absent, they are an empty text there, and not null."""


def _unhandled(event: EventRecord) -> bool:
    return event.handled is False


def _level(event: EventRecord) -> str | None:
    return event.tag("level") if event.issue.has_levels else event.issue.spec.level


def _request(event: EventRecord) -> RequestSpec | None:
    return event.issue.spec.request


_EVENT: dict[str, Callable[[EventRecord], Value]] = {
    "id": lambda event: event.id,
    "event.type": lambda event: "error" if event.issue.spec.category == "error" else "generic",
    "title": lambda event: event.issue.spec.shown_title,
    "message": lambda event: event.issue.spec.shown_title,
    "timestamp": lambda event: event.at,
    "issue": lambda event: event.issue.short_id,
    "issue.id": lambda event: int(event.issue.id),
    "project": lambda event: event.issue.project.slug,
    "project.name": lambda event: event.issue.project.slug,
    "project.id": lambda event: int(event.issue.project.id),
    "platform": lambda event: event.issue.spec.platform or event.issue.project.platform,
    "level": _level,
    "environment": lambda event: event.environment,
    "release": lambda event: event.release,
    "transaction": lambda event: event.transaction,
    "culprit": lambda event: event.issue.spec.culprit or event.transaction,
    "trace": lambda event: event.trace or "",
    "user": lambda event: f"id:{event.user.id}" if event.user else None,
    "user.id": lambda event: event.user.id if event.user else None,
    "user.email": lambda event: event.user.email if event.user else None,
    "user.username": lambda event: event.user.username if event.user else None,
    "user.ip": lambda event: event.user.ip if event.user else None,
    "geo.country_code": lambda event: event.user.country if event.user else None,
    "http.method": lambda event: made.method if (made := _request(event)) else None,
    "http.url": lambda event: event.tag("url"),
    "error.unhandled": _unhandled,
    "error.handled": lambda event: not _unhandled(event),
    "error.type": lambda event: event.issue.spec.chain[-1].type if event.issue.spec.chain else None,
    "error.value": lambda event: event.issue.spec.chain[-1].value if event.issue.spec.chain else None,
}

_SPAN: dict[str, Callable[[SpanRecord], Value]] = {
    "id": lambda span: span.id,
    "event.type": lambda span: "transaction",
    "is_transaction": lambda span: True,
    "span.op": lambda span: "http.server",
    "transaction.op": lambda span: "http.server",
    "timestamp": lambda span: span.at,
    "project": lambda span: span.project.slug,
    "project.name": lambda span: span.project.slug,
    "project.id": lambda span: int(span.project.id),
    "environment": lambda span: span.environment,
    "release": lambda span: span.release,
    "transaction": lambda span: span.transaction,
    "title": lambda span: span.transaction,
    "span.duration": lambda span: span.duration_ms,
    "transaction.duration": lambda span: span.duration_ms,
    "span.status": lambda span: "internal_error" if span.failed else "ok",
    "transaction.status": lambda span: "internal_error" if span.failed else "ok",
}

OF_THE_ISSUE = frozenset(
    {
        "issue",
        "issue.id",
        "project",
        "project.name",
        "project.id",
        "title",
        "message",
        "level",
        "platform",
        "event.type",
        "error.type",
        "error.value",
    }
)
"""Columns that have the same value in all events of an issue; a level only where :func:`are_shared` says so."""

_TYPES = {
    "timestamp": "date",
    "issue.id": "integer",
    "project.id": "integer",
    "error.unhandled": "boolean",
    "error.handled": "boolean",
    "is_transaction": "boolean",
    "span.duration": "duration",
    "transaction.duration": "duration",
}


def are_shared(keys: Iterable[str], issues: Iterable[IssueRecord]) -> bool:
    """Return whether all events of each of these issues have the same values of these columns."""
    wanted = set(keys)
    return wanted <= OF_THE_ISSUE and not ("level" in wanted and any(issue.has_levels for issue in issues))


def column(row: Row, key: str) -> Value:
    """Return a row's value of a column; any other key is read as a tag; None when the row has no such tag.

    ``tags[name]`` is a tag even where a column has its name; ``flags["name"]`` is what a feature flag was evaluated to
    before the event (Sentry's docs of the issue search, "searchable properties").
    """
    if isinstance(row, EventRecord):
        if key.startswith("tags[") and key.endswith("]"):
            return row.tag(key[5:-1])
        if key.startswith('flags["') and key.endswith('"]'):
            return row.flags.get(key[7:-2])
        get = _EVENT.get(key)
        if get:
            return get(row)
        value = row.tag(key)
        return "" if value is None and key in _PROMOTED else value
    read = _SPAN.get(key)
    return read(row) if read else None


def shown(key: str, value: Value) -> Value:
    """Return a column's value as an answer shows it."""
    if key == "timestamp" and isinstance(value, int):
        return iso(value).replace("Z", "+00:00")
    if key in {"error.unhandled", "error.handled"}:
        return int(bool(value))
    return value


def kind(key: str) -> str:
    """Return a column's type as ``meta.fields`` names it."""
    return _TYPES.get(key, "string")
