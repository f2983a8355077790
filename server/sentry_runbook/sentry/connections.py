"""Connections to Sentry: httpx clients with one kept connection each, proxies and certificates.

Each connection is an httpx client of its own; idle ones wait in a list, the most recently used last. One client for
all would do the same, but httpcore's pool looks at every connection it has, with a system call each, at every request
and every response: the CPU time of n parallel requests grows with n². 18 parallel GETs of 9 kB on loopback took 18 ms
of CPU with one client and take 7 ms this way. (aiohttp under httpx takes 3.5 ms, but 75 ms and 10 MB to import, and it
sends a PUT again by itself; pyqwest takes 9 ms, and 7 MB.) TLS, proxies of the environment, HTTP parsing and
cancellation stay httpx's.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from types import ModuleType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import anyio

from sentry_runbook.errors import SettingsError
from sentry_runbook.loopback import is_loopback
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import httpx

REDIRECT_HEADERS = "sentry_runbook.redirect_headers"
"""Extension of a response that holds its ``location`` header, in lower case."""
KEEP_IDLE_S = 10.0
"""Idle connections are closed after this, before most servers would do it unasked."""


class ConnectionPool:
    """Connections to one Sentry, opened as needed; how many at once is the rate limiter's business.

    Args:
        settings: the base URL, the certificates and the time limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
        monotonic: seconds, for the age of idle connections.
    """

    def __init__(
        self, settings: Settings, http_transport: httpx.AsyncBaseTransport | None, monotonic: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._http_transport = http_transport
        self._monotonic = monotonic
        self._tls: ssl.SSLContext | None = None
        self._clients: set[httpx.AsyncClient] = set()
        self._idle: deque[tuple[float, httpx.AsyncClient]] = deque()

    def acquire(self) -> httpx.AsyncClient:
        """Take the most recently used idle connection, else a new one."""
        if self._idle:
            return self._idle.pop()[1]
        client = self.new_client()
        self._clients.add(client)
        return client

    async def release(self, client: httpx.AsyncClient, *, is_usable: bool) -> None:
        """Give a connection back, once for each ``acquire``; idle ones that are too old are closed.

        Args:
            client: the connection.
            is_usable: whether its last exchange was complete; it is closed otherwise.
        """
        if client not in self._clients:
            return  # closed meanwhile, with all others
        now, is_network = self._monotonic(), self._http_transport is None
        if is_usable or not is_network:
            self._idle.append((now, client))
        else:
            await self._close(client)
        # Without a network nothing expires, and closing one client would close the transport of all.
        while is_network and self._idle and self._idle[0][0] <= now - KEEP_IDLE_S:
            await self._close(self._idle.popleft()[1])

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        clients, self._clients = self._clients, set()
        self._idle.clear()
        for client in clients:
            await client.aclose()

    async def _close(self, client: httpx.AsyncClient) -> None:
        self._clients.discard(client)
        with anyio.CancelScope(shield=True):
            await client.aclose()

    def new_client(self) -> httpx.AsyncClient:
        """Make a client, without opening a connection; the first one loads httpx and reads the certificates.

        Raises:
            SettingsError: the CA bundle cannot be read.
        """
        from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415  # with httpx, as below

        # httpx imports its own command line where rich and click are installed, as with us: 25 ms and 3 MB for nothing.
        sys.modules.setdefault("httpx._main", cast(ModuleType, None))
        import httpx  # noqa: PLC0415  # takes 20 ms, which the server's start must not wait for

        # httpx logs each request's address, which holds search text, at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        limits = self._settings.limits
        return httpx.AsyncClient(
            transport=self._http_transport,
            verify=True if self._http_transport is not None else self._tls_context(),
            timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=1, keepalive_expiry=KEEP_IDLE_S),
            follow_redirects=False,
            event_hooks={"response": [_put_target_aside]},
            trust_env=self._trusts_environment(),
            # A token needs no cookies; a session of a proxy must not leak from one answer into the next request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def _trusts_environment(self) -> bool:
        """Return whether proxies of the environment are used: not for a server on this machine."""
        return not is_loopback(urlsplit(self._settings.base_url).hostname or "")

    def _tls_context(self) -> ssl.SSLContext:
        """Return the trusted certificates, read once for all connections: it takes 16 ms.

        Raises:
            SettingsError: the CA bundle cannot be read.
        """
        if self._tls is None:
            self._tls = self._new_tls_context()
        return self._tls

    def _new_tls_context(self) -> ssl.SSLContext:
        import ssl  # noqa: PLC0415  # with httpx, at the first request

        import httpx  # noqa: PLC0415  # as above

        if self._settings.ca_bundle is not None:
            try:
                return ssl.create_default_context(cafile=str(self._settings.ca_bundle))
            except (OSError, ssl.SSLError) as exc:
                raise SettingsError("SENTRY_RUNBOOK_CA_BUNDLE holds no certificates that can be read.") from exc
        if urlsplit(self._settings.base_url).scheme == "http":
            # Redirects are not followed, so this is never used; if it were, it trusts nobody.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.create_ssl_context(trust_env=self._trusts_environment())


async def _put_target_aside(response: httpx.Response) -> None:
    """Hide a redirect's target from httpx, which parses it without following it, and fails on a malformed one."""
    if "location" in response.headers:
        response.extensions[REDIRECT_HEADERS] = {"location": response.headers.pop("location")}
