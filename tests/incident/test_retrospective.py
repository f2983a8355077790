"""The questions of the retrospective: what was quick, what was slow, and whether it began in office hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.postmortem.retrospective import contributing, lucky, went_badly, went_well
from tests.incident.builder import HOUR, MINUTE, ago, burst, incident, read

START = ago(hours=4)
EVENTS = burst(START, 60, MINUTE / 2, users=20)
SECOND = timedelta(seconds=1)
QUARTER = 15 * MINUTE
"""The runbook's first triage."""


@pytest.mark.parametrize(("length", "quick"), [(QUARTER, True), (QUARTER + 59 * SECOND, True), (16 * MINUTE, False)])
def test_a_detection_within_a_quarter_of_an_hour_went_well(length: timedelta, quick: bool) -> None:
    detected = read(incident(EVENTS), Stated(detected_at=START + length))
    assert any("It was detected" in question for question in went_well(detected)) is quick
    assert any("before detection" in question for question in went_badly(detected)) is not quick
    assert any(hint.source == "time to detect" for hint in contributing(detected)) is not quick


@pytest.mark.parametrize(("length", "quick"), [(QUARTER, True), (QUARTER + 59 * SECOND, True), (16 * MINUTE, False)])
def test_an_acknowledgement_within_a_quarter_of_an_hour_is_no_delay(length: timedelta, quick: bool) -> None:
    stated = Stated(detected_at=START, acknowledged_at=START + length)
    answered = read(incident(EVENTS), stated)
    assert any("between detection and the first act" in question for question in went_badly(answered)) is not quick
    assert any(hint.source == "time to acknowledge" for hint in contributing(answered)) is not quick


@pytest.mark.parametrize(("minutes", "quick"), [(30, True), (31, False)])
def test_harm_that_ended_before_the_next_update_was_due_went_well(minutes: int, quick: bool) -> None:
    mitigated = read(incident(EVENTS), Stated(mitigated_at=START + minutes * MINUTE))
    assert any("The harm ended" in question for question in went_well(mitigated)) is quick
    assert any("What helped most" in question for question in went_well(mitigated)) is not quick


@pytest.mark.parametrize(
    ("began", "at_work"),
    [
        ("Friday 05:59", False),
        ("Friday 06:00", True),
        ("Friday 19:59", True),
        ("Friday 20:00", False),
        ("Saturday 12:00", False),
        ("Sunday 12:00", False),
        ("Monday 12:00", True),
    ],
)
def test_a_beginning_at_night_or_at_the_weekend_is_compared_with_office_hours(began: str, at_work: bool) -> None:
    name, _, clock = began.partition(" ")
    day = {"Friday": 20, "Saturday": 21, "Sunday": 22, "Monday": 23}[name]
    at = datetime(2026, 11, day, int(clock[:2]), int(clock[3:]), tzinfo=UTC)
    window = Window(start=at - HOUR, end=at + 2 * HOUR)
    met = read(incident(burst(at, 60, MINUTE / 2, users=20), window=window))
    questions = list(lucky(met, UTC))
    other = "at night, with fewer people around" if at_work else "in office hours, with more traffic"
    assert questions[0] == f"It began {name} {clock} (UTC): how does the response differ {other}?"
    assert not any("how does the response differ" in question for question in lucky(met))


@pytest.mark.parametrize(("hours", "other"), [(9, "in office hours"), (0, "at night")])
def test_night_is_where_the_responders_are(hours: int, other: str) -> None:
    # Friday 12:00 UTC is Friday 21:00 nine hours to the east.
    at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    window = Window(start=at - HOUR, end=at + 2 * HOUR)
    met = read(incident(burst(at, 60, MINUTE / 2, users=20), window=window))
    assert other in next(iter(lucky(met, timezone(timedelta(hours=hours)))))
