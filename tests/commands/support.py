"""Runs the command line: in this process, or as a process of its own; and serves applications for it to ask."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import pytest
import uvicorn
from starlette.types import ASGIApp

from sentry_runbook import cli

TOKEN = "sntryu_0123456789abcdef_do_not_show"
PROGRAM = (sys.executable, "-m", "sentry_runbook")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Commands:
    """Runs commands in this process, in the environment that the test has set up."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *argv: str) -> Outcome:
        """Run one; it must never end with a traceback."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main(argv)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        assert TOKEN not in out + err
        assert isinstance(left.value.code, int)
        return Outcome(left.value.code, out, err)


@contextmanager
def served(application: ASGIApp) -> Iterator[str]:
    """An application on a free loopback port; gives its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="error", lifespan="off", date_header=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def environment(**values: str) -> dict[str, str]:
    """The environment of a process: this one's without anything of Sentry's, and with these values."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SENTRY")}
    return {**clean, **values}


@contextmanager
def process(*argv: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A command as a process; killed at the end if it still runs."""
    pipe = subprocess.PIPE
    # A shell starts background jobs with SIGINT ignored, and a child inherits that; a handler it does not inherit.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        running = subprocess.Popen(
            [*PROGRAM, *argv], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=env or environment()
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def request(number: int, method: str, **params: Any) -> str:
    """One JSON-RPC request as a line."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n"


HELLO = request(
    1, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "test", "version": "1"}
)
READY = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n"


def line_of(stream: IO[str] | None, beginning: str) -> str:
    """The first line that begins so; fails when the stream ends before."""
    assert stream is not None
    for line in stream:
        if line.startswith(beginning):
            return line
    raise AssertionError(f"no line begins with {beginning!r}")


def lines_json(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Lines that must all be JSON objects."""
    found = [json.loads(line) for line in lines]
    assert all(isinstance(one, dict) for one in found)
    return found
