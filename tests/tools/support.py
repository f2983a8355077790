"""A client of the real server in front of the embedded Sentry, over the SDK's in-memory connection."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
from bench.waves import WaveTransport
from mcp import Client

from sentry_runbook.app import build_runtime, build_server
from sentry_runbook.settings import Limits, Secret, Settings
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World

Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("auto", "legacy")
BASE = "http://localhost"
SETTINGS = Settings(token=Secret("sntryu_test"), organization="acme", base_url=BASE, limits=Limits(cache_s=0))


@dataclasses.dataclass
class Connection:
    """One connected client, and what stands behind the server.

    Attributes:
        client: the SDK's client.
        world: the embedded Sentry's world; change it to make things happen.
        clock: the clock of both sides.
        upstream: every request that the server sent to Sentry.
    """

    client: Client
    world: World
    clock: ManualClock
    upstream: WaveTransport

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
    clock = clock or ManualClock()
    chosen = [SCENARIOS[name] for name in scenarios] or list(SCENARIOS.values())
    world = world or World(chosen, clock)
    application = create_app(world, profile=profile or Profile())
    upstream = WaveTransport(transport or httpx.ASGITransport(application))
    run = build_runtime(settings, http_transport=upstream, clock=clock)
    async with Client(build_server(run), mode=mode, **client_options) as client:
        yield Connection(client, world, clock, upstream)
    await run.aclose()
