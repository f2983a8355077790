"""Files that commands read and write: postmortems in, evidence in and out."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from sentry_runbook.errors import BadEvidence, BadInput, in_one_line
from sentry_runbook.incident.evidence_file import LEFT_OUT, dump_evidence, load_evidence
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.sentry.issue_urls import is_own_address


def read_text(name: str, what: str) -> str:
    """A text file, or standard input for ``-``.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        # Bytes: on Windows standard input is read in an old code page otherwise, and files are not.
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as exc:
        raise BadInput(f"The {what} {name} cannot be read: {exc.strerror or type(exc).__name__}.") from exc
    except UnicodeDecodeError as exc:
        raise BadInput(f"The {what} {name} is no text: it is not UTF-8.") from exc


def read_evidence(name: str, base_url: str | None = None) -> Evidence:
    """Evidence that ``--save`` wrote; links to another server than ``base_url`` are left out, and stderr says so.

    Raises:
        BadInput: the file cannot be read.
        BadEvidence: it is no evidence file, of another version, or damaged.
    """
    own = None if base_url is None else partial(is_own_address, base_url=base_url)
    evidence = load_evidence(read_text(name, "evidence file"), own)
    if LEFT_OUT in evidence.warnings:
        sys.stderr.write(f"sentry-runbook: {LEFT_OUT}\n")
    return evidence


def check_target(name: str | None) -> Path | None:
    """Where evidence will be saved; checked before anything is fetched.

    Raises:
        BadInput: the folder is missing, or a file that is no evidence which this program reads would be lost.
    """
    if name is None:
        return None
    path = Path(name)
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent} to save the evidence in.", "Make it, or name another file.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder.", "Name a file for the evidence.")
    if path.exists():
        try:
            read_evidence(name)
        except (BadInput, BadEvidence) as exc:
            raise BadInput(f"{path} was not overwritten. {exc.what}", "Name another file for --save.") from exc
    return path


def save_evidence(evidence: Evidence, path: Path) -> None:
    """Write the evidence whole or not at all, readable by its owner only: it holds what Sentry holds.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        # mkstemp makes it with mode 600.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(dump_evidence(evidence))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise BadInput(f"The evidence cannot be saved in {path}: {exc.strerror or type(exc).__name__}.") from exc
    sys.stderr.write(f"sentry-runbook: evidence saved in {in_one_line(str(path))}\n")
