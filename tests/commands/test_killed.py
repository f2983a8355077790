"""A server process that is ended at any step of a write: no change without a line, and the next start goes on."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import anyio.to_thread
import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import IntentLine
from sentry_runbook.safety.audit_report import AuditReport, verify
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.commands.support import HELLO, READY, TOKEN, environment, line_of, request, served
from tests.tools.test_writes import ISSUE, SMALL

CHECKOUT = Path(__file__).parents[2]
PATIENCE_S = 60
"""How long a process may take to get to a step; nothing is decided by it."""
CALLS: dict[str, dict[str, Any]] = {
    "resolve_issue": {"issue": ISSUE, "action": "resolve"},
    "add_note": {"issue": ISSUE, "text": "Rolled back."},
}
IN_THE_FILE = ("intent:before", "intent:torn", "intent:after", "outcome:before", "outcome:torn", "outcome:after")
AT_SENTRY = ("plan:arrival", "write:arrival", "write:answer")
READ_BACK = ("read_back:arrival", "read_back:answer")
STEPS = [
    *((tool, step) for tool in CALLS for step in (*AT_SENTRY, *IN_THE_FILE)),
    *(("resolve_issue", step) for step in READ_BACK),
]
Transport = Literal["stdio", "http"]


@dataclass
class Upstream:
    """An embedded Sentry that holds one request, and tells when it has it.

    Attributes:
        hold: the step: ``plan`` (a read before the change), ``write`` or ``read_back``, on its ``arrival`` or before
            its ``answer``; empty to hold nothing.
        changed: how many changes it made.
    """

    hold: str = ""
    changed: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    inner: ASGIApp = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(SMALL, ManualClock(datetime.now(UTC)))
        self.inner = create_app(self.world, token=TOKEN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_write = scope.get("method") != "GET"
        phase = "write" if is_write else "read_back" if self.changed else "plan"
        await self._stop(f"{phase}:arrival")
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self.inner(scope, receive, keep)
        self.changed += is_write and answer[0]["status"] < 300
        await self._stop(f"{phase}:answer")
        for message in answer:
            await send(message)

    async def _stop(self, step: str) -> None:
        if step == self.hold and not self.reached.is_set():
            self.reached.set()
            await anyio.to_thread.run_sync(self.release.wait)


@dataclass
class Running:
    """A server process that is asked for one change."""

    process: subprocess.Popen[str]
    upstream: Upstream
    stopped: Callable[[], None]
    """Waits until the process is at the step."""
    go_on: Callable[[], None]
    file: Path

    def tell(self, line: str) -> None:
        """Send a line to the process."""
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def end(self, *signals: signal.Signals) -> int:
        """Send the signals, the last one until the process has ended."""
        for signum in signals[:-1]:
            self.process.send_signal(signum)
        while self.process.poll() is None:
            self.process.send_signal(signals[-1])
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        return self.process.returncode

    def lines(self) -> list[dict[str, Any]]:
        """The whole lines of the audit file."""
        if not self.file.exists():
            return []
        text = self.file.read_bytes()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]


@contextmanager
def writing(tool: str, step: str, folder: Path, transport: Transport = "stdio") -> Iterator[Running]:
    """A server process in front of a Sentry, with a call under way that stops at the step."""
    upstream = Upstream(step)
    with served(upstream) as url, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_S)
        env = environment(
            SENTRY_URL=url, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_ORG="acme", HOME=str(folder), PYTHONPATH=str(CHECKOUT)
        )
        serve = ["serve", "--writes", "direct", "--state-dir", str(folder / "state")]
        serve += ["--transport", "http", "--port", "0"] if transport == "http" else []
        pipe, port = subprocess.PIPE, str(listener.getsockname()[1])
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.commands.stopping", step, port, *serve],
            cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True,
        )  # fmt: skip
        held: list[socket.socket] = []

        def stopped() -> None:
            if step in IN_THE_FILE:
                held.append(listener.accept()[0])
            else:
                assert upstream.reached.wait(PATIENCE_S)

        def go_on() -> None:
            upstream.release.set()
            for connection in held:
                connection.close()

        running = Running(process, upstream, stopped, go_on, folder / "state" / "audit.jsonl")
        caller = call_over(transport, running, tool)
        try:
            yield running
        finally:
            go_on()
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()
            if caller is not None:
                caller.join()


def call_over(transport: Transport, running: Running, tool: str) -> threading.Thread | None:
    """Make the call; over HTTP in a thread, for nobody answers while the process stands still."""
    if transport == "stdio":
        running.tell(HELLO + READY + request(2, "tools/call", name=tool, arguments=CALLS[tool]))
        return None
    url = line_of(running.process.stderr, "sentry-runbook: MCP at ").split()[3].rstrip(",")
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    body = request(2, "tools/call", name=tool, arguments=CALLS[tool], _meta=meta)

    def post() -> None:
        try:
            httpx.post(url, content=body, headers=headers, timeout=PATIENCE_S)
        except httpx.HTTPError:
            return  # the process was ended

    thread = threading.Thread(target=post)
    thread.start()
    return thread


def assert_complete(running: Running) -> AuditReport:
    """Every change has its intent, and no byte is wrong but of a line that was torn last."""
    intents = [line for line in running.lines() if line["kind"] == "intent"]
    assert running.upstream.changed <= len(intents)
    if not running.file.exists():
        assert running.upstream.changed == 0
        return AuditReport(True, 0)
    report = verify(running.file)
    assert report.ok or report.is_torn, report.why
    return report


HAS_INTENT = {
    "plan:arrival": False, "write:arrival": True, "write:answer": True, "read_back:arrival": True,
    "read_back:answer": True, "intent:before": False, "intent:torn": False, "intent:after": True,
    "outcome:before": True, "outcome:torn": True, "outcome:after": True,
}  # fmt: skip
CHANGED = {step: step in ("write:answer", *READ_BACK) or step.startswith("outcome:") for step in HAS_INTENT}
TERMINATED_TWICE = (signal.SIGTERM, signal.SIGTERM)
QUICK = {
    ("resolve_issue", "write:answer", "stdio", (signal.SIGKILL,)),
    ("add_note", "intent:torn", "stdio", TERMINATED_TWICE),
    ("add_note", "write:answer", "http", TERMINATED_TWICE),
}


def ends() -> Iterator[Any]:
    """Every tool, step, transport and way to end a process; a few of them in the quick suite."""
    for tool, step in STEPS:
        for transport in ("stdio", "http"):
            for signals in ((signal.SIGKILL,), TERMINATED_TWICE):
                if transport == "http" and signals == (signal.SIGKILL,) and step != "write:answer":
                    continue  # what kills a process does not ask what it serves
                marks = () if (tool, step, transport, signals) in QUICK else (pytest.mark.matrix,)
                name = f"{tool}-{step}-{transport}-{'-'.join(signum.name for signum in signals)}"
                yield pytest.param(tool, step, transport, signals, marks=marks, id=name)


@pytest.mark.parametrize(("tool", "step", "transport", "signals"), [*ends()])
def test_a_process_that_is_ended_at_any_step_leaves_no_change_without_a_line(
    tool: str, step: str, transport: Transport, signals: tuple[signal.Signals, ...], tmp_path: Path
) -> None:
    with writing(tool, step, tmp_path, transport) as running:
        running.stopped()
        running.end(*signals)
        report = assert_complete(running)
        lines = running.lines()
    assert [line["kind"] for line in lines[:1]] == ["intent"] * HAS_INTENT[step]
    assert (running.upstream.changed == 1) == CHANGED[step]
    if step == "outcome:after":
        assert [line["outcome"] for line in lines[1:]] == ["applied"]
    elif transport == "http" and signals == TERMINATED_TWICE:
        # The server may still have had the time to say that it does not know.
        assert {line["outcome"] for line in lines[1:]} <= {"unknown"}
    else:
        assert lines[1:] == []
        assert len(report.unfinished) == HAS_INTENT[step]
        assert report.is_torn == step.endswith(":torn")
    AuditLog(running.file).append(IntentLine(datetime.now(UTC), "resolve", ISSUE))
    after = verify(running.file)
    assert (after.ok, after.lines, len(after.cut_backs)) == (True, report.lines + 1 + report.is_torn, report.is_torn)


@pytest.mark.parametrize("step", ["outcome:torn", pytest.param("write:arrival", marks=pytest.mark.matrix)])
def test_the_next_start_goes_on_with_the_file(step: str, tmp_path: Path) -> None:
    with writing("resolve_issue", step, tmp_path) as running:
        running.stopped()
        running.end(signal.SIGKILL)
        report = assert_complete(running)
    with writing("add_note", "outcome:after", tmp_path) as next_start:
        next_start.stopped()
        after = verify(next_start.file)
    assert (after.ok, next_start.upstream.changed) == (True, 1)
    assert after.lines == report.lines + 2 + report.is_torn
    assert (len(after.cut_backs), len(after.unfinished)) == (report.is_torn, 1)


TOOLS = ["resolve_issue", pytest.param("add_note", marks=pytest.mark.matrix)]


@pytest.mark.parametrize("transport", ["stdio", pytest.param("http", marks=pytest.mark.matrix)])
@pytest.mark.parametrize("tool", TOOLS)
def test_one_signal_lets_a_change_that_was_sent_end_with_its_outcome(
    tool: str, transport: Transport, tmp_path: Path
) -> None:
    with writing(tool, "write:answer", tmp_path, transport) as running:
        running.stopped()
        running.process.send_signal(signal.SIGTERM)
        running.go_on()
        assert running.process.wait(PATIENCE_S) == 143
        assert assert_complete(running).ok
        intent, outcome = running.lines()
    assert (outcome["intent"], outcome["outcome"]) == (intent["hash"], "applied")


@pytest.mark.parametrize("step", [pytest.param("write:arrival", marks=pytest.mark.matrix), "write:answer"])
def test_a_call_that_its_client_cancels_while_the_change_is_under_way_leaves_its_outcome(
    step: str, tmp_path: Path
) -> None:
    with writing("resolve_issue", step, tmp_path) as running:
        running.stopped()
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}
        running.tell(json.dumps(cancelled) + "\n" + request(3, "ping"))
        assert running.process.stdout is not None
        answers = (json.loads(line) for line in running.process.stdout)
        assert next(answer["id"] for answer in answers if answer.get("id") in (2, 3)) == 3
        running.go_on()
        assert running.process.stdin is not None
        running.process.stdin.close()
        running.process.wait(PATIENCE_S)
        assert assert_complete(running).ok
        intent, outcome = running.lines()
    assert (outcome["intent"], outcome["outcome"]) == (intent["hash"], "applied")


linux = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are Linux's")


@linux
@pytest.mark.parametrize("tool", TOOLS)
def test_a_disk_that_is_full_before_a_change_stops_it(tool: str, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with writing(tool, "plan:arrival", tmp_path) as running:
        running.stopped()
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (10, 10))
        running.go_on()
        answer = answer_of(running)
        assert answer["isError"]
        assert "Nothing was sent to Sentry: no change is made without its line" in answer["content"][0]["text"]
        assert (running.upstream.changed, running.file.stat().st_size) == (0, 0)


@linux
@pytest.mark.parametrize("tool", TOOLS)
def test_a_disk_that_gets_full_while_a_change_is_under_way_is_told_and_the_first_line_stands(
    tool: str, tmp_path: Path
) -> None:
    with writing(tool, "write:answer", tmp_path) as running:
        running.stopped()
        room = running.file.stat().st_size + 10
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (room, room))
        running.go_on()
        answer = answer_of(running)["structuredContent"]
        report = assert_complete(running)
    assert answer["outcome"] == "applied"
    assert any("line with the outcome could not be written" in warning for warning in answer["warnings"])
    assert (report.ok, report.lines, len(report.unfinished)) == (True, 1, 1)


def answer_of(running: Running) -> dict[str, Any]:
    """The result of the call."""
    assert running.process.stdout is not None
    answers = (json.loads(line) for line in running.process.stdout)
    result: dict[str, Any] = next(answer["result"] for answer in answers if answer.get("id") == 2)
    return result


def test_the_steps_are_all_there_are() -> None:
    assert {step for _, step in STEPS} == HAS_INTENT.keys()
    assert os.name == "posix" or not QUICK
