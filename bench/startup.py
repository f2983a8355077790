"""Time and peak memory from spawning a server to its tools/list result over stdio, against a bare server of the SDK.

The two are started alternately, so that other load on the machine affects both; the ratio is the median over pairs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.bounds import OF_BARE_SERVER, Measure
from bench.memory import peak_mb
from bench.upstream import CHECKOUT

OURS = ("-m", "sentry_runbook", "serve")
BARE = ("-m", "bench.baseline")
ENVIRONMENT = {"SENTRY_AUTH_TOKEN": "bench", "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
"""No tool is called, so nothing has to listen there."""
_INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}
MESSAGES: tuple[dict[str, object], ...] = (
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": _INITIALIZE},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
)


class NoAnswer(Exception):
    """A server exited before it listed its tools."""


@dataclass(frozen=True)
class Start:
    """One start: wall time, and peak memory at its end (None where it cannot be read)."""

    wall_ms: float
    peak_mb: float | None


def starts(pairs: int) -> list[Measure]:
    """Start both alternately, ``pairs`` times; medians, and the median of the pairs' ratios."""
    for arguments in (BARE, OURS):  # file caches
        start(arguments)
    runs = [(start(BARE), start(OURS)) for _ in range(pairs)]
    return [
        *_compared("start to tools/list", "ms", [(bare.wall_ms, ours.wall_ms) for bare, ours in runs]),
        *_compared("peak memory", "MB", [(bare.peak_mb, ours.peak_mb) for bare, ours in runs]),
    ]


def _compared(what: str, unit: str, pairs: list[tuple[float | None, float | None]]) -> Iterator[Measure]:
    known = [(bare, ours) for bare, ours in pairs if bare is not None and ours is not None]

    def median(of: Callable[[float, float], float]) -> float | None:
        return statistics.median(of(bare, ours) for bare, ours in known) if known else None

    yield Measure("server", what, "bare six-tool server", median(lambda bare, _: bare), unit)
    yield Measure("server", what, "sentry-runbook", median(lambda _, ours: ours), unit)
    yield Measure("server", what, "ratio", median(lambda bare, ours: ours / bare), "x", OF_BARE_SERVER)


def start(arguments: tuple[str, ...]) -> Start:
    """Start a server, request its tools, end it.

    Raises:
        NoAnswer: it exited before it answered.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        if process.stdin is None or process.stdout is None:  # PIPE above; narrows the type
            raise AssertionError
        process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in MESSAGES))
        process.stdin.flush()
        for line in process.stdout:
            if json.loads(line).get("id") == 2:
                return Start((time.perf_counter() - started) * 1000, peak_mb(process.pid))
    raise NoAnswer(f"{' '.join(arguments)} exited before it listed its tools")
