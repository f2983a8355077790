from datetime import datetime, timedelta

import pytest

from sentry_runbook.incident.metrics.timeseries import busiest_minute, resample, sparkline, total, worst_hour
from sentry_runbook.incident.model.evidence import (
    Evidence,
    IssueSeries,
    Known,
    Series,
    Totals,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.results.impact import Baseline, Trend
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, Seen, ago, burst, incident, known, read

OLD = {"first_seen": NOW - 30 * DAY}
SILENT = Unknown(why="Discover answered 429")


def minutes(*values: float | None, start: datetime = NOW - HOUR, until: datetime = NOW) -> Series:
    return Series(start=start, step_s=60, values=values, complete_until=until)


def trend(evidence: Evidence) -> Trend:
    result = read(evidence).trend
    assert isinstance(result, Trend), result
    return result


# --- arithmetic ----------------------------------------------------------------------------------------------------


def test_the_worst_hour_slides_over_the_clock_hour() -> None:
    values = [0.0] * 30 + [2.0] * 60 + [1.0] * 30
    peak = worst_hour(minutes(*values, start=NOW - 2 * HOUR))
    assert peak is not None
    assert (peak.value, peak.at) == (120, NOW - 2 * HOUR + 30 * MINUTE)


def test_the_earliest_of_equal_hours_and_minutes_is_named() -> None:
    peak = busiest_minute(minutes(1, 5, 5), 500)
    assert peak is not None
    assert peak.at == NOW - HOUR + MINUTE
    worst = worst_hour(minutes(*[1.0] * 180, start=NOW - 3 * HOUR))
    assert worst is not None
    assert worst.at == NOW - 3 * HOUR


def test_nothing_measured_has_no_worst_hour_and_no_sum() -> None:
    assert worst_hour(minutes(None, None)) is None
    assert busiest_minute(minutes(None, None), 500) is None
    assert total(minutes(None, None)) is None
    assert total(minutes(None, 0)) == 0


@pytest.mark.parametrize(("open_value", "expected"), [(500, 20), (501, 501)])
def test_an_open_minute_counts_only_when_it_is_already_above(open_value: int, expected: int) -> None:
    series = minutes(20, 10, open_value, until=NOW - HOUR + 2 * MINUTE)
    peak = busiest_minute(series, 500)
    assert peak is not None
    assert peak.value == expected
    assert peak.complete is (expected == 20)


def test_a_minute_that_has_just_ended_is_complete() -> None:
    peak = busiest_minute(minutes(20, 10, 30, until=NOW - HOUR + 3 * MINUTE), 500)
    assert peak is not None
    assert (peak.value, peak.complete) == (30, True)


def test_coarser_buckets_have_no_busiest_minute() -> None:
    assert busiest_minute(Series(start=NOW - HOUR, step_s=300, values=(1.0,) * 12, complete_until=NOW), 500) is None


def test_resampling_adds_up_and_keeps_what_was_not_measured() -> None:
    coarse = resample(minutes(1, 2, None, None, 5), 120)
    assert list(coarse.values) == [3, None, 5]
    assert coarse.step_s == 120


def test_a_sparkline_shows_zero_unmeasured_and_a_lone_event_apart() -> None:
    assert sparkline(minutes(0, None, 1, 1000)) == "▁·▂█"
    assert len(sparkline(minutes(*[1.0] * 1440))) <= 24
    assert sparkline(minutes(0, 0)) == "▁▁"
    assert sparkline(minutes()) == ""


# --- baseline ------------------------------------------------------------------------------------------------------


def test_the_baseline_is_as_long_as_the_window_and_ends_at_the_onset() -> None:
    usual = burst(NOW - 2 * DAY, 288, 10 * MINUTE, 20)
    spike = burst(ago(hours=5), 600, timedelta(seconds=20), 50)
    evidence = incident(usual + spike, issue=OLD)
    assert isinstance(evidence.totals, Known)
    result = read(evidence).baseline
    assert isinstance(result, Baseline)
    assert result.end - result.start == DAY
    assert result.events == 144
    assert result.ratio == round(evidence.totals.value.events / 144, 2)


def test_a_new_issue_has_a_measured_baseline_of_zero_and_no_ratio() -> None:
    evidence = incident(burst(ago(hours=1), 60, MINUTE, 9), series=SILENT)
    result = read(evidence).baseline
    assert isinstance(result, Baseline)
    assert (result.events, result.ratio) == (0, None)


def test_a_series_that_does_not_reach_back_gives_no_baseline() -> None:
    evidence = incident(burst(ago(hours=40), 2400, MINUTE, 9), issue=OLD)
    assert isinstance(evidence.series, Known)
    cut = evidence.series.value.events.model_copy(update={"start": NOW - DAY})
    parts = {"series": known(IssueSeries(events=cut)), "history": Unknown(why="429")}
    result = read(evidence.model_copy(update=parts)).baseline
    assert isinstance(result, Unknown)


# --- trend ---------------------------------------------------------------------------------------------------------


def two_hours(previous: int, last: int) -> Evidence:
    """An old issue with a baseline of 10 events an hour before the last two hours."""
    events = burst(NOW - 2 * DAY, 460, 6 * MINUTE, 9)
    events += [Seen(at=NOW - 2 * HOUR + (n + 1) * HOUR / (previous + 2)) for n in range(previous)]
    events += [Seen(at=NOW - HOUR + (n + 1) * HOUR / (last + 2)) for n in range(last)]
    return incident([event for event in events if event.at < NOW], issue=OLD)


@pytest.mark.parametrize(
    ("previous", "last", "direction"),
    [
        (0, 0, "quiet"),
        (10, 30, "spiking"),
        (10, 29, "steady"),
        (30, 10, "declining"),
        (30, 11, "steady"),
        (29, 30, "steady"),  # three times the baseline of 10 an hour
        (29, 29, "steady"),
        (0, 3, "spiking"),
        (0, 2, "steady"),  # two events after an empty hour are no spike
        (1, 0, "declining"),
        (90, 30, "declining"),  # falls, though still above the baseline
    ],
)
def test_the_trend_follows_the_last_two_rolling_hours(previous: int, last: int, direction: str) -> None:
    result = trend(two_hours(previous, last))
    assert (result.previous_hour, result.last_hour) == (previous, last)
    assert result.direction == direction


def test_a_rolling_hour_is_not_a_clock_hour() -> None:
    now = NOW + 25 * MINUTE
    evidence = incident(burst(ago(minutes=30), 30, MINUTE, 3), window=Window(start=now - DAY, end=now))
    result = trend(evidence.model_copy(update={"collected_at": now}))
    assert (result.last_hour, result.previous_hour) == (30, 0)


def test_without_minutes_the_trend_reads_complete_clock_hours_and_says_so() -> None:
    hourly = (*((NOW - number * HOUR, 10) for number in range(23, 1, -1)), (NOW - HOUR, 90), (NOW, 4))
    result = trend(incident(issue={**OLD, "hourly": hourly}, series=SILENT))
    assert (result.last_hour, result.previous_hour, result.direction) == (90, 10, "spiking")
    assert result.note is not None
    assert "all environments" in result.note


def test_an_open_clock_hour_that_already_holds_more_is_read() -> None:
    hourly = (*((NOW - number * HOUR, 10) for number in range(23, 0, -1)), (NOW, 40))
    assert trend(incident(issue={**OLD, "hourly": hourly}, series=SILENT)).direction == "spiking"


def test_a_window_that_ended_long_ago_does_not_speak_of_now() -> None:
    window = Window(start=NOW - 5 * DAY, end=NOW - 4 * DAY)
    result = read(incident(burst(NOW - 5 * DAY, 60, MINUTE, 3), window=window, issue=OLD)).trend
    assert isinstance(result, Unknown)


def test_a_short_window_tells_the_trend_of_a_new_issue_and_not_of_an_old_one() -> None:
    window = Window(start=ago(minutes=15), end=NOW)
    events = burst(ago(minutes=14), 20, timedelta(seconds=20), 3)
    result = trend(incident(events, window=window))
    assert (result.last_hour, result.previous_hour) == (20, 0)
    assert isinstance(read(incident(events, window=window, issue=OLD)).trend, Unknown)


def test_an_empty_day_without_a_series_is_quiet_and_an_outage_is_not() -> None:
    empty = incident(series=SILENT, totals=known(Totals(events=0, users=0)))
    assert trend(empty).direction == "quiet"
    assert isinstance(read(incident(series=SILENT, totals=SILENT)).trend, Unknown)
