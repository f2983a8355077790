"""From an empty home folder to the first answer in Claude Code: what a person types, and how long it takes.

Each way starts from nothing: an empty home, no pip or uv cache, the wheel of the checkout that is measured, and a
Sentry (the embedded one, over HTTP) whose address has to be given like any other self-hosted one. What is downloaded
comes from the network, so the seconds of the first line are the network's as much as ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.hosts.client import ROOT
from tests.hosts.clients import CLIENTS
from tests.hosts.command_line_hosts import claude_environment
from tests.hosts.conformance import listening
from tests.hosts.install import NotInstalled, installed
from tests.hosts.model.stub import Seen, model_stub
from tests.hosts.points import ISSUE, first_call, triage
from tests.hosts.points import Run as PlayedRun
from tests.hosts.running import Ended, empty_home, run

STEP_S = 300.0
ASKED = 3
"""How often the question is asked before it is given up: a first turn may come before the tools do."""
TOKEN = "sntryu_" + "0" * 64
UV = "uv==0.13.9"
KEPT = ("PATH", "SSL_CERT_FILE", "PIP_INDEX_URL", "UV_INDEX_URL")
"""What a newcomer has of this environment: the way to programs, certificates and packages."""


@dataclass(frozen=True)
class Step:
    """One line that a person types.

    Attributes:
        line: as it is typed; what is typed into it later stands in brackets.
        looked_up: the values in it that a person has to know or to look up.
        seconds: how long it ran.
        failed: why it was of no use; empty when it was.
        turns: of a question, the requests to the model until the answer stood in one, that one included.
    """

    line: str
    looked_up: tuple[str, ...]
    seconds: float
    failed: str = ""
    turns: int = 0


@dataclass
class Newcomer:
    """A person with an empty home folder, at a shell.

    Attributes:
        wheel: the product; checkout: where its repository lies.
        sentry: the address of the Sentry.
        seen: what the model was sent.
    """

    wheel: Path
    checkout: Path
    sentry: str
    env: dict[str, str]
    work: Path
    seen: Seen
    steps: list[Step] = field(default_factory=list)

    def types(self, line: str, *looked_up: str, answers: Sequence[tuple[str, str]] = ()) -> Ended:
        """Type one line into a shell, and the answers to what it asks."""
        began = time.monotonic()
        argv = ["sh", "-c", line]
        env = dict(self.env)
        if answers:
            argv = [sys.executable, "-m", "tests.hosts.programs.typed", *argv]
            env |= {"HOSTS_ANSWERS": json.dumps(answers), "PYTHONPATH": os.fspath(ROOT)}
        ended = run(argv, env, self.work, STEP_S)
        shown = line + "".join(f"  [{words} …]" for words, _ in answers)
        for path, name in ((self.wheel, "sentry-runbook"), (self.checkout, "sentry-runbook/sentry-runbook")):
            shown = shown.replace(os.fspath(path), name)
        shown = shown.replace(TOKEN, "…").replace(os.fspath(self.work), "$PWD")
        seconds = time.monotonic() - began
        self.steps.append(Step(shown, looked_up, seconds, "" if ended.code == 0 else ended.last_words()))
        return ended

    def asks(self, tools: str) -> None:
        """Ask Claude Code for a triage, until the severity is in what the model reads."""
        for _ in range(ASKED):
            before = len(self.seen.requests)
            ended = self.types(f"claude -p 'triage {ISSUE}' --allowedTools {tools}")
            seen = Seen(self.seen.requests[before:])
            point = triage(PlayedRun(seen, ended))
            turns = sum(bool(request.offered) for request in seen.requests)
            failed = "" if point.good else point.said or "no answer"
            self.steps.append(replace(self.steps.pop(), failed=failed, turns=turns))
            if point.good:
                return


def by_hand(person: Newcomer) -> None:
    """As the README of the first edition says: install, and tell Claude Code by hand."""
    person.types(f"python3 -m venv .venv && .venv/bin/pip install -q {person.wheel}")
    variables = f"-e SENTRY_AUTH_TOKEN={TOKEN} -e SENTRY_ORG=acme -e SENTRY_URL={person.sentry}"
    person.types(
        f"claude mcp add sentry-runbook {variables} -- {person.work}/.venv/bin/sentry-runbook",
        *("token", "organization", "address", "path of the program"),
    )
    person.asks("mcp__sentry-runbook")


def by_init(person: Newcomer) -> None:
    """With ``sentry-runbook init``.

    Raises:
        NotInstalled: this edition has none.
    """
    if not (person.checkout / "server" / "sentry_runbook" / "commands" / "init.py").exists():
        raise NotInstalled("this edition has no init")
    person.types(f"python3 -m venv .venv && .venv/bin/pip install -q {person.wheel}")
    person.types(
        f".venv/bin/sentry-runbook init --host claude-code --url {person.sentry}",
        *("token", "address"),
        answers=[("auth token", TOKEN)],
    )
    person.asks("mcp__sentry-runbook")


def by_plugin(person: Newcomer) -> None:
    """As a plugin of Claude Code.

    Raises:
        NotInstalled: this edition is none.
    """
    if not (person.checkout / ".claude-plugin" / "plugin.json").exists():
        raise NotInstalled("this edition is no plugin")
    person.types(f"python3 -m venv uv && uv/bin/pip install -q {UV}")
    person.env["PATH"] = os.pathsep.join([os.fspath(person.work / "uv" / "bin"), person.env["PATH"]])
    values = f"--config token={TOKEN} --config organization=acme --config url={person.sentry}"
    person.types(
        f"claude plugin install sentry-runbook --marketplace {person.checkout} {values}",
        *("token", "organization", "address"),
    )
    person.asks("mcp__plugin_sentry-runbook_sentry-runbook")


WAYS: dict[str, Callable[[Newcomer], None]] = {"by hand": by_hand, "init": by_init, "plugin": by_plugin}


@dataclass(frozen=True)
class Measured:
    """One way: its steps, or why it was not gone."""

    way: str
    steps: tuple[Step, ...] = ()
    skipped: str = ""

    @property
    def good(self) -> bool:
        """Whether the answer came in the end, and nothing before it failed but a question asked too early."""
        return bool(self.skipped) or (bool(self.steps) and not self.steps[-1].failed)

    def lines(self) -> Iterator[str]:
        """The way for a person to read."""
        if self.skipped:
            yield f"skipped {self.way}: {self.skipped}"
            return
        seconds = sum(step.seconds for step in self.steps)
        values = [name for step in self.steps for name in step.looked_up]
        end = "the answer came" if self.good else "no answer came"
        yield f"{self.way}: {len(self.steps)} lines, {len(values)} values ({', '.join(values)}), {seconds:.1f} s; {end}"
        for step in self.steps:
            yield f"  {step.seconds:6.1f} s  {step.line}{f'  ({step.turns} turns of the model)' if step.turns else ''}"
            if step.failed:
                yield f"            failed: {step.failed[:300]}"


def first_answer(checkout: Path, server: str, cache: Path, *, fetch: bool) -> Iterator[Measured]:
    """Every way from an empty home folder to the first answer.

    Raises:
        NotInstalled: Claude Code is not there, or the wheel cannot be built.
    """
    claude = installed(next(client for client in CLIENTS if client.name == "Claude Code"), cache, fetch=fetch)
    with empty_home() as built:
        wheel = _wheel(checkout, built)
        repository = _copy(checkout, built)
        for name, way in WAYS.items():
            with (
                empty_home() as home,
                listening(server, ("simulate", "--port", "0"), home) as sentry,
                model_stub(first_call) as (model, seen),
            ):
                env = _environment(home, claude.program.parent, model)
                person = Newcomer(wheel, repository, sentry, env, home / "work", seen)
                yield _gone(name, way, person)


def _gone(name: str, way: Callable[[Newcomer], None], person: Newcomer) -> Measured:
    try:
        way(person)
    except NotInstalled as exc:
        return Measured(name, skipped=str(exc))
    return Measured(name, tuple(person.steps))


def _environment(home: Path, programs: Path, model: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    path = os.pathsep.join([os.fspath(programs), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "HOME": os.fspath(home), "LANG": "C.UTF-8", **claude_environment(model)}


def _wheel(checkout: Path, folder: Path) -> Path:
    _made([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", os.fspath(folder), os.fspath(checkout)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def _copy(checkout: Path, folder: Path) -> Path:
    """The repository as one would clone it, without what only lies beside it here."""
    copied = folder / "repository"
    _made(["git", "clone", "-q", os.fspath(checkout), os.fspath(copied)])
    return copied


def _made(command: Sequence[str]) -> None:
    ended = run(command, os.environ, Path.cwd(), STEP_S)
    if ended.code != 0:
        raise NotInstalled(f"{command[0]} could not: {ended.last_words()}")
