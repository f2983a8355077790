"""The sets of one to three tag values that enough events carry, and their counts now and before.

Bounded: at most eight tags (fewer where their values make more than 200 groups), values and sets with a twentieth of
the events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from sentry_runbook.incident.explanation.paired import Pair, TagValue, Values
from sentry_runbook.incident.metrics.breakdown import SMALLEST_SHARE

MOST_TAGS = 8
MOST_VALUES_OF_A_SET = 3
FEWEST_EVENTS = 3
MOST_GROUPS = 200
"""Two cut lists have at most so many rows."""
PARTS = 16
FEWEST_FOR_ALIAS = 3
"""Two tags of two values each agree too easily to be called one."""


@dataclass(frozen=True)
class SetCount:
    """One set: its events now and before, and the groups that carry it, as bits."""

    values: Values
    now: float
    before: float
    rows: int


@dataclass(frozen=True)
class Kept:
    """The values that are looked at, and their tags, the one whose shares changed most first."""

    tags: tuple[str, ...]
    values: frozenset[TagValue]


class Groups:
    """The combinations of one time pair with their kept values, and sums over them.

    Complete lists may be long; then the combinations that are alike in kept values are merged. A set of groups is a bit
    mask. Counts are kept as masks, too, one for each binary digit, so that a sum over a set is a few ``bit_count``
    calls: thousands of sets are counted in milliseconds.

    Attributes:
        pairs: the merged combinations.
        carriers: by value, the groups that carry it.
    """

    def __init__(self, rows: Sequence[Pair], kept: Set[TagValue]) -> None:
        only_kept = [(tuple(item for item in row.values if item in kept), row) for row in rows]
        self.pairs = (
            _merged(only_kept)
            if len(rows) > MOST_GROUPS
            else [Pair(values, row.now, row.before, row.is_counted) for values, row in only_kept]
        )
        self.carriers: dict[TagValue, int] = {}
        for number, pair in enumerate(self.pairs):
            for item in pair.values:
                self.carriers[item] = self.carriers.get(item, 0) | 1 << number
        self.all = (1 << len(self.pairs)) - 1
        self._now = _digits([pair.now for pair in self.pairs])
        self._before = _digits([pair.before for pair in self.pairs])

    def count(self, values: Values, rows: int) -> SetCount:
        """The events of these groups."""
        return SetCount(values, _sum(self._now, rows), _sum(self._before, rows), rows)


def count_sets(groups: Groups) -> tuple[list[SetCount], int]:
    """The sets that a twentieth of the events now carry, and how many were counted to find them.

    A set is no larger than any part of it, so only those are extended that are large enough.
    """
    floor = max(FEWEST_EVENTS, SMALLEST_SHARE * groups.count((), groups.all).now)
    items = sorted(groups.carriers)
    found: list[SetCount] = []
    layer = [groups.count((item,), groups.carriers[item]) for item in items]
    tried = len(layer)
    for size in range(1, MOST_VALUES_OF_A_SET + 1):
        layer = [count for count in layer if count.now >= floor]
        found += layer
        if size < MOST_VALUES_OF_A_SET:
            layer = [groups.count(values, rows) for values, rows in _extended(layer, items, groups.carriers)]
            tried += len(layer)
    return found, tried


def _extended(
    layer: Sequence[SetCount], items: Sequence[TagValue], carriers: Mapping[TagValue, int]
) -> Iterator[tuple[Values, int]]:
    """Each set with one more value of a later tag, where any group carries all of them."""
    for count in layer:
        last = count.values[-1][0]
        for item in items:
            rows = count.rows & carriers[item]
            if item[0] > last and rows:
                yield (*count.values, item), rows


def _merged(rows: Iterable[tuple[Values, Pair]]) -> list[Pair]:
    merged: dict[Values, list[Pair]] = {}
    for values, row in rows:
        merged.setdefault(values, []).append(row)
    return [
        Pair(
            values,
            sum(part.now for part in parts),
            sum(part.before for part in parts),
            is_counted=all(part.is_counted for part in parts),
        )
        for values, parts in merged.items()
    ]


def _digits(counts: Sequence[float]) -> list[int]:
    """By binary digit (of sixteenths of an event: counts that were filled in are fractions) the groups that have it."""
    whole = [round(count * PARTS) for count in counts]
    return [
        sum(1 << number for number, count in enumerate(whole) if count >> digit & 1)
        for digit in range(max(whole, default=0).bit_length())
    ]


def _sum(digits: Sequence[int], rows: int) -> float:
    return sum((mask & rows).bit_count() << digit for digit, mask in enumerate(digits)) / PARTS


def kept_values(rows: Sequence[Pair]) -> Kept:
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
    tags = sorted(kept, key=shift, reverse=True)[:MOST_TAGS]
    while (
        len(tags) > MOST_VALUES_OF_A_SET
        and _groups_of(rows, {item for tag in tags for item in kept[tag]}) > MOST_GROUPS
    ):
        tags.pop()
    return Kept(tuple(tags), frozenset(item for tag in tags for item in kept[tag]))


def _groups_of(rows: Sequence[Pair], kept: Set[TagValue]) -> int:
    """How many groups there will be: few rows stay as they are."""
    if len(rows) <= MOST_GROUPS:
        return len(rows)
    return len({tuple(item for item in row.values if item in kept) for row in rows})


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
