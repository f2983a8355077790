"""Chances and intervals against published values and against sums of exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import pytest

from sentry_runbook.incident.metrics.chance import chance_of_at_least, chance_of_at_most, share_interval

NEWCOMBE = [
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 4
    (81, 263, 0.2535, 0.3682),
    (15, 148, 0.0598, 0.1644),
    (0, 20, 0.0, 0.2005),
    (1, 29, 0.0018, 0.1963),
]


@pytest.mark.parametrize(("part", "events", "low", "high"), NEWCOMBE)
def test_the_interval_of_a_share_is_the_published_one(part: int, events: int, low: float, high: float) -> None:
    found = share_interval(part / events, events)
    assert (round(found[0], 4), round(found[1], 4)) == (low, high)
    other = share_interval(1 - part / events, events)
    assert other == pytest.approx((1 - found[1], 1 - found[0]))


E_TO_MINUS_ONE = sum(Fraction((-1) ** number, factorial(number)) for number in range(60))


def exact(numbers: range, mean: int) -> float:
    """The chance that a Poisson count with that mean is one of these numbers, by fractions."""
    return float(E_TO_MINUS_ONE**mean * sum(Fraction(mean**number, factorial(number)) for number in numbers))


@pytest.mark.parametrize("mean", [1, 5, 40])
@pytest.mark.parametrize("times", [0.0, 0.2, 0.6, 0.9])
def test_few_events_are_as_unlikely_as_their_sum_says(mean: int, times: float) -> None:
    events = int(mean * times)
    assert chance_of_at_most(events, mean) == pytest.approx(exact(range(events + 1), mean), rel=1e-6)


@pytest.mark.parametrize("mean", [1, 5, 40])
@pytest.mark.parametrize("times", [1.2, 2, 4])
def test_many_events_are_as_unlikely_as_their_sum_says(mean: int, times: float) -> None:
    events = int(mean * times) + 1
    assert chance_of_at_least(events, mean) == pytest.approx(exact(range(events, events + 150), mean), rel=1e-6)


@pytest.mark.parametrize("mean", [800, 50_000])
def test_of_a_busy_issue_a_count_near_the_mean_is_not_impossible(mean: int) -> None:
    """``exp(-800)`` is 0, and every count below 800 was a fall beyond chance."""
    assert 0.4 < chance_of_at_most(mean - 1, mean) < 0.6
    assert 0.4 < chance_of_at_least(mean + 1, mean) < 0.6
    # Two standard deviations: 2.3 % on a normal distribution.
    deviation = round(2 * mean**0.5)
    assert chance_of_at_most(mean - deviation, mean) == pytest.approx(0.023, abs=0.004)
    assert chance_of_at_least(mean + deviation, mean) == pytest.approx(0.023, abs=0.004)


def test_without_events_nothing_is_certain_and_what_is_usual_is_no_surprise() -> None:
    assert (chance_of_at_least(1, 0.0), chance_of_at_least(0, 0.0), chance_of_at_most(0, 0.0)) == (0.0, 1.0, 1.0)
    assert (chance_of_at_least(5, 5.0), chance_of_at_most(5, 5.0)) == (1.0, 1.0)
