"""Exceptions and stacks; of a long stack, the frames that tell where it failed."""

from __future__ import annotations

import json as json_text
from typing import Annotated

from sentry_runbook.incident.model.evidence.frame import Frame, frames_of, is_own
from sentry_runbook.incident.model.evidence.json_values import JsonObject, first_of, left_out, object_of, text_of
from sentry_runbook.incident.model.evidence.lenient import (
    MESSAGE,
    BothEnds,
    Flag,
    FromSentry,
    Many,
    Name,
    Whole,
)
from sentry_runbook.incident.model.evidence.values import EventText

MAX_FRAMES = 20


class Stack(FromSentry):
    """A stack of frames, ordered oldest call first.

    Attributes:
        frames_omitted: frames left out here, and by Sentry before.
        thread: the name of the thread that it is of, where no exception has it.
    """

    frames: Many[Frame] = ()
    frames_omitted: int = 0
    thread: Annotated[EventText | None, Name("event.thread")] = None

    @property
    def failing_frame(self) -> Frame | None:
        """The last frame of the application's own, else the last that may be, else the last; None without frames."""
        own = [frame for frame in self.frames if frame.in_app]
        last = own or [frame for frame in self.frames if frame.in_app is None] or self.frames
        return last[-1] if last else None

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The frames stand in ``stacktrace``, or, untranslated, in ``rawStacktrace``."""
        frames, stacktrace = frames_of(json), object_of(json.get("stacktrace"))
        kept = _frames_that_matter(frames)
        omitted = first_of(stacktrace, "framesOmitted", "frames_omitted")
        return {
            **json,
            "frames": [*map(_in_short, kept[:-1]), *kept[-1:]],
            "frames_omitted": len(frames) - len(kept) + left_out(omitted),
            "thread": json.get("name"),
        }


class ThrownException(Stack):
    """One exception of the chain; the list is ordered cause first, outermost last, as Sentry sends it.

    Attributes:
        value: its message; of a long one both ends.
        whole: all of a message that is longer than what is shown; the rules look for words in it.
        carries: it only carries another error to where it was caught, or comes along as a diagnostic.
        aside: it neither led to the leading exception nor came of it: suppressed meanwhile, or its sibling in a group.
    """

    type: Annotated[EventText | None, Name("event.exception.type")] = None
    value: Annotated[EventText | None, BothEnds(MESSAGE, "event.exception.value")] = None
    whole: Annotated[EventText | None, Whole("event.exception.value")] = None
    handled: Annotated[bool | None, Flag()] = None
    carries: bool = False
    aside: bool = False

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Whether it was handled stands in ``mechanism``."""
        value = message_of(json)
        return {
            **super().reshape(json),
            "value": value,
            "whole": value if value and len(value) > MESSAGE else None,
            "handled": object_of(json.get("mechanism")).get("handled"),
            "thread": json.get("thread"),
        }

    @property
    def text(self) -> str:
        """``Type: message`` with all of the message, as far as they are known."""
        return ": ".join(part for part in (self.type, self.whole or self.value) if part)


def message_of(thrown: JsonObject) -> str | None:
    """The raw message of an exception; what was thrown as an object or a list is told as JSON."""
    value = thrown.get("value")
    if isinstance(value, bool | dict | list) and value not in ({}, []):
        value = json_text.dumps(value, ensure_ascii=False)
    return text_of(value)


def _frames_that_matter(frames: list[JsonObject]) -> list[JsonObject]:
    """The last frames; when none of those is the project's own, the last own one comes first."""
    kept = frames[-MAX_FRAMES:]
    if any(is_own(frame) for frame in kept):
        return kept
    own = [frame for frame in frames if is_own(frame)]
    return [own[-1], *kept[1:]] if own else kept


def _in_short(frame: JsonObject) -> JsonObject:
    """A foreign frame before the failing one: where it is, without source and variables."""
    return frame if is_own(frame) else {**frame, "context": None, "context_line": None, "vars": None}
