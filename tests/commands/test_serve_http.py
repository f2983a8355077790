"""Serving over HTTP: how it ends, who may ask, and what slow or hostile clients cost; over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sentry_runbook.commands.ports import free_port
from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.server.http import HttpAccess, serve_http
from sentry_runbook.server.http_connections import HttpLimits
from sentry_runbook.settings import Secret
from tests.commands.support import HELLO, TOKEN, Commands, environment, line_of, process, request, served
from tests.tools.support import SETTINGS

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
PATIENCE_S = 30.0
"""In which everything here has long happened; it decides nothing."""
MODERN = "2026-07-28"


@dataclass
class HeldSentry:
    """A Sentry that answers nothing until it is told to.

    Attributes:
        asked: it holds a request.
        release: lets it answer.
    """

    asked: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    async def answer(self, request: Request) -> JSONResponse:
        self.asked.set()
        await anyio.to_thread.run_sync(self.release.wait, abandon_on_cancel=True)
        if request.url.path == "/api/0/":
            return JSONResponse({"version": "0", "auth": None, "user": None})
        return JSONResponse({"detail": "The requested resource does not exist"}, 404)


@pytest.fixture
def held_sentry() -> Iterator[tuple[HeldSentry, str]]:
    sentry = HeldSentry()
    with served(Starlette(routes=[Route("/{rest:path}", sentry.answer)])) as url:
        try:
            yield sentry, url
        finally:
            sentry.release.set()


@contextmanager
def serving(**variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server over HTTP as a process; gives the address of its endpoint."""
    with process("serve", "--transport", "http", "--port", "0", env=environment(**variables)) as running:
        yield running, line_of(running.stderr, "sentry-runbook: MCP at ").split()[3].rstrip(",")


class Client:
    """A client of one era, one thread a request.

    Attributes:
        is_streaming: a stream of events is open.
    """

    def __init__(self, url: str, era: str) -> None:
        self._url, self._era = url, era
        self._threads = ThreadPoolExecutor()
        self._http = httpx.Client(timeout=PATIENCE_S)
        self.is_streaming = threading.Event()
        self.session: dict[str, str] = {}
        if era != MODERN:
            hello = self._http.post(url, content=HELLO, headers=HEADERS)
            self.session = {"Mcp-Session-Id": hello.headers["mcp-session-id"], "MCP-Protocol-Version": era}

    def call(self, number: int = 2) -> Future[httpx.Response]:
        """Call a tool, in a thread."""
        return self._threads.submit(self.call_now, number)

    def call_now(self, number: int = 3) -> httpx.Response:
        """Call a tool."""
        params: dict[str, Any] = {"name": "get_issue", "arguments": {"issue": "SHOP-1"}}
        headers = self.session
        if self._era == MODERN:
            prefix = "io.modelcontextprotocol"
            params["_meta"] = {f"{prefix}/protocolVersion": MODERN, f"{prefix}/clientCapabilities": {}}
            headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "get_issue"}
        body = request(number, "tools/call", **params)
        return self._http.post(self._url, content=body, headers={**HEADERS, **headers})

    def listen(self) -> Future[bytes]:
        """Open the session's stream of events, in a thread; gives what came when it ends."""

        def listened() -> bytes:
            headers = {"Accept": "text/event-stream", **self.session}
            with self._http.stream("GET", self._url, headers=headers) as response:
                assert response.status_code == 200
                self.is_streaming.set()
                return b"".join(response.iter_raw())

        return self._threads.submit(listened)

    def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown()
        self._http.close()

    def get(self, probe: str) -> int:
        """The status of a probe."""
        return self._http.get(self._url.removesuffix("/mcp") + probe).status_code


def answered(response: httpx.Response) -> dict[str, Any]:
    """The JSON-RPC message of a response, as JSON or as an event."""
    text = response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        (text,) = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: "))
    message: dict[str, Any] = json.loads(text)
    return message


# --- the end


