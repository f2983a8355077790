"""The severity at an earlier moment: both sides of every time, and what is unknown."""

from __future__ import annotations

from datetime import timedelta

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    DroppedEvents,
    Evidence,
    IssueSeries,
    OutcomeSeries,
    Unknown,
    UsersIn,
)
from sentry_runbook.incident.model.results.triage import CouldBe
from sentry_runbook.incident.severity.earlier import severity_at
from tests.incident.builder import (
    DAY,
    MINUTE,
    NOTHING_STATED,
    NOW,
    POLICY,
    WINDOW,
    Seen,
    ago,
    incident,
    known,
    series,
)
from tests.incident.severity_cases import DEAD, blind, crowd, hour, period, totals, users_hours

P0, P1, P2 = (CouldBe(lowest=level, highest=level) for level in ("P0", "P1", "P2"))
P2_TO_P0, P2_TO_P1 = (CouldBe(lowest="P2", highest=level) for level in ("P0", "P1"))


def read(evidence: Evidence) -> Incident:
    return Incident(evidence, NOTHING_STATED, POLICY, NOW)


def test_a_minute_above_the_limit_counts_from_its_end() -> None:
    events = [Seen(at=ago(minutes=90) + number * timedelta(seconds=0.1), user="one") for number in range(501)]
    early = [Seen(at=ago(minutes=120 - number), user="one") for number in range(20)]
    whole = read(incident([*early, *events]))
    assert severity_at(whole, ago(minutes=90)) == P2
    assert severity_at(whole, ago(minutes=89.5)) == P2_TO_P0
    assert severity_at(whole, ago(minutes=89)) == P0


def test_crash_free_hours_count_from_their_ends() -> None:
    rates = [0.01, 0.01, 0.08, 0.01]
    hours = [hour(len(rates) - index, rate, sessions=900) for index, rate in enumerate(rates)]
    events = [Seen(at=ago(hours=4) + number * MINUTE) for number in range(200)]
    whole = read(incident(events, sessions=known(period(3600, *hours, crash_rate=0.02))))
    assert whole.severity.decided_by == "crash_free"
    assert severity_at(whole, ago(hours=1, minutes=1)) == P2
    assert severity_at(whole, ago(hours=1)) == P0


def test_what_is_unknown_now_is_unknown_then() -> None:
    events = [Seen(at=ago(hours=2) + number * MINUTE, user="one") for number in range(60)]
    whole = read(incident(events, sessions=DEAD))
    assert severity_at(whole, ago(hours=1)) == P2_TO_P0 == whole.severity.could_be


def test_before_the_incident_and_before_what_was_read_there_is_no_severity() -> None:
    whole = read(incident([Seen(at=ago(hours=2) + number * MINUTE) for number in range(60)]))
    before, unread = severity_at(whole, ago(hours=3)), severity_at(whole, ago(hours=30))
    assert isinstance(before, Unknown) and before.why == "the incident had not begun"
    assert isinstance(unread, Unknown) and unread.why.startswith("the numbers are read from 2026-11-22 15:00 UTC")


# --- users


def at_all(evidence: Evidence, **moments: CouldBe) -> None:
    """The severity at each moment, as minutes ago: ``m105``; ``m104_5`` is 104.5 minutes ago."""
    whole = read(evidence)
    found = {name: severity_at(whole, ago(minutes=float(name[1:].replace("_", ".")))) for name in moments}
    assert found == moments


def test_users_that_are_counted_by_the_minute_hold_the_threshold_from_the_end_of_that_minute() -> None:
    # A new user every 9.375 s from 13:00 on: 96 by 13:15, the hundred and first at 13:15:37.
    at_all(incident(crowd(320)), m119=P2, m105=P2, m104_9=P2_TO_P1, m104=P1, m1=P1)


def test_exactly_the_threshold_of_users_is_not_above_it() -> None:
    # A new user each half minute, from 13:00 on: 100 of them are there when 13:50 begins.
    events = [Seen(at=ago(hours=2) + number * MINUTE / 2, user=f"user-{number}") for number in range(119)]
    at_all(incident(events), m70=P2, m69_9=P2_TO_P1, m69=P1, m1=P1)


