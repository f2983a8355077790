"""The parser: every command, every flag, and their help, which is product text.

A command is a line in ``COMMANDS`` and a function here that adds its flags; what it does is ``run`` in the module of
the same name, which is imported only when that command was given (DESIGN §9, start-up).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from sentry_runbook import __version__
from sentry_runbook.settings import SETTINGS

DESCRIPTION = """\
The incident runbook on Sentry data: an MCP server for AI assistants, and commands for people.
Without a command it serves MCP over stdio: "sentry-runbook --read-only" is "sentry-runbook serve --read-only"."""
EPILOG = """\
Settings come from flags, then the environment (SENTRY_AUTH_TOKEN, SENTRY_ORG, SENTRY_PROJECT, SENTRY_URL,
SENTRY_RUNBOOK_POLICY, SENTRY_RUNBOOK_PROMPTS, SENTRY_RUNBOOK_WRITES, SENTRY_RUNBOOK_STATE), then .sentryclirc.
Exit codes: 0 done; 1 bad news, or Sentry did not answer; 2 wrong arguments or settings.

See it work, without a token:   sentry-runbook demo
Check your own set-up:          sentry-runbook doctor"""
ISSUE = "numeric id, short id such as SHOP-1Z, or a Sentry URL"


class Parser(argparse.ArgumentParser):
    """Refuses like the rest of the product: one sentence, and the next step."""

    def error(self, message: str) -> NoReturn:
        """Leave with 2."""
        self.exit(2, f"{self.prog}: {message}\n  See '{self.prog} --help'.\n")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of one command; without a command, of ``serve``.

    Leaves with 2 when they cannot be meant, with 0 after ``--help`` and ``--version``.
    """
    bare = not argv or (argv[0].startswith("-") and argv[0] not in ("-h", "--help", "--version"))
    return parser().parse_args(["serve", *argv] if bare else argv)


