"""Whether an audit file is whole: every byte of every line, every link of the chain, and what it leaves open."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sentry_runbook.safety.audit_lines import GENESIS, MAX_LINE, TORN, read_line

TORN_LINE = "the last line is torn, as by a crash while it was written"


@dataclass(frozen=True)
class AuditLine:
    """A line of the file that its reader should know of.

    Attributes:
        number: from 1.
        values: what it says; text in it may stem from an event.
    """

    number: int
    values: dict[str, object]


@dataclass(frozen=True)
class AuditReport:
    """The result of :func:`verify`.

    Attributes:
        ok: every line is whole and chained.
        lines: good lines before the first broken one, all of them when none is.
        broken_line: number of the first broken line, from 1; None when there is none.
        why: what is wrong, one sentence; empty when nothing is.
        last_hash: hash of the last good line; compare it with one kept elsewhere.
        is_torn: the broken line is the last one, torn while it was written.
        unfinished: intents without an outcome: the process was ended in between, or the change is under way.
        cut_backs: lines that say that a torn line was removed before them.
    """

    ok: bool
    lines: int
    broken_line: int | None = None
    why: str = ""
    last_hash: str = GENESIS
    is_torn: bool = False
    unfinished: tuple[AuditLine, ...] = ()
    cut_backs: tuple[AuditLine, ...] = ()


def verify(path: Path) -> AuditReport:
    """Read an audit file from its first line to its last and check every byte of every line, and every link."""
    try:
        with open(path, "rb", opener=_open_regular) as file:  # Path.open takes no opener
            return _verify(file)
    except OSError as exc:
        return AuditReport(False, 0, None, f"the file cannot be read: {exc.strerror or type(exc).__name__}")


def _open_regular(path: str, flags: int) -> int:
    """Open without waiting for whoever writes to a FIFO.

    Raises:
        OSError: it is no regular file, or cannot be opened.
    """
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is no regular file")
    return handle


def _verify(file: BinaryIO) -> AuditReport:
    previous, count, why = GENESIS, 0, ""
    open_intents: dict[str, AuditLine] = {}
    cut_backs: list[AuditLine] = []
    while line := file.readline(MAX_LINE + 1):
        try:
            values = read_line(_without_break(line), previous)
        except ValueError as exc:
            why = str(exc)
            break
        previous, count = str(values["hash"]), count + 1
        if values["kind"] == "intent":
            open_intents[previous] = AuditLine(count, values)
        elif values["kind"] == "outcome":
            open_intents.pop(str(values["intent"]), None)
        else:
            cut_backs.append(AuditLine(count, values))
    broken = count + 1 if why else None
    return AuditReport(
        not why, count, broken, why, previous, why == TORN_LINE, tuple(open_intents.values()), tuple(cut_backs)
    )


def _without_break(line: bytes) -> bytes:
    """Raises ValueError when the line has none: it is torn, or too long."""
    if line.endswith(b"\n"):
        return line[:-1]
    if len(line) > MAX_LINE:
        raise ValueError("the line is too long")
    if TORN.fullmatch(line):
        raise ValueError(TORN_LINE)
    raise ValueError("the last line was not written by this program")
