"""Exceptions and their stack frames; of a long stack, the frames that tell where it failed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, object_of
from sentry_runbook.incident.model.evidence.lenient import (
    MESSAGE,
    Count,
    Flag,
    FromSentry,
    InertBlock,
    InertLine,
    Many,
    Mapped,
    Name,
)
from sentry_runbook.incident.model.evidence.values import EventText

FRAME = 160
MAX_FRAMES = 20
MAX_VARIABLES = 12


class Frame(FromSentry):
    """One stack frame. ``variables`` and ``context`` are for the failing frame and the project's own only."""

    function: Annotated[EventText | None, InertLine(FRAME, "event.frame.function")] = None
    file: Annotated[EventText | None, InertLine(FRAME, "event.frame.file")] = None
    line: Annotated[int | None, Count()] = Field(None, validation_alias="lineNo")
    module: Annotated[EventText | None, InertLine(FRAME, "event.frame.module")] = None
    in_app: Annotated[bool, Flag(default=False)] = Field(False, validation_alias="inApp")
    context: Annotated[EventText | None, InertBlock(MESSAGE, "event.frame.context")] = None
    """The failing line with two before and two after, as ``line | source``."""
    variables: Annotated[dict[str, EventText], Mapped(MAX_VARIABLES, "event.frame.vars")] = Field(default_factory=dict)

    @property
    def location(self) -> str:
        """``file:line``, as far as it is known."""
        return f"{self.file or self.module or 'unknown file'}{f':{self.line}' if self.line else ''}"

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The source stands as pairs of line number and text."""
        return {
            **json,
            "file": json.get("filename") or json.get("absPath"),
            "context": _source_around(json),
            "variables": json.get("vars"),
        }


def _source_around(frame: JsonObject) -> str | None:
    failing = count_of(frame.get("lineNo"))
    near = [
        (pair[0], pair[1])
        for pair in list_of(frame.get("context"))
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], int) and isinstance(pair[1], str)
        if failing and abs(pair[0] - failing) <= 2
    ]
    return "\n".join(f"{'>' if number == failing else ' '} {number} {source}" for number, source in near) or None


class ThrownException(FromSentry):
    """One exception of the chain; the list is ordered cause first, outermost last, as Sentry sends it.

    ``frames`` are ordered oldest call first; the failing one is last.
    """

    type: Annotated[EventText | None, Name("event.exception.type")] = None
    value: Annotated[EventText | None, InertBlock(MESSAGE, "event.exception.value")] = None
    handled: Annotated[bool | None, Flag()] = None
    frames: Many[Frame] = ()
    frames_omitted: int = 0

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Whether it was handled stands in ``mechanism``, the frames in ``stacktrace``."""
        frames = frames_of(json)
        kept = _frames_that_matter(frames)
        return {
            **json,
            "handled": object_of(json.get("mechanism")).get("handled"),
            "frames": [*map(_in_short, kept[:-1]), *kept[-1:]],
            "frames_omitted": len(frames) - len(kept),
        }


def frames_of(thrown: JsonObject) -> list[JsonObject]:
    """The raw frames of an exception's stack, oldest call first."""
    frames = object_of(thrown.get("stacktrace")).get("frames")
    return [frame for frame in list_of(frames) if isinstance(frame, dict)]


def _frames_that_matter(frames: list[JsonObject]) -> list[JsonObject]:
    """The last frames; when none of those is the project's own, the last own one comes first."""
    kept = frames[-MAX_FRAMES:]
    if any(frame.get("inApp") is True for frame in kept):
        return kept
    own = [frame for frame in frames if frame.get("inApp") is True]
    return [own[-1], *kept[1:]] if own else kept


def _in_short(frame: JsonObject) -> JsonObject:
    """A foreign frame before the failing one: where it is, without source and variables."""
    return frame if frame.get("inApp") is True else {**frame, "context": None, "vars": None}
