"""What is true of a held-out incident at a look, from its parameters and by brute force over its raw events.

The written rule (DESIGN section 5 and issue 11):

*Beginning.* A step begins with its first event, to the second; so does a new issue. A usual event in the two minutes
before cannot be told from it. A ramp of an older issue begins between its start and the instant at which the true rate
is three times the usual (of that very hour) and it has brought five events, for fewer are no step. An issue that
trickles for an hour and more, and then jumps, begins with the jump.

*It can be told* when, in some stretch of 1 to 60 minutes since the beginning (of days before the last two: of clock
hours), the events are at least five, three times what was to be expected, fewer than one in a million such stretches
would hold by chance, and one and a half times what any such stretch of the week before held. The first event of a new
issue always tells. Where the first burst can be told an episode must be found, with the true beginning in its grain.

*Verdict*, while a burst is live: ``ongoing``; ``worse`` is right, too, where the true rate after the action is 1.25
times that before or more, and ``improving`` where it is less than 0.8 times. After the last burst: ``improving`` until
two hours and one and a half times the longest pause have passed, then ``recovered``. As long as a silence is so short
that chance explains it (more than 5 % at the incident's rate), or shorter than five minutes (Sentry counts late),
``ongoing`` is right, too. Where Sentry dropped events in the last two hours, ``unknown`` (``ongoing`` for the first ten
minutes of it, in which the stored events still show the burst); where it dropped some earlier in the last day
``unknown`` is right, too. A burst that cannot be told has no right verdict: what is said is of an earlier one.

*Change* of an action: ``fell`` below 0.8 times, ``rose`` from 1.25 times on, else ``no_change``; ``too_early`` as long
as equal stretches of raw events before and after it do not differ by more than the bound and four standard errors.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from math import exp, log, sqrt

from tests.episodes.heldout.incidents import HIGHEST_LEVEL, HOUR, Case

STRETCHES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 10, 30, 60))
CHANCE = 1e-6
LEAST_EVENTS, TIMES_EXPECTED, TIMES_WEEK = 5, 3.0, 1.5
SHOWN_BY_MINUTES = timedelta(hours=48)
QUIET, PAUSE_FACTOR = timedelta(hours=2), 1.5
JUST_BEFORE = timedelta(minutes=2)
SILENCE_BY_CHANCE, COUNTED_LATE = 0.05, timedelta(minutes=5)
FELL, ROSE, ERRORS = 0.8, 1.25, 4.0
COMPARED_AT_MOST = timedelta(hours=2)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Truth:
    """What is true at one look.

    Attributes:
        begin: earliest and latest true beginning; None where nothing happened.
        can_be_told: the first burst can; an episode must be found.
        is_live: a burst is under way.
        verdicts: the right ones; empty where none is.
        improves: the true rate after the action is less than 0.8 times that before, or the burst is over.
        changes: the right changes of the action; empty without one.
    """

    begin: tuple[datetime, datetime] | None
    can_be_told: bool
    is_live: bool
    verdicts: frozenset[str]
    improves: bool
    changes: frozenset[str]


def truth_at(case: Case, look: datetime) -> Truth:
    """What is true of an incident at a look."""
    shape = case.of_shape
    if not shape.pieces:
        return Truth(None, can_be_told=False, is_live=False, verdicts=frozenset(), improves=True, changes=frozenset())
    bursts = [(case.at(start), min(case.at(end), look)) for start, end in shape.bursts if case.at(start) < look]
    is_live = any(case.at(start) < look < case.at(end) for start, end in shape.bursts)
    can_be_told = _can_be_told(case, look, shape.bursts[0][1])
    ratio = _ratio(case, look)
    verdicts = _verdicts(case, look, bursts, ratio) if not is_live else _live_verdicts(ratio)
    if not _can_be_told(case, look, shape.bursts[-1][1]):
        verdicts = set()
    return Truth(
        begin=(_first(case), _settled(case)),
        can_be_told=can_be_told,
        is_live=is_live,
        verdicts=frozenset(_with_drops(case, look, bursts, verdicts)),
        improves=not is_live or (ratio is not None and ratio < FELL),
        changes=frozenset(_changes(case, look, ratio)),
    )


# --- beginning -----------------------------------------------------------------------------------------------------


def _settled(case: Case) -> datetime:
    """The latest true beginning: see the top."""
    first = case.of_shape.pieces[0]
    if first.first == first.last or (case.of_background.is_new and not case.of_shape.trickle):
        return case.begin
    at = case.own[LEAST_EVENTS - 1]
    while case.own_rate(at) < (TIMES_EXPECTED - 1) * _usual_then(case, at):
        at += timedelta(seconds=10)
    return at


def _usual_then(case: Case, at: datetime) -> float:
    """The usual events of an hour; of an over-dispersed issue those of that very hour."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    own = count(case.usual, hour, hour + HOUR) if case.of_background.dispersed else 0
    return max(case.usual_rate(at), own)


def _first(case: Case) -> datetime:
    """The earliest true beginning: see the top."""
    before = bisect_left(case.usual, case.begin - JUST_BEFORE)
    return min([case.begin, *case.usual[before : before + 1]])


def count(events: Sequence[datetime], start: datetime, end: datetime) -> int:
    """Events in ``[start, end)``."""
    return bisect_left(events, end) - bisect_left(events, start)


