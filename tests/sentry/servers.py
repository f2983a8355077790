"""Servers and certificates on this machine, for tests over real connections."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509  # comes with mcp, by pyjwt[crypto]
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.settings import Limits, Secret, Settings
from tests.sentry.upstream import TOKEN, Time

ISSUE = b'{"id": "1", "title": "Boom"}'
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server on this machine.

    Attributes:
        url: where it listens.
        heads: the head of every request, as it came.
        connections: how many were made.
        closed: how many of them are over.
    """

    def __init__(self) -> None:
        self.url = ""
        self.heads: list[str] = []
        self.connections = 0
        self.closed = 0

    @property
    def heard(self) -> list[str]:
        """Method and target of every request."""
        return [head.split(" HTTP")[0] for head in self.heads]

    async def hear(self, reader: asyncio.StreamReader) -> bool:
        """Read one request; False when the client is gone."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        self.heads.append(head.decode())
        length = next((line.split(b":")[1] for line in head.lower().split(b"\r\n") if b"content-length" in line), b"0")
        await reader.readexactly(int(length))
        return True

    async def answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every request of a connection with an issue."""
        while await self.hear(reader):
            writer.write(answer())
            await writer.drain()


def answer(body: bytes = ISSUE, length: int | None = None, *headers: bytes) -> bytes:
    """An answer with a body, and a length that may be another's."""
    more = b"".join(header + b"\r\n" for header in headers)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(body) if length is None else length, more, body)


@asynccontextmanager
async def listening(
    server: Server, talk: Talk, context: ssl.SSLContext | None = None, host: str = "localhost"
) -> AsyncIterator[Server]:
    """Let a server talk on a free port until the block ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            await talk(reader, writer)
        finally:
            server.closed += 1
            writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"{'https' if context else 'http'}://{host}:{port}"
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


def client_to(url: str, time: Time | None = None, ca_bundle: Path | None = None, **limits: float) -> SentryClient:
    """A client without jitter and cache, over the network."""
    settings = Settings(
        token=Secret(TOKEN),
        organization="acme",
        base_url=url,
        ca_bundle=ca_bundle,
        limits=Limits(**{"cache_s": 0, **limits}),  # type: ignore[arg-type]  # whole numbers are given as such
    )
    time = time or Time()
    return SentryClient(settings, sleep=time.sleep, monotonic=time.monotonic, clock=time.wall, jitter=lambda s: s)


def certificate(folder: Path, *names: str, days: tuple[int, int] = (-1, 1)) -> tuple[Path, Path]:
    """A certificate that signs itself: the file that a client must trust, and the server's with its key.

    Args:
        folder: where the files are made.
        names: of hosts.
        days: from now: when it begins and ends to be valid.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Private CA")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = signed.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    trusted, both = folder / "ca.pem", folder / "server.pem"
    trusted.write_bytes(public)
    both.write_bytes(public + private)
    return trusted, both


def issued(folder: Path, name: str) -> Path:
    """A server's certificate with its key, signed by an authority that nobody knows."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Unknown CA")]))
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both = folder / "issued.pem"
    both.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return both


def serving(both: Path) -> ssl.SSLContext:
    """The context of a server with this certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context
