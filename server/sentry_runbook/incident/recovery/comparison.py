"""Rates before and after an act, over stretches of equal length, with the chance error of the counts.

How to think about it: of the events of two equal stretches the share that lies in the second one tells the ratio of
their rates, with the uncertainty of a share (Wilson's interval with continuity correction: Newcombe 1998, method 4; it
holds where one side has no event at all). Events that come in clumps tell as much as that many fewer events: the
clumps are measured in the stretch before, in parts of it. An act *lowered* the rate when even the upper end of the
ratio's 95 % interval lies below 0.8, *raised* it when the lower end lies above 1.25, and *changed nothing* when the
interval excludes a fall to a half and a rise to the double, and the ratio itself lies between 0.8 and 1.25. Where
nothing at all came after the act, the whole silence counts, up to two hours. Otherwise it is too early to say, and the
counts so far tell when it can be said, if waiting helps: the stretch before the act stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count, pairwise
from math import inf, sqrt
from typing import Literal

from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.metrics.chance import DEVIATIONS, chance_of_at_least, chance_of_at_most, share_interval
from sentry_runbook.incident.metrics.timeseries import HOUR

Change = Literal["fell", "rose", "no_change", "too_early"]
FELL = 0.8
ROSE = 1.25
HALF, QUARTER = 0.5, 0.25
THIRD = 1 / 3
CHANCE = 0.02
UNDONE_CHANCE = 2e-3
LEAST = 1
RECENT = (timedelta(minutes=10), timedelta(minutes=20), timedelta(hours=1))
"""Over the last stretches of these lengths a rate that fell or rose is looked at again: it may have come back."""
DOUBLE = 2.0


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
        decidable_at: when it can be said, at the rate before; None when it is said, or waiting does not help: the
            incident was too short or too rare before the act.
        again_per_hour: events an hour of the incident's last minutes, where the rate has come back since; else None.
    """

    length: timedelta
    before: int
    after: int
    change: Change
    decidable_at: datetime | None = None
    again_per_hour: float | None = None

    def per_hour(self, events: int) -> float:
        """Events an hour of a stretch of this length."""
        return round(events * (HOUR / self.length), 1)


def compare(
    counts: EventCounts, at: datetime, until: datetime, began: datetime, ended: datetime | None = None
) -> Comparison | None:
    """Compare the events before and after an instant; None where the counts hold no stretch on both sides of it.

    Args:
        counts: of the issue.
        at: when the act was.
        until: the next change, or the time of reading.
        ended: when the incident was over; None while it goes on, and where it is not known.
        began: the incident's begin, or the change before; what lies before it is not the rate that the act met.
    """
    bucket = counts.bucket_at(at)
    if bucket is None:
        return None
    # The bucket of the act itself belongs to neither side, unless it begins with it.
    before_end, after_start = (at, at) if bucket[0] == at else bucket
    step = bucket[1] - bucket[0]
    longest = min(before_end - max(began, counts.starts_at), LONGEST)
    length = min(longest, min(until, counts.until) - after_start)
    length -= length % step if step else timedelta()
    if length < max(SHORTEST, step):
        return None
    after_end = after_start + length
    if not counts.is_measured(before_end - length, before_end) or not counts.is_measured(after_start, after_end):
        return None
    before = counts.events(before_end - length, before_end)
    after = counts.events(after_start, after_end)
    clumps = _clumps(counts, before_end - length, before_end, step)
    change = _change(before, after, clumps)
    end = min(until, counts.until, after_start + LONGEST)
    if change == "too_early" and counts.is_measured(after_start, end) and not counts.events(after_start, end):
        # What the act met was too short to tell alone, but nothing has come for longer than that.
        change = _change(before, 0, clumps, max(1.0, (end - after_start) / length))
    if change != "too_early":
        span, per_hour = (after_start, ended or counts.until), HOUR / length
        again = None
        if change != "no_change":
            again = _undone(counts, span, max(before, LEAST) * per_hour, max(after, LEAST) * per_hour, clumps)
        return Comparison(length, before, after, change, again_per_hour=again)
    needed = _needed(before, length, clumps)
    # A later change ends the stretch after this one: then it stays unsaid.
    grows = length < needed <= longest and until >= counts.until
    return Comparison(length, before, after, change, after_start + needed if grows else None)


def _undone(
    counts: EventCounts, span: tuple[datetime, datetime], before: float, after: float, clumps: float
) -> float | None:
    """Events an hour of the last minutes, where these are no longer what the act left; the shortest that tell.

    Of a rate that fell: more than it left, and a quarter of what it met. Of one that rose: less than it left, and no
    more than it met.

    Args:
        counts: of the issue.
        span: from the act to the end of the incident, or up to now.
        before: what it met, events an hour.
        after: what it left.
        clumps: events that come at once.
    """
    start, end = span
    last = counts.bucket_at(end - timedelta(seconds=1))
    for recent in RECENT:
        since, part = end - recent, recent / HOUR
        if last is None or last[1] - last[0] > recent or since < start or not counts.is_measured(since, end):
            continue
        found = counts.about(since, end)
        if after < before:
            is_undone = found >= QUARTER * before * part
            chance = chance_of_at_least(round(found / clumps), ROSE * after * part / clumps)
        else:
            is_undone = found <= ROSE * before * part
            chance = chance_of_at_most(round(found / clumps), FELL * after * part / clumps)
        if is_undone and chance < UNDONE_CHANCE:
            return round(found / part, 1)
    return None


def fell_to(counts: EventCounts, start: datetime, now: datetime, length: timedelta) -> bool:
    """Whether the last stretch of that length holds a third and less of the rate since ``start``, beyond chance."""
    since = now - length
    bucket = counts.bucket_at(now - timedelta(seconds=1))
    if bucket is None or bucket[1] - bucket[0] > length or since - start < length:
        return False
    before, after = counts.about(start, since), counts.about(since, now)
    least = max(0.0, before - DEVIATIONS * sqrt(before)) * (length / (since - start)) * THIRD
    return before > 0 and chance_of_at_most(round(after), least) < CHANCE


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


def _change(before: int, after: int, clumps: float, times: float = 1.0) -> Change:
    """What the counts say; the stretch after is ``times`` as long as the one before."""
    events = (before + after) / clumps
    if events < 1:
        return "too_early"
    low, high = (_ratio(end) / times for end in share_interval(after / (before + after), events))
    ratio = after / before / times if before else inf
    if high < FELL:
        return "fell"
    if low > ROSE:
        return "rose"
    return "no_change" if low > HALF and high < DOUBLE and FELL <= ratio <= ROSE else "too_early"


def _ratio(share: float) -> float:
    """After by before, of the share that lies after."""
    return share / (1 - share) if share < 1 else inf


def _needed(before: int, length: timedelta, clumps: float) -> timedelta:
    """How long both stretches must be to exclude a fall to a half, at the rate before."""
    if not before:
        return LONGEST
    return max(length * (clumps * _least_events() / 2 / before), length)


@cache
def _least_events() -> int:
    """So many events of both stretches, half of them in each, exclude a rise to the double and a fall to a half."""
    return next(events for events in count(1) if _ratio(share_interval(0.5, events)[1]) < DOUBLE)
