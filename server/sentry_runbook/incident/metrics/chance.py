"""Chances of Poisson counts, and the interval of a share."""

from __future__ import annotations

from math import exp, lgamma, log, sqrt

PRECISION = 1e-9
DEVIATIONS = 1.959964
"""Of a normal distribution, 95 % lie within so many standard deviations."""


def chance_of_at_least(events: int, mean: float) -> float:
    """The chance (0..1) of that many events or more, of a Poisson count with that mean; 1 up to the mean."""
    if events <= mean:
        return 1.0
    total, number, term = 0.0, events, _chance_of(events, mean)
    while term > total * PRECISION:
        total += term
        number += 1
        term *= mean / number
    return total


def chance_of_at_most(events: int, mean: float) -> float:
    """The chance (0..1) of that many events or fewer, of a Poisson count with that mean; 1 from the mean on."""
    if events >= mean:
        return 1.0
    total, number, term = 0.0, events, _chance_of(events, mean)
    while term > total * PRECISION:
        total += term
        term *= number / mean
        number -= 1
    return total


def _chance_of(events: int, mean: float) -> float:
    # By logarithms: of a busy issue exp(-mean) is 0. What is summed begins with the largest of its terms.
    return exp(events * log(mean) - mean - lgamma(events + 1)) if mean > 0 else 0.0


def share_interval(share: float, events: float) -> tuple[float, float]:
    """The 95 % interval (0..1) of a share of that many events.

    Wilson's with continuity correction (Newcombe 1998, Statistics in Medicine 17, method 4): it holds for few events,
    and where all or none of them are of the part.
    """
    z = DEVIATIONS
    middle, scale = 2 * events * share + z * z, 2 * (events + z * z)
    spread, skew = z * z - 1 / events + 4 * events * share * (1 - share), 4 * share - 2
    low = 0.0 if share == 0 else (middle - z * sqrt(max(0.0, spread + skew)) - 1) / scale
    high = 1.0 if share == 1 else (middle + z * sqrt(max(0.0, spread - skew)) + 1) / scale
    return max(0.0, low), min(1.0, high)
