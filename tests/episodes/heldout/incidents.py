"""Raw events of the held-out incidents: what an issue usually does, and what its incident adds.

Usual events and the incident's own are drawn apart, each a Poisson process with a fixed seed, so that it is known of
every event which of the two it is. Incidents begin at different weekdays, hours and odd seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import cos, pi
from typing import Literal

HOUR = timedelta(hours=1)
BEFORE, AFTER = timedelta(days=17), timedelta(days=8)
"""Usual events are drawn from so long before the beginning until so long after it."""
BEGINNINGS = (
    datetime(2026, 11, 10, 10, 7, 23, tzinfo=UTC),
    datetime(2026, 11, 12, 3, 41, 17, tzinfo=UTC),
    datetime(2026, 11, 14, 21, 15, 48, tzinfo=UTC),
    datetime(2026, 11, 16, 14, 58, 5, tzinfo=UTC),
    datetime(2026, 11, 20, 18, 29, 39, tzinfo=UTC),
)
"""Tuesday, Thursday, Saturday, Monday and Friday."""
OLD = datetime(2026, 9, 1, 8, 0, 0, tzinfo=UTC)
"""First event of every issue that is not new: before any history that is asked for."""
Rate = Callable[[datetime], float]
"""Instant → events an hour, by chance."""
HIGHEST_LEVEL = 3.0
"""An over-dispersed hour is at most so many times the mean: more would be an incident of its own."""
ActionKind = Literal["stated", "deploy", "resolve"]
LOOKS = {
    "first minute": timedelta(minutes=1),
    "+10 min": timedelta(minutes=10),
    "+1 h": timedelta(hours=1),
    "+2 h": timedelta(hours=2),
    "+25 h": timedelta(hours=25),
    "+47 h": timedelta(hours=47),
    "+7 d": timedelta(days=7),
}


# --- backgrounds ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Background:
    """What an issue does without an incident.

    Attributes:
        rate: events an hour; ``mean`` of an over-dispersed one, whose clock hours have levels of their own.
        level: events an hour that an incident adds: four times the highest usual rate, or more.
        staging: events an hour in another environment, which do not count.
    """

    rate: Rate
    level: float
    is_new: bool = False
    staging: float = 0.0
    dispersed: bool = False


def _daily(at: datetime) -> float:
    """Between 10 an hour at four in the night and 100 at four in the afternoon."""
    return 55 - 45 * cos(2 * pi * (at.hour + at.minute / 60 - 4) / 24)


def _weekly(at: datetime) -> float:
    return _daily(at) * (0.25 if at.weekday() >= 5 else 1.0)


BACKGROUNDS: Mapping[str, Background] = {
    "none, new": Background(lambda _: 0.0, 240, is_new=True),
    "none, silent": Background(lambda _: 0.0, 240),
    "steady": Background(lambda _: 60.0, 180),
    "daily": Background(_daily, 420, staging=0.5),
    "weekly": Background(_weekly, 420),
    "noisy": Background(lambda _: 30.0, 480, dispersed=True),
    "rare": Background(lambda _: 0.25, 240),
}


def drawn(rate: float, start: datetime, end: datetime, chance: random.Random) -> Iterator[datetime]:
    """Events at one rate (an hour) between two instants."""
    at = start
    while rate > 0:
        at += chance.expovariate(rate) * HOUR
        if at >= end:
            return
        yield at


def usual_events(background: Background, begin: datetime, chance: random.Random) -> Iterator[datetime]:
    """The usual events around a beginning, quarter of an hour by quarter of an hour."""
    at, factor = begin.replace(minute=0, second=0) - BEFORE, 1.0
    while background.rate(begin) and at < begin + AFTER:
        if background.dispersed and at.minute == 0:
            # Gamma levels: the variance of an hour's count is the mean and half its square.
            factor = min(chance.gammavariate(2.0, 0.5), HIGHEST_LEVEL)
        yield from drawn(background.rate(at + HOUR / 8) * factor, at, at + HOUR / 4, chance)
        at += HOUR / 4


# --- shapes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A stretch of an incident: hours since the beginning, and its rates at both ends by the background's level."""

    start: float
    end: float
    first: float = 1.0
    last: float = 1.0

    def at(self, hours: float) -> float:
        """The rate by the level at an instant inside."""
        return self.first + (self.last - self.first) * (hours - self.start) / (self.end - self.start)


@dataclass(frozen=True)
class Shape:
    """What happens in an incident; all times in hours since the beginning.

    Attributes:
        pieces: of the incident, in order of time; two that touch are one burst.
        action: what was done: its time and kind.
        trickle: events an hour (not by the level) from ``trickle_from`` until the end of the last piece.
        stray: one event that long before.
        dropped: between these two times Sentry dropped every event.
        regresses: the resolve comes too early, and Sentry says so at the next event.
    """

    pieces: tuple[Piece, ...]
    action: tuple[float, ActionKind] | None = None
    trickle: float = 0.0
    trickle_from: float = 0.0
    stray: float | None = None
    dropped: tuple[float, float] | None = None
    regresses: bool = False

    @property
    def bursts(self) -> tuple[tuple[float, float], ...]:
        """Stretches without a pause."""
        bursts: list[tuple[float, float]] = []
        for piece in self.pieces:
            if bursts and bursts[-1][1] >= piece.start:
                bursts[-1] = (bursts[-1][0], piece.end)
            else:
                bursts.append((piece.start, piece.end))
        return tuple(bursts)


