"""Spreading counts over time and values over events, by arithmetic: nothing here is random, and every sum is exact.

A rate is given as a tuple of numbers, one for each of several equal parts of the time. ``done_by`` is the share of
everything that has happened after a share of the time: a line of straight pieces, each as steep as its rate. Instants
are placed by its inverse.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from math import gcd, sqrt

from sentry_runbook.simulator.scenario import Rates, Shape

GOLDEN = (sqrt(5) - 1) / 2
"""Steps of this size modulo 1 cover the unit interval evenly for any number of steps (golden ratio)."""


def instants(count: int, start: int, end: int, shape: Shape = "even", rates: Rates = ()) -> list[int]:
    """Place ``count`` instants inside ``start <= at < end``; all at ``start`` when the two are equal."""
    fractions = ((index + 0.5) / count for index in range(count))
    if rates:
        fractions = (_elapsed_at(rates, part) for part in fractions)
    elif shape == "rising":
        fractions = (sqrt(part) for part in fractions)
    elif shape == "falling":
        fractions = (1 - sqrt(1 - part) for part in fractions)
    return [start + int((end - start) * part) for part in fractions]


def done_by(rates: Rates, steps: int) -> list[float]:
    """Return the share of the total (0..1) reached after each of so many equal steps of the time, 0 at first."""
    total = sum(rates)
    before = [0, *accumulate(rates)]
    done = []
    for step in range(steps + 1):
        parts = step / steps * len(rates)
        whole = min(int(parts), len(rates) - 1)
        done.append((before[whole] + (parts - whole) * rates[whole]) / total)
    return done


def _elapsed_at(rates: Rates, done: float) -> float:
    """Return the share of the time after which a share of the total is reached: the inverse of ``done_by``."""
    left = done * sum(rates)
    for index, rate in enumerate(rates):
        if left < rate:
            return (index + left / rate) / len(rates)
        left -= rate
    return 1.0


class Dealt:
    """Values dealt to ``count`` events in the proportion of their weights, as exactly as whole numbers allow.

    The value of each event is worked out when it is asked for: every stretch of the events holds the values in their
    proportion, another order for each salt.
    """

    __slots__ = ("_bounds", "_count", "_salt", "_step", "_values")

    def __init__(self, weights: Iterable[tuple[str, float]], count: int, salt: int) -> None:
        weighted = tuple(weights)
        total = sum(weight for _, weight in weighted)
        reached = accumulate(weight for _, weight in weighted)
        self._values = tuple(value for value, _ in weighted)
        self._bounds = [round(part / total * count) for part in reached]
        self._count = count
        self._salt = salt
        # A permutation of all places: a step that has no divisor in common with their number meets each of them once.
        step = max(1, int(count * ((GOLDEN * (salt + 1)) % 1)))
        while gcd(step, count) != 1:
            step += 1
        self._step = step

    def __getitem__(self, index: int) -> str:
        """Return the value of the event with an index from 0."""
        return self._values[bisect_right(self._bounds, (index * self._step + self._salt) % self._count)]


def share(part: int, count: int, index: int) -> int:
    """Return the whole share that falls to one of ``count`` steps when ``part`` is spread evenly over all of them."""
    return (index + 1) * part // count - index * part // count
