"""How much one answer of Sentry holds of counts by time: of a finer question it silently answers a coarser one.

Both what is planned and what is asked keep to it.
"""

from __future__ import annotations

MOST_POINTS = 10_000
"""Points of one time series answer (sentry-api §8)."""
MOST_SERIES = 10
"""Groups of one answer (``topEvents``); more is refused."""


def points_of_each(groups: int, *, with_others: bool = False) -> int:
    """Points of each series of an answer: they are shared by the groups that are asked for, found or not.

    Of a finer question Sentry silently takes another step (sentry-api §8).

    Args:
        groups: ``topEvents``; 0 for one series of all.
        with_others: with a series of all others, for which room is left.
    """
    return MOST_POINTS // max(1, groups + with_others)
