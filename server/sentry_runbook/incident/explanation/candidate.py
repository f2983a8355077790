"""A finding of one source, before the findings of all sources are put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.model.results.explanation import Explanation, TagValue

Source = Literal["rows", "all_time", "user", "flag", "schedule"]


@dataclass(frozen=True)
class Candidate:
    """One possible explanation.

    Attributes:
        score: of two, the higher one stands first; entries with the same one cannot be told apart.
        weak: said only when nothing else explains it.
    """

    source: Source
    score: float
    explanation: Explanation
    weak: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of its tags."""
        return tuple(value.tag for value in self.explanation.values)


def tag_values(*pairs: tuple[str, str]) -> tuple[TagValue, ...]:
    """Pairs of tag and value as results have them."""
    return tuple(TagValue(tag=tag, value=value) for tag, value in pairs)
