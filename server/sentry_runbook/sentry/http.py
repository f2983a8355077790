"""One HTTP exchange with Sentry: time limits, size limits, and what went wrong. Connections are :mod:`connections`'.

Errors are returned, not raised: httpx's exceptions hold the request with its headers, and must not end up in the
chain of an error that is printed.
"""

from __future__ import annotations

import logging
import time
import zlib
from typing import TYPE_CHECKING

import anyio

from sentry_runbook.errors import SentryError, ServerFault
from sentry_runbook.sentry.connections import ConnectionPool
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, shown_path
from sentry_runbook.sentry.unreachable import Route, dropped, refused_by_proxy, too_slow, unreachable
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    HttpTransport = httpx.AsyncBaseTransport
    """What answers instead of the network; an alias, so that the other modules need not import httpx."""


LOGGER = logging.getLogger(__name__)


class _Progress:
    """How far a request through a proxy came; httpx calls it at every step."""

    def __init__(self) -> None:
        self.is_at_proxy = False

    async def __call__(self, step: str, _: object) -> None:
        if step == "connection.connect_tcp.started":
            self.is_at_proxy = True
        elif step == "proxy.start_tls.started":
            self.is_at_proxy = False  # the tunnel stands: what comes is Sentry's


class Transport:
    """Exchanges single requests and responses with one Sentry, with one token.

    Args:
        settings: the token, the certificates and the limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
        monotonic: seconds, for the age of idle connections, and for how long a request took.
    """

    def __init__(
        self,
        settings: Settings,
        http_transport: HttpTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._connections = ConnectionPool(settings, http_transport, monotonic)

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        await self._connections.aclose()

    def load(self) -> None:
        """Import the HTTP client and read the certificates, which takes 20 to 40 ms of CPU; sends nothing.

        May run in another thread than the requests. Without it the first request does the same.

        Raises:
            SettingsError: the CA bundle cannot be read.
        """
        # Dropped unused: httpx imports the better half of itself when a transport is made. No connection is opened.
        self._connections.new_transport()

    async def exchange(
        self, method: str, url: str, asked: RequestInfo, body: object = None
    ) -> SentryResponse | SentryError:
        """Send one request; whatever goes wrong is returned, not raised.

        Args:
            method: ``GET``, ``PUT`` or ``POST``.
            url: the full address.
            asked: the request in our words, for errors.
            body: sent as JSON; None sends no body.

        Raises:
            SettingsError: no token is set, or the CA bundle cannot be read.
        """
        limits, began = self._settings.limits, self._monotonic()
        headers, transport = self._headers(), self._connections.acquire()
        import httpx  # noqa: PLC0415  # loaded with the first transport, not with the server

        progress = _Progress()
        outcome: SentryResponse | SentryError | None = None
        try:
            # One limit over the whole exchange: httpx's own begins anew with every byte that a server sends.
            with anyio.move_on_after(limits.read_s):
                try:
                    extensions: dict[str, object] = {
                        "timeout": httpx.Timeout(limits.read_s, connect=limits.connect_s).as_dict()
                    }
                    if self._connections.proxy[0]:
                        extensions["trace"] = progress
                    request = httpx.Request(method, url, json=body, headers=headers, extensions=extensions)
                    outcome = await self._exchange(transport, request, asked)
                except httpx.ConnectTimeout as exc:
                    outcome = unreachable(exc, asked, self._route(progress))
                except httpx.TimeoutException:
                    pass
                except httpx.ProxyError as exc:
                    outcome = refused_by_proxy(exc, asked, self._route(progress))
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as exc:
                    outcome = dropped(exc, asked, self._route(progress))
                except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as exc:
                    outcome = unreachable(exc, asked, self._route(progress))
        finally:
            # After an error or a cancellation the connection is gone, and the transport with it.
            await self._connections.release(transport, is_usable=isinstance(outcome, SentryResponse))
        outcome = outcome or too_slow(asked, self._route(progress), limits.read_s)
        if LOGGER.isEnabledFor(logging.DEBUG):
            _log(method, url, outcome, self._monotonic() - began)
        return outcome

    def _route(self, progress: _Progress) -> Route:
        proxy, has_credentials = self._connections.proxy
        return Route(
            self._settings.base_url,
            self._settings.named_by("base_url"),
            proxy,
            has_credentials,
            is_at_proxy=progress.is_at_proxy,
        )

    async def _exchange(
        self, transport: HttpTransport, request: httpx.Request, asked: RequestInfo
    ) -> SentryResponse | SentryError:
        response = await transport.handle_async_request(request)
        try:
            body = await self._read(response, asked)
        finally:
            with anyio.move_on_after(1, shield=True):
                await response.aclose()
        if isinstance(body, SentryError):
            return body
        # Through a tunnel, as https has one, a proxy can change nothing.
        proxy = "" if request.url.scheme == "https" else self._connections.proxy[0]
        # httpx's names are in lower case.
        return SentryResponse(response.status_code, dict(response.headers.items()), body, proxy)

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

    async def _read(self, response: httpx.Response, asked: RequestInfo) -> bytes | SentryError:
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


def _unreadable(response: httpx.Response, asked: RequestInfo, what: str) -> SentryError:
    return ServerFault(
        f"Asked for {asked.what}, the answer {what}.",
        "Ask for less (a shorter period, fewer rows); if that does not help, check proxies before Sentry.",
        status=response.status_code,
        asked=asked.what,
    )


def _log(method: str, url: str, outcome: SentryResponse | SentryError, seconds: float) -> None:
    """Log one request: never its host's credentials, the values of its query, its body, or what came back."""
    answer = (
        f"{outcome.status}, {len(outcome.body):,} bytes"
        if isinstance(outcome, SentryResponse)
        else type(outcome).__name__
    )
    LOGGER.debug("%s %s: %s in %.0f ms", method, shown_path(url), answer, seconds * 1000)
