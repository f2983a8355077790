"""Starts the program as a process that stops at a named step of its audit file, and says so over a socket.

``python -m tests.commands.stopping STEP PORT serve …``. A step is ``intent`` or ``outcome``, a colon, and ``before``,
``torn`` (half of the line is written) or ``after``. The process connects to the port on the loopback address when it is
there, and goes on when the connection is closed.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress

from sentry_runbook import cli
from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import AuditRecord

_append, _write = AuditLog.append, os.write


def _stop_at(step: str, port: int) -> None:
    kind, _, moment = step.partition(":")

    def stop() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection, suppress(OSError):
            connection.recv(1)

    def write_half(handle: int, data: bytes) -> int:
        half = _write(handle, data[: len(data) // 2])
        stop()
        return half + _write(handle, data[half:])

    def append(log: AuditLog, record: AuditRecord) -> str:
        if type(record).__name__ != f"{kind.capitalize()}Line":
            return _append(log, record)
        if moment == "before":
            stop()
        os.write = write_half if moment == "torn" else _write  # type: ignore[assignment]  # the step asks for it
        try:
            digest = _append(log, record)
        finally:
            os.write = _write
        if moment == "after":
            stop()
        return digest

    AuditLog.append = append  # type: ignore[method-assign, assignment]  # the only way into another process


if __name__ == "__main__":
    _stop_at(sys.argv[1], int(sys.argv[2]))
    cli.main(sys.argv[3:])
