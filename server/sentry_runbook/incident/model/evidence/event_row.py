"""One row of the list of events, and what it shares with an event read whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from sentry_runbook.incident.model.evidence.entries import entries_of, values_of
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    first_of,
    flag_of,
    id_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import (
    TITLE,
    Flag,
    FromSentry,
    Identifier,
    InertLine,
    InertVersion,
    Moment,
    Name,
    UserName,
)
from sentry_runbook.incident.model.evidence.tags import tags_named
from sentry_runbook.incident.model.evidence.values import EventText

ROWS_LIMIT = 100
"""Sentry gives at most that many rows of the event list at once: a full list may not reach back to the first event."""
ROW_TAGS = frozenset({"release", "sentry:release", "environment", "transaction", "handled"})


class EventRow(FromSentry):
    """One row of the event list: what the tags and the user of an event say (sentry-api rule 3)."""

    id: Annotated[str, Identifier()]
    when: Annotated[datetime | None, Moment()] = None
    release: Annotated[EventText | None, InertVersion("event.release")] = None
    environment: Annotated[EventText | None, Name("event.environment")] = None
    user: Annotated[EventText | None, UserName()] = None
    """None: the event carries no user context."""
    transaction: Annotated[EventText | None, Name("event.transaction")] = None
    title: Annotated[EventText | None, InertLine(TITLE, "event.title")] = None
    handled: Annotated[bool | None, Flag()] = None
    ip: Annotated[EventText | None, Name("event.user.ip")] = None
    """A stand-in for the sender's address (``<ip 1>``), the same for the same address within the answer."""

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """A row has no release, environment or entries of its own."""
        tags = tags_named(json, ROW_TAGS)
        return {
            "id": event_id(json),
            "when": first_of(json, "dateCreated", "date_created"),
            "release": event_release(json, tags),
            "environment": tags.get("environment"),
            "user": json.get("user"),
            "transaction": tags.get("transaction"),
            "title": json.get("title"),
            "handled": tags.get("handled") or _handled(json),
            "ip": object_of(json.get("user")).get("ip_address"),
        }


def _handled(json: JsonObject) -> bool | None:
    """Whether code caught the error, by the mechanisms of a row that holds its exceptions, as GlitchTip's do.

    One that was not caught counts; None where no mechanism tells.
    """
    if "entries" not in json:
        return None
    thrown = values_of(entries_of(json), "exception")
    told = [flag for value in thrown if (flag := flag_of(object_of(value.get("mechanism")).get("handled"))) is not None]
    return all(told) if told else None


def event_release(event: JsonObject, tags: Mapping[str, str]) -> object:
    """The version: of the release in any form (rule 4), else of the tag (rule 3)."""
    release = event.get("release")
    version = text_of(release.get("version")) if isinstance(release, dict) else release
    return (version if isinstance(version, str) else None) or tags.get("release") or tags.get("sentry:release")


def event_id(event: JsonObject) -> object:
    """The id, under any of its names; None when there is none."""
    return next((id_ for key in ("eventID", "event_id", "id") if (id_ := id_of(event.get(key)))), None)
