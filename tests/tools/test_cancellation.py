"""A cancelled call stops its requests to Sentry; what others wait for goes on, and a change that was sent is recorded."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits, Settings
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.tools.contract import TOOLS, call
from tests.tools.held_sentry import WIRES, Wire, held_sentry, over
from tests.tools.support import MODES, SETTINGS, Mode
from tests.tools.test_writes import WRITES, writing

ISSUE = "SHOP-1Z"
READING = [tool for tool in TOOLS if tool not in {name for name, _ in WRITES}]


@dataclasses.dataclass
class Held(httpx.AsyncBaseTransport):
    """Holds every request but the first ones, until it is opened.

    Attributes:
        first: how many are passed on at once.
        method: only requests of this method are held; any when empty.
        began: how many requests came.
        under_way: of those, how many are neither answered nor given up.
        aborted: how many were given up.
        reached: a request is held.
    """

    first: int = 0
    method: str = ""
    inner: httpx.AsyncBaseTransport = dataclasses.field(default_factory=httpx.AsyncBaseTransport)
    began: int = 0
    under_way: int = 0
    aborted: int = 0
    reached: anyio.Event = dataclasses.field(default_factory=anyio.Event)
    open: anyio.Event = dataclasses.field(default_factory=anyio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.began += 1
        self.under_way += 1
        try:
            if self.began > self.first and (not self.method or request.method == self.method):
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


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("tool", TOOLS)
async def test_a_cancelled_call_gives_up_its_requests_and_begins_no_more(tool: str, first: int, mode: Mode) -> None:
    """Whatever the cancellation finds under way: round one, or where that is one request, round two."""
    held = Held(first)
    async with holding(held, mode) as caller:
        await cancelled(caller, tool, call(tool, ISSUE))
        began = held.began
        assert (held.under_way, held.aborted) == (0, began - first)
        held.open.set()
        await anyio.wait_all_tasks_blocked()
        assert held.began == began
        held.first = began + 100
        await caller.call("find_issues", project="shop")
        assert held.began > began
