"""Where within a burst's first stretch the rate stepped up: a change point with its uncertainty.

How to think about it: around the coarse start of a burst the finest series is read as a row of Poisson counts that
have the usual rate before the step and the burst's rate from it on. For each bucket the log-likelihood that the step
lies before it is a sum from the end; the highest is the likeliest start, and all starts within :data:`PLAUSIBLE` of it
are plausible: they are the grain. A slow rise has its likeliest *step* in the middle: so it is asked again whether
what lies before that start is already clearly above the usual, for as long as it is. Where it is a little above, the
rise may have begun there: then the grain reaches back to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from sentry_runbook.incident.episode.usual import LOWEST_RATE, SHORT_S
from sentry_runbook.incident.metrics.chance import chance_of_at_least
from sentry_runbook.incident.metrics.timeseries import HOUR_S

PLAUSIBLE = 3.0
"""Log-likelihood below the best that is still plausible (95 % and more of a step's place)."""
UNSEEN_EVENTS, UNSEEN_DEVIATIONS = 3.0, 2.5
"""A step so short before the first full bucket that it would add fewer events than these, and than that many standard
deviations of the usual count, is not seen."""
RISE_LOOKBACK_S = (600, 1200, 2400, 3600)
RISE_EVENTS = 4
RISE_CHANCE, MAYBE_CHANCE = 5e-4, 1e-2
"""A stretch as unlikely as that at the usual rate is a part of the rise; one as unlikely as that may be."""
RISE_FACTOR = 2.0
LEAST_MEAN = 0.25
MAX_RISES = 4
PART_OF_FULLEST = 0.6
"""The fullest ten minutes are high by chance, too."""


@dataclass(frozen=True)
class Counts:
    """A row of buckets; seconds since the epoch, a bucket of ``step`` seconds."""

    start: int
    step: int
    values: tuple[float, ...]

    def between(self, start: float, end: float) -> Counts:
        """The buckets that overlap a stretch."""
        first = min(len(self.values), max(0, int((start - self.start) // self.step)))
        last = max(first, min(len(self.values), -int(-(end - self.start) // self.step)))
        return Counts(self.start + first * self.step, self.step, self.values[first:last])

    @property
    def total(self) -> float:
        """Events of all buckets."""
        return sum(self.values)


@dataclass(frozen=True)
class StepPlace:
    """Where the step lies: the likeliest instant and the plausible ones; seconds since the epoch."""

    at: float
    earliest: float
    latest: float


def find_step(
    counts: Counts, start: float, end: float, usual_per_hour: float, highest_per_hour: float, not_before: float
) -> StepPlace:
    """The step around the coarse start of a burst.

    Args:
        counts: the finest buckets that cover the time around the start.
        start: coarse start of the burst.
        end: of the burst.
        usual_per_hour: before the burst.
        highest_per_hour: as high as ordinary days go.
        not_before: nothing began before that (the issue's first event, the last burst's end).
    """
    low = max(usual_per_hour, LOWEST_RATE) * counts.step / HOUR_S
    begin = max(start - HOUR_S, not_before)
    full, level = _first_level(counts, start, end, highest_per_hour or usual_per_hour)
    place = _step(counts.between(begin, full), low, max(3 * low, PART_OF_FULLEST * level))
    usual = highest_per_hour or usual_per_hour
    for _ in range(MAX_RISES):
        earlier = _rise_before(counts, place.at, usual, not_before, RISE_CHANCE)
        if earlier is None:
            break
        place = _step(counts.between(earlier[0] - (place.at - earlier[0]), place.at), low, max(earlier[1], 2 * low))
    maybe = _rise_before(counts, place.at, usual, not_before, MAYBE_CHANCE)
    earliest = place.earliest if maybe is None else min(place.earliest, maybe[0])
    return StepPlace(max(place.at, not_before), max(earliest, not_before), max(place.latest, not_before))


def _first_level(counts: Counts, start: float, end: float, usual_per_hour: float) -> tuple[float, float]:
    """As :func:`_fullest` of the burst's first hour; of its first hours where that holds no more than is usual."""
    length = 2 * HOUR_S if counts.step >= HOUR_S else HOUR_S
    size, until = max(1, SHORT_S // counts.step), min(end, start + length)
    while True:
        full, level = _fullest(counts.between(start, until))
        mean = usual_per_hour * size * counts.step / HOUR_S
        if until >= end or chance_of_at_least(round(level * size), max(mean, LEAST_MEAN)) < RISE_CHANCE:
            return full, level
        until = min(end, until + HOUR_S)


def _fullest(burst: Counts) -> tuple[float, float]:
    """End and events a bucket of the fullest ten minutes (or bucket) of the burst's first hour."""
    size = max(1, SHORT_S // burst.step)
    sums = [sum(burst.values[index : index + size]) for index in range(max(1, len(burst.values) - size + 1))]
    best = sums.index(max(sums)) if burst.values else 0
    return burst.start + (best + size) * burst.step, sums[best] / min(size, max(1, len(burst.values)))


def _step(counts: Counts, low: float, high: float) -> StepPlace:
    gain, cost = log(high / low), high - low
    values = counts.values
    score, best, start = 0.0, float("-inf"), max(0, len(values) - 1)
    scores = [0.0] * len(values)
    for index in range(len(values) - 1, -1, -1):
        score += values[index] * gain - cost
        scores[index] = score
        if score >= best:
            best, start = score, index
    plausible = [index for index, value in enumerate(scores) if value >= best - PLAUSIBLE] or [start]
    hidden = UNSEEN_EVENTS + UNSEEN_DEVIATIONS * sqrt(low)
    unseen = min(counts.step, hidden / max(high - low, 1e-9) * counts.step)
    # In its first bucket a step has only the share of the burst's rate that lies after it.
    share = min(1.0, max(0.0, ((values[start] if values else 0.0) - low) / max(high - low, 1e-9)))
    at = counts.start + (start + (1 - share if counts.step > 60 else 0)) * counts.step
    earliest = counts.start + min(plausible) * counts.step - unseen
    latest = counts.start + (max(plausible) + 1) * counts.step
    return StepPlace(min(max(at, earliest), latest), earliest, latest)


def _rise_before(
    counts: Counts, at: float, highest: float, not_before: float, chance: float
) -> tuple[float, float] | None:
    """Start and events a bucket of the stretch before ``at`` that is clearly above the usual; None when none is."""
    # The bucket of the step itself is no part of what lies before it.
    edge = counts.start + (at - counts.start) // counts.step * counts.step
    for length in RISE_LOOKBACK_S:
        start = at - length
        if start < max(counts.start, not_before):
            return None
        if start >= edge:
            continue
        before = counts.between(start, edge)
        events, mean = before.total, highest * len(before.values) * counts.step / HOUR_S
        if (
            events >= RISE_EVENTS
            and events > RISE_FACTOR * mean
            and chance_of_at_least(round(events), max(mean, LEAST_MEAN)) < chance
        ):
            return start, events / max(1, len(before.values))
    return None