def _can_be_told(case: Case, look: datetime, until: float) -> bool:
    """Whether what came up to so many hours after the beginning tells of an incident."""
    shape, end = case.of_shape, min(look, case.at(min(until, 12.0)))
    if case.of_background.is_new and not shape.trickle and shape.stray is None:
        return True
    if look - case.begin > SHOWN_BY_MINUTES:
        return any(
            _is_beyond(case, start, HOUR) for start in _starts(case.begin.replace(minute=0, second=0), end, HOUR)
        )
    return any(
        _is_beyond(case, start, length)
        for length in STRETCHES
        for start in _starts(case.begin, end - length, length / 2)
    )


def _starts(first: datetime, last: datetime, step: timedelta) -> list[datetime]:
    return [first + number * step for number in range(max(0, (last - first) // step + 1))]


def _is_beyond(case: Case, start: datetime, length: timedelta) -> bool:
    """Whether the events of a stretch are more than chance and the week before explain."""
    events = count(case.stored, start, start + length)
    middle = start + length / 2
    expected = max(case.usual_rate(middle + shift * HOUR) for shift in (-1, 0, 1)) * (length / HOUR)
    return (
        events >= LEAST_EVENTS
        and events > TIMES_EXPECTED * expected
        and at_least(events, expected * (HIGHEST_LEVEL if case.of_background.dispersed else 1.0)) < CHANCE
        and events > TIMES_WEEK * _week_before(case.begin, length, case.usual)
    )


def at_least(events: int, mean: float) -> float:
    """The chance of that many events or more, of a Poisson count."""
    term, below = exp(-mean), 0.0
    for number in range(events):
        below += term
        term *= mean / (number + 1)
    return max(0.0, 1.0 - below)


@lru_cache(maxsize=512)
def _week_before(begin: datetime, length: timedelta, usual: tuple[datetime, ...]) -> int:
    """The most usual events of any such stretch in the seven days before."""
    starts = _starts(begin - 7 * DAY, begin - length, length / 2)
    return max(count(usual, start, start + length) for start in starts)


# --- verdict -------------------------------------------------------------------------------------------------------


def _ratio(case: Case, look: datetime) -> float | None:
    """The true rate after the action by that before it, just after it; None without one up to the look."""
    action = case.of_shape.action
    if action is None or case.at(action[0]) >= look:
        return None
    at, moment = case.at(action[0]), timedelta(seconds=30)
    # A resolve may come when the rate has long fallen: before it is the last burst.
    before = case.own_rate(min(at, case.at(case.of_shape.bursts[0][1])) - moment)
    return (case.own_rate(at + moment) + case.usual_rate(at)) / (before + case.usual_rate(at))


def _live_verdicts(ratio: float | None) -> set[str]:
    if ratio is not None and ratio >= ROSE:
        return {"ongoing", "worse"}
    return {"ongoing", "improving"} if ratio is not None and ratio < FELL else {"ongoing"}


def quiet_needed(case: Case, look: datetime) -> timedelta:
    """How long after the last burst it is over: by the longest pause between the incident's own events so far."""
    own = case.own[: bisect_left(case.own, look)]
    pause = max((later - earlier for earlier, later in pairwise(own)), default=timedelta())
    return max(QUIET, PAUSE_FACTOR * pause)


def _verdicts(case: Case, look: datetime, bursts: Sequence[tuple[datetime, datetime]], ratio: float | None) -> set[str]:
    last = case.own[bisect_left(case.own, look) - 1]
    silence = look - last
    if silence >= quiet_needed(case, look):
        return {"recovered"}
    rate = case.own_rate(bursts[-1][1] - timedelta(seconds=1))
    is_short = silence < COUNTED_LATE or exp(-rate * (silence / HOUR)) > SILENCE_BY_CHANCE
    return {"improving", "ongoing"} if is_short else {"improving"}


def _with_drops(
    case: Case, look: datetime, bursts: Sequence[tuple[datetime, datetime]], verdicts: set[str]
) -> set[str]:
    dropped = case.of_shape.dropped
    if dropped is None or case.at(dropped[0]) >= look:
        return verdicts
    end = min(look, case.at(dropped[1]))
    if end > look - QUIET:
        # For the first minutes the stored events still show the burst.
        shows = look - case.at(dropped[0]) < timedelta(minutes=10)
        return {"unknown", "ongoing"} if shows else {"unknown"}
    return verdicts | {"unknown"} if end > look - DAY else verdicts


# --- action --------------------------------------------------------------------------------------------------------


def _changes(case: Case, look: datetime, ratio: float | None) -> set[str]:
    if ratio is None or case.of_shape.action is None:
        return set()
    at = case.at(case.of_shape.action[0])
    if case.shape == "resolved after":
        return {"no_change", "fell", "too_early"}  # before it lies the burst and its end
    change = "fell" if ratio < FELL else "rose" if ratio >= ROSE else "no_change"
    length = min(at - case.begin, look - at, COMPARED_AT_MOST)
    before, after = (count(case.stored, start, start + length) + 0.5 for start in (at - length, at))
    error = ERRORS * sqrt(1 / before + 1 / after)
    is_clear = (change == "fell" and log(after / before) + error < log(FELL)) or (
        change == "rose" and log(after / before) - error > log(ROSE)
    )
    return {change} if is_clear and look - case.begin <= SHOWN_BY_MINUTES else {change, "too_early"}
