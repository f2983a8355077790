"""The combinations of two times side by side, with what the cut at 100 rows hides.

Sentry gives at most 100 combinations, the largest. A combination that is missing from such a list had at most as many
events as the last one on it. Taken as zero, it would look as if it had come or gone: the rarer values of every tag
would be new in the longer list, and noise would be explained. So it is given what fits "nothing changed" as far as the
cut allows: its events at the other time times the growth, at most the events of the last row. In a complete list a
missing combination had no events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.model.evidence import Combination

MOST_ROWS = 100
"""Of an answer of Discover; a list of exactly so many is taken to be cut."""

TagValue = tuple[str, str]
Values = tuple[TagValue, ...]


@dataclass(frozen=True)
class Pair:
    """Events of one combination now and before; ``is_counted`` is False when one of them was filled in."""

    values: Values
    now: float
    before: float
    is_counted: bool = True


def pairs(now: Sequence[Combination], before: Sequence[Combination]) -> list[Pair]:
    """Every combination of either time, once."""
    counts, earlier = _counts(now), _counts(before)
    cut_now, cut_before = _cut(now), _cut(before)
    growth = _growth(counts, earlier)
    rows = []
    for values, events in counts.items():
        base = earlier.get(values)
        filled = min(cut_before, events / growth) if base is None else base
        rows.append(Pair(values, events, filled, is_counted=base is not None or not cut_before))
    for values, events in earlier.items():
        if values not in counts:
            rows.append(Pair(values, min(cut_now, events * growth), events, is_counted=not cut_now))
    return rows


def _counts(rows: Iterable[Combination]) -> Counter[Values]:
    counts = Counter[Values]()
    for row in rows:
        counts[tuple(sorted((tag, value) for tag, value in row.tags.items() if value is not None))] += row.events
    return counts


def _cut(rows: Sequence[Combination]) -> int:
    """The most events of a combination that is not on the list; 0 for a complete list."""
    return min(row.events for row in rows) if len(rows) == MOST_ROWS else 0


def _growth(now: Counter[Values], before: Counter[Values]) -> float:
    """Events now over events before, of the combinations on both lists; of all when none is."""
    both = now.keys() & before.keys()
    if both:
        return sum(now[values] for values in both) / sum(before[values] for values in both)
    return sum(now.values()) / sum(before.values())
