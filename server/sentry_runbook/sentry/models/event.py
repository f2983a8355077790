"""Events: rows of the list, and one whole event with its entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sentry_runbook.sentry.models.catalog import ReleaseForms
from sentry_runbook.sentry.models.entries import (
    Breadcrumb,
    Entries,
    ExceptionValue,
    Occurrence,
    ProcessingError,
    Request,
    Sdk,
    Thread,
)
from sentry_runbook.sentry.models.lenient import (
    Answer,
    Id,
    Item,
    Json,
    Many,
    Maybe,
    Moment,
    OrEmpty,
    Text,
    first_items,
    read,
)


class TagPair(Answer):
    """One tag of an event; malformed events give null keys or values."""

    key: Text = None
    value: Text = None


def _tags(value: object) -> object:
    """A list of objects, or of pairs as old servers and GlitchTip write them."""
    if not isinstance(value, list):
        return value
    return [{"key": item[0], "value": item[1]} if isinstance(item, list) and len(item) == 2 else item for item in value]


TagPairs = Annotated[tuple[Item[TagPair], ...], BeforeValidator(first_items), BeforeValidator(_tags), OrEmpty(())]


class EventUser(Answer):
    """The user context of an event: personal data, masked on its way in."""

    id: Text = None
    email: Text = None
    username: Text = None
    name: Text = None
    ip_address: Text = None

    @property
    def is_known(self) -> bool:
        """Whether it names anybody; Sentry sends an object of nulls for nobody."""
        return any((self.id, self.email, self.username, self.name, self.ip_address))


class _Tagged(Answer):
    """What the rows of the event list and whole events share."""

    id: Id = Field(validation_alias="eventID")
    title: Text = None
    message: Text = None
    platform: Text = None
    who: Maybe[EventUser] = Field(None, alias="user")
    tag_pairs: TagPairs = Field((), alias="tags")
    date_created: Moment = Field(None, alias="dateCreated")
    release_forms: ReleaseForms = Field(None, alias="release")

    @property
    def user(self) -> EventUser | None:
        """The user, None when the event carries none."""
        return self.who if self.who and self.who.is_known else None

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Key and value of every well-formed tag."""
        return tuple((tag.key, tag.value) for tag in self.tag_pairs if tag.key and tag.value is not None)

    @property
    def release(self) -> str | None:
        """The version: of the release in any form, else of the tag (rule 3)."""
        return self.release_forms.version if self.release_forms else self.tag("release") or self.tag("sentry:release")

    def tag(self, key: str) -> str | None:
        """The value of a tag, None when the event does not carry it."""
        return next((tag.value for tag in self.tag_pairs if tag.key == key and tag.value is not None), None)


class EventRow(_Tagged):
    """One row of an issue's event list: no release, environment or entries of its own (rule 3)."""


class Event(_Tagged):
    """One whole event; any entry may be missing, and their order is not fixed (sentry-api §4.2)."""

    entries: Entries = ()
    raw_contexts: Json = Field(default_factory=dict, alias="contexts")
    extra: Json = Field(default_factory=dict, alias="context")
    sdk: Maybe[Sdk] = None
    errors: Many[ProcessingError] = ()
    shown: Maybe[Occurrence] = Field(None, alias="occurrence")
    meta: Json = Field(default_factory=dict, alias="_meta")

    def _entry(self, kind: str) -> Mapping[str, Any]:
        data = next((entry.data for entry in self.entries if entry.type == kind), None)
        return data if isinstance(data, dict) else {}

    @property
    def exceptions(self) -> tuple[ExceptionValue, ...]:
        """The exception chain, cause first; where it has no frames, the crashed thread's are taken."""
        found = read(ExceptionValue, self._entry("exception").get("values"))
        if found and not any(one.frames for one in found):
            threads = read(Thread, self._entry("threads").get("values"))
            stack = next((thread.stacktrace for thread in threads if thread.crashed and thread.stacktrace), None)
            if stack:
                return (*found[:-1], found[-1].model_copy(update={"stacktrace": stack}))
        return found

    @property
    def breadcrumbs(self) -> tuple[Breadcrumb, ...]:
        """Oldest first; only the last hundred are read."""
        return read(Breadcrumb, self._entry("breadcrumbs").get("values"))

    @property
    def request(self) -> Request | None:
        """The request, None when the event has none."""
        data = self._entry("request")
        return next(iter(read(Request, [data])), None) if data else None

    @property
    def transaction(self) -> str | None:
        """The transaction that the tags name."""
        return self.tag("transaction")

    @property
    def contexts(self) -> Mapping[str, Mapping[str, Any]]:
        """Context objects by name."""
        return {name: context for name, context in self.raw_contexts.items() if isinstance(context, dict)}

    @property
    def trace_id(self) -> str | None:
        """The trace that the event belongs to."""
        trace = self.contexts.get("trace", {}).get("trace_id")
        return trace if isinstance(trace, str) else None

    @property
    def sdk_name(self) -> str | None:
        """Name and version of the SDK."""
        return " ".join(part for part in (self.sdk.name, self.sdk.version) if part) or None if self.sdk else None

    @property
    def occurrence(self) -> tuple[tuple[str, str], ...]:
        """Evidence of a non-error issue, important first."""
        if self.shown is None:
            return ()
        head = [("subtitle", self.shown.subtitle)] if self.shown.subtitle else []
        lines = sorted(self.shown.display, key=lambda line: not line.important)
        return tuple(
            (name, value) for name, value in (*head, *((line.name, line.value) for line in lines)) if name and value
        )

    @property
    def scrubbed(self) -> tuple[str, ...]:
        """Places that scrubbing emptied or shortened, from the shadow tree ``_meta``."""
        return tuple(_scrubbed(self.meta, (), 12))


def _scrubbed(node: object, path: tuple[str, ...], depth: int) -> list[str]:
    if not isinstance(node, dict) or depth == 0:
        return []
    leaf = node.get("")
    found = [".".join(path)] if isinstance(leaf, dict) and (leaf.get("rem") or leaf.get("chunks")) else []
    for key, inner in list(node.items())[:200]:
        if key != "" and len(found) < 50:
            found += _scrubbed(inner, (*path, str(key)), depth - 1)
    return found
