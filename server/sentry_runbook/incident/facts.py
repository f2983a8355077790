"""What a template may ask for: names and kinds of all facts, and the blanks that stand for unknown ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Audience = Literal["engineers", "executives", "customers"]
Kind = Literal["initial", "update", "resolved"]
Format = Literal["markdown", "slack"]


@dataclass(frozen=True)
class Fact:
    """One thing that a sentence can use.

    Attributes:
        text: as it stands in a sentence; of an unknown one what is missing, and it stands as ``[text]``.
        known: False makes it a marked blank.
        stated: a person's words, which are made inert when they are put in.
        source: where it comes from.
        why: why it is unknown.
    """

    text: str
    known: bool = True
    stated: bool = False
    source: str = ""
    why: str = ""

    def __str__(self) -> str:
        return self.text if self.known else f"[{self.text}]"
