"""Percentages and times in sentences: no value reads as the threshold that it misses, no day as another one."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import sentry_runbook
from sentry_runbook.incident.formatting import moment, percent, stretch
from tests.incident.builder import ago, incident, known, read, sessions


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(95.0, "95 %", id="the threshold"),
        pytest.param(94.996, "94.99 %", id="a hair below it"),
        pytest.param(94.999999, "94.99 %", id="as near as it is measured"),
        pytest.param(95.004, "95 %", id="a hair above it"),
        pytest.param(100.0, "100 %", id="all"),
        pytest.param(99.999, "99.99 %", id="nearly all"),
        pytest.param(0.0, "0 %", id="none"),
        pytest.param(0.009, "below 0.01 %", id="nearly none"),
        pytest.param(0.01, "0.01 %", id="the least that is shown"),
        pytest.param(100 * 0.29, "29 %", id="a product that is a hair less"),
        pytest.param(100 / 3, "33.33 %", id="a third"),
    ],
)
def test_a_percentage_is_cut_to_two_places(value: float, shown: str) -> None:
    assert percent(value) == shown


@pytest.mark.parametrize(
    ("rate", "severity", "words"),
    [
        pytest.param(0.949996, "P0", "Crash-free sessions of production at 94.99 % ", id="a hair below"),
        pytest.param(0.95, "P2", "No rule for a higher or a lower severity holds", id="at the limit"),
    ],
)
def test_what_trips_the_rule_never_reads_as_its_threshold(rate: float, severity: str, words: str) -> None:
    verdict = read(incident(sessions=known(sessions(24_000, rate)), issue={"first_seen": ago(hours=3)})).severity
    assert verdict.severity == severity
    assert verdict.because.startswith(words)


def test_recovery_and_severity_judge_the_same_hour_alike() -> None:
    hours = {ago(hours=number): (1000, 0.9 if number == 5 else 0.949996) for number in range(24, 0, -1)}
    found = read(incident(sessions=known(sessions(24_000, 0.96, hours)), issue={"first_seen": ago(hours=4)}))
    assert found.severity.decided_by == "crash_free"
    assert found.recovery.crash_free_now_pct == 94.99


# --- times ---------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCE = Path(sentry_runbook.__file__).parent
NOT_FOR_PEOPLE = {"sentry/base.py", "collect/collection.py", "incident/severity/settling.py"}
"""Times in requests, in the words of a source, and in arguments of a call: ISO 8601 with the date."""


@pytest.mark.parametrize(
    ("today", "shown"),
    [
        (NOON + timedelta(hours=11, minutes=59), "12:00 UTC"),
        (NOON - timedelta(hours=12), "12:00 UTC"),
        (NOON + timedelta(hours=12), "2026-11-23 12:00 UTC"),
        (NOON - timedelta(hours=12, seconds=1), "2026-11-23 12:00 UTC"),
        (NOON + timedelta(days=7), "2026-11-23 12:00 UTC"),
        (datetime(2026, 11, 24, 1, tzinfo=timezone(timedelta(hours=2))), "12:00 UTC"),
        (None, "2026-11-23 12:00 UTC"),
    ],
)
def test_a_time_has_its_date_unless_it_is_of_the_readers_day_in_utc(today: datetime | None, shown: str) -> None:
    assert moment(NOON, today) == shown


def test_a_stretch_repeats_no_date_and_leaves_none_out() -> None:
    assert stretch(NOON, NOON + timedelta(hours=2)) == "2026-11-23 12:00 to 14:00 UTC"
    assert stretch(NOON, NOON + timedelta(hours=13), "and") == "2026-11-23 12:00 and 2026-11-24 01:00 UTC"


def test_times_of_day_are_written_in_one_place() -> None:
    writing = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "%H:%M" in path.read_text(encoding="utf-8") and "simulator" not in path.parts
    }
    assert writing == {"incident/formatting.py"} | NOT_FOR_PEOPLE
