"""The token stays with us: not shown by anything that is printed, logged or traced, and sent to one place only."""

import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pydantic
import pydantic_core
import pytest

from sentry_runbook.errors import RunbookError, SentryError
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.references import parse_reference
from sentry_runbook.settings import Limits, Secret, Settings

TOKEN = "sntryu_0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"
BASE = "https://sentry.example.com"
LIMITS = Limits(connect_s=0.5, read_s=0.5, call_s=2.0, cache_s=0)
Answer = Callable[[httpx.Request], httpx.Response]


def settings(base_url: str = BASE) -> Settings:
    return Settings(token=Secret(TOKEN), organization="acme", base_url=base_url, limits=LIMITS)


async def no_nap(_: float) -> None:
    """Retries wait for nobody in tests."""


class Upstream(httpx.AsyncBaseTransport):
    """Answers by a function and keeps every request."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return self._answer(request)


def fails(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


def gives(status: int, body: object = None, **headers: str) -> Answer:
    return lambda _: httpx.Response(status, json=body, headers=headers)


def everything_printable(error: BaseException) -> str:
    """The error and all errors behind it, with the local variables of every frame."""
    pieces: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            shown = traceback.TracebackException.from_exception(one, capture_locals=True, lookup_lines=False)
            pieces += [repr(one), str(one), str(vars(one)), *shown.format()]
            waiting += [one.__cause__, one.__context__]
    return "\n".join(pieces)


ECHO = {"detail": f"Invalid token {TOKEN} in Authorization: Bearer {TOKEN}"}
FAILURES: dict[str, Answer] = {
    "401": gives(401, ECHO),
    "403": gives(403, ECHO),
    "404": gives(404, ECHO),
    "400": gives(400, {"query": [f"cannot read {TOKEN}"]}),
    "429": gives(429, ECHO),
    "500": gives(500, ECHO),
    "redirect": gives(302, location=f"https://evil.example/?token={TOKEN}"),
    "not JSON": lambda _: httpx.Response(200, text=f"<html>{TOKEN}</html>"),
    "another shape": gives(200, [{"id": [TOKEN]}]),
    "refused": fails(httpx.ConnectError(f"no route for Bearer {TOKEN}")),
    "late": fails(httpx.ReadTimeout(f"Bearer {TOKEN}")),
    "dropped": fails(httpx.RemoteProtocolError(f"Bearer {TOKEN}")),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_no_error_shows_the_token_not_even_with_local_variables(failure: str) -> None:
    upstream = Upstream(FAILURES[failure])
    async with SentryClient(settings(), http_transport=upstream, sleep=no_nap) as client:
        with pytest.raises(SentryError) as caught:
            await client.issue(IssueRef(issue="1"))
        with pytest.raises(SentryError) as refused:
            await client.update_issue(IssueRef(issue="1"), {"status": "resolved"})
        assert TOKEN not in repr(client) + repr(vars(client))
    assert TOKEN not in everything_printable(caught.value)
    assert TOKEN not in everything_printable(refused.value)
    assert all(request.headers["authorization"] == f"Bearer {TOKEN}" for request in upstream.seen)


async def test_no_log_line_shows_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        listening(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}") as server,
        SentryClient(settings(server.url), sleep=no_nap) as client,
    ):
        with pytest.raises(SentryError):
            await client.issue(IssueRef(issue="1"))
    assert server.heard
    assert caplog.records
    assert TOKEN not in "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)


class Holder(pydantic.BaseModel):
    """A model that somebody puts the settings, or something else, into."""

    anything: object = None
    number: int = 0


def test_no_dump_or_complaint_of_pydantic_shows_the_token() -> None:
    held = settings()
    for holder in (Holder(anything=held), Holder(anything=held.token)):
        shown = [repr(holder), repr(holder.model_dump())]
        with pytest.raises(pydantic_core.PydanticSerializationError) as unserialized:
            holder.model_dump_json()
        with pytest.raises(pydantic.ValidationError) as invalid:
            Holder(number=holder.anything)  # the wrong kind is the point
        shown += [everything_printable(unserialized.value), everything_printable(invalid.value), invalid.value.json()]
        assert TOKEN not in "\n".join(shown)
    with pytest.raises(TypeError) as caught:
        json.dumps(held.token)
    assert TOKEN not in everything_printable(caught.value)


# --- one place only


class Listener:
    """A real server on this machine that answers every request alike."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.heard: list[bytes] = []
        self.url = ""

    async def answer(self, stream: anyio.abc.ByteStream) -> None:
        async with stream:
            self.heard.append(await stream.receive())
            await stream.send(self._answer)


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[Listener]:
    """A listener while the block runs."""
    server = Listener(answer)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610  # no Django here
    server.url = f"http://127.0.0.1:{port}"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.answer)
        yield server
        tasks.cancel_scope.cancel()
    await listener.aclose()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_to_another_port_or_to_the_same_place(status: int) -> None:
    async with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as thief:
        answer = f"HTTP/1.1 {status} Moved\r\nLocation: {thief.url}/api/0/\r\nContent-Length: 0\r\n\r\n"
        async with (
            listening(answer.encode()) as server,
            SentryClient(settings(server.url), sleep=no_nap) as client,
        ):
            with pytest.raises(SentryError, match="the token was not sent there"):
                await client.issue(IssueRef(issue="1"))
            with pytest.raises(SentryError, match="the token was not sent there"):
                await client.update_issue(IssueRef(issue="1"), {"status": "resolved"})
        assert len(server.heard) == 2
        assert thief.heard == []


