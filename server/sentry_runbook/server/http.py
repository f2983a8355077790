"""Serves MCP over Streamable HTTP: the ASGI application, and its life under uvicorn until a signal."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from sentry_runbook import __version__
from sentry_runbook.loopback import LOOPBACK
from sentry_runbook.runtime import Runtime
from sentry_runbook.server.app import NAME, RunbookServer
from sentry_runbook.server.http_access import (
    BearerGuard,
    checked_base_path,
    checked_hosts,
    checked_origins,
    checked_secret,
)
from sentry_runbook.server.http_connections import HttpLimits, protocol_within
from sentry_runbook.server.http_exchanges import Exchanges
from sentry_runbook.server.signals import on_each_signal
from sentry_runbook.server.warm_up import warm_up
from sentry_runbook.settings import Secret

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.types import ASGIApp

MARGIN_S = 1.0
"""Beyond the time that a call may take, for deciding and writing its answer."""
LAST_CONNECTIONS_S = 1
"""Seconds that uvicorn gives connections whose client does not read its answer."""
BROWSER_HEADERS = ("*",)
"""Headers that pages of allowed origins may send: the protocol's, which change with its revisions."""


@dataclass(frozen=True)
class HttpAccess:
    """Where the server listens, and who may ask.

    Attributes:
        host: the address to listen on.
        port: the port to listen on.
        hosts: further names in the Host header that are answered (a reverse proxy's).
        origins: of web pages that may ask, besides those of this machine.
        base_path: the path below which everything is served, such as ``/runbook``.
        secret: when given, requests to ``/mcp`` must carry it as ``Authorization: Bearer``.
    """

    host: str
    port: int
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    base_path: str = ""
    secret: Secret | None = None
    limits: HttpLimits = field(default_factory=HttpLimits)

    def checked(self) -> HttpAccess:
        """The same in the form in which it is compared.

        Raises:
            SettingsError: something is invalid, or the address is reachable by others and there is no secret.
        """
        return HttpAccess(
            self.host,
            self.port,
            checked_hosts(self.hosts),
            checked_origins(self.origins),
            checked_base_path(self.base_path),
            checked_secret(self.host, self.secret),
            self.limits,
        )


async def serve_http(
    server: RunbookServer, run: Runtime, access: HttpAccess, *, listening: Callable[[], None] = lambda: None
) -> int:
    """Serve ``/mcp`` with ``/health`` and ``/ready`` beside it until a signal comes; returns its number, 0 without one.

    After a signal idle streams end at once and calls under way have the time that a call may take; a second signal
    ends the process at once.

    Args:
        server: the MCP server.
        run: its runtime; the client is closed at the end.
        access: where to listen, and who may ask; already checked.
        listening: called once clients can connect.
    """
    application, exchanges = http_application(server, access)
    http = _uvicorn(application, access)
    caught: list[int] = []
    async with anyio.create_task_group() as tasks:

        async def shut_down() -> None:
            await exchanges.finish(run.settings.limits.call_s + MARGIN_S)
            http.should_exit = True

        def leave(signum: int) -> None:
            if caught:
                os._exit(128 + signum)
            caught.append(signum)
            tasks.start_soon(shut_down)

        async def announce() -> None:
            while not http.started:  # noqa: ASYNC110  # uvicorn tells it by this attribute only
                await anyio.sleep(0.01)
            listening()

        tasks.start_soon(on_each_signal, leave)
        tasks.start_soon(announce)
        tasks.start_soon(warm_up, run, server.tools_listed)
        try:
            await http.serve()
        finally:
            with anyio.CancelScope(shield=True):
                await run.aclose()
        tasks.cancel_scope.cancel()
    return caught[0] if caught else 0


def _uvicorn(application: ASGIApp, access: HttpAccess) -> uvicorn.Server:
    import uvicorn  # noqa: PLC0415  # only this transport needs it; stdio starts faster without

    config = uvicorn.Config(
        application,
        host=access.host,
        port=access.port,
        http=protocol_within(access.limits),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_CONNECTIONS_S,
    )
    http = uvicorn.Server(config)
    # uvicorn's own handlers end the process by the signal itself once it has stopped; the client could not be closed.
    http.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # the only door that uvicorn has
    return http


def http_application(server: RunbookServer, access: HttpAccess) -> tuple[ASGIApp, Exchanges]:
    """The ASGI application of :func:`serve_http`, and the requests in it, which are ended at shutdown."""
    path, limits = f"{access.base_path}/mcp", access.limits
    probes = {f"{access.base_path}/health", f"{access.base_path}/ready"}

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "name": NAME, "version": __version__})

    async def ready(_: Request) -> JSONResponse:
        if exchanges.is_leaving:
            return JSONResponse({"status": "shutting down"}, status_code=503)
        return JSONResponse({"status": "ready"})

    for probe, answer in zip(sorted(probes), (health, ready), strict=True):
        server.custom_route(probe, methods=["GET"])(answer)
    exchanges = Exchanges(
        server.streamable_http_app(
            streamable_http_path=path,
            host=access.host,
            transport_security=_names(access),
            session_idle_timeout=limits.session_idle_s,
            max_sessions=limits.sessions,
            max_request_body_size=limits.body_bytes,
        ),
        path,
        limits,
    )
    application: ASGIApp = exchanges
    if access.secret is not None:
        application = BearerGuard(application, access.secret, path, frozenset(probes))
    if access.origins:
        # Outermost: a browser asks without the secret whether it may send it.
        application = CORSMiddleware(
            application,
            allow_origins=access.origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=BROWSER_HEADERS,
            expose_headers=("Mcp-Session-Id", "WWW-Authenticate"),
        )
    return application, exchanges


def _names(access: HttpAccess) -> TransportSecuritySettings:
    """The values of Host and Origin that are answered."""
    own = f"[{access.host}]" if ":" in access.host else access.host
    local = (*LOOPBACK[:2], "[::1]")
    return TransportSecuritySettings(
        allowed_hosts=[pattern for name in (*local, own, *access.hosts) for pattern in (name, f"{name}:*")],
        allowed_origins=[*(f"http://{name}:*" for name in local), *access.origins],
    )