def _fixed(factor: float, end: float, kind: ActionKind = "stated") -> Shape:
    after = (Piece(0.7, end, factor, factor),) if factor else ()
    return Shape((Piece(0, 0.7), *after), action=(0.7, kind))


STEP = Shape((Piece(0, 3.2),))
SHAPES: Mapping[str, Shape] = {
    "nothing": Shape(()),
    "step": STEP,
    "ramp": Shape((Piece(0, 1.6, 0, 1.2), Piece(1.6, 4.5, 1.2, 1.2))),
    "spike": Shape((Piece(0, 0.3, 2.5, 2.5),)),
    "plateau": Shape((Piece(0, 11),)),
    "waves": Shape(tuple(Piece(start, start + 0.8) for start in (0.0, 4.3, 8.4, 12.6))),
    "trickle then jump": replace(STEP, trickle=6, trickle_from=-22),
    "stray before": replace(STEP, stray=8),
    "cron bursts": Shape(tuple(Piece(0.9 * number, 0.9 * number + 0.12, 2.2, 2.2) for number in range(15))),
    "fire of 50 h": Shape((Piece(0, 50),)),
    "fix helps": _fixed(0.0, 0.7),
    "fix half helps": _fixed(0.4, 7),
    "fix does nothing": _fixed(1.0, 7),
    "fix harms": _fixed(2.2, 7),
    "deploy helps": _fixed(0.0, 0.7, "deploy"),
    "deploy does nothing": _fixed(1.0, 7, "deploy"),
    "resolved after": Shape((Piece(0, 0.7),), action=(0.9, "resolve")),
    "resolved too early": Shape((Piece(0, 5),), action=(0.7, "resolve"), regresses=True),
    "quota drop": Shape((Piece(0, 6),), dropped=(0.8, 30)),
}


# --- cases ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One incident: its parameters, and its raw events in order of time.

    Attributes:
        usual: events of the background and of the trickle; ``own`` are the incident's.
        stored: production events that Sentry has; ``lost`` are those that it dropped; ``staging`` do not count.
    """

    background: str
    shape: str
    begin: datetime
    usual: tuple[datetime, ...]
    own: tuple[datetime, ...]
    stored: tuple[datetime, ...]
    lost: tuple[datetime, ...] = ()
    staging: tuple[datetime, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """``daily × waves``."""
        return f"{self.background} × {self.shape}"

    @property
    def of_background(self) -> Background:
        """The background's parameters."""
        return BACKGROUNDS[self.background]

    @property
    def of_shape(self) -> Shape:
        """The shape's parameters."""
        return SHAPES[self.shape]

    def at(self, hours: float) -> datetime:
        """An instant, from hours since the beginning."""
        return self.begin + hours * HOUR

    def own_rate(self, at: datetime) -> float:
        """The incident's own true rate, events an hour."""
        hours = (at - self.begin) / HOUR
        by_level = next((piece.at(hours) for piece in self.of_shape.pieces if piece.start <= hours < piece.end), 0.0)
        return by_level * self.of_background.level

    def usual_rate(self, at: datetime) -> float:
        """The true usual rate, the trickle in it."""
        shape, hours = self.of_shape, (at - self.begin) / HOUR
        end = shape.pieces[-1].end if shape.pieces else 0.0
        return self.of_background.rate(at) + (shape.trickle if shape.trickle_from <= hours < end else 0.0)


NAMES = tuple(
    (background, shape)
    for background in BACKGROUNDS
    for shape in SHAPES
    if not (shape == "nothing" and BACKGROUNDS[background].is_new)
)
"""Background and shape of every incident."""


@lru_cache(maxsize=16)
def make_case(background: str, shape_name: str, seed: int = 0) -> Case:
    """One incident of the corpus, as that seed draws it."""
    shape, chance = SHAPES[shape_name], random.Random(f"{background} {shape_name} {seed}")  # noqa: S311  # a test's data
    begin = chance.choice(BEGINNINGS)
    made = Case(background, shape_name, begin, (), (), ())
    own = list(_own_events(made, chance))
    usual = list(usual_events(BACKGROUNDS[background], begin, chance))
    if shape.trickle:
        usual += drawn(shape.trickle, made.at(shape.trickle_from), made.at(shape.pieces[-1].end), chance)
    if shape.stray is not None:
        usual.append(made.at(-shape.stray))
    if not BACKGROUNDS[background].is_new:
        usual.append(OLD)
    lost_from, lost_until = (made.at(hours) for hours in shape.dropped or (0.0, 0.0))
    events = sorted([*usual, *own])
    return replace(
        made,
        usual=tuple(sorted(usual)),
        own=tuple(own),
        stored=tuple(at for at in events if not lost_from <= at < lost_until),
        lost=tuple(at for at in events if lost_from <= at < lost_until),
        staging=tuple(drawn(BACKGROUNDS[background].staging, begin - BEFORE, begin + AFTER, chance)),
    )


def _own_events(case: Case, chance: random.Random) -> Iterator[datetime]:
    """The event that begins the incident, and what follows by chance; ramps by steps of a minute."""
    for number, piece in enumerate(case.of_shape.pieces):
        if number == 0:
            yield case.begin
        if piece.first == piece.last:
            yield from drawn(piece.first * case.of_background.level, case.at(piece.start), case.at(piece.end), chance)
            continue
        start = case.at(piece.start)
        while start < case.at(piece.end):
            end = min(start + HOUR / 60, case.at(piece.end))
            yield from drawn(case.own_rate(start + (end - start) / 2), start, end, chance)
            start = end
