"""Recovery at every moment, from raw events: what people stand down on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Activity,
    Deploy,
    DroppedEvents,
    Evidence,
    FlagChange,
    IssueSeries,
    Known,
    OutcomeSeries,
    Release,
    Series,
    Unknown,
)
from sentry_runbook.incident.model.results.impact import Recovery
from sentry_runbook.incident.model.stated import Stated
from tests.episodes.incidents import BEGIN, drawn
from tests.episodes.judge import POLICY, evidence

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BEFORE = 15 * 24


def at(hours: float) -> datetime:
    return BEGIN + hours * HOUR


def events(*spans: tuple[float, float, float], usual: float = 0.0, until: float = 60.0) -> list[datetime]:
    """Even events: ``usual`` an hour for two weeks and on, and spans of (start, end, events an hour)."""

    def rate(hours: float) -> float:
        return usual + sum(level for start, end, level in spans if start <= hours < end)

    return sorted([BEGIN - timedelta(days=60), *drawn(rate, -BEFORE, until, "even", even=True)])


def recovery(evidence_: Evidence, fixed_at: datetime | None = None) -> Recovery:
    return Incident(evidence_, Stated(fixed_at=fixed_at), POLICY, evidence_.collected_at).recovery


def missing(result: Recovery) -> Mapping[str, str]:
    return {entry.what: entry.why for entry in result.missing}


FOUR_TIMES = events((0, 50, 180), usual=60)
"""Usually 60 an hour; from the beginning on 240 an hour, flat."""

# --- a burst that goes on ------------------------------------------------------------------------------------------


def test_four_times_the_usual_for_three_hours_is_not_over() -> None:
    result = recovery(evidence(FOUR_TIMES, at(3)))
    assert (result.verdict, result.actions) == ("ongoing", ())
    assert result.reading == (
        "Not over: 240 events in the last hour, 240 in the incident's fullest hour, 60 an hour usual before it."
    )
    assert result.needs == ("2 h at the usual rate (1.0 a minute)",)
    assert result.episode is not None
    assert result.episode.ongoing


@pytest.mark.parametrize("minutes", [15, 40, 90])
def test_a_fix_that_changed_nothing_is_no_improvement(minutes: int) -> None:
    now, fix = at(3), at(3) - minutes * MINUTE
    result = recovery(evidence(FOUR_TIMES, now), fix)
    assert (result.verdict, result.actions[0].change) == ("ongoing", "no_change")
    assert f"The stated fix at {fix:%H:%M} UTC: 4.0 a minute before, 4.0 a minute after" in result.reading
    assert result.reading.endswith("each): no change.")


def test_a_fix_of_a_short_incident_is_told_by_the_silence_after_it() -> None:
    """Clumps and no event at all after the fix: the logarithm of a ratio to nothing says nothing."""
    burst = events((0, 0.1, 120), (0.1, 0.3, 60), (0.3, 0.4, 600), until=4)
    (action,) = recovery(evidence(burst, at(4)), at(0.4)).actions
    assert (action.change, action.after_per_hour, action.decidable_at) == ("fell", 0.0, None)


@pytest.mark.parametrize("look", [0.5, 0.75, 1, 2, 4, 30])
def test_nobody_is_told_to_wait_for_what_waiting_does_not_bring(look: float) -> None:
    """Four events in the 24 minutes before the fix: the stretch before it stays as it is."""
    few = events((0, 0.4, 10), (0.4, 48, 10), until=48)
    (action,) = recovery(evidence(few, at(look)), at(0.4)).actions
    assert (action.change, action.decidable_at) == ("too_early", None)


@pytest.mark.parametrize("usual", [0, 20])
@pytest.mark.parametrize("left", [0, 15, 40])
@pytest.mark.parametrize("minutes", [6, 15, 30, 60, 150, 270])
def test_a_fix_that_held_for_a_while_is_no_improvement_any_more(usual: float, left: float, minutes: int) -> None:
    """90 minutes of calm, then all as before: "going down, not over yet" for as long as anybody looked."""
    raw = events((0, 2, 240), (2, 3.5, left), (3.5, 12, 240), usual=usual)
    result = recovery(evidence(raw, at(3.5) + minutes * MINUTE), at(2))
    (action,) = result.actions
    assert (result.verdict, action.change) == ("ongoing", "fell")
    assert action.again_per_hour == pytest.approx(240 + usual, rel=0.6)
    assert ": it fell, and came back after that (" in result.reading


@pytest.mark.parametrize("look", [3.3, 4, 6, 10])
@pytest.mark.parametrize("level", [90, 180])
def test_what_came_back_in_part_is_no_improvement(level: float, look: float) -> None:
    """A third of the fire again, four times what the fix had left, for seven hours: "going down, not over yet"."""
    raw = events((0, 1, 300), (1, 3, 20), (3, 12, level), usual=5)
    result = recovery(evidence(raw, at(look)), at(1))
    assert result.verdict == "ongoing"
    assert result.actions[0].again_per_hour is not None


@pytest.mark.parametrize("look", [2.5, 4, 6])
def test_what_fell_and_is_level_since_is_lower_and_not_going_down(look: float) -> None:
    result = recovery(evidence(events((0, 1, 240), (1, 8, 100)), at(look)), at(1))
    assert result.verdict == "improving"
    assert result.reading.startswith("Lower than before, not over yet: 100 events in the last hour, 2")


def test_what_goes_down_shows_the_minutes_that_tell_it() -> None:
    """259 events in the last hour, 259 in the fullest hour, "going down"."""
    result = recovery(evidence(events((0, 0.8, 300), (0.8, 3, 30)), at(1)))
    assert result.verdict == "improving"
    assert result.reading.startswith(
        "Going down, not over yet: 5 events in the last 10 min, 246 events in the last hour"
    )


def test_both_rates_of_an_act_are_told_in_one_unit() -> None:
    reading = recovery(evidence(events((0, 1, 66), (1, 3, 54)), at(2)), at(1)).reading
    assert "1.1 a minute before, 0.9 a minute after" in reading


def test_one_event_is_one_event() -> None:
    raw = sorted([*events((0, 2, 240)), at(2.9)])
    assert "1 event in the last hour," in recovery(evidence(raw, at(3.5)), at(2)).reading


@pytest.mark.parametrize("minutes", range(20, 180, 7))
def test_the_last_hour_of_what_goes_on_holds_no_more_than_the_fullest(minutes: int) -> None:
    """208 events in the last hour, 198 in the incident's fullest hour."""
    result = recovery(evidence(events((0, 6, 200), usual=5), at(minutes / 60)))
    assert result.episode is not None
    assert (result.events_per_hour_now or 0) <= result.episode.peak_per_hour


