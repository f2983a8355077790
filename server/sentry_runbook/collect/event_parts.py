"""Rows of the table of the evidence that need only the reference: whole events, the event list, tags, comments."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from sentry_runbook.collect.batch import Request, note_failure
from sentry_runbook.collect.collection import Collection, Part, PartValue
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import event_id_of, event_tag, first_seen, user_named
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import ROWS_LIMIT, Event, EventRow, Known, Note, TagCount, Unknown
from sentry_runbook.incident.model.evidence.event import NAMED_BY
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of
from sentry_runbook.incident.model.evidence.lenient import read, read_all
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import nearest

Objects = tuple[JsonObject, ...]


def _event_request(collection: Collection) -> Request[JsonObject]:
    client, question = collection.client, collection.question
    return lambda: client.event(question.reference, question.which, environments=question.environments)


def _read_event(collection: Collection, event: JsonObject) -> Event:
    """An event, with what names its issue: that tells which of its exceptions the issue is about."""
    named_by = {key: collection.issue.get(key) for key in ("title", "metadata")}
    return read(Event, {**event, NAMED_BY: named_by}, collection.sanitizer)


EVENT = Part(
    field="event",
    round=1,
    aspects=(Aspect.EVENT, Aspect.COMMITS),
    request=_event_request,
    in_environments=True,
    parse=_read_event,
    source=lambda collection: f"event {collection.question.which} of the issue",
)


def _sample_names(collection: Collection) -> tuple[str, ...]:
    """Which further events are read: one; with the notes of one issue's story both, for it takes more requests.

    The oldest shows the beginning of an issue that began in the window; of an older one it would be long past.
    """
    question, began = collection.question, first_seen(collection.first)
    is_new = began is not None and began >= question.window.start
    takes_more = question.wants(Aspect.NOTES) and not collection.is_of_several
    names = ("oldest", "recommended") if takes_more else ("oldest" if is_new else "recommended",)
    known = (name for name in names if name != question.which and not collection.client.lacks_event(name))
    return tuple(known) if count_of(collection.first.get("count")) != 1 else ()


def _no_sample(collection: Collection) -> PartValue | None:
    """The sample where no further event can be had."""
    if _sample_names(collection):
        return None
    if collection.client.lacks_event("oldest") or collection.client.lacks_event("recommended"):
        return Unknown(why="this server gives the latest event only", asked=False)
    return Known(value=(), source="the one event that was read")


def _sample_request(collection: Collection) -> Request[Objects]:
    client, question, names = collection.client, collection.question, _sample_names(collection)
    events: dict[str, JsonObject] = {}
    errors: dict[str, RunbookError] = {}

    async def ask(which: str) -> None:
        try:
            events[which] = await client.event(question.reference, which, environments=question.environments)
        except RunbookError as exc:
            errors[which] = exc
            note_failure(exc)  # here, for the other one's answer hides it

    async def ask_all() -> Objects:
        async with anyio.create_task_group() as tasks:
            for which in names:
                tasks.start_soon(ask, which)
        if not events:
            raise nearest([errors[which] for which in names])
        return tuple(events[which] for which in names if which in events)

    return ask_all


def _sample(collection: Collection, events: Objects) -> tuple[Event, ...]:
    """The further events, the chosen one not repeated."""
    chosen = collection.value(EVENT)
    by_id = {event_id_of(event): event for event in events}
    if chosen is not None:
        by_id.pop(event_id_of(chosen), None)
    return tuple(_read_event(collection, event) for event in by_id.values())


SAMPLE = Part(
    field="sample",
    round=2,
    aspects=(Aspect.SAMPLE,),
    request=_sample_request,
    in_environments=True,
    parse=_sample,
    source=lambda collection: f"{' and '.join(_sample_names(collection))} event of the issue",
    known=_no_sample,
)


def _rows_request(collection: Collection) -> Request[ListPage[JsonObject]]:
    client, question = collection.client, collection.question
    return lambda: client.events(question.reference, environments=question.environments, limit=ROWS_LIMIT)


def _is_shared(collection: Collection, row: JsonObject) -> bool:
    return bool(collection.one_for_all) or user_named(row) in collection.shared_users


def rows_of(collection: Collection, events: Sequence[JsonObject]) -> tuple[EventRow, ...]:
    """The events of a list that lie in the scope's environments; who stands for many is no user."""
    names = collection.scope.names
    kept = [row for row in events if not names or event_tag(row, "environment") in names]
    if collection.one_for_all or collection.shared_users:
        kept = [{**row, "user": None} if _is_shared(collection, row) else row for row in kept]
    return read_all(EventRow, kept, collection.sanitizer)


ROWS = Part(
    field="rows",
    round=1,
    aspects=(Aspect.ROWS,),
    request=_rows_request,
    parse=lambda collection, page: rows_of(collection, page.items),
    source=lambda _: "event list of the issue",
    note=lambda _, page: f"the latest {ROWS_LIMIT} events; there are more" if page.next_cursor is not None else "",
)

TAGS = Part(
    field="tags",
    round=1,
    aspects=(Aspect.TAGS,),
    request=lambda collection: lambda: collection.client.tags(collection.question.reference),
    parse=lambda collection, tags: read_all(TagCount, tags, collection.sanitizer),
    source=lambda _: "tags of the issue, all time",
)

NOTES = Part(
    field="notes",
    round=1,
    aspects=(Aspect.NOTES,),
    request=lambda collection: lambda: collection.client.notes(collection.question.reference),
    parse=lambda collection, notes: read_all(Note, notes, collection.sanitizer),
    source=lambda _: "comments on the issue",
)
