"""One request over HTTP: connections, time and size limits. httpx lives here alone.

What goes wrong comes back as a value, not as an exception in flight: httpx's exceptions hold the request with its
headers, and must not end up in the chain of an error that somebody prints.
"""

from __future__ import annotations

import logging
import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio

from sentry_runbook.errors import SentryError, ServerFault, SettingsError, TimedOut, Unreachable
from sentry_runbook.loopback import is_loopback
from sentry_runbook.sentry.messages import Asked, Reply
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    import ssl

    import httpx

    HttpTransport = httpx.AsyncBaseTransport
    """What answers instead of the network; named here, so that the rest need not know httpx."""


ASIDE = "sentry_runbook.aside"


class Dropped(Unreachable):
    """The connection was closed without an answer; the next one may do."""


class Transport:
    """Exchanges requests and answers with one Sentry, with one token.

    Args:
        settings: the token, the certificates and the limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
    """

    def __init__(self, settings: Settings, http_transport: HttpTransport | None = None) -> None:
        self._settings = settings
        self._http_transport = http_transport
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def exchange(self, method: str, url: str, asked: Asked, body: object = None) -> Reply | SentryError:
        """One request; whatever goes wrong comes back as a value."""
        import httpx  # noqa: PLC0415  # costs 50 ms and is not needed for the server's start

        limits = self._settings.limits
        client = self._open()
        outcome: Reply | SentryError = TimedOut(
            f"Asked for {asked.what}, Sentry did not answer within {limits.read_s:g} s.",
            "Try again; if it stays so, Sentry is slow, or a proxy or firewall holds the connection.",
            asked=asked.what,
        )
        # One limit over the whole try: a server that sends a byte now and then must not hold us for ever.
        with anyio.move_on_after(limits.read_s):
            try:
                request = client.build_request(method, url, json=body, headers=self._headers())
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
        return Reply(response.status_code, {**headers, **response.extensions.get(ASIDE, {})}, body)

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
        """The body, decoded and counted piece by piece: a small gzip body can hold gigabytes."""
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            return _odd(response, asked, "is packed in a way that was not asked for")
        unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        limit, pieces, size = self._settings.limits.max_answer_bytes, [], 0
        # A transport that answers from memory has read, and unpacked, the body before we come.
        in_memory = response.is_stream_consumed
        async for raw in response.aiter_bytes() if in_memory else response.aiter_raw():
            try:
                piece = raw if unpack is None or in_memory else unpack.decompress(raw, limit - size + 1)
            except zlib.error:
                return _odd(response, asked, "cannot be unpacked")
            size += len(piece)
            if size > limit:
                return _odd(response, asked, f"is larger than {limit / 1e6:g} MB and was not read")
            pieces.append(piece)
        if unpack is not None and not in_memory and size and not unpack.eof:
            return _odd(response, asked, "was cut off")
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

    def _open(self) -> httpx.AsyncClient:
        """The connection pool, made at the first request."""
        if self._client is not None:
            return self._client
        from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415  # with httpx, at the first request

        import httpx  # noqa: PLC0415  # as above

        # httpx logs each request's address, which holds search text, at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        limits, bundle = self._settings.limits, self._settings.ca_bundle
        self._client = httpx.AsyncClient(
            transport=self._http_transport,
            verify=_trust(str(bundle)) if bundle else True,
            timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
            # Places are given by the gate. Idle connections are dropped before most servers would do it unasked.
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=limits.concurrency, keepalive_expiry=10
            ),
            follow_redirects=False,
            event_hooks={"response": [_put_target_aside]},
            # A proxy of the environment is for the outside: this machine's own server is asked directly.
            trust_env=not is_loopback(urlsplit(self._settings.base_url).hostname or ""),
            # A token needs no cookies; a session of a proxy must not leak from one answer into the next request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
        return self._client


async def _put_target_aside(response: httpx.Response) -> None:
    """Keep a redirect's target from httpx, which reads it even when told not to follow, and fails on a wrong one."""
    if "location" in response.headers:
        response.extensions[ASIDE] = {"location": response.headers.pop("location")}


def _trust(bundle: str) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415  # with httpx, at the first request

    try:
        return ssl.create_default_context(cafile=bundle)
    except (OSError, ssl.SSLError) as exc:
        raise SettingsError("SENTRY_RUNBOOK_CA_BUNDLE holds no certificates that can be read.") from exc


def _odd(response: httpx.Response, asked: Asked, what: str) -> SentryError:
    return ServerFault(
        f"Asked for {asked.what}, the answer {what}.",
        "Ask for less (a shorter period, fewer rows); if that does not help, check proxies before Sentry.",
        status=response.status_code,
        asked=asked.what,
    )
