"""Chances of Poisson counts."""

from __future__ import annotations

from math import exp, lgamma, log

PRECISION = 1e-9


def chance_of_at_least(events: int, mean: float) -> float:
    """The chance (0..1) of that many events or more, of a Poisson count with that mean; 1 up to the mean."""
    if events <= mean:
        return 1.0
    # Term by term from that count on: the difference to 1 would be lost in rounding.
    term = exp(events * log(mean) - mean - lgamma(events + 1)) if mean > 0 else 0.0
    total, number = term, events
    while term > total * PRECISION:
        number += 1
        term *= mean / number
        total += term
    return total


def chance_of_at_most(events: int, mean: float) -> float:
    """The chance (0..1) of that many events or fewer, of a Poisson count with that mean; 1 from the mean on."""
    if events >= mean:
        return 1.0
    term = total = exp(-mean)
    for number in range(1, events + 1):
        term *= mean / number
        total += term
    return total
