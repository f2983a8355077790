"""The forms of ids: numbers and short ids of issues, ids of events; and what names an issue. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sentry_runbook.errors import BadInput

NUMERIC = re.compile(r"[0-9]{1,20}")
SHORT = re.compile(r"[A-Z0-9_][A-Z0-9_-]*-[0-9A-HJKMNP-TV-Z]{1,13}")
"""Project slug in upper case, a dash, Crockford base 32 (sentry-api §2)."""
MOST_CHARACTERS = 120
"""Of a short id."""
EVENT = re.compile(r"[0-9a-f]{32}")
NAMED_EVENTS = ("latest", "oldest", "recommended")
EXAMPLES = "Give a numeric id (6114575469), a short id (SHOP-1Z) or the URL of a Sentry issue or event."


def is_event(text: str) -> bool:
    """Whether it is an event's id, with or without a UUID's dashes."""
    return EVENT.fullmatch(text.lower().replace("-", "")) is not None


def event_id(text: str) -> str:
    """An event id as Sentry writes it: 32 hex digits; people paste UUIDs with dashes.

    Raises:
        BadInput: it is no event id.
    """
    wanted = text.strip().lower()
    if wanted in NAMED_EVENTS:
        return wanted
    if not is_event(wanted):
        raise BadInput("event is not an event id.", "Give latest, oldest, recommended or 32 hex digits.")
    return wanted.replace("-", "")


def is_id(text: str) -> bool:
    """Whether the text may name an issue, by its form."""
    is_short = SHORT.fullmatch(text.upper()) is not None and len(text) <= MOST_CHARACTERS
    return text.isascii() and (is_event(text) or NUMERIC.fullmatch(text) is not None or is_short)


def issue_of(text: str) -> str:
    """The id of an issue, or of an event of it, as Sentry writes it.

    Raises:
        BadInput: it is none.
    """
    if not is_id(text):
        raise BadInput("The issue reference cannot be read.", EXAMPLES)
    if is_event(text):
        return event_id(text)
    return (text.lstrip("0") or "0") if NUMERIC.fullmatch(text) else text.upper()


@dataclass(frozen=True)
class IssueRef:
    """A reference to an issue.

    Attributes:
        issue: numeric id, or short id in upper case; an event id where nothing else is known.
        organization: slug or id from the URL, None when it names none.
        event: event id or ``latest``, ``oldest``, ``recommended`` from the URL.
        environments: from the URL's query.
    """

    issue: str
    organization: str | None = None
    event: str | None = None
    environments: tuple[str, ...] = ()

    @property
    def is_numeric(self) -> bool:
        """Whether the issue is named by its number."""
        return NUMERIC.fullmatch(self.issue) is not None

    @property
    def is_event(self) -> bool:
        """Whether only an event is known: ``issue`` is then its id, and the server must tell the issue."""
        return EVENT.fullmatch(self.issue) is not None
