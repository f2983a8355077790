"""The exceptions of an event as a chain or a group: which one leads, which are shown, and stacks that stand elsewhere.

Sentry sends the chain cause first, outermost last; in newer SDKs each exception's ``mechanism`` says whose cause it is
(``exception_id``, ``parent_id``), so a group of errors is a tree. Everything here works on the raw JSON, and decides
only: what is shown is made inert later, and what is not shown is still judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sentry_runbook.incident.model.evidence.exception import frames_of, is_own
from sentry_runbook.incident.model.evidence.json_values import JsonObject, list_of, object_of, text_of

MAX_SENT_EXCEPTIONS = 50
MAX_SENT_THREADS = 200
FEW = 3
"""So many exceptions are shown whatever they are."""
MOST = 5
"""Of more, at most so many: the root, the outermost, the leading one, and one of each type of a group."""
TITLE_START = 60
"""Characters of a message by which a title names it: Sentry cuts both."""
MAIN = re.compile(r"(?i)main(?: ?thread)?|com\.apple\.main-thread|ui")

WRAPPERS = frozenset(
    (
        *("ExecutionException", "CompletionException", "InvocationTargetException", "UndeclaredThrowableException"),
        *("UndeliverableException", "OnErrorNotImplementedException", "ServletException", "NestedServletException"),
        *("TargetInvocationException", "TypeInitializationException", "AggregateException", "AggregateError"),
        *("ExceptionGroup", "BaseExceptionGroup", "CompositeException"),
        *("*fmt.wrapError", "*fmt.wrapErrors", "*errors.joinError", "*errors.withStack", "*errors.withMessage"),
        "*xerrors.wrapError",
    )
)
"""Types, without their packages, that only carry another error to where it was caught."""
GENERIC = frozenset(("RuntimeException", "Exception", "Error", "Throwable"))
"""Types that say nothing themselves; with another error as their whole message they are wrappers."""
RECOVERED = re.compile(r"There was an error (?:during concurrent rendering|while hydrating)|React was able to recover")
"""React's own report that it went on after an error; the error is the inner one."""


@dataclass(frozen=True)
class Chain:
    """What of an event's exceptions is shown.

    Attributes:
        shown: raw exceptions, cause first.
        lead: position in ``shown`` of the one that the event is about; None without exceptions.
        others: raw exceptions that are not shown.
        stack: the raw stack of an event without exceptions: of its message, else of a thread.
    """

    shown: Sequence[JsonObject] = ()
    lead: int | None = None
    others: Sequence[JsonObject] = ()
    stack: JsonObject | None = field(default=None)


def chain_of(entries: Mapping[str, JsonObject], titles: Sequence[JsonObject]) -> Chain:
    """Read the exceptions of an event.

    Args:
        entries: the event's entries by type.
        titles: objects whose ``title`` and ``metadata`` say which exception Sentry named the issue by; the first that
            names one decides.
    """
    values = list_of(entries.get("exception", {}).get("values"))
    sent: list[JsonObject] = [value for value in values if isinstance(value, dict)]
    sent = sent[-MAX_SENT_EXCEPTIONS:]
    thrown = [value for value in sent if _says_something(value)] or sent[-1:]
    if not thrown:
        return Chain(stack=_stack_elsewhere(entries, None))
    relations = _Relations.of(thrown)
    lead = _leading(thrown, relations, titles)
    if not any(frames_of(one) for one in thrown):
        elsewhere = _stack_elsewhere(entries, thrown[lead].get("threadId"))
        if elsewhere is not None:
            taken = {"stacktrace": elsewhere["stacktrace"], "thread": elsewhere.get("name")}
            thrown = [{**one, **taken} if place == lead else one for place, one in enumerate(thrown)]
    shown = _shown(thrown, relations, lead)
    # What a wrapper or a suppressed error says is judged last: the first text that names a cause counts.
    hidden = sorted((place for place in range(len(thrown)) if place not in shown), key=relations.carries.__contains__)
    return Chain([thrown[place] for place in shown], shown.index(lead), [thrown[place] for place in hidden])


def _says_something(thrown: JsonObject) -> bool:
    return bool(text_of(thrown.get("type")) or text_of(thrown.get("value")) or frames_of(thrown))


# --- wrappers, suppressed errors, groups ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Relations:
    """How the exceptions of one event stand to each other, by their positions.

    Attributes:
        carries: those that only carry another one, or were suppressed: they never lead.
        is_group: whether one of them is a group of errors.
    """

    carries: frozenset[int]
    is_group: bool

    @classmethod
    def of(cls, thrown: Sequence[JsonObject]) -> _Relations:
        mechanisms = [object_of(one.get("mechanism")) for one in thrown]
        suppressed = _suppressed(mechanisms)
        groups = [bool(mechanism.get("is_exception_group") is True) for mechanism in mechanisms]
        carries = {
            place
            for place, one in enumerate(thrown)
            if place in suppressed or groups[place] or _is_wrapper(one, thrown[:place])
        }
        # Of nothing but wrappers, the innermost is all there is.
        return cls(frozenset(carries if len(carries) < len(thrown) else carries - {0}), any(groups))


