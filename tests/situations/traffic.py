"""Traffic by the clock: how busy an hour of the week is, and instants drawn from it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from random import Random

Rhythm = Callable[[datetime], float]
"""How busy a moment is, relative to an average weekday."""


def flat(_: datetime) -> float:
    """No rhythm: machines that talk to machines."""
    return 1.0


def office(moment: datetime) -> float:
    """People at work: three times as busy at 15:00 as at 03:00, half of it on weekends."""
    hour = moment.hour + moment.minute / 60
    busy = 1 + 0.5 * math.cos((hour - 15) / 24 * 2 * math.pi)
    return busy / 2 if moment.weekday() >= 5 else busy


def steep(moment: datetime) -> float:
    """A shop that wakes up: nearly nothing until 07:00, everything from 09:00 to 21:00, less on weekends."""
    hour = moment.hour + moment.minute / 60
    rise = min(max((hour - 7) / 2, 0.0), 1.0) * min(max((23 - hour) / 2, 0.0), 1.0)
    return (0.08 + 1.6 * rise) * (0.6 if moment.weekday() >= 5 else 1.0)


def weekdays(moment: datetime) -> float:
    """Business software: a tenth of the traffic on weekends and at night."""
    if moment.weekday() >= 5 or not 7 <= moment.hour < 19:
        return 0.15
    return 1.9


MOST = 2.0
"""No rhythm is busier than this."""
SLOT = 10
"""Minutes for which a rhythm is taken as even."""


@cache
def busy(rhythm: Rhythm, now: datetime, slot: int) -> float:
    """How busy the minutes of a slot, counted from now, are."""
    return rhythm(now + timedelta(minutes=SLOT * (slot + 0.5)))


def poisson_times(
    rng: Random, now: datetime, per_hour: float, start: float, end: float = 0.0, rhythm: Rhythm = office
) -> list[float]:
    """Instants (minutes from now) of a Poisson process with a rhythm.

    Args:
        rng: what draws.
        now: the moment that the minutes count from.
        per_hour: events an hour on average.
        start: minutes at which it begins.
        end: minutes at which it ends.
        rhythm: how the rate goes by the clock.
    """
    times: list[float] = []
    at = start
    while per_hour > 0:
        at += rng.expovariate(per_hour * MOST / 60)
        if at >= end:
            break
        if rng.random() * MOST < busy(rhythm, now, int(at // SLOT)):
            times.append(at)
    return times


def bursty_times(
    rng: Random, now: datetime, per_hour: float, start: float, end: float = 0.0, rhythm: Rhythm = office
) -> list[float]:
    """Instants of an overdispersed process: each half hour's rate is drawn anew, twice the average and more at times.

    The counts of an hour vary about twice as much as chance alone would have it, on every day alike.
    """
    times: list[float] = []
    at = start
    while at < end:
        times += poisson_times(rng, now, per_hour * rng.gammavariate(2.0, 0.5), at, min(at + 30.0, end), rhythm)
        at += 30.0
    return times


def expected(now: datetime, per_hour: float, rhythm: Rhythm, minutes: int = 60) -> float:
    """Events that the process makes in the last minutes on average."""
    return sum(per_hour / 60 * rhythm(now - timedelta(minutes=back + 0.5)) for back in range(minutes))
