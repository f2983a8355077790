"""The command line: parse, call, print. The only place that reads the environment and prints.

Exit codes: 0 done; 1 the command ran and the answer is bad news (doctor, lint, audit) or Sentry did not answer;
2 wrong arguments or settings; 130 and 143 after a signal.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sentry_runbook import __version__
from sentry_runbook.errors import BadInput, RunbookError, SettingsError
from sentry_runbook.settings import Settings, load_settings

DESCRIPTION = """\
The incident runbook on Sentry data, as an MCP server for AI assistants and as commands for people.
Without a command it serves MCP over stdio (the same as 'serve')."""
EPILOG = """\
Settings come from flags, the environment (SENTRY_AUTH_TOKEN, SENTRY_ORG, SENTRY_PROJECT, SENTRY_URL,
SENTRY_RUNBOOK_POLICY, SENTRY_RUNBOOK_PROMPTS, SENTRY_RUNBOOK_WRITES) and .sentryclirc, in that order.
Try it without a token: sentry-runbook demo"""

Command = Callable[[argparse.Namespace, Settings], int]


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    arguments = parser().parse_args(argv)
    try:
        code = _run(arguments)
    except (SettingsError, BadInput) as exc:
        _complain(exc)
        code = 2
    except RunbookError as exc:
        _complain(exc)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of a pipe left; what it did not want is no error. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _complain(exc: RunbookError) -> None:
    sys.stderr.write(f"sentry-runbook: {exc.what}\n")
    if exc.fix:
        sys.stderr.write(f"  {exc.fix}\n")


def _run(arguments: argparse.Namespace) -> int:
    settings = load_settings(
        {name: str(value) for name in FLAGS if (value := getattr(arguments, name, None)) is not None},
        {**os.environ, **DEMO_ENVIRONMENT} if arguments.demo else os.environ,
        Path.cwd(),
        Path.home(),
    )
    for warning in settings.warnings:
        sys.stderr.write(f"sentry-runbook: {warning}\n")
    command: Command = arguments.command
    return command(arguments, settings)


FLAGS = ("organization", "project", "base_url", "policy_file", "prompts_dir", "writes", "state_dir")
DEMO_ENVIRONMENT = {
    "SENTRY_AUTH_TOKEN": "demo",
    "SENTRY_AUTH_TOKEN_FILE": "",
    "SENTRY_ORG": "acme",
    "SENTRY_PROJECT": "",
    "SENTRY_URL": "http://localhost",
    "SENTRY_HOST": "",
}
"""What ``--demo`` puts over the environment: the embedded Sentry, and never the real one."""


def parser() -> argparse.ArgumentParser:
    """All commands and their flags."""
    top = argparse.ArgumentParser(
        prog="sentry-runbook",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"sentry-runbook {__version__}")
    _serve_flags(top)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve MCP over stdio or HTTP")
    _serve_flags(serve)
    return top
