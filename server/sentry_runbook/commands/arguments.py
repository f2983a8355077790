"""The parser of the command line, and the flags that several commands share; their help is product text.

Each command's module declares its own flags (:mod:`.command`). Only the module of the command that was given is
imported, because the others would cost start-up (DESIGN §9); the help and an unknown command need all of them.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence

from sentry_runbook import __version__
from sentry_runbook.commands import COMMANDS, load_command
from sentry_runbook.commands.logs import DEFAULT_LEVEL, LEVELS
from sentry_runbook.commands.refusals import PROGRAM, HelpFormatter, Parser, WrongArguments, did_you_mean
from sentry_runbook.loopback import LOOPBACK
from sentry_runbook.settings import SETTINGS

DESCRIPTION = """\
The incident runbook on Sentry data: an MCP server for AI assistants, and commands for people.
Without a command it serves MCP over stdio: "sentry-runbook --read-only" is "sentry-runbook serve --read-only"."""
_VARIABLES = [row.environment[0] for row in SETTINGS if row.flags or row.rc]
_IN_LINES = ",\n".join(", ".join(_VARIABLES[first : first + 4]) for first in range(0, len(_VARIABLES), 4))
EPILOG = f"""\
Settings come from flags, then the environment, then the keyring where it is on, then .sentryclirc.
The environment's:
{_IN_LINES}.
Exit codes: 0 done; 1 bad news, or Sentry did not answer; 2 wrong arguments or settings;
10 to 13 for P0 to P3 where --exit-code asks for it.

See it work, without a token:   sentry-runbook demo
Check your own set-up:          sentry-runbook doctor"""
TOOLS_ANSWER = "the tool's structured answer, for programs"
ISSUE = "numeric id, short id such as SHOP-1Z, or a Sentry URL"


USAGE = f"""\
{PROGRAM} [--log-level LEVEL] COMMAND [flags]
       {PROGRAM} [flags of serve]
       {PROGRAM} -h | -V"""
VERSION = ("-V", "--version")
HELP = ("-h", "--help")
LOG_LEVEL = "--log-level"
SHORT_ID = re.compile(r"[A-Za-z][\w.-]*-[0-9A-Za-z]+|[0-9]{4,}")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of one command; without a command, of ``serve``. Leaves with 0 after ``--help`` and ``--version``.

    Raises:
        WrongArguments: they are not what the command takes.
    """
    before, rest = _leading(argv)
    if not rest or (rest[0].startswith("-") and rest[0] not in HELP + VERSION):
        rest = ["serve", *rest]
    name = rest[0]
    if name not in COMMANDS and name not in HELP + VERSION:
        raise WrongArguments(f"there is no command {name!r}.{_meant(name)}", f"See '{PROGRAM} --help'.")
    top = parser(() if name in VERSION else (name,) if name in COMMANDS else COMMANDS)
    arguments, extra = top.parse_known_args([name, *before, *rest[1:]])
    if extra:
        commands_of(top)[name].refuse_extra(extra)
    return arguments


def _leading(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Flags of every command that stand before the command, and the rest."""
    before, rest = list[str](), list(argv)
    while rest and rest[0].partition("=")[0] == LOG_LEVEL:
        taken = 1 if "=" in rest[0] else 2
        before += rest[:taken]
        del rest[:taken]
    return before, rest


def _meant(name: str) -> str:
    """What was probably meant by a word that is no command: a mistyped command, or an issue to triage."""
    if "://" in name or SHORT_ID.fullmatch(name):
        return f" For an issue: '{PROGRAM} triage {name}'."
    return did_you_mean(name, COMMANDS)


def parser(names: Iterable[str] = COMMANDS) -> Parser:
    """The parser of these commands and their flags."""
    top = Parser(
        prog=PROGRAM,
        usage=USAGE,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    _add_general_flags(top)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", prog=top.prog)
    for name in names:
        command = load_command(name)
        sub = commands.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"Example: {command.example}",
            formatter_class=HelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(sub)
        _add_general_flags(sub)
    return top


def commands_of(top: argparse.ArgumentParser) -> dict[str, Parser]:
    """The parsers of the commands, by name."""
    listed = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return dict(listed.choices)


def _add_general_flags(command: argparse.ArgumentParser) -> None:
    """What every command takes."""
    general = command.add_argument_group("general")
    general.add_argument(
        *VERSION, action="version", version=f"{PROGRAM} {__version__}", help="show the program's version and end"
    )
    general.add_argument(
        LOG_LEVEL,
        type=lambda text: text.strip().lower() or DEFAULT_LEVEL,
        choices=LEVELS,
        default=DEFAULT_LEVEL,
        metavar="LEVEL",
        help=f"what is logged on stderr: {', '.join(LEVELS)} ({DEFAULT_LEVEL}); debug names each request to Sentry",
    )


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


def add_json_flag(command: _Group, what: str = "the facts as one JSON object, for programs") -> None:
    """``--json``: standard output holds one JSON object and nothing else; an error is one on standard error."""
    command.add_argument("--json", action="store_true", help=what)


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
