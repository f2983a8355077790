"""--log-level: what is said on stderr at each level, and that it holds nothing of what Sentry answered."""

from __future__ import annotations

import logging
import re
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sentry_runbook.commands import COMMANDS
from sentry_runbook.commands.arguments import parse
from sentry_runbook.commands.logs import LEVELS, PACKAGE
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.messages import shown_path
from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.commands.support import PROGRAM, TOKEN, Commands, environment, served
from tests.sentry.upstream import ORG, Upstream, client_of, drops, gives, says

REQUEST = re.compile(
    r"sentry-runbook: DEBUG sentry_runbook\.sentry\.http: "
    r"(?:GET|PUT|POST) /api/0/[A-Za-z0-9/_.…-]*(?:\?[A-Za-z0-9_.&]+)?: (?:\d{3}, [\d,]+ bytes|[A-Za-z]+) in \d+ ms"
)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
@pytest.mark.usefixtures("sentry")
def test_debug_names_each_request_by_method_path_status_and_time_and_nothing_that_it_held(
    scenario: object, command: Commands
) -> None:
    issue = str(getattr(scenario, "issue", ""))
    said = command("triage", issue, "--json", "--log-level", "debug")
    assert said.code == 0
    lines = said.err.splitlines()
    assert len(lines) > 5
    assert [line for line in lines if not REQUEST.fullmatch(line)] == []
    versions = [release.version for found in SCENARIOS.values() for release in found.releases]
    for version in versions:
        assert version not in said.err and quote(version, safe="") not in said.err
    assert TOKEN not in said.err


@pytest.mark.parametrize("level", LEVELS[1:])
@pytest.mark.usefixtures("sentry")
def test_no_other_level_names_a_request(level: str, command: Commands) -> None:
    assert command("triage", "SHOP-1Z", "--json", "--log-level", level).err == ""
    assert command("triage", "SHOP-1Z", "--json").err == "", "the level of one command is not the next one's"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_level_may_stand_before_the_command_or_behind_it(name: str) -> None:
    needed = {"triage": ["X-1"], "lint": ["x.md"], "audit": ["verify"], "completion": ["bash"]}.get(name, [])
    for argv in (
        ["--log-level", "debug", name, *needed],
        ["--log-level=debug", name, *needed],
        [name, *needed, "--log-level", "DEBUG"],
    ):
        arguments = parse(argv)
        assert (arguments.command, arguments.log_level) == (name, "debug"), argv
    assert parse([name, *needed]).log_level == "warning"
    assert parse([name, *needed, "--log-level", ""]).log_level == "warning", "an empty value is none"
    assert parse(["--log-level", "debug", name, *needed, "--log-level", "info"]).log_level == "info"


def test_without_a_command_the_level_is_of_the_server() -> None:
    arguments = parse(["--log-level", "info"])
    assert (arguments.command, arguments.log_level) == ("serve", "info")
    arguments = parse(["--log-level", "info", "--read-only"])
    assert (arguments.command, arguments.log_level, arguments.read_only) == ("serve", "info", True)


@pytest.mark.parametrize("argv", [["--log-level"], ["--log-level", "loud"], ["doctor", "--log-level", "loud"]])
def test_a_level_that_is_none_is_refused(argv: list[str], command: Commands) -> None:
    said = command(*argv)
    assert (said.code, said.out) == (2, "")
    assert "--log-level" in said.err


@pytest.fixture
def hostile_sentry() -> Iterator[str]:
    """A server that answers everything with an error that quotes the token and a text of its own."""

    async def answer(request: Request) -> JSONResponse:
        return JSONResponse({"detail": f"you sent {request.headers['authorization']} SECRET-TEXT"}, 400)

    with served(Starlette(routes=[Route("/{rest:path}", answer)])) as url:
        yield url


def test_what_a_server_answers_is_in_no_log_whatever_the_libraries_would_say(hostile_sentry: str) -> None:
    env = environment(SENTRY_URL=hostile_sentry, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_ORG="acme")
    argv = [*PROGRAM, "--log-level", "debug", "triage", "SHOP-1Z", "--environment", "SECRET-ENVIRONMENT"]
    said = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
    assert said.returncode == 1 and said.stdout == ""
    logged = [line for line in said.stderr.splitlines() if " DEBUG " in line]
    assert logged and all(REQUEST.fullmatch(line) for line in logged), said.stderr
    assert not any(text in "".join(logged) for text in (TOKEN, "SECRET"))
    assert TOKEN not in said.stderr


async def test_a_request_that_is_repeated_is_told_from_info_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=PACKAGE)
    path = f"{ORG}/issues/1/"
    upstream = Upstream({path: [says(503, "SECRET"), drops(), gives({"id": "1", "title": "Boom"})]})
    async with client_of(upstream) as client:
        await client.issue(IssueRef("1"))
    told = [record.getMessage().partition("?")[0] for record in caplog.records if "again" in record.getMessage()]
    assert [message for message in told if message.startswith(path)] == told and len(told) == 2
    assert "SECRET" not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://sentry.io/api/0/organizations/acme/issues/?query=a%20b&query=c&limit=", "…/issues/?query&limit"),
        ("https://x.example/sentry/api/0/organizations/acme/issues/SHOP-1/", "…/issues/SHOP-1/"),
        ("https://sentry.io/api/0/organizations/acme/releases/a%2Fb%401/deploys/", "…/releases/…/deploys/"),
        ("https://sentry.io/api/0/organizations/acme/releases/", "…/releases/"),
        ("https://sentry.io/api/0/organizations/acme/issues/1/tags/customer/values/", "…/issues/1/tags/…/values/"),
        ("https://user:pass@sentry.io/api/0/", "/api/0/"),
    ],
)
def test_a_logged_path_holds_no_value_of_its_query_and_no_name_that_strangers_chose(url: str, shown: str) -> None:
    said = shown_path(url)
    assert said.endswith(shown.removeprefix("…"))
    assert "pass" not in said and "%" not in said
