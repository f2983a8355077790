"""Other ways to rank tag values, on the same rows as ours: written here from their published ideas.

- *By share*: single values by their part of the events now; constants are left out.
- *By lift*: single values of a twentieth of the events or more, by share now over share before: what the first edition
  showed first.
- *Harmonic mean*: sets of one to three values by the harmonic mean of explained and purity, without our corrections.
- *Chi-square*: sets of one to three values by the statistic of the 2 x 2 table (set or not, now or before).
- *Adtributor* (Bhagwan and others, NSDI 2014), its default settings T_EEP = 0.1 and T_EP = 0.67: tag by tag the values
  of most surprise that together explain two thirds of the change; the tag of most surprise first. The forecast is the
  minutes before, scaled. On the failures alone: its derived measures need the requests, too, which Sentry has not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from math import log

from bench.public.attribution import MINUTES_BEFORE, Answer, Rows, Values

SMALLEST_SHARE = 0.05
MOST_VALUES = 3
LEAST_OF_A_VALUE, LEAST_OF_A_TAG = 0.1, 0.67
Counts = dict[Values, tuple[float, float]]
"""By set: failures now, and usual ones in as long a time."""


def by_share(now: Rows, before: Rows) -> list[Answer]:
    """Single values, the largest first."""
    counts, totals = _counts(now, before, 1), _totals(now, before)
    return _ranked(counts, lambda part: part[0] / totals[0] if part[0] < totals[0] else 0.0)


def by_lift(now: Rows, before: Rows) -> list[Answer]:
    """Single values by share now over share before."""
    totals = _totals(now, before)

    def lift(part: tuple[float, float]) -> float:
        if part[0] < SMALLEST_SHARE * totals[0] or not part[1]:
            return 0.0
        return part[0] / totals[0] / (part[1] / totals[1])

    return _ranked(_counts(now, before, 1), lift)


def harmonic_mean(now: Rows, before: Rows) -> list[Answer]:
    """Sets of one to three values by the harmonic mean of explained and purity."""
    totals = _totals(now, before)

    def mean(part: tuple[float, float]) -> float:
        excess, above = part[0] - part[1], totals[0] - totals[1]
        if excess <= 0 or above <= 0:
            return 0.0
        explained, purity = min(1.0, excess / above), excess / part[0]
        return 2 * explained * purity / (explained + purity)

    return _ranked(_counts(now, before, MOST_VALUES), mean)


def chi_square(now: Rows, before: Rows) -> list[Answer]:
    """Sets of one to three values by Pearson's statistic, where the set grew more than the rest."""
    totals = _totals(now, before)

    def statistic(part: tuple[float, float]) -> float:
        rest = totals[0] - part[0], totals[1] - part[1]
        cross = part[0] * rest[1] - part[1] * rest[0]
        margins = (part[0] + part[1]) * (rest[0] + rest[1]) * totals[0] * totals[1]
        return sum(totals) * cross * cross / margins if cross > 0 and margins else 0.0

    return _ranked(_counts(now, before, MOST_VALUES), statistic)


def adtributor(now: Rows, before: Rows) -> list[Answer]:
    """The sets of values of one tag, by surprise."""
    totals = _totals(now, before)
    change = totals[0] - totals[1]
    if not change or not totals[1]:
        return []
    tags: dict[str, list[tuple[float, float, Values]]] = defaultdict(list)
    for values, (actual, forecast) in _counts(now, before, 1).items():
        ((tag, _),) = values
        tags[tag].append((_surprise(forecast / totals[1], actual / totals[0]), (actual - forecast) / change, values))
    found = sorted(filter(None, map(_of_one_tag, tags.values())), key=lambda entry: -entry[0])
    return [Answer(sets, rank) for rank, (_, sets) in enumerate(found, start=1)]


def _of_one_tag(rows: Iterable[tuple[float, float, Values]]) -> tuple[float, frozenset[Values]] | None:
    """Surprise and values of a tag that explains enough of the change; None of another one."""
    explained, surprise, values = 0.0, 0.0, set[Values]()
    for of_value, part, name in sorted(rows, key=lambda row: (-row[0], sorted(row[2]))):
        if part > LEAST_OF_A_VALUE:
            explained, surprise = explained + part, surprise + of_value
            values.add(name)
            if explained > LEAST_OF_A_TAG:
                return surprise, frozenset(values)
    return None


def _surprise(forecast: float, actual: float) -> float:
    """The value's part of the Jensen-Shannon divergence."""
    terms = (share * log(2 * share / (forecast + actual)) for share in (forecast, actual) if share > 0)
    return sum(terms) / 2


def _totals(now: Rows, before: Rows) -> tuple[float, float]:
    return sum(row.events for row in now), sum(row.events for row in before) / MINUTES_BEFORE


def _counts(now: Rows, before: Rows, most: int) -> Counts:
    actual, usual = defaultdict[Values, float](float), defaultdict[Values, float](float)
    for counts, rows, weight in ((actual, now, 1.0), (usual, before, 1 / MINUTES_BEFORE)):
        for row in rows:
            for values in _sets(row.tags.items(), most):
                counts[values] += weight * row.events
    return {values: (actual[values], usual[values]) for values in (actual | usual)}


def _sets(tags: Iterable[tuple[str, str | None]], most: int) -> Iterator[Values]:
    items = [(tag, value) for tag, value in tags if value is not None]
    for size in range(1, most + 1):
        yield from map(frozenset, combinations(items, size))


def _ranked(counts: Counts, measure: Callable[[tuple[float, float]], float]) -> list[Answer]:
    """By the measure, then by fewer values; equal ones share a rank."""
    rows = [(-value, len(values), values) for values, part in counts.items() if (value := measure(part)) > 0]
    ordered = sorted(rows, key=lambda row: (row[0], row[1]))
    ranks: dict[tuple[float, int], int] = {}
    return [
        Answer(frozenset({values}), ranks.setdefault((value, size), number))
        for number, (value, size, values) in enumerate(ordered, start=1)
    ]
