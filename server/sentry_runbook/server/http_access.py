"""Who may ask the HTTP server: hosts, origins, the secret, and the path below which it answers."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import JSONResponse

from sentry_runbook.errors import SettingsError
from sentry_runbook.loopback import is_loopback
from sentry_runbook.server_url import HOST, PREFIX
from sentry_runbook.settings import Secret

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_SECRET = 16
"""Characters; whoever can reach the port may guess as often as they like."""


def checked_secret(host: str, secret: Secret | None) -> Secret | None:
    """The secret of clients, where one is needed and long enough.

    Raises:
        SettingsError: others can reach the address and there is none, or it could be guessed.
    """
    if secret is None and not is_loopback(host):
        raise SettingsError(
            f"Listening on {host} lets others on the network use your Sentry token.",
            "Set SENTRY_RUNBOOK_HTTP_TOKEN to a secret that clients send as bearer token, or listen on 127.0.0.1.",
        )
    if secret is not None and len(secret.reveal()) < LEAST_SECRET:
        raise SettingsError(
            f"SENTRY_RUNBOOK_HTTP_TOKEN has fewer than {LEAST_SECRET} characters and could be guessed.",
            "Make one with: openssl rand -hex 32",
        )
    return secret


def checked_hosts(names: Iterable[str]) -> tuple[str, ...]:
    """Names for the Host header, each with or without a port.

    Raises:
        SettingsError: one is no host.
    """
    hosts = tuple(name.strip() for name in names if name.strip())
    for host in hosts:
        name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "0")
        if not HOST.fullmatch(name.strip("[]")) or not port.isdigit():
            raise SettingsError("--allowed-host is not a host.", "Give a name alone, such as runbook.example.com.")
    return hosts


def checked_origins(origins: Iterable[str]) -> tuple[str, ...]:
    """Origins of web pages that may ask, as browsers write them.

    Raises:
        SettingsError: one is no origin.
    """
    checked = []
    for text in filter(None, (origin.strip() for origin in origins)):
        try:
            parts = urlsplit(text)
            is_origin = parts.scheme in ("http", "https") and HOST.fullmatch((parts.hostname or "").strip("[]"))
            more = parts.path.rstrip("/") or parts.query or parts.fragment or "@" in parts.netloc
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            is_origin, more, port = None, "", ""
        if not is_origin or more:
            raise SettingsError("--allowed-origin is not an origin.", "Give one such as https://tools.example.com.")
        host = parts.hostname or ""
        checked.append(f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}")
    return tuple(checked)


def checked_base_path(text: str) -> str:
    """The path below which everything is served: empty, or with a slash in front and none at the end.

    Raises:
        SettingsError: it is no path.
    """
    path = "/" + text.strip().strip("/")
    if path == "/":
        return ""
    if not PREFIX.fullmatch(path):
        raise SettingsError("--base-path is not a path.", "Give one such as /sentry-runbook.")
    return path


class BearerGuard:
    """ASGI middleware that passes requests to the endpoint with the operator's secret, and those for some open paths.

    Any other path is answered with 404, with or without the secret: a host that is refused looks for an OAuth server in
    several places (RFC 9728, RFC 8414), and a 401 there would keep it asking for a login that does not exist.
    """

    def __init__(self, application: ASGIApp, secret: Secret, endpoint: str, is_open: frozenset[str]) -> None:
        self._application = application
        self._secret = secret
        self._endpoint = endpoint
        self._open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 without the secret and 404 where nothing is, else pass on."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._application(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        path: str = scope["path"]
        if path in self._open:
            return None
        if path.rstrip("/") != self._endpoint:
            return JSONResponse(
                {"error": f"There is nothing here. MCP is served at {self._endpoint}. {_ASKED_FOR}"}, 404
            )
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) == 1 and _is_secret(given[0], self._secret):
            return None
        # RFC 6750 §3.1: a client that sent nothing is told of no error, only what is asked for.
        challenge = f'Bearer realm="{REALM}"' + (', error="invalid_token"' if given else "")
        return JSONResponse(
            {"error": WRONG_SECRET if given else NO_SECRET},
            status_code=401,
            headers={"WWW-Authenticate": challenge, "Connection": "close"},
        )


REALM = "sentry-runbook"
_ASKED_FOR = "Send the server's SENTRY_RUNBOOK_HTTP_TOKEN as 'Authorization: Bearer …'; there is no login."
NO_SECRET = f"This server asks for a secret. {_ASKED_FOR}"
WRONG_SECRET = f"The secret is not this server's. {_ASKED_FOR}"


def _is_secret(header: bytes, secret: Secret) -> bool:
    """Whether an Authorization header carries the secret; the scheme's case does not matter (RFC 9110 §11.1)."""
    scheme, _, value = header.partition(b" ")
    return scheme.lower() == b"bearer" and hmac.compare_digest(value.strip(b" "), secret.reveal().encode())
