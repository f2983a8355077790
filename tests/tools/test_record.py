"""The record of a change through the tools: never without its line, never in the way of other calls."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from mcp import Client

from sentry_runbook.runtime import build_runtime
from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import IntentLine
from sentry_runbook.safety.audit_report import verify
from sentry_runbook.server.app import build_server
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from sentry_runbook.writing import recording
from tests.tools.support import MODES, Mode, connected
from tests.tools.test_writes import ISSUE, SMALL, WRITES, LosingTransport, changes, shop, writing


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


@asynccontextmanager
async def client_with(
    folder: Path,
    pause: Callable[[float], None] | None = None,
    append: Callable[[AuditLog, Any], str] | None = None,
    monkeypatch: pytest.MonkeyPatch | None = None,
) -> AsyncIterator[Client]:
    """A client of a server whose audit file waits, or is written, in another way."""
    clock = ManualClock()
    transport = httpx.ASGITransport(create_app(World(SMALL, clock)))
    run = build_runtime(writing("direct", folder), http_transport=transport, clock=clock)
    if pause is not None:
        run.audit = AuditLog(folder / "audit.jsonl", pause=pause)
    if append is not None and monkeypatch is not None:
        monkeypatch.setattr(AuditLog, "append", append)
    async with Client(build_server(run)) as client:
        yield client
    await run.aclose()


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_lock_of_another_process_holds_up_no_other_call_and_ends_as_an_error(
    tool: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    is_waiting, other_call_ended, waited = anyio.Event(), threading.Event(), list[float]()
    token = anyio.lowlevel.current_token()

    def pause(seconds: float) -> None:
        if not waited:
            anyio.from_thread.run_sync(is_waiting.set, token=token)
            assert other_call_ended.wait(30), "the event loop stands still while the file is locked"
        waited.append(seconds)

    with (tmp_path / "audit.jsonl").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        async with client_with(tmp_path, pause) as client, anyio.create_task_group() as tasks:
            said: list[str] = []

            async def write() -> None:
                result = await client.call_tool(tool, {"issue": ISSUE, **arguments})
                said.append("\n".join(getattr(part, "text", "") for part in result.content))

            tasks.start_soon(write)
            await is_waiting.wait()
            assert not (await client.call_tool("get_issue", {"issue": ISSUE})).is_error
            other_call_ended.set()
    assert "is locked by another process. Nothing was sent to Sentry" in said[0]
    assert 0 < sum(waited) < 1


async def test_a_file_system_that_hangs_costs_that_call_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FILE_WITHIN_S", 0.2)
    end = threading.Event()

    def hang(log: AuditLog, record: Any) -> str:
        end.wait(60)
        return ""

    try:
        async with client_with(tmp_path, append=hang, monkeypatch=monkeypatch) as client:
            result = await client.call_tool("add_note", {"issue": ISSUE, "text": "Fixed."})
            assert result.is_error
            assert "could not be written within 0.2 s. Nothing was sent" in getattr(result.content[0], "text", "")
            assert not (await client.call_tool("get_issue", {"issue": ISSUE})).is_error
    finally:
        end.set()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("elsewhere")])
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_what_is_no_audit_file_stops_a_change_before_it_is_sent(
    tool: str, arguments: dict[str, Any], make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / "audit.jsonl")
    async with shop(settings=writing("direct", tmp_path)) as connection:
        said = await connection.error(tool, issue=ISSUE, **arguments)
        assert "cannot be opened" in said
        assert "no change is made without its line" in said
        assert changes(connection) == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_torn_line_stops_no_change(mode: Mode, tmp_path: Path) -> None:
    async with shop(mode=mode, settings=writing("direct", tmp_path)) as connection:
        await connection.call("add_note", issue=ISSUE, text="One.")
        with (tmp_path / "audit.jsonl").open("ab") as file:
            file.write(b'{"after":{},"hash":"')
        assert (await connection.call("add_note", issue=ISSUE, text="Two."))["outcome"] == "applied"
    assert [line["kind"] for line in lines(tmp_path)] == ["intent", "outcome", "cut_back", "intent", "outcome"]
    assert verify(tmp_path / "audit.jsonl").ok


class Answers(httpx.AsyncBaseTransport):
    """Answers a write in its own way, all else as Sentry does."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response], reads_back: bool = True) -> None:
        self.answer, self.reads_back, self.is_written = answer, reads_back, False
        self.inner = httpx.ASGITransport(create_app(World(SMALL, ManualClock())))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self.is_written = True
            return self.answer(request)
        if self.is_written and not self.reads_back:
            raise httpx.ConnectError("gone", request=request)
        return await self.inner.handle_async_request(request)


def crash(_: httpx.Request) -> httpx.Response:
    raise RuntimeError("nobody expected this")


ENDS: dict[str, tuple[Callable[[httpx.Request], httpx.Response], bool, str]] = {
    "refused": (lambda _: httpx.Response(400, json={"detail": "no"}), True, "not_applied"),
    "forbidden": (lambda _: httpx.Response(403, json={"detail": "no"}), True, "not_applied"),
    "unclear, not there": (lambda _: httpx.Response(502), True, "not_applied"),
    "unclear, not read back": (lambda _: httpx.Response(502), False, "unknown"),
    "a crash of our own": (crash, True, "unknown"),
}


@pytest.mark.parametrize(("answer", "reads_back", "outcome"), ENDS.values(), ids=ENDS)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_whatever_becomes_of_a_change_its_outcome_is_written(
    tool: str,
    arguments: dict[str, Any],
    answer: Callable[[httpx.Request], httpx.Response],
    reads_back: bool,
    outcome: str,
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    async with connected(
        world=World(SMALL, clock),
        clock=clock,
        transport=Answers(answer, reads_back),
        settings=writing("direct", tmp_path),
    ) as connection:
        await connection.client.call_tool(tool, {"issue": ISSUE, **arguments})
    intent, ended = lines(tmp_path)
    assert (ended["intent"], ended["outcome"]) == (intent["hash"], outcome)


async def test_an_answer_that_is_lost_is_recorded_as_what_was_read_back(tmp_path: Path) -> None:
    clock = ManualClock()
    world = World(SMALL, clock)
    lossy = LosingTransport(httpx.ASGITransport(create_app(world)), arrives=True, loses=True)
    settings = dataclasses.replace(writing("direct", tmp_path))
    async with connected(world=world, clock=clock, transport=lossy, settings=settings) as connection:
        for tool, arguments in WRITES:
            await connection.call(tool, issue=ISSUE, **arguments)
    assert [line.get("outcome") for line in lines(tmp_path)] == [None, "applied", None, "applied"]


@pytest.mark.parametrize("arguments", [{"dry_run": True}, {"confirm_token": "x"}])
async def test_what_is_not_sent_leaves_no_line(arguments: dict[str, Any], tmp_path: Path) -> None:
    async with shop(settings=writing("confirm", tmp_path)) as connection:
        await connection.client.call_tool("resolve_issue", {"issue": ISSUE, "action": "resolve", **arguments})
    assert not (tmp_path / "audit.jsonl").exists()


async def test_a_call_that_is_cancelled_while_the_change_is_under_way_has_its_outcome_written(tmp_path: Path) -> None:
    run = build_runtime(writing("direct", tmp_path))
    with anyio.CancelScope() as scope:
        async with recording.recorded(run, IntentLine(run.clock(), "resolve", ISSUE)):
            scope.cancel()
            await anyio.lowlevel.checkpoint()
            raise AssertionError("the call goes on")
    assert [line.get("outcome") for line in lines(tmp_path)] == [None, "unknown"]
