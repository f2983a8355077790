"""A command in a terminal of its own: what it shows is read, and a person's lines are typed."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

PROGRAM = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal the controlling one, which getpass opens, and becomes the command."""
PATIENCE_S = 60.0


class Terminal:
    """The other end of the terminal."""

    def __init__(self, running: subprocess.Popen[bytes], end: int) -> None:
        self.running = running
        self._end = end
        self.shown = ""
        self._read_until = 0

    def until(self, text: str) -> None:
        """Read until this is shown, behind what was waited for before."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.shown.find(text, self._read_until)) < 0:
            assert self._read(deadline), f"{text!r} was not shown: {self.shown}"
        self._read_until = found + len(text)

    def types(self, text: str) -> None:
        """A person types this."""
        os.write(self._end, text.encode())

    def ends(self) -> int:
        """Read to the end; gives the exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self._read(deadline):
            pass
        return self.running.wait(PATIENCE_S)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._end], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            more = os.read(self._end, 65536)
        except OSError:  # Linux says so when the other side is closed
            return False
        self.shown += more.decode(errors="replace").replace("\r\n", "\n")
        return bool(more)


@contextmanager
def terminal(*argv: str, env: Mapping[str, str]) -> Iterator[Terminal]:
    """The command line in a terminal; killed at the end if it still runs."""
    end, inside = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, sys.executable, "-m", "sentry_runbook", *argv]
    with subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, start_new_session=True, env=env
    ) as running:
        os.close(inside)
        try:
            yield Terminal(running, end)
        finally:
            if running.poll() is None:
                running.kill()
            os.close(end)
