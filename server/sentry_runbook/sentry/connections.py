"""Connections to Sentry: httpx transports with one kept connection each, proxies and certificates.

Each connection is a transport of its own; idle ones wait in a list, the most recently used last. One transport for all
would do the same, but httpcore's pool looks at every connection it has, with a system call each, at every request and
every response: the CPU time of n parallel requests grows with n². 18 parallel GETs of 9 kB on loopback took 18 ms of
CPU that way and take 6 ms this way. (aiohttp under httpx takes 3.5 ms, but 75 ms and 10 MB to import, and it sends a
PUT again by itself; pyqwest takes 9 ms, and 7 MB.) TLS, HTTP parsing and cancellation are httpx's.

There is no httpx client above the transports: what it adds to one request (redirects, cookies, sign-in flows, decoding)
is nothing that a request with a token wants, and took a tenth of the CPU time of a triage.
"""

from __future__ import annotations

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
        self._proxy: str | None = None
        self._transports: set[httpx.AsyncBaseTransport] = set()
        self._idle: deque[tuple[float, httpx.AsyncBaseTransport]] = deque()

    def acquire(self) -> httpx.AsyncBaseTransport:
        """Take the most recently used idle connection, else a new one."""
        if self._http_transport is not None:
            return self._http_transport
        if self._idle:
            return self._idle.pop()[1]
        transport = self.new_transport()
        self._transports.add(transport)
        return transport

    async def release(self, transport: httpx.AsyncBaseTransport, *, is_usable: bool) -> None:
        """Give a connection back, once for each ``acquire``; idle ones that are too old are closed.

        Args:
            transport: the connection.
            is_usable: whether its last exchange was complete; it is closed otherwise.
        """
        if self._http_transport is not None or transport not in self._transports:
            return  # no connection, or closed meanwhile with all others
        now = self._monotonic()
        if is_usable:
            self._idle.append((now, transport))
        else:
            await self._close(transport)
        while self._idle and self._idle[0][0] <= now - KEEP_IDLE_S:
            await self._close(self._idle.popleft()[1])

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        transports, self._transports = self._transports, set()
        self._idle.clear()
        for transport in transports:
            await transport.aclose()
        if self._http_transport is not None:
            await self._http_transport.aclose()

    async def _close(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transports.discard(transport)
        with anyio.CancelScope(shield=True):
            await transport.aclose()

    def new_transport(self) -> httpx.AsyncBaseTransport:
        """Make a transport, without opening a connection; the first one loads httpx and reads the certificates.

        Raises:
            SettingsError: the CA bundle cannot be read.
        """
        # httpx imports its own command line where rich and click are installed, as with us: 25 ms and 3 MB for nothing.
        sys.modules.setdefault("httpx._main", cast(ModuleType, None))
        import httpx  # noqa: PLC0415  # takes 20 ms, which the server's start must not wait for

        tls, self._proxy = self._tls_context(), self._proxy_of_environment()
        try:
            return httpx.AsyncHTTPTransport(
                verify=tls,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=1, keepalive_expiry=KEEP_IDLE_S),
                proxy=self._proxy,
            )
        except (ImportError, ValueError, httpx.InvalidURL) as exc:
            raise SettingsError(
                "The proxy that the environment names for Sentry cannot be used.",
                "Name an http:// or https:// one in HTTPS_PROXY, or exempt Sentry in NO_PROXY.",
            ) from exc

    @property
    def proxy(self) -> tuple[str, bool]:
        """Host and port of the proxy to Sentry, and whether its address has a user; empty without one."""
        if not self._proxy:
            return "", False
        parts = urlsplit(self._proxy)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{port}", parts.username is not None

    def _proxy_of_environment(self) -> str | None:
        """Return the proxy that the environment names for Sentry (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` …)."""
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  # with httpx, which needs it too

        url = urlsplit(self._settings.base_url)
        if not self._trusts_environment() or proxy_bypass(url.netloc):
            return None
        proxies = getproxies()
        proxy = proxies.get(url.scheme) or proxies.get("all")
        return proxy if not proxy or "://" in proxy else f"http://{proxy}"

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
        try:
            return httpx.create_ssl_context(trust_env=self._trusts_environment())
        except (OSError, ssl.SSLError) as exc:
            raise SettingsError(
                "SSL_CERT_FILE names no certificates that can be read.",
                "Correct it, or name a bundle in SENTRY_RUNBOOK_CA_BUNDLE.",
            ) from exc
