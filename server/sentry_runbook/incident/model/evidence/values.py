"""What every part of the evidence is made of: frozen values, known or unknown, and words of strangers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Frozen(BaseModel):
    """A value that never changes; its validator is built on first use, so that start-up stays short."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, populate_by_name=True)


class HoldsEventText:
    """Marks a field whose text came from events; the answer lists its path in ``untrusted``."""


EventText = Annotated[str, HoldsEventText()]


class Known(Frozen, Generic[T]):
    """A measured value.

    Attributes:
        value: what was measured.
        source: the request it comes from, as ``Discover errors, issue.id:123, 24 h``.
        note: what limits it ("lower bound: 3 of 10 events carry a user"); empty when nothing does.
    """

    state: Literal["known"] = "known"
    value: T
    source: str
    note: str = ""


class Unknown(Frozen):
    """A value that is not known, and why, in words for the reader.

    Attributes:
        why: the reason ("Discover answered 429").
        asked: False when this investigation had no need to ask; such a part is not reported as missing.
    """

    state: Literal["unknown"] = "unknown"
    why: str
    asked: bool = True


NOT_ASKED = Unknown(why="not asked in this investigation", asked=False)


def quoted(text: str) -> str:
    """Event text as it may stand in a sentence: one quoted line."""
    return '"' + " ".join(text.split()).replace('"', "'") + '"'


class Missing(Frozen):
    """Something the reader could expect and does not get: what, and why."""

    what: str
    why: str


class Finding(Frozen):
    """Something suspicious in event text or in the numbers: shown, never obeyed, never dropped."""

    kind: str
    where: EventText
    why: str
    excerpt: EventText | None = None


class Answer(Frozen):
    """What every tool's result carries besides its own keys. Unknown keys are None here and absent on the wire.

    ``FIRST`` are the keys that stand before ``untrusted`` and ``missing``: the verdict (DESIGN §6), for some hosts show
    a model nothing but the structured values, and read them from the top.
    """

    FIRST: ClassVar[tuple[str, ...]] = ()

    missing: tuple[Missing, ...] = ()
    findings: tuple[Finding, ...] = ()
    masked: dict[str, int] = Field(default_factory=dict)
    untrusted: tuple[str, ...] = ()


class Window(Frozen):
    """A stretch of time, start included, end excluded.

    Attributes:
        note: how it differs from what was asked ("rounded up to full hours for sessions"), empty when it does not.
    """

    start: datetime
    end: datetime
    note: str = ""

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start
