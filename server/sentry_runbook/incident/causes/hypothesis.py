"""Clues for and against a root-cause pattern, and how they add up to a confidence.

A clue has points (below zero: against), a kind, and a sentence with its numbers. Clues of different kinds are
independent; two of one kind are not. A pattern holds when its points reach :data:`HOLDS` and it has its own sign (a
*core* clue); confidence follows :data:`SCALE`, and ``high`` needs clues of two kinds and nothing strong against.
"""

from __future__ import annotations

from dataclasses import dataclass

from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.impact import Confidence
from sentry_runbook.incident.model.results.triage import Pattern

HOLDS = 2
SCALE: tuple[tuple[int, Confidence], ...] = ((6, "high"), (4, "medium"), (HOLDS, "low"))
STRONG = 3
"""That many points against in one clue forbid ``high``."""
EXCERPT = 160
"""Characters of an error text that stand in a sentence."""


@dataclass(frozen=True)
class Clue:
    """One piece of evidence.

    Attributes:
        kind: what it rests on; clues of one kind are not independent.
        points: how much it says for (above zero) or against (below); 0 is said and not counted.
        text: the sentence.
        core: whether the pattern may rest on it.
    """

    kind: str
    points: int
    text: str
    core: bool = False


@dataclass(frozen=True)
class Candidate:
    """A pattern with its clues."""

    pattern: Pattern
    clues: tuple[Clue, ...]
    action: str

    @property
    def points(self) -> int:
        """All points together."""
        return sum(clue.points for clue in self.clues)

    @property
    def holds(self) -> bool:
        """Whether the pattern has its own sign and enough points."""
        return self.points >= HOLDS and any(clue.core and clue.points > 0 for clue in self.clues)

    @property
    def confidence(self) -> Confidence:
        """From points, independence and what speaks against."""
        found: Confidence = next((word for points, word in SCALE if self.points >= points), "low")
        kinds = {clue.kind for clue in self.clues if clue.points > 0}
        opposed = any(clue.points <= -STRONG for clue in self.clues)
        return "medium" if found == "high" and (len(kinds) < 2 or opposed) else found


def excerpt(text: str) -> str:
    """An error text as it stands in a sentence."""
    return quoted(text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…")


def name_of(pattern: Pattern) -> str:
    """``Deployment regression``, ``SDK misconfiguration``."""
    return pattern.replace("_", " ").capitalize().replace("Sdk", "SDK").replace("Third party", "Third-party")
