"""``init``: sets up a host in one go: finds the Sentry, asks for the token, checks it, writes the configuration."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import anyio

from sentry_runbook.commands.arguments import add_settings
from sentry_runbook.commands.checks import checks
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.init_hosts import choose_hosts, configure, show_snippets
from sentry_runbook.commands.init_report import InitReport
from sentry_runbook.commands.init_sentry import (
    FoundName,
    choose_organization,
    find_project,
    seen_organizations,
    with_server,
    with_token,
)
from sentry_runbook.commands.init_terminal import Terminal
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.errors import BadInput, SettingsError, UntrustedServer
from sentry_runbook.keyring_token import SOURCE, store_token
from sentry_runbook.sentry.account import Organization
from sentry_runbook.setting_parsers import unwrapped
from sentry_runbook.settings import Settings
from sentry_runbook.setup.clues import Clues, find_clues
from sentry_runbook.setup.entry import TOKEN_FILE, Storage, Wanted
from sentry_runbook.setup.hosts import HOSTS, Machine
from sentry_runbook.setup.launch import launch_command, uvx_command


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    target = command.add_argument_group("what to set up")
    names = [host.name for host in HOSTS]
    target.add_argument(
        "--host",
        action="append",
        choices=names,
        metavar="NAME",
        dest="hosts",
        help=f"the host to configure, repeatable: {', '.join(names)} (those that are installed)",
    )
    target.add_argument(
        "--scope",
        choices=("user", "project"),
        default="user",
        help="your own configuration (default), or the one that this project's people share: it holds no token",
    )
    target.add_argument("--print", action="store_true", dest="only_prints", help="show what to paste, write nothing")
    target.add_argument("--json", action="store_true", help="say what was found, checked and written as JSON")
    sentry = command.add_argument_group("which Sentry")
    add_settings(sentry, "organization", "project", "base_url")
    token = command.add_argument_group("the token, which is never an argument")
    token.add_argument(
        "--keyring", action="store_true", help="keep it in the system's keyring, not in the configuration"
    )
    token.add_argument("--new-token", action="store_true", help="ask for one, even where one is known")
    token.add_argument("--token", "--auth-token", nargs="?", const="", dest="token_argument", help=argparse.SUPPRESS)
    behaviour = command.add_argument_group("how it goes on")
    behaviour.add_argument("--yes", action="store_true", help="configure all hosts that are installed, without asking")
    behaviour.add_argument("--force", action="store_true", help="write even where the checks say that it cannot work")
    behaviour.add_argument(
        "--read-only", action="store_true", help="write a configuration that changes nothing in Sentry"
    )
    command.set_defaults(demo=False)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Set up; 1 when it cannot work or a configuration was not written.

    Raises:
        RunbookError: an argument or a setting is wrong, no token is there, or a question has no answer.
    """
    if arguments.token_argument is not None:
        raise BadInput(
            "A token is not taken as an argument: the shell keeps it in its history, and others see it in the list of "
            "processes.",
            "Leave it out, and init asks for it; or set SENTRY_AUTH_TOKEN. If it was a real one, make a new one.",
        )
    if settings.problem is not None and not isinstance(settings.problem, UntrustedServer):
        raise settings.problem
    machine, terminal = _machine(), Terminal(shows=not arguments.json)
    report = InitReport()
    try:
        return _set_up(arguments, settings, machine, terminal, report)
    finally:
        if arguments.json and (report.checks or report.hosts):
            sys.stdout.write(report.as_json() + "\n")


def _machine() -> Machine:
    try:
        home, directory = Path.home(), Path.cwd()
    except (OSError, RuntimeError) as exc:
        raise SettingsError(
            "There is no home folder, or no working directory.", "Go to a folder that is there."
        ) from exc
    return Machine(home, directory, os.environ, sys.platform, shutil.which)


