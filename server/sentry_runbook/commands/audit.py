"""``audit verify``: whether the audit file of writes is whole."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from sentry_runbook.commands.arguments import add_json_flag, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.errors import BadInput, in_one_line
from sentry_runbook.safety.audit_report import AuditLine, AuditReport, verify
from sentry_runbook.safety.text import line
from sentry_runbook.settings import Settings

MOST_REMARKS, MOST_SHOWN = 10, 200
"""Lines that are named, and characters of a value of one."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("what", choices=("verify",), metavar="verify", help="check every link of the hash chain")
    command.add_argument("file", nargs="?", metavar="FILE", help="the audit file (audit.jsonl in the state folder)")
    add_json_flag(command)
    add_settings(command, "state_dir")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check every byte and link of the chain; 1 when one is broken. An intent without an outcome breaks nothing.

    Raises:
        BadInput: there is no such file, or none was named.
    """
    path = _named(arguments, settings)
    report, name = verify(path), in_one_line(str(path))
    if arguments.json:
        print_json(_facts(report, name))
        return 0 if report.ok else 1
    if report.ok:
        sys.stdout.write(
            f"✓ {name}: {_lines(report.lines)}, every byte and link holds\n  last hash {report.last_hash}\n"
        )
        sys.stdout.writelines(f"  ! {remark}\n" for remark in _remarks(report))
        return 0
    where = f"line {report.broken_line}" if report.broken_line else "nothing could be checked"
    what_now = "Keep the file and find out who wrote to it; a new one is begun when it is moved away."
    if report.is_torn:
        what_now = "The next write removes it and says so."
    sys.stdout.write(
        f"✗ {name}: {where}: {report.why}\n  {_lines(report.lines)} before it hold, last hash {report.last_hash}. "
        f"{what_now}\n"
    )
    sys.stdout.writelines(f"  ! {remark}\n" for remark in _remarks(report))
    return 1


def _facts(report: AuditReport, name: str) -> dict[str, object]:
    """The report with the names of its fields; of each line that should be known its number and what it says."""
    facts: dict[str, object] = {"file": name, "ok": report.ok, "lines": report.lines, "last_hash": report.last_hash}
    if not report.ok:
        facts |= {"why": report.why, "is_torn": report.is_torn}
    if report.broken_line is not None:
        facts["broken_line"] = report.broken_line
    return facts | {
        "unfinished": [
            {"line": entry.number, **_values(entry, "what", "issue", "when")} for entry in report.unfinished
        ],
        "cut_backs": [{"line": entry.number, **_values(entry, "removed_bytes", "when")} for entry in report.cut_backs],
    }


def _values(entry: AuditLine, *names: str) -> dict[str, object]:
    """Values of a line; texts are made inert, numbers stay numbers."""
    found = {name: entry.values[name] for name in names if name in entry.values}
    return {name: value if isinstance(value, int) else _said(entry, name) for name, value in found.items()}


def _remarks(report: AuditReport) -> Iterator[str]:
    """What is no damage, but should be known."""
    for entry in report.unfinished[:MOST_REMARKS]:
        yield (
            f"line {entry.number}: no outcome of {_said(entry, 'what')} on {_said(entry, 'issue')}, begun "
            f"{_said(entry, 'when')}: it is under way, or the server was ended meanwhile. Look at the issue in Sentry."
        )
    if len(report.unfinished) > MOST_REMARKS:
        yield f"{len(report.unfinished) - MOST_REMARKS:,} more changes without an outcome."
    for entry in report.cut_backs[:MOST_REMARKS]:
        removed = _said(entry, "removed_bytes")
        yield f"line {entry.number}: {removed} bytes of a torn line were removed before it, {_said(entry, 'when')}."


def _said(entry: AuditLine, name: str) -> str:
    """A value of a line, inert: it may have been copied from an event."""
    return line(str(entry.values.get(name, "")), MOST_SHOWN)


def _named(arguments: argparse.Namespace, settings: Settings) -> Path:
    if arguments.file:
        path = Path(arguments.file)
    elif settings.state_dir:
        path = settings.state_dir / "audit.jsonl"
    else:
        raise BadInput("No audit file was named.", "Give the file, or the folder it is in with --state-dir.")
    if not path.exists():
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
