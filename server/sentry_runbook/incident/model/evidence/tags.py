"""Tags of an event: objects, pairs, or one object of names and values; as raw text, and as they are shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentry_runbook.incident.model.evidence.json_values import JsonObject, list_of, text_of
from sentry_runbook.incident.model.evidence.lenient import FieldType
from sentry_runbook.safety.text import NAME

if TYPE_CHECKING:
    from sentry_runbook.safety.sanitizer import Sanitizer

MAX_TAGS = 40
USER_PARTS: dict[str, str] = {
    **dict.fromkeys(("id", "uid"), "id"),
    "email": "email",
    **dict.fromkeys(("username", "login", "nickname", "nick", "handle"), "username"),
    **dict.fromkeys(("ip", "ip_address", "ipaddress"), "ip"),
    **dict.fromkeys(("name", "full_name", "fullname", "display_name", "displayname", "real_name"), "name"),
}
"""Last parts of tags ``user.…`` by which a person is known → the part of a user context."""


def event_tags(event: JsonObject) -> Iterator[tuple[str, str]]:
    """Key and value of every well-formed tag, raw."""
    for key, value in _tag_pairs(event):
        name, text = text_of(key), _value_of(value)
        if name and text is not None:
            yield name, text


def tags_named(event: JsonObject, names: Collection[str]) -> dict[str, str]:
    """The raw values of these tags only: a page of the event list has a thousand tags, of which few are kept."""
    by_key: dict[str, str] = {}
    for key, value in _tag_pairs(event):
        if isinstance(key, str) and key in names and key not in by_key and (text := _value_of(value)) is not None:
            by_key[key] = text
    return by_key


def tag_named(event: JsonObject, name: str) -> str | None:
    """The raw value of one tag; None when the event does not carry it."""
    for key, value in _tag_pairs(event):
        if key == name and (text := _value_of(value)) is not None:
            return text
    return None


def _tag_pairs(event: JsonObject) -> Iterator[tuple[object, object]]:
    """Objects; pairs as old servers and GlitchTip write them; or one object of names and values, as SDKs send them."""
    tags = event.get("tags")
    if isinstance(tags, dict):
        yield from tags.items()
    for tag in list_of(tags):
        if isinstance(tag, dict):
            yield tag.get("key"), tag.get("value")
        elif isinstance(tag, list) and len(tag) == 2:
            yield tag[0], tag[1]


def _value_of(value: object) -> str | None:
    """A value as text; an SDK may send true and false as they are."""
    return str(value).lower() if isinstance(value, bool) else text_of(value)


def is_user_tag(key: str) -> bool:
    """Whether a tag tells who it was (``user``, ``user.email``, ``user_name``), or of which user something is."""
    return re.fullmatch(r"(?i)user(?:[._:-].*)?", key) is not None


def user_of_tag(key: str, value: str, sanitizer: Sanitizer) -> str | None:
    """The user that a tag names, as an id without personal data or a pseudonym; None for a tag that names none."""
    if key == "user":
        return sanitizer.user_tag(value)
    part = USER_PARTS.get(key[len("user.") :].lower()) if is_user_tag(key) else None
    return sanitizer.user(**{part: value}) if part else None


@dataclass(frozen=True)
class Tags(FieldType):
    """Tags by key; the tag ``user`` says who it was, as ``id:…``, ``email:…``, ``username:…`` or ``ip:…``."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The tags."""
        pairs = [(str(pair[0]), str(pair[1])) for pair in list_of(value) if isinstance(pair, tuple)]
        named = {key: user if (user := user_of_tag(key, tag, sanitizer)) is not None else tag for key, tag in pairs}
        sanitizer.look_together(named.items(), "event.tags")
        return sanitizer.mapping(named, where="event.tags", items=MAX_TAGS, limit=NAME)
