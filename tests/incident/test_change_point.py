"""Where a step begins, against the likelihood by its definition and against the rates that made the events."""

from __future__ import annotations

from math import exp, lgamma, log, sqrt
from random import Random

import pytest

from sentry_runbook.incident.episode.change_point import Counts, StepPlace, find_step

HOUR_S = 3600


def poisson(random: Random, mean: float) -> float:
    """A draw, by multiplying chances."""
    number, left = 0, random.random()
    while left > exp(-mean):
        left *= random.random()
        number += 1
    return float(number)


def row(random: Random, step: int, usual: float, burst: float, before: int, after: int) -> Counts:
    """So many buckets at the usual rate an hour, then so many at the burst's."""
    means = [usual * step / HOUR_S] * before + [burst * step / HOUR_S] * after
    return Counts(1_000_000 * HOUR_S, step, tuple(poisson(random, mean) for mean in means))


def found(counts: Counts, at: float, usual: float, highest: float | None = None) -> StepPlace:
    end = counts.start + counts.step * len(counts.values)
    return find_step(counts, at, end, usual, usual if highest is None else highest, counts.start)


def likelihood(values: tuple[float, ...], place: int, low: float, high: float) -> float:
    """The logarithm of the chance of these counts, if the step lies before a bucket."""

    def of(value: float, mean: float) -> float:
        return value * log(mean) - mean - lgamma(value + 1)

    return sum(of(value, low if index < place else high) for index, value in enumerate(values))


@pytest.mark.parametrize("seed", range(60))
def test_the_step_is_where_the_counts_are_likeliest(seed: int) -> None:
    """A clear step: within an hour before it and the fullest ten minutes after it, by trying every place."""
    random = Random(seed)  # noqa: S311  # draws of a test
    usual, burst = random.choice([(0.0, 300.0), (6.0, 240.0), (60.0, 900.0)])
    counts = row(random, 60, usual, burst, 180, 120)
    at = counts.start + 180 * 60
    place = found(counts, at, usual)
    sums = [sum(counts.values[index : index + 10]) for index in range(180, 231)]
    full = 180 + sums.index(max(sums)) + 10
    low, level = max(usual, 0.2) / 60, 0.6 * max(sums) / 10
    scores = [likelihood(counts.values[120:full], place_, low, max(3 * low, level)) for place_ in range(full - 120)]
    best = max(scores)
    likely = [120 + index for index, score in enumerate(scores) if score >= best - 3.0]
    assert place.at == counts.start + 60 * (120 + scores.index(best))
    assert place.latest == counts.start + 60 * (max(likely) + 1)
    # As long as three events and two and a half deviations of the usual take at that level, it goes unseen.
    unseen = min(1, (3 + 2.5 * sqrt(low)) / (max(3 * low, level) - low))
    assert (place.earliest - counts.start) / 60 == pytest.approx(min(likely) - unseen)


