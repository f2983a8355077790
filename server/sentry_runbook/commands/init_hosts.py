"""Which hosts ``init`` configures, and what became of each configuration."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sentry_runbook.commands import runtime
from sentry_runbook.commands.init_terminal import NOTHING_DONE, Terminal
from sentry_runbook.errors import BadInput
from sentry_runbook.setup.config_file import PlannedChange, changed, plan, write
from sentry_runbook.setup.entry import PROXIES, Wanted
from sentry_runbook.setup.hosts import BY_NAME, HOSTS, Machine, McpHost, installed
from sentry_runbook.setup.refused import ConfigurationRefused

FIRST_QUESTION = "“triage LINK”, with the link of an alert"


@dataclass(frozen=True)
class HostOutcome:
    """What became of one host's configuration.

    Attributes:
        host: its name.
        file: its configuration.
        outcome: written; unchanged, because it says it already; refused and left as it was; or only shown.
        why: of a refused one.
        backup: what stood there before.
        snippet: what to paste, of one that was not written; without the token.
        next_step: what to do now, of one that works.
    """

    host: McpHost
    file: Path
    outcome: Literal["written", "unchanged", "refused", "shown"]
    why: str = ""
    backup: Path | None = None
    snippet: str = ""

    @property
    def next_step(self) -> str:
        """What to do now."""
        step = f"{self.host.restart}, and ask: {FIRST_QUESTION}."
        return f"{step[0].upper()}{step[1:]}"

    def as_json(self) -> dict[str, str]:
        """The facts that it has."""
        facts = {
            "host": self.host.name,
            "file": str(self.file),
            "outcome": self.outcome,
            "why": self.why,
            "backup": str(self.backup or ""),
            "snippet": self.snippet,
            "next": "" if self.outcome == "refused" else self.next_step,
        }
        return {name: text for name, text in facts.items() if text}


def choose_hosts(arguments: argparse.Namespace, machine: Machine, terminal: Terminal) -> list[McpHost]:
    """The hosts of the flags, else those of the installed ones that a person chooses.

    Raises:
        BadInput: none is installed, nobody can be asked, or one has no configuration for a project.
    """
    if arguments.hosts:
        return _with_file([BY_NAME[name] for name in dict.fromkeys(arguments.hosts)], arguments)
    is_shared = arguments.scope == "project"
    there = [host for host in installed(machine) if host.project_file or not is_shared]
    if not there:
        raise BadInput(f"No host was found on this machine. {NOTHING_DONE}", f"Name one with --host: {_names(HOSTS)}.")
    if arguments.yes:
        terminal.line("note", f"Installed, and configured below: {', '.join(host.title for host in there)}.")
        return there
    if not terminal.has_person:
        raise BadInput(
            f"Nobody can be asked which host to configure; installed: {_names(there)}. {NOTHING_DONE}",
            "Name it with --host, or give --yes for all that are installed.",
        )
    titles = {f"{host.title} ({_file(host, arguments, machine)})": host for host in there}
    question = "Which ones? Numbers, or Enter for all:"
    return [titles[title] for title in terminal.choice(question, list(titles), several=True)]


def _with_file(hosts: list[McpHost], arguments: argparse.Namespace) -> list[McpHost]:
    without = [host.title for host in hosts if host.project_file is None]
    if arguments.scope == "project" and without:
        able = _names([host for host in HOSTS if host.project_file])
        raise BadInput(
            f"For {' and '.join(without)} no configuration of a project is written. {NOTHING_DONE}",
            f"Use --scope user, or one of {able}.",
        )
    return hosts


def _names(hosts: Sequence[McpHost]) -> str:
    return ", ".join(host.name for host in hosts)


def _file(host: McpHost, arguments: argparse.Namespace, machine: Machine) -> Path:
    is_shared = arguments.scope == "project" and host.project_file
    return machine.directory / host.project_file if is_shared and host.project_file else host.user_file(machine)


def configure(
    hosts: Sequence[McpHost], arguments: argparse.Namespace, machine: Machine, terminal: Terminal, wanted: Wanted
) -> list[HostOutcome]:
    """Write each configuration, show what became of it, and end with what to do next."""
    terminal.heading("Configuration")
    outcomes = [_configured(host, arguments, machine, wanted) for host in hosts]
    for outcome in outcomes:
        _show(outcome, terminal)
    for line in _about_token(outcomes, wanted):
        terminal.line("note", line)
    able = [outcome for outcome in outcomes if outcome.outcome != "refused"]
    if able:
        terminal.heading(f"Next: {able[0].next_step}")
    for outcome in able[1:]:  # each host takes up its configuration in another way
        terminal.line("note", f"{outcome.host.title}: {outcome.next_step}")
    return outcomes


def _configured(host: McpHost, arguments: argparse.Namespace, machine: Machine, wanted: Wanted) -> HostOutcome:
    path = _file(host, arguments, machine)
    root = machine.directory if arguments.scope == "project" else None
    try:
        change: PlannedChange = plan(host, path, wanted, machine.environment, root)
        if not change.is_needed:
            return HostOutcome(host, path, "unchanged")
        backup = write(change, runtime.utc_now())
    except ConfigurationRefused as exc:
        return HostOutcome(host, path, "refused", why=str(exc), snippet=_snippet(host, machine, wanted))
    return HostOutcome(host, path, "written", backup=backup)


def _snippet(host: McpHost, machine: Machine, wanted: Wanted) -> str:
    """The whole configuration of the server alone, as it stands in an empty file, with no secret in it."""
    shown = replace(wanted, storage="placeholder") if wanted.storage == "file" else wanted
    given = {name: text for name, text in machine.environment.items() if name not in PROXIES or "@" not in text}
    return changed("", host, shown, given).strip()


def _show(outcome: HostOutcome, terminal: Terminal) -> None:
    title, file = outcome.host.title, outcome.file
    if outcome.outcome == "written":
        before = f"; what stood there before is in {outcome.backup.name} beside it" if outcome.backup else ""
        terminal.file_line("good", f"{title}: {file} written{before}.")
    elif outcome.outcome == "unchanged":
        terminal.file_line("good", f"{title}: {file} says it already; nothing was changed.")
    else:
        if outcome.outcome == "refused":
            terminal.file_line("wrong", f"{title}: {file} {outcome.why}. It was left as it is.")
            terminal.file_line("note", "Correct the file and run it again, or add this to it yourself:")
        else:
            terminal.heading(title)
            terminal.file_line("found", f"to be added to {file}:")
        terminal.text(outcome.snippet)


def _about_token(outcomes: Sequence[HostOutcome], wanted: Wanted) -> Iterator[str]:
    """Where the token lies from now on."""
    if wanted.storage == "file" and any(outcome.outcome != "refused" for outcome in outcomes):
        yield (
            "The token stands in these files, readable by you alone, because that is how a host hands it over; "
            "--keyring keeps it out of them."
        )
    if wanted.storage == "token_file":
        yield f"The token stays in {wanted.token_file}, which the configuration names."
    if wanted.storage == "reference":
        asked = [outcome.host.title for outcome in outcomes if outcome.host.has_inputs]
        others = [outcome.host.title for outcome in outcomes if not outcome.host.has_inputs]
        if others:
            starting = ", ".join(others)
            yield f"No token is in the shared file: everyone sets SENTRY_AUTH_TOKEN before starting {starting}."
        if asked:
            yield f"{', '.join(asked)} asks everyone for the token once, and keeps it encrypted."
    if wanted.command[0] == "uvx":
        yield "It starts sentry-runbook by uvx: everyone needs uv on the PATH."


def show_snippets(
    arguments: argparse.Namespace, machine: Machine, terminal: Terminal, wanted: Wanted
) -> list[HostOutcome]:
    """What would be written, with a placeholder for the token; of the hosts named, those installed, or all."""
    named = _with_file([BY_NAME[name] for name in dict.fromkeys(arguments.hosts or ())], arguments)
    is_shared = arguments.scope == "project"
    hosts = named or [host for host in installed(machine) or HOSTS if host.project_file or not is_shared]
    outcomes = [
        HostOutcome(host, _file(host, arguments, machine), "shown", snippet=_snippet(host, machine, wanted))
        for host in hosts
    ]
    for outcome in outcomes:
        _show(outcome, terminal)
    return outcomes