USUAL = [Seen(at=ago(hours=5) + number * MINUTE / 2, user=f"usual-{number % 20}") for number in range(600)]
NEW = [Seen(at=ago(hours=1) + number * MINUTE / 3, user=f"new-{number}") for number in range(180)]
"""Two errors a minute of twenty people from 10:00 on; from 14:00 on three more a minute, each of somebody new."""


def test_users_whose_events_are_many_are_bounded_by_the_clock_hours() -> None:
    # 14:20 is the last minute at which twenty people and those of the new ones are a hundred at most, by the sums.
    at_all(incident([*USUAL, *NEW]), m180=P2, m90=P2, m61=P2, m60=P2, m50=P2, m1=P1)


def test_an_hour_that_is_counted_apart_tells_nothing_of_the_time_before_its_end() -> None:
    counted = [UsersIn(start=ago(hours=hours), end=ago(hours=hours - 1), users=20) for hours in (5, 4, 3)]
    later = UsersIn(start=ago(hours=1), end=NOW, users=200)
    evidence = incident([*USUAL, *NEW], users_per_hour=DEAD, users_in=(*counted, later))
    at_all(evidence, m121=P2_TO_P1, m120=P2)


def test_where_no_minute_has_its_users_it_is_not_known_before_the_threshold_was_crossed() -> None:
    events = crowd(320)
    counted = series(events, NOW - 2 * WINDOW.length, NOW)
    at_all(incident(events, series=known(IssueSeries(events=counted))), m105=P2_TO_P1, m60=P1)


def test_clock_hours_alone_tell_it_at_their_ends() -> None:
    hours = users_hours(*[0] * 21, 5, 150, 7)
    at_all(blind(users_per_hour=hours, totals=totals(900, 155)), m120=P2, m90=P2_TO_P1, m61=P2_TO_P1, m60=P1)


def test_events_without_a_user_may_have_been_of_more_users() -> None:
    nobody = Seen(at=ago(minutes=110), user=None)
    at_all(incident([*crowd(320), nobody]), m105=P2_TO_P1, m104=P1)


def test_dropped_events_may_have_been_of_more_users() -> None:
    gone = OutcomeSeries(outcome="rate_limited", total=50, values=(*[0] * 22, 50, 0))
    kept = OutcomeSeries(outcome="accepted", total=0, values=(0,) * 24)
    dropped = known(DroppedEvents(start=NOW - DAY, step_s=3600, outcomes=(kept, gone)))
    at_all(incident(crowd(320), dropped=dropped), m105=CouldBe(lowest="P2", highest="P1"), m104=P1)


# --- other rules


def test_crash_free_sessions_of_the_period_alone_have_no_time() -> None:
    hours = [hour(number, 0.06, sessions=10) for number in range(1, 5)]
    events = [Seen(at=ago(hours=4) + number * MINUTE) for number in range(200)]
    at_all(incident(events, sessions=known(period(2000, *hours, crash_rate=0.06))), m60=P2_TO_P0)


def test_a_minute_of_the_projects_other_issues_counts_from_its_end() -> None:
    own = [Seen(at=ago(minutes=120 - number), user="one") for number in range(100)]
    others = [Seen(at=ago(minutes=60) + number * timedelta(seconds=0.1), user="x") for number in range(501)]
    at_all(incident(own, others=others), m61=P2, m60=P2, m59_5=P2_TO_P0, m59=P0)


def test_rules_without_a_time_count_as_now() -> None:
    events = [Seen(at=ago(hours=2) + number * MINUTE, environment="staging") for number in range(60)]
    live = Seen(at=ago(days=9), environment="production")
    at_all(incident([*events, live]), m60=read(incident([*events, live])).severity.could_be)


def test_an_incident_that_goes_on_for_longer_than_what_was_read_is_known_from_there_on() -> None:
    whole = read(incident([Seen(at=ago(hours=30) + number * 10 * MINUTE) for number in range(180)]))
    assert isinstance(severity_at(whole, WINDOW.start), CouldBe)
    assert isinstance(severity_at(whole, WINDOW.start - MINUTE), Unknown)
