"""Chances of Poisson counts."""

from __future__ import annotations

from math import exp


def chance_of_at_most(events: int, mean: float) -> float:
    """The chance (0..1) of that many events or fewer, of a Poisson count with that mean; 1 from the mean on."""
    if events >= mean:
        return 1.0
    term = total = exp(-mean)
    for number in range(1, events + 1):
        term *= mean / number
        total += term
    return total
