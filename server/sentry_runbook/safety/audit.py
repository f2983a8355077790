"""The audit file of writes: appended under a lock, each line synced to the disk before the request that it announces.

The lines and their chain are :mod:`.audit_lines`. Anyone who may write the file can still rewrite all of it or cut its
end off: keep the last hash that ``audit verify`` prints elsewhere, or ship the file, where that matters.

What can be wrong with the file, and what is then done:

=========================================  ==========================================================================
the last line is torn (a crash, full disk)  it is removed, a line says so, and the file goes on
the last line is whole but wrong            nothing is appended, so no write is made: somebody changed the file
another process holds the lock              tried again for less than a second, then an error
a link, FIFO, folder, device                an error at once; nothing is followed, opened blocking or written
the disk is full                            what was written of the line is removed again, and an error is raised
=========================================  ==========================================================================

Everything here blocks: call it from a worker thread (:mod:`~sentry_runbook.writing.recording`).
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sentry_runbook.safety.audit_lines import (
    GENESIS,
    MAX_LINE,
    TORN,
    AuditError,
    AuditRecord,
    CutBackLine,
    chained,
    read_line,
)

try:
    import fcntl
except ImportError:  # Windows has no flock: there one process a file is supported
    fcntl = None  # type: ignore[assignment]  # the code below asks for None

LOCK_PAUSE_S = 0.005
LOCK_ATTEMPTS = 180
"""Both together: a lock that another process holds is waited for 0.9 s at most."""
THREADS_WAIT_S = 5.0
"""Seconds that a write waits for other writes of this process."""
REMOVED_SHOWN = 1_000
"""Characters of a torn line that the line about its removal repeats."""
_threads = threading.Lock()


class AuditLog:
    """Appends to an audit file; safe for many threads and, where flock exists, many processes.

    Args:
        path: the file; made with mode 600 (its folder with 700) when it does not exist.
        pause: waits between attempts to take the lock.
    """

    def __init__(self, path: Path, *, pause: Callable[[float], None] = time.sleep) -> None:
        self.path = path
        self._pause = pause

    def append(self, record: AuditRecord) -> str:
        """Append one line, see it on the disk, and return its hash.

        Raises:
            AuditError: the file is damaged or cannot be written; it is left as it was.
        """
        with self._locked() as handle:
            end = self._end(handle)
            lines, previous = b"", end.last_hash
            if end.torn:
                lines, previous = chained(_cut_back(end.torn, record.when), previous)
            line, digest = chained(record, previous)
            self._write(handle, lines + line, end)
            return digest

    def _write(self, handle: int, lines: bytes, end: _End) -> None:
        try:
            if end.torn:
                os.ftruncate(handle, end.size)
            written = os.write(handle, lines)
            os.fsync(handle)
            if end.size == 0:
                _sync_folder(self.path.parent)
        except OSError as exc:
            _restore(handle, end)
            raise self._failed("cannot be written", exc) from exc
        if written != len(lines):
            _restore(handle, end)
            raise self._failed("took only part of a line (disk full?)")

    @contextmanager
    def _locked(self) -> Iterator[int]:
        if not _threads.acquire(timeout=THREADS_WAIT_S):
            raise self._failed(f"is being written by this process since more than {THREADS_WAIT_S:g} s")
        try:
            handle = self._open()
            try:
                if fcntl is not None:
                    self._lock(handle)
                yield handle
            finally:
                os.close(handle)
        finally:
            _threads.release()

    def _lock(self, handle: int) -> None:
        for _ in range(LOCK_ATTEMPTS):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._pause(LOCK_PAUSE_S)
            except OSError as exc:
                raise self._failed("cannot be locked", exc) from exc
            else:
                return
        raise AuditError(
            f"The audit file {self.path} is locked by another process.",
            "End what holds it (fuser, lsof tell which process that is), and try again.",
        )

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"):
            flags |= getattr(os, name, 0)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.path.is_symlink():
                raise self._failed("cannot be opened: it is a link, which is not followed")
            handle = os.open(self.path, flags, 0o600)
        except OSError as exc:
            raise self._failed("cannot be opened", exc) from exc
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise self._failed("cannot be opened: it is no regular file")
        return handle

    def _end(self, handle: int) -> _End:
        """Where the file ends, and with what.

        Raises:
            AuditError: its last line is whole but wrong, or was not written by this program.
        """
        size = os.lseek(handle, 0, os.SEEK_END)
        start = os.lseek(handle, max(0, size - 2 * MAX_LINE - 1), os.SEEK_SET)
        tail = b""
        while chunk := os.read(handle, size - start - len(tail)):
            tail += chunk
        whole, line_break, torn = tail.rpartition(b"\n")
        if torn and (len(torn) > MAX_LINE or not TORN.fullmatch(torn)):
            raise self._damaged("its last line was not written by this program")
        if not line_break:
            return _End(0, GENESIS, torn)
        try:
            last = read_line(whole.rpartition(b"\n")[2], None)
        except ValueError as exc:
            raise self._damaged(str(exc)) from exc
        return _End(size - len(torn), str(last["hash"]), torn)

    def _damaged(self, why: str) -> AuditError:
        return AuditError(
            f"The audit file {self.path} is damaged ({why}).",
            "Run sentry-runbook audit verify; move the damaged file away and keep it, a new one is then begun.",
        )

    def _failed(self, what: str, exc: OSError | None = None) -> AuditError:
        reason = f": {exc.strerror or type(exc).__name__}" if exc else ""
        return AuditError(
            f"The audit file {self.path} {what}{reason}.",
            "Make room for it and let this user write it, or start the server with another SENTRY_RUNBOOK_STATE.",
        )


@dataclass(frozen=True)
class _End:
    """The end of a file.

    Attributes:
        size: bytes of its whole lines.
        last_hash: of its last whole line.
        torn: what stands behind it.
    """

    size: int
    last_hash: str
    torn: bytes


def _cut_back(torn: bytes, when: datetime) -> CutBackLine:
    return CutBackLine(when, len(torn), torn.rstrip(b"\0").decode("ascii")[:REMOVED_SHOWN])


def _restore(handle: int, end: _End) -> None:
    """Leave the file as it was found. Where that fails, too, its last line is torn, which the next write mends."""
    with suppress(OSError):
        os.ftruncate(handle, end.size)
        if end.torn:
            os.write(handle, end.torn)


def _sync_folder(folder: Path) -> None:
    """See the name of a new file on the disk; some file systems cannot."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
