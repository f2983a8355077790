"""GlitchTip's issues and events in Sentry's shape, so that nothing beyond this package knows two shapes. Pure.

What it does not count stays unknown: it sends 0 users and an empty ``stats["24h"]`` for every issue, and one count, of
the issue's whole life. Rows of the event list are whole events, in names of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from sentry_runbook.incident.model.evidence.json_values import JsonObject, list_of, moment_of, object_of, text_of

EVENT_NAMES = {
    "event_id": "eventID",
    "date_created": "dateCreated",
    "date_received": "dateReceived",
    "group_id": "groupID",
    "project_id": "projectID",
}
"""Keys of a row of the event list → those of a single event, which are Sentry's."""
ISSUE_NAMES = {"status_details": "statusDetails", "matching_event_id": "matchingEventId", "user_count": "userCount"}
"""Keys of the answer to a change → those of a read."""
ADDED = "added"
"""Key of a tag that is none of the event's."""
LOCATION = re.compile(r"\S+ in \S+|[a-z][a-z0-9+.-]*://.*", re.DOTALL)
"""A culprit that is computed where no transaction is known: a function, or the page."""


def issue_as_sentry(issue: JsonObject) -> JsonObject:
    """An issue read, or changed: users are not counted, the hours of the last day not either."""
    named = _renamed(issue, ISSUE_NAMES)
    return {**named, "userCount": None, "stats": {}, "culprit": issue.get("culprit") or None}


def row_as_sentry(issue: JsonObject, start: datetime, end: datetime) -> JsonObject:
    """A row of the issue list, in the shape in which Sentry tells the period's count from that of the whole life.

    An issue first seen in the period, and last seen before its end, has all its events in it: else the period's count
    is unknown.
    """
    named = issue_as_sentry(issue)
    first, last = moment_of(issue.get("firstSeen")), moment_of(issue.get("lastSeen"))
    is_inside = first is not None and last is not None and start <= first and last < end
    life = {"count": issue.get("count"), "firstSeen": issue.get("firstSeen"), "lastSeen": issue.get("lastSeen")}
    return {**named, "count": issue.get("count") if is_inside else None, "lifetime": life}


def event_as_sentry(event: JsonObject) -> JsonObject:
    """A whole event: its culprit is the transaction, where the SDK sent one."""
    named = _renamed(event, EVENT_NAMES)
    culprit = text_of(event.get("culprit"))
    is_location = culprit is None or LOCATION.fullmatch(culprit) is not None
    return named if is_location else {"transaction": culprit, **named}


def event_row_as_sentry(event: JsonObject) -> JsonObject:
    """A row of the event list, with the tags that Sentry gives to rows: the transaction, and whether it was handled."""
    named, tags = event_as_sentry(event), list_of(event.get("tags"))
    handled = _handled(event)
    derived = {
        "handled": None if handled is None else "yes" if handled else "no",
        "transaction": named.get("transaction"),
    }
    added = [
        {"key": key, "value": value, ADDED: True}
        for key, value in derived.items()
        if value and tag_of(event, key) is None
    ]
    return {**named, "tags": [*tags, *added]}


def event_of_row(row: JsonObject) -> JsonObject:
    """The event of a row, with the tags that it was sent with."""
    return {**row, "tags": [tag for tag in list_of(row.get("tags")) if not object_of(tag).get(ADDED)]}


def release_as_sentry(release: JsonObject) -> JsonObject:
    """A release: GlitchTip has no deploys, and tells 0 of them."""
    return {key: value for key, value in release.items() if key != "deployCount"}


def tag_of(event: JsonObject, key: str) -> str | None:
    """The value of one tag; None when the event does not carry it."""
    tags = map(object_of, list_of(event.get("tags")))
    return next((text_of(tag.get("value")) for tag in tags if tag.get("key") == key), None)


def tag_keys(event: JsonObject) -> set[str]:
    """The tags that an event carries."""
    return {key for tag in map(object_of, list_of(event.get("tags"))) if (key := text_of(tag.get("key")))}


def _renamed(json: JsonObject, names: Mapping[str, str]) -> JsonObject:
    return {names.get(key, key): value for key, value in json.items()}


def _handled(event: JsonObject) -> bool | None:
    """Whether every exception was handled; None where no mechanism says it."""
    values = (
        value
        for entry in map(object_of, list_of(event.get("entries")))
        if entry.get("type") == "exception"
        for value in map(object_of, list_of(object_of(entry.get("data")).get("values")))
    )
    said = [flag for value in values if isinstance(flag := object_of(value.get("mechanism")).get("handled"), bool)]
    return all(said) if said else None
