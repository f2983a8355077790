"""What the HTTP client does with connections, proxies and hostile servers, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from sentry_runbook.errors import SentryError, ServerFault, SettingsError, TimedOut, Unreachable
from sentry_runbook.sentry.connections import KEEP_IDLE_S
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.servers import ISSUE, Server, answer, certificate, client_to, listening, serving
from tests.sentry.upstream import TOKEN, Time

REF = IssueRef("1")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not true():
            await anyio.lowlevel.checkpoint()


class Together:
    """Answers only when so many requests are there, so that each needs a connection of its own."""

    def __init__(self, server: Server, requests: int) -> None:
        self._server, self._requests = server, requests
        self.all_there = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self._server.hear(reader):
            if len(self._server.heads) >= self._requests:
                self.all_there.set()
            await self.all_there.wait()
            writer.write(answer())
            await writer.drain()


# --- connections


async def test_connections_are_kept_as_many_as_were_needed_at_once() -> None:
    server = Server()
    async with listening(server, Together(server, 4).talk), client_to(server.url) as client:
        for _ in range(3):
            async with anyio.create_task_group() as tasks:
                for number in range(4):
                    tasks.start_soon(client.issue, IssueRef(str(number + 1)))
        assert len(server.heads) == 12
        assert server.connections == 4
        assert server.closed == 0
        for _ in range(3):
            await client.issue(REF)
        assert server.connections == 4
    await until(lambda: server.closed == 4)


async def test_idle_connections_are_closed_after_a_while() -> None:
    server, time = Server(), Time()
    async with listening(server, Together(server, 3).talk), client_to(server.url, time) as client:
        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(client.issue, IssueRef(str(number + 1)))
        time.now += KEEP_IDLE_S - 0.1
        await client.issue(REF)
        assert server.closed == 0
        time.now += 0.2
        await client.issue(REF)
        await until(lambda: server.closed == 2)
        assert server.connections == 3


async def test_a_cancelled_request_closes_its_connection_and_no_other() -> None:
    server = Server()

    async def first_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await server.hear(reader):
            if "/issues/1/" in server.heard[-1]:
                writer.write(answer())
                await writer.drain()

    async with listening(server, first_answers), client_to(server.url) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.issue, IssueRef("2"))
            await until(lambda: len(server.heads) == 1)
            await client.issue(REF)
            tasks.cancel_scope.cancel()
        await until(lambda: server.closed == 1)
        await client.issue(REF)
        assert server.connections == 2


async def test_closing_the_client_ends_a_write_under_way() -> None:
    server = Server()

    async def reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await server.hear(reader):
            if server.heard[-1].startswith("GET"):
                writer.write(answer())
                await writer.drain()

    async with listening(server, reads):
        client = client_to(server.url)
        await client.issue(REF)
        async with anyio.create_task_group() as tasks:

            async def change() -> None:
                with pytest.raises(SentryError):
                    await client.update_issue(REF, {"status": "resolved"})

            tasks.start_soon(change)
            await until(lambda: len(server.heads) == 2)
            await client.aclose()
        await until(lambda: server.closed == server.connections)
    assert [head.split()[0] for head in server.heard] == ["GET", "PUT"]


# --- hostile servers


async def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_us_for_ever() -> None:
    server = Server()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.hear(reader)
        writer.write(answer(b"", length=10**6))
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)

    async with listening(server, drip), client_to(server.url, read_s=0.3) as client:
        with pytest.raises(TimedOut, match="did not answer within"):
            await client.issue(REF)
        await until(lambda: server.closed == 1)


@pytest.mark.parametrize("piece", [b"X-Flood: " + b"x" * 1000 + b"\r\n", b"x" * 1000], ids=["lines", "one line"])
async def test_a_flood_of_headers_ends(piece: bytes) -> None:
    server, sent = Server(), 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await server.hear(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        try:
            for _ in range(100_000):
                writer.write(piece)
                sent += len(piece)
                await writer.drain()
        except ConnectionError:
            pass

    async with listening(server, flood), client_to(server.url) as client:
        with pytest.raises(SentryError):
            await client.issue(REF)
        await until(lambda: server.closed == server.connections)
    assert sent < 50_000_000


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -1",
        b"Content-Length: 1, 2",
        b"Content-Length: many",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 9999999999999999999999",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"X\x00: y",
        b": no name",
    ],
)
async def test_a_head_that_makes_no_sense_is_told(head: bytes) -> None:
    server = Server()

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.hear(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + ISSUE)
        await writer.drain()

    async with listening(server, nonsense), client_to(server.url) as client:
        with pytest.raises(SentryError):
            await client.issue(REF)


async def test_a_gzip_bomb_is_not_unpacked_beyond_the_cap() -> None:
    server = Server()
    pack = zlib.compressobj(9, wbits=31)
    bomb = b"".join(pack.compress(b" " * 1_000_000) for _ in range(100)) + pack.flush()

    async def explode(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.hear(reader)
        writer.write(answer(bomb, None, b"Content-Encoding: gzip"))
        await writer.drain()

    async with listening(server, explode), client_to(server.url) as client:
        with pytest.raises(ServerFault, match="larger than 8 MB"):
            await client.issue(REF)


async def test_reading_stops_at_the_cap_and_the_connection_is_given_up() -> None:
    server, sent = Server(), 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await server.hear(reader)
        writer.write(answer(b"", length=10**9))
        try:
            for _ in range(1000):
                writer.write(b" " * 100_000)
                sent += 100_000
                await writer.drain()
        except ConnectionError:
            pass

    async with listening(server, pour), client_to(server.url) as client:
        with pytest.raises(ServerFault, match="larger than 8 MB"):
            await client.issue(REF)
        await until(lambda: server.closed == 1)
    assert sent < 40_000_000


async def test_a_packed_answer_is_unpacked_by_us_alone() -> None:
    server = Server()

    async def packed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await server.hear(reader):
            writer.write(answer(gzip.compress(ISSUE), None, b"Content-Encoding: gzip"))
            await writer.drain()

    async with listening(server, packed), client_to(server.url) as client:
        assert (await client.issue(REF))["title"] == "Boom"
    assert "accept-encoding: gzip\r\n" in server.heads[0].lower()


# --- proxies of the environment


async def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server()
    async with listening(proxy, proxy.answer_all):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with client_to("http://sentry.test/prefix") as client:
            assert (await client.issue(REF))["title"] == "Boom"
    assert proxy.heard == ["GET http://sentry.test/prefix/api/0/organizations/acme/issues/1/"]


@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_a_proxy_for_everything_is_used_with_or_without_its_scheme(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    proxy = Server()
    async with listening(proxy, proxy.answer_all):
        monkeypatch.setenv("ALL_PROXY", scheme + proxy.url.removeprefix("http://"))
        async with client_to("http://sentry.test") as client:
            await client.issue(REF)
    assert len(proxy.heads) == 1


async def test_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = Server(), Server()
    async with listening(proxy, proxy.answer_all), listening(server, server.answer_all):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with client_to(server.url) as client:
            await client.issue(REF)
    assert (proxy.heads, len(server.heads)) == ([], 1)


async def test_hosts_that_need_no_proxy_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = Server(), Server()
    # An address of this machine that is not one of loopback.
    async with listening(proxy, proxy.answer_all), listening(server, server.answer_all, host="0.0.0.0"):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        for exempt in ("", "0.0.0.0"):
            monkeypatch.setenv("NO_PROXY", exempt)
            async with client_to(server.url) as client:
                await client.issue(REF)
    assert (len(proxy.heads), len(server.heads)) == (1, 1)


async def test_a_proxy_sees_neither_token_nor_path_of_an_https_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusted, both = certificate(tmp_path, "sentry.test")
    proxy, server = Server(), Server()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await proxy.hear(reader)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.start_tls(serving(both))
        await server.answer_all(reader, writer)

    async with listening(proxy, tunnel):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with client_to("https://sentry.test", ca_bundle=trusted) as client:
            for _ in range(2):
                assert (await client.issue(REF))["title"] == "Boom"
    assert proxy.heard == ["CONNECT sentry.test:443"]
    assert TOKEN not in proxy.heads[0]
    assert [TOKEN in head for head in server.heads] == [True, True]


async def test_a_proxy_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await proxy.hear(reader)
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with listening(proxy, refuse):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with client_to("https://sentry.test") as client:
            with pytest.raises(Unreachable, match=r"the proxy localhost:\d+ asks for a user and a password \(407\)"):
                await client.issue(REF)


# --- certificates, and what the first request costs


async def test_another_host_s_certificate_is_refused(tmp_path: Path) -> None:
    trusted, both = certificate(tmp_path, "sentry.test")
    server = Server()
    async with (
        listening(server, server.answer_all, serving(both)),
        client_to(server.url, ca_bundle=trusted) as client,
    ):
        with pytest.raises(Unreachable, match="cannot be reached"):
            await client.issue(REF)
    assert server.heads == []


async def test_certificates_are_read_once_for_all_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, both = certificate(tmp_path, "localhost")
    read, create = list[object](), ssl.create_default_context

    def counting(cafile: str) -> ssl.SSLContext:
        read.append(cafile)
        return create(cafile=cafile)

    monkeypatch.setattr(ssl, "create_default_context", counting)
    server = Server()
    async with (
        listening(server, Together(server, 3).talk, serving(both)),
        client_to(server.url, ca_bundle=trusted) as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(3):
            tasks.start_soon(client.issue, IssueRef(str(number + 1)))
    assert server.connections == 3
    assert read == [str(trusted)]


async def test_plain_http_reads_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    def reading(**_: object) -> ssl.SSLContext:
        raise AssertionError

    monkeypatch.setattr(ssl, "create_default_context", reading)
    server = Server()
    async with listening(server, server.answer_all), client_to(server.url) as client:
        await client.issue(REF)


async def test_warming_up_tells_of_a_bundle_that_cannot_be_read(tmp_path: Path) -> None:
    async with client_to("http://localhost:1", ca_bundle=tmp_path / "none.pem") as client:
        with pytest.raises(SettingsError, match="SENTRY_RUNBOOK_CA_BUNDLE"):
            await client.warm_up()


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "gopher://127.0.0.1:70"])
async def test_warming_up_tells_of_a_proxy_that_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    async with client_to("https://sentry.example.com") as client:
        with pytest.raises(SettingsError, match="proxy"):
            await client.warm_up()


async def test_warming_up_tells_of_certificates_of_the_environment_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    async with client_to("https://sentry.example.com") as client:
        with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
            await client.warm_up()


FIRST_REQUEST = """
import asyncio, concurrent.futures.thread, sys
import mcp.server, anyio.streams.tls, anyio._backends._asyncio  # what a server that listens has loaded
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.settings import Secret, Settings

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 11\\r\\n\\r\\n{"id": "1"}')
    await writer.drain()
    writer.close()

async def main():
    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = "http://localhost:%d" % listener.sockets[0].getsockname()[1]
    async with listener, SentryClient(Settings(token=Secret("x"), organization="acme", base_url=url)) as client:
        await client.warm_up()
        before = set(sys.modules)
        await client.issue(IssueRef("1"))
        loaded = set(sys.modules) - before
        print("loaded:", *sorted(name for name in loaded if not name.startswith("httpcore._backends")))
        print("rich" in sys.modules, "httpx" in sys.modules)

asyncio.run(main())
"""


def test_after_the_warm_up_the_first_request_loads_nothing_and_httpx_s_command_line_is_never_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_REQUEST], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["loaded:", "False True"]
