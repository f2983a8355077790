"""init in the folder of a stranger: nothing in it decides where a token goes, costs much, or reaches the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from sentry_runbook.setup.project_files import MOST_FILES, MOST_FOLDERS, read_project_files
from tests.commands.init_support import entry, flat, init, written
from tests.commands.support import TOKEN, Commands, served

KEY = "0123456789abcdef0123456789abcdef"
EVIL = f"https://{KEY}@evil.example/5"


@pytest.fixture
def evil() -> Iterator[tuple[str, list[Request]]]:
    """A server of a stranger, and what it was asked."""
    asked: list[Request] = []

    async def note(request: Request) -> JSONResponse:
        asked.append(request)
        return JSONResponse({"version": "0"})

    application = Starlette()
    application.add_route("/{path:path}", note)
    with served(application) as url:
        yield url, asked


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", "SENTRY_DSN={scheme}" + KEY + "@{address}/5\n"),
        ("sentry.properties", "defaults.url={url}\ndefaults.org=acme\n"),
        (".sentryclirc", "[defaults]\nurl={url}\norg=acme\n"),
        (".sentryclirc", f"[defaults]\nurl={{url}}\norg=acme\n[auth]\ntoken={TOKEN[:-1]}\n"),
    ],
    ids=["dsn", "properties", "rc", "rc with a token"],
)
@pytest.mark.parametrize(
    "argv", [("--yes",), ("--host", "codex"), ("--host", "codex", "--force"), ("--keyring", "--yes")]
)
def test_a_token_goes_to_no_server_that_only_the_folder_names(
    argv: tuple[str, ...],
    name: str,
    text: str,
    evil: tuple[str, list[Request]],
    command: Commands,
    home: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, asked = evil
    (home / ".codex").mkdir()
    (folder / name).write_text(text.format(url=url, scheme="http://", address=url.removeprefix("http://")))
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    output = init(command, *argv)
    assert output.code == 2
    assert f"./{name} names the server {url}" in output.err
    assert f"--url {url}" in output.err
    assert asked == []
    assert not written(home, "codex").exists()


def test_the_environments_dsn_says_where_events_go_and_not_where_a_token_goes(
    evil: tuple[str, list[Request]], command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = evil
    monkeypatch.setenv("SENTRY_DSN", f"http://{KEY}@{url.removeprefix('http://')}/5")
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    output = init(command, "--host", "codex")
    assert output.code == 2
    assert f"Only SENTRY_DSN names the server {url}, and your token would be sent there." in output.err
    assert asked == []


def test_print_leaves_out_a_server_that_only_the_folder_names(command: Commands, home: Path, folder: Path) -> None:
    (folder / ".env").write_text(f"SENTRY_DSN={EVIL}\n")
    output = init(command, "--print", "--host", "codex")
    assert output.code == 0
    assert 'SENTRY_URL = "https://sentry.io"' in output.out
    assert "the DSN in ./.env names the server https://evil.example: give --url https://evil.example" in flat(
        output.out
    )


def test_a_token_in_the_folders_file_is_not_taken(command: Commands, home: Path, folder: Path) -> None:
    (folder / ".sentryclirc").write_text(f"[auth]\ntoken={TOKEN}\n")
    (folder / ".sentryclirc").chmod(0o600)
    output = init(command, "--host", "codex")
    assert output.code == 2
    assert "is not taken: it is a file of this folder" in output.err


@pytest.mark.usefixtures("quiet_sentry")
def test_the_server_of_ones_own_file_is_chosen_wherever_the_folder_names_it(
    command: Commands, home: Path, folder: Path, quiet_sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_URL")
    (home / ".sentryclirc").write_text(f"[defaults]\nurl={quiet_sentry}\n")
    (folder / ".sentryclirc").write_text(f"[defaults]\nurl={quiet_sentry}\n")
    assert init(command, "--host", "codex").code == 0
    assert entry(home, "codex")["env"]["SENTRY_URL"] == quiet_sentry


@pytest.mark.usefixtures("quiet_sentry")
def test_links_in_the_folder_are_not_followed(
    command: Commands, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_URL")
    secret = home / "secret"
    secret.mkdir()
    (secret / ".env").write_text(f"SENTRY_DSN={EVIL}\n")
    (folder / ".env").symlink_to(secret / ".env")
    (folder / "app").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / ".env.local")
    output = init(command, "--print", "--host", "codex")
    assert output.code == 0
    assert "evil" not in output.out


@pytest.mark.parametrize("target", [".ssh/config", ".claude.json"])
@pytest.mark.usefixtures("quiet_sentry")
def test_a_shared_file_that_is_a_link_out_of_the_folder_is_refused(
    target: str, command: Commands, home: Path, folder: Path
) -> None:
    (home / target).parent.mkdir(exist_ok=True)
    (home / target).write_text("{}")
    (folder / ".mcp.json").symlink_to(home / target)
    output = init(command, "--host", "claude-code", "--scope", "project")
    assert output.code == 1
    assert "leads out of the project's folder" in flat(output.out)
    assert (home / target).read_text() == "{}"


@pytest.mark.usefixtures("quiet_sentry")
def test_names_and_texts_of_the_folder_reach_no_terminal_as_control_sequences(
    command: Commands, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "a\x1b[2J\x9b31m\u202eb"
    (folder / name).mkdir()
    (folder / name / ".env").write_text(f"SENTRY_DSN={EVIL}\n")
    outputs = [init(command, "--print", "--host", "codex")]
    monkeypatch.delenv("SENTRY_URL")
    outputs.append(init(command, "--print", "--host", "codex"))
    outputs.append(init(command, "--host", "codex"))
    assert "evil.example" in outputs[1].out
    assert outputs[2].code == 2
    for output in outputs:
        assert not any(char in output.out + output.err for char in ("\x1b", "\x9b", "\u202e"))


@pytest.mark.usefixtures("quiet_sentry")
def test_a_host_file_with_control_sequences_for_a_name_is_named_inertly(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(home / "x\x1b[2J"))
    output = init(command, "--host", "codex")
    assert output.code == 0
    assert "\x1b" not in output.out


def test_an_endless_folder_is_looked_at_within_bounds_and_that_is_said(
    command: Commands, home: Path, folder: Path
) -> None:
    for number in range(MOST_FOLDERS + 50):
        (folder / f"f{number:04}").mkdir()
        (folder / f"f{number:04}" / ".env").write_text("A=1\n" * 10)
    (folder / "node_modules" / "x").mkdir(parents=True)
    (folder / "node_modules" / "x" / ".env").write_text(f"SENTRY_DSN={EVIL}\n")
    (folder / ".env").write_text("x" * 10_000_000 + EVIL)
    files = read_project_files(folder, home)
    assert files.is_cut
    assert len(files.texts) < MOST_FILES
    output = init(command, "--print", "--host", "codex")
    assert "This folder has more files than were looked at" in flat(output.out)
    assert "evil" not in output.out


def test_a_home_folder_is_no_project(command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".env").write_text(f"SENTRY_DSN={EVIL}\n")
    for place in (home, home.parent):
        monkeypatch.chdir(place)
        assert "evil" not in init(command, "--print", "--host", "codex").out


@pytest.mark.parametrize(
    "text",
    [
        "https://examplePublicKey@o0.ingest.sentry.io/0",
        f"https://{KEY}@o0.ingest.sentry.io/5",
        f"https://{KEY}@o5.ingest.sentry.io/0",
        f"https://{KEY}@o5.ingest.sentry.io/",
        f"https://{KEY}@exa mple/5",
        f"https://{KEY}x@evil.example/5",
        f"ftp://{KEY}@evil.example/5",
        f"https://{KEY}@evil.example/5/store/",
        f"https://{KEY}@evil.example/a/b/c/d/e/f/5",
    ],
)
def test_what_only_looks_like_a_dsn_is_none(text: str, command: Commands, home: Path, folder: Path) -> None:
    (folder / ".env").write_text(f"SENTRY_DSN={text}\n")
    output = init(command, "--print", "--host", "codex")
    assert "server https://sentry.io, from the default" in output.out
    assert "names the server" not in output.out


@pytest.mark.parametrize(
    ("text", "server"),
    [
        (f"https://{KEY}@sentry.corp.example/5", "https://sentry.corp.example"),
        (f"https://{KEY}:{KEY}@sentry.corp.example:9000/prefix/5", "https://sentry.corp.example:9000/prefix"),
        (f"http://{KEY}@localhost:9000/5", "http://localhost:9000"),
        (f"https://{KEY}@o1.ingest.de.sentry.io/5", "https://de.sentry.io"),
        (f"https://{KEY}@o1.ingest.sentry.io/5", "https://sentry.io"),
        (f"https://{KEY}@sentry.io/5", "https://sentry.io"),
        (f"see https://{KEY}@o1.ingest.us.sentry.io/5.", "https://us.sentry.io"),
    ],
)
def test_a_dsn_is_read_as_the_server_that_it_sends_to(
    text: str, server: str, command: Commands, home: Path, folder: Path
) -> None:
    (folder / ".env").write_text(f"SENTRY_DSN={text}\n")
    output = init(command, "--print", "--host", "codex")
    assert (
        f"./.env names the server {server}:" in output.out or f"server {server}, from the DSN in ./.env" in output.out
    )
