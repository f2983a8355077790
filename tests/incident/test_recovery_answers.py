"""What people read of a recovery, word by word: each sentence checked by hand against the events that it counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sentry_runbook.incident.model.evidence import (
    Activity,
    Deploy,
    Evidence,
    FlagChange,
    IssueSeries,
    Known,
    Release,
    Unknown,
)
from sentry_runbook.incident.recovery.reading import full_minutes, rate
from tests.episodes.judge import evidence
from tests.incident.test_recovery_over_time import MINUTE, at, dropped, events, missing, recovery, with_log

SECOND = timedelta(seconds=1)
FIRE = events((0, 2, 240))
"""Four a minute for two hours, from 10:07 to 12:07 UTC."""
OVER_60 = events((0, 2, 240), usual=6)
IN_THE_INCIDENT = "240 in the incident's fullest hour, 0 an hour usual before it"


def deployed(made: Evidence, *hours: float) -> Evidence:
    releases = tuple(
        Release(
            version=f"shop@{number}",
            created=at(hour) - MINUTE,
            deploys=(Deploy(version=f"shop@{number}", environment="production", finished=at(hour)),),
        )
        for number, hour in enumerate(hours, 2)
    )
    return made.model_copy(update={"releases": Known(value=releases, source="a test")})


# --- the rate now --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "later", "per_hour", "said"),
    [
        (600, 1, 6.0, "1 event in the 10 min since then"),
        (20 * 60 + 30, 6, 17.6, "6 events in the 20 min since then"),
        (21 * 60, 7, 20.0, "7 events in the 21 min since then"),
        (40 * 60, 1, 1.5, "1 event in the 40 min since then"),
        (59 * 60 + 59, 30, 30.0, "30 events in the 59 min since then"),
    ],
)
def test_less_than_an_hour_after_a_fix_the_rate_is_of_the_time_since(
    seconds: int, later: int, per_hour: float, said: str
) -> None:
    since = [at(2) + (index + 1) * (seconds - 30) / (later + 1) * SECOND for index in range(later)]
    result = recovery(evidence(sorted([*FIRE, *since]), at(2) + seconds * SECOND), at(2))
    assert (result.events_per_hour_now, result.events_since) == (per_hour, later)
    assert f": {said}, {IN_THE_INCIDENT}." in result.reading
    minutes = seconds // 60
    assert result.notes == (f"The rate now is extrapolated from the {minutes} min since then.",)


def test_from_an_hour_on_the_rate_is_of_the_last_hour() -> None:
    since = [at(2) + 5 * MINUTE, at(2) + 50 * MINUTE]
    result = recovery(evidence(sorted([*FIRE, *since]), at(3) + 10 * MINUTE), at(2))
    assert (result.events_per_hour_now, result.events_since, result.notes) == (1.0, 2, ())
    assert f": 1 event in the last hour, {IN_THE_INCIDENT}." in result.reading


@pytest.mark.parametrize(
    ("minutes", "why"), [(9, "only 9 min have passed since then, which tells no rate"), (10, None)]
)
def test_before_ten_minutes_no_rate_is_told(minutes: int, why: str | None) -> None:
    result = recovery(evidence(FIRE, at(2) + minutes * MINUTE), at(2))
    assert missing(result).get("events_per_hour_now") == why
    assert ("how many events come now is not known yet, 240" in result.reading) is (why is not None)


def test_clock_hours_tell_no_rate_of_half_an_hour() -> None:
    result = recovery(evidence(FIRE, at(2.5), series=Unknown(why="429")), at(2))
    assert (result.verdict, result.events_per_hour_now, result.events_since) == ("ongoing", None, None)
    why = "only clock hours are counted, and that time lies inside one"
    assert (missing(result)["events_per_hour_now"], missing(result)["events_since"]) == (why, why)
    assert result.reading == f"Not over: how many events come now is not known yet, {IN_THE_INCIDENT}."


# --- verdicts in words ---------------------------------------------------------------------------------------------


def test_what_is_over_says_since_when_and_whether_it_is_fixed() -> None:
    back = f"Back to the usual rate: 0 events in the last hour, {IN_THE_INCIDENT}, back since 12:10 UTC."
    stated = recovery(evidence(FIRE, at(5)), at(2))
    assert stated.reading == (
        f"{back} The stated fix at 12:07 UTC: 4.0 a minute before, 0 a minute after (over 1 h 59 min each): it fell."
    )
    unfixed = recovery(evidence(FIRE, at(5)))
    assert unfixed.reading == f"{back} Quiet but not fixed, as far as is known: mitigated, not resolved."
    assert (unfixed.notes, unfixed.events_per_hour_baseline) == (
        ("No fix is known: since the peak, 2026-11-16 10:10 UTC.",),
        0.0,
    )
    # A day later the time has its date.
    assert "back since 2026-11-16 12:10 UTC" in recovery(evidence(FIRE, at(29))).reading


def test_what_rose_is_worse_than_before() -> None:
    result = recovery(evidence(events((0, 1, 120), (1, 5, 400)), at(3)), at(1))
    assert result.reading == (
        "Worse than before: 400 events in the last hour, 400 in the incident's fullest hour, 0 an hour usual before it."
        " The stated fix at 11:07 UTC: 2.0 a minute before, 6.7 a minute after (over 59 min each): it rose."
    )
    (action,) = result.actions
    assert (action.before_per_hour, action.compared_minutes) == (120.0, 59)


def test_what_came_back_after_its_resolve_needs_another_one() -> None:
    resolved, back = (
        Activity(kind="set_resolved", at=at(2.5), who="Dana Ortiz"),
        Activity(kind="set_regression", at=at(4)),
    )
    result = recovery(with_log(evidence(events((0, 2, 240), (4, 9, 100)), at(5)), resolved, back))
    assert result.reading == (
        f"Not over: 100 events in the last hour, {IN_THE_INCIDENT}. "
        'Resolved by "Dana Ortiz" at 12:37 UTC: 3.0 a minute before, 0.4 a minute after (over 2 h each): it fell, '
        "and came back after that (1.7 a minute at last). The issue came back after the resolve."
    )
    assert result.needs == ("2 h 52 min without a burst", "a new resolve: the issue came back after the last one")
    (action,) = result.actions
    assert (action.after_per_hour, action.again_per_hour) == (25.0, 100.0)


def test_a_resolve_by_nobody_known_is_a_resolve() -> None:
    result = recovery(with_log(evidence(FIRE, at(5)), Activity(kind="set_resolved", at=at(2))))
    assert [action.what for action in result.actions] == ["resolved"]


def test_a_little_more_than_usual_may_be_a_new_burst() -> None:
    result = recovery(evidence(events((0, 2, 240), (8, 8.6, 20), usual=6), at(8.5)))
    assert result.verdict == "unknown"
    assert result.needs == ("a rate that is usual at this hour: the last minutes hold more",)
    assert result.reading.startswith("Not known whether it is over: 16 events in the last hour, 246 in")
    assert " The last minutes hold more than is usual at this hour, which may be a new burst." in result.reading


def test_an_issue_without_an_episode_says_what_is_missing() -> None:
    result = recovery(evidence(events(usual=60), at(3)))
    assert result.reading == (
        "Not over: 60 events in the last hour, no step out of the usual rate is known, 60 an hour usual before it."
    )
    assert result.notes == ("No fix is known: since the last event, 2026-11-16 13:06 UTC.",)
    assert missing(result)["events_per_hour_before"] == "no step out of the usual rate is known"
    assert missing(result)["episode"] == "no step in the event rate: the issue is old and runs as usual"
    assert (result.events_per_hour_now, result.events_per_hour_baseline) == (60.0, 60.0)


def test_an_old_issue_that_is_silent_for_two_hours_is_over_and_before_it_is_not() -> None:
    stopped = events(usual=6, until=0)
    early, late = recovery(evidence(stopped, at(1.7))), recovery(evidence(stopped, at(2)))
    assert early.needs == (
        "2 h without an event: no step out of the usual rate is known, so nothing else tells an end",
    )
    assert (early.verdict, late.verdict, late.needs) == ("unknown", "recovered", ())


def test_hours_that_nobody_measured_are_said_in_the_sentence() -> None:
    made = evidence(FIRE, at(5))
    assert isinstance(made.series, Known)
    whole = made.series.value.events
    holes = whole.model_copy(update={"values": (*whole.values[:-90], *[None] * 90)})
    holed = made.model_copy(update={"series": Known(value=IssueSeries(events=holes), source="a test")})
    reading = recovery(holed, at(1)).reading
    assert reading.startswith("Not known whether it is over: how many events come now is not known yet, 240 in")
    assert reading.endswith("each): no change. Sentry gave no numbers for a part of the last hours.")


def test_dropped_events_stand_after_what_the_fix_did() -> None:
    reading = recovery(evidence(FIRE, at(5), dropped=dropped(2, 12, 20_000)), at(1.9)).reading
    assert "each): it fell. Sentry dropped " in reading


def test_without_counts_everything_says_why() -> None:
    dead = Unknown(why="Discover answered 429")
    result = recovery(evidence(FIRE, at(3), series=dead, history=dead))
    names = ("events_per_hour_before", "events_per_hour_now", "events_since", "events_per_hour_baseline")
    assert set(names) <= set(missing(result))
    assert missing(result)["events_per_hour_before"] == "Discover answered 429"
    assert missing(result)["events_per_hour_baseline"] == "the counts do not reach back far enough to tell"
    assert result.needs == ("event counts that reach up to now (Discover answered 429)",)


# --- what is still to be seen --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "seconds", "need"),
    [
        (2, 35 * 60 + 20, "2 h at the usual rate (6 an hour): until 14:10 UTC (so far 32 min)"),
        (13, 35 * 60, "2 h at the usual rate (6 an hour): until 2026-11-17 01:10 UTC (so far 32 min)"),
    ],
)
def test_quiet_that_is_too_short_says_until_when(length: float, seconds: int, need: str) -> None:
    result = recovery(evidence(events((0, length, 240), usual=6), at(length) + seconds * SECOND), at(length - 0.1))
    assert result.needs == (need,)
    assert result.reading.startswith("Calm for 32 min, not over yet: ")


def test_what_goes_on_needs_two_hours_as_usual() -> None:
    assert recovery(evidence(FIRE, at(2))).needs == ("2 h without a burst",)
    assert recovery(evidence(OVER_60, at(2))).needs == ("2 h at the usual rate (6 an hour)",)


# --- which act, between which others -------------------------------------------------------------------------------


def test_of_two_acts_that_helped_the_sentence_tells_the_one_that_helped_most() -> None:
    for fires, told in (
        (((0, 1, 600), (1, 2, 200), (2, 5, 100)), 'Deploy of "shop@2" at 11:07 UTC: 10.0 a minute before, 3.3'),
        (((0, 1, 600), (1, 2, 400), (2, 5, 100)), 'Deploy of "shop@3" at 12:07 UTC: 6.7 a minute before, 1.7'),
    ):
        result = recovery(deployed(evidence(events(*fires), at(4)), 1, 2))
        assert [action.change for action in result.actions] == ["fell", "fell"]
        assert told in result.reading


def counted(raw: list[datetime], start: float, end: float) -> float:
    return float(sum(at(start) <= moment < at(end) for moment in raw) / (end - start))


def test_a_stated_fix_is_compared_over_all_of_the_incident_and_a_click_between_the_changes() -> None:
    """Deploys an hour before and after: what they changed is the stated fix's to answer for, and not the resolve's."""
    raw = events((0, 1, 600), (1, 3, 300), (3, 9, 60))
    made = deployed(evidence(raw, at(4)), 1, 3)
    made = with_log(made, Activity(kind="set_resolved", at=at(2), who="Dana Ortiz"))
    result = recovery(made, at(2))
    by_kind = {action.kind: action for action in result.actions}
    stated, resolve = by_kind["stated"], by_kind["resolve"]
    assert (stated.compared_minutes, resolve.compared_minutes) == (119, 60)
    assert stated.before_per_hour == pytest.approx(counted(raw, 0, 2), rel=0.01)
    assert stated.after_per_hour == pytest.approx(counted(raw, 2, 4), rel=0.01)
    assert (resolve.before_per_hour, resolve.after_per_hour) == (counted(raw, 1, 2), counted(raw, 2, 3))
    assert (stated.change, resolve.change) == ("fell", "no_change")
    # The stated fix is what people ask about.
    assert "The stated fix at 12:07 UTC: 7.5 a minute before, 3.0 a minute after (over 1 h 59 min each): it fell." in (
        result.reading
    )


@pytest.mark.parametrize(("minutes", "compared"), [(9, 60), (10, 10), (30, 30)])
def test_changes_within_ten_minutes_are_one_change(minutes: int, compared: int) -> None:
    raw = events((0, 9, 240))
    flag = FlagChange(at=at(2) + minutes * MINUTE, flag="new-checkout", action="updated")
    made = deployed(evidence(raw, at(3), flag_changes=Known(value=(flag,), source="a test")), 2)
    deploy = recovery(made).actions[0]
    assert (deploy.kind, deploy.compared_minutes) == ("deploy", compared)


def test_what_was_done_at_the_beginning_and_just_now_is_of_the_incident() -> None:
    made = evidence(FIRE, at(1))
    episode = recovery(made).episode
    assert episode is not None
    first = episode.began_earliest
    log = (
        Activity(kind="set_ignored", at=first - SECOND, who="Dana Ortiz"),
        Activity(kind="set_ignored", at=first, who="Robin Chen"),
        Activity(kind="set_resolved", at=at(1), who="Dana Ortiz"),
    )
    assert [action.what for action in recovery(with_log(made, *log)).actions] == [
        'archived by "Robin Chen"',
        'resolved by "Dana Ortiz"',
    ]


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per_hour", "is_by_minute", "said"),
    [
        (None, None, "not known"),
        (0.0, None, "0 an hour"),
        (12.34, None, "12.3 an hour"),
        (59.9, None, "59.9 an hour"),
        (60.0, None, "1.0 a minute"),
        (72_000.0, None, "1,200.0 a minute"),
        (0.0, True, "0 a minute"),
        (3.0, True, "0.05 a minute"),
        (6.0, True, "0.1 a minute"),
        (9.0, True, "0.1 a minute"),
        (240.0, False, "240 an hour"),
    ],
)
def test_a_rate_is_told_in_the_unit_that_people_can_picture(
    per_hour: float | None, is_by_minute: bool | None, said: str
) -> None:
    assert rate(per_hour, is_by_minute=is_by_minute) == said


@pytest.mark.parametrize(("seconds", "left"), [(59, 59), (60, 60), (61, 60), (119, 60), (120, 120), (3725, 3720)])
def test_full_minutes(seconds: int, left: int) -> None:
    assert full_minutes(seconds * SECOND) == left * SECOND


def test_too_few_events_say_so() -> None:
    few = events((0, 0.4, 10), (0.4, 48, 10), until=48)
    assert recovery(evidence(few, at(2)), at(0.4)).reading.endswith("each): too few events to say.")


def test_a_stated_fix_that_is_a_deploy_is_told_by_its_name() -> None:
    made = deployed(evidence(FIRE, at(4)), 2)
    made = with_log(made, Activity(kind="set_resolved", at=at(2), who="Dana Ortiz"))
    assert ' Deploy of "shop@2" at 12:07 UTC: 4.0 a minute before, 0 a minute after' in recovery(made, at(2)).reading


@pytest.mark.parametrize("is_new", [False, True])
def test_events_since_a_time_before_the_counts_are_known_of_a_new_issue_only(is_new: bool) -> None:
    """An old issue had 480 events "since 2020", of which the counts hold two weeks."""
    raw = [moment for moment in FIRE if not is_new or moment >= at(0)]
    result = recovery(evidence(raw, at(5)), at(-3 * 365 * 24))
    assert result.events_since == (480 if is_new else None)
    assert missing(result).get("events_since") == (None if is_new else "the counts begin after that time")
