"""Two values of one tag at once: two releases, two hosts, two bit rates.

A set of values is an "and". When two releases are ill, neither explains the incident well, and each makes the growth
outside the other look general; a tag that both share by accident then comes first. So two sets that differ in one
value of one tag are also tried as an "or". Only where the two together explain clearly more than the best single set
do both come first, the larger one before the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sentry_runbook.incident.explanation.paired import Values
from sentry_runbook.incident.explanation.tag_sets import SetCount

CLEARLY_MORE = 0.1
"""Of the score: any second value adds a little by chance."""
MOST_SIBLINGS = 5


@dataclass(frozen=True)
class Scored:
    """A set, and how well it explains the incident (0..1)."""

    count: SetCount
    score: float


@dataclass(frozen=True)
class Sibling(Scored):
    """One of two sets, with the score of both together."""

    together: SetCount


def best_siblings(
    possible: Sequence[SetCount], score: Callable[[SetCount], float], best_alone: float
) -> tuple[Sibling, ...]:
    """The two siblings that explain most, the larger first, where that is clearly more than the best set alone.

    Args:
        possible: the sets large enough to be one of two.
        score: 0..1, of a set or of two together.
        best_alone: the best score of a single set.
    """
    best, siblings = best_alone + CLEARLY_MORE, tuple[Sibling, ...]()
    for family in _families(possible):
        for one, other in combinations(family, 2):
            both = SetCount((), one.now + other.now, one.before + other.before, one.rows | other.rows)
            if score(both) > best:
                best = score(both)
                siblings = Sibling(one, best, both), Sibling(other, best, both)
    return siblings


def _families(possible: Sequence[SetCount]) -> list[list[SetCount]]:
    """Sets that differ in the value of one tag only, the largest of each."""
    families: dict[tuple[Values, str], list[SetCount]] = {}
    for count in possible:
        for place, (tag, _) in enumerate(count.values):
            families.setdefault((count.values[:place] + count.values[place + 1 :], tag), []).append(count)
    return [sorted(family, key=lambda count: -count.now)[:MOST_SIBLINGS] for family in families.values()]
