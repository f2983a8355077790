"""Counts of any stretch, against a count over the raw events and against a walk over all buckets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sentry_runbook.incident.episode.bucket_row import BucketRow
from sentry_runbook.incident.episode.event_counts import EventCounts, event_counts
from sentry_runbook.incident.model.evidence import IssueSeries, Known, Series, Unknown
from tests.episodes.incidents import BEGIN
from tests.episodes.judge import POLICY, evidence

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
NO_SERIES = Unknown(why="429")

# --- a row of buckets ----------------------------------------------------------------------------------------------

Bucket = tuple[int, int, float | None]


def walked(row: BucketRow) -> list[Bucket]:
    """Every bucket that begins before ``until``: start, end, value."""
    starts = range(row.start, row.start + len(row.values) * row.step, row.step)
    buckets = zip(starts, row.values, strict=True)
    return [(at, min(at + row.step, row.until), value) for at, value in buckets if at < row.until]


def rows() -> list[BucketRow]:
    random, made = Random(1), []  # noqa: S311  # draws of a test
    for _ in range(60):
        step = random.choice([60, 300, 3600])
        values = tuple(random.choice([None, 0.0, 0.0, 1.0, 7.0]) for _ in range(random.randrange(12)))
        start = random.randrange(10_000)
        made.append(BucketRow(start, step, values, start + random.randrange(step * 14)))
    return made


@pytest.mark.parametrize("number", range(60))
def test_a_row_counts_as_a_walk_over_its_buckets_does(number: int) -> None:
    row, random = rows()[number], Random(number)  # noqa: S311  # draws of a test
    buckets = walked(row)
    assert row.size == len(buckets)
    filled = [(start, end) for start, end, value in buckets if value]
    assert row.last_filled() == (filled[-1] if filled else None)
    for _ in range(40):
        start, end = (row.start + random.randrange(-2 * row.step, 14 * row.step) for _ in range(2))
        inside = [bucket for bucket in buckets if start <= bucket[0] < end]
        assert row.events(start, end) == sum(value or 0 for _, _, value in inside)
        measured = sum(value is not None for _, _, value in inside)
        assert row.seconds(start, end) == (len(inside) * row.step, measured * row.step)
        holding = [(first, last) for first, last, _ in buckets if first <= start < last]
        assert row.bucket_at(start) == next(iter(holding), None)


# --- the counts of an issue ----------------------------------------------------------------------------------------


def drawn(seed: int, hours: float) -> list[datetime]:
    random = Random(seed)  # noqa: S311  # draws of a test
    return [BEGIN - 60 * 24 * HOUR, *sorted(BEGIN + random.random() * hours * HOUR for _ in range(900))]


def counts_of(events: Sequence[datetime], look: datetime, **parts: object) -> EventCounts:
    counts = event_counts(evidence(events, look, **parts), POLICY, look)  # type: ignore[arg-type]  # parts of evidence
    assert counts is not None
    return counts


@pytest.mark.parametrize("seed", range(5))
def test_between_full_minutes_the_counts_are_the_events(seed: int) -> None:
    events, look = drawn(seed, 30), BEGIN + 30 * HOUR
    counts, random = counts_of(events, look), Random(seed)  # noqa: S311  # draws of a test
    assert (counts.until, counts.is_live) == (look, True)
    for _ in range(60):
        start = BEGIN + random.randrange(30 * 60) * MINUTE
        end = start + random.randrange(300) * MINUTE
        right = sum(start <= at < min(end, look) for at in events)
        assert counts.events(start, end) == right
        assert counts.about(start, end) == right
        assert counts.divided(start + 17 * SECOND) is None
        assert counts.counted(start) == sum(at >= start for at in events)
        assert counts.bucket_at(start + 17 * SECOND) == (start, start + MINUTE)


def test_before_the_minutes_the_hours_are_counted() -> None:
    """The series of a day's window begins two days before its end; before it lie clock hours."""
    events = [at - 40 * HOUR for at in drawn(1, 80)[1:]]
    counts = counts_of(events, BEGIN + 40 * HOUR)
    # An hour that the minutes begin in is counted by neither in full.
    start = (BEGIN - 10 * HOUR).replace(minute=0)
    assert counts.events(start, BEGIN - 8 * HOUR) == sum(
        start <= at < BEGIN.replace(minute=0) - 8 * HOUR for at in events
    )
    assert counts.starts_at == min(counts.hours.start, start)


@pytest.mark.parametrize("minute", [1, 15, 29, 44, 59])
def test_of_an_hour_that_a_stretch_divides_its_share_is_told(minute: int) -> None:
    """60 events an hour, then 120: the last hour at a quarter past holds three quarters of the one before."""
    full = BEGIN.replace(minute=0) + 5 * HOUR
    events = [BEGIN - 60 * 24 * HOUR, *(full - 5 * HOUR + (index + 0.5) * MINUTE for index in range(300))]
    events += [full + (index + 0.5) * MINUTE / 2 for index in range(120)]
    look = full + minute * MINUTE
    counts = counts_of(events, look, series=NO_SERIES)
    assert counts.about(look - HOUR, look) == pytest.approx(60 - minute + 2 * minute)
    assert counts.divided(look - HOUR) == (full - HOUR, full)
    assert counts.divided(full - HOUR) is None
    assert counts.about(full - HOUR, full - HOUR + 30 * MINUTE) == pytest.approx(30)
    assert counts.counted(look - HOUR) is None
    assert counts.counted(full - HOUR) == 60 + 2 * minute
    # Nothing in it: then nothing of it lies on either side.
    assert counts.divided(full - 6.5 * HOUR) is None


