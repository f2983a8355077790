"""The command line: parse, load the settings, hand over to one command, and end with the right code.

Exit codes: 0 done; 1 the command ran and the answer is bad news (doctor, lint, audit) or Sentry did not answer;
2 wrong arguments or settings; 130 and 143 after a signal. Whatever goes wrong is one sentence and the next step.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sentry_runbook.commands import load_command
from sentry_runbook.commands.arguments import parse
from sentry_runbook.errors import BadEvidence, BadInput, BadTemplate, RunbookError, SettingsError, in_one_line
from sentry_runbook.safety.terminal import inert_streams
from sentry_runbook.settings import SETTINGS, Settings
from sentry_runbook.settings_loader import load_usable_settings

FLAGS = tuple(row.name for row in SETTINGS if row.flags)
"""Flags that are settings."""
WRONG_INPUT = (SettingsError, BadInput, BadTemplate, BadEvidence)
"""Errors that the caller can correct; other errors of the package are failures of Sentry or of the machine."""
DEMO_ENVIRONMENT: Mapping[str, str] = {
    "SENTRY_AUTH_TOKEN": "demo",
    "SENTRY_AUTH_TOKEN_FILE": "",
    "SENTRY_ORG": "acme",
    "SENTRY_PROJECT": "",
    "SENTRY_URL": "http://localhost",
    "SENTRY_HOST": "",
}
"""What ``--demo`` puts over the environment: the embedded Sentry, and never the real one."""
NOWHERE = Path(os.devnull)
"""A folder without a ``.sentryclirc``: the demo reads nobody's token."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that has no ✓ shows a question mark; it is no reason to end with a traceback.
            stream.reconfigure(errors="replace")
    with inert_streams():
        code = _ended(parse(sys.argv[1:] if argv is None else argv))
    sys.exit(code)


def _ended(arguments: argparse.Namespace) -> int:
    """The exit code of the command."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except RunbookError as exc:
        _complain(exc)
        code = 2 if isinstance(exc, WRONG_INPUT) else 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of a pipe left; what it did not want is no error. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    return code


def _run(arguments: argparse.Namespace) -> int:
    command, settings = load_command(arguments.command), _settings(arguments)
    if settings.problem is not None and not command.starts_despite(arguments):
        raise settings.problem
    if command.shows_warnings:
        for warning in settings.warnings:
            sys.stderr.write(f"sentry-runbook: {in_one_line(warning)}\n")
    return command.run(arguments, settings)


def _settings(arguments: argparse.Namespace) -> Settings:
    demo = getattr(arguments, "demo", False)
    flags = {name: str(value) for name in FLAGS if (value := getattr(arguments, name, None)) is not None}
    if getattr(arguments, "read_only", False):
        flags["writes"] = "off"
    if demo:
        embedded = {name: value for name, value in flags.items() if name not in ("organization", "project", "base_url")}
        return load_usable_settings(embedded, {**os.environ, **DEMO_ENVIRONMENT}, NOWHERE, NOWHERE)
    return load_usable_settings(flags, os.environ, _folder(Path.cwd), _folder(Path.home))


def _folder(find: Callable[[], Path]) -> Path:
    """A folder to look for ``.sentryclirc`` in; none where the working directory is gone, or the user has no home."""
    try:
        return find()
    except (OSError, RuntimeError):
        return NOWHERE


def _complain(exc: RunbookError) -> None:
    sys.stderr.write(f"sentry-runbook: {exc.what}\n")
    if exc.fix:
        sys.stderr.write(f"  {exc.fix}\n")
