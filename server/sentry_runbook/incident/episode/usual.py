"""The usual rate: what the same clock hours of the days before held, and how far they spread.

How to think about it: many services have a daily rhythm, some a weekly one, some come in bursts. So the usual count of
an hour is the median of the same clock hour and its two neighbours over the seven days before (21 counts), and the
highest of them says how far ordinary days go. Both are robust: one bad day moves neither the median nor, as its hours
are left out while they belong to an episode, the highest. A count is *raised* when all of these hold:

- it is at least :data:`MIN_EVENTS`, and more than three times the usual (the policy's spiking factor);
- it is more than twice the highest of those hours, less what chance adds to a highest of 21 counts;
- it lies :data:`DEVIATIONS` standard deviations above the usual, the spread of the counts being taken from those hours
  (at least that of a Poisson count);
- of an issue that is bursty on most days it is more than 1.2 times the second highest burst of the seven days before,
  at whatever hour, each measured by its own usual rate: a burst that comes on most days is usual.

On real series with a daily rhythm (``bench/public``) the last three halve the onsets claimed in quiet windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import sqrt
from statistics import median
from typing import TypeGuard

from sentry_runbook.incident.metrics.timeseries import HOUR_S
from sentry_runbook.incident.model.evidence import Series

LOWEST_RATE = 0.2
"""Events an hour that a silent issue may have without being in a burst."""
SHORT_S = 600
"""Ten minutes are the shortest stretch that is judged: single minutes vary too much."""
DAYS = 7
HOURS_A_DAY = 24
MIN_EVENTS = 5
"""Fewer events are no step, whatever was usual."""
TOLD_BY_HOURS, WEEK_HOURS = 3 * HOURS_A_DAY, 7 * HOURS_A_DAY
MIN_REFERENCE = 4
"""Fewer hours than that tell no usual count."""
DEVIATIONS = 6
ABOVE_HIGHEST = 2.0
HIGHEST_BY_CHANCE = 2.0
"""The highest of 21 Poisson counts lies about two standard deviations above their mean."""
BURSTY = 1.5
ABOVE_BURSTS = 1.2
BURST_DAYS = 3
"""An issue whose hours reach one and a half times the usual on most of at least three days is bursty."""
STEADY_DISPERSION = 4.0
STEADY_PART = 0.3
STEADY_HIGHEST = 2.0
AT_MOST_WHEN_RARE = 1.0
"""With less than an event an hour the median is 0; the mean is taken, and at most that."""


@dataclass(frozen=True)
class Usual:
    """The usual count of one hour.

    Attributes:
        per_hour: the median; the mean where that is 0.
        highest: the highest count of ordinary days, less what chance adds to it.
        variance: of the count of an hour, at least that of a Poisson count.
        days: how many of the days before were measured.
    """

    per_hour: float
    highest: float
    variance: float
    days: int

    @property
    def is_steady(self) -> bool:
        """Whether ordinary hours scatter little more than chance, or little at all."""
        least = max(self.per_hour, 1.0)
        scatters_by_chance = self.variance <= max(STEADY_DISPERSION * least, (STEADY_PART * self.per_hour) ** 2)
        return scatters_by_chance and self.highest <= STEADY_HIGHEST * least

    def limit(self, length_s: float, spiking: float) -> float:
        """A count above this is raised in a stretch of that length, as far as these hours tell."""
        part = length_s / HOUR_S
        mean = self.per_hour * part
        return max(
            spiking * mean,
            ABOVE_HIGHEST * self.highest * part,
            mean + DEVIATIONS * sqrt(self.variance * part),
        )


class UsualRates:
    """The usual count of every hour of a history.

    Args:
        hours: events per clock hour.
        spiking: more than this many times the usual is raised (policy).
    """

    def __init__(self, hours: Series, spiking: float) -> None:
        self.hours = hours
        self.spiking = spiking
        self._start = hours.start.timestamp()
        self._plain: dict[tuple[int, int], Usual | None] = {}
        self._raised: set[int] = set()
        self._usual: dict[tuple[int, int], Usual | None] = {}
        self._bursts: dict[tuple[int, int], float] = {}

    def index_at(self, at: datetime | float) -> int:
        """The hour that holds an instant; may lie outside the history."""
        seconds = at if isinstance(at, float) else at.timestamp()
        return int((seconds - self._start) // HOUR_S)

    def usual(self, index: int, episode_start: int | None = None) -> Usual | None:
        """The usual count of an hour; hours of episodes are left out. None where nothing tells it.

        Args:
            index: of the hour, may lie behind the end of the history.
            episode_start: the hour in which an episode began that is still under way; it and later hours are left out.
        """
        until = index if episode_start is None else min(index, episode_start)
        key = (index, until)
        if key not in self._usual:
            self._usual[key] = self._find_usual(index, until)
        return self._usual[key]

    def _find_usual(self, index: int, until: int) -> Usual | None:
        counts = self._same_hours(index, until, without=self._raised)
        if len(counts) < MIN_REFERENCE:
            # An episode of a week has become the usual state.
            counts = self._same_hours(index, index, without=frozenset())
        if len(counts) < MIN_REFERENCE:
            counts = self._earlier_hours(until)
            return usual_of(counts, days=len(counts) // HOURS_A_DAY)
        return usual_of(counts)

    def _earlier_hours(self, until: int) -> list[float]:
        """All hours before, for a history of less than two days; none when they are fewer than half a day."""
        hours = enumerate(self.hours.values[: max(0, until)])
        counts = [count for hour, count in hours if count is not None and hour not in self._raised]
        return counts if len(counts) >= HOURS_A_DAY // 2 else []

    def _same_hours(self, index: int, until: int, without: frozenset[int] | set[int]) -> list[float]:
        values, last = self.hours.values, min(len(self.hours.values), until)
        counts: list[float] = []
        for day in range(1, DAYS + 1):
            first = max(0, index - day * HOURS_A_DAY - 1)
            end = min(last, index - day * HOURS_A_DAY + 2)
            hours = range(first, end)
            if without:
                counts += [value for hour in hours if hour not in without and (value := values[hour]) is not None]
            else:
                counts += [value for value in values[first : max(first, end)] if value is not None]
        return counts

    @cached_property
    def raised(self) -> tuple[int, ...]:
        """The raised hours of the history, in order of time."""
        start = last = None
        # The first days of a long history have too few days before them to say what is usual.
        length = len(self.hours.values)
        skipped = 0 if length < 2 * TOLD_BY_HOURS else min(max(TOLD_BY_HOURS, length - 8 * HOURS_A_DAY), WEEK_HOURS)
        for index, count in enumerate(self.hours.values):
            if index < skipped or count is None or count < MIN_EVENTS:
                continue
            if last is not None and index - last > 2:
                start = None
            if self.is_raised(count, HOUR_S, index, start):
                self._raised.add(index)
                start = index if start is None else start
                last = index
        return tuple(sorted(self._raised))

    def is_raised(
        self, count: float, length_s: float, index: int, episode_start: int | None, margin: float = 1.0
    ) -> bool:
        """Whether a count of a stretch in the hour ``index`` is raised.

        Args:
            count: events of the stretch.
            length_s: its length, at most an hour.
            index: the hour of its middle.
            episode_start: see :meth:`usual`.
            margin: that many times more is asked for.
        """
        if count < MIN_EVENTS:
            return False
        usual = self.usual(index, episode_start)
        if usual is None or count <= margin * usual.limit(length_s, self.spiking):
            return False
        burst = self._burst(index, episode_start) * (usual.per_hour + MIN_EVENTS) - MIN_EVENTS
        return count * HOUR_S / length_s / margin > ABOVE_BURSTS * burst

    def _burst(self, index: int, episode_start: int | None) -> float:
        """How many times the usual the second highest burst of the week was; 0 of an issue that is not bursty."""
        until = index if episode_start is None else episode_start
        key = (index, until)
        if key not in self._bursts:
            self._bursts[key] = self._find_burst(index, until)
        return self._bursts[key]

    def _find_burst(self, index: int, until: int) -> float:
        highest = []
        for day in range(1, DAYS + 1):
            first, end = index - day * HOURS_A_DAY, min(until, index - (day - 1) * HOURS_A_DAY)
            hours = range(max(0, first), end)
            ratios = [ratio for hour in hours if (ratio := self._ratio(hour, index, until)) is not None]
            if ratios:
                highest.append(max(ratios))
        if len(highest) < BURST_DAYS or median(highest) < BURSTY:
            return 0.0
        return sorted(highest)[-2]

    def _ratio(self, index: int, now: int, until: int) -> float | None:
        """An hour's count by its usual count, an empty hour as 1; None where one of them is not known.

        Usual is what was usual then; if far more is usual by now, that: the first days of an issue, or of a higher
        rate that stayed, are no bursts.
        """
        count = self.hours.values[index] if index < len(self.hours.values) else None
        if count == 0:
            # It is no burst, whatever was usual, and most hours of most issues are empty.
            return 1.0
        usual = self._plain_usual(index, index)
        if usual is None or count is None:
            return None
        ratio = (count + MIN_EVENTS) / (usual.per_hour + MIN_EVENTS)
        if ratio < BURSTY:
            return ratio
        by_now = self._plain_usual(same_hour_from(now, index), until)
        return (count + MIN_EVENTS) / (by_now.per_hour + MIN_EVENTS) if self.is_new_usual(by_now, usual) else ratio

    def _plain_usual(self, index: int, until: int) -> Usual | None:
        """As :meth:`usual`, hours of episodes included."""
        if (index, until) not in self._plain:
            self._plain[index, until] = usual_of(self._same_hours(index, until, without=frozenset()))
        return self._plain[index, until]

    def is_new_usual(self, by_now: Usual | None, then: Usual | None) -> TypeGuard[Usual]:
        """Whether far more is usual by now than was then."""
        return by_now is not None and by_now.per_hour > self.spiking * (then.per_hour if then is not None else 0.0)


def same_hour_from(now: int, index: int) -> int:
    """The first hour from ``now`` on at the time of day of hour ``index``."""
    return index - (index - now) // HOURS_A_DAY * HOURS_A_DAY


def usual_of(counts: Sequence[float], days: int | None = None) -> Usual | None:
    """The usual count of hours with these counts; None when they are too few.

    Args:
        counts: of three hours of each day.
        days: how many days they are from, where they are others.
    """
    if len(counts) < MIN_REFERENCE:
        return None
    days = -(-len(counts) // 3) if days is None else days
    if not any(counts):
        return Usual(per_hour=0.0, highest=0.0, variance=0.0, days=days)
    ordered = sorted(counts)
    # The top one may be a burst that was not long enough to be one.
    core = ordered[:-1]
    mean, middle = sum(core) / len(core), median(ordered)
    per_hour = middle or min(sum(ordered) / len(ordered), AT_MOST_WHEN_RARE)
    spread = sum((count - mean) ** 2 for count in core) / len(core)
    return Usual(
        per_hour=per_hour,
        highest=max(per_hour, ordered[-1] - HIGHEST_BY_CHANCE * sqrt(per_hour)),
        variance=max(per_hour, mean, spread),
        days=days,
    )