def test_what_came_back_and_is_over_is_still_told() -> None:
    """By clock hours the last one of the incident holds 2.8 events a minute."""
    result = recovery(evidence(events((0, 2, 240), (3.5, 6, 240)), at(30)), at(2))
    assert (result.verdict, result.actions[0].again_per_hour) == ("recovered", 168)


@pytest.mark.parametrize(
    ("level", "look", "verdict"),
    [
        (400, 2, "worse"),
        (120, 2.6, "worse"),
        (120, 3, "ongoing"),
        (120, 7, "ongoing"),
        (20, 3, "improving"),
        (20, 7, "improving"),
    ],
)
def test_a_rise_that_is_over_is_not_worse_any_more(level: float, look: float, verdict: str) -> None:
    """Worse than before, at a sixth of the rate before."""
    result = recovery(evidence(events((0, 1, 120), (1, 2.5, 400), (2.5, 8, level)), at(look)), at(1))
    assert (result.verdict, result.actions[0].change) == (verdict, "rose")
    assert ("went down after that" in result.reading) is (verdict != "worse")


@pytest.mark.parametrize("look", [2.5, 3, 5, 9])
def test_clumps_after_a_fix_that_helped_are_no_return(look: float) -> None:
    """Twenty events at once each half hour, then six: the last ten minutes hold a clump or none."""
    raw = [BEGIN + number * 30 * MINUTE + event * timedelta(seconds=2) for number in range(4) for event in range(20)]
    raw += [at(2) + number * 30 * MINUTE + event * timedelta(seconds=2) for number in range(20) for event in range(6)]
    raw = [BEGIN - timedelta(days=60), *raw]
    assert all(action.again_per_hour is None for action in recovery(evidence(raw, at(look)), at(2)).actions)


