"""``review-alerts``: all alerts on one page, for a person in a terminal and for a program."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench import many_alerts
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import AlertSpec, IssueSpec, Scenario, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.commands.support import TOKEN, Commands, served

TIRED = SCENARIOS["tired-alerts"]


def facing(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server of a world of one's own; the environment names the organization."""
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("SENTRY_ORG", "acme")
    return served(create_app(world, token=TOKEN))


def printed(command: Commands, *flags: str) -> dict[str, Any]:
    """What a program reads."""
    said = command("review-alerts", "--json", *flags)
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_a_person_reads_what_a_program_does_the_worst_first(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    with facing(World(TIRED, ManualClock()), monkeypatch) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        said, facts = command("review-alerts"), printed(command)
    assert (said.code, said.err) == (0, "")
    # Lines of a terminal are broken where they are long.
    text = " ".join(said.out.split())
    assert text.startswith(facts["headline"][:60])
    for alert in facts["alerts"]:
        for expected in (alert["name"], alert["why"], alert["condition"], alert.get("next_step", "")):
            assert " ".join(expected.split()) in text, expected
    assert [alert["verdict"] for alert in facts["alerts"]] == ["dead", "noisy", "late", "works"]
    places = [text.index(f'"{alert["name"]}", issue alert') for alert in facts["alerts"]]
    assert places == sorted(places)
    for gap in facts["gaps"]:
        assert gap["episode"] in text and " ".join(gap["suggestion"].split()) in text


def test_a_program_gets_all_alerts_and_markdown_is_a_page_of_them(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with facing(many_alerts.world(20), monkeypatch) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        facts, said = printed(command), command("review-alerts", "--format", "markdown")
        cursor = said.out.rpartition("call again with cursor ")[2].split()[0]
        further = command("review-alerts", "--format", "markdown", "--cursor", cursor)
    assert len({alert["id"] for alert in facts["alerts"]}) == sum(facts["counts"].values()) >= 20
    assert "next_cursor" not in facts and "left out for length" not in json.dumps(facts)
    assert len(said.out) <= 9_000
    assert (further.code, further.err) == (0, "")
    first = said.out.count("\n- **Fires on:**")
    assert f"Alerts {first + 1} to " in further.out
    assert f'"{facts["alerts"][first]["name"]}"' in further.out
    assert f'### Dead: "{facts["alerts"][0]["name"]}"' not in further.out


@pytest.mark.usefixtures("sentry")
def test_the_flags_narrow_as_the_tools_arguments_do(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_PROJECT", "geo")
    assert printed(command)["project"] == "all", "a default project of the settings hides no other"
    facts = printed(command, "--project", "tickets", "--period", "7d")
    assert facts["project"] == "tickets" and facts["window"]["start"].startswith("2026-11-13T")
    assert {alert["name"] for alert in facts["alerts"]} >= {"Checkout errors", "Refunds fail"}


@pytest.mark.usefixtures("sentry")
@pytest.mark.parametrize(
    ("flags", "code", "reason"),
    [
        (("--period", "soon"), 2, "period"),
        (("--project", "../x"), 2, "slug"),
        (("--cursor", "7"), 2, "cursor"),
        (("--cursor", "alerts-9999"), 2, "cursor"),
        (("--project", "nope"), 1, "nope"),
    ],
    ids=["period", "project", "no_cursor", "cursor_behind_the_end", "unknown_project"],
)
def test_what_cannot_be_answered_is_one_sentence_and_the_right_code(
    flags: tuple[str, ...], code: int, reason: str, command: Commands
) -> None:
    said = command("review-alerts", *flags)
    assert (said.code, said.out) == (code, "")
    assert reason in said.err and said.err.count("\n") <= 2


def test_control_characters_of_a_name_reach_no_terminal(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    boom = IssueSpec("ONE-2", "Boom", streams=(Stream(9, -60, -50),))
    alert = AlertSpec("Boom \x1b[31m red \x07 bell", owner="team:\x1b[2J")
    world = Scenario(name="one", issues=(boom,), alerts=(alert,))
    with facing(World(world, ManualClock()), monkeypatch) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        said = command("review-alerts")
    assert said.code == 0 and "Boom" in said.out
    assert "\x1b" not in said.out and "\x07" not in said.out
