"""completion: the scripts do in real shells what a person expects of the tab key."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pytest

from sentry_runbook.commands import COMMANDS
from sentry_runbook.commands.completion import SHELLS
from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.commands.support import PROGRAM, Commands, environment

TYPED = {
    "tri": "triage",
    "triage --per": "triage --period",
    "triage SHOP-1Z --sa": "triage SHOP-1Z --save",
    "update --kind in": "update --kind initial",
    "--log-level deb": "--log-level debug",
    "--log-level debug doc": "--log-level debug doctor",
    "serve --writes conf": "serve --writes confirm",
    "demo payment": "demo payment-spike",
    "audit ver": "audit verify",
    "lint post": "lint postmortem.md",
    "doctor --js": "doctor --json",
    "completion fi": "completion fish",
}
"""What stands after the program's name when the tab key is pressed, and what it makes of it."""
QUICK = ("tri", "lint post")
EACH = [text if text in QUICK else pytest.param(text, marks=pytest.mark.matrix) for text in TYPED]
ANSWER = re.compile(r"\nANSWER:(.*?):\r?\n")


@lru_cache
def printed(shell: str) -> str:
    said = subprocess.run(
        [*PROGRAM, "completion", shell], capture_output=True, text=True, env=environment(), check=True
    )
    assert said.stderr == ""
    assert said.stdout.isascii(), "a shell may have no UTF-8"
    return said.stdout


def script(shell: str, folder: Path) -> Path:
    """The script of a shell, as a person would keep it; and a file to complete."""
    (folder / "postmortem.md").touch()
    path = folder / ("_sentry-runbook" if shell == "zsh" else f"sentry-runbook.{shell}")
    path.write_text(printed(shell), encoding="utf-8")
    return path


def needs(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} here")
    return found


def typed_into(argv: list[str], begin: str, text: str, env: Mapping[str, str], folder: Path) -> str:
    """What stands in an interactive shell's line after the tab key: the line is then printed instead of run."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(argv[0], argv, dict(env))  # noqa: S606  # a shell of this machine
    # ^A goes to the beginning of the line; what stands there becomes an argument in quotes.
    keys = f"{begin}\n{text}\t\x05:'\x01printf '\\nANSWER:%s:\\n' '\nexit\n"
    os.write(terminal, keys.encode())
    seen = b""
    try:
        while piece := os.read(terminal, 4096):
            seen += piece
    except OSError:  # Linux says so at the end of a terminal
        pass
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    shown = seen.decode(errors="replace").replace("\r", "")
    found = ANSWER.findall(shown + "\n")
    assert found, shown
    return str(found[-1]).rstrip(": ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("text", EACH)
def test_the_tab_key_completes_in_bash(text: str, tmp_path: Path) -> None:
    bash, path = needs("bash"), script("bash", tmp_path)
    env = environment(PS1="", TERM="dumb", HISTFILE="")
    begin = f"bind 'set enable-bracketed-paste off'; source {path}"
    line = typed_into([bash, "--norc", "--noprofile", "-i"], begin, f"sentry-runbook {text}", env, tmp_path)
    assert line == f"sentry-runbook {TYPED[text]}"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("text", EACH)
def test_the_tab_key_completes_in_zsh(text: str, tmp_path: Path) -> None:
    zsh, path = needs("zsh"), script("zsh", tmp_path)
    env = environment(PS1="", TERM="dumb", ZDOTDIR=str(tmp_path))
    begin = (
        f"unsetopt prompt_sp zle_bracketed_paste; fpath=({path.parent} $fpath); autoload -Uz compinit; compinit -u -D"
    )
    line = typed_into([zsh, "-f", "-i"], begin, f"sentry-runbook {text}", env, tmp_path)
    assert line == f"sentry-runbook {TYPED[text]}"


@pytest.mark.parametrize("text", EACH)
def test_fish_offers_the_completion(text: str, tmp_path: Path) -> None:
    fish, path = needs("fish"), script("fish", tmp_path)
    asked = f"source {path}; complete -C 'sentry-runbook {text}'"
    said = subprocess.run(
        [fish, "--no-config", "-c", asked], capture_output=True, text=True, cwd=tmp_path, env=environment(), check=True
    )
    offered = [line.split("\t")[0] for line in said.stdout.splitlines()]
    assert offered == [TYPED[text].split()[-1]]
    assert said.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_names_every_command_and_every_incident(shell: str, command: Commands) -> None:
    said = command("completion", shell)
    assert (said.code, said.err) == (0, "")
    for word in (*COMMANDS, *SCENARIOS, "--json", "--log-level"):
        assert word.removeprefix("--") in said.out


@pytest.mark.parametrize("shell", SHELLS)
def test_a_wrong_setting_keeps_no_script_from_being_printed(
    shell: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "${TOKEN}")
    said = command("completion", shell)
    assert (said.code, said.err) == (0, "")


def test_a_shell_without_a_script_is_refused_by_the_names_of_those_that_have_one(command: Commands) -> None:
    said = command("completion", "fsh")
    assert said.code == 2
    assert "choose from bash, zsh, fish" in said.err and "Did you mean fish?" in said.err


def test_only_this_command_needs_the_library_that_makes_the_scripts() -> None:
    program = (
        "import sys; from sentry_runbook.commands.arguments import parse\n"
        "parse([]); print('shtab' in sys.modules)\n"
        "import sentry_runbook.commands.completion; print('shtab' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=True)
    assert run.stdout.split() == ["False", "False"]