def test_minutes_after_a_fix_it_is_too_early_and_the_answer_says_when_it_can_be_said() -> None:
    result = recovery(evidence(FOUR_TIMES, at(3) + 3 * MINUTE), at(3))
    action = result.actions[0]
    assert (result.verdict, action.change, action.compared_minutes) == ("ongoing", "too_early", 3)
    assert action.decidable_at is not None
    assert at(3) < action.decidable_at <= at(3) + 15 * MINUTE
    assert f"it can be said at {action.decidable_at:%H:%M} UTC" in result.reading
    assert any(need.startswith(f"counts until {action.decidable_at:%H:%M} UTC") for need in result.needs)


@pytest.mark.parametrize(
    ("factor", "verdict", "change"),
    [(0.2, "improving", "fell"), (0.5, "improving", "fell"), (0.8, "ongoing", "no_change"), (1.6, "worse", "rose")],
)
def test_the_verdict_follows_what_the_fix_changed(factor: float, verdict: str, change: str) -> None:
    raw = events((0, 2, 300), (2, 9, 300 * factor), usual=6)
    result = recovery(evidence(raw, at(4)), at(2))
    assert (result.verdict, result.actions[0].change) == (verdict, change)


def test_a_burst_is_ongoing_from_its_first_minute() -> None:
    raw = events((0, 9, 6000), usual=6)
    assert recovery(evidence(raw, at(0) + MINUTE)).verdict == "ongoing"


# --- acts ----------------------------------------------------------------------------------------------------------


def test_every_act_in_the_episode_is_compared_with_what_was_before_it() -> None:
    raw = events((0, 1, 240), (1, 2, 480), (2, 9, 60), usual=0)
    log = (
        Activity(kind="set_ignored", at=at(0.5), who="Dana Ortiz"),
        Activity(kind="set_resolved", at=at(2.5), who="Dana Ortiz"),
        Activity(kind="set_resolved_by_age", at=at(2.6)),
    )
    deploy = Deploy(version="shop@2", environment="production", finished=at(2))
    made = evidence(
        raw,
        at(3),
        releases=Known(value=(Release(version="shop@2", created=at(1.9), deploys=(deploy,)),), source="a test"),
        flag_changes=Known(value=(FlagChange(at=at(1), flag="new-checkout", action="updated"),), source="a test"),
    )
    issue = made.issue.model_copy(update={"activity": log})
    result = recovery(made.model_copy(update={"issue": issue}))
    assert [(action.kind, action.change) for action in result.actions] == [
        ("archive", "no_change"),
        ("flag", "rose"),
        ("deploy", "fell"),
        ("resolve", "no_change"),
    ]
    assert [action.what for action in result.actions][1:3] == [
        'feature flag "new-checkout" updated',
        'deploy of "shop@2"',
    ]
    assert (result.since, result.since_basis, result.verdict) == (at(2.5), "resolve", "improving")
    # The sentence tells the act that changed something, not the last click.
    assert 'Deploy of "shop@2" at 12:07 UTC: 8.0 a minute before, 1.0 a minute after (over 1 h each): it fell.' in (
        result.reading
    )


def test_an_act_before_the_episode_is_none_of_it() -> None:
    made = evidence(FOUR_TIMES, at(3))
    log = (Activity(kind="set_resolved", at=at(-5), who="Dana Ortiz"),)
    result = recovery(made.model_copy(update={"issue": made.issue.model_copy(update={"activity": log})}))
    assert (result.actions, result.since_basis) == ((), "peak")


def test_a_fix_in_the_future_is_refused_in_words() -> None:
    result = recovery(evidence(FOUR_TIMES, at(3)), at(4))
    assert result.verdict == "unknown"
    assert result.reading == "Not known whether it is over: the time given as the fix is not before now."
    assert "a time of the fix that is not in the future" in result.needs


# --- quiet ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(12, "improving"), (119, "improving"), (125, "recovered"), (60 * 24 * 2, "recovered")]
)
def test_recovered_takes_two_hours_at_the_usual_rate(minutes: int, verdict: str) -> None:
    raw = events((0, 2, 240), usual=6)
    assert recovery(evidence(raw, at(2) + minutes * MINUTE), at(1.9)).verdict == verdict


def test_quiet_without_a_fix_is_mitigated() -> None:
    result = recovery(evidence(events((0, 2, 240)), at(5)))
    assert (result.verdict, result.fix_known) == ("recovered", False)
    assert result.reading.endswith(" Quiet but not fixed, as far as is known: mitigated, not resolved.")