def parser() -> Parser:
    """All commands and their flags."""
    top = Parser(
        prog="sentry-runbook",
        usage="sentry-runbook [COMMAND] [flags]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"sentry-runbook {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, (summary, example, add_flags) in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"Example: {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add_flags(sub)
    return top


# --- flags that several commands share


_Group = argparse._ArgumentGroup | argparse.ArgumentParser


def _setting(group: _Group, name: str) -> None:
    """The flags of one setting, as its row of the settings table says."""
    (row,) = (row for row in SETTINGS if row.name == name)
    # The words that stand for "not set" and the default among choices are in the help itself.
    default = "" if row.unset or row.choices else f"; {row.default}"
    group.add_argument(
        *row.flags,
        dest=row.name,
        metavar=row.metavar,
        choices=row.choices or None,
        help=f"{row.help} ({row.environment[0]}{default})",
    )


def _sentry(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Which Sentry to ask; the long second names are the settings' own, which error messages use."""
    group = command.add_argument_group("which Sentry")
    for name in ("organization", "project", "base_url"):
        _setting(group, name)
    group.add_argument("--demo", action="store_true", help="ask the embedded Sentry instead; needs no token")
    return group


def _policy(group: _Group) -> None:
    _setting(group, "policy_file")


def _prompts(group: _Group) -> None:
    _setting(group, "prompts_dir")


def _state_dir(group: _Group) -> None:
    _setting(group, "state_dir")


def _port(group: argparse._ArgumentGroup | argparse.ArgumentParser, port: int) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    group.add_argument(
        "--port",
        type=_number(0, 65535),
        default=port,
        metavar="N",
        help=f"port to listen on ({port}; 0 takes a free one)",
    )


def _evidence(command: argparse.ArgumentParser) -> None:
    files = command.add_argument_group("frozen evidence")
    files.add_argument("--save", metavar="FILE", help="keep what Sentry answered in this file")
    files.add_argument("--evidence", metavar="FILE", help="use such a file instead of asking Sentry")


def _stated(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    stated = command.add_argument_group("what people know")
    stated.add_argument("--lead", metavar="NAME", help="incident lead")
    stated.add_argument("--root-cause", metavar="TEXT", help="root cause, as people found it")
    stated.add_argument("--fix", metavar="TEXT", help="what was changed")
    return stated


def _number(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"must be a whole number from {low} to {high}")
        return int(text)

    return number


# --- the flags of each command


def _serve(command: argparse.ArgumentParser) -> None:
    serving = command.add_argument_group("how to serve")
    serving.add_argument(
        "--transport",
        choices=("stdio", "http"),
        default="stdio",
        help="stdio (default), or Streamable HTTP at /mcp with /health beside it; on another address than this "
        "machine's, clients must send the secret SENTRY_RUNBOOK_HTTP_TOKEN as bearer token",
    )
    _port(serving, 8765)
    serving.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also answer requests for this Host, as behind a reverse proxy (repeatable)",
    )
    _sentry(command)
    manners = command.add_argument_group("what it may do, and how it judges")
    manners.add_argument("--read-only", action="store_true", help="the same as --writes off")
    _setting(manners, "writes")
    _policy(manners)
    _prompts(manners)
    _state_dir(manners)


def _demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("scenario", nargs="?", metavar="SCENARIO", help="which incident (payment-spike)")
    command.add_argument("--list", action="store_true", help="name the incidents and stop")
    command.add_argument(
        "--pause",
        type=_number(0, 60),
        metavar="SECONDS",
        help="wait between steps (2 in a terminal, 0 in a pipe)",
    )
    _policy(command)
    _prompts(command)
    command.set_defaults(demo=True)


def _doctor(command: argparse.ArgumentParser) -> None:
    _policy(_sentry(command))


def _simulate(command: argparse.ArgumentParser) -> None:
    command.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="only these incidents (all)")
    _port(command, 9000)
    command.add_argument(
        "--latency-ms", type=_number(0, 60_000), default=0, metavar="N", help="how late every answer is (0)"
    )


def _triage(command: argparse.ArgumentParser) -> None:
    command.add_argument("issue", metavar="ISSUE", help=ISSUE)
    command.add_argument("--json", action="store_true", help="the tool's structured answer, for programs")
    command.add_argument("--environment", metavar="NAME", help="only this environment (several: comma)")
    command.add_argument("--period", metavar="P", help="15m, 1h, 24h, 7d … (24h)")
    command.add_argument("--save", metavar="FILE", help="keep what Sentry answered in this file")
    stated = command.add_argument_group("what people know; leave out what nobody said")
    for flag, text in (
        ("--workaround", "a workaround exists"),
        ("--core-flow", "the core flow is hit"),
        ("--data-loss-risk", "data may be lost"),
    ):
        stated.add_argument(flag, action=argparse.BooleanOptionalAction, help=text)
    _policy(_sentry(command))


def _update(command: argparse.ArgumentParser) -> None:
    command.add_argument("issue", nargs="?", metavar="ISSUE", help=f"{ISSUE}; not with --evidence")
    command.add_argument(
        "--kind", choices=("initial", "update", "resolved"), default="initial", help="which message (initial)"
    )
    command.add_argument(
        "--audience",
        choices=("engineers", "executives", "customers"),
        default="engineers",
        help="for whom (engineers)",
    )
    command.add_argument("--format", choices=("markdown", "slack"), default="markdown", help="markdown (default)")
    command.add_argument("--since", metavar="TIME", help="when the last message went out, ISO 8601")
    _stated(command).add_argument("--service", metavar="NAME", help="name of the service")
    _evidence(command)
    group = _sentry(command)
    _policy(group)
    _prompts(group)


def _postmortem(command: argparse.ArgumentParser) -> None:
    command.add_argument("issue", nargs="?", metavar="ISSUE", help=f"{ISSUE}; not with --evidence")
    stated = _stated(command)
    for flag, text in (
        ("--detected-at", "when people knew"),
        ("--acknowledged-at", "when somebody took it"),
        ("--mitigated-at", "when it stopped hurting"),
    ):
        stated.add_argument(flag, metavar="TIME", help=f"{text}, ISO 8601")
    _evidence(command)
    group = _sentry(command)
    _policy(group)
    _prompts(group)


def _lint(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the postmortem, Markdown; - reads standard input")
    command.add_argument("--evidence", metavar="FILE", help="also compare its numbers with this evidence")
    _policy(command)


def _audit(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", choices=("verify",), metavar="verify", help="check every link of the hash chain")
    command.add_argument("file", nargs="?", metavar="FILE", help="the audit file (audit.jsonl in the state folder)")
    _state_dir(command)


Flags = Callable[[argparse.ArgumentParser], None]
COMMANDS: Mapping[str, tuple[str, str, Flags]] = {
    "serve": (
        "serve MCP to an AI assistant, over stdio or HTTP",
        "claude mcp add sentry-runbook -e SENTRY_AUTH_TOKEN=… -- sentry-runbook serve",
        _serve,
    ),
    "demo": ("play a whole incident in the terminal, no token needed", "sentry-runbook demo geocoding-503", _demo),
    "doctor": (
        "check token, scopes, organization, clock, and what this Sentry can answer",
        "SENTRY_ORG=acme sentry-runbook doctor",
        _doctor,
    ),
    "triage": (
        "triage one issue: severity with reasons, impact, causes, next steps",
        "sentry-runbook triage SHOP-1Z --no-workaround",
        _triage,
    ),
    "update": (
        "draft a message to engineers, executives or customers",
        "sentry-runbook update SHOP-1Z --kind initial --audience customers --format slack",
        _update,
    ),
    "postmortem": (
        "draft the postmortem as Markdown",
        'sentry-runbook postmortem SHOP-1Z --lead "Dana Ortiz" --save evidence.json > postmortem.md',
        _postmortem,
    ),
    "lint": (
        "check a postmortem: blame, missing sources, vague actions, wrong numbers",
        "sentry-runbook lint postmortem.md --evidence evidence.json",
        _lint,
    ),
    "policy": (
        "print the severity rules in force, as TOML to start your own from",
        "sentry-runbook policy > policy.toml",
        _policy,
    ),
    "audit": ("check the audit file of writes", "sentry-runbook audit verify state/audit.jsonl", _audit),
    "simulate": (
        "serve the embedded Sentry over HTTP, for any client to try",
        "sentry-runbook simulate --port 9000 payment-spike",
        _simulate,
    ),
}
"""Command → its summary, an example, and what adds its flags."""
