"""A server in a process of its own that is asked over stdio, so that its CPU time is the server's alone.

The benchmark's process is the client: it neither checks answers against schemas nor shares a core's time with the
server. (An in-memory client of the SDK adds some 1.5 ms to each triage for the check alone.)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sentry_runbook
from bench.cases import CASES, ISSUE, Case
from bench.startup import MESSAGES
from bench.upstream import CHECKOUT
from sentry_runbook.simulator.clock import ManualClock


class ServerProcessFailed(Exception):
    """The server ended, or answered a call with an error."""


@dataclass(frozen=True)
class Edition:
    """One state of the package.

    Attributes:
        name: what the table calls it.
        folder: the folder that holds ``sentry_runbook/``.
    """

    name: str
    folder: Path

    def command(self, mode: str, url: str, *more: str) -> list[str]:
        """The worker's command line."""
        fixed = ["--package", str(self.folder), "--url", url, "--now", ManualClock().now.isoformat()]
        return [sys.executable, "-m", "bench.worker", mode, *fixed, *more]

    def environment(self) -> dict[str, str]:
        """Environment in which this package is the one that is imported."""
        return {**os.environ, "PYTHONPATH": str(self.folder)}

    def counts(self, url: str, cases: Sequence[Case] = CASES) -> Mapping[str, Mapping[str, int]]:
        """Upstream rounds and requests of each case, by tool."""
        calls = [
            (case.tool, {"issue": ISSUE, **case.arguments}, case.undo and {"issue": ISSUE, **case.undo})
            for case in cases
        ]
        command = self.command("count", url, "--cache-s", "0", "--calls", json.dumps(calls))
        completed = subprocess.run(
            command, cwd=CHECKOUT, env=self.environment(), check=True, stdout=subprocess.PIPE, timeout=120
        )
        counts: Mapping[str, Mapping[str, int]] = json.loads(completed.stdout)
        return counts


NOW = Edition("now", Path(sentry_runbook.__file__).parents[1])
"""The package that the benchmark itself imports: of the checkout, or installed."""


class ServerProcess(AbstractContextManager["ServerProcess"]):
    """A running server of one edition.

    Args:
        edition: the package that runs.
        url: base URL of the benchmark's Sentry.
        cache_s: how long responses of Sentry may be reused, in seconds; None for the setting's default.
    """

    def __init__(self, edition: Edition, url: str, cache_s: float | None = 0) -> None:
        more = () if cache_s is None else ("--cache-s", f"{cache_s:g}")
        self._last_id = 2
        self._process = subprocess.Popen(
            edition.command("serve", url, *more),
            cwd=CHECKOUT,
            env=edition.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        """Wait until the server has listed its tools; nothing has been called yet."""
        try:
            self._send(MESSAGES)
            self._receive({1, 2})
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the server."""
        self._end()

    def _end(self) -> None:
        """Close its stdin, as a client does, and its other pipe."""
        with self._process:
            if self._process.stdin is not None:
                with suppress(BrokenPipeError):  # what was not sent to a process that has exited
                    self._process.stdin.close()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def triage(self, issues: Sequence[str]) -> list[float]:
        """Triage all these issues at once.

        Returns:
            Milliseconds from the sending of the calls until each answer, shortest first.

        Raises:
            ServerProcessFailed: an answer is an error, or the server ended.
        """
        ids = {self._last_id + number: issue for number, issue in enumerate(issues, 1)}
        self._last_id += len(issues)
        calls = [
            {
                "jsonrpc": "2.0",
                "id": number,
                "method": "tools/call",
                "params": {"name": "triage_issue", "arguments": {"issue": issue}},
            }
            for number, issue in ids.items()
        ]
        sent = time.perf_counter()
        self._send(calls)
        return [(received - sent) * 1000 for received in self._receive(set(ids))]

    def triage_cpu_ms(self, issue: str) -> float | None:
        """CPU time of the server for one triage; None where another process's clock cannot be read."""
        before = self.cpu_ms()
        self.triage([issue])
        after = self.cpu_ms()
        return after - before if before is not None and after is not None else None

    def cpu_ms(self) -> float | None:
        """CPU time of the server so far, user and system, all threads; None where there is no such clock."""
        if sys.platform != "linux":
            return None
        # The kernel's number for another process's CPU clock, as clock_getcpuclockid(3) computes it.
        return time.clock_gettime_ns((~self._process.pid << 3) | 2) / 1e6

    def _send(self, messages: Sequence[Mapping[str, object]]) -> None:
        if self._process.stdin is None:  # PIPE above; narrows the type
            raise AssertionError
        try:
            self._process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
            self._process.stdin.flush()
        except BrokenPipeError as exc:
            raise ServerProcessFailed("the server ended before it was asked") from exc

    def _receive(self, awaited: set[int]) -> list[float]:
        """When each of the awaited answers was read, in ``perf_counter`` seconds; parsed only after the last."""
        if self._process.stdout is None:  # as above
            raise AssertionError
        lines: list[tuple[float, bytes]] = []
        while len(lines) < len(awaited):
            line = self._process.stdout.readline()
            if not line:
                raise ServerProcessFailed("the server ended before it had answered")
            if b'"id":' in line[:200] or b'"id":' in line[-200:]:
                lines.append((time.perf_counter(), line))
        for _, line in lines:
            _check(json.loads(line), awaited)
        return [received for received, _ in lines]


def _check(message: Mapping[str, Any], awaited: set[int]) -> None:
    result = message.get("result")
    if message.get("id") not in awaited or not isinstance(result, dict) or result.get("isError"):
        raise ServerProcessFailed(json.dumps(message)[:500])
