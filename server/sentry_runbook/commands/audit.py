"""``audit verify``: whether the audit file of writes is whole."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sentry_runbook.commands.arguments import add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.errors import BadInput, in_one_line
from sentry_runbook.safety.audit import verify
from sentry_runbook.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("what", choices=("verify",), metavar="verify", help="check every link of the hash chain")
    command.add_argument("file", nargs="?", metavar="FILE", help="the audit file (audit.jsonl in the state folder)")
    add_settings(command, "state_dir")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check every link of the chain; 1 when one is broken.

    Raises:
        BadInput: there is no such file, or none was named.
    """
    path = _named(arguments, settings)
    report, name = verify(path), in_one_line(str(path))
    if report.ok:
        sys.stdout.write(f"✓ {name}: {_lines(report.lines)}, every link holds\n  last hash {report.last_hash}\n")
        return 0
    where = f"line {report.broken_line}" if report.broken_line else "nothing could be checked"
    sys.stdout.write(
        f"✗ {name}: {where}: {report.why}\n"
        f"  {_lines(report.lines)} before it hold. Keep the file and find out who wrote to it; "
        "a new one is begun when it is moved away.\n"
    )
    return 1


def _named(arguments: argparse.Namespace, settings: Settings) -> Path:
    if arguments.file:
        path = Path(arguments.file)
    elif settings.state_dir:
        path = settings.state_dir / "audit.jsonl"
    else:
        raise BadInput("No audit file was named.", "Give the file, or the folder it is in with --state-dir.")
    if not path.is_file():
        raise BadInput(f"There is no audit file {path}.", "It is begun with the first write.")
    return path


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


COMMAND = Command(
    summary="check the audit file of writes",
    example="sentry-runbook audit verify state/audit.jsonl",
    add_arguments=add_arguments,
    run=run,
)