def test_two_hours_after_the_third_of_waves_it_is_not_over() -> None:
    raw = events((0, 0.5, 240), (4, 4.5, 240), (8, 8.5, 240))
    two_hours = recovery(evidence(raw, at(10.5)))
    assert two_hours.verdict == "improving"
    assert two_hours.episode is not None
    assert (two_hours.episode.bursts, two_hours.episode.longest_pause_minutes) == (3, 205)
    assert two_hours.needs[0].endswith("; it comes in bursts with pauses of up to 3 h 25 min")
    assert recovery(evidence(raw, at(8.5 + 5.5))).verdict == "recovered"


def test_more_than_is_usual_in_the_last_minutes_is_not_called_over() -> None:
    raw = events((0, 2, 240), (8, 8.2, 90), usual=6)
    result = recovery(evidence(raw, at(8.2)))
    assert result.verdict in ("unknown", "ongoing")
    assert result.needs


def test_an_issue_that_runs_as_usual_has_nothing_to_recover_from() -> None:
    result = recovery(evidence(events(usual=60), at(3)))
    assert (result.verdict, result.episode) == ("ongoing", None)
    assert missing(result)["episode"] == "no step in the event rate: the issue is old and runs as usual"


# --- what is not known ---------------------------------------------------------------------------------------------


def dropped(start: float, hours: int, each: int, outcome: str = "rate_limited") -> Known[DroppedEvents]:
    """Outcomes by the hour, since a day before the beginning."""
    first = at(-24).replace(minute=0)
    index = round((at(start).replace(minute=0) - first) / HOUR)
    counts = tuple(each if index <= hour < index + hours else 0 for hour in range(24 + 24))
    stored = tuple(0 if count else 240 for count in counts)
    by_outcome = (
        OutcomeSeries(outcome="accepted", total=sum(stored), values=stored),
        OutcomeSeries(outcome=outcome, total=sum(counts), values=counts),
    )
    return Known(value=DroppedEvents(start=first, step_s=3600, outcomes=by_outcome), source="a test")


def test_silence_because_sentry_dropped_all_events_is_unknown() -> None:
    raw = events((0, 2, 240))
    result = recovery(evidence(raw, at(5), dropped=dropped(2, 12, 20_000)), at(1.9))
    assert result.verdict == "unknown"
    assert "Sentry dropped " in result.reading
    assert "an hour in which Sentry drops no event: until then silence may be the quota's" in result.needs


def test_a_burst_that_shows_in_spite_of_dropped_events_is_ongoing() -> None:
    assert recovery(evidence(FOUR_TIMES, at(3), dropped=dropped(1, 9, 500))).verdict == "ongoing"


def test_events_dropped_before_the_quiet_time_hide_nothing_of_it() -> None:
    raw = events((0, 2, 240))
    assert recovery(evidence(raw, at(9), dropped=dropped(-20, 3, 500))).verdict == "recovered"


def test_hours_without_numbers_are_no_silence() -> None:
    made = evidence(events((0, 2, 240)), at(5))
    assert isinstance(made.series, Known)
    whole = made.series.value.events
    holes = whole.model_copy(update={"values": (*whole.values[:-90], *[None] * 90)})
    holed = made.model_copy(update={"series": Known(value=IssueSeries(events=holes), source="a test")})
    result = recovery(holed, at(1.9))
    assert (result.verdict, result.events_per_hour_now) == ("unknown", None)
    assert "counts of the last hours: Sentry gave no numbers for a part of them" in result.needs


@pytest.mark.parametrize(
    "ends",
    [timedelta(minutes=20), timedelta(hours=3)],
)
def test_counts_that_do_not_reach_up_to_now_claim_nothing(ends: timedelta) -> None:
    made = evidence(events((0, 2, 240)), at(6))
    assert isinstance(made.series, Known)
    whole = made.series.value.events
    short = whole.model_copy(update={"values": whole.values[: -round(ends / MINUTE)]})
    parts = {"series": Known(value=IssueSeries(events=short), source="a test"), "history": Unknown(why="429")}
    result = recovery(made.model_copy(update=parts))
    assert result.verdict == "unknown"
    assert result.reading == "Not known whether it is over: the event series does not reach up to now."


def test_a_verdict_that_rests_on_clock_hours_names_the_request_that_failed() -> None:
    raw = events((0, 2, 240))
    made = evidence(raw, at(6), series=Unknown(why="Discover answered 429"))
    result = recovery(made)
    assert result.verdict == "recovered"
    assert "The event series failed (Discover answered 429): judged by clock hours." in result.notes


