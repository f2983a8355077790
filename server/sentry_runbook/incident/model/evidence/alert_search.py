"""Search terms of the alert conditions that look at an event: what Sentry's search can say exactly, and no more. Pure.

Theory: a replay counts the events that a condition lets pass, so a term that matches a little more or less would give
firings that never were. None is honest, and the condition is then told as one that cannot be replayed. There is none
for a value with a star (a wildcard to the search, a star to the condition); for one with a backslash beside a wildcard
(an escape there); for the opposite of a match on an attribute of which an event may have several (a search negates any
of them, a condition all); and for a message's equality (the search looks for a part of it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sentry_runbook.incident.model.evidence.alert_conditions import WITHOUT_VALUE, levels_meeting
from sentry_runbook.safety.search_terms import any_of, quoted, tag_column, term

ATTRIBUTES: Mapping[str, str] = {
    "message": "message",
    "platform": "platform",
    "environment": "environment",
    "type": "event.type",
    "user.id": "user.id",
    "user.email": "user.email",
    "user.username": "user.username",
    "user.ip_address": "user.ip",
    "http.method": "http.method",
    "http.url": "http.url",
    "sdk.name": "sdk.name",
    "exception.type": "error.type",
    "exception.value": "error.value",
    "stacktrace.filename": "stack.filename",
    "stacktrace.abs_path": "stack.abs_path",
    "stacktrace.module": "stack.module",
    "stacktrace.package": "stack.package",
}
"""Attribute of an event → the field of a search; the others have none that is exact."""
OF_SEVERAL = ("error.", "stack.")
"""Fields of which an event has one an exception or frame."""
MESSAGE = "message"
IN_MESSAGE = ("co", "nc")
WILDCARDS: Mapping[str, str] = {"co": "*{}*", "sw": "{}*", "ew": "*{}"}
OPPOSITES: Mapping[str, str] = {"ne": "eq", "nc": "co", "nsw": "sw", "new": "ew", "ns": "is"}
TAG_KEY = re.compile(r"[A-Za-z0-9_.-]{1,200}")
MOST_CHARACTERS = 2_000
"""Of one term: it goes into a URL with others."""


def tag_search(key: str, match: str, value: str | None) -> str | None:
    """A search for the events whose tag meets a condition."""
    return _search(tag_column(key), match, value) if TAG_KEY.fullmatch(key) else None


def attribute_search(attribute: str, match: str, value: str | None) -> str | None:
    """A search for the events whose attribute meets a condition."""
    field = ATTRIBUTES.get(attribute)
    if field is None or (field.startswith(OF_SEVERAL) and match in OPPOSITES):
        return None
    if field == MESSAGE and match not in IN_MESSAGE:
        return None
    return _search(field, match, value)


def level_search(match: str, level: str) -> str | None:
    """A search for the events whose level meets a condition."""
    levels = levels_meeting(match, level)
    return None if levels is None else _listed("level", levels)


def _search(field: str, match: str, value: str | None) -> str | None:
    if match in OPPOSITES:
        found = _search(field, OPPOSITES[match], value)
        return found and f"!{found}"
    if match in WITHOUT_VALUE:
        return f"has:{field}"
    if value is None or len(value) > MOST_CHARACTERS or "*" in value:
        return None
    found = None
    if match == "in":
        found = _listed(field, [part for text in value.split(",") if (part := text.strip())])
    elif match == "eq":
        found = term(field, value)
    elif match in WILDCARDS and "\\" not in value and (inner := quoted(value)) is not None:
        found = f'{field}:"{WILDCARDS[match].format(inner[1:-1])}"'
    return found if found is None or len(found) <= MOST_CHARACTERS else None


def _listed(field: str, values: Sequence[str]) -> str | None:
    """Any of the values; None where one of them cannot be said."""
    return any_of(field, values) if values and all(quoted(value) is not None for value in values) else None
