"""The episode at every later moment, from raw events: what is paged on, and what postmortems hang on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from sentry_runbook.incident.episode.episode import Burst, FoundEpisode
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Known, Release, Unknown
from sentry_runbook.incident.model.results.impact import Episode, Trend
from sentry_runbook.incident.model.stated import Stated
from tests.episodes.incidents import BEGIN, drawn, make_case
from tests.episodes.judge import POLICY, evidence, judged
from tests.incident.test_recovery_over_time import dropped

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATER = [2 / 60, 1, 2, 25, 47, 7 * 24]
NONE = "no step in the event rate: the issue is old and runs as usual"


def at(hours: float) -> datetime:
    return BEGIN + hours * HOUR


def read(made: Evidence) -> Incident:
    return Incident(made, Stated(), POLICY, made.collected_at)


def episode(raw: Sequence[datetime], hours: float, **parts: object) -> Episode:
    found = read(evidence(raw, at(hours), **parts)).episode  # type: ignore[arg-type]  # parts of the evidence
    assert isinstance(found, Episode), found
    return found


def events(*spans: tuple[float, float, float], usual: float = 0.0, new: bool = False) -> list[datetime]:
    """Even events: ``usual`` an hour for two weeks and on, and spans of (start, end, events an hour)."""

    def rate(hours: float) -> float:
        return usual + sum(level for start, end, level in spans if start <= hours < end)

    raw = list(drawn(rate, spans[0][0] if new and spans else -15 * 24, 8 * 24, "even", even=True))
    return sorted([*raw, *([] if new else [BEGIN - timedelta(days=60)])])


# --- the same episode from every later moment ----------------------------------------------------------------------


@pytest.mark.parametrize("hours", LATER)
def test_a_new_issue_began_with_its_first_event_whenever_it_is_looked_at(hours: float) -> None:
    raw = events((0, 3, 240), new=True)
    found = episode(raw, hours)
    assert (found.began, found.confidence) == (raw[0], "high")
    assert found.began_earliest == found.began_latest == raw[0]
    assert found.peak_at <= at(hours)
    assert found.ongoing is (hours < 3)


@pytest.mark.parametrize("hours", [0.5, *LATER[1:]])
@pytest.mark.parametrize("usual", [0, 6, 60])
def test_a_step_out_of_the_usual_rate_is_found_within_its_grain(hours: float, usual: int) -> None:
    found = episode(events((0, 3, 300), usual=usual), hours)
    assert found.began_earliest <= BEGIN <= found.began_latest
    # Minutes while the minute series holds it, an hour a week later.
    assert found.began_latest - found.began_earliest <= (2 * HOUR if hours > 48 else 15 * MINUTE)
    assert found.usual_per_hour == pytest.approx(usual, abs=0.5)
    assert (found.ended is None) is (hours < 3)


def test_the_usual_rate_is_that_of_the_same_hours_and_not_of_the_night() -> None:
    for background in ("daily", "weekly"):
        found = judged(make_case(background, "step"), at(1)).episode
        assert isinstance(found, Episode)
        assert found.usual_per_hour is not None
        # 10 in the morning: 73 an hour, by the rhythm that made the events.
        assert 60 <= found.usual_per_hour <= 85


def test_a_daily_rise_is_no_step() -> None:
    case = make_case("daily", "step")
    quiet = [at_ for at_ in case.events if at_ < BEGIN]
    for hours in range(-72, 0, 3):
        assert read(evidence(quiet, at(hours))).episode == Unknown(why=NONE)


# --- shapes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("hours", [0.5, 2, 20])
def test_a_trickle_that_jumps_began_with_the_jump(new: bool, hours: float) -> None:
    found = episode(events((-22, 0, 6), (0, 21, 240), new=new), hours)
    assert found.began_earliest <= BEGIN <= found.began_latest
    assert found.usual_per_hour == pytest.approx(6, abs=0.5)
    assert found.how.endswith("6 an hour usual")


def test_a_first_part_of_less_than_an_hour_belongs_to_a_new_issue() -> None:
    raw = events((0, 0.5, 12), (0.5, 3, 300), new=True)
    assert episode(raw, 2).began == raw[0]


@pytest.mark.parametrize("new", [True, False])
def test_a_stray_event_hours_before_does_not_move_the_beginning(new: bool) -> None:
    raw = sorted([*events((0, 3, 240), new=new), at(-8)])
    found = episode(raw, 1)
    assert found.began_earliest <= BEGIN <= found.began_latest


def test_fifty_hours_without_a_pause_are_one_burst_from_its_first_event() -> None:
    raw = events((0, 50, 240), new=True)
    found = episode(raw, 49)
    assert (found.began, found.bursts, found.ongoing) == (raw[0], 1, True)
    assert read(evidence(raw, at(49))).suspect is None


def test_a_slow_rise_began_where_it_left_the_usual() -> None:
    ramp = [(index / 60, (index + 1) / 60, index * 3.0) for index in range(120)]
    found = episode(events(*ramp, (2, 4, 360), usual=6), 3)
    # It is three times the usual after four minutes, and ten times after eighteen.
    assert BEGIN - 5 * MINUTE <= found.began <= BEGIN + 20 * MINUTE


def test_bursts_with_pauses_of_less_than_two_hours_are_one_episode() -> None:
    found = episode(events((0, 0.5, 240), (2, 2.5, 240), usual=6), 3)
    assert found.began_earliest <= BEGIN <= found.began_latest
    assert (found.bursts, found.longest_pause_minutes) == (2, 85)
    assert found.erroring_minutes in range(55, 75)


def test_after_a_longer_pause_it_is_another_episode() -> None:
    found = episode(events((-6, -5.5, 240), (0, 0.5, 240), usual=6), 1)
    assert (found.bursts, found.began_earliest <= BEGIN <= found.began_latest) == (1, True)


def test_a_third_wave_shows_that_the_first_one_belongs_to_it() -> None:
    found = episode(events((0, 0.5, 240), (4, 4.5, 240), (8, 8.5, 240)), 10)
    assert (found.bursts, found.began_earliest <= BEGIN <= found.began_latest) == (3, True)


def test_a_rate_of_more_than_a_week_is_the_usual_one() -> None:
    raw = [BEGIN - timedelta(days=60), *drawn(lambda _: 30.0, -10 * 24, 24, "even", even=True)]
    assert read(evidence(raw, at(0))).episode == Unknown(why=NONE)


# --- the window ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [timedelta(minutes=15), 6 * HOUR, 24 * HOUR, timedelta(days=3), timedelta(days=7)])
def test_a_longer_window_changes_no_beginning(window: timedelta) -> None:
    raw = events((0, 3, 300), usual=6)
    found = read(evidence(raw, at(2), window)).episode
    assert isinstance(found, Episode)
    assert found.began_earliest <= BEGIN <= found.began_latest
    assert found.note is None


def test_a_window_that_holds_none_of_it_judges_the_last_one_and_says_so() -> None:
    raw = events((0, 3, 300), usual=6)
    found = episode(raw, 40)
    assert found.note == (
        "the period asked for (2026-11-17 02:07 UTC to 2026-11-18 02:07 UTC) holds none of it: the last one before"
    )
    assert episode(raw, 20).note is None


def test_of_two_episodes_in_the_window_the_last_one_is_judged() -> None:
    found = episode(events((-8, -7, 300), (0, 1, 300), usual=6), 2)
    assert found.began_earliest <= BEGIN <= found.began_latest


# --- what is known by less -----------------------------------------------------------------------------------------


def test_without_the_fine_series_the_hour_is_the_grain() -> None:
    found = episode(events((0, 3, 300), usual=6), 2, series=Unknown(why="Discover answered 429"))
    assert found.began_earliest <= BEGIN <= found.began_latest
    assert found.confidence == "medium"


def test_without_the_days_before_two_days_of_minutes_tell_the_usual_rate() -> None:
    found = episode(events((0, 3, 300), usual=6), 2, history=Unknown(why="Discover answered 429"))
    assert found.began_earliest <= BEGIN <= found.began_latest
    assert found.confidence == "medium"


def test_without_any_counts_there_is_no_episode_and_the_reason_is_given() -> None:
    dead = Unknown(why="Discover answered 429")
    found = read(evidence(events((0, 3, 300)), at(2), series=dead, history=dead)).episode
    assert found == Unknown(why="the event series is not known (Discover answered 429)")


def test_five_events_of_an_old_issue_are_a_step_and_four_are_not() -> None:
    def made(count: int) -> Incident:
        return read(evidence([at(-1000), *(at(index / 10) for index in range(count))], at(1)))

    assert isinstance(made(5).episode, Episode)
    assert made(4).episode == Unknown(why=NONE)


def test_rare_events_of_a_new_issue_are_an_episode_from_the_first_one() -> None:
    raw = [at(0), at(3), at(5)]
    found = episode(raw, 5.5)
    assert (found.began, found.ongoing, found.peak_per_hour) == (at(0), True, 1)
    assert episode(raw, 9).ended is not None


def test_a_jump_in_the_last_minutes_of_a_busy_hour_lies_within_the_grain() -> None:
    """By the hour two minutes of it do not show beside a hundred usual events."""
    raw = events((51 / 60, 5, 600), usual=100)
    found = episode(raw, 7 * 24)
    assert found.began_earliest <= at(51 / 60) <= found.began_latest


def test_ten_minutes_at_four_times_a_daily_rate_are_told() -> None:
    found = judged(make_case("daily", "step"), at(10 / 60)).episode
    assert isinstance(found, Episode)
    assert found.began_earliest <= BEGIN <= found.began_latest


def by_chance(usual: float, level: float, length: float, seed: str) -> list[datetime]:
    """Events by chance: the usual rate, and from the beginning on that much more, for that many hours."""
    rate = lambda hours: usual + (level if 0 <= hours < length else 0.0)  # noqa: E731  # shorter than a function
    return list(drawn(rate, -15 * 24, 8 * 24, seed))


@pytest.mark.parametrize("hours", [9, 12, 25, 47])
def test_a_few_events_more_than_usual_after_a_fire_are_not_the_incident(hours: float) -> None:
    """17 in an hour instead of 6, three hours after 8 times the usual rate: found by chance, and taken for it."""
    raw = [BEGIN - timedelta(days=60), *by_chance(6, 120, 0.40625, "1320")]
    found = episode(raw, hours)
    assert abs(found.began - BEGIN) <= 2 * MINUTE
    assert found.peak_per_hour > 50


def test_a_second_fire_after_a_larger_one_is_the_incident() -> None:
    raw = events((0, 1, 600), (8, 9, 100), usual=6)
    found = episode(raw, 14)
    assert found.began_earliest <= at(8) <= found.began_latest


def test_a_faint_rise_that_is_still_live_is_the_incident() -> None:
    raw = sorted([*events((0, 0.5, 100), usual=6), *(at(6) + number * 3 * MINUTE for number in range(60))])
    found = episode(raw, 6.9)
    assert (found.ongoing, found.began > at(5)) == (True, True)


@pytest.mark.parametrize(
    ("usual", "level", "length", "look", "seed"),
    [(6, 142, 0.4, 7.29, "616"), (60, 480, 4.51, 0.6, "9005"), (6, 120, 7.5, 0.6, "8815"), (6, 120, 0.4, 0.61, "524")],
)
@pytest.mark.parametrize("days", [1, 1.5, 3, 7])
def test_an_hour_that_is_a_little_busy_by_chance_does_not_move_the_beginning(
    usual: float, level: float, length: float, look: float, seed: str, days: float
) -> None:
    """Four events in ten minutes where one is usual were a part of the rise: begun an hour, and two, too early."""
    raw = [BEGIN - timedelta(days=60), *by_chance(usual, level, length, seed)]
    found = read(evidence(raw, at(look), days * 24 * HOUR)).episode
    assert isinstance(found, Episode)
    assert abs(found.began - BEGIN) <= 5 * MINUTE
    assert found.began_earliest <= BEGIN <= found.began_latest


# --- deploys in the hour of the start ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "length", "meaning"),
    [
        pytest.param(10, 5.0, "", id="in the hour of the start, which came first is not known"),
        pytest.param(10, 0.3, ": a candidate for what ended the incident", id="all of it lies in that hour"),
        pytest.param(90, 5.0, ": a candidate for what ended the incident", id="later than that hour"),
    ],
)
def test_a_deploy_in_the_hour_of_the_start_did_not_end_what_went_on_for_hours(
    minutes: int, length: float, meaning: str
) -> None:
    raw = events((0, length, 600), usual=20)
    deploy = Deploy(version="shop@2", environment="production", finished=at(minutes / 60))
    releases: Known[tuple[Release, ...]] = Known(
        value=(Release(version="shop@2", created=at(0), deploys=(deploy,)),), source="a test"
    )
    made = evidence(raw, at(24 * 5), releases=releases)
    incident = read(made)
    assert isinstance(incident.episode, Episode)
    assert incident.episode.began_latest - incident.episode.began_earliest >= timedelta(minutes=45)
    (row,) = [row.what for row in incident.timeline.rows if "shop@2" in row.what]
    assert row.removeprefix('Release "shop@2" deployed to "production"') == meaning


# --- what is told of it --------------------------------------------------------------------------------------------


def bursts(raw: Sequence[datetime], hours: float, **parts: object) -> tuple[Burst, ...]:
    found = read(evidence(raw, at(hours), **parts)).found_episode  # type: ignore[arg-type]  # parts of the evidence
    assert isinstance(found, FoundEpisode), found
    return found.times


def inside(raw: Sequence[datetime], start: datetime, end: datetime) -> int:
    return sum(start <= moment < end for moment in raw)


def test_every_burst_has_its_begin_end_peak_and_events() -> None:
    raw = events((0, 0.5, 240), (4, 5.5, 120), (8, 8.5, 360))
    found, told = episode(raw, 12), bursts(raw, 12)
    assert (found.bursts, len(told)) == (3, 3)
    for burst, start, end in zip(told, (0, 4, 8), (0.5, 5.5, 8.5), strict=True):
        assert burst.ended is not None
        assert abs(burst.began - at(start)) <= 10 * MINUTE
        assert at(end) <= burst.ended <= at(end) + 15 * MINUTE
        assert burst.events == inside(raw, burst.began - MINUTE, burst.ended + MINUTE)
        assert burst.began <= burst.peak_at < burst.ended
    # The fullest rolling hour of each.
    assert [burst.peak_per_hour for burst in told] == [120, 120, 180]
    assert (found.peak_per_hour, found.ended) == (180, told[-1].ended)
    lengths = sum(((burst.ended or at(12)) - burst.began for burst in told), timedelta())
    assert abs(found.erroring_minutes - lengths / MINUTE) <= 2
    pauses = [later.began - (burst.ended or at(12)) for burst, later in pairwise(told)]
    assert found.longest_pause_minutes == pytest.approx(max(pauses) / MINUTE, abs=1)


def test_of_a_burst_that_goes_on_no_end_is_told() -> None:
    raw = events((0, 9, 240))
    (burst,) = bursts(raw, 3)
    assert (burst.ended, burst.peak_per_hour) == (None, 240)


@pytest.mark.parametrize(
    ("usual", "burst", "confidence"),
    [
        # ten times the usual: 6 an hour and 54 more
        (6, 54, "high"),
        (6, 50, "medium"),
        # 20 in the fullest hour
        (0, 24, "high"),
        (0, 18, "medium"),
    ],
)
def test_confidence_is_high_where_the_burst_is_clear(usual: int, burst: int, confidence: str) -> None:
    found = episode(events((0, 4, burst), usual=usual), 3)
    grain = (found.began_latest - found.began_earliest) / MINUTE
    assert found.confidence == (confidence if grain <= 15 else "medium")
    assert found.how == f"step out of the usual rate: {usual + burst} in the fullest hour, {usual} an hour usual"


@pytest.mark.parametrize(("burst", "confidence"), [(40, "medium"), (12, "low")])
def test_by_the_hour_confidence_is_medium_at_most(burst: int, confidence: str) -> None:
    found = episode(events((0, 4, burst)), 7 * 24)
    assert found.began_latest - found.began_earliest >= HOUR
    assert found.confidence == confidence


@pytest.mark.parametrize(
    ("usual", "burst", "of_the_usual", "times"), [(60, 180, 60.0, 4.0), (60, 30, 60.0, 1.5), (9, 0, 9.0, 1.0)]
)
@pytest.mark.parametrize("is_by_hours", [False, True])
def test_the_trend_says_how_far_it_is_from_usual(
    usual: int, burst: int, of_the_usual: float, times: float, is_by_hours: bool
) -> None:
    parts: dict[str, object] = {"series": Unknown(why="429")} if is_by_hours else {}
    look = at(5).replace(minute=0)
    made = evidence(events((-1, 9, burst), usual=usual), look, **parts)  # type: ignore[arg-type]  # parts of evidence
    if is_by_hours:
        hourly = {"hourly": tuple((look - hour * HOUR, usual + burst) for hour in range(5, 0, -1))}
        made = made.model_copy(update={"issue": made.issue.model_copy(update=hourly)})
    trend = read(made).trend
    assert isinstance(trend, Trend)
    assert (trend.usual_per_hour, trend.times_usual) == (of_the_usual, times)
    assert (trend.last_hour, trend.direction) == (usual + burst, "steady")


def test_before_a_trickle_that_jumped_the_trickle_is_usual() -> None:
    trend = read(evidence(events((-22, 0, 6), (0, 9, 240), new=True), at(3))).trend
    assert isinstance(trend, Trend)
    assert trend.usual_per_hour == pytest.approx(6, abs=0.5)
    assert trend.times_usual == pytest.approx(40, abs=4)


@pytest.mark.parametrize(("each", "is_one"), [(0, False), (110, False), (130, True), (5000, True)])
def test_a_pause_in_which_half_of_its_rate_was_dropped_ends_nothing(each: int, is_one: bool) -> None:
    """240 an hour for two hours, twelve in which so many of the project's events were dropped, and again."""
    raw = events((-20, -19.5, 240), (0, 2, 240), (14, 15, 240))
    found = episode(raw, 16, dropped=dropped(2.5, 12, each))
    told = bursts(raw, 16, dropped=dropped(2.5, 12, each))
    assert (found.began_earliest <= at(0) <= found.began_latest) is is_one
    assert (found.began_earliest <= at(14) <= found.began_latest) is not is_one
    assert found.bursts == len(told) == 1
    assert told[0].events == (720 if is_one else 240)
    # The pause is no pause of it: nobody saw it.
    assert found.longest_pause_minutes == 0
    assert found.erroring_minutes == pytest.approx((15 if is_one else 1) * 60, abs=15)


