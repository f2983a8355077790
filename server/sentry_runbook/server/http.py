"""Serves MCP over Streamable HTTP: the ASGI application, who may ask, and its life under uvicorn."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import anyio
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse

from sentry_runbook import __version__
from sentry_runbook.errors import SettingsError
from sentry_runbook.loopback import LOOPBACK, is_loopback
from sentry_runbook.runtime import Runtime
from sentry_runbook.server.app import NAME, RunbookServer
from sentry_runbook.server.signals import on_each_signal
from sentry_runbook.server.warm_up import warm_up
from sentry_runbook.settings import Secret

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

GRACE_S = 1
"""Seconds that answers under way have after a signal; open event streams would never end by themselves."""


async def serve_http(
    server: RunbookServer,
    run: Runtime,
    host: str,
    port: int,
    *,
    allowed_hosts: Sequence[str] = (),
    secret: Secret | None = None,
    listening: Callable[[], None] = lambda: None,
) -> int:
    """Serve ``/mcp`` with ``/health`` beside it until a signal comes; returns its number, 0 without one.

    Args:
        server: the MCP server.
        run: its runtime; the client is closed at the end.
        host: the address to listen on.
        port: the port to listen on.
        allowed_hosts: further names in the Host header that are answered (a reverse proxy's).
        secret: when given, requests to ``/mcp`` must carry it as ``Authorization: Bearer``.
        listening: called once clients can connect.

    Raises:
        SettingsError: the address is reachable by others and no secret is given.
    """
    if not is_loopback(host) and secret is None:
        raise SettingsError(
            f"Listening on {host} lets others on the network use your Sentry token.",
            "Set SENTRY_RUNBOOK_HTTP_TOKEN to a secret that clients send as bearer token, or listen on 127.0.0.1.",
        )
    http = _uvicorn(http_application(server, host, allowed_hosts=allowed_hosts, secret=secret), host, port)
    caught: list[int] = []
    async with anyio.create_task_group() as tasks:

        def leave(signum: int) -> None:
            # The second signal does not wait for answers under way.
            http.force_exit = http.should_exit
            http.should_exit = True
            caught.append(signum)

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


def _uvicorn(application: ASGIApp, host: str, port: int) -> uvicorn.Server:
    import uvicorn  # noqa: PLC0415  # only this transport needs it; stdio starts faster without

    config = uvicorn.Config(
        application, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S
    )
    http = uvicorn.Server(config)
    # uvicorn's own handlers end the process by the signal itself once it has stopped; the client could not be closed.
    http.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # the only door that uvicorn has
    return http


def http_application(
    server: RunbookServer, host: str, *, allowed_hosts: Sequence[str] = (), secret: Secret | None = None
) -> ASGIApp:
    """The ASGI application of :func:`serve_http`: who may ask, by Host, Origin and secret."""

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "name": NAME, "version": __version__})

    server.custom_route("/health", methods=["GET"])(health)
    names = [*LOOPBACK[:2], "[::1]", f"[{host}]" if ":" in host else host, *allowed_hosts]
    application = server.streamable_http_app(
        host=host,
        transport_security=TransportSecuritySettings(
            allowed_hosts=[pattern for name in names for pattern in (name, f"{name}:*")],
            allowed_origins=[f"http://{name}:*" for name in names[:3]],
        ),
    )
    return application if secret is None else BearerGuard(application, secret)


class BearerGuard:
    """ASGI middleware that passes only requests with the operator's secret; ``/health`` stays open."""

    def __init__(self, application: ASGIApp, secret: Secret) -> None:
        self._application = application
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 without the secret, else pass on."""
        if scope["type"] == "http" and scope["path"] != "/health":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, f"Bearer {self._secret.reveal()}".encode()):
                refusal = JSONResponse({"error": "missing or wrong bearer token"}, status_code=401)
                await refusal(scope, receive, send)
                return
        await self._application(scope, receive, send)
