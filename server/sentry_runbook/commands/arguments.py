"""The parser of the command line, and the flags that several commands share; their help is product text.

Each command's module declares its own flags (:mod:`.command`). Only the module of the command that was given is
imported, because the others would cost start-up (DESIGN §9); the help and an unknown command need all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from sentry_runbook import __version__
from sentry_runbook.commands import COMMANDS, load_command
from sentry_runbook.errors import in_one_line
from sentry_runbook.loopback import LOOPBACK
from sentry_runbook.settings import SETTINGS

DESCRIPTION = """\
The incident runbook on Sentry data: an MCP server for AI assistants, and commands for people.
Without a command it serves MCP over stdio: "sentry-runbook --read-only" is "sentry-runbook serve --read-only"."""
_VARIABLES = [row.environment[0] for row in SETTINGS if row.flags or row.rc]
_IN_LINES = ",\n".join(", ".join(_VARIABLES[first : first + 4]) for first in range(0, len(_VARIABLES), 4))
EPILOG = f"""\
Settings come from flags, then the environment, then .sentryclirc. The environment's:
{_IN_LINES}.
Exit codes: 0 done; 1 bad news, or Sentry did not answer; 2 wrong arguments or settings.

See it work, without a token:   sentry-runbook demo
Check your own set-up:          sentry-runbook doctor"""
ISSUE = "numeric id, short id such as SHOP-1Z, or a Sentry URL"


class Parser(argparse.ArgumentParser):
    """Refuses like the rest of the product: one sentence, and the next step."""

    def error(self, message: str) -> NoReturn:
        """Leave with 2."""
        self.exit(2, f"{self.prog}: {in_one_line(message)}\n  See '{self.prog} --help'.\n")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of one command; without a command, of ``serve``.

    Leaves with 2 when they are invalid, with 0 after ``--help`` and ``--version``.
    """
    if not argv or (argv[0].startswith("-") and argv[0] not in ("-h", "--help", "--version")):
        argv = ["serve", *argv]
    needed = () if argv[0] == "--version" else argv[:1] if argv[0] in COMMANDS else COMMANDS
    return parser(needed).parse_args(argv)


def parser(names: Iterable[str] = COMMANDS) -> Parser:
    """The parser of these commands and their flags."""
    top = Parser(
        prog="sentry-runbook",
        usage="sentry-runbook [COMMAND] [flags]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"sentry-runbook {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", prog=top.prog)
    for name in names:
        command = load_command(name)
        sub = commands.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"Example: {command.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(sub)
    return top


# --- flags that several commands share


_Group = argparse._ArgumentGroup | argparse.ArgumentParser


def add_settings(group: _Group, *names: str) -> None:
    """The flags of these settings, as their rows of the settings table say."""
    for row in (row for name in names for row in SETTINGS if row.name == name):
        # The words that stand for "not set" and the default among choices are in the help itself.
        default = "" if row.unset or row.choices else f"; {row.default}"
        group.add_argument(
            *row.flags,
            dest=row.name,
            # Not argparse's choices: a wrong word must not end a server over stdio.
            metavar=f"{{{','.join(row.choices)}}}" if row.choices else row.metavar,
            help=f"{row.help} ({row.environment[0]}{default})",
        )


def add_sentry_flags(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Which Sentry to ask; the long second names are the settings' own, which error messages use."""
    group = command.add_argument_group("which Sentry")
    add_settings(group, "organization", "project", "base_url")
    group.add_argument("--demo", action="store_true", help="ask the embedded Sentry instead; needs no token")
    return group


def add_port_flags(group: _Group, port: int) -> None:
    """Where to listen; ``port`` is the default, also where an empty text is given."""
    number = whole_number(0, 65535)
    group.add_argument(
        "--host",
        # To the operating system an empty address is every address.
        type=lambda text: text.strip() or LOOPBACK[1],
        default=LOOPBACK[1],
        help=f"address to listen on ({LOOPBACK[1]})",
    )
    group.add_argument(
        "--port",
        type=lambda text: number(text) if text.strip() else port,
        default=port,
        metavar="N",
        help=f"port to listen on ({port}; 0 takes a free one)",
    )


def add_evidence_flags(command: argparse.ArgumentParser) -> None:
    """Further issues of the incident, and evidence kept in a file, or read from one."""
    command.add_argument(
        "--issues", metavar="LIST", default="", help="further issues of the same incident, separated by commas"
    )
    files = command.add_argument_group("frozen evidence")
    files.add_argument("--save", metavar="FILE", help="keep what Sentry answered in this file")
    files.add_argument("--evidence", metavar="FILE", help="use such a file instead of asking Sentry")


def add_stated_flags(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """What people state; gives the group for more of it."""
    stated = command.add_argument_group("what people know")
    stated.add_argument("--lead", metavar="NAME", help="incident lead")
    stated.add_argument("--root-cause", metavar="TEXT", help="root cause, as people found it")
    stated.add_argument("--fix", metavar="TEXT", help="what was changed")
    return stated


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """An argparse type: a whole number from ``low`` to ``high``."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"must be a whole number from {low} to {high}")
        return int(text)

    return number
