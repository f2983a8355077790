"""Indicators for and against a root-cause pattern, and how they add up to a confidence.

An indicator has points (below zero: against), a kind, and a sentence with its numbers. Indicators of different kinds
are independent; two of one kind are not. A pattern holds when its points reach :data:`HOLDS` and it has a sign of its
own (a *core* indicator); confidence follows :data:`SCALE`, and ``high`` needs indicators of two kinds and nothing
strong against.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sentry_runbook.incident.events.words import Words
from sentry_runbook.incident.model.cause_patterns import PatternName
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.impact import Confidence

HOLDS = 2
SCALE: tuple[tuple[int, Confidence], ...] = ((6, "high"), (4, "medium"), (HOLDS, "low"))
STRONG = 3
"""That many points against in one indicator forbid ``high``."""
EXCERPT = 160
"""Characters of an error text that stand in a sentence."""


@dataclass(frozen=True)
class Indicator:
    """One piece of evidence.

    Attributes:
        kind: what it rests on; indicators of one kind are not independent.
        points: how much it says for (above zero) or against (below); 0 is mentioned and not counted.
        text: the sentence.
        core: whether the pattern may rest on it.
    """

    kind: str
    points: int
    text: str
    core: bool = False


@dataclass(frozen=True)
class Hypothesis:
    """A pattern with its indicators in one incident."""

    pattern: PatternName
    indicators: tuple[Indicator, ...]

    @property
    def points(self) -> int:
        """The sum of all indicators."""
        return sum(indicator.points for indicator in self.indicators)

    @property
    def holds(self) -> bool:
        """Whether the pattern has a sign of its own and enough points."""
        return self.points >= HOLDS and any(indicator.core and indicator.points > 0 for indicator in self.indicators)

    @property
    def confidence(self) -> Confidence:
        """From points, independence and what speaks against."""
        by_points: Confidence = next((word for points, word in SCALE if self.points >= points), "low")
        kinds = {indicator.kind for indicator in self.indicators if indicator.points > 0}
        opposed = any(indicator.points <= -STRONG for indicator in self.indicators)
        # Many points of one kind are one observation counted twice, and a strong objection stays one.
        return "medium" if by_points == "high" and (len(kinds) < 2 or opposed) else by_points


def excerpt(text: str, words: re.Pattern[str] | Words | None = None) -> str:
    """An error text as it stands in a sentence: one quoted line of at most EXCERPT characters.

    Args:
        text: inert text.
        words: what must be seen of it; a reason often stands at the end of a long message.
    """
    found = words.search(text) if words is not None and len(text) > EXCERPT else None
    if found is None or found.end() <= EXCERPT - 1:
        return quoted(text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…")
    start = max(text.rfind("\n", 0, found.start()) + 1, found.end() - EXCERPT + 2, 0)
    shown = text[start : start + EXCERPT - 2]
    return quoted(f"…{shown}{'…' if start + len(shown) < len(text) else ''}")
