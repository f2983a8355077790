"""Rates before and after an act, from raw events; what is right comes from definitions, counts and many draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import sqrt
from random import Random

import pytest

from sentry_runbook.incident.episode.event_counts import EventCounts, event_counts
from sentry_runbook.incident.recovery.comparison import Comparison, compare
from tests.episodes.incidents import BEGIN
from tests.episodes.judge import POLICY, evidence

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
AT = BEGIN + 24 * HOUR
Z = 1.959964


def counts_of(events: Sequence[datetime], look: datetime, window: timedelta = 24 * HOUR) -> EventCounts:
    # One event long ago: the issue is old, and its series reaches back over both stretches.
    counts = event_counts(evidence(sorted([BEGIN - 60 * 24 * HOUR, *events]), look, window), POLICY, look)
    assert counts is not None
    return counts


def even(number: int, start: datetime, length: timedelta) -> list[datetime]:
    return [start + (index + 0.5) * length / number for index in range(number)]


def found(events: Sequence[datetime], before: timedelta = HOUR, after: timedelta = HOUR) -> Comparison:
    comparison = compare(counts_of(events, AT + after), AT, AT + after, AT - before)
    assert comparison is not None
    return comparison


# --- what the counts say -------------------------------------------------------------------------------------------


def plausible(part: int, events: int) -> tuple[float, float]:
    """Wilson's interval with continuity correction by its definition: shares from which this one is no surprise."""
    share = part / events

    def fits(other: float) -> bool:
        return abs(share - other) - 1 / (2 * events) <= Z * sqrt(other * (1 - other) / events)

    def edge(inside: float, outside: float) -> float:
        if fits(outside):
            return outside
        for _ in range(50):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if fits(middle) else (inside, middle)
        return inside

    return edge(share, 0.0), edge(share, 1.0)


def change_of(before: int, after: int, times: float = 1.0) -> str:
    """What two counts say, where the stretch after is ``times`` as long."""
    low, high = (share / (1 - share) / times if share < 1 else 1e9 for share in plausible(after, before + after))
    ratio = after / before / times if before else 1e9
    if high < 0.8:
        return "fell"
    if low > 1.25:
        return "rose"
    return "no_change" if low > 0.5 and high < 2 and 0.8 <= ratio <= 1.25 else "too_early"


PAIRS = [
    *((before, after) for before in (1, 4, 9, 16, 40) for after in (0, 1, 3, 8, 20, 60)),
    *((100, after) for after in (30, 56, 57, 58, 70, 79, 80, 81, 100, 124, 125, 126, 140, 165, 171, 180)),
    *((900, after) for after in (640, 655, 660, 700, 719, 721, 900, 1124, 1126, 1230, 1260)),
]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_two_counts_say_what_the_interval_of_their_ratio_says(before: int, after: int) -> None:
    comparison = found([*even(before, AT - HOUR, HOUR), *even(after, AT, HOUR)])
    assert (comparison.before, comparison.after, comparison.length) == (before, after, HOUR)
    assert comparison.change == change_of(before, after)


def test_the_pairs_hold_every_answer() -> None:
    assert {change_of(*pair) for pair in PAIRS} == {"fell", "rose", "no_change", "too_early"}


@pytest.mark.parametrize("before", [1, 2, 3, 4, 6, 9])
@pytest.mark.parametrize("minutes", [10, 20, 30, 60, 90, 120, 200])
def test_where_nothing_came_the_whole_silence_counts_up_to_two_hours(before: int, minutes: int) -> None:
    comparison = found(even(before, AT - 20 * MINUTE, 20 * MINUTE), 20 * MINUTE, minutes * MINUTE)
    length = min(20, minutes)
    inside = sum(at >= AT - length * MINUTE for at in even(before, AT - 20 * MINUTE, 20 * MINUTE))
    assert (comparison.before, comparison.after, comparison.length) == (inside, 0, length * MINUTE)
    assert comparison.change == (change_of(inside, 0, max(1, min(minutes, 120) / length)) if inside else "too_early")


def test_no_event_on_either_side_says_nothing() -> None:
    assert found([]).change == "too_early"


# --- over which stretches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "length"),
    [
        (30, 60, 30),
        (60, 30, 30),
        (500, 500, 120),
        (3, 60, 3),
        (60, 3, 3),
        (2, 60, 2),
        (60, 2, 2),
        (1, 60, None),
        (60, 1, None),
        (0, 60, None),
    ],
)
def test_the_stretches_are_equal_and_inside_the_incident(before: int, after: int, length: int | None) -> None:
    events = even(1000, AT - 10 * HOUR, 20 * HOUR)
    counts = counts_of(events, AT + 10 * HOUR)
    comparison = compare(counts, AT, AT + after * MINUTE, AT - before * MINUTE)
    if length is None:
        assert comparison is None
        return
    assert comparison is not None
    assert comparison.length == length * MINUTE
    assert comparison.before == sum(AT - length * MINUTE <= at < AT for at in events)
    assert comparison.after == sum(AT <= at < AT + length * MINUTE for at in events)


