"""Raw events made from parameters: what an issue usually does, and what happens in the incident.

A rate is a function of time, in events an hour. The usual rate and the incident's own one are added up, and the events
are drawn from the sum by chance (a Poisson process with a fixed seed), or spread evenly where ``even`` says so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from math import cos, pi

BEGIN = datetime(2026, 11, 16, 10, 7, tzinfo=UTC)
"""A Monday morning; every incident begins here."""
HOUR = timedelta(hours=1)
BEFORE, AFTER = timedelta(days=15), timedelta(days=8)
Rate = Callable[[float], float]
"""Hours since the beginning → events an hour."""


def _clock(hours: float) -> datetime:
    return BEGIN + hours * HOUR


def _daily(hours: float) -> float:
    """Between 12 an hour at 3 in the night and 108 at 3 in the afternoon."""
    at = _clock(hours)
    return 60 - 48 * cos(2 * pi * (at.hour + at.minute / 60 - 3) / 24)


def _weekly(hours: float) -> float:
    return _daily(hours) * (0.3 if _clock(hours).weekday() >= 5 else 1.0)


def _noisy(hours: float) -> float:
    """Each clock hour has a level of its own, from a third to the triple of 30 an hour."""
    hour = int((_clock(hours) - datetime(2026, 1, 1, tzinfo=UTC)) / HOUR)
    return 30.0 * 3 ** random.Random(hour).uniform(-1, 1)  # noqa: S311  # a test's data


BACKGROUNDS: dict[str, Rate] = {
    "new": lambda _: 0.0,
    "silent": lambda _: 0.0,
    "steady": lambda _: 60.0,
    "daily": _daily,
    "weekly": _weekly,
    "noisy": _noisy,
    "rare": lambda _: 0.3,
}


@dataclass(frozen=True)
class Shape:
    """What happens in the incident.

    Attributes:
        rate: of the incident alone, 0 outside.
        bursts: true stretches of it, hours since the beginning.
        settled: the true beginning lies between 0 and this (a ramp begins at 0 and is out of the usual there), hours.
        fix: when the fix was made; None without one. ``factor`` is the rate after it by the rate before.
        trickle: the incident's rate before the beginning, from ``trickle_from`` on.
        stray: an event that long before the beginning, hours.
    """

    rate: Rate
    bursts: tuple[tuple[float, float], ...]
    settled: float = 0.0
    fix: float | None = None
    factor: float = 1.0
    trickle: float = 0.0
    trickle_from: float = 0.0
    stray: float | None = None


def _during(level: float, *spans: tuple[float, float]) -> Rate:
    return lambda hours: level if any(start <= hours < end for start, end in spans) else 0.0


def _flat(level: float, end: float, **more: float) -> Shape:
    return Shape(_during(level, (0.0, end)), ((0.0, end),), **more)


def _fixed(level: float, fix: float, factor: float, end: float) -> Shape:
    def rate(hours: float) -> float:
        return 0.0 if not 0 <= hours < end else level if hours < fix else level * factor

    return Shape(rate, ((0.0, end if factor else fix),), fix=fix, factor=factor)


def _relapsed(level: float, left: float) -> Shape:
    """A fix that leaves a part of the rate, or none, for 48 minutes; then all is as before it."""

    def rate(hours: float) -> float:
        return 0.0 if not 0 <= hours < 6 else level * left if 0.6 <= hours < 1.4 else level

    spans = ((0.0, 6.0),) if left else ((0.0, 0.6), (1.4, 6.0))
    return Shape(rate, spans, fix=0.6, factor=left)


def _waves(level: float, length: float, every: float, number: int) -> Shape:
    spans = tuple((index * every, index * every + length) for index in range(number))
    return Shape(_during(level, *spans), spans)


def shapes(level: float) -> dict[str, Shape]:
    """All shapes; ``level`` is the rate of the incident, events an hour."""
    ramp = Shape(lambda hours: level * min(hours / 1.5, 1.0) if 0 <= hours < 4 else 0.0, ((0.0, 4.0),), settled=0.75)
    return {
        "step": _flat(level, 3.5),
        "ramp": ramp,
        "spike": _flat(3 * level, 0.25),
        "plateau": _flat(level, 9.0),
        "waves": _waves(level, 0.75, 4.0, 4),
        "cron": _waves(2 * level, 0.1, 1.0, 12),
        "fire": _flat(level, 50.0),
        "stray": _flat(level, 3.5, stray=8.0),
        "trickle": Shape(_during(level, (0.0, 3.0)), ((0.0, 3.0),), trickle=6.0, trickle_from=-22.0),
        "fix helps": _fixed(level, 0.6, 0.0, 4.0),
        "fix halves": _fixed(level, 0.6, 0.45, 6.0),
        "fix does nothing": _fixed(level, 0.6, 1.0, 6.0),
        "fix harms": _fixed(level, 0.6, 2.0, 6.0),
        "fix fails again": _relapsed(level, 0.1),
        "silent, then again": _relapsed(level, 0.0),
    }


@dataclass(frozen=True)
class Case:
    """One incident: its parameters and its raw events, in order of time."""

    background: str
    shape_name: str
    shape: Shape
    events: tuple[datetime, ...]

    @property
    def usual(self) -> Rate:
        """The usual rate."""
        return BACKGROUNDS[self.background]

    @property
    def name(self) -> str:
        """``daily, waves``."""
        return f"{self.background}, {self.shape_name}"


def drawn(rate: Rate, start: float, end: float, seed: str, *, even: bool = False) -> Iterator[datetime]:
    """Events of a rate between two times (hours since the beginning), by the minute.

    Args:
        rate: events an hour.
        start: from then on.
        end: before then.
        seed: of the chance.
        even: the events follow the rate without chance.
    """
    chance = random.Random(seed)  # noqa: S311  # a test's data
    left = 0.5 if even else chance.expovariate(1.0)
    for minute in range(round(start * 60), round(end * 60)):
        mean = rate(minute / 60) / 60
        done = 0.0
        while mean - done >= left:
            done += left
            left = 1.0 if even else chance.expovariate(1.0)
            yield BEGIN + timedelta(minutes=minute + min(done / mean, 0.999))
        left -= mean - done


def make_case(background: str, shape_name: str, *, even: bool = False) -> Case:
    """One incident of the corpus."""
    usual = BACKGROUNDS[background]
    peak = max(usual(hour) for hour in range(24))
    shape = shapes(max(240.0, 6 * peak))[shape_name]

    def rate(hours: float) -> float:
        # A new issue has no usual rate before its incident.
        trickle = shape.trickle if shape.trickle_from <= hours < 0 else 0.0
        return usual(hours) + shape.rate(hours) + trickle

    start, end = -BEFORE / HOUR, AFTER / HOUR
    if background == "new":
        start = shape.trickle_from
    events = list(drawn(rate, start, end, f"{background} {shape_name}", even=even))
    events.append(BEGIN + timedelta(seconds=1))
    if shape.stray is not None:
        events.append(BEGIN - shape.stray * HOUR)
    if background != "new":
        # The issue is older than any history that is asked for.
        events.append(BEGIN - timedelta(days=60))
    return Case(background, shape_name, shape, tuple(sorted(events)))


NAMES = tuple(product(BACKGROUNDS, shapes(240.0)))
"""Background and shape of every incident."""
LOOKS = {
    "first minute": timedelta(minutes=1),
    "+10 min": timedelta(minutes=10),
    "+1 h": timedelta(hours=1),
    "+2 h": timedelta(hours=2),
    "+25 h": timedelta(hours=25),
    "+47 h": timedelta(hours=47),
    "+7 d": timedelta(days=7),
}