@pytest.mark.parametrize("hours", [1, 2, 3, 8])
def test_the_trend_is_set_against_the_usual_rate_of_the_last_hour_at_its_time_of_day(hours: int) -> None:
    """A morning that rises from 55 to 105 an hour: by the rhythm that made the events, without the burst."""
    case = make_case("daily", "plateau")
    trend = read(evidence(case.events, at(hours))).trend
    assert isinstance(trend, Trend)
    usual = sum(case.usual(hours - 1 + minute / 60) for minute in range(60)) / 60
    assert trend.usual_per_hour == pytest.approx(usual, rel=0.05)
    assert trend.times_usual == pytest.approx(trend.last_hour / usual, rel=0.08)


def test_of_waves_only_the_pause_with_drops_is_none() -> None:
    """Two bursts, a pause in which everything was dropped, two bursts: three stretches of one incident."""
    raw = events((0, 0.5, 240), (2.2, 2.7, 240), (15, 15.5, 240), (17.2, 17.7, 240), usual=6)
    told = bursts(raw, 19, dropped=dropped(3, 12, 9000))
    assert [(burst.began - BEGIN) / HOUR for burst in told] == pytest.approx([0, 2.2, 17.2], abs=0.15)
    found = episode(raw, 19, dropped=dropped(3, 12, 9000))
    assert found.bursts == 3
    assert found.erroring_minutes == pytest.approx(30 + 13.3 * 60 + 30, abs=20)
    assert 90 <= found.longest_pause_minutes <= 102
    lengths = [int(((burst.ended or at(19)) - burst.began).total_seconds()) for burst in told]
    assert found.erroring_minutes == -(-sum(lengths) // 60)
