"""What is true of an incident at a moment, from the parameters that made it and by brute force over its raw events."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, sqrt

from tests.episodes.incidents import BEGIN, HOUR, Case

TOLD_BY_DEVIATIONS = 7.0
"""From that many standard deviations above the usual count on, an incident can be told from chance."""
CLEARLY_HIGHER = 3.0
SHORTEST = timedelta(minutes=20)


@dataclass(frozen=True)
class Label:
    """The truth at one look.

    Attributes:
        begin: earliest and latest true beginning.
        can_be_told: the events so far exceed what chance over the usual rate explains: an episode must be found.
        verdicts: the verdicts of ``check_recovery`` that are right.
        wrong: the verdicts that would send people home while it burns.
        is_live: a burst is under way.
    """

    begin: tuple[datetime, datetime]
    can_be_told: bool
    verdicts: frozenset[str]
    wrong: frozenset[str]
    is_live: bool


def label(case: Case, look: datetime) -> Label:
    """The truth of an incident at a look."""
    hours = (look - BEGIN) / HOUR
    shape = case.shape
    spans = [(start, min(end, hours)) for start, end in shape.bursts if start < hours]
    is_live = bool(spans) and hours <= dict(shape.bursts)[spans[-1][0]]
    # Nothing shows a beginning before its first event.
    first = case.events[bisect_left(case.events, BEGIN)]
    begin = (BEGIN, max(first, BEGIN + shape.settled * HOUR))
    verdicts = _while_live(case, hours) if is_live else _in_a_pause(case, spans, hours)
    if is_live and not _is_told(case, look):
        verdicts |= {"unknown", "ongoing"}
    is_told = _is_told(case, look)
    if not is_told:
        # Nothing but chance yet: an issue that runs as usual is right, too.
        verdicts |= {"recovered"}
    wrong = frozenset({"recovered", "improving"} - verdicts) if is_live else frozenset[str]()
    return Label(begin, is_told, frozenset(verdicts), wrong, is_live)


def _while_live(case: Case, hours: float) -> set[str]:
    fix = case.shape.fix
    if fix is None or hours <= fix:
        return {"ongoing"}
    usual = case.usual(hours)
    level = case.shape.rate(fix - 0.01) + usual
    ratio = (case.shape.rate(hours - 0.001) + usual) / level
    undecided = {"ongoing"} if not _differs(case, fix, hours) else set[str]()
    if ratio < 0.8:
        return {"improving"} | undecided
    if ratio > 1.25:
        return {"worse"} | undecided
    return {"ongoing"}


def _differs(case: Case, fix: float, hours: float) -> bool:
    """Whether the raw events of equal stretches before and after the fix differ by more than a fifth, beyond chance."""
    length, at = min(fix, hours - fix, 2.0), BEGIN + fix * HOUR

    def counted(start: datetime, end: datetime) -> float:
        return bisect_left(case.events, end) - bisect_left(case.events, start) + 0.5

    before, after = counted(at - length * HOUR, at), counted(at, at + length * HOUR)
    error = 2.3 * sqrt(1 / before + 1 / after)
    return after / before * exp(error) < 0.8 or after / before * exp(-error) > 1.25


def _in_a_pause(case: Case, spans: list[tuple[float, float]], hours: float) -> set[str]:
    quiet = hours - spans[-1][1]
    pauses = [later[0] - earlier[1] for earlier, later in pairwise(spans)]
    needed = max(2.0, 1.5 * max(pauses, default=0.0))
    level = case.shape.rate(spans[-1][0] + 0.01)
    if quiet < needed * 0.98:
        # A silence that chance explains at the incident's rate is no sign yet.
        is_sign = exp(-level * quiet) < 0.01 and quiet > 0.1
        return {"improving"} if is_sign else {"improving", "ongoing"}
    return {"recovered", "improving"} if quiet < needed * 1.1 + 0.1 else {"recovered"}


def _is_told(case: Case, look: datetime) -> bool:
    """Whether the events since the beginning, or of the last stretches, are beyond chance over the usual rate."""
    events, elapsed = case.events, look - BEGIN
    if elapsed > timedelta(days=2):
        return _is_told_by_hours(case)
    lengths = {min(elapsed, timedelta(minutes=minutes)) for minutes in (1, 10, 60)}
    for length in lengths:
        end = BEGIN
        while end <= min(look, BEGIN + 6 * HOUR) - length:
            counted = bisect_left(events, end + length) - bisect_left(events, end)
            usual = max(case.usual((end - BEGIN) / HOUR + part) for part in (-1, 0, 1)) * (length / HOUR)
            usual += case.shape.trickle * (length / HOUR)
            if case.background == "noisy":
                usual *= 3
            # Ten minutes are the shortest stretch that says something over a usual rate.
            whole = usual * max(1.0, timedelta(minutes=10) / length)
            if counted >= 10 and counted > CLEARLY_HIGHER * whole + TOLD_BY_DEVIATIONS * sqrt(whole):
                return True
            end += max(length / 2, timedelta(minutes=1))
    return False


def _is_told_by_hours(case: Case) -> bool:
    """The same by clock hours, which are all that Sentry is asked for of days before yesterday."""
    hour = BEGIN.replace(minute=0)
    for _ in range(12):
        counted = bisect_left(case.events, hour + HOUR) - bisect_left(case.events, hour)
        usual = max(case.usual((hour - BEGIN) / HOUR + part) for part in (-1, 0, 1))
        usual *= 3 if case.background == "noisy" else 1
        if counted >= 10 and counted > CLEARLY_HIGHER * usual + TOLD_BY_DEVIATIONS * sqrt(usual):
            return True
        hour += HOUR
    return False
