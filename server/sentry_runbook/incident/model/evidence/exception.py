"""Exceptions and stack frames; of a long stack, the frames that tell where it failed."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    left_out,
    list_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import (
    MESSAGE,
    BothEnds,
    Count,
    Flag,
    FromSentry,
    InertBlock,
    InertLine,
    InertPath,
    Many,
    Mapped,
    Name,
    Whole,
)
from sentry_runbook.incident.model.evidence.values import EventText

FRAME = 160
MAX_FRAMES = 20
MAX_VARIABLES = 12
ENGINE = re.compile(
    r"^(?:\[native code\]|native|<anonymous>|(?:address at )?(?:.*/)?InternalBytecode\.js|(?:node:)?internal/.*"
    r"|<frozen .*>)$"
)
"""Files of a JavaScript engine or an interpreter: Sentry may mark their frames as the application's, which they never
are (Hermes' own bytecode, ``Array.map``)."""
PATH_SEPARATOR = re.compile(r"[\\/]")


class Frame(FromSentry):
    """One stack frame. ``variables`` and ``context`` are for the failing frame and the project's own only.

    Attributes:
        line: from 1; None where the SDK sent none (0 or less).
        column: from 1; in a minified bundle it is all that tells the place.
        package: the library or executable of a native frame, as a path.
        address: of the instruction, as hexadecimal text; where nothing else tells the place.
    """

    function: Annotated[EventText | None, InertLine(FRAME, "event.frame.function")] = None
    file: Annotated[EventText | None, InertPath(FRAME, "event.frame.file")] = None
    line: Annotated[int | None, Count()] = None
    column: Annotated[int | None, Count()] = None
    module: Annotated[EventText | None, InertLine(FRAME, "event.frame.module")] = None
    package: Annotated[EventText | None, InertPath(FRAME, "event.frame.package")] = None
    address: Annotated[EventText | None, Name("event.frame.instructionAddr")] = Field(
        None, validation_alias="instructionAddr"
    )
    in_app: Annotated[bool, Flag(default=False)] = Field(False, validation_alias="inApp")
    context: Annotated[EventText | None, InertBlock(MESSAGE, "event.frame.context")] = None
    """The failing line with two before and two after, as ``line | source``."""
    variables: Annotated[dict[str, EventText], Mapped(MAX_VARIABLES, "event.frame.vars")] = Field(default_factory=dict)

    @property
    def place(self) -> str | None:
        """File, else module, else the library's file name; None where the frame names none of them."""
        library = PATH_SEPARATOR.split(self.package)[-1] if self.package else None
        return self.file or self.module or library or None

    @property
    def location(self) -> str:
        """``file:line:column``, or the library and the address of a native frame; as far as it is known."""
        if self.line is None:
            parts = (self.place, self.address if self.file is None and self.module is None else None)
            return " ".join(part for part in parts if part) or "unknown file"
        return f"{self.place or 'unknown file'}:{self.line}{f':{self.column}' if self.column else ''}"

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The source stands as pairs of line number and text; a line of 0 or less is none."""
        return {
            **json,
            "file": json.get("filename") or json.get("absPath"),
            "line": count_of(json.get("lineNo")) or None,
            "column": count_of(json.get("colNo")) or None,
            "inApp": is_own(json),
            "context": _source_around(json),
            "variables": json.get("vars"),
        }


def is_own(frame: JsonObject) -> bool:
    """Whether a raw frame is the application's own."""
    file = text_of(frame.get("filename")) or text_of(frame.get("absPath")) or ""
    return frame.get("inApp") is True and ENGINE.match(file) is None


def _source_around(frame: JsonObject) -> str | None:
    failing = count_of(frame.get("lineNo"))
    near = [
        (pair[0], pair[1])
        for pair in list_of(frame.get("context"))
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], int) and isinstance(pair[1], str)
        if failing and abs(pair[0] - failing) <= 2
    ]
    return "\n".join(f"{'>' if number == failing else ' '} {number} {source}" for number, source in near) or None


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
        """The last frame of the application's own, else the last one; None without frames."""
        own = [frame for frame in self.frames if frame.in_app] or list(self.frames)
        return own[-1] if own else None

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The frames stand in ``stacktrace``, or, untranslated, in ``rawStacktrace``."""
        frames, stacktrace = frames_of(json), object_of(json.get("stacktrace"))
        kept = _frames_that_matter(frames)
        return {
            **json,
            "frames": [*map(_in_short, kept[:-1]), *kept[-1:]],
            "frames_omitted": len(frames) - len(kept) + left_out(stacktrace.get("framesOmitted")),
            "thread": json.get("name"),
        }


class ThrownException(Stack):
    """One exception of the chain; the list is ordered cause first, outermost last, as Sentry sends it.

    Attributes:
        value: its message; of a long one both ends.
        whole: all of a message that is longer than what is shown; the rules look for words in it.
    """

    type: Annotated[EventText | None, Name("event.exception.type")] = None
    value: Annotated[EventText | None, BothEnds(MESSAGE, "event.exception.value")] = None
    whole: Annotated[EventText | None, Whole("event.exception.value")] = None
    handled: Annotated[bool | None, Flag()] = None

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Whether it was handled stands in ``mechanism``."""
        value = text_of(json.get("value"))
        return {
            **super().reshape(json),
            "whole": value if value and len(value) > MESSAGE else None,
            "handled": object_of(json.get("mechanism")).get("handled"),
            "thread": json.get("thread"),
        }

    @property
    def text(self) -> str:
        """``Type: message`` with all of the message, as far as they are known."""
        return ": ".join(part for part in (self.type, self.whole or self.value) if part)


def frames_of(thrown: JsonObject) -> list[JsonObject]:
    """The raw frames of a stack, oldest call first; Sentry's translation, else what the SDK sent."""
    for name in ("stacktrace", "rawStacktrace"):
        frames = list_of(object_of(thrown.get(name)).get("frames"))
        found: list[JsonObject] = [frame for frame in frames if isinstance(frame, dict)]
        if found:
            return found
    return []


def _frames_that_matter(frames: list[JsonObject]) -> list[JsonObject]:
    """The last frames; when none of those is the project's own, the last own one comes first."""
    kept = frames[-MAX_FRAMES:]
    if any(is_own(frame) for frame in kept):
        return kept
    own = [frame for frame in frames if is_own(frame)]
    return [own[-1], *kept[1:]] if own else kept


def _in_short(frame: JsonObject) -> JsonObject:
    """A foreign frame before the failing one: where it is, without source and variables."""
    return frame if is_own(frame) else {**frame, "context": None, "vars": None}
