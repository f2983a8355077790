"""Schedule: bursts that begin at the same minute of every hour, every few minutes or hours, or at a time of each day.

How to think about it: a job that fails shows in when it fails, and in nothing else. What comes at the usual rate is
taken off. For each length of a cycle that jobs use the counts are folded over it. A schedule is there when nearly all
events lie in one short part of the cycle, in nearly all of four cycles in a row or more. Single events that come by
chance fill that part as they fill any other. Random bursts, one in each of four cycles, all lie in the same seventh of
it once in some hundred times; more of them more rarely. Evenly spaced single events are a timer, and no bursts; of
those only what begins at a round time counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, sqrt

from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.metrics.breakdown import rounded
from sentry_runbook.incident.metrics.timeseries import HOUR_S, MINUTE_S
from sentry_runbook.incident.model.evidence import Evidence, Known, Series, Unknown
from sentry_runbook.incident.model.results.explanation import Explanation
from sentry_runbook.incident.model.results.impact import Episode

DAY_S = 24 * HOUR_S
MINUTE_CYCLES = (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720)
"""Cycles that crontab lines have, in minutes; looked for in the fine series, that of a day in the hours."""
PART = 0.15
"""Of the cycle, at most, that holds the events."""
INSIDE = 0.9
FEWEST_CYCLES = {True: 4, False: 3}
"""In a row, of which nearly all must have events; of days there are fewer."""
CYCLES_HIT = 0.8
FEWEST_EVENTS = 12
BURST = 2.0
"""Events a cycle from which they are bursts."""
ROUND_MINUTES = (0, 30)
MANY = 0.2
"""Part of the fullest minute from which a minute is one of the burst, and no stray event before it."""
CLEAR = 5.0
"""Standard deviations of the events at the usual rate by which there must be more of them."""
SPARE = 10
"""A tenth of the buckets may be cut at the ends of the bursts."""
MISSED = 1.5
"""Cycles without events after the last one, from which it has stopped."""


@dataclass(frozen=True)
class Schedule:
    """When bursts begin: ``offset_s`` after each multiple of ``cycle_s``, counted from midnight UTC."""

    cycle_s: int
    offset_s: int
    events: int
    total: int
    last: int

    @property
    def words(self) -> str:
        """``every hour at :00``, ``every day at 03:00 UTC``, ``every 15 min from :05``."""
        minute, hour = self.offset_s // MINUTE_S % 60, self.offset_s // HOUR_S
        if self.cycle_s == HOUR_S:
            return f"every hour at :{minute:02d}"
        if self.cycle_s == DAY_S:
            return f"every day at {hour:02d}:{minute:02d} UTC"
        if self.cycle_s > HOUR_S:
            return f"every {self.cycle_s // HOUR_S} h from {hour:02d}:{minute:02d} UTC"
        return f"every {self.cycle_s // MINUTE_S} min from :{minute:02d}"

    def next_after(self, at: datetime) -> datetime | None:
        """The next begin; None when the last cycles had no events: it has stopped."""
        now = int(at.timestamp())
        if now - self.last > MISSED * self.cycle_s:
            return None
        return datetime.fromtimestamp(
            (now - self.offset_s) // self.cycle_s * self.cycle_s + self.cycle_s + self.offset_s, UTC
        )


def schedule_candidate(evidence: Evidence, episode: Episode | Unknown) -> Candidate | None:
    """The schedule of the events from the begin of the incident on, or of all that are counted; None without one."""
    fine = evidence.series.value.events if isinstance(evidence.series, Known) else None
    hours = evidence.history.value if isinstance(evidence.history, Known) else None
    looks: list[tuple[datetime | None, float]] = [(None, 0.0)]
    if isinstance(episode, Episode):
        # Of bursts with long pauses the incident may be the last one only: then all that is counted is looked at.
        looks.insert(0, (episode.began, episode.usual_per_hour or 0.0))
    found = None
    for since, usual in looks:
        if found is None and fine is not None and fine.step_s < HOUR_S:
            cycles = [minutes * MINUTE_S for minutes in MINUTE_CYCLES]
            found = find_schedule(_from(fine, since), cycles, fine.step_s, usual)
        if found is None and hours is not None and hours.step_s == HOUR_S:
            found = find_schedule(_from(hours, since), [DAY_S], HOUR_S, usual)
    return None if found is None else _candidate(found, evidence.collected_at)


def _candidate(found: Schedule, now: datetime) -> Candidate:
    following = found.next_after(now)
    when = "the last ones were missed" if following is None else f"next {moment(following, now)}"
    share = found.events / found.total
    explanation = Explanation(
        values=tag_values(("schedule", found.words)), share=rounded(share), events=found.events, note=when
    )
    return Candidate("schedule", 1.5 + share, explanation)


def _from(series: Series, began: datetime | None) -> list[tuple[int, float]]:
    """The filled buckets from the begin on: their starts in seconds since the epoch, and events."""
    start, step = int(series.start.timestamp()), series.step_s
    # The first bucket whose start lies less than one step before the begin.
    first = 0 if began is None else max(0, floor((began.timestamp() - step - start) / step) + 1)
    values = series.values[first:]
    return [(start + index * step, value) for index, value in enumerate(values, first) if value]


def find_schedule(
    buckets: Sequence[tuple[int, float]],
    cycles: Sequence[int],
    step_s: int = MINUTE_S,
    usual_per_hour: float = 0.0,
) -> Schedule | None:
    """The shortest cycle that holds nearly all events in one short part of it, in nearly all cycles in a row.

    Args:
        buckets: start in seconds since the epoch and events of each bucket with events, in order of time.
        cycles: lengths to try, in seconds, the shortest first.
        step_s: length of a bucket.
        usual_per_hour: events that come beside it, at any time.
    """
    total = round(sum(events for _, events in buckets))
    if total < FEWEST_EVENTS or len(buckets) < min(FEWEST_CYCLES.values()):
        return None
    length, usual = buckets[-1][0] - buckets[0][0] + step_s, usual_per_hour / HOUR_S
    above = total - usual * length
    if above < max(FEWEST_EVENTS, CLEAR * sqrt(usual * length)) or not _may_be_in_bursts(
        buckets, above, length, step_s
    ):
        return None
    possible = [cycle for cycle in cycles if length >= (FEWEST_CYCLES[cycle < DAY_S] - 2) * cycle]
    return next((found for cycle in possible if (found := _fold(buckets, cycle, total, usual)) is not None), None)


def _may_be_in_bursts(buckets: Sequence[tuple[int, float]], above: float, length: int, step_s: int) -> bool:
    """Whether as many of the fullest buckets as bursts may have hold nearly all the events above usual."""
    most = ceil(PART * length / step_s) + len(buckets) // SPARE
    return sum(sorted((events for _, events in buckets), reverse=True)[:most]) >= INSIDE * above


def _fold(buckets: Sequence[tuple[int, float]], cycle: int, total: int, usual: float) -> Schedule | None:
    width = PART * cycle
    offset = _best_offset(buckets, cycle, width)
    inside, whole = Counter[int](), Counter[int]()
    for at, value in buckets:
        number, phase = divmod(at - offset, cycle)
        whole[number] += round(value)
        if phase < width:
            inside[number] += round(value)
    noise = usual * width
    hit = [number for number in inside if inside[number] > noise + 2 * sqrt(noise)]
    if len(hit) < FEWEST_CYCLES[cycle < DAY_S] or len(hit) < CYCLES_HIT * (max(hit) - min(hit) + 1):
        return None
    # One great burst is no schedule, wherever it lies: the others must bear it out alone.
    fullest = max(hit, key=lambda number: whole[number])
    rest = [number for number in range(min(whole), max(whole) + 1) if number != fullest]
    others = sum(inside[number] for number in rest) - noise * len(rest)
    all_others = sum(whole[number] for number in rest) - usual * cycle * len(rest)
    events = sum(inside.values())
    above, expected = events - noise * (len(rest) + 1), total - usual * cycle * (len(rest) + 1)
    if above < INSIDE * expected or others < INSIDE * all_others or others <= 0:
        return None
    is_round = cycle >= HOUR_S and offset // MINUTE_S % 60 in ROUND_MINUTES
    if others < BURST * (len(hit) - 1) and not is_round:
        return None
    return Schedule(cycle, offset, events, total, max(hit) * cycle + offset)


def _best_offset(buckets: Sequence[tuple[int, float]], cycle: int, width: float) -> int:
    """Where in the cycle the bursts begin: in the part of it that holds most events, the first phase with many."""
    phases = Counter[int]()
    for at, events in buckets:
        phases[at % cycle] += round(events)
    row = sorted(phases.items())
    twice = [*row, *((phase + cycle, events) for phase, events in row)]
    best, at, held, end = -1, 0, 0, 0
    for number, (phase, events) in enumerate(row):
        while end < len(twice) and twice[end][0] < phase + width:
            held += twice[end][1]
            end += 1
        if held > best:
            best, at = held, number
        held -= events
    part = [(phase, events) for phase, events in twice[at : at + len(row)] if phase < row[at][0] + width]
    many = max(events for _, events in part) * MANY
    return next(phase for phase, events in part if events >= many) % cycle
