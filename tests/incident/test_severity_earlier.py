"""The severity at an earlier moment: both sides of every time, and what is unknown."""

from __future__ import annotations

from datetime import timedelta

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence, Unknown
from sentry_runbook.incident.model.results.triage import CouldBe
from sentry_runbook.incident.severity.earlier import severity_at
from tests.incident.builder import MINUTE, NOTHING_STATED, NOW, POLICY, Seen, ago, incident, known
from tests.incident.severity_cases import DEAD, hour, period


def read(evidence: Evidence) -> Incident:
    return Incident(evidence, NOTHING_STATED, POLICY, NOW)


def test_a_minute_above_the_limit_counts_from_its_end() -> None:
    events = [Seen(at=ago(minutes=90) + number * timedelta(seconds=0.1), user="one") for number in range(501)]
    early = [Seen(at=ago(minutes=120 - number), user="one") for number in range(20)]
    whole = read(incident([*early, *events]))
    assert severity_at(whole, ago(minutes=91)) == CouldBe(lowest="P2", highest="P2")
    assert severity_at(whole, ago(minutes=89.5)) == CouldBe(lowest="P2", highest="P0")
    assert severity_at(whole, ago(minutes=89)) == CouldBe(lowest="P0", highest="P0")


def test_crash_free_hours_count_from_their_ends() -> None:
    rates = [0.01, 0.01, 0.08, 0.01]
    hours = [hour(len(rates) - index, rate, sessions=900) for index, rate in enumerate(rates)]
    events = [Seen(at=ago(hours=4) + number * MINUTE) for number in range(200)]
    whole = read(incident(events, sessions=known(period(3600, *hours, crash_rate=0.02))))
    assert whole.severity.decided_by == "crash_free"
    assert severity_at(whole, ago(hours=1, minutes=1)) == CouldBe(lowest="P2", highest="P2")
    assert severity_at(whole, ago(hours=1)) == CouldBe(lowest="P0", highest="P0")


def test_what_is_unknown_now_is_unknown_then() -> None:
    events = [Seen(at=ago(hours=2) + number * MINUTE, user="one") for number in range(60)]
    whole = read(incident(events, sessions=DEAD))
    assert severity_at(whole, ago(hours=1)) == CouldBe(lowest="P2", highest="P0") == whole.severity.could_be


def test_before_the_incident_and_before_what_was_read_there_is_no_severity() -> None:
    whole = read(incident([Seen(at=ago(hours=2) + number * MINUTE) for number in range(60)]))
    before, unread = severity_at(whole, ago(hours=3)), severity_at(whole, ago(hours=30))
    assert isinstance(before, Unknown) and before.why == "the incident had not begun"
    assert isinstance(unread, Unknown) and unread.why.startswith("the numbers are read from 2026-11-22 15:00 UTC")
