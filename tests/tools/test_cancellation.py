"""A cancelled call stops its requests to Sentry; what others wait for goes on, a change that left is recorded."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from sentry_runbook.runtime import build_runtime
from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import AuditRecord
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits, Settings
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.matrix import matrix
from tests.tools.contract import TOOLS, call
from tests.tools.held_sentry import QUICK_WIRES, WIRES, Wire, held_sentry, over
from tests.tools.support import MODES, SETTINGS, Mode
from tests.tools.test_writes import WRITES, writing

ISSUE = "SHOP-1Z"


@dataclasses.dataclass
class Held(httpx.AsyncBaseTransport):
    """Holds every request but the first ones, until it is opened.

    Attributes:
        first: how many are passed on at once.
        methods_held: only requests of these methods are held; any when there is none.
        began: how many requests came.
        methods: of the requests that came.
        sent: how many of them were changes.
        under_way: of those, how many are neither answered nor given up.
        aborted: how many were given up.
        reached: a request is held.
    """

    first: int = 0
    methods_held: tuple[str, ...] = ()
    inner: httpx.AsyncBaseTransport = dataclasses.field(default_factory=httpx.AsyncBaseTransport)
    began: int = 0
    methods: set[str] = dataclasses.field(default_factory=set)
    sent: int = 0
    under_way: int = 0
    aborted: int = 0
    reached: anyio.Event = dataclasses.field(default_factory=anyio.Event)
    open: anyio.Event = dataclasses.field(default_factory=anyio.Event)

    def release(self) -> None:
        """Let those go that are held, and hold later ones."""
        self.open.set()
        self.open, self.reached = anyio.Event(), anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.began += 1
        self.under_way += 1
        self.methods.add(request.method)
        self.sent += request.method != "GET"
        try:
            if self.began > self.first and request.method in (self.methods_held or (request.method,)):
                self.reached.set()
                await self.open.wait()
            return await self.inner.handle_async_request(request)
        except BaseException:
            self.aborted += 1
            raise
        finally:
            self.under_way -= 1


@dataclasses.dataclass
class Caller:
    """A client in front of a Sentry that holds requests; they are not counted by rounds, which would hold them too."""

    client: Client
    held: Held

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured values of a call that must succeed."""
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert isinstance(result.structured_content, dict)
        return result.structured_content


@asynccontextmanager
async def holding(
    held: Held, mode: Mode = "auto", settings: Settings = SETTINGS, **options: Any
) -> AsyncIterator[Caller]:
    clock = ManualClock()
    held.inner = httpx.ASGITransport(create_app(World([SCENARIOS["payment-spike"]], clock)))
    run = build_runtime(settings, http_transport=held, clock=clock)
    async with Client(build_server(run), mode=mode, **options) as client:
        yield Caller(client, held)
    await run.aclose()


async def cancelled(caller: Caller, tool: str, arguments: dict[str, Any]) -> None:
    """Call a tool, and cancel the call once a request is held and all that would follow has begun."""
    async with anyio.create_task_group() as tasks:

        async def ask() -> None:
            await caller.client.call_tool(tool, arguments)

        tasks.start_soon(ask)
        await caller.held.reached.wait()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    await anyio.wait_all_tasks_blocked()


LATER = {"triage_issue": 4, "assess_situation": 8, "draft_postmortem": 5}
"""Requests of round one, of tools that have a second."""


CALLS = matrix(
    [(tool, first, mode) for mode in MODES for tool, first in (*((tool, 0) for tool in TOOLS), *LATER.items())],
    quick=(
        *(("triage_issue", 4, mode) for mode in MODES),
        *((tool, 0, "auto") for tool in ("find_issues", "list_events", "resolve_issue", "add_note")),
        ("assess_situation", 8, "legacy"),
    ),
)


@pytest.mark.parametrize("which", CALLS, ids=str)
async def test_a_cancelled_call_gives_up_its_requests_and_begins_no_more(which: tuple[str, int, Mode]) -> None:
    tool, first, mode = which
    held = Held(first)
    async with holding(held, mode) as caller:
        await cancelled(caller, tool, call(tool, ISSUE))
        began = held.began
        assert (held.under_way, held.aborted) == (0, began - first)
        held.open.set()
        await anyio.wait_all_tasks_blocked()
        assert held.began == began
        await caller.call("find_issues", project="shop")
        assert held.began > began


async def test_requests_that_wait_for_their_turn_do_not_begin_either() -> None:
    held = Held(4)
    async with holding(held, settings=dataclasses.replace(SETTINGS, limits=Limits(cache_s=0, concurrency=4))) as caller:
        await cancelled(caller, "triage_issue", {"issue": ISSUE})
        assert (held.began, held.aborted, held.under_way) == (8, 4, 0)


# --- what callers share


SHARING = dataclasses.replace(SETTINGS, limits=Limits())


