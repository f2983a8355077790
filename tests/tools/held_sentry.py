"""An embedded Sentry over HTTP that holds requests, and clients of the real server in front of it, over wires."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
from mcp import Client, StdioServerParameters
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.commands.support import environment, line_of, process, served
from tests.tools.support import Mode

PATIENCE_S = 30.0
"""In which everything here has long happened; it decides nothing."""


@dataclass
class HeldSentry:
    """An ASGI application in front of another; holds all requests but the first ones, until they are let go.

    Attributes:
        application: what answers.
        first: how many requests are answered at once; None holds none.
        began: all requests, in order.
        held: how many are held now.
        aborted: how many were given up by the one who sent them while they were held.
    """

    application: ASGIApp
    first: int | None = None
    began: list[str] = field(default_factory=list)
    held: int = 0
    aborted: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    open: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.changed:
            self.began.append(f"{scope['method']} {scope['path']}")
            is_held = self.first is not None and len(self.began) > self.first and not self.open.is_set()
        if is_held:
            body = await receive()
            if not await self._hold(receive):
                return
            await self.application(scope, _again(body, receive), send)
        else:
            await self.application(scope, receive, send)

    async def _hold(self, receive: Receive) -> bool:
        """Wait until the request is let go, or given up: then False."""
        self._count(held=1)
        given_up = False
        async with anyio.create_task_group() as tasks:

            async def let_go() -> None:
                await anyio.to_thread.run_sync(self.open.wait, abandon_on_cancel=True)
                tasks.cancel_scope.cancel()

            tasks.start_soon(let_go)
            while (await receive())["type"] != "http.disconnect":
                pass
            given_up = True
            tasks.cancel_scope.cancel()
        self._count(held=-1, aborted=int(given_up))
        return not given_up

    def _count(self, *, held: int, aborted: int = 0) -> None:
        with self.changed:
            self.held += held
            self.aborted += aborted
            self.changed.notify_all()

    async def until_held(self, number: int) -> None:
        """Wait until so many requests are held."""
        await self._until(lambda: self.held >= number)

    async def until_none_is_held(self) -> None:
        """Wait until the requests that were held are answered or given up."""
        await self._until(lambda: self.held == 0)

    async def _until(self, holds: object) -> None:
        def wait() -> bool:
            with self.changed:
                return self.changed.wait_for(holds, PATIENCE_S)  # type: ignore[arg-type]  # one of the two above

        assert await anyio.to_thread.run_sync(wait), (self.held, self.aborted, self.began)


def _again(first: Message, receive: Receive) -> Receive:
    """A stream of messages with one in front that was taken from it."""
    messages = [first]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


@contextmanager
def held_sentry(
    scenario: str = "payment-spike", first: int | None = None
) -> Iterator[tuple[HeldSentry, dict[str, str]]]:
    """A held Sentry of one scenario, and the environment of a server that asks it."""
    sentry = HeldSentry(create_app(World([SCENARIOS[scenario]])), first)
    with served(sentry) as url:
        try:
            yield sentry, environment(SENTRY_URL=url, SENTRY_AUTH_TOKEN="sntryu_test", SENTRY_ORG="acme")
        finally:
            sentry.open.set()


@dataclass(frozen=True)
class Wire:
    """How a client reaches the server."""

    transport: str
    mode: Mode

    def __str__(self) -> str:
        return f"{self.transport} {self.mode}"


WIRES = [Wire(transport, mode) for transport in ("stdio", "http") for mode in ("auto", "legacy")]
QUICK_WIRES = (Wire("stdio", "auto"), Wire("http", "legacy"))
"""One of each transport and each era, for the quick suite."""


@asynccontextmanager
async def over(wire: Wire, env: dict[str, str], **options: object) -> AsyncIterator[Client]:
    """A client of a server process of its own."""
    if wire.transport == "stdio":
        server = StdioServerParameters(command=sys.executable, args=["-m", "sentry_runbook"], env=env)
        async with Client(server, mode=wire.mode, **options) as client:  # type: ignore[arg-type]  # passed on
            yield client
        return
    with process("serve", "--transport", "http", "--port", "0", env=env) as running:
        url = line_of(running.stderr, "sentry-runbook: MCP at ").split()[3].rstrip(",")
        async with Client(url, mode=wire.mode, **options) as client:  # type: ignore[arg-type]  # passed on
            yield client
