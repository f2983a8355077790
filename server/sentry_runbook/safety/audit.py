"""The audit log of writes: one JSON line per write, each linked to the previous one by a hash.

Theory: the file is append-only and records who did what, to which issue, the state before and after, how the write was
confirmed and its outcome. Each line holds the hash of the previous line and the hash of itself over canonical JSON
(sorted keys, ASCII). A line that was changed, removed from the middle, inserted or torn breaks the chain, and
:func:`verify` gives the number of the first such line. Anyone who may write the file can still rewrite all of it or cut
its end off: keep :attr:`AuditReport.last_hash` elsewhere, or ship the file, where that matters.

An append takes a lock of the process and one of the file, checks the last line only, and is one synced ``write``.
A damaged or torn last line is never appended to: the write in Sentry is then refused before it is sent.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sentry_runbook.errors import RunbookError

try:
    import fcntl
except ImportError:  # Windows has no flock: there one process a file is supported
    fcntl = None  # type: ignore[assignment]  # the code below asks for None

GENESIS = "0" * 64
MAX_LINE = 65_536
"""Bytes a line may have; a longer record is refused, a longer line in the file is damage."""

AuditValue = str | int | bool | None
AuditedState = Mapping[str, AuditValue]


class AuditError(RunbookError):
    """The audit file cannot be written, or is damaged."""


@dataclass(frozen=True)
class AuditRecord:
    """One write.

    Attributes:
        when: the instant of the write, aware.
        what: the action with its arguments, as ``resolve_in_release release=shop@2.4.2``.
        issue: its short id or number.
        before, after: the state read before and after; ``after`` is empty when it could not be read.
        confirmed: how it was confirmed: ``elicitation``, ``confirm_token``, ``direct``.
        outcome: ``applied``, ``not_applied``, ``already``, ``refused``, ``unknown``.
        who: whose token it was, ``unknown`` when Sentry did not say.
    """

    when: datetime
    what: str
    issue: str
    before: AuditedState = field(default_factory=dict)
    after: AuditedState = field(default_factory=dict)
    confirmed: str = ""
    outcome: str = ""
    who: str = "unknown"


@dataclass(frozen=True)
class AuditReport:
    """The result of :func:`verify`.

    Attributes:
        ok: every line is whole and chained.
        lines: good lines before the first broken one, all of them when none is.
        broken_line: number of the first broken line, from 1; None when there is none.
        why: what is wrong, one sentence; empty when nothing is.
        last_hash: hash of the last good line; compare it with one kept elsewhere.
    """

    ok: bool
    lines: int
    broken_line: int | None = None
    why: str = ""
    last_hash: str = GENESIS


class AuditLog:
    """Appends to an audit file; safe for many threads and, where flock exists, many processes.

    Args:
        path: the file; made with mode 600 (its folder with 700) when it does not exist.
    """

    _threads = threading.Lock()

    def __init__(self, path: Path) -> None:
        self.path = path

    def ensure_writable(self) -> None:
        """Check before a write that its line can be appended.

        Raises:
            AuditError: it cannot; says why.
        """
        with self._locked() as handle:
            self._last_hash(handle)

    def append(self, record: AuditRecord) -> str:
        """Append one line and return its hash.

        Raises:
            AuditError: the file is damaged or cannot be written; it is left as it was.
        """
        with self._locked() as handle:
            line, digest = _chained(record, self._last_hash(handle))
            try:
                written = os.write(handle, line)
                os.fsync(handle)
            except OSError as exc:
                raise self._failed("cannot be written", exc) from exc
            if written != len(line):
                raise self._failed("took only part of a line (disk full?)")
            return digest

    @contextmanager
    def _locked(self) -> Iterator[int]:
        with self._threads:
            handle = self._open()
            try:
                if fcntl is not None:
                    fcntl.flock(handle, fcntl.LOCK_EX)
                yield handle
            finally:
                os.close(handle)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self.path, flags, 0o600)
        except OSError as exc:
            raise self._failed("cannot be opened", exc) from exc

    def _last_hash(self, handle: int) -> str:
        size = os.lseek(handle, 0, os.SEEK_END)
        if size == 0:
            return GENESIS
        start = os.lseek(handle, max(0, size - MAX_LINE - 1), os.SEEK_SET)
        tail = b""
        while chunk := os.read(handle, size - start - len(tail)):
            tail += chunk
        last = tail[:-1].rpartition(b"\n")[2]
        problem = "its last line is torn" if not tail.endswith(b"\n") else _problem(last, None)
        if problem:
            raise self._failed(f"is damaged ({problem})")
        return str(json.loads(last)["hash"])

    def _failed(self, what: str, exc: OSError | None = None) -> AuditError:
        reason = f": {exc.strerror or type(exc).__name__}" if exc else ""
        return AuditError(
            f"The audit file {self.path} {what}{reason}.",
            "Run sentry-runbook audit verify; move a damaged file away and keep it, a new one is then begun.",
        )


def verify(path: Path) -> AuditReport:
    """Read an audit file from its first line to its last and check every link of the chain."""
    previous, count = GENESIS, 0
    try:
        with path.open("rb") as lines:
            while line := lines.readline(MAX_LINE + 1):
                torn = not line.endswith(b"\n")
                problem = "the line is torn or too long" if torn else _problem(line[:-1], previous)
                if problem:
                    return AuditReport(False, count, count + 1, problem, previous)
                previous, count = str(json.loads(line)["hash"]), count + 1
    except OSError as exc:
        return AuditReport(
            False, count, None, f"the file cannot be read: {exc.strerror or type(exc).__name__}", previous
        )
    return AuditReport(True, count, last_hash=previous)


def _chained(record: AuditRecord, previous: str) -> tuple[bytes, str]:
    fields: dict[str, object] = asdict(record) | {
        "when": record.when.astimezone(UTC).isoformat(timespec="milliseconds"),
        "before": dict(record.before),
        "after": dict(record.after),
        "previous": previous,
    }
    digest = _hash(fields)
    line = _canonical(fields | {"hash": digest}) + b"\n"
    if len(line) > MAX_LINE:
        raise AuditError("A record of a write is too long for the audit file.", "Shorten the reason or the text.")
    return line, digest


def _problem(line: bytes, previous: str | None) -> str:
    """Why a line is not a link of the chain; ``previous`` None: its predecessor is not looked at."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return "the line is not JSON"
    if not isinstance(fields, dict) or not isinstance(fields.get("hash"), str):
        return "the line carries no hash"
    digest = fields.pop("hash")
    if _hash(fields) != digest:
        return "the line was changed: its hash does not fit"
    if previous is not None and fields.get("previous") != previous:
        return "a line before it was removed, inserted or changed: the chain does not fit"
    return ""


def _hash(fields: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(fields)).hexdigest()


def _canonical(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")
