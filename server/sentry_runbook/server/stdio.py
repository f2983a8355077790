"""Serves MCP over stdin and stdout."""

from __future__ import annotations

import os

import anyio

from sentry_runbook.runtime import Runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.server.signals import on_each_signal
from sentry_runbook.server.warm_up import warm_up


async def serve_stdio(run: Runtime) -> None:
    """Serve until stdin closes or a signal comes.

    The SDK's stdin thread blocks until end of file, so after a signal the process leaves by ``os._exit`` once the
    calls under way are cancelled and the client is closed. A second signal does not wait for that.
    """
    caught: list[int] = []

    async def closed() -> None:
        await run.aclose()
        if caught:
            os._exit(128 + caught[0])

    server = build_server(run, closed=closed)
    async with anyio.create_task_group() as tasks:

        def leave(signum: int) -> None:
            if caught:
                os._exit(128 + signum)
            caught.append(signum)
            tasks.cancel_scope.cancel()

        tasks.start_soon(on_each_signal, leave)
        tasks.start_soon(warm_up, run, server.tools_listed)
        await server.run_stdio_async()
        tasks.cancel_scope.cancel()