def _set_up(
    arguments: argparse.Namespace, settings: Settings, machine: Machine, terminal: Terminal, report: InitReport
) -> int:
    """All steps. People are asked outside of the event loop, which would take their first Ctrl-C for itself."""
    clues = find_clues(settings, machine.environment, machine.directory, machine.home)
    if clues.is_cut:
        terminal.line("note", "This folder has more files than were looked at for a DSN.")
    if arguments.only_prints:
        return _print(arguments, settings, machine, terminal, report, clues)
    hosts = choose_hosts(arguments, machine, terminal)
    settings = with_server(settings, clues, machine.directory, machine.home, terminal)
    terminal.heading("Your Sentry")
    report.note(terminal, "server", settings.base_url, settings.sources.get("base_url", "the default"))
    settings = with_token(settings, terminal, keyring=arguments.keyring, asks=arguments.new_token, clues=clues)
    report.note(terminal, "token", None, settings.sources["token"])
    organization = _organization(arguments, settings, clues, terminal)
    if organization.value:
        report.note(terminal, "organization", organization.value, organization.source)
        settings = replace(settings, organization=organization.value)
    project = anyio.run(_examine, arguments, settings, clues, terminal, report)
    if not report.is_ready and not arguments.force:
        terminal.heading(
            "Nothing was written: correct what is marked ✗, and run it again. --force writes all the same."
        )
        return 1
    wanted = _wanted(arguments, settings, machine, project)
    if project.value and wanted.project is None:
        why = f"The default project {project.value} was not written, because the configuration serves all folders"
        terminal.line("note", f"{why}: --project {project.value} writes it.")
    if wanted.storage == "keyring" and settings.token and settings.sources["token"] != SOURCE:
        store_token(settings.base_url, settings.token.reveal())
        terminal.line("good", f"The token is in {SOURCE}, for {settings.base_url} alone.")
    report.hosts += configure(hosts, arguments, machine, terminal, wanted)
    return 1 if not report.is_ready or any(outcome.outcome == "refused" for outcome in report.hosts) else 0


def _organization(arguments: argparse.Namespace, settings: Settings, clues: Clues, terminal: Terminal) -> FoundName:
    written = clues.written("organization")
    if written:
        return FoundName(written.value, written.source, written.of_folder)
    seen = anyio.run(_seen_organizations, arguments, settings)
    return choose_organization(seen, settings.base_url, clues, terminal)


async def _seen_organizations(arguments: argparse.Namespace, settings: Settings) -> tuple[Organization, ...]:
    async with open_runtime(arguments, settings) as runtime:
        return await seen_organizations(runtime)


async def _examine(
    arguments: argparse.Namespace, settings: Settings, clues: Clues, terminal: Terminal, report: InitReport
) -> FoundName:
    """Find the default project, and run the checks with it."""
    async with open_runtime(arguments, settings) as runtime:
        project = await find_project(runtime, clues)
    if project.source and not project.value:
        terminal.line("note", f"No default project: {project.source}.")
    if project.value:
        report.note(terminal, "project", project.value, project.source)
        settings = replace(settings, project=project.value, sources={**settings.sources, "project": project.source})
    terminal.heading("Checks")
    async with open_runtime(arguments, settings) as runtime:
        async for check in checks(runtime):
            report.checks.append(check)
            terminal.check(check)
    return project


def _wanted(arguments: argparse.Namespace, settings: Settings, machine: Machine, project: FoundName) -> Wanted:
    """What is to be written, by what was checked.

    The project of a folder is no default for all folders: it is written where the configuration is the folder's.
    """
    storage: Storage = "keyring" if arguments.keyring else "file"
    token_file = None
    if storage == "file" and settings.sources.get("token") == TOKEN_FILE:
        named = Path(unwrapped(machine.environment[TOKEN_FILE])).expanduser()
        storage, token_file = "token_file", str(named.absolute())
    if arguments.only_prints and storage == "file":
        storage = "placeholder"
    is_shared = arguments.scope == "project"
    if is_shared:
        storage = "keyring" if storage == "keyring" else "reference"
        command = uvx_command("uvx", needs_keyring=arguments.keyring)
    else:
        command = launch_command(sys.argv[0], sys.executable, machine.which, needs_keyring=arguments.keyring)
    default = project.value if is_shared or not project.is_of_folder else None
    return Wanted(command, settings, storage, token_file, default, is_shared)


def _print(
    arguments: argparse.Namespace,
    settings: Settings,
    machine: Machine,
    terminal: Terminal,
    report: InitReport,
    clues: Clues,
) -> int:
    """Show what to paste; asks neither people nor Sentry."""
    settings = with_server(settings, clues, machine.directory, machine.home, terminal, asks=False)
    organization, project = clues.written("organization"), clues.written("project")
    settings = replace(settings, organization=organization.value if organization else None)
    report.note(terminal, "server", settings.base_url, settings.sources.get("base_url", "the default"))
    if organization:
        report.note(terminal, "organization", organization.value, organization.source)
    named = FoundName(project.value, project.source, project.of_folder) if project else FoundName()
    wanted = _wanted(arguments, settings, machine, named)
    report.hosts += show_snippets(arguments, machine, terminal, wanted)
    return 0


COMMAND = Command(
    summary="set up a host: find your Sentry, ask for the token, check it, write the configuration",
    example="sentry-runbook init --host claude-code",
    add_arguments=add_arguments,
    run=run,
    starts_despite=lambda _: True,
    shows_warnings=False,
)