@pytest.mark.parametrize(("unmeasured", "is_measured"), [(0, True), (12, True), (13, False), (120, False)])
def test_a_stretch_is_measured_where_nearly_all_of_it_is(unmeasured: int, is_measured: bool) -> None:
    look = BEGIN + 5 * HOUR
    made = evidence(drawn(1, 5), look)
    assert isinstance(made.series, Known)
    whole = made.series.value.events
    holes = whole.model_copy(update={"values": (*whole.values[: len(whole.values) - unmeasured], *[None] * unmeasured)})
    holed = made.model_copy(update={"series": Known(value=IssueSeries(events=holes), source="a test")})
    counts = event_counts(holed, POLICY, look)
    assert counts is not None
    assert counts.is_measured(look - 120 * MINUTE, look) is is_measured
    assert (counts.counted(look - 120 * MINUTE) is not None) is is_measured
    assert not counts.is_measured(look, look)


@pytest.mark.parametrize(("minutes", "is_live"), [(0, True), (5, True), (6, False)])
def test_counts_are_live_while_they_reach_up_to_now(minutes: int, is_live: bool) -> None:
    look = BEGIN + 5 * HOUR
    made = evidence(drawn(1, 5), look, history=NO_SERIES)
    assert isinstance(made.series, Known)
    whole = made.series.value.events
    short = whole.model_copy(update={"values": whole.values[: len(whole.values) - minutes]})
    cut = made.model_copy(update={"series": Known(value=IssueSeries(events=short), source="a test")})
    counts = event_counts(cut, POLICY, look)
    assert counts is not None
    assert counts.is_live is is_live
    assert (counts.counted(look - HOUR) is not None) is is_live


def test_before_the_counts_begin_nothing_is_counted() -> None:
    look = BEGIN + 5 * HOUR
    counts = counts_of(drawn(1, 5)[1:], look)
    assert counts.counted(counts.starts_at) == 900
    assert counts.counted(counts.starts_at - MINUTE) is None
    assert counts.bucket_at(counts.starts_at - SECOND) is None
    assert counts.bucket_at(look) is None


def test_series_without_numbers_or_of_long_buckets_are_none() -> None:
    look = BEGIN + 5 * HOUR
    events = drawn(1, 5)
    for step, values in ((60, (None, None)), (7200, (3.0, 4.0))):
        odd = Series(start=look - 2 * HOUR, step_s=step, values=values, complete_until=look)
        counts = counts_of(events, look, series=Known(value=IssueSeries(events=odd), source="a test"))
        assert counts.fine is None
    assert event_counts(evidence(events, look, series=NO_SERIES, history=NO_SERIES), POLICY, look) is None


# --- more than is usual --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usual", "minutes", "more", "is_above"),
    [
        # 60 an hour: up to 60 + 4 × √60 = 90.98 in an hour, 10 + 4 × √10 = 22.6 in ten minutes
        (60, 60, 30, False),
        (60, 60, 31, True),
        (60, 10, 12, False),
        (60, 10, 13, True),
        # hardly any: an event an hour is never out of the usual, 1 + 4 × 1 = 5 in an hour
        (0, 60, 5, False),
        (0, 60, 6, True),
    ],
)
def test_above_the_usual_is_more_than_four_deviations(usual: int, minutes: int, more: int, is_above: bool) -> None:
    look = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
    steady = [look - 15 * 24 * HOUR + (index + 0.5) * HOUR / usual for index in range(usual * 15 * 24)] if usual else []
    late = [look - minutes * MINUTE + (index + 0.5) * minutes * MINUTE / more for index in range(more)]
    counts = counts_of(sorted([look - 60 * 24 * HOUR, *steady, *late]), look)
    assert counts.is_above_usual(look - 5 * HOUR, None) is is_above
    # What lies before it does not count.
    assert not counts.is_above_usual(look, None)


def test_hours_of_the_episode_are_not_usual() -> None:
    """Two days of fire at this hour of the day, then half of it: as usual only if the fire were."""
    look = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
    fire = [look - 60 * HOUR + (index + 0.5) * MINUTE / 4 for index in range(4 * 60 * 59)]
    fire += [look - HOUR + (index + 0.5) * MINUTE / 2 for index in range(120)]
    counts = counts_of(sorted([look - 60 * 24 * HOUR, *fire]), look)
    assert counts.is_above_usual(look - 5 * HOUR, look - 60 * HOUR)
    assert counts.usual_per_hour(look - HOUR / 2, look - 60 * HOUR) == 0
