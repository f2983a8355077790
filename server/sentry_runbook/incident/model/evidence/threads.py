"""Stacks outside the exceptions: of a message, or of the thread that crashed or was running. Raw JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sentry_runbook.incident.model.evidence.frame import frames_of
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, first_of, flag_of, list_of, text_of

MAX_SENT_THREADS = 200
MAIN = re.compile(
    r"(?i)main(?:[ -]?thread)?|com\.apple\.main-thread|ui(?:[ -]?thread)?|(?:cr)?browser ?main|unity ?main|game ?thread"
)
"""Names of a process's main thread: on Apple's systems, Android, in browsers, Unity and Unreal."""


def message_stack(entries: Mapping[str, JsonObject]) -> JsonObject | None:
    """The stack of an event's message, as an object with ``stacktrace``; None where it has none."""
    own = {"stacktrace": entries.get("stacktrace")}
    return own if frames_of(own) else None


def thread_stack(entries: Mapping[str, JsonObject], thread_id: object) -> JsonObject | None:
    """The stack of the thread that an event is about, with the thread's ``name``.

    Args:
        entries: the event's entries by type.
        thread_id: of the thread that the exception names; else the crashed one, the current one, the main one.

    Returns:
        None where no thread has a stack, and where several have one and nothing tells which counts.
    """
    threads = threads_with_stacks(entries)
    wanted = _number_of(thread_id)
    rules: tuple[Callable[[JsonObject], bool], ...] = (
        lambda thread: wanted is not None and _number_of(thread.get("id")) == wanted,
        lambda thread: flag_of(thread.get("crashed")) is True,
        lambda thread: flag_of(thread.get("current")) is True,
        lambda thread: flag_of(thread.get("main")) is True,
        lambda thread: MAIN.fullmatch((text_of(thread.get("name")) or "").strip()) is not None,
        lambda _: len(threads) == 1,
    )
    found = next((thread for rule in rules for thread in threads if rule(thread)), None)
    return None if found is None else {"stacktrace": _stack_of(found), "name": _name_of(found)}


def threads_with_stacks(entries: Mapping[str, JsonObject]) -> list[JsonObject]:
    """The threads that have frames."""
    values = list_of(entries.get("threads", {}).get("values"))[:MAX_SENT_THREADS]
    return [thread for thread in values if isinstance(thread, dict) and frames_of(thread)]


def _number_of(value: object) -> str | None:
    """A thread's number, which is written as a number or as text."""
    number = count_of(value)
    return text_of(value) if number is None else str(number)


def _stack_of(thread: JsonObject) -> JsonObject:
    stack = thread.get("stacktrace")
    omitted = first_of(stack, "framesOmitted", "frames_omitted") if isinstance(stack, dict) else None
    return {"frames": frames_of(thread), "framesOmitted": omitted}


def _name_of(thread: JsonObject) -> str:
    name, number = text_of(thread.get("name")), _number_of(thread.get("id"))
    return name or (f"thread {number}" if number else "a thread without a name")
