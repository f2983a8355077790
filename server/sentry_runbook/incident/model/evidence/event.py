"""An event read whole. Lengths are what a responder can use (DESIGN §9 rests on them).

Of a large event only what is kept is looked at: entries, frames and variables are cut before they are made inert.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sentry_runbook.incident.model.evidence.breadcrumb import Breadcrumb, call_of_span, is_call
from sentry_runbook.incident.model.evidence.chain import chain_of
from sentry_runbook.incident.model.evidence.entries import entries_of, values_of
from sentry_runbook.incident.model.evidence.event_row import event_id, event_release
from sentry_runbook.incident.model.evidence.exception import Stack, ThrownException, message_of
from sentry_runbook.incident.model.evidence.frame import Frame
from sentry_runbook.incident.model.evidence.issue_kind import Kind, kind_of_event
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    first_of,
    first_text,
    left_out,
    list_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import (
    MESSAGE,
    TITLE,
    BothEnds,
    FieldType,
    FromSentry,
    Host,
    Identifier,
    InertLine,
    InertUrl,
    InertVersion,
    Many,
    Mapped,
    Maybe,
    Moment,
    Name,
    PartOf,
    UserName,
    Whole,
    Word,
)
from sentry_runbook.incident.model.evidence.occurrence import EvidencePairs, evidence_of
from sentry_runbook.incident.model.evidence.tags import MAX_TAGS, Tags, event_tags
from sentry_runbook.incident.model.evidence.values import EventText
from sentry_runbook.safety.sensitive_keys import is_owned_device
from sentry_runbook.safety.text import NAME

if TYPE_CHECKING:
    from sentry_runbook.safety.sanitizer import Sanitizer

MAX_BREADCRUMBS = 30
MAX_CONTEXTS = 12
MAX_SENT_BREADCRUMBS = 100
"""As many as SDKs send; of more, the last ones are counted."""
MAX_OTHERS = 40_000
"""Characters of all exceptions together that are judged and not shown."""
NAMED_BY = "named_by"
"""Key under which the issue's ``title`` and ``metadata`` are given to :func:`.read` beside an event's own keys."""
APART = ("browser", "os", "client_os", "device", "trace", "replay", "feedback", "flags")
MAX_FLAGS = 100
"""Evaluations that SDKs keep."""
"""Contexts that have a field of their own."""


@dataclass(frozen=True)
class Contexts(FieldType):
    """Contexts by name, without those that have a field of their own."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The contexts, each with at most eight values."""
        by_name: dict[str, dict[str, str]] = {}
        for name, context in list(object_of(value).items())[:MAX_CONTEXTS]:
            values = {key: part for key, part in object_of(context).items() if key != "type"}
            if values and name not in APART:
                shown = sanitizer.mapping(values, key=name, where="event.contexts", items=8, limit=TITLE)
                by_name[sanitizer.line(name, NAME, "event.contexts")] = shown
        return by_name


