"""Serving the embedded Sentry over HTTP, so that any client can be pointed at it."""

from __future__ import annotations

import asyncio

import uvicorn
from starlette.applications import Starlette

__all__ = ["serve"]


async def serve(app: Starlette, *, host: str = "127.0.0.1", port: int = 9000, log_level: str = "warning") -> None:
    """Serve until the task is cancelled or the process is told to stop; open connections are closed in both cases.

    Args:
        app: from ``create_app``.
        host: the address to listen on; loopback by default.
        port: the port.
        log_level: uvicorn's; ``info`` shows each request.
    """
    # The application sends the Date of its own world; uvicorn's would be a second one.
    config = uvicorn.Config(
        app, host, port, log_level=log_level, date_header=False, server_header=False, ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        if not serving.done() or serving.exception() is None:  # else the signal that ended it is already on its way
            await serving
        raise
