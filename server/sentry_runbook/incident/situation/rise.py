"""Whether an old issue is far above its usual rate, by the 24 hourly counts that an issue list tells of it.

How to think about it: a day of hours is little, but it holds the same hours of the day before and the hours just
before the window. The *reference* is the highest of both: a daily rhythm stays below it, for yesterday's same hours
are in it. The rise must be at least the policy's factor above their mean, twice the highest, and beyond what chance
makes of a Poisson count with that highest as its mean. Two more things make a rise that is none: bursts that the same
issue had in the day before without a cause, and traffic that rose as much (sessions, or all other busy issues alike).
Hours that are as high as the window itself, right before it, are the same episode, and no reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sentry_runbook.incident.metrics.chance import chance_of_at_least
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.situation import ListedIssue

DAY = timedelta(hours=24)
ABOVE_HIGHEST = 2.0
CHANCE = 1e-5
LEAST_PER_HOUR = 0.5
"""An issue without an event in a day may still have one now and then."""
FEWEST_HOURS = 6
"""Fewer hours tell nothing of what is usual."""
BURSTY, ABOVE_BURSTS, PRIOR = 3.0, 1.2, 5.0
LAST_HOURS = 3


@dataclass(frozen=True)
class UsualHours:
    """What is usual of an issue at this time of day.

    Attributes:
        per_hour: mean of the reference hours.
        highest: the highest of them.
        burst: how many times its neighbours the highest hour of the day was; 1 of an issue without bursts.
        since: start of the first hour that belongs to the same episode as the window.
    """

    per_hour: float
    highest: float
    burst: float
    since: datetime


@dataclass(frozen=True)
class Rise:
    """An issue's rate above what is usual.

    Attributes:
        per_hour: in the window.
        times_usual: by the usual rate; of an issue that has none by an event in two hours.
    """

    usual: UsualHours
    per_hour: float
    times_usual: float


def usual_of(issue: ListedIssue, window: Window, factor: float) -> UsualHours | None:
    """What is usual of an issue; None where its hours do not tell it."""
    hours = [(at, events) for at, events in issue.hourly if at + HOUR <= window.start]
    if len(hours) < FEWEST_HOURS:
        return None
    length = _before_episode([events for _, events in hours], factor)
    since = hours[length][0] if length < len(hours) else window.start
    before = hours[:length]
    same = [events for at, events in before if window.start - HOUR <= at + DAY < window.end + 2 * HOUR]
    counts = [*same, *(events for _, events in before[-LAST_HOURS:])]
    return UsualHours(
        per_hour=sum(counts) / len(counts),
        highest=float(max(counts)),
        burst=_burst([events for _, events in before]),
        since=since,
    )


def rise_of(issue: ListedIssue, window: Window, factor: float, traffic: float = 1.0) -> Rise | None:
    """How far an issue is above its usual rate; None when it is not, or when nothing tells it.

    Args:
        issue: with its events in the window and its hourly counts.
        window: up to now.
        factor: the policy's: that many times usual is a rise.
        traffic: how many times busier the whole project is than in the reference hours; at least 1.
    """
    usual, length = usual_of(issue, window, factor), window.length / HOUR
    if usual is None or not issue.events or length <= 0:
        return None
    rate, highest = issue.events / length, usual.highest * traffic
    is_beyond_chance = chance_of_at_least(issue.events, max(highest, LEAST_PER_HOUR) * length) < CHANCE
    if rate < factor * usual.per_hour * traffic or rate < ABOVE_HIGHEST * highest or not is_beyond_chance:
        return None
    if usual.burst >= BURSTY and (rate + PRIOR) < ABOVE_BURSTS * usual.burst * (highest + PRIOR):
        return None
    return Rise(usual, rate, rate / max(usual.per_hour, LEAST_PER_HOUR))


def _before_episode(counts: list[int], factor: float) -> int:
    """How many of these hours lie before a raised stretch that reaches to their end."""
    length = len(counts)
    while length > FEWEST_HOURS and _is_raised(counts[length - 1], counts[: length - 1], factor):
        length -= 1
    # A stretch that is not raised as a whole is none: its first hour must stand out, too.
    return length


def _is_raised(events: int, before: list[int], factor: float) -> bool:
    reference = sorted(before)
    highest, middle = reference[-1], reference[len(reference) // 2]
    return (
        events >= factor * middle
        and events >= ABOVE_HIGHEST * highest
        and chance_of_at_least(events, max(float(highest), LEAST_PER_HOUR)) < CHANCE
    )


def _burst(counts: list[int]) -> float:
    """By how much an hour went above the one before it, at most."""
    return max(((later + PRIOR) / (earlier + PRIOR) for earlier, later in pairwise(counts)), default=1.0)
