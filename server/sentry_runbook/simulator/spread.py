"""Spreading counts over time and values over events, by arithmetic: nothing here is random, and every sum is exact.

A rate is given as a tuple of numbers, one for each of several equal parts of the time. ``done_until`` is the share of
everything that has happened after a share of the time: a line of straight pieces, each as steep as its rate. Instants
are placed by its inverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd, sqrt

from sentry_runbook.simulator.scenario import Rates, Shape, Weights

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


def done_until(rates: Rates, elapsed: float) -> float:
    """Return the share of the total (0..1) reached after a share of the time (0..1)."""
    parts = elapsed * len(rates)
    whole = min(int(parts), len(rates) - 1)
    return (sum(rates[:whole]) + (parts - whole) * rates[whole]) / sum(rates)


def _elapsed_at(rates: Rates, done: float) -> float:
    """Return the share of the time after which a share of the total is reached: the inverse of ``done_until``."""
    left = done * sum(rates)
    for index, rate in enumerate(rates):
        if left < rate:
            return (index + left / rate) / len(rates)
        left -= rate
    return 1.0


def shuffled(count: int, salt: int) -> Iterator[int]:
    """Return a permutation of ``range(count)`` whose every stretch is spread evenly; another one for each salt."""
    step = max(1, int(count * ((GOLDEN * (salt + 1)) % 1)))
    while gcd(step, count) != 1:
        step += 1
    return ((index * step + salt) % count for index in range(count))


def deal(weights: Weights, count: int, salt: int) -> list[str]:
    """Deal the values to ``count`` events in the proportion of their weights, as exactly as whole numbers allow."""
    total = sum(weights.values())
    values: list[str] = []
    reached = 0.0
    for value, weight in weights.items():
        reached += weight
        values += [value] * (round(reached / total * count) - len(values))
    return [values[rank] for rank in shuffled(count, salt)]


def share(part: int, count: int, index: int) -> int:
    """Return the whole share that falls to one of ``count`` steps when ``part`` is spread evenly over all of them."""
    return (index + 1) * part // count - index * part // count
