"""The exceptions of an event as a chain or a group: which one leads, and which are shown.

Sentry sends the chain cause first, outermost last; in newer SDKs each exception's ``mechanism`` says whose cause it is
(``exception_id``, ``parent_id``), so a group of errors is a tree. Everything here works on the raw JSON, and decides
only: what is shown is made inert later, and what is not shown is still judged.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.model.evidence.exception import message_of
from sentry_runbook.incident.model.evidence.frame import frames_of, is_own
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    first_of,
    list_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.relations import Relations
from sentry_runbook.incident.model.evidence.threads import message_stack, thread_stack, threads_with_stacks
from sentry_runbook.incident.model.evidence.wrappers import kind_of

MAX_SENT_EXCEPTIONS = 100
FEW = 3
"""So many exceptions are shown whatever they are."""
MOST = 5
"""Of more, at most so many: the root, the outermost, the leading one, and one of each type of a group."""
TITLE_START = 60
"""Characters of a message by which a title names it: Sentry cuts both."""


@dataclass(frozen=True)
class Chain:
    """What of an event's exceptions is shown.

    Attributes:
        shown: raw exceptions, cause first; each says whether it ``carries`` another one or stands ``aside``.
        lead: position in ``shown`` of the one that the event is about; None without exceptions.
        others: raw exceptions that are not shown.
        omitted: how many of them there are, with those that were not even looked at.
        stack: the raw stack of an event without exceptions: of its message, else of a thread.
        unmarked_threads: threads with stacks of which none is shown, because nothing tells which one counts.
    """

    shown: Sequence[JsonObject] = ()
    lead: int | None = None
    others: Sequence[JsonObject] = ()
    omitted: int = 0
    stack: JsonObject | None = None
    unmarked_threads: int = 0


def chain_of(event: JsonObject, entries: Mapping[str, JsonObject], titles: Sequence[JsonObject]) -> Chain:
    """Read the exceptions of an event.

    Args:
        event: the event, for what wrote it.
        entries: the event's entries by type.
        titles: objects whose ``title`` and ``metadata`` say which exception Sentry named the issue by; the first that
            names one decides.
    """
    sent, cut = _sent(entries)
    thrown = _cause_first([value for value in sent if _says_something(value)] or sent[-1:], event)
    if not thrown:
        stack = message_stack(entries) or thread_stack(entries, None)
        return Chain(stack=stack, unmarked_threads=0 if stack else len(threads_with_stacks(entries)))
    relations, stacks = Relations.of(thrown), [frames_of(one) for one in thrown]
    lead = _leading(thrown, stacks, relations, titles)
    unmarked = 0
    if not any(stack for place, stack in enumerate(stacks) if place not in relations.suppressed):
        number = first_of(thrown[lead], "threadId", "thread_id")
        elsewhere = message_stack(entries) or thread_stack(entries, number)
        unmarked = 0 if elsewhere else len(threads_with_stacks(entries))
        if elsewhere is not None:
            taken = {"stacktrace": elsewhere["stacktrace"], "thread": elsewhere.get("name")}
            thrown[lead] = {**thrown[lead], **taken}
    aside = relations.aside_of(lead)
    shown = _shown(thrown, relations, lead, aside)
    # What a carrier or a suppressed error says is judged last: the first text that names a cause counts.
    hidden = sorted((place for place in range(len(thrown)) if place not in shown), key=relations.carries.__contains__)
    return Chain(
        shown=[{**thrown[place], "carries": place in relations.carries, "aside": place in aside} for place in shown],
        lead=shown.index(lead),
        others=[thrown[place] for place in hidden],
        omitted=len(hidden) + cut,
        unmarked_threads=unmarked,
    )


def _sent(entries: Mapping[str, JsonObject]) -> tuple[list[JsonObject], int]:
    """The exceptions as they were sent, of very many the innermost and the outermost, and how many are left out."""
    data = entries.get("exception", {})
    values = data.get("values") or ([data] if _says_something(data) else [])  # a single one, as the first SDKs sent it
    sent: list[JsonObject] = [{**value, "thread": None} for value in list_of(values) if isinstance(value, dict)]
    half = MAX_SENT_EXCEPTIONS // 2
    return (sent, 0) if len(sent) <= 2 * half else ([*sent[:half], *sent[-half:]], len(sent) - 2 * half)


def _says_something(thrown: JsonObject) -> bool:
    return bool(text_of(thrown.get("type")) or message_of(thrown) or frames_of(thrown))


def _cause_first(thrown: list[JsonObject], event: JsonObject) -> list[JsonObject]:
    """The exceptions with the outermost last, also of an SDK that writes it first, as Dart's where it gives no numbers.

    Go's SDK of 2024 counts the numbers from the cause, so that they look reversed and its list is right.
    """
    writer = text_of(object_of(event.get("sdk")).get("name")) or text_of(event.get("platform")) or ""
    mechanisms = [object_of(one.get("mechanism")) for one in thrown]
    tops = [place for place, one in enumerate(mechanisms) if one.get("parent_id") is None]
    numbered = [one.get("exception_id") is not None for one in mechanisms]
    if any(numbered):
        is_reversed = all(numbered) and tops == [0] and "go" not in re.split(r"\W", writer)
    else:
        is_reversed = writer.startswith("sentry.dart")
    return thrown[::-1] if is_reversed else thrown


# --- which leads, which are shown ----------------------------------------------------------------------------------


def _leading(
    thrown: Sequence[JsonObject],
    stacks: Sequence[Sequence[JsonObject]],
    relations: Relations,
    titles: Sequence[JsonObject],
) -> int:
    """The exception that Sentry's title names; where it carries another or has no own frames, the innermost that has.

    Type, message and failing frame of one line are all of this one.
    """
    places = [place for place in range(len(thrown)) if place not in relations.carries]
    thrown_itself = [place for place in range(len(thrown)) if place not in relations.suppressed]
    own = [place for place, stack in enumerate(stacks) if any(map(is_own, stack))]
    framed = [place for place, stack in enumerate(stacks) if stack]
    titled = next((place for title in titles if (place := _titled(thrown, places, title)) is not None), None)
    first = [titled] if titled is not None else []
    for candidates in (own, framed):
        for among in (first, places, thrown_itself):
            found = [place for place in among if place in candidates]
            if found:
                return found[0]
    return (first or places[-1:])[0]


def _titled(thrown: Sequence[JsonObject], places: Sequence[int], title: JsonObject) -> int | None:
    """The exception that a title names: by type and message, else by its type alone; of several the outermost."""
    metadata, words = object_of(title.get("metadata")), text_of(title.get("title")) or ""
    kind = text_of(metadata.get("type")) or words.partition(": ")[0]
    value = text_of(metadata.get("value")) or words.partition(": ")[2]
    alike = [place for place in places if kind and _same_type(thrown[place], kind)]
    named = [place for place in alike if value and _begins(message_of(thrown[place]) or "", value)]
    nameless = [place for place in places if not thrown[place].get("type")]
    found = named or alike or [place for place in nameless if _begins(message_of(thrown[place]) or "", words)]
    return found[-1] if found else None


def _same_type(thrown: JsonObject, kind: str) -> bool:
    name = text_of(thrown.get("type")) or ""
    return name == kind or (bool(name) and name.rsplit(".", 1)[-1] == kind.rsplit(".", 1)[-1])


def _begins(value: str, shown: str) -> bool:
    start = " ".join(shown[:TITLE_START].split()).rstrip(".…")
    return bool(start) and " ".join(value[: 2 * TITLE_START].split()).startswith(start)


def _shown(thrown: Sequence[JsonObject], relations: Relations, lead: int, aside: Container[int]) -> list[int]:
    """Positions of the exceptions that are shown, in their order; of the others carriers are the last to be chosen."""
    telling = [place for place in range(len(thrown)) if place not in relations.carries]
    root = next((place for place in telling if place not in aside), lead)
    places = [*telling, *sorted(relations.carries, key=lambda place: (place in relations.suppressed, place))]
    shown = dict.fromkeys((lead, root, _outermost(thrown, relations)))
    if relations.is_group:
        types = {kind_of(thrown[place]) for place in shown}
        for place in places:
            if kind_of(thrown[place]) not in types and len(shown) < MOST:
                types.add(kind_of(thrown[place]))
                shown[place] = None
    for place in places:
        if len(shown) < FEW and not relations.is_group:
            shown[place] = None
    return sorted(shown)


def _outermost(thrown: Sequence[JsonObject], relations: Relations) -> int:
    """The last one that was thrown itself."""
    return max(place for place in range(len(thrown)) if place not in relations.suppressed)
