"""The two measures of a claim: the harmonic mean of its completeness and purity, and its evidence against chance."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from sentry_runbook.incident.explanation.paired import Pair
from sentry_runbook.incident.explanation.tag_sets import SetCount, count_of


def harmonic_mean(first: float, second: float) -> float:
    """The harmonic mean of two fractions 0..1; 0 when one of them is not above 0."""
    return 2 * first * second / (first + second) if first > 0 and second > 0 else 0.0


def log_ratio(count: float, expected: float) -> float:
    """A cell's part of a log likelihood ratio: ``count * log(count / expected)``, 0 for an empty cell."""
    return count * log(count / expected) if count > 0 and expected > 0 else 0.0


def table_ratio(now: float, before: float, total_now: float, total_before: float) -> float:
    """The log likelihood ratio of a 2 x 2 table: part or not, now or before, against one share at both times.

    It is half of the G statistic. Minus it is a bound on the log of the chance of a table that uneven.
    """
    part, everything = now + before, total_now + total_before
    cells = (
        (now, part * total_now),
        (before, part * total_before),
        (total_now - now, (everything - part) * total_now),
        (total_before - before, (everything - part) * total_before),
    )
    return sum(log_ratio(count, expected / everything) for count, expected in cells) if everything else 0.0


def evidence_of(count: SetCount, rows: Sequence[Pair]) -> float:
    """The log likelihood ratio of the set, divided by how much more than chance the combinations vary by themselves.

    Events come in bursts (one user reloads a page thirty times), so counts vary more than independent events would.
    Within the set and outside it every combination should have grown alike; how much they did not is measured by
    Pearson's statistic per degree of freedom, on combinations that were counted at both times. 0 for a set that grew
    less than the rest.
    """
    carriers = [row for number, row in enumerate(rows) if count.rows >> number & 1]
    others = [row for number, row in enumerate(rows) if not count.rows >> number & 1]
    part, totals = count_of(carriers), count_of(rows)
    if part.now * totals.before <= part.before * totals.now:
        return 0.0
    inside, outside = ([row for row in side if row.is_counted] for side in (carriers, others))
    freedom = max(len(inside) - 1, 0) + max(len(outside) - 1, 0)
    variation = (_unevenness(inside) + _unevenness(outside)) / freedom if freedom else 1.0
    return table_ratio(part.now, part.before, totals.now, totals.before) / max(1.0, variation)


def _unevenness(rows: Sequence[Pair]) -> float:
    """Pearson's statistic of combinations against one growth of them all."""
    both = count_of(rows)
    if not both.now or not both.before:
        return 0.0
    squares = ((row.now * both.before - row.before * both.now) ** 2 / (row.now + row.before) for row in rows)
    return sum(squares) / (both.now * both.before)
