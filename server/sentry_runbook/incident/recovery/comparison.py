"""Rates before and after an act, over stretches of equal length, with the chance error of the counts.

How to think about it: of two counts of equal stretches the logarithm of their ratio has a standard error of
``sqrt(1/before + 1/after)`` where events come by chance (Poisson), and a larger one where they come in clumps: the
clumps are measured in the stretch before, in parts of it. An act *lowered* the rate when even the upper end of the
ratio's 95 % interval lies below 0.8, *raised* it when the lower end lies above 1.25, and *changed nothing* when the
interval is narrow enough to exclude a fall to a half and a rise to the double, and the ratio itself lies between 0.8
and 1.25. Otherwise it is too early to say, and
the counts so far tell when it can be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, log, sqrt
from typing import Literal

from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.episode.issue_counts import HOUR
from sentry_runbook.incident.metrics.chance import chance_of_at_most

Change = Literal["fell", "rose", "no_change", "too_early"]
FELL = 0.8
ROSE = 1.25
HALF = 0.5
THIRD = 1 / 3
CHANCE = 0.02
DOUBLE = 2.0
DEVIATIONS = 1.96
LONGEST = timedelta(hours=2)
SHORTEST = timedelta(minutes=2)
PARTS = 6


@dataclass(frozen=True)
class Comparison:
    """Events before and after an act.

    Attributes:
        length: of each of the two stretches.
        before, after: events in them.
        change: what the counts say of it.
        decidable_at: when it can be said, at the rate before; None when it is said, or nothing tells when.
    """

    length: timedelta
    before: int
    after: int
    change: Change
    decidable_at: datetime | None = None

    def per_hour(self, events: int) -> float:
        """Events an hour of a stretch of this length."""
        return round(events * (HOUR / self.length), 1)


def compare(counts: EventCounts, at: datetime, until: datetime, began: datetime) -> Comparison | None:
    """Compare the events before and after an instant; None where the counts hold no stretch on both sides of it.

    Args:
        counts: of the issue.
        at: when the act was.
        until: the next act, or the time of reading.
        began: the incident's begin; what lies before it is not the incident's rate.
    """
    bucket = counts.bucket_at(at)
    if bucket is None:
        return None
    # The bucket of the act itself belongs to neither side, unless it begins with it.
    before_end, after_start = (at, at) if bucket[0] == at else bucket
    step = bucket[1] - bucket[0]
    length = min(before_end - max(began, counts.starts_at), min(until, counts.until) - after_start, LONGEST)
    length -= length % step if step else timedelta()
    if length < max(SHORTEST, step):
        return None
    after_end = after_start + length
    if not counts.is_measured(before_end - length, before_end) or not counts.is_measured(after_start, after_end):
        return None
    before = counts.events(before_end - length, before_end)
    after = counts.events(after_start, after_end)
    clumps = _clumps(counts, before_end - length, before_end, step)
    return _judged(before, after, length, clumps, after_start)


def fell_to(counts: EventCounts, start: datetime, now: datetime, length: timedelta) -> bool:
    """Whether the last stretch of that length holds a third and less of the rate since ``start``, beyond chance."""
    since = now - length
    bucket = counts.bucket_at(now - timedelta(seconds=1))
    if bucket is None or bucket[1] - bucket[0] > length or since - start < length:
        return False
    before, after = counts.events(start, since), counts.events(since, now)
    least = max(0.0, before - DEVIATIONS * sqrt(before)) * (length / (since - start)) * THIRD
    return before > 0 and chance_of_at_most(after, least) < CHANCE


def _clumps(counts: EventCounts, start: datetime, end: datetime, step: timedelta) -> float:
    """Variance of the counts of equal parts, from part to part, by their mean: 1 where events come by chance."""
    part = max(step, (end - start) / PARTS)
    part -= part % step if step else timedelta()
    number = int((end - start) / part)
    if number < 3:
        return 1.0
    values = [counts.events(start + index * part, start + (index + 1) * part) for index in range(number)]
    mean = sum(values) / number
    # From part to part: a rate that rises through the stretch is no clump.
    steps = [(later - earlier) ** 2 for earlier, later in pairwise(values)]
    return max(1.0, sum(steps) / len(steps) / 2 / mean) if mean else 1.0


def _judged(before: int, after: int, length: timedelta, clumps: float, start: datetime) -> Comparison:
    # Half an event on both sides: a ratio of no events is a small number, and not 0.
    ratio = (after + 0.5) / (before + 0.5)
    error = DEVIATIONS * sqrt(clumps * (1 / (before + 0.5) + 1 / (after + 0.5)))
    low, high = ratio * exp(-error), ratio * exp(error)
    change: Change = "too_early"
    if high < FELL:
        change = "fell"
    elif low > ROSE:
        change = "rose"
    elif low > HALF and high < DOUBLE and FELL <= ratio <= ROSE:
        change = "no_change"
    decidable = start + _needed(before, length, clumps) if change == "too_early" else None
    return Comparison(length, before, after, change, decidable)


def _needed(before: int, length: timedelta, clumps: float) -> timedelta:
    """How long both stretches must be to exclude a fall to a half, at the rate before."""
    if not before:
        return LONGEST
    events = 2 * clumps * (DEVIATIONS / log(DOUBLE)) ** 2
    return max(length * (events / before), length)
