"""init --keyring: the token in the system's keyring, for one server alone; settings read it where they are told to."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from tests.commands.file_keyring import FileKeyring
from tests.commands.init_support import FILES, entry, flat, init, said, written
from tests.commands.support import PROGRAM, TOKEN, Commands, environment, process

BACKEND = "tests.commands.file_keyring.FileKeyring"


@pytest.fixture
def ring(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty keyring of the system, by the file behind it."""
    monkeypatch.setenv("TEST_KEYRING", str(home / "ring.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())  # type: ignore[no-untyped-call]  # the library has no types there
    yield home / "ring.json"
    keyring.set_keyring(before)


def kept(ring: Path) -> dict[str, str]:
    """What the keyring holds."""
    return dict(json.loads(ring.read_text())) if ring.exists() else {}


def test_the_token_is_in_the_keyring_and_in_no_file_of_a_host(
    command: Commands, home: Path, ring: Path, quiet_sentry: str
) -> None:
    output = init(command, "--keyring", *(word for host in FILES for word in ("--host", host)))
    assert output.code == 0
    assert kept(ring) == {f"sentry-runbook {quiet_sentry}": TOKEN}
    for host in FILES:
        assert TOKEN not in written(home, host).read_text()
        assert entry(home, host)["env"] == {
            "SENTRY_RUNBOOK_KEYRING": "on",
            "SENTRY_ORG": "acme",
            "SENTRY_URL": quiet_sentry,
        }
    assert f"in the system's keyring, for {quiet_sentry} alone" in flat(output.out)


@pytest.mark.usefixtures("ring", "quiet_sentry")
@pytest.mark.parametrize(
    ("address", "scope", "is_written"),
    [
        ("unix:path=/run/user/1000/bus", "user", True),
        ("unix:path=/run/user/1000/bus", "project", False),
        ("unix:abstract=/tmp/dbus-x", "user", False),
    ],
)
def test_the_bus_of_the_keyring_is_handed_on_where_it_lasts(
    address: str,
    scope: str,
    is_written: bool,
    command: Commands,
    home: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    (home / "policy.toml").write_text('name = "mine"\n')
    monkeypatch.setenv("SENTRY_RUNBOOK_POLICY", str(home / "policy.toml"))
    assert init(command, "--keyring", "--host", "cursor", "--scope", scope).code == 0
    path = written(home, "cursor") if scope == "user" else folder / ".cursor" / "mcp.json"
    env = said(path)["mcpServers"]["sentry-runbook"]["env"]
    assert ("DBUS_SESSION_BUS_ADDRESS" in env) is is_written
    assert ("SENTRY_RUNBOOK_POLICY" in env) is (scope == "user"), "no path of this machine in a shared file"


def test_what_it_wrote_starts_with_the_keyrings_token(
    command: Commands, home: Path, ring: Path, sentry_today: str
) -> None:
    assert init(command, "--keyring", "--host", "cursor").code == 0
    env = environment(
        HOME=str(home),
        PATH="/usr/bin:/bin",
        PYTHON_KEYRING_BACKEND=BACKEND,
        PYTHONPATH=str(Path(__file__).parents[2]),
        TEST_KEYRING=str(ring),
        **entry(home, "cursor")["env"],
    )
    with process("triage", "SHOP-1Z", "--json", env=env) as running:
        answer, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    assert json.loads(answer)["issue"]["short_id"] == "SHOP-1Z"


def test_the_second_run_needs_no_token_and_changes_nothing(
    command: Commands, home: Path, ring: Path, quiet_sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    init(command, "--keyring", "--host", "codex")
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    output = init(command, "--keyring", "--host", "codex")
    assert output.code == 0
    assert "token, from the system's keyring" in flat(output.out)
    assert "nothing was changed" in flat(output.out)


def test_going_over_to_the_keyring_takes_the_token_out_of_the_configuration(
    command: Commands, home: Path, ring: Path, quiet_sentry: str
) -> None:
    init(command, "--host", "codex")
    assert TOKEN in written(home, "codex").read_text()
    init(command, "--keyring", "--host", "codex")
    assert TOKEN not in written(home, "codex").read_text()
    init(command, "--host", "codex")
    assert "SENTRY_RUNBOOK_KEYRING" not in entry(home, "codex")["env"]


def test_a_file_that_names_another_server_gets_nothing_of_the_keyring(
    command: Commands, home: Path, folder: Path, ring: Path, quiet_sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.write_text(json.dumps({"sentry-runbook https://sentry.io": TOKEN}))
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.delenv("SENTRY_URL")
    monkeypatch.setenv("SENTRY_RUNBOOK_KEYRING", "on")
    (folder / ".sentryclirc").write_text(f"[defaults]\nurl={quiet_sentry}\n")
    output = command("doctor")
    assert output.code == 1
    none = f"No Sentry auth token is set. The keyring holds none for {quiet_sentry}: run sentry-runbook init"
    assert none in flat(output.out)


def test_the_server_that_the_keyring_has_a_token_for_may_be_named_by_a_folder(
    command: Commands, folder: Path, ring: Path, quiet_sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.write_text(json.dumps({f"sentry-runbook {quiet_sentry}": TOKEN}))
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.delenv("SENTRY_URL")
    monkeypatch.setenv("SENTRY_RUNBOOK_KEYRING", "on")
    (folder / ".sentryclirc").write_text(f"[defaults]\nurl={quiet_sentry}\n")
    output = command("doctor")
    assert (output.code, output.err) == (0, "")


@pytest.mark.usefixtures("ring")
def test_the_keyring_is_not_asked_unless_it_is_on(
    command: Commands, quiet_sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileKeyring, "get_password", lambda *_: pytest.fail("it was asked"))
    assert command("doctor").code == 0
    # The environment's own token is stronger, so there is nothing to ask, either.
    monkeypatch.setenv("SENTRY_RUNBOOK_KEYRING", "on")
    assert command("doctor").code == 0


def test_the_keyring_is_stronger_than_the_token_of_a_folder(
    command: Commands, folder: Path, ring: Path, quiet_sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.write_text(json.dumps({f"sentry-runbook {quiet_sentry}": TOKEN}))
    (folder / ".sentryclirc").write_text("[auth]\ntoken=sntryu_of_a_stranger\n")
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.setenv("SENTRY_RUNBOOK_KEYRING", "on")
    output = command("doctor")
    assert output.code == 0
    assert "It comes from the system's keyring." in flat(output.out)


def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra was not installed."""
    for name in [name for name in sys.modules if name.split(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__

    def missing(name: str, *args: object, **more: object) -> object:
        if name.partition(".")[0] == "keyring":
            raise ModuleNotFoundError(name)
        return original(name, *args, **more)  # type: ignore[arg-type]  # handed on as they are

    monkeypatch.setattr(builtins, "__import__", missing)


@pytest.mark.parametrize("kind", ["no library", "no keyring", "keeps nothing", "locked"])
@pytest.mark.usefixtures("quiet_sentry")
def test_a_keyring_that_cannot_be_used_is_one_sentence_with_the_fix(
    kind: str, command: Commands, home: Path, ring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends: dict[str, type[KeyringBackend]] = {"no keyring": fail.Keyring, "keeps nothing": null.Keyring}
    says = {
        "no library": "pip install 'sentry-runbook[keyring]'",
        "no keyring": "has no keyring that can be used",
        "keeps nothing": "did not keep the token",
        "locked": "The system's keyring cannot be changed (KeyringLocked).",
    }
    if kind == "no library":
        without_library(monkeypatch)
    elif kind == "locked":
        ring.mkdir()
    else:
        keyring.set_keyring(backends[kind]())
    output = init(command, "--keyring", "--host", "codex")
    assert output.code == 2
    assert says[kind] in flat(output.err)
    assert "SENTRY_AUTH_TOKEN" in output.err
    assert "\x1b" not in output.err
    assert not written(home, "codex").exists()


@pytest.mark.parametrize("kind", ["no library", "locked", "no token"])
def test_a_server_whose_keyring_fails_says_so(
    kind: str, command: Commands, ring: Path, quiet_sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.setenv("SENTRY_RUNBOOK_KEYRING", "on")
    if kind == "no library":
        without_library(monkeypatch)
    elif kind == "locked":
        ring.mkdir()
    else:
        ring.write_text(json.dumps({f"sentry-runbook {quiet_sentry}": "two words"}))
    output = command("triage", "SHOP-1Z")
    assert output.code == 2
    says = {
        "no library": "SENTRY_RUNBOOK_KEYRING is on, but: The library",
        "locked": "SENTRY_RUNBOOK_KEYRING is on, but: The system's keyring cannot be read",
        "no token": "The token in the system's keyring is not a Sentry token",
    }
    assert says[kind] in output.err
    assert "two words" not in output.err


def test_a_backend_that_is_not_there_is_one_sentence(home: Path, quiet_url: str) -> None:
    env = environment(HOME=str(home), PYTHON_KEYRING_BACKEND="no.such.Backend", SENTRY_URL=quiet_url)
    with process("doctor", env={**env, "SENTRY_RUNBOOK_KEYRING": "on"}) as running:
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "configured to a backend that cannot be loaded" in errors
    assert "Traceback" not in errors


def test_a_start_without_the_keyring_does_not_load_it() -> None:
    program = "import sys, sentry_runbook.commands.serve, sentry_runbook.cli; print('keyring' in sys.modules)"
    run = subprocess.run([PROGRAM[0], "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
