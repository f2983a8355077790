"""``situation``: what the tool says, for a person in a terminal and for a program."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sentry_runbook.commands import runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario
from sentry_runbook.simulator.world import World
from tests.collect.situation_worlds import QUIET, burst, cascade, people
from tests.commands.support import TOKEN, Commands, served


def facing(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server of a world of one's own, to which the environment points."""
    clock = ManualClock()
    monkeypatch.setattr(runtime, "utc_now", clock)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("SENTRY_ORG", "acme")
    return served(create_app(World(scenario, clock), token=TOKEN))


def printed(command: Commands, *flags: str) -> dict[str, Any]:
    """What a program reads."""
    said = command("situation", "--json", *flags)
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_a_person_reads_the_incidents_first_and_what_is_as_usual_last(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with facing(cascade(), monkeypatch) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        said, facts = command("situation"), printed(command)
    assert (said.code, said.err) == (0, "")
    first = facts["incidents"][0]
    # Lines of a terminal are broken where they are long.
    text = " ".join(said.out.split())
    assert text.startswith(" ".join(facts["headline"].split())[:60])
    for expected in (first["next_step"], first["because"], *first["reasons"], *facts["quiet"]):
        assert " ".join(expected.split())[:60] in text, expected
    assert f" {first['severity']} {first['label'].upper()} " in said.out
    assert text.index("PAYMENTS-2") < text.index("SEARCH-2") < text.index("As usual")


def test_nothing_wrong_ends_with_0_and_says_what_was_looked_at(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with facing(QUIET, monkeypatch) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        said = command("situation")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Nothing new") and "2 projects" in said.out


@pytest.mark.usefixtures("sentry")
def test_the_flags_narrow_as_the_tools_arguments_do(command: Commands) -> None:
    assert printed(command)["scope"]["project"] == "all"
    facts = printed(command, "--project", "shop", "--environment", "production", "--period", "2h")
    assert facts["scope"]["project"] == "shop" and facts["scope"]["environments"] == ["production"]
    assert facts["window"]["start"].startswith("2026-11-20T10:00")


@pytest.mark.usefixtures("sentry")
def test_a_default_project_of_the_settings_hides_no_other(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_PROJECT", "geo")
    assert printed(command)["scope"]["project"] == "all"


@pytest.mark.usefixtures("sentry")
def test_an_alerts_name_is_told(command: Commands) -> None:
    facts = printed(command, "--alert", "Payment errors above 20 a minute")
    assert "Payment errors above 20 a minute" in facts["alert"]["what"]
    said = command("situation", "--alert", "Payment errors above 20 a minute")
    assert "The alert" in said.out and "Payment errors above 20 a minute" in said.out


@pytest.mark.usefixtures("sentry")
@pytest.mark.parametrize(
    ("flags", "code", "reason"),
    [
        (("--period", "soon"), 2, "period"),
        (("--project", "../x"), 2, "slug"),
        (("--alert", "https://evil.example.com/alerts/1/"), 2, "nothing was sent there"),
        (("--project", "nope"), 1, "nope"),
        (("--environment", "produciton"), 1, '"produciton"'),
    ],
)
def test_what_cannot_be_answered_is_one_sentence_and_the_right_code(
    flags: tuple[str, ...], code: int, reason: str, command: Commands
) -> None:
    said = command("situation", *flags)
    assert (said.code, said.out) == (code, "")
    assert reason in said.err and said.err.count("\n") <= 2


def test_control_characters_of_a_title_reach_no_terminal(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    title = "Boom \x1b[31m red \x07 bell"
    world = Scenario(name="one", issues=(IssueSpec("ONE-2", title, raw=burst(-9, people(9))),))
    with facing(world, monkeypatch) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        said = command("situation")
    assert said.code == 0 and "Boom" in said.out
    assert "\x1b" not in said.out and "\x07" not in said.out


def test_one_issue_that_is_not_named_stays_apart_and_several_stay(command: Commands) -> None:
    said = " ".join(command("situation", "--demo").out.split())
    assert re.search(r"\d+ more issues? of the same minutes", said)
    assert (
        re.findall(r"1 more issue of the same minutes stay |[02-9] more issues of the same minutes stays ", said) == []
    )
