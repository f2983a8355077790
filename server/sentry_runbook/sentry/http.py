"""One HTTP exchange with Sentry: connections, time limits and size limits. The only module that knows httpx.

Connections: each is an httpx client of its own that keeps one connection; idle ones wait in a list, the most
recently used last. One client for all would do the same, but httpcore's pool looks at every connection it has, with a
system call each, at every request and every answer: the CPU time of n parallel requests grows with n². 18 parallel
GETs of 9 kB on loopback took 18 ms of CPU with one client and take 7 ms this way. (aiohttp under httpx takes 3.5 ms,
but 75 ms and 10 MB to import, and it sends a PUT again by itself; pyqwest takes 9 ms, and 7 MB.) TLS, proxies of the
environment, HTTP parsing and cancellation stay httpx's.

Errors are returned, not raised: httpx's exceptions hold the request with its headers, and must not end up in the
chain of an error that somebody prints.
"""

from __future__ import annotations

import logging
import sys
import time
import zlib
from collections import deque
from types import ModuleType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import anyio

from sentry_runbook.errors import SentryError, ServerFault, SettingsError, TimedOut, Unreachable
from sentry_runbook.sentry.messages import Asked, Reply
from sentry_runbook.settings import Settings, is_loopback

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import httpx

    HttpTransport = httpx.AsyncBaseTransport
    """What answers instead of the network; an alias, so that the other modules need not import httpx."""


REDIRECT_HEADERS = "sentry_runbook.redirect_headers"
KEEP_IDLE_S = 10.0
"""Idle connections are closed after this, before most servers would do it unasked."""


class Dropped(Unreachable):
    """The connection was closed before the response was complete; a new connection may work."""


class Transport:
    """Exchanges single requests and responses with one Sentry, with one token.

    Args:
        settings: the token, the certificates and the limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
        monotonic: seconds, for the age of idle connections.
    """

    def __init__(
        self,
        settings: Settings,
        http_transport: HttpTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._http_transport = http_transport
        self._monotonic = monotonic
        self._tls: ssl.SSLContext | None = None
        self._clients: set[httpx.AsyncClient] = set()
        self._idle: deque[tuple[float, httpx.AsyncClient]] = deque()

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        clients, self._clients = self._clients, set()
        self._idle.clear()
        for client in clients:
            await client.aclose()

    def load(self) -> None:
        """Import the HTTP client and read the certificates, which takes 20 to 40 ms of CPU; sends nothing.

        May run in another thread than the requests. Without it the first request does the same.

        Raises:
            SettingsError: the CA bundle cannot be read.
        """
        # Dropped unused: httpx imports the better half of itself when a client is made. No connection is opened.
        self._new_client()

    async def exchange(self, method: str, url: str, asked: Asked, body: object = None) -> Reply | SentryError:
        """Send one request; whatever goes wrong is returned, not raised.

        Args:
            method: ``GET``, ``PUT`` or ``POST``.
            url: the full address.
            asked: the request in our words, for errors.
            body: sent as JSON; None sends no body.

        Raises:
            SettingsError: no token is set, or the CA bundle cannot be read.
        """
        limits = self._settings.limits
        headers, client = self._headers(), self._acquire()
        import httpx  # noqa: PLC0415  # loaded with the first client, not with the server

        outcome: Reply | SentryError = TimedOut(
            f"Asked for {asked.what}, Sentry did not answer within {limits.read_s:g} s.",
            "Try again; if it stays so, Sentry is slow, or a proxy or firewall holds the connection.",
            asked=asked.what,
        )
        try:
            # One limit over the whole exchange: httpx's own begins anew with every byte that a server sends.
            with anyio.move_on_after(limits.read_s):
                try:
                    request = client.build_request(method, url, json=body, headers=headers)
                    outcome = await self._exchange(client, request, asked)
                except httpx.ConnectTimeout as exc:
                    outcome = self._unreachable(asked, exc)
                except httpx.TimeoutException:
                    pass
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as exc:
                    outcome = Dropped(
                        f"Asked for {asked.what}, the connection to Sentry was dropped ({type(exc).__name__}).",
                        "Try again; if it stays so, look for a proxy that closes connections.",
                        asked=asked.what,
                    )
                except (httpx.HTTPError, httpx.InvalidURL) as exc:
                    outcome = self._unreachable(asked, exc)
        finally:
            # After an error or a cancellation the connection is gone, and the client with it.
            await self._release(client, is_usable=isinstance(outcome, Reply))
        return outcome

    async def _exchange(self, client: httpx.AsyncClient, request: httpx.Request, asked: Asked) -> Reply | SentryError:
        response = await client.send(request, stream=True)
        try:
            body = await self._read(response, asked)
        finally:
            with anyio.move_on_after(1, shield=True):
                await response.aclose()
        if isinstance(body, SentryError):
            return body
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, {**headers, **response.extensions.get(REDIRECT_HEADERS, {})}, body)

    def _headers(self) -> dict[str, str]:
        token = self._settings.token
        if token is None:
            raise self._settings.missing_token()
        return {
            "Authorization": f"Bearer {token.reveal()}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "sentry-runbook",
        }

    async def _read(self, response: httpx.Response, asked: Asked) -> bytes | SentryError:
        """Read the body, unpacked and counted piece by piece: a small gzip body can hold gigabytes."""
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            return _unreadable(response, asked, "is packed in a way that was not asked for")
        unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        limit, pieces, size = self._settings.limits.max_answer_bytes, [], 0
        # A transport that answers from memory has read, and unpacked, the whole body already.
        in_memory = response.is_stream_consumed
        async for raw in response.aiter_bytes() if in_memory else response.aiter_raw():
            try:
                piece = raw if unpack is None or in_memory else unpack.decompress(raw, limit - size + 1)
            except zlib.error:
                return _unreadable(response, asked, "cannot be unpacked")
            size += len(piece)
            if size > limit:
                return _unreadable(response, asked, f"is larger than {limit / 1e6:g} MB and was not read")
            pieces.append(piece)
        if unpack is not None and not in_memory and size and not unpack.eof:
            return _unreadable(response, asked, "was cut off")
        return b"".join(pieces)

    def _unreachable(self, asked: Asked, exc: Exception) -> SentryError:
        fix = "Check SENTRY_URL and the network."
        if "CERTIFICATE_VERIFY_FAILED" in str(exc):
            fix = "Its certificate is not trusted here: for a private one set SENTRY_RUNBOOK_CA_BUNDLE to its CA file."
        return Unreachable(
            f"Asked for {asked.what}, Sentry at {self._settings.base_url} cannot be reached ({type(exc).__name__}).",
            fix,
            asked=asked.what,
        )

    # --- connections

    def _acquire(self) -> httpx.AsyncClient:
        """Take the most recently used idle connection, else a new one."""
        if self._idle:
            return self._idle.pop()[1]
        client = self._new_client()
        self._clients.add(client)
        return client

    async def _release(self, client: httpx.AsyncClient, *, is_usable: bool) -> None:
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

    async def _close(self, client: httpx.AsyncClient) -> None:
        self._clients.discard(client)
        with anyio.CancelScope(shield=True):
            await client.aclose()

    def _new_client(self) -> httpx.AsyncClient:
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
            # How many requests are under way is the rate limiter's business.
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


def _unreadable(response: httpx.Response, asked: Asked, what: str) -> SentryError:
    return ServerFault(
        f"Asked for {asked.what}, the answer {what}.",
        "Ask for less (a shorter period, fewer rows); if that does not help, check proxies before Sentry.",
        status=response.status_code,
        asked=asked.what,
    )