@pytest.mark.parametrize("era", ["2025-11-25", MODERN])
def test_at_a_signal_idle_streams_end_calls_under_way_are_answered_and_new_ones_are_refused(
    era: str, held_sentry: tuple[HeldSentry, str]
) -> None:
    sentry, upstream = held_sentry
    patient = {"SENTRY_RUNBOOK_CALL_TIMEOUT": "60", "SENTRY_RUNBOOK_READ_TIMEOUT": "60"}
    with serving(SENTRY_URL=upstream, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_ORG="acme", **patient) as (running, url):
        legacy, client = Client(url, "2025-11-25"), Client(url, era)
        stream = legacy.listen()
        assert legacy.is_streaming.wait(PATIENCE_S)
        assert (client.get("/health"), client.get("/ready")) == (200, 200)
        call = client.call(7)
        assert sentry.asked.wait(PATIENCE_S)
        running.send_signal(signal.SIGTERM)
        assert stream.result(PATIENCE_S) == b""
        assert not call.done()
        assert (client.get("/health"), client.get("/ready")) == (200, 503)
        refused = client.call_now(8)
        assert (refused.status_code, refused.headers["retry-after"], answered(refused)["id"]) == (503, "1", 8)
        assert "shutting down" in answered(refused)["error"]["message"]
        sentry.release.set()
        answer = answered(call.result(PATIENCE_S))
        assert (answer["id"], answer["result"]["isError"]) == (7, True)
        assert "Sentry knows no issue SHOP-1" in answer["result"]["content"][0]["text"]
        assert running.wait(PATIENCE_S) == 143
        assert running.stderr is not None
        assert running.stderr.read() == ""
        legacy.close()
        client.close()


def test_a_second_signal_does_not_wait_for_calls_under_way(held_sentry: tuple[HeldSentry, str]) -> None:
    sentry, upstream = held_sentry
    patient = {"SENTRY_RUNBOOK_CALL_TIMEOUT": "600", "SENTRY_RUNBOOK_READ_TIMEOUT": "120"}
    with serving(SENTRY_URL=upstream, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_ORG="acme", **patient) as (running, url):
        client = Client(url, MODERN)
        call = client.call()
        assert sentry.asked.wait(PATIENCE_S)
        running.send_signal(signal.SIGINT)
        while client.get("/ready") == 200:
            pass
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_S) == 130
        with pytest.raises(httpx.TransportError):
            call.result(PATIENCE_S)
        client.close()
        assert running.stderr is not None
        assert running.stderr.read() == ""


@pytest.mark.matrix
def test_a_call_that_waits_for_a_person_beyond_the_call_timeout_is_told_that_nobody_answers() -> None:
    asks = json.loads(HELLO)
    asks["params"]["capabilities"] = {"elicitation": {}}
    argv = ("serve", "--demo", "--transport", "http", "--port", "0")
    with process(*argv, env=environment(SENTRY_RUNBOOK_CALL_TIMEOUT="5")) as running:
        url = line_of(running.stderr, "sentry-runbook: MCP at ").split()[3].rstrip(",")
        with httpx.Client(timeout=PATIENCE_S) as http:
            hello = http.post(url, json=asks, headers=HEADERS)
            session = {**HEADERS, "Mcp-Session-Id": hello.headers["mcp-session-id"]}
            arguments = {"issue": "SHOP-1Z", "action": "ignore"}
            body = request(5, "tools/call", name="resolve_issue", arguments=arguments)
            with http.stream("POST", url, content=body, headers=session) as response:
                lines = response.iter_lines()
                asked = json.loads(next(line for line in lines if line.startswith("data: "))[6:])
                assert asked["method"] == "elicitation/create"
                running.send_signal(signal.SIGTERM)
                told = json.loads(next(line for line in lines if line.startswith("data: "))[6:])
                assert list(lines) == [""]
        assert (told["id"], "read the issue first" in told["error"]["message"]) == (5, True)
        assert running.wait(PATIENCE_S) == 143
        assert running.stderr is not None
        # The SDK tells that it could not tell the client of its end in its own way, too.
        assert all("WARNING mcp" in line and "gave up" in line for line in running.stderr.read().splitlines())


# --- slow and greedy clients