@pytest.mark.parametrize("step", [60, 300, HOUR_S])
@pytest.mark.parametrize(("usual", "burst"), [(0.0, 240.0), (6.0, 240.0), (60.0, 600.0)])
def test_the_grain_holds_the_instant_at_which_the_rate_changed(step: int, usual: float, burst: float) -> None:
    inside, lengths = 0, []
    for seed in range(100):
        random = Random(seed)  # noqa: S311  # draws of a test
        counts = row(random, step, usual, burst, max(2, 3 * HOUR_S // step), max(3, 2 * HOUR_S // step))
        at = counts.start + step * max(2, 3 * HOUR_S // step)
        place = found(counts, at, usual)
        inside += place.earliest <= at <= place.latest
        lengths.append(place.latest - place.earliest)
    assert inside >= 97
    assert sorted(lengths)[50] <= max(2 * step, 900)


@pytest.mark.parametrize("first", [90, 150, 300, 350, 600])
def test_in_an_hour_the_step_lies_where_its_share_of_the_level_says(first: int) -> None:
    """Six tenths of the fullest hour tell a step: an hour that holds a quarter of these began 45 minutes past."""
    counts = Counts(1_000_000 * HOUR_S, HOUR_S, (0.0, 0.0, float(first), 600.0, 600.0))
    hour = counts.start + 2 * HOUR_S
    place = found(counts, hour, 0.0)
    share = min(1.0, (first - 0.2) / (0.6 * 600 - 0.2))
    assert place.at - hour == pytest.approx((1 - share) * HOUR_S)
    assert place.latest == hour + HOUR_S
    # Of an even rate the true instant is not after it, and within the grain.
    assert place.earliest <= hour + HOUR_S * (1 - first / 600) <= place.latest


def ramp(step: int) -> Counts:
    """An hour as usual (none), an hour from nothing to 600 an hour, an hour at 600."""
    size = HOUR_S // step
    values = [0.0] * size + [round(600 * index / size * step / HOUR_S) for index in range(size)]
    return Counts(1_000_000 * HOUR_S, step, tuple(float(value) for value in [*values, *[600 * step / HOUR_S] * size]))


@pytest.mark.parametrize("step", [60, 300])
def test_a_slow_rise_begins_where_it_leaves_the_usual(step: int) -> None:
    """Its likeliest single step lies half-way up."""
    counts = ramp(step)
    place = found(counts, counts.start + 1.5 * HOUR_S, 0.0)
    first = next(index for index, value in enumerate(counts.values) if value)
    assert abs(place.at - (counts.start + first * step)) <= 600
    assert place.earliest <= counts.start + first * step <= place.latest


def test_a_rise_that_may_be_chance_widens_the_grain_and_moves_nothing() -> None:
    """Five events in the ten minutes before the step, at ten an hour: one chance in forty; nine: one in 5,000."""
    quiet = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0] * 40
    for events, widens in ((1, False), (6, True)):
        before = [*quiet[: 240 - 10], *([0.0] * (10 - events)), *([1.0] * events)]
        counts = Counts(1_000_000 * HOUR_S, 60, (*before, *[10.0] * 60))
        at = counts.start + 240 * 60
        place = found(counts, at, 10.0)
        assert place.at == at
        assert (place.earliest < at - 5 * 60) is widens


def test_nothing_began_before_the_first_event() -> None:
    counts = Counts(1_000_000 * HOUR_S, 60, tuple([0.0] * 60 + [10.0] * 60))
    not_before = counts.start + 60 * 60 + 20
    place = find_step(counts, counts.start + 60 * 60, counts.start + 7200, 0.0, 0.0, not_before)
    assert (place.at, place.earliest) == (not_before, not_before)


def test_a_burst_that_starts_no_higher_than_usual_is_measured_where_it_is_high() -> None:
    """Two hours at the usual rate inside what was coarsely the burst, then the burst."""
    counts = Counts(1_000_000 * HOUR_S, 60, tuple([1.0] * 60 + [1.0] * 120 + [12.0] * 120))
    place = found(counts, counts.start + HOUR_S, 60.0)
    assert place.at == counts.start + 3 * HOUR_S


def test_what_overlaps_a_stretch() -> None:
    counts = Counts(1000, 60, (1.0, 2.0, 3.0, 4.0))
    for start, end, first, values in (
        (1000, 1240, 1000, (1.0, 2.0, 3.0, 4.0)),
        (1059, 1061, 1000, (1.0, 2.0)),
        (1060, 1120, 1060, (2.0,)),
        (900, 1001, 1000, (1.0,)),
        (1180, 9999, 1180, (4.0,)),
        (1300, 1400, 1240, ()),
    ):
        part = counts.between(start, end)
        assert (part.start, part.step, part.values, part.total) == (first, 60, values, sum(values))


def test_a_rise_of_a_known_rate_is_read_from_its_own_level() -> None:
    """Forty minutes at a fifth of the burst before it: their begin is the incident's, to the minute."""
    counts = Counts(1_000_000 * HOUR_S, 60, (*[0.0] * 180, *[2.0] * 40, *[10.0] * 120))
    place = found(counts, counts.start + 220 * 60, 0.0)
    assert (place.at - counts.start) / 60 == 180
    assert (place.latest - counts.start) / 60 == 181


def test_at_ten_an_hour_a_few_events_before_the_step_are_chance() -> None:
    """The highest ordinary hours count, not the usual one: 30 in the hour before are no rise where days reach 40."""
    before = [1.0 if minute % 2 else 0.0 for minute in range(60)]
    counts = Counts(1_000_000 * HOUR_S, 60, (*[0.0, 0.0, 0.0, 0.0, 0.0, 1.0] * 20, *before, *[10.0] * 60))
    at = counts.start + 180 * 60
    assert found(counts, at, 10.0, 40.0).at == at
    assert found(counts, at, 10.0, 12.0).at < at
