"""Real connections on this machine: certificates, dropped keep-alives, a body that stops."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509  # comes with mcp, by pyjwt[crypto]
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sentry_runbook.errors import SentryError, SettingsError, Unreachable
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.references import IssueRef
from sentry_runbook.settings import Limits, Secret, Settings
from tests.sentry.upstream import TOKEN, Time

REF = IssueRef("1")
ISSUE = b'{"id": "1", "title": "Boom"}'
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server on this machine; keeps the first line of every request.

    Attributes:
        url: where it listens.
        heard: method and path of every request.
        connections: how many were made.
    """

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[str] = []
        self.connections = 0

    async def hear(self, reader: asyncio.StreamReader) -> bool:
        """Read one request; False when the client is gone."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        self.heard.append(head.split(b" HTTP")[0].decode())
        length = next((line.split(b":")[1] for line in head.lower().split(b"\r\n") if b"content-length" in line), b"0")
        await reader.readexactly(int(length))
        return True


def answer(body: bytes = ISSUE, length: int | None = None) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body) if length is None else length, body)


@asynccontextmanager
async def listening(server: Server, talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"{'https' if context else 'http'}://localhost:{port}"
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


def client_to(url: str, time: Time | None = None, ca_bundle: Path | None = None) -> SentryClient:
    settings = Settings(
        token=Secret(TOKEN), organization="acme", base_url=url, ca_bundle=ca_bundle, limits=Limits(cache_s=0)
    )
    time = time or Time()
    return SentryClient(settings, sleep=time.sleep, monotonic=time.monotonic, clock=time.wall, jitter=lambda s: s)


async def test_a_kept_connection_that_was_dropped_in_silence_costs_a_read_one_more_try() -> None:
    server, time = Server(), Time()

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await server.hear(reader):
            writer.write(answer())
            await writer.drain()
            await server.hear(reader)  # and closes without an answer

    async with listening(server, once), client_to(server.url, time) as client:
        for _ in range(2):
            assert (await client.issue(REF))["title"] == "Boom"
    assert len(server.heard) == 3
    assert server.connections == 2
    assert len(time.naps) == 1


async def test_a_change_on_a_connection_that_drops_is_not_sent_again() -> None:
    server = Server()

    async def reads_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await server.hear(reader):
            if not server.heard[-1].startswith("GET"):
                return
            writer.write(answer())
            await writer.drain()

    async with listening(server, reads_only), client_to(server.url) as client:
        await client.issue(REF)
        with pytest.raises(Unreachable, match="dropped"):
            await client.update_issue(REF, {"status": "resolved"})
    assert [one.split()[0] for one in server.heard] == ["GET", "PUT"]


async def test_a_body_that_stops_short_is_asked_for_again() -> None:
    server, time = Server(), Time()

    async def short_then_whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await server.hear(reader):
            writer.write(answer(ISSUE[:9], length=len(ISSUE)) if len(server.heard) == 1 else answer())
            await writer.drain()
            if len(server.heard) == 1:
                return

    async with listening(server, short_then_whole), client_to(server.url, time) as client:
        assert (await client.issue(REF))["title"] == "Boom"
    assert len(server.heard) == 2


async def test_a_port_where_nobody_listens_is_told_at_once() -> None:
    server = Server()
    async with listening(server, lambda *_: asyncio.sleep(0)):
        url = server.url
    async with client_to(url, time := Time()) as client:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await client.issue(REF)
    assert time.naps == []


# --- certificates


@pytest.fixture(scope="module")
def private_ca(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself: what the client must trust, and certificate and key in one."""
    folder = tmp_path_factory.mktemp("ca")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Private CA")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    trusted, both = folder / "ca.pem", folder / "server.pem"
    trusted.write_bytes(certificate)
    both.write_bytes(certificate + secret)
    return trusted, both


async def answers(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await server.hear(reader):
        writer.write(answer())
        await writer.drain()


def serving(both: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


async def test_a_private_certificate_is_trusted_when_its_ca_is_named(private_ca: tuple[Path, Path]) -> None:
    server = Server()
    trusted, both = private_ca
    async with (
        listening(server, lambda reader, writer: answers(server, reader, writer), serving(both)),
        client_to(server.url, ca_bundle=trusted) as client,
    ):
        assert (await client.issue(REF))["title"] == "Boom"


async def test_a_private_certificate_is_refused_else_and_the_error_names_the_setting(
    private_ca: tuple[Path, Path],
) -> None:
    server = Server()
    async with (
        listening(server, lambda reader, writer: answers(server, reader, writer), serving(private_ca[1])),
        client_to(server.url) as client,
    ):
        with pytest.raises(SentryError, match="SENTRY_RUNBOOK_CA_BUNDLE"):
            await client.issue(REF)
    assert server.heard == []


async def test_a_bundle_without_certificates_is_a_setting_to_correct(tmp_path: Path) -> None:
    bundle = tmp_path / "empty.pem"
    bundle.write_text("nothing here")
    async with client_to("https://localhost:1", ca_bundle=bundle) as client:
        with pytest.raises(SettingsError, match="SENTRY_RUNBOOK_CA_BUNDLE"):
            await client.issue(REF)
