"""An embedded Sentry on tape: as long as nobody moves its world or its clock, each question is answered once.

Most tests only read, and the embedded Sentry computes every answer from its events. So connections that only read
share one world and replay its answers; who touches the world or the clock, or writes, gets them for itself from then
on, and the next one starts with a new world.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World


@dataclass
class Tape(httpx.AsyncBaseTransport):
    """Replays answers to GET.

    Attributes:
        inner: the embedded Sentry.
        is_live: nothing is replayed any more, for the world may have changed.
    """

    inner: httpx.AsyncBaseTransport
    is_live: bool = False
    _made: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Replay, or make."""
        self.is_live = self.is_live or request.method != "GET"
        key = str(request.url)
        made = None if self.is_live else self._made.get(key)
        if made is None:
            response = await self.inner.handle_async_request(request)
            made = self._made[key] = (response.status_code, dict(response.headers), await response.aread())
        status, headers, body = made
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


@dataclass
class Scene:
    """A world, its clock, and its tape."""

    world: World
    clock: ManualClock
    tape: Tape


_shared: dict[tuple[str, ...], Scene] = {}


def scene(scenarios: tuple[str, ...]) -> Scene:
    """The scene of these scenarios (all of them when none is named), untouched so far."""
    found = _shared.get(scenarios)
    if found is None or found.tape.is_live:
        clock = ManualClock()
        world = World([SCENARIOS[name] for name in scenarios or SCENARIOS], clock)
        found = _shared[scenarios] = Scene(world, clock, Tape(httpx.ASGITransport(create_app(world))))
    return found
