"""What an issue's tags tell over its whole life: distinct users, and events by environment. Pure, from raw answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, object_of, text_of

USER_TAGS = ("user", "user.id", "user.email", "user.username")
"""Tags whose values are users, the first that is there counts: Sentry's own, else those of GlitchTip."""


@dataclass(frozen=True)
class TaggedUsers:
    """Distinct values of a tag that names users.

    Attributes:
        key: the tag.
        users: how many values (``uniqueValues``).
        events: how many events carry it.
    """

    key: str
    users: int
    events: int


def tagged_users(tags: Sequence[JsonObject] | None) -> TaggedUsers | None:
    """The users of an issue's whole life; None where no tag names users, or its counts cannot be read."""
    by_key = {text_of(tag.get("key")): tag for tag in tags or ()}
    for key in USER_TAGS:
        tag = by_key.get(key, {})
        users, events = count_of(tag.get("uniqueValues")), count_of(tag.get("totalValues"))
        if users and events is not None and events >= users:
            return TaggedUsers(key, users, events)
    return None


def environment_totals(tags: Sequence[JsonObject] | None, events: int | None) -> Mapping[str, int] | None:
    """Events of an issue's whole life by environment, ``""`` for those without one; None where they are not all told.

    Args:
        tags: of the issue.
        events: of its whole life, which tells how many carry no environment.
    """
    if events is None or not tags:
        # A list without any tag, of events that carry some, has not counted them yet.
        return None
    tag = next((tag for tag in tags if text_of(tag.get("key")) == "environment"), None)
    values = [object_of(value) for value in list_of(tag.get("topValues"))] if tag is not None else []
    counts = {text_of(value.get("value")) or "": count_of(value.get("count")) for value in values}
    known = {name: number for name, number in counts.items() if number is not None}
    named = sum(known.values())
    total = count_of(tag.get("totalValues")) if tag is not None else 0
    if len(known) < len(values) or total != named or named > events:
        return None
    rest = events - named
    return {**known, "": known.get("", 0) + rest} if rest else known
