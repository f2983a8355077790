"""What the client answers, read as the collection reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from sentry_runbook.incident.model.evidence import Event, EventRow, Issue
from sentry_runbook.incident.model.evidence.lenient import FromSentry, read, read_all
from sentry_runbook.safety.sanitizer import Sanitizer

M = TypeVar("M", bound=FromSentry)


def part_of(model: type[M], json: object) -> M:
    """One object as a part of the evidence."""
    return read(model, json, Sanitizer())


def parts_of(model: type[M], items: Iterable[object]) -> tuple[M, ...]:
    """The objects of a list that can be read."""
    return read_all(model, list(items), Sanitizer())


def issue_of(json: Mapping[str, object]) -> Issue:
    """An issue."""
    return part_of(Issue, {**json, "url": "https://sentry.example.com/"})


def event_of(json: Mapping[str, object]) -> Event:
    """A whole event."""
    return part_of(Event, json)


def row_of(json: Mapping[str, object]) -> EventRow:
    """A row of the event list."""
    return part_of(EventRow, json)
