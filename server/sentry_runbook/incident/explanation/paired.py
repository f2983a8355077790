"""The combinations of two times side by side, with what the cut at 100 rows hides.

Sentry gives at most 100 combinations, the largest. A combination that is missing from such a list had at most as many
events as the last one on it. Taken as zero, it would look as if it had come or gone: the rarer values of every tag
would be new in the longer list, and noise would be explained. So a missing count is filled in with what fits "nothing
changed" as far as the cut allows: its events at the other time times a growth, at most the events of the last row. In a
complete list a missing combination had no events.

Two growths can be meant by "nothing changed", and each has its use. To *rank*, the usual rate went on: what most of the
events before did, counted as gone where they are not on the list any more. To *test* against chance, everything grew
alike, as the combinations on both lists did: the claim least easily made.
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


@dataclass(frozen=True)
class Pairs:
    """Every combination of either time, in the same order, filled in for the two uses."""

    to_rank: Sequence[Pair]
    to_test: Sequence[Pair]


def pairs(now: Sequence[Combination], before: Sequence[Combination], ratio: float) -> Pairs:
    """Both times side by side; ``ratio`` is the length of now by that of before."""
    counts, earlier = _counts(now), _counts(before)
    cuts = _cut(now), _cut(before)
    of_most = max(ratio, _middle((counts[values] / events, events) for values, events in earlier.items()))
    both = counts.keys() & earlier.keys()
    of_both = _middle((counts[values] / earlier[values], earlier[values]) for values in both)
    of_all = sum(counts.values()) / sum(earlier.values())
    return Pairs(
        to_rank=_filled(counts, earlier, cuts, of_most), to_test=_filled(counts, earlier, cuts, of_both or of_all)
    )


def _filled(now: Counter[Values], before: Counter[Values], cuts: tuple[int, int], growth: float) -> list[Pair]:
    cut_now, cut_before = cuts
    rows = []
    for values, events in now.items():
        base = before.get(values)
        filled = min(cut_before, events / growth) if base is None else base
        rows.append(Pair(values, events, filled, is_counted=base is not None or not cut_before))
    for values, events in before.items():
        if values not in now:
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


def _middle(weighted: Iterable[tuple[float, int]]) -> float:
    """The median of weighted values; 0 without any."""
    rows = sorted(weighted)
    left = sum(weight for _, weight in rows) / 2
    for value, weight in rows:
        left -= weight
        if left <= 0:
            return value
    return 0.0