def _suppressed(mechanisms: Sequence[JsonObject]) -> set[int]:
    """Errors that were suppressed while another one was under way, and their causes: diagnostics, not what failed."""
    parents = {text_of(one.get("exception_id")): text_of(one.get("parent_id")) for one in mechanisms}
    marked = {
        text_of(one.get("exception_id"))
        for one in mechanisms
        if "suppressed" in f"{text_of(one.get('source')) or ''} {text_of(one.get('type')) or ''}"
    }
    return {
        place
        for place, mechanism in enumerate(mechanisms)
        if not marked.isdisjoint(_line_of(text_of(mechanism.get("exception_id")), parents)) or _marked_alone(mechanism)
    }


def _marked_alone(mechanism: JsonObject) -> bool:
    return mechanism.get("exception_id") is None and "suppressed" in (text_of(mechanism.get("source")) or "")


def _line_of(one: str | None, parents: Mapping[str | None, str | None]) -> Iterator[str]:
    """An exception's id and those above it."""
    seen: set[str] = set()
    while one is not None and one not in seen:
        seen.add(one)
        yield one
        one = parents.get(one)


def _is_wrapper(thrown: JsonObject, inner: Sequence[JsonObject]) -> bool:
    kind, value = _kind(thrown), text_of(thrown.get("value")) or ""
    if kind in WRAPPERS or RECOVERED.search(value[:400]):
        return True
    return kind in GENERIC and any(_repeats(value, one) for one in inner)


def _repeats(value: str, inner: JsonObject) -> bool:
    """Whether a message is nothing but another exception as text: ``java.io.IOException: closed``."""
    name, message = _kind(inner), text_of(inner.get("value")) or ""
    if message and value.strip() == message.strip():
        return True
    start = value[:TITLE_START].partition(":")[0].rsplit(".", 1)[-1]
    return bool(name) and start == name


def _kind(thrown: JsonObject) -> str:
    """The type without its package; Go's and Python's names stay whole."""
    name = text_of(thrown.get("type")) or ""
    return name if name.startswith("*") else name.rsplit(".", 1)[-1]


# --- which leads, which are shown ----------------------------------------------------------------------------------


def _leading(thrown: Sequence[JsonObject], relations: _Relations, titles: Sequence[JsonObject]) -> int:
    """The exception that Sentry's title names; where it carries another or has no own frames, the innermost that has.

    Type, message and failing frame of one line are all of this one.
    """
    places = [place for place in range(len(thrown)) if place not in relations.carries]
    own = [place for place in range(len(thrown)) if any(is_own(frame) for frame in frames_of(thrown[place]))]
    framed = [place for place in range(len(thrown)) if frames_of(thrown[place])]
    titled = next((place for title in titles if (place := _titled(thrown, places, title)) is not None), None)
    first = [titled] if titled is not None else []
    for candidates in (own, framed):
        for among in (first, places, range(len(thrown))):
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
    named = [place for place in alike if value and _begins(text_of(thrown[place].get("value")) or "", value)]
    found = named or alike
    return found[-1] if found else None


def _same_type(thrown: JsonObject, kind: str) -> bool:
    name = text_of(thrown.get("type")) or ""
    return name == kind or (bool(name) and name.rsplit(".", 1)[-1] == kind.rsplit(".", 1)[-1])


def _begins(value: str, shown: str) -> bool:
    start = " ".join(shown[:TITLE_START].split()).rstrip(".…")
    return bool(start) and " ".join(value[: 2 * TITLE_START].split()).startswith(start)


def _shown(thrown: Sequence[JsonObject], relations: _Relations, lead: int) -> list[int]:
    """Positions of the exceptions that are shown, in their order."""
    last = len(thrown) - 1
    root = next((place for place in range(len(thrown)) if place not in relations.carries), 0)
    shown = dict.fromkeys((lead, last, root))
    if relations.is_group:
        types = {_kind(thrown[place]) for place in shown}
        for place, one in enumerate(thrown):
            if _kind(one) not in types and len(shown) < MOST:
                types.add(_kind(one))
                shown[place] = None
    else:
        for place in range(len(thrown)):
            if len(shown) < FEW:
                shown[place] = None
    return sorted(shown)


# --- stacks elsewhere ----------------------------------------------------------------------------------------------


def _stack_elsewhere(entries: Mapping[str, JsonObject], thread_id: object) -> JsonObject | None:
    """A stack outside the exceptions, as an object with ``stacktrace``: the message's own, else a thread's."""
    if frames_of({"stacktrace": entries.get("stacktrace")}):
        return {"stacktrace": entries["stacktrace"]}
    values = list_of(entries.get("threads", {}).get("values"))[:MAX_SENT_THREADS]
    threads = [thread for thread in values if isinstance(thread, dict) and frames_of(thread)]
    wanted = text_of(thread_id)
    rules: tuple[Callable[[JsonObject], bool], ...] = (
        lambda thread: wanted is not None and text_of(thread.get("id")) == wanted,
        lambda thread: thread.get("crashed") is True,
        lambda thread: thread.get("current") is True,
        lambda thread: thread.get("main") is True or MAIN.fullmatch(text_of(thread.get("name")) or "") is not None,
        lambda _: len(threads) == 1,
    )
    found = next((thread for rule in rules for thread in threads if rule(thread)), None)
    return None if found is None else {"stacktrace": {"frames": frames_of(found)}, "name": found.get("name")}