@pytest.mark.parametrize("seconds", [1, 30, 59])
def test_the_minute_of_the_act_belongs_to_neither_side(seconds: int) -> None:
    events = even(5000, AT - 2 * HOUR, 4 * HOUR)
    counts = counts_of(events, AT + HOUR)
    comparison = compare(counts, AT + seconds * SECOND, AT + 31 * MINUTE, AT - HOUR)
    assert comparison is not None
    assert comparison.length == 30 * MINUTE
    assert comparison.before == sum(AT - 30 * MINUTE <= at < AT for at in events)
    assert comparison.after == sum(AT + MINUTE <= at < AT + 31 * MINUTE for at in events)


def test_of_buckets_of_five_minutes_only_whole_ones_are_compared() -> None:
    events = even(5000, AT - 4 * HOUR, 6 * HOUR)
    counts = counts_of(events, AT + HOUR, 4 * 24 * HOUR)
    # The series of this look has buckets that begin at AT.
    edge = AT
    comparison = compare(counts, edge + 2 * MINUTE, edge + 28 * MINUTE, edge - 44 * MINUTE)
    assert comparison is not None
    assert comparison.length == 20 * MINUTE
    assert comparison.before == sum(edge - 20 * MINUTE <= at < edge for at in events)
    assert comparison.after == sum(edge + 5 * MINUTE <= at < edge + 25 * MINUTE for at in events)


def test_outside_the_counts_nothing_is_compared() -> None:
    counts = counts_of(even(100, AT - HOUR, 2 * HOUR), AT + HOUR)
    assert compare(counts, AT + 2 * HOUR, AT + 3 * HOUR, AT - HOUR) is None


@pytest.mark.parametrize(("events", "length", "per_hour"), [(7, 21, 20.0), (1, 40, 1.5), (1, 45, 1.3), (0, 30, 0.0)])
def test_a_rate_is_events_an_hour_to_one_place(events: int, length: int, per_hour: float) -> None:
    assert Comparison(length * MINUTE, events, 0, "too_early").per_hour(events) == per_hour


# --- events that come in clumps ------------------------------------------------------------------------------------


def drawn(random: Random, per_hour: float, clump: int, start: datetime, length: timedelta) -> list[datetime]:
    """Clumps of so many events at once, which come by chance; ``per_hour`` counts events."""
    events, at = [], start
    while (at := at + HOUR * random.expovariate(per_hour / clump)) < start + length:
        events += [at] * clump
    return events


def shares(draw: Callable[[Random], tuple[list[datetime], list[datetime]]], number: int = 200) -> dict[str, float]:
    """How often each answer is given, over many draws."""
    said = []
    for seed in range(number):
        before, after = draw(Random(seed))  # noqa: S311  # draws of a test
        said.append(found([*before, *after], 2 * HOUR, 2 * HOUR).change)
    return {change: said.count(change) / number for change in ("fell", "rose", "no_change", "too_early")}


@pytest.mark.parametrize(("per_hour", "clump"), [(60, 1), (240, 1), (120, 10), (240, 20), (600, 30)])
def test_an_act_that_changed_nothing_is_hardly_ever_said_to_have(per_hour: float, clump: int) -> None:
    """Read as single events, clumps of twenty would be a change in every second look."""
    said = shares(
        lambda random: (
            drawn(random, per_hour, clump, AT - 2 * HOUR, 2 * HOUR),
            drawn(random, per_hour, clump, AT, 2 * HOUR),
        )
    )
    assert said["fell"] + said["rose"] <= 0.05


@pytest.mark.parametrize(("per_hour", "clump", "least"), [(60, 1, 0.95), (240, 1, 1.0), (240, 10, 0.8), (600, 30, 0.6)])
def test_an_act_that_helped_is_seen(per_hour: float, clump: int, least: float) -> None:
    said = shares(
        lambda random: (
            drawn(random, per_hour, clump, AT - 2 * HOUR, 2 * HOUR),
            drawn(random, per_hour / 6, clump, AT, 2 * HOUR),
        )
    )
    assert said["fell"] >= least
    assert said["rose"] == 0


# --- when it can be said -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_hour", [30, 60, 120, 240])
def test_at_the_time_named_the_counts_tell_and_much_before_it_they_do_not(per_hour: int) -> None:
    events = even(4 * per_hour, AT - 2 * HOUR, 4 * HOUR)
    early = found([at for at in events if at < AT + 2 * MINUTE], 2 * HOUR, 2 * MINUTE)
    assert early.change == "too_early"
    assert early.decidable_at is not None
    needed = early.decidable_at - AT
    for part, said in ((1.25, "no_change"), (0.5, "too_early")):
        look = timedelta(minutes=round(part * needed / MINUTE))
        assert found([at for at in events if at < AT + look], 2 * HOUR, look).change == said


def test_a_later_change_leaves_it_unsaid_and_so_does_a_short_incident() -> None:
    events = even(240, AT - 2 * HOUR, 4 * HOUR)
    counts = counts_of(events, AT + HOUR)
    cut = compare(counts, AT, AT + 5 * MINUTE, AT - 2 * HOUR)
    assert cut is not None
    assert (cut.change, cut.decidable_at) == ("too_early", None)
    short = compare(counts_of(events, AT + 5 * MINUTE), AT, AT + 5 * MINUTE, AT - 8 * MINUTE)
    assert short is not None
    assert (short.change, short.decidable_at) == ("too_early", None)
