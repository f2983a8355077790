"""What the first call of a process needs is loaded in the background once the tools are listed, and not before."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import anyio
from mcp import Client

from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.server.warm_up import PAUSE_S, warm_up
from tests.tools.support import SETTINGS

CALLED_WARM = """
import sys
import anyio, httpx
from mcp import Client
from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.server.warm_up import warm_up
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.tools.contract import TOOLS, call
from tests.tools.support import SETTINGS

async def no_pause(_):
    return

async def main():
    clock = ManualClock()
    transport = httpx.ASGITransport(create_app(World.of_all(clock)))
    run = build_runtime(SETTINGS, http_transport=transport, clock=clock)
    server = build_server(run)
    async with Client(server) as client:
        await client.list_tools()
        await warm_up(run, server.tools_listed, sleep=no_pause)
        warm = set(sys.modules)
        for tool in TOOLS:
            assert not (await client.call_tool(tool, call(tool, "SHOP-1Z"))).is_error
    await run.aclose()
    print(*sorted(name for name in set(sys.modules) - warm if name.startswith("sentry_runbook.")))

anyio.run(main)
"""

CALLED_COLD = """
import sys
import anyio, httpx
from mcp import Client
from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.tools.support import SETTINGS

class Watching(httpx.ASGITransport):
    async def handle_async_request(self, request):
        print(request.url.path, "sentry_runbook.incident.severity.rules" in sys.modules)
        return await super().handle_async_request(request)

async def main():
    clock = ManualClock()
    run = build_runtime(SETTINGS, http_transport=Watching(create_app(World.of_all(clock))), clock=clock)
    async with Client(build_server(run)) as client:
        assert not (await client.call_tool("triage_issue", {"issue": "SHOP-1Z"})).is_error
    await run.aclose()

anyio.run(main)
"""


async def no_pause(_: float) -> None:
    return


async def test_nothing_is_loaded_before_the_tools_are_listed() -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    run, listed = build_runtime(SETTINGS), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: warm_up(run, listed, sleep=note))
        await anyio.wait_all_tasks_blocked()
        assert pauses == []
        listed.set()
    assert pauses == [PAUSE_S]
    await run.aclose()


async def test_a_client_that_lists_the_tools_starts_it() -> None:
    run = build_runtime(SETTINGS)
    server = build_server(run)
    async with Client(server) as client:
        assert not server.tools_listed.is_set()
        await client.list_tools()
        assert server.tools_listed.is_set()
    await run.aclose()


async def test_without_a_token_it_ends_quietly() -> None:
    run, listed = build_runtime(dataclasses.replace(SETTINGS, token=None)), anyio.Event()
    listed.set()
    await warm_up(run, listed, sleep=no_pause)


def test_after_it_no_tool_has_anything_left_to_import() -> None:
    run = subprocess.run([sys.executable, "-c", CALLED_WARM], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == ""


def test_a_first_call_loads_the_rules_while_sentry_works_on_its_first_requests() -> None:
    run = subprocess.run([sys.executable, "-c", CALLED_COLD], check=True, capture_output=True, text=True)
    loaded = dict(line.split() for line in run.stdout.splitlines())
    issue, events = (f"/api/0/organizations/acme/issues/SHOP-1Z/{part}" for part in ("", "events/latest/"))
    assert (loaded[issue], loaded[events]) == ("False", "False")
    second_round = [path for path in loaded if "/events-timeseries/" in path or path.endswith("/acme/events/")]
    assert second_round
    assert {loaded[path] for path in second_round} == {"True"}