ELSEWHERE = [
    "https://evil.example/organizations/acme/issues/1/",
    "https://sentry.example.com.evil.example/organizations/acme/issues/1/",
    "https://evil.example/sentry.example.com/organizations/acme/issues/1/",
    "https://sentry.example.com@evil.example/organizations/acme/issues/1/",
    "https://token:x@sentry.example.com/organizations/acme/issues/1/",
    "http://sentry.example.com/organizations/acme/issues/1/",
    "https://sentry.example.com:8443/organizations/acme/issues/1/",
    "https://sentry.example.com\\@evil.example/organizations/acme/issues/1/",
    "//evil.example/organizations/acme/issues/1/",
    "https://sentry.exampIe.com/organizations/acme/issues/1/",
    "https://ѕentry.example.com/organizations/acme/issues/1/",
    "ftp://sentry.example.com/organizations/acme/issues/1/",
    "https://sentry.example.com./organizations/acme/issues/1/",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_pasted_url_of_another_place_is_refused(url: str) -> None:
    with pytest.raises(RunbookError) as caught:
        parse_reference(url, BASE)
    assert "evil" not in str(caught.value)


async def test_links_in_answers_lead_nowhere_else() -> None:
    evil = "https://evil.example/api/0/organizations/acme/issues/"
    link = f'<{evil}?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    row = {"id": "1", "shortId": "SHOP-1", "permalink": evil, "links": {"regionUrl": evil}, "project": {"id": "1"}}
    upstream = Upstream(lambda _: httpx.Response(200, json=[row], headers={"link": link}))
    now = datetime(2026, 11, 24, tzinfo=UTC)
    span: dict[str, Any] = {"sort": "date", "start": now, "end": now, "limit": 25}
    async with SentryClient(settings(), http_transport=upstream, sleep=no_nap) as client:
        page = await client.issues(query="", project=None, environments=(), cursor=None, **span)
        assert page.next_cursor == "0:100:0"
        await client.issues(query="", project=None, environments=(), cursor=page.next_cursor, **span)
        assert "evil" not in client.issue_url(str(page.items[0]["id"]), organization=None)
    assert {str(request.url).partition("/api/")[0] for request in upstream.seen} == {BASE}


async def test_no_cookie_of_an_answer_is_sent_back() -> None:
    upstream = Upstream(gives(404, {"detail": "no"}, **{"set-cookie": "session=stolen; Path=/"}))
    async with SentryClient(settings(), http_transport=upstream, sleep=no_nap) as client:
        for _ in range(2):
            with pytest.raises(SentryError):
                await client.issue(IssueRef(issue="1"))
    assert all("cookie" not in request.headers for request in upstream.seen)


@pytest.mark.parametrize("name", ["../../../evil", "a/b", "a?b=c", "a#b", "%2e%2e", "..", ".", "a\r\nX: y", "a\\b"])
async def test_names_from_outside_never_leave_their_part_of_the_path(name: str) -> None:
    upstream = Upstream(gives(404, {"detail": "The requested resource does not exist"}))
    async with SentryClient(settings(), http_transport=upstream, sleep=no_nap) as client:
        with pytest.raises(RunbookError):
            await client.release(name)
        with pytest.raises(RunbookError):
            await client.event(IssueRef(issue="1"), name)
    for request in upstream.seen:
        path = request.url.raw_path.decode()
        assert path.startswith("/api/0/organizations/acme/")
        assert ".." not in path.split("/")
        assert "X:" not in path
        assert "?" not in path.replace("%3F", "") or "=" in path