async def test_the_last_of_those_who_share_an_answer_gives_up_its_requests() -> None:
    held = Held(4)
    async with holding(held, settings=SHARING) as caller, anyio.create_task_group() as tasks:
        scopes = [anyio.CancelScope() for _ in range(3)]

        async def ask(scope: anyio.CancelScope) -> None:
            with scope:
                await caller.client.call_tool("triage_issue", {"issue": ISSUE})

        for scope in scopes:
            tasks.start_soon(ask, scope)
        await held.reached.wait()
        await anyio.wait_all_tasks_blocked()
        began = held.began
        for scope in scopes:
            assert held.aborted == 0
            scope.cancel()
            await anyio.wait_all_tasks_blocked()
        assert (held.aborted, held.under_way, held.began) == (began - 4, 0, began)


async def test_a_request_that_another_call_needs_too_goes_on() -> None:
    """Triage and reading ask for the same issue and event: one request each, and one of the two calls goes away."""
    held, answers = Held(0), []
    async with holding(held, settings=SHARING) as caller, anyio.create_task_group() as tasks:
        leaving = anyio.CancelScope()

        async def triage() -> None:
            with leaving:
                await caller.client.call_tool("triage_issue", {"issue": ISSUE})

        async def read() -> None:
            answers.append(await caller.call("get_issue", issue=ISSUE))

        tasks.start_soon(triage)
        await held.reached.wait()
        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        assert held.began == 4
        leaving.cancel()
        await anyio.wait_all_tasks_blocked()
        assert (held.aborted, held.under_way) == (2, 2)
        held.open.set()
    assert [answer["short_id"] for answer in answers] == [ISSUE]


# --- changes


def outcomes(state: Path) -> list[str | None]:
    """The lines of the audit file: None is an intent."""
    if not (state / "audit.jsonl").exists():
        return []
    lines = (state / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line).get("outcome") for line in lines]


async def test_a_call_that_is_cancelled_while_a_person_is_asked_sends_nothing(tmp_path: Path) -> None:
    asked = anyio.Event()

    async def silence(_: ClientRequestContext, __: ElicitRequestParams) -> ElicitResult:
        asked.set()
        await anyio.sleep_forever()
        raise AssertionError

    held = Held(1_000)
    async with holding(held, "legacy", writing("confirm", tmp_path), elicitation_callback=silence) as caller:
        for tool, arguments in WRITES:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(caller.client.call_tool, tool, {"issue": ISSUE, **arguments})
                await asked.wait()
                tasks.cancel_scope.cancel()
            await anyio.wait_all_tasks_blocked()
        assert held.methods == {"GET"}
    assert outcomes(tmp_path) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_change_that_has_not_left_is_not_sent_and_its_line_says_so(
    tool: str, arguments: dict[str, Any], mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call is cancelled while the intent is being written: a line that stands, and a request that never begins."""
    writes, go_on = threading.Event(), threading.Event()
    append = AuditLog.append

    def slow(log: AuditLog, record: AuditRecord) -> str:
        writes.set()
        go_on.wait()
        return append(log, record)

    monkeypatch.setattr(AuditLog, "append", slow)
    held = Held(1_000)
    async with holding(held, mode, writing("direct", tmp_path)) as caller:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.client.call_tool, tool, {"issue": ISSUE, **arguments})
            await anyio.to_thread.run_sync(writes.wait)
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
                go_on.set()
        read = await caller.call("get_issue", issue=ISSUE)
        assert read["status"] == "unresolved"
        assert held.methods == {"GET"}
    assert outcomes(tmp_path) == [None, "not_applied"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_change_that_has_left_is_read_back_and_recorded_whoever_goes_away(
    tool: str, arguments: dict[str, Any], mode: Mode, tmp_path: Path
) -> None:
    held = Held(0, methods_held=("PUT", "POST"))
    async with holding(held, mode, writing("direct", tmp_path)) as caller:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.client.call_tool, tool, {"issue": ISSUE, **arguments})
            await held.reached.wait()
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await anyio.wait_all_tasks_blocked()
                assert held.aborted == 0
                held.open.set()
        # Over JSON-RPC the client has gone before the change is answered; the next call finds what came of it.
        again = await caller.call(tool, issue=ISSUE, **arguments)
        assert again["outcome"] == "already"
        assert held.sent == 1
    assert outcomes(tmp_path) == [None, "applied"]


# --- over wires


@pytest.mark.parametrize("wire", matrix(WIRES, quick=QUICK_WIRES), ids=str)
async def test_over_a_wire_too_a_cancelled_call_gives_up_its_requests_and_begins_no_more(wire: Wire) -> None:
    with held_sentry(first=4) as (sentry, env):
        async with over(wire, env | {"SENTRY_RUNBOOK_CONCURRENCY": "5"}) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, "triage_issue", {"issue": ISSUE})
                await sentry.until_held(5)
                tasks.cancel_scope.cancel()
            await sentry.until_none_is_held()
            assert (sentry.aborted, len(sentry.began)) == (5, 9)
            sentry.open.set()
            # The next call's are the next that come: the nine that waited for their turn have not begun.
            await client.call_tool("list_events", {"issue": ISSUE})
            assert [request.rsplit("/", 2)[1] for request in sentry.began[9:]] == ["events"]
