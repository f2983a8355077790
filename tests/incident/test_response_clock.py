"""The response clock: what it counts from, until when, and how both are said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.metrics.crossings import users_above
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour
from sentry_runbook.incident.model.evidence import Evidence, Unknown
from sentry_runbook.incident.model.policy import Calendar, Policy
from sentry_runbook.incident.model.results.triage import Verdict
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.severity import severity_page
from tests.incident.builder import (
    HOUR,
    MINUTE,
    NOTHING_STATED,
    NOW,
    POLICY,
    WINDOW,
    Seen,
    ago,
    burst,
    incident,
    known,
)
from tests.incident.severity_cases import DEAD, blind, buckets, crowd, hour, per_minute, period, totals, users_hours

BERLIN = POLICY.model_copy(update={"calendar": Calendar(time_zone="Europe/Berlin")})
CROWD = crowd(320)
"""A new user every 9.4 s from 13:00 on."""


def verdict(
    evidence: Evidence, stated: Stated = NOTHING_STATED, policy: Policy = POLICY, now: datetime = NOW
) -> Verdict:
    return Incident(evidence, stated, policy, now).severity


def why(result: Verdict, what: str) -> str:
    return next((entry.why for entry in result.missing if entry.what == what), "")


def hourly(*crash_rates: float | None) -> Evidence:
    """An issue since 13:00, and full hours with these crash rates up to now; None is an hour with few sessions."""
    hours = [
        hour(len(crash_rates) - index, rate or 0.0, sessions=900 if rate is not None else 10)
        for index, rate in enumerate(crash_rates)
    ]
    return incident(crowd(5), sessions=known(period(2000, *hours, crash_rate=0.01)))


# --- when the threshold was crossed --------------------------------------------------------------------------------


def test_users_are_above_from_the_event_that_brings_one_too_many_where_all_events_were_read() -> None:
    events = burst(ago(hours=2), 60, MINUTE, 30)
    policy = POLICY.model_copy(update={"thresholds": POLICY.thresholds.model_copy(update={"users_per_hour_above": 10})})
    result = verdict(incident(events), policy=policy)
    assert result.decided_by == "users_per_hour"
    assert result.threshold_crossed_at == events[10].at
    assert result.clock_basis == "users_per_hour crossed at 13:10 UTC"
    assert (result.clock_started, result.respond_by) == (events[10].at, events[10].at + HOUR)


def test_users_known_by_counts_only_are_above_at_the_latest() -> None:
    result = verdict(incident(CROWD))
    # The hundred and first user comes at 13:15:37; each minute has its own users, so that the sums are exact.
    assert result.threshold_crossed_at == ago(minutes=104)
    assert result.clock_basis == "users_per_hour crossed at 13:16 UTC at the latest"


def test_users_of_a_clock_hour_alone_are_above_by_its_end_at_the_latest() -> None:
    result = verdict(blind(users_per_hour=users_hours(5, 150, 7), totals=totals(900, 155)))
    assert result.decided_by == "users_per_hour"
    assert (result.threshold_crossed_at, result.clock_basis) == (
        ago(hours=1),
        "users_per_hour crossed at 14:00 UTC at the latest",
    )


def test_an_open_hour_is_above_now_at_the_latest_and_never_in_the_future() -> None:
    now = NOW + 20 * MINUTE
    evidence = blind(
        users_per_hour=users_hours(5, 150).model_copy(
            update={"value": users_hours(5, 150).value.model_copy(update={"start": ago(hours=1)})}
        ),
        totals=totals(900, 155),
        window=WINDOW.model_copy(update={"end": now}),
    ).model_copy(update={"collected_at": now})
    assert verdict(evidence, now=now).threshold_crossed_at == now


def test_users_whose_hour_no_count_tells_leave_the_crossing_unknown() -> None:
    result = verdict(blind(totals=totals(90_000, 5_000)))
    assert result.decided_by == "users_per_hour"
    assert result.threshold_crossed_at is None
    assert "do not tell in which hour" in why(result, "threshold_crossed_at")
    assert result.clock_started is None


def test_an_unhandled_rate_is_above_from_the_end_of_the_first_minute_above_not_of_the_worst() -> None:
    first = [Seen(at=ago(minutes=50) + number * timedelta(milliseconds=100)) for number in range(501)]
    worst = [Seen(at=ago(minutes=30) + number * timedelta(milliseconds=50)) for number in range(900)]
    result = verdict(incident([*first, *worst]))
    assert result.threshold_crossed_at == ago(minutes=49)
    assert result.respond_by == ago(minutes=34)


def test_the_figure_that_decided_is_the_one_whose_minute_counts() -> None:
    own = [Seen(at=ago(minutes=50) + number * timedelta(milliseconds=100)) for number in range(501)]
    others = [Seen(at=ago(minutes=30) + number * timedelta(milliseconds=10)) for number in range(2000)]
    of_the_project = verdict(incident(own, others=others, unhandled=DEAD))
    assert of_the_project.threshold_crossed_at == ago(minutes=49)
    result = verdict(incident(per_minute(10), others=others))
    assert (result.decided_by, result.threshold_crossed_at) == ("unhandled_rate", ago(minutes=29))


def test_longer_buckets_are_above_by_their_end_at_the_latest() -> None:
    result = verdict(
        incident(crowd(5), unhandled=buckets(0.0, 0.0, 2501.0), project_unhandled=buckets(0.0, 0.0, 2501.0))
    )
    assert result.clock_basis == "unhandled_rate crossed at 14:15 UTC at the latest"


def test_a_minute_that_is_still_open_is_above_now() -> None:
    events = [Seen(at=NOW - timedelta(seconds=20) + number * timedelta(milliseconds=20)) for number in range(600)]
    evidence = incident(events).model_copy(update={"collected_at": NOW - timedelta(seconds=5)})
    result = verdict(evidence, now=NOW - timedelta(seconds=5))
    assert result.threshold_crossed_at == NOW - timedelta(seconds=5)


def test_crash_free_sessions_are_below_from_the_end_of_the_first_full_hour_below() -> None:
    result = verdict(hourly(0.0, 0.1, 0.2, 0.0))
    assert result.decided_by == "crash_free"
    # The hours from 11:00 and 12:00 are below; the incident began at 13:00, so the second one's end is the first in it.
    assert result.threshold_crossed_at == ago(hours=2)


def test_an_hour_below_with_too_few_sessions_crosses_nothing() -> None:
    assert verdict(hourly(0.0, None, 0.0, 0.2)).threshold_crossed_at == NOW


def test_what_lay_below_from_the_first_hour_on_did_so_at_the_latest_then() -> None:
    result = verdict(hourly(0.2, 0.2))
    assert result.clock_basis == "crash_free crossed at 14:00 UTC at the latest"


def test_a_whole_period_below_without_an_hour_below_has_no_crossing_and_counts_from_the_onset() -> None:
    result = verdict(incident(crowd(5), sessions=known(period(2000, crash_rate=0.1))))
    assert (result.decided_by, result.threshold_crossed_at) == ("crash_free", None)
    assert "no full hour" in why(result, "threshold_crossed_at")
    assert (result.clock_basis, result.clock_started) == ("onset", ago(hours=2))


def test_a_threshold_crossed_in_an_earlier_burst_does_not_start_the_clock_of_this_one() -> None:
    early = [Seen(at=ago(hours=20) + number * timedelta(milliseconds=50)) for number in range(900)]
    late = [Seen(at=ago(minutes=30) + number * timedelta(milliseconds=50)) for number in range(900)]
    result = verdict(incident(late, others=early))
    assert result.threshold_crossed_at == ago(minutes=29)


@pytest.mark.parametrize(
    ("evidence", "stated"),
    [
        (incident(crowd(5)), NOTHING_STATED),
        (incident(crowd(5, environment="staging")), NOTHING_STATED),
        (incident(crowd(5), issue={"level": "info"}), NOTHING_STATED),
        (incident(crowd(5)), Stated(data_loss_risk=True)),
    ],
)
def test_a_rule_without_a_threshold_counts_from_the_onset(evidence: Evidence, stated: Stated) -> None:
    result = verdict(evidence, stated)
    assert (result.clock_basis, result.clock_started) == ("onset", ago(hours=2))
    assert result.threshold_crossed_at is None
    assert why(result, "threshold_crossed_at") == ""


def brute_force(events: Sequence[Seen], limit: int) -> list[datetime]:
    """The events at which the hour up to them held more than ``limit`` users, each hour counted anew."""
    inside = [event for event in events if WINDOW.start <= event.at < WINDOW.end]
    return [
        event.at
        for event in inside
        if len({other.user for other in inside if event.at - HOUR < other.at <= event.at}) > limit
    ]


EVENTS = st.lists(
    st.builds(
        lambda minutes, seconds, user: Seen(
            at=ago(hours=5) + minutes * MINUTE + timedelta(seconds=seconds), user=f"u{user}"
        ),
        st.integers(0, 290),
        st.integers(0, 59),
        st.integers(0, 25),
    ),
    min_size=1,
    max_size=160,
).map(lambda events: sorted(events, key=lambda event: event.at))


@settings(max_examples=60, deadline=None)
@example([Seen(at=ago(hours=5), user=f"u{number}") for number in range(3)], 2, True)
@given(EVENTS, st.integers(2, 12), st.booleans())
def test_no_crossing_is_told_before_the_users_were_there(events: list[Seen], limit: int, rows_known: bool) -> None:
    evidence = incident(events) if rows_known else incident(events, rows=Unknown(why="a test"))
    true = brute_force(events, limit)
    crossings = sorted(users_above(evidence, limit), key=lambda crossing: crossing.at)
    if crossings:
        assert true
        assert crossings[0].at >= true[0].replace(second=0)
    if rows_known and len(events) <= 100:
        # Of several events at one instant brute force names each, the product the one that made it too many.
        assert list(dict.fromkeys(crossing.at for crossing in crossings)) == list(dict.fromkeys(true))
    worst = users_worst_hour(evidence)
    assert isinstance(worst, UsersWorstHour)
    if worst.start is not None and worst.at_least > limit:
        assert crossings


# --- what starts the clock -----------------------------------------------------------------------------------------


def test_the_stated_alert_starts_the_clock_and_the_crossing_stands_beside_it() -> None:
    result = verdict(incident(CROWD), Stated(alerted_at=ago(minutes=7)))
    assert (result.clock_basis, result.clock_started) == ("stated alert", ago(minutes=7))
    assert result.threshold_crossed_at == ago(minutes=104)
    assert result.respond_by == ago(minutes=7) + HOUR
    page = severity_page(result).finish().text("nonce")
    assert "2026-11-23 14:53 UTC (stated alert); threshold crossed 2026-11-23 13:16 UTC" in page


def test_a_stated_detection_starts_the_clock_where_no_alert_is_stated() -> None:
    stated = Stated(detected_at=ago(minutes=30))
    assert verdict(incident(CROWD), stated).clock_basis == "stated detection"
    assert verdict(incident(CROWD), stated.model_copy(update={"alerted_at": ago(minutes=40)})).clock_started == ago(
        minutes=40
    )


def test_an_alert_that_is_stated_for_the_future_starts_nothing() -> None:
    result = verdict(incident(CROWD), Stated(alerted_at=NOW + HOUR))
    assert result.clock_basis == "users_per_hour crossed at 13:16 UTC at the latest"


def test_without_a_beginning_there_is_no_clock_and_it_says_what_to_count_from() -> None:
    steady = incident(burst(NOW - 16 * 24 * HOUR, 16 * 288, 5 * MINUTE, 20), issue={"first_seen": NOW - 30 * 24 * HOUR})
    result = verdict(steady, Stated(data_loss_risk=True))
    assert (result.respond_by, result.due, result.clock_started, result.clock_basis) == (None, None, None, None)
    assert "count from the alert" in why(result, "respond_by")


# --- until when ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes_later", "due"),
    [
        (0, "due 14:16 UTC, passed 44 min ago"),
        (-44, "due 14:16 UTC"),
        (-43, "due 14:16 UTC, passed 1 min ago"),
        (12 * 60, "due 2026-11-23 14:16 UTC, passed 12 h 44 min ago"),
    ],
)
def test_a_time_to_respond_by_that_has_passed_says_so_with_a_date_unless_it_is_today(
    minutes_later: int, due: str
) -> None:
    result = verdict(incident(CROWD), now=NOW + minutes_later * MINUTE)
    assert result.due == due
    assert result.response_due == f"1 hour, {due}"
    assert f"1 hour, {due}" in severity_page(result).finish().text("nonce")


def test_a_threshold_that_was_crossed_yesterday_is_told_with_its_date() -> None:
    result = verdict(incident(CROWD), now=NOW + 12 * HOUR)
    assert result.clock_basis == "users_per_hour crossed at 2026-11-23 13:16 UTC at the latest"


@pytest.mark.parametrize(
    ("level", "setting"),
    [({}, "calendar.time_zone"), ({"level": "info"}, "response_minutes")],
)
def test_words_without_a_clock_time_name_none_and_say_which_setting_would(
    level: dict[str, object], setting: str
) -> None:
    result = verdict(incident(crowd(5), issue=level))
    assert (result.respond_by, result.due) == (None, None)
    assert result.response_due == result.response
    assert setting in why(result, "respond_by")
    assert result.clock_started == ago(hours=2)


def test_a_business_day_ends_by_the_policys_calendar() -> None:
    result = verdict(incident(crowd(5)), policy=BERLIN)
    # 13:00 UTC on a Monday is 14:00 in Berlin, where work ends at 17:00.
    assert result.respond_by == NOW.replace(hour=16)
    assert result.response_due == "same business day, due 16:00 UTC"
    assert why(result, "respond_by") == ""


def test_minutes_of_a_policy_are_counted_whatever_the_severity() -> None:
    words = POLICY.severity.P2.model_copy(update={"response_minutes": 120, "response": "2 hours"})
    policy = POLICY.model_copy(update={"severity": POLICY.severity.model_copy(update={"P2": words})})
    assert verdict(incident(crowd(5)), policy=policy).response_due == "2 hours, due 15:00 UTC"


def test_the_next_sprint_has_no_clock_time_with_a_calendar_either() -> None:
    result = verdict(incident(crowd(5), issue={"level": "info"}), policy=BERLIN)
    assert result.respond_by is None
