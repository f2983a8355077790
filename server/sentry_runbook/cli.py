"""The command line: parse, load the settings, hand over to one command, and end with the right code.

Exit codes: 0 done; 1 the command ran and the answer is bad news (doctor, lint, audit) or Sentry did not answer;
2 wrong arguments or settings; 10 to 13 with ``--exit-code``, by severity; 130 and 143 after a signal.
Whatever goes wrong is one sentence and the next step.
"""

from __future__ import annotations

import argparse
import errno
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal, TextIO

from sentry_runbook.commands import load_command
from sentry_runbook.commands.arguments import parse
from sentry_runbook.commands.logs import log_to_stderr
from sentry_runbook.commands.refusals import PROGRAM, WrongArguments, complain
from sentry_runbook.commands.tracing import leave_out_unknown
from sentry_runbook.errors import BadEvidence, BadInput, BadTemplate, RunbookError, SettingsError, in_one_line
from sentry_runbook.render.plain_signs import show_plain_signs
from sentry_runbook.safety.terminal import inert_streams
from sentry_runbook.settings import SETTINGS, Settings
from sentry_runbook.settings_loader import WHERE_TO_CORRECT, load_usable_settings

FLAGS = tuple(row.name for row in SETTINGS if row.flags)
"""Flags that are settings."""
WRONG_INPUT = (SettingsError, BadInput, BadTemplate, BadEvidence)
"""Errors that the caller can correct; other errors of the package are failures of Sentry or of the machine."""
FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EDQUOT})
"""Of a disk that takes no more."""
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
    argv = sys.argv[1:] if argv is None else argv
    sys.stdin, sys.stdout, sys.stderr = sys.stdin or _nowhere("r"), sys.stdout or _nowhere(), sys.stderr or _nowhere()
    show_plain_signs(sys.stdout, sys.stderr, is_json=_is_json(argv))
    with inert_streams():
        for left_out in leave_out_unknown(os.environ):
            sys.stderr.write(f"{PROGRAM}: {left_out}\n")
        code = _ended(argv)
    sys.exit(code)


def _nowhere(mode: Literal["r", "w"] = "w") -> TextIO:
    """What stands for a stream that the caller has closed: Python has none then."""
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123  # no path of ours


def _ended(argv: Sequence[str]) -> int:
    """The exit code of the command."""
    try:
        code = _run_or_serve(argv)
        sys.stdout.flush()
    except RunbookError as exc:
        code = 2 if isinstance(exc, WRONG_INPUT) else 1
        complain(exc, code, as_json=_is_json(argv))
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of a pipe left; what it did not want is no error.
        _forget_output()
        code = 0
    except OSError as exc:
        if exc.errno not in FULL:
            raise
        _forget_output()
        code = 1
        complain(RunbookError(f"The output cannot be written: {exc.strerror}."), code, as_json=_is_json(argv))
    return code


def _is_json(argv: Sequence[str]) -> bool:
    """Whether a program reads what is said; also where the arguments cannot be parsed."""
    return "--json" in argv or "--format=json" in argv or ("--format", "json") in pairwise(argv)


def _forget_output() -> None:
    """Let what is still buffered go nowhere: Python would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run_or_serve(argv: Sequence[str]) -> int:
    """Run what was given; a server that a host starts runs on with wrong arguments, too, and every call names them.

    It offers no writes then, for a flag that cannot be read could have forbidden them; and ends with 2 all the same.
    """
    try:
        arguments = parse(argv)
    except WrongArguments as exc:
        if not _is_started_by_host(argv):
            raise
        what = f"The arguments cannot be used: {exc.what}"
        wrong = SettingsError(what if what.endswith((".", "?")) else f"{what}.", WHERE_TO_CORRECT)
        _run(parse(["serve", "--read-only"]), wrong)
        return 2
    return _run(arguments)


def _is_started_by_host(argv: Sequence[str]) -> bool:
    """Whether these words mean a server over stdio, and a program writes to it: hosts hold a pipe or a socket."""
    if (argv and argv[0] != "serve" and not argv[0].startswith("-")) or "http" in " ".join(argv):
        return False
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # closed, or no file
        return False
    return stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)


def _run(arguments: argparse.Namespace, wrong: SettingsError | None = None) -> int:
    log_to_stderr(arguments.log_level)
    command, settings = load_command(arguments.command), _settings(arguments)
    settings = settings if wrong is None else replace(settings, problem=wrong)
    if settings.problem is not None and not command.starts_despite(arguments):
        raise settings.problem
    if command.shows_warnings:
        for warning in settings.warnings:
            sys.stderr.write(f"{PROGRAM}: {in_one_line(warning)}\n")
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