@dataclass(frozen=True)
class JsonLine(FieldType):
    """Any JSON as one line."""

    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The line, None when there is nothing in it."""
        if value in (None, "", {}, []):
            return None
        shown = sanitizer.mapping({"data": value}, where=self.where, items=MAX_TAGS, limit=MESSAGE)
        return next(iter(shown.values()), None)


class Event(FromSentry):
    """One event, read whole and cut to what a responder needs.

    Attributes:
        kind: what opened the issue, as far as the event tells.
        scrubbed: places that Sentry itself emptied ("request.data"): scrubbed, not missing.
        processing_errors: what Sentry could not process (``js_no_source`` …).
        user: an id without personal data, else ``user-1`` …; None when the event has no user context.
        contexts: context name → key → value, as ``{"runtime": {"name": "node"}}``; device, browser, os apart.
        exceptions: cause first, outermost last; of many the root, the outermost, the leading one, and one of each type
            of a group.
        lead: position in ``exceptions`` of the one that the event is about; None: the outermost.
        other_errors: ``Type: message`` of the exceptions that are not shown.
        stack: of an event without exceptions: its message's, else a thread's.
        unmarked_threads: threads with stacks of which none is shown, because nothing tells which one counts.
        whole_message: all of a message that is longer than what is shown.
        earlier_calls: the HTTP calls among the breadcrumbs that are left out, which are judged and not shown; of an
            event whose breadcrumbs hold none, those among its spans.
        request_query: judged and not shown.
        request_host: host that the request came in on (the project's own).
    """

    id: Annotated[str, Identifier()]
    kind: Kind = "error"
    when: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateCreated")
    release: Annotated[EventText | None, InertVersion("event.release")] = None
    environment: Annotated[EventText | None, Name("event.environment")] = None
    transaction: Annotated[EventText | None, Name("event.transaction")] = None
    title: Annotated[EventText | None, InertLine(TITLE, "event.title")] = None
    message: Annotated[EventText | None, BothEnds(MESSAGE, "event.message")] = None
    whole_message: Annotated[EventText | None, Whole("event.message")] = None
    exceptions: Many[ThrownException] = ()
    lead: int | None = None
    exceptions_omitted: int = 0
    other_errors: Many[Annotated[EventText, PartOf("event.exception.value")]] = ()
    stack: Maybe[Stack] = None
    unmarked_threads: int = 0
    breadcrumbs: Many[Breadcrumb] = ()
    breadcrumbs_omitted: int = 0
    earlier_calls: Many[Breadcrumb] = ()
    tags: Annotated[dict[EventText, EventText], Tags()] = Field(default_factory=dict)
    tags_omitted: int = 0
    user: Annotated[EventText | None, UserName()] = None
    device: Annotated[EventText | None, InertVersion("event.contexts.device")] = None
    browser: Annotated[EventText | None, InertVersion("event.contexts.browser")] = None
    os: Annotated[EventText | None, InertVersion("event.contexts.os")] = None
    request_method: Annotated[EventText | None, Word()] = None
    request_url: Annotated[EventText | None, InertUrl("event.request.url")] = None
    request_host: Annotated[EventText | None, Host("event.request.host")] = None
    request_query: Annotated[EventText | None, JsonLine("event.request.query")] = None
    request_data: Annotated[EventText | None, JsonLine("event.request.data")] = None
    contexts: Annotated[dict[EventText, dict[EventText, EventText]], Contexts()] = Field(default_factory=dict)
    extra: Annotated[dict[EventText, EventText], Mapped(10, "event.extra")] = Field(default_factory=dict)
    processing_errors: Many[Annotated[EventText, Name("event.errors")]] = ()
    occurrence: Annotated[tuple[tuple[EventText, EventText], ...], EvidencePairs("event.occurrence")] = ()
    """Why an issue fired that no thrown error opened, as names and values, what matters most first."""
    flags: Annotated[dict[EventText, EventText], Mapped(MAX_FLAGS, "event.flags")] = Field(default_factory=dict)
    """The feature flags that were evaluated before it, by name: ``true``, ``false`` or a variant (sentry-api §18)."""
    trace_id: Annotated[str | None, Word()] = None
    scrubbed: Many[Annotated[str, Name("event._meta")]] = ()

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Entries, contexts and tags are lists and objects by name; of each the part that is kept."""
        entries = entries_of(json)
        tags = list(event_tags(json))
        by_key = dict(reversed(tags))
        chain = chain_of(json, entries, (object_of(json.get(NAMED_BY)), json))
        breadcrumbs = values_of(entries, "breadcrumbs")[-MAX_SENT_BREADCRUMBS:]
        message = text_of(json.get("message")) or first_text(entries.get("message", {}), "formatted", "message")
        contexts = {name: part for name, part in object_of(json.get("contexts")).items() if isinstance(part, dict)}
        request = entries.get("request", {})
        return {
            "id": event_id(json),
            "kind": kind_of_event(json, entries, contexts),
            "dateCreated": first_of(json, "dateCreated", "datetime", "timestamp"),
            "title": json.get("title"),
            "user": json.get("user"),
            "message": message,
            "whole_message": message if message and len(message) > MESSAGE else None,
            "release": event_release(json, by_key),
            "environment": by_key.get("environment") or json.get("environment"),
            "transaction": by_key.get("transaction") or json.get("transaction"),
            "exceptions": chain.shown,
            "lead": chain.lead,
            "exceptions_omitted": chain.omitted
            + left_out(first_of(entries.get("exception", {}), "excOmitted", "exc_omitted")),
            "other_errors": [_named(thrown, MAX_OTHERS // len(chain.others)) for thrown in chain.others],
            "stack": chain.stack,
            "unmarked_threads": chain.unmarked_threads,
            "breadcrumbs": breadcrumbs[-MAX_BREADCRUMBS:],
            "earlier_calls": _calls_not_shown(breadcrumbs, entries, contexts),
            "breadcrumbs_omitted": max(0, len(breadcrumbs) - MAX_BREADCRUMBS),
            "tags": tags[:MAX_TAGS],
            "tags_omitted": len(tags) - len(dict(tags[:MAX_TAGS])),
            "device": _context_name(contexts, "device"),
            "browser": _context_name(contexts, "browser"),
            "os": _context_name(contexts, "os") or _context_name(contexts, "client_os"),
            "request_method": request.get("method"),
            "request_url": request.get("url"),
            "request_host": request.get("url"),
            "request_query": _query_of(first_of(request, "query", "query_string")),
            "request_data": request.get("data"),
            "contexts": contexts,
            "extra": first_of(json, "context", "extra"),
            "processing_errors": [object_of(error).get("type") for error in list_of(json.get("errors"))][:10],
            "occurrence": evidence_of(json, entries, contexts, by_key),
            "flags": _flags(contexts),
            "trace_id": contexts.get("trace", {}).get("trace_id"),
            "scrubbed": _scrubbed(json.get("_meta"), (), 12)[:12],
        }

    @property
    def leading(self) -> ThrownException | None:
        """The exception that the event is about (see :mod:`.chain`); None for an event without exceptions."""
        if self.lead is not None and self.lead < len(self.exceptions):
            return self.exceptions[self.lead]
        return self.exceptions[-1] if self.exceptions else None

    @property
    def root(self) -> ThrownException | None:
        """The innermost exception that led to the leading one and says why; None where that is the leading one."""
        first = next((thrown for thrown in self.exceptions if not thrown.aside and not thrown.carries), None)
        return first if first is not self.leading else None

    @property
    def failing_frame(self) -> Frame | None:
        """The last own frame of the leading exception, else its last one; without exceptions, of the event's stack."""
        stack: Stack | None = self.leading or self.stack
        return stack.failing_frame if stack is not None else None


def _named(thrown: JsonObject, limit: int) -> tuple[str, int]:
    parts = (text_of(thrown.get("type")), message_of(thrown))
    return ": ".join(part for part in parts if part), limit


def _flags(contexts: Mapping[str, JsonObject]) -> dict[str, str]:
    """The last evaluation of each flag."""
    values: dict[str, str] = {}
    for row in map(object_of, list_of(contexts.get("flags", {}).get("values"))):
        flag, result = text_of(row.get("flag")), row.get("result")
        text = str(result).lower() if isinstance(result, bool) else text_of(result)
        if flag and text:
            values[flag] = text
    return values


def _calls_not_shown(
    breadcrumbs: list[JsonObject], entries: Mapping[str, JsonObject], contexts: Mapping[str, JsonObject]
) -> list[JsonObject]:
    """Calls that are judged and not shown; spans only where no breadcrumb is a call, for most SDKs write both."""
    calls = [crumb for crumb in breadcrumbs if is_call(crumb)]
    if calls:
        return [crumb for crumb in breadcrumbs[:-MAX_BREADCRUMBS] if is_call(crumb)]
    spans = values_of(entries, "spans")[:MAX_SENT_BREADCRUMBS]
    return [call for span in (*spans, contexts.get("trace", {})) if (call := call_of_span(span)) is not None]


def _query_of(query: object) -> object:
    """A query string, or its pairs by name, so that sensitive names are masked; a name that comes twice keeps all."""
    if not isinstance(query, list):
        return query
    by_name: dict[str, str] = {}
    for pair in query[:MAX_QUERY]:
        name, value = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (None, None)
        if isinstance(name, str) and isinstance(value, str):
            by_name[name] = f"{by_name[name]} {value}" if name in by_name else value
    return by_name


MAX_QUERY = 30


def _context_name(contexts: Mapping[str, JsonObject], key: str) -> str:
    """Name and version; a device's name is its owner's ("Vera's iPhone"), so it is shown by family and model."""
    context, keys = contexts.get(key, {}), ("name", "version")
    if key == "device":
        keys = ("family", "model")
    texts = [text for part in keys if (text := first_text(context, part)) and text not in ("Unknown", "None", "Other")]
    if key == "device":
        # Some SDKs give the owner's name for the device as its family, too.
        texts = [text for text in texts if not is_owned_device(key, text)]
    return " ".join(dict.fromkeys(texts))


def _scrubbed(node: object, path: tuple[str, ...], depth: int) -> list[str]:
    """Paths of values that scrubbing emptied or shortened, from the shadow tree ``_meta``."""
    if not isinstance(node, dict) or depth == 0:
        return []
    leaf = node.get("")
    paths = [".".join(path)] if isinstance(leaf, dict) and (leaf.get("rem") or leaf.get("chunks")) else []
    for key, inner in list(node.items())[:200]:
        if key != "" and len(paths) < 50:
            paths += _scrubbed(inner, (*path, str(key)), depth - 1)
    return paths