def test_without_the_days_before_the_answer_says_so() -> None:
    result = recovery(evidence(FOUR_TIMES, at(3), history=Unknown(why="Discover answered 504")))
    assert any("hours of the days before failed (Discover answered 504)" in note for note in result.notes)
    assert result.verdict == "ongoing"


def test_without_any_counts_nothing_is_claimed() -> None:
    dead = Unknown(why="Discover answered 429")
    result = recovery(evidence(FOUR_TIMES, at(3), series=dead, history=dead))
    assert (result.verdict, result.events_per_hour_now) == ("unknown", None)
    assert result.reading == "Not known whether it is over: Discover answered 429."


def test_counts_with_odd_buckets_are_no_exception() -> None:
    odd = Series(start=at(-30), step_s=7, values=(None, 3.0), complete_until=at(3))
    result = recovery(evidence(FOUR_TIMES, at(3), series=Known(value=IssueSeries(events=odd), source="a test")))
    assert result.verdict in ("ongoing", "unknown")


# --- found by the held-out incidents -------------------------------------------------------------------------------


def with_log(made: Evidence, *log: Activity) -> Evidence:
    return made.model_copy(update={"issue": made.issue.model_copy(update={"activity": log})})


@pytest.mark.parametrize(
    ("usual", "hours", "verdict", "needs"), [(0, 20, "recovered", 0), (60, 20, "recovered", 0), (60, 3, "ongoing", 2)]
)
def test_a_return_that_has_been_over_for_long_enough_is_over(usual: int, hours: int, verdict: str, needs: int) -> None:
    """It was resolved while it burned, and Sentry recorded the return: that is no reason against it a day later."""
    resolved = Activity(kind="set_resolved", at=at(1), who="Dana Ortiz")
    back = Activity(kind="set_regression", at=at(1.1))
    made = with_log(evidence(events((0, 4, 300), usual=usual), at(hours)), resolved, back)
    result = recovery(made)
    assert (result.verdict, len(result.needs), result.regressed) == (verdict, needs, True)
    # Nobody has fixed it since.
    assert result.fix_known is False


def test_events_dropped_while_it_burned_hide_nothing_of_two_quiet_hours() -> None:
    """A quota that was used up by the burst: days later the silence is the issue's own."""
    raw = events((0, 2, 240))
    made = dropped(0, 3, 20_000)
    assert recovery(evidence(raw, at(3), dropped=made)).verdict == "unknown"
    assert recovery(evidence(raw, at(20), dropped=made)).verdict == "recovered"


def test_a_burst_that_seems_to_fall_while_events_are_dropped_is_unknown() -> None:
    raw = events((0, 0.5, 300), (0.5, 3, 20))
    assert recovery(evidence(raw, at(1))).verdict == "improving"
    assert recovery(evidence(raw, at(1), dropped=dropped(0.5, 9, 5_000))).verdict == "unknown"


def test_what_fell_before_the_fix_is_no_improvement_by_the_fix() -> None:
    raw = events((0, 0.5, 3000), (0.5, 9, 240))
    result = recovery(evidence(raw, at(3)), at(2))
    assert (result.verdict, result.actions[0].change) == ("ongoing", "no_change")


def test_a_fall_by_a_third_is_not_called_no_change() -> None:
    raw = events((0, 2, 240), (2, 9, 160))
    result = recovery(evidence(raw, at(2.5)), at(2))
    assert result.actions[0].change == "too_early"


def test_a_flag_whose_change_has_another_word_was_changed() -> None:
    changed = FlagChange(at=at(1), flag="new-checkout", action=None)
    made = evidence(FOUR_TIMES, at(3), flag_changes=Known(value=(changed,), source="a test"))
    assert [action.what for action in recovery(made).actions] == ['feature flag "new-checkout" changed']


def test_by_the_hour_what_lay_before_the_beginning_is_not_the_incidents_rate() -> None:
    raw = events((0.85, 8, 240))
    deploy = Deploy(version="app@2", environment="production", finished=at(3))
    releases: Known[tuple[Release, ...]] = Known(
        value=(Release(version="app@2", created=at(2), deploys=(deploy,)),), source="a test"
    )
    result = recovery(evidence(raw, at(7 * 24), releases=releases))
    assert [action.change for action in result.actions] in (["no_change"], ["too_early"])
