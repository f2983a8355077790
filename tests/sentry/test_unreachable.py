"""No answer of Sentry's: the error names the party that failed, the proxy or the server, and what to set."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from sentry_runbook.errors import SentryError, TimedOut, Unreachable
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.servers import Server, answer, certificate, client_to, issued, listening, serving
from tests.sentry.upstream import TOKEN, client_of

REF = IssueRef("1")
SENTRY = "https://sentry.test"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def error_of(url: str, ca_bundle: Path | None = None, read_s: float = 8.0) -> SentryError:
    """The error of one read."""
    async with client_to(url, ca_bundle=ca_bundle, read_s=read_s) as client:
        with pytest.raises(SentryError) as caught:
            await client.issue(REF)
    said = str(caught.value)
    assert TOKEN not in said
    assert "secret" not in said
    assert caught.value.__cause__ is None
    return caught.value


# --- certificates and TLS of Sentry's server


@pytest.mark.parametrize(
    ("days", "names", "reason", "fix"),
    [
        ((-3, -1), ["localhost"], "its certificate has expired", "clock"),
        ((1, 3), ["localhost"], "its certificate is not valid yet", "clock"),
        ((-1, 1), ["sentry.test"], "its certificate is not for localhost", "Set SENTRY_URL to the name"),
    ],
)
async def test_a_trusted_certificate_that_does_not_hold_is_told_by_its_fault(
    days: tuple[int, int], names: list[str], reason: str, fix: str, tmp_path: Path
) -> None:
    trusted, both = certificate(tmp_path, *names, days=days)
    server = Server()
    async with listening(server, server.answer_all, serving(both)):
        error = await error_of(server.url, trusted)
    assert f"Sentry at {server.url} cannot be reached: {reason}." in error.what
    assert fix in error.fix
    assert server.heads == []


async def test_a_certificate_that_nobody_vouches_for_names_the_setting_of_authorities(tmp_path: Path) -> None:
    _, itself = certificate(tmp_path, "localhost")
    server = Server()
    for both, reason in (
        (itself, "signed by itself"),
        (issued(tmp_path, "localhost"), "an authority that is not known"),
    ):
        async with listening(server, server.answer_all, serving(both)):
            error = await error_of(server.url)
        assert reason in error.what
        assert "SENTRY_RUNBOOK_CA_BUNDLE" in error.fix
    assert server.heads == []


async def test_tls_to_a_port_without_it_says_so_and_gives_the_right_address() -> None:
    server = Server()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with listening(server, plain):
        where = server.url.removeprefix("http://")
        error = await error_of(f"https://{where}")
    assert f"https://{where} cannot be reached: it answers, but not in TLS." in error.what
    assert f"Set SENTRY_URL to http://{where}, or to the port that speaks TLS." in error.fix


async def test_a_connection_closed_in_the_handshake_is_told() -> None:
    server = Server()

    async def closes(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1000)

    async with listening(server, closes):
        error = await error_of(server.url.replace("http://", "https://"))
    assert "it closed the connection in the TLS handshake" in error.what
    assert "SENTRY_URL" in error.fix


async def test_plain_http_to_a_port_with_tls_says_so() -> None:
    server = Server()

    async def alerts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(bytes.fromhex("15030100020246"))  # an alert: protocol version
        await writer.drain()

    async with listening(server, alerts):
        error = await error_of(server.url)
    assert f"the server at {server.url} cannot be reached: it answers, but not in HTTP." in error.what
    assert f"set SENTRY_URL to {server.url.replace('http://', 'https://')}." in error.fix


class Failing(httpx.AsyncBaseTransport):
    """A network on which nothing can be reached, for one reason."""

    def __init__(self, cause: Exception) -> None:
        self._cause = cause

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Fail as httpx does."""
        raise httpx.ConnectError("failed", request=request) from self._cause


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name sentry.example.com is not known (DNS)"),
        (ConnectionRefusedError(111, "refused"), "nobody listens there (connection refused)"),
        (OSError(101, "Network is unreachable"), "there is no way to it from here"),
        (OSError(113, "No route to host"), "there is no way to it from here"),
        (RuntimeError("secret"), "ConnectError"),
    ],
)
async def test_a_network_that_fails_is_told_by_its_reason(cause: Exception, reason: str) -> None:
    async with client_of(Failing(cause)) as client:
        with pytest.raises(Unreachable) as caught:
            await client.issue(REF)
    assert f"Sentry at https://sentry.example.com cannot be reached: {reason}." in caught.value.what
    assert "SENTRY_URL" in caught.value.fix
    assert "secret" not in str(caught.value)


async def test_a_host_that_no_name_can_be_is_no_crash() -> None:
    error = await error_of("https://xn--zzzzzz.test")
    assert "https://xn--zzzzzz.test cannot be reached" in error.what


# --- the proxy of the environment


