"""A client of the real server in front of the embedded Sentry, over the SDK's in-memory connection."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
from bench.rounds import RoundCountingTransport
from mcp import Client

from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits, Secret, Settings
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.tools.recorded_simulator import Scene, Tape, scene

Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("auto", "legacy")
BASE = "http://localhost"
SETTINGS = Settings(token=Secret("sntryu_test"), organization="acme", base_url=BASE, limits=Limits(cache_s=0))


class Seconds:
    """Seconds that nobody can set, turned by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The seconds now."""
        return self.now

    def turn(self, seconds: float) -> None:
        """Let them pass."""
        self.now += seconds


@dataclasses.dataclass
class Connection:
    """One connected client, and what stands behind the server.

    Attributes:
        client: the SDK's client.
        upstream: every request that the server sent to Sentry.
        scene: the embedded Sentry; shared with others who only read.
        elapsed: what the server counts the life of tokens and questions by.
    """

    client: Client
    upstream: RoundCountingTransport
    scene: Scene
    elapsed: Seconds

    @property
    def world(self) -> World:
        """The embedded Sentry's world; change it to make things happen."""
        self.scene.tape.is_live = True
        return self.scene.world

    @property
    def clock(self) -> ManualClock:
        """The clock of both sides."""
        self.scene.tape.is_live = True
        return self.scene.clock

    def number(self, short_id: str) -> str:
        """The numeric id of an issue."""
        record = self.scene.world.find_issue(short_id)
        assert record is not None
        return record.id

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured values of a call that must succeed."""
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        assert not result.is_error, text
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    async def text(self, tool: str, **arguments: Any) -> str:
        """The text of a call, whether it succeeded or not."""
        result = await self.client.call_tool(tool, arguments)
        return "\n".join(getattr(part, "text", "") for part in result.content)

    async def error(self, tool: str, **arguments: Any) -> str:
        """The sentence of a call that must fail."""
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        return "\n".join(getattr(part, "text", "") for part in result.content)


@asynccontextmanager
async def connected(
    *scenarios: str,
    mode: Mode = "auto",
    settings: Settings = SETTINGS,
    profile: Profile | None = None,
    world: World | None = None,
    clock: ManualClock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    **client_options: Any,
) -> AsyncIterator[Connection]:
    """Connect a client to a server over a world made of these scenarios (all of them when none is named).

    Args:
        scenarios: names of shipped scenarios.
        mode: ``auto`` speaks 2026-07-28, ``legacy`` 2025-11-25.
        settings: the server's settings.
        profile: what the embedded Sentry cannot do.
        world: a world of one's own instead of scenarios.
        clock: the clock of that world.
        transport: answers instead of the embedded Sentry.
        client_options: for the SDK's client, as ``elicitation_callback``.
    """
    if world is None and clock is None and profile is None:
        here = scene(scenarios)
    else:
        clock = clock or ManualClock()
        world = world or World([SCENARIOS[name] for name in scenarios or SCENARIOS], clock)
        application = create_app(world, profile=profile or Profile())
        here = Scene(world, clock, Tape(httpx.ASGITransport(application), is_live=True))
    upstream = RoundCountingTransport(transport or here.tape)
    elapsed = Seconds()
    run = build_runtime(settings, http_transport=upstream, clock=here.clock, elapsed=elapsed)
    async with Client(build_server(run), mode=mode, **client_options) as client:
        yield Connection(client, upstream, here, elapsed)
    await run.aclose()
