"""init in a terminal: the token is typed without echo, and people are asked what only they know."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sentry_runbook.commands.init_terminal import Terminal
from tests.commands.init_support import entry, flat, written
from tests.commands.support import TOKEN, Commands, environment, served
from tests.commands.terminal import terminal


@pytest.fixture
def env(home: Path, sentry_today: str) -> Mapping[str, str]:
    """The environment of a person without any setting but the server."""
    return environment(HOME=str(home), SENTRY_URL=sentry_today, PATH="/usr/bin:/bin", TERM="dumb", COLUMNS="300")


def test_the_token_is_asked_for_without_echo_and_told_where_to_make(env: Mapping[str, str], home: Path) -> None:
    with terminal("init", "--host", "claude-code", "--org", "acme", env=env) as person:
        person.until("(it is not shown): ")
        before = flat(person.shown)
        person.types(f"{TOKEN}\n")
        code = person.ends()
    assert code == 0, person.shown
    assert TOKEN not in person.shown
    assert "Internal Integration" in before or "internal integration" in before
    assert f"{env['SENTRY_URL']}/settings/acme/developer-settings/new-internal/" in before
    assert "Issue & Event: Read, Organization: Read, Project: Read" in before
    assert "token, from what was typed" in flat(person.shown)
    assert entry(home, "claude-code")["env"]["SENTRY_AUTH_TOKEN"] == TOKEN


def test_another_token_is_asked_for_where_one_is_known(env: Mapping[str, str], home: Path) -> None:
    given = {**env, "SENTRY_AUTH_TOKEN": "sntryu_revoked"}
    with terminal("init", "--host", "codex", "--new-token", env=given) as person:
        person.until("(it is not shown): ")
        person.types(f"{TOKEN}\n")
        code = person.ends()
    assert code == 0, person.shown
    assert entry(home, "codex")["env"]["SENTRY_AUTH_TOKEN"] == TOKEN


def test_what_is_no_token_is_asked_again_and_never_shown(env: Mapping[str, str], home: Path) -> None:
    with terminal("init", "--host", "codex", env=env) as person:
        person.until("(it is not shown): ")
        person.types(f"export TOKEN={TOKEN} please\n")
        person.until("is not a Sentry token")
        person.until("(it is not shown): ")
        person.types(f"  '{TOKEN}' \n")
        code = person.ends()
    assert code == 0, person.shown
    assert TOKEN not in person.shown
    assert entry(home, "codex")["env"]["SENTRY_AUTH_TOKEN"] == TOKEN


@pytest.mark.parametrize(
    ("typed", "code"), [("\x04", 2), ("\x03", 130), ("\n\n\n", 2)], ids=["end", "ctrl-c", "nothing"]
)
def test_whoever_gives_no_token_leaves_without_a_trace(
    typed: str, code: int, env: Mapping[str, str], home: Path
) -> None:
    with terminal("init", "--host", "codex", env=env) as person:
        for key in typed:
            person.until("(it is not shown): ")
            person.types(key)
        left = person.ends()
    assert left == code, person.shown
    assert "Traceback" not in person.shown
    assert not written(home, "codex").exists()


def test_the_hosts_are_chosen_by_their_numbers(env: Mapping[str, str], home: Path) -> None:
    for name in (".cursor", ".codex", ".gemini"):
        (home / name).mkdir()
    with terminal("init", env={**env, "SENTRY_AUTH_TOKEN": TOKEN}) as person:
        person.until("Enter for all: ")
        assert "1. Cursor (" in person.shown
        person.types("7\n")
        person.until("from 1 to 3")
        person.until("Enter for all: ")
        person.types("1, 3\n")
        code = person.ends()
    assert code == 0, person.shown
    assert [written(home, host).exists() for host in ("cursor", "codex", "gemini")] == [True, False, True]


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 2), ("n", 2)])
def test_a_server_that_only_the_folder_names_gets_the_token_when_a_person_says_so(
    answer: str, code: int, env: Mapping[str, str], home: Path, folder: Path
) -> None:
    (folder / ".sentryclirc").write_text(f"[defaults]\nurl={env['SENTRY_URL']}\n")
    unset = {name: value for name, value in env.items() if name != "SENTRY_URL"}
    with terminal("init", "--host", "codex", env={**unset, "SENTRY_AUTH_TOKEN": TOKEN}) as person:
        person.until("Is it your Sentry? [y/N] ")
        assert "./.sentryclirc names the server" in flat(person.shown)
        person.types(f"{answer}\n")
        left = person.ends()
    assert left == code, person.shown
    assert written(home, "codex").exists() is (code == 0)


@pytest.fixture
def two_organizations() -> Iterator[str]:
    """A Sentry whose token sees two organizations, and that answers nothing else."""

    async def root(_: Request) -> JSONResponse:
        return JSONResponse({"version": "0", "auth": {"scopes": ["event:read", "org:read", "project:read"]}})

    async def organizations(_: Request) -> JSONResponse:
        return JSONResponse(
            [{"id": "1", "slug": "acme"}, {"id": "2", "slug": "umbrella"}, {"id": "3", "slug": "\x1b[2J"}]
        )

    with served(Starlette(routes=[Route("/api/0/", root), Route("/api/0/organizations/", organizations)])) as url:
        yield url


def test_of_several_organizations_a_person_chooses(two_organizations: str, env: Mapping[str, str], home: Path) -> None:
    given = {**env, "SENTRY_URL": two_organizations, "SENTRY_AUTH_TOKEN": TOKEN}
    with terminal("init", "--host", "codex", "--force", env=given) as person:
        person.until("Which organization? ")
        person.types("2\n")
        assert person.ends() == 1, "this Sentry has no organization's page"
    assert "organization umbrella, from your choice" in flat(person.shown)
    assert "\x1b[2J" not in person.shown
    assert entry(home, "codex")["env"]["SENTRY_ORG"] == "umbrella"


def test_of_several_organizations_nobody_chooses_without_a_terminal(
    two_organizations: str, command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_URL", two_organizations)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    output = command("init", "--host", "codex")
    assert output.code == 2
    assert "acme, umbrella" in output.err
    assert "--org" in output.err
    assert not written(home, "codex").exists()


def test_a_line_break_in_a_folders_name_makes_no_second_question(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert not Terminal(shows=False).agrees("Only the DSN in ./a\nIs sentry.io your Sentry?/.env names it.")
    assert capsys.readouterr().err.count("\n") == 0