@asynccontextmanager
async def here(limits: HttpLimits | None = None, **access: Any) -> AsyncIterator[str]:
    """The server in this process, until the end of the block; gives its endpoint."""
    port = free_port("127.0.0.1", 0)
    chosen = HttpAccess("127.0.0.1", port, limits=limits or HttpLimits(), **access).checked()
    run = build_runtime(SETTINGS)
    listening = anyio.Event()
    ended: list[int] = []

    async def serve() -> None:
        ended.append(await serve_http(build_server(run), run, chosen, listening=listening.set))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        await listening.wait()
        yield f"http://127.0.0.1:{port}{chosen.base_path}/mcp"
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended == [signal.SIGTERM]


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the server of an address."""
    return await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)


HEAD = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
QUICK = HttpLimits(head_s=0.5, body_s=0.5)
"""Far longer than anything takes here that is not held back on purpose."""


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET /hea", b"HTTP/1.1 408 "),
        (HEAD, b"HTTP/1.1 408 "),
        (HEAD + b"Content-Length: 100\r\n\r\n{", b"HTTP/1.1 408 "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"HTTP/1.1 408 "),
    ],
    ids=["nothing", "half a line", "half a head", "half a body", "half a chunked body"],
)
async def test_a_request_that_does_not_arrive_is_given_up(sent: bytes, answer: bytes) -> None:
    async with here(QUICK) as url:
        reader, writer = await connect(url)
        writer.write(sent)
        with anyio.fail_after(PATIENCE_S):
            said = await reader.read()
        assert said.startswith(answer) and bool(said) == bool(answer)
        writer.close()


async def test_single_bytes_now_and_then_do_not_hold_a_connection() -> None:
    async with here(QUICK) as url:
        reader, writer = await connect(url)
        writer.write(b"GET /")
        ended = asyncio.ensure_future(reader.read())
        with anyio.fail_after(PATIENCE_S):
            while not ended.done():
                writer.write(b"x")
                await asyncio.wait([ended], timeout=0.001)
        # A byte that was still on its way when the connection was closed resets it.
        if ended.exception() is None:
            assert ended.result().startswith(b"HTTP/1.1 408 ")
        else:
            assert isinstance(ended.exception(), ConnectionResetError)
        writer.close()


async def test_a_second_request_of_a_connection_has_a_limit_of_its_own() -> None:
    async with here(QUICK) as url:
        reader, writer = await connect(url)
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET /hea")
        with anyio.fail_after(PATIENCE_S):
            assert b"HTTP/1.1 408 " in await reader.read()
        writer.close()


@pytest.mark.parametrize("how", ["announced", "chunked"])
async def test_a_body_that_is_too_large_is_refused(how: str) -> None:
    async with here(HttpLimits(body_bytes=1000)) as url:
        reader, writer = await connect(url)
        body = b"{" * 1001
        length = b"Content-Length: 1001\r\n\r\n" if how == "announced" else b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n"
        writer.write(HEAD + length + body)
        with anyio.fail_after(PATIENCE_S):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()


async def test_connections_beyond_the_limit_are_refused_and_there_is_room_when_one_closes() -> None:
    async with here(HttpLimits(connections=2)) as url:
        opened = [await connect(url) for _ in range(2)]
        for reader, writer in opened:
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        reader, writer = await connect(url)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        for _, open_writer in (*opened, (reader, writer)):
            open_writer.close()
        async with httpx.AsyncClient() as http:
            with anyio.fail_after(PATIENCE_S):
                while (await http.get(url.replace("/mcp", "/ready"))).status_code != 200:
                    pass


async def test_sessions_are_bounded_and_idle_ones_end() -> None:
    async with here(HttpLimits(sessions=1, session_idle_s=1.0)) as url, httpx.AsyncClient() as http:
        first = await http.post(url, content=HELLO, headers=HEADERS)
        assert first.status_code == 200
        session = {**HEADERS, "Mcp-Session-Id": first.headers["mcp-session-id"]}
        async with http.stream("GET", url, headers=session) as stream:  # which holds the session
            assert stream.status_code == 200
            assert (await http.post(url, content=HELLO, headers=HEADERS)).status_code == 503
        with anyio.fail_after(PATIENCE_S):
            while (await http.post(url, content=HELLO, headers=HEADERS)).status_code == 503:
                await anyio.lowlevel.checkpoint()
        gone = await http.post(url, content=request(2, "tools/list"), headers=session)
        assert (gone.status_code, gone.json()["error"]["message"]) == (404, "Session not found")


# --- who may ask


async def test_everything_is_below_the_base_path() -> None:
    async with here(base_path="/tools/runbook/") as url, httpx.AsyncClient() as http:
        assert url.endswith("/tools/runbook/mcp")
        assert (await http.post(url, content=HELLO, headers=HEADERS)).status_code == 200
        root = url.removesuffix("/tools/runbook/mcp")
        for path, status in (("/tools/runbook/ready", 200), ("/tools/runbook/health", 200), ("/mcp", 404)):
            assert (await http.get(f"{root}{path}")).status_code == status


async def test_pages_of_an_allowed_origin_may_ask_and_others_may_not() -> None:
    origin = "https://tools.example.com"
    secret = Secret("0123456789abcdef")
    async with here(origins=(f"{origin}/",), secret=secret) as url, httpx.AsyncClient() as http:
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        preflight = await http.options(url, headers={"Origin": origin, **asks})
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, origin)
        allowed = {**HEADERS, "Authorization": "Bearer 0123456789abcdef", "Origin": origin}
        answer = await http.post(url, content=HELLO, headers=allowed)
        assert answer.status_code == 200
        assert {"Mcp-Session-Id", "WWW-Authenticate"} <= set(
            answer.headers["access-control-expose-headers"].split(", ")
        )
        assert (await http.post(url, content=HELLO, headers={**HEADERS, "Origin": origin})).status_code == 401
        other = {**allowed, "Origin": "https://evil.example"}
        assert (await http.options(url, headers={**asks, "Origin": "https://evil.example"})).status_code == 400
        assert (await http.post(url, content=HELLO, headers=other)).status_code == 403


SECRET = "0123456789abcdef"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {SECRET}", 200),
        (f"bearer {SECRET}", 200),
        (f"BEARER   {SECRET}", 200),
        (f"Bearer {SECRET}x", 401),
        (f"Bearer {SECRET[:-1]}", 401),
        (f"Basic {SECRET}", 401),
        (SECRET, 401),
        ("Bearer", 401),
        ("", 401),
    ],
)
async def test_the_secret_counts_with_its_scheme_in_any_case(authorization: str, status: int) -> None:
    async with here(secret=Secret(SECRET)) as url, httpx.AsyncClient() as http:
        answer = await http.post(url, content=HELLO, headers={**HEADERS, "Authorization": authorization})
        assert answer.status_code == status
        if status == 401:
            assert answer.headers["www-authenticate"] == 'Bearer realm="sentry-runbook", error="invalid_token"'
            assert "SENTRY_RUNBOOK_HTTP_TOKEN" in answer.json()["error"]
            assert SECRET[:-1] not in answer.text


async def test_two_secrets_in_one_request_are_none() -> None:
    async with here(secret=Secret(SECRET)) as url, httpx.AsyncClient() as http:
        twice = [*HEADERS.items(), ("Authorization", f"Bearer {SECRET}"), ("Authorization", "Bearer other")]
        assert (await http.post(url, content=HELLO, headers=twice)).status_code == 401


OAUTH_PROBES = (
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
)
"""Where clients look for a login after a 401 (RFC 9728 §3.1, RFC 8414 §3)."""


@pytest.mark.parametrize("secret", [Secret(SECRET), None])
async def test_a_host_that_looks_for_a_login_finds_that_there_is_none(secret: Secret | None) -> None:
    async with here(secret=secret) as url, httpx.AsyncClient() as http:
        if secret is not None:
            asked = await http.post(url, content=HELLO, headers=HEADERS)
            # RFC 6750 §3.1: no error code where nothing was sent.
            assert (asked.status_code, asked.headers["www-authenticate"]) == (401, 'Bearer realm="sentry-runbook"')
        root = url.removesuffix("/mcp")
        for path in (*OAUTH_PROBES, "/", "/sse", "/mcpx", "/mcp/x"):
            assert (await http.get(f"{root}{path}")).status_code == 404, path
        register = await http.post(f"{root}/register", json={})
        # What it answers is what the SDK's client shows of a login that failed.
        assert register.status_code == 404
        assert secret is None or "there is no login" in register.text
        for path in ("/health", "/ready"):
            assert (await http.get(f"{root}{path}")).status_code == 200
            assert (await http.head(f"{root}{path}")).status_code == 200


async def test_the_endpoint_with_a_slash_at_its_end_is_guarded_too() -> None:
    async with here(secret=Secret(SECRET)) as url, httpx.AsyncClient() as http:
        assert (await http.post(f"{url}/", content=HELLO, headers=HEADERS)).status_code == 401


async def test_a_host_of_a_reverse_proxy_is_answered_and_others_are_not() -> None:
    async with here(hosts=("runbook.example.com",)) as url, httpx.AsyncClient() as http:
        for host, status in (("runbook.example.com", 200), ("runbook.example.com:8443", 200), ("evil.example", 421)):
            answer = await http.post(url, content=HELLO, headers={**HEADERS, "Host": host})
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--allowed-origin", "*"], "--allowed-origin"),
        (["--allowed-origin", "tools.example.com"], "--allowed-origin"),
        (["--allowed-origin", "https://tools.example.com/app"], "--allowed-origin"),
        (["--allowed-origin", "https://[::1"], "--allowed-origin"),
        (["--allowed-host", "https://runbook.example.com"], "--allowed-host"),
        (["--allowed-host", "runbook.example.com:port"], "--allowed-host"),
        (["--base-path", "/a b"], "--base-path"),
        (["--base-path", "/../x"], "--base-path"),
    ],
)
def test_an_access_that_cannot_be_meant_is_refused_by_its_flag(flags: list[str], named: str, command: Commands) -> None:
    said = command("serve", "--demo", "--transport", "http", "--port", "0", *flags)
    assert (said.code, said.out) == (2, "")
    assert named in said.err
    assert len(said.err.splitlines()) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_secret_that_can_be_guessed_is_refused_and_one_is_offered(
    host: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_RUNBOOK_HTTP_TOKEN", "0123456789abcde")
    said = command("serve", "--demo", "--transport", "http", "--port", "0", "--host", host)
    assert said.code == 2
    assert "fewer than 16 characters" in said.err
    assert "openssl rand" in said.err
    assert "0123456789abcde" not in said.err
