"""Whether the last hour of an issue is one that it often has."""

from __future__ import annotations

import math

from tests.situations.raw import PERIOD, Issue, Situation

DAY = 1_440.0
RARE = 0.002
"""What has a smaller chance than this is no usual hour."""


def poisson_tail(count: int, expected: float) -> float:
    """The chance of at least so many events."""
    if not count:
        return 1.0
    return 1 - sum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(count))


def same_hours_before(issue: Issue) -> list[int]:
    """Events of the same hour of the days before, and of its neighbours, as many days as the issue goes back."""
    days = int(-issue.first // DAY)
    ends = [shift - DAY * day for day in range(1, days + 1) for shift in (-PERIOD, 0, PERIOD)]
    return [len(issue.within(end - PERIOD, end)) for end in ends]


def is_usual(issue: Issue) -> bool:
    """Whether an issue's last hour is one that it often has."""
    count = len(issue.within(-PERIOD))
    before = same_hours_before(issue)
    if count <= 1 or (before and count <= max(before)):
        return True
    return poisson_tail(count, issue.usual_per_hour) > RARE


def is_background_usual(situation: Situation) -> bool:
    """Whether nothing stands out by chance among what is no news."""
    return all(is_usual(situation.raw.issues[short_id]) for short_id in situation.quiet)