@asynccontextmanager
async def proxied(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, credentials: str = "", scheme: str = "http"
) -> AsyncIterator[str]:
    """A proxy that talks so, named by the environment; gives its host and port."""
    proxy = Server()
    async with listening(proxy, talk):
        shown = proxy.url.removeprefix("http://")
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"{scheme}://{credentials}{shown}")
        yield shown


def refusing(status: bytes) -> Talk:
    """A proxy that answers so, whatever it is asked."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 15\r\n\r\n<html>no</html>")
        await writer.drain()

    return refuse


@pytest.mark.parametrize(
    ("status", "credentials", "what", "fix"),
    [
        (b"407 Proxy Authentication Required", "", "asks for a user and a password (407)", "USER:PASSWORD@"),
        (
            b"407 Proxy Authentication Required",
            "jo:secret@",
            "does not accept the user and the password",
            "HTTPS_PROXY",
        ),
        (b"403 Forbidden", "", "refuses to connect to sentry.test:443 (403)", "Ask who runs it"),
        (b"405 Method Not Allowed", "", "refuses to connect to sentry.test:443 (405)", "NO_PROXY"),
        (b"503 Service Unavailable", "jo:secret@", "could not connect to sentry.test:443 (503)", "Check SENTRY_URL"),
    ],
)
async def test_a_proxy_that_makes_no_tunnel_is_named_and_not_sentry(
    status: bytes, credentials: str, what: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxied(refusing(status), monkeypatch, credentials) as proxy:
        error = await error_of(SENTRY)
    assert f"the proxy {proxy} {what}" in error.what
    assert fix in error.fix
    assert "Sentry at" not in error.what


@pytest.mark.parametrize(
    ("status", "credentials", "what"),
    [
        (b"407 Proxy Authentication Required", "", "asks for a user and a password (407)"),
        (b"403 Forbidden", "jo:secret@", "refused the request; Sentry has not seen it (403)"),
        (b"503 Service Unavailable", "", "answered that Sentry behind it does not (503)"),
    ],
)
async def test_a_proxy_that_hands_on_plain_http_is_named_for_its_own_answers(
    status: bytes, credentials: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxied(refusing(status), monkeypatch, credentials) as proxy:
        error = await error_of("http://sentry.test")
    assert f"the proxy {proxy} {what}" in error.what


@pytest.mark.parametrize("url", [SENTRY, "http://sentry.test"])
async def test_a_proxy_that_is_not_there_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxied(refusing(b"200 OK"), monkeypatch, "jo:secret@") as proxy:
        pass
    error = await error_of(url)
    assert f"the proxy {proxy}, which the environment names for Sentry, cannot be reached: nobody listens" in error.what
    assert "HTTPS_PROXY" in error.fix
    assert "SENTRY_URL" not in error.fix


async def test_a_proxy_addressed_by_tls_that_does_not_speak_it_is_named_with_the_right_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with proxied(plain, monkeypatch, scheme="https") as proxy:
        error = await error_of(SENTRY)
    assert f"the proxy {proxy}, which the environment names for Sentry, cannot be reached: it does not" in error.what
    assert f"Name it as http://{proxy}." in error.fix


@pytest.mark.parametrize(
    ("said", "what"), [(b"", "was dropped"), (b"\x15\x03\x01\x00\x02\x02\x46", "it answers, but not in HTTP")]
)
async def test_a_proxy_that_is_none_is_named(said: bytes, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(said)
        await writer.drain()

    async with proxied(mute, monkeypatch) as proxy:
        error = await error_of(SENTRY)
    assert f"the proxy {proxy}" in error.what
    assert what in error.what
    assert "HTTPS_PROXY" in error.fix


async def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with proxied(hang, monkeypatch) as proxy:
        error = await error_of(SENTRY, read_s=0.2)
    assert isinstance(error, TimedOut)
    assert f"the proxy {proxy} did not answer within 0.2 s" in error.what


async def test_what_fails_beyond_the_tunnel_is_sentrys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, both = certificate(tmp_path, "sentry.test")

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with suppress(ConnectionError, ssl.SSLError):
            await writer.start_tls(serving(both))

    async with proxied(tunnel, monkeypatch):
        error = await error_of(SENTRY)
    assert f"Sentry at {SENTRY} cannot be reached: its certificate is signed by itself" in error.what
    assert "the proxy" not in error.what


async def test_an_error_of_sentrys_through_a_tunnel_is_sentrys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trusted, both = certificate(tmp_path, "sentry.test")
    requests = 0

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.start_tls(serving(both))
        while await reader.readuntil(b"\r\n\r\n"):
            requests += 1
            if requests > 1:
                return  # the second request of the kept tunnel is dropped: Sentry's doing
            writer.write(answer())
            await writer.drain()

    async with proxied(tunnel, monkeypatch), client_to(SENTRY, ca_bundle=trusted) as client:
        await client.issue(REF)
        with pytest.raises(SentryError, match="the connection to Sentry was dropped"):
            await client.update_issue(REF, {"status": "resolved"})
