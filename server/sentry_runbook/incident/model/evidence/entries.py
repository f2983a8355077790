"""The parts of an event by name: of the list ``entries`` that Sentry's API gives, or of the event as an SDK sent it.

The raw JSON of an event, and some servers that are only like Sentry, hold the parts under names of their own at the
top: ``exception``, ``threads``, ``logentry``, sometimes with a bare list in place of an object with ``values``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sentry_runbook.incident.model.evidence.json_values import JsonObject, list_of

MAX_SENT_ENTRIES = 100
INTERFACES: Mapping[str, str] = {
    "exception": "exception",
    "sentry.interfaces.Exception": "exception",
    "threads": "threads",
    "stacktrace": "stacktrace",
    "sentry.interfaces.Stacktrace": "stacktrace",
    "logentry": "message",
    "sentry.interfaces.Message": "message",
    "breadcrumbs": "breadcrumbs",
    "request": "request",
    "sentry.interfaces.Http": "request",
    **{name: name for name in ("csp", "hpkp", "expectct", "expectstaple")},
}
"""Names at the top of an event as an SDK sent it → the type of the entry that Sentry makes of it."""


def entries_of(event: JsonObject) -> dict[str, JsonObject]:
    """Entry type → its data; any may be missing, and their order is not fixed (sentry-api §4.2).

    A part in ``entries`` counts before one of the same type at the top.
    """
    by_type: dict[str, JsonObject] = {}
    for kind, data in (*_listed(event), *_at_the_top(event)):
        if isinstance(data, list) and data:
            data = {"values": data}  # noqa: PLW2901  # as SDKs send it, and some servers keep it
        if isinstance(kind, str) and isinstance(data, dict) and data:
            by_type.setdefault(kind, data)
    return by_type


def _listed(event: JsonObject) -> Iterator[tuple[object, object]]:
    entries = event.get("entries")
    if isinstance(entries, dict):
        yield from entries.items()
    for entry in list_of(entries)[:MAX_SENT_ENTRIES]:
        if isinstance(entry, dict):
            yield entry.get("type"), entry.get("data")


def _at_the_top(event: JsonObject) -> Iterator[tuple[object, object]]:
    for name, kind in INTERFACES.items():
        yield kind, event.get(name)


def values_of(entries: Mapping[str, JsonObject], kind: str) -> list[JsonObject]:
    """The objects in the list of an entry."""
    values = entries.get(kind, {}).get("values")
    return [value for value in (values if isinstance(values, list) else ()) if isinstance(value, dict)]
