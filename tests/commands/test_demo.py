"""The demo: every incident from the alert to the postmortem, readable in a pipe and in a terminal."""

from __future__ import annotations

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.commands.support import Commands
from tests.matrix import matrix

SEVERITIES = {"payment-spike": "P0 CRITICAL", "geocoding-503": "P2 MINOR", "typeerror-v2.4.1": "P1 MAJOR"}
STEPS = ["Alert", "Triage", "Severity", "Impact", "Messages", "Resolution", "Recovery", "Recovery", "Postmortem"]
REVIEWED = ("tired-alerts",)
"""Those that end with the review of their alerts."""
TOOLS = (
    "triage_issue",
    "classify_severity",
    "discover_impact",
    "draft_update",
    "resolve_issue",
    "check_recovery",
    "draft_postmortem",
)


@pytest.mark.parametrize("name", matrix(SCENARIOS, quick=("payment-spike",)))
def test_every_incident_is_played_to_its_postmortem(name: str, command: Commands) -> None:
    said = command("demo", name)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    steps = [line.split()[1] for line in lines if line[:1].isdigit() and line.endswith("─")]
    assert steps == [*STEPS, *(["Alerts"] if name in REVIEWED else [])]
    assert ("⏵ review_alerts(" in said.out) is (name in REVIEWED)
    assert all(f"⏵ {tool}(" in said.out for tool in TOOLS)
    assert SEVERITIES.get(name, "") in said.out
    assert "You: yes" in said.out
    assert "applied" in said.out
    assert "RECOVERED" in said.out
    assert "Incident Postmortem" in said.out
    assert "### Action Items" in said.out


def test_nobody_is_woken_by_an_alert_that_tells_nobody(command: Commands) -> None:
    said = command("demo", "tired-alerts").out
    assert "“Checkout errors” wakes you" in said
    assert "DEAD" in said.partition("⏵ review_alerts(")[2]


@pytest.mark.matrix
@pytest.mark.parametrize(("minutes", "first"), [(0, "IMPROVING"), (20, "UNKNOWN"), (45, "IMPROVING")])
def test_silence_is_no_recovery_in_an_hour_in_which_sentry_dropped_events(
    minutes: int, first: str, command: Commands, clock: ManualClock
) -> None:
    """Sentry counts what it dropped by clock hours: the first look falls into one, or just after it."""
    clock.advance(minutes=minutes)
    said = command("demo", "quota-exhausted").out
    assert said.index(first) < said.index("RECOVERED")


@pytest.mark.matrix
def test_a_pipe_gets_plain_lines_without_trailing_blanks(command: Commands) -> None:
    said = command("demo")
    assert "\x1b" not in said.out
    assert not [line for line in said.out.splitlines() if line != line.rstrip()]
    assert max(map(len, said.out.splitlines())) <= 100
    assert '{"' not in said.out


def test_colour_comes_where_it_is_asked_for_and_never_against_no_color(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in command("triage", "SHOP-1Z", "--demo").out
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b[" not in command("triage", "SHOP-1Z", "--demo").out


def test_the_incidents_are_listed_with_their_titles(command: Commands) -> None:
    said = command("demo", "--list")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == list(SCENARIOS)


def test_an_unknown_incident_is_refused_with_the_names_of_all(command: Commands) -> None:
    said = command("demo", "meteor")
    assert said.code == 2
    assert all(name in said.err for name in SCENARIOS)


def test_the_demo_asks_no_real_sentry_whatever_the_environment_says(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "sntryu_real")
    monkeypatch.setenv("SENTRY_ORG", "real")
    assert command("triage", "SHOP-1Z", "--demo", "--url", "http://127.0.0.1:1", "--org", "other").code == 0
