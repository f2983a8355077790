"""Sessions against events: which hours count, how many are enough, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from sentry_runbook.incident.metrics.traffic import TrafficCorrelation, traffic_correlation
from sentry_runbook.incident.model.evidence import (
    NOT_ASKED,
    Evidence,
    IssueSeries,
    Series,
    SessionHour,
    Sessions,
    Unknown,
    Window,
)
from tests.incident.builder import HOUR, NOW, incident, known

START = NOW.replace(minute=0, second=0, microsecond=0) - 12 * HOUR
WAVE = (10, 10, 30, 40, 10, 10, 10, 10)


def evidence(starts: Sequence[int | None], events: Sequence[float | None], **options: object) -> Evidence:
    """Sessions and events by hour from :data:`START`."""
    hours = tuple(
        SessionHour(
            start=START + at * HOUR, sessions=count, complete=not (options.get("open") and at == len(starts) - 1)
        )
        for at, count in enumerate(starts)
    )
    window = Window(start=START, end=START + len(starts) * HOUR)
    parts = tuple(value if value is None else value / 4 for value in events for _ in range(4))
    series = Series(start=START, step_s=900, values=parts, complete_until=NOW)
    return incident(
        [],
        sessions=known(Sessions(window=window, sessions=sum(filter(None, starts)), hours=hours)),
        series=known(IssueSeries(events=series)),
    )


def measured(starts: Sequence[int | None], events: Sequence[float | None], **options: object) -> TrafficCorrelation:
    correlated = traffic_correlation(evidence(starts, events, **options))
    assert isinstance(correlated, TrafficCorrelation), correlated
    return correlated


def test_errors_that_rise_with_the_sessions_follow_them() -> None:
    correlated = measured(WAVE, [value / 10 for value in WAVE])
    assert correlated.follows and not correlated.flat
    assert (correlated.rise, correlated.errors_rise, correlated.hours) == (4, 4, 8)


@pytest.mark.parametrize(
    ("starts", "events"),
    [
        ((10,) * 8, (1, 1, 9, 9, 1, 1, 1, 1)),
        ((0, *(10,) * 7), (1, 1, 9, 9, 1, 1, 1, 1)),
    ],
)
def test_errors_that_rise_alone_do_not(starts: Sequence[int], events: Sequence[float]) -> None:
    correlated = measured(starts, events)
    assert correlated.flat and not correlated.follows


@pytest.mark.parametrize("events", [(0.0,) * 8, (4.0,) * 8])
def test_constant_errors_say_nothing_of_the_traffic(events: Sequence[float]) -> None:
    for starts in (WAVE, (10,) * 8):
        correlated = measured(starts, events)
        assert not correlated.follows
        assert not correlated.flat


@pytest.mark.parametrize(("rise", "follows"), [(15, True), (14, False)])
def test_traffic_that_rose_by_half_is_a_rise(rise: int, follows: bool) -> None:
    assert measured((10, 10, rise, 10, 10, 10, 10), (1, 1, 9, 1, 1, 1, 1)).follows is follows


@pytest.mark.parametrize(("busiest", "flat"), [(119, True), (120, False)])
def test_traffic_that_rose_by_a_fifth_did_change(busiest: int, flat: bool) -> None:
    assert measured((*(100,) * 7, busiest), (9, *(1,) * 7)).flat is flat


@pytest.mark.parametrize(("hours", "follows"), [(6, False), (12, True)])
def test_a_few_hours_must_go_together_more_closely_than_many(hours: int, follows: bool) -> None:
    # The coefficient is 0.71 both times: by chance in six hours, hardly in twelve.
    pattern = (10, 20, 10, 20, 10, 10) * (hours // 6)
    errors = (1, 9, 1, 1, 1, 1) * (hours // 6)
    correlated = measured(pattern, errors)
    assert 0.6 < correlated.coefficient < 0.8
    assert correlated.follows is follows


@pytest.mark.parametrize(("hours", "known_"), [(5, False), (6, True)])
def test_six_full_hours_are_enough(hours: int, known_: bool) -> None:
    correlated = traffic_correlation(evidence(WAVE[:hours], WAVE[:hours]))
    assert isinstance(correlated, TrafficCorrelation) is known_


def test_open_and_unmeasured_hours_are_left_out() -> None:
    assert measured(WAVE, WAVE, open=True).hours == 7
    assert measured(WAVE, (None, *WAVE[1:])).hours == 7
    assert measured((None, *WAVE[1:]), WAVE).hours == 7
    late = evidence(WAVE, WAVE)
    assert not isinstance(late.series, Unknown)
    events = late.series.value.events.model_copy(update={"complete_until": START + timedelta(hours=6, minutes=30)})
    still_counted = late.model_copy(update={"series": known(IssueSeries(events=events))})
    correlated = traffic_correlation(still_counted)
    assert isinstance(correlated, TrafficCorrelation) and correlated.hours == 6


def test_why_there_is_no_traffic_is_said() -> None:
    none = traffic_correlation(evidence((0,) * 8, WAVE))
    assert isinstance(none, Unknown) and "no session" in none.why
    absent = Unknown(why="the server has no release health")
    assert traffic_correlation(incident([], sessions=absent)) == absent
    assert traffic_correlation(incident([], series=NOT_ASKED)) == NOT_ASKED
    short = traffic_correlation(evidence(WAVE[:1], WAVE[:1]))
    assert isinstance(short, Unknown) and short.why.endswith("measured in 1 full hour, of at least 6 needed")
    slow = incident([], issue={"category": "performance"})
    assert isinstance(traffic_correlation(slow), Unknown)
