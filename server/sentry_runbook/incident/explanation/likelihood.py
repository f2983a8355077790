"""The two measures of a claim: the harmonic mean of its completeness and purity, and its likelihood ratio."""

from __future__ import annotations

from math import log


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
