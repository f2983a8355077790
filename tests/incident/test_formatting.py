"""Percentages in sentences: cut and not rounded, so that no value reads as the threshold that it misses."""

import pytest

from sentry_runbook.incident.formatting import percent
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
    assert found.recovery.crash_free_now_pct == 94.999
