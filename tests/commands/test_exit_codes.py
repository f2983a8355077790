"""The exit code by severity: a program that reads nothing else learns from it whether to go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import get_args
from urllib.parse import parse_qs

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sentry_runbook.commands import runtime
from sentry_runbook.commands.answers import CODES
from sentry_runbook.incident.model.policy import Level
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.profile import Profile
from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.world import World
from tests.collect.situation_worlds import QUIET, cascade
from tests.commands.support import TOKEN, Commands, Outcome, served

Ends = Callable[..., Outcome]


def without(app: ASGIApp, words: Sequence[str]) -> ASGIApp:
    """The same Sentry, which refuses lists of issues whose search or order holds one of the words."""

    async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
        asked = parse_qs(scope["query_string"].decode())
        said = " ".join((*asked.get("query", ()), *asked.get("sort", ())))
        if scope["path"].endswith("/issues/") and any(word in said for word in words):
            await JSONResponse({"detail": "no"}, 403)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return refuses


@pytest.fixture
def ends(command: Commands, monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Runs ``situation`` in front of a world whose Sentry refuses some lists."""

    def run(scenario: Scenario, *flags: str, refused: Sequence[str] = (), profile: Profile | None = None) -> Outcome:
        clock = ManualClock()
        monkeypatch.setattr(runtime, "utc_now", clock)
        monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
        monkeypatch.setenv("SENTRY_ORG", "acme")
        with served(without(create_app(World(scenario, clock), token=TOKEN, profile=profile), refused)) as url:
            monkeypatch.setenv("SENTRY_URL", url)
            return command("situation", *flags)

    return run


def test_the_codes_are_those_of_nothing_else() -> None:
    assert set(CODES) == set(get_args(Level))
    # 0 done, 1 bad news, 2 wrong arguments; 64 to 78 are sendmail's, 126 and more the shell's and the signals'.
    assert all(9 < code < 64 for code in CODES.values()) and len(set(CODES.values())) == len(CODES)


def test_the_worst_incident_decides(ends: Ends) -> None:
    said = ends(cascade(), "--exit-code", "--json")
    found = [incident["severity"] for incident in json.loads(said.out)["incidents"]]
    assert len(found) > 1 and said.code == min(CODES[level] for level in found)
    assert ends(cascade()).code == 0


def test_nothing_wrong_is_0(ends: Ends) -> None:
    said = ends(QUIET, "--exit-code")
    assert (said.code, said.err) == (0, "") and said.out.startswith("Nothing new")


@pytest.mark.parametrize(("refused", "named"), [(["firstSeen"], "new issues"), (["is:unresolved"], "busy issues")])
def test_nothing_found_where_not_all_was_read_is_not_0(refused: list[str], named: str, ends: Ends) -> None:
    said = ends(QUIET, "--exit-code", refused=refused)
    assert said.code == 1 and said.out
    assert f"nothing was found, but not everything could be looked at: {named}" in said.err
    assert ends(QUIET, refused=refused).code == 0


def test_without_the_order_that_only_new_servers_have_nothing_wrong_is_still_0(ends: Ends) -> None:
    assert ends(QUIET, "--exit-code", refused=["trends"]).code == 0


def test_a_project_that_the_token_may_not_read_is_not_quiet(ends: Ends) -> None:
    hidden = Profile(hidden=frozenset({"web"}))
    said = ends(QUIET, "--exit-code", profile=hidden)
    assert said.code == 1 and "not everything could be looked at: project web\n" in said.err
    assert ends(QUIET, "--exit-code", "--project", "payments", profile=hidden).code == 0


def test_a_token_that_may_read_nothing_is_told_nothing_quiet(ends: Ends) -> None:
    said = ends(QUIET, "--exit-code", profile=Profile(access=False))
    assert said.code == 1 and "new issues" in said.err
