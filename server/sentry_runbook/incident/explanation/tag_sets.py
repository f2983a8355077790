"""The sets of one to three tag values that enough events carry, and their counts now and before.

Bounded: at most eight tags, values with a twentieth of the events, so at most 92 sets of a combination.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sentry_runbook.incident.explanation.paired import Pair, TagValue, Values
from sentry_runbook.incident.metrics.breakdown import SMALLEST_SHARE

MOST_TAGS = 8
MOST_VALUES_OF_A_SET = 3
FEWEST_EVENTS = 3
FEWEST_FOR_ALIAS = 3
"""Two tags of two values each agree too easily to be called one."""


@dataclass(frozen=True)
class SetCount:
    """One set: its events now and before, and the pairs that carry it, as bits."""

    values: Values
    now: float
    before: float
    rows: int


def count_of(rows: Iterable[Pair]) -> SetCount:
    """All of them together, as the set of no value."""
    both = list(rows)
    return SetCount((), sum(row.now for row in both), sum(row.before for row in both), 0)


def count_sets(rows: Sequence[Pair]) -> list[SetCount]:
    """Count every set of kept values in both times."""
    kept = kept_values(rows)
    now, before = defaultdict[Values, float](float), defaultdict[Values, float](float)
    carriers: dict[Values, int] = {}
    for number, row in enumerate(rows):
        items = [item for item in row.values if item in kept]
        for size in range(1, MOST_VALUES_OF_A_SET + 1):
            for values in combinations(items, size):
                now[values] += row.now
                before[values] += row.before
                carriers[values] = carriers.get(values, 0) | 1 << number
    return [SetCount(values, now[values], before[values], bits) for values, bits in carriers.items()]


def kept_values(rows: Sequence[Pair]) -> set[TagValue]:
    """The values that can be a part of an explanation; constants and aliases are left out."""
    now, before = defaultdict[TagValue, float](float), defaultdict[TagValue, float](float)
    for row in rows:
        for item in row.values:
            now[item] += row.now
            before[item] += row.before
    total, total_before = sum(row.now for row in rows), sum(row.before for row in rows)
    floor = max(FEWEST_EVENTS, SMALLEST_SHARE * total)
    kept: dict[str, list[TagValue]] = {}
    for item, events in now.items():
        if events >= floor and not (events == total and before[item] == total_before):
            kept.setdefault(item[0], []).append(item)
    for alias in aliases(list(kept), [dict(row.values) for row in rows]):
        del kept[alias]

    def shift(tag: str) -> float:
        return max(abs(now[item] / total - before[item] / total_before) for item in kept[tag])

    # sorted() is stable: among equals the first tags stay.
    return {item for tag in sorted(kept, key=shift, reverse=True)[:MOST_TAGS] for item in kept[tag]}


def aliases(tags: Sequence[str], rows: Iterable[Mapping[str, str | None]]) -> set[str]:
    """Tags that say in other words what an earlier one says: value by value the same combinations."""
    known, forms, repeated = list(rows), dict[tuple[int, ...], str](), set[str]()
    for tag in tags:
        numbers: dict[str | None, int] = {}
        form = tuple(numbers.setdefault(row.get(tag), len(numbers)) for row in known)
        first = forms.setdefault(form, tag)
        if first != tag and (len(numbers) >= FEWEST_FOR_ALIAS or _is_related(tag, first)):
            repeated.add(tag)
    return repeated


def _is_related(tag: str, other: str) -> bool:
    """Whether one name extends the other: ``os`` and ``os.name``."""
    return tag.startswith(f"{other}.") or other.startswith(f"{tag}.")
