"""The requests of the MCP endpoint: each is read whole before it is served, and each is ended at shutdown.

At shutdown (DESIGN §12) event streams end at once, because nothing is under way on them: a client opens a new one.
Calls under way are waited for, and whoever then still waits is told so in the form in which it waits: as a JSON-RPC
error in the event stream that has begun, else as a response with status 503. Replies to questions of calls under way
are still taken; new requests are refused with 503.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from mcp.types import INTERNAL_ERROR
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sentry_runbook.server.http_connections import HttpLimits

REFUSED = "The server is shutting down. Try again in a moment."
UNANSWERED = (
    "The server was shut down before it had answered. Try again in a moment; if it was a change, read the issue first."
)
LAST_WORDS_S = 1.0
"""In which those who still wait are told; a client that does not read is not waited for."""


@dataclass
class _Response:
    """What has been sent of a response."""

    send: Send
    is_started: bool = False
    is_complete: bool = False
    is_stream: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_started = True
            self.is_stream = dict(message["headers"]).get(b"content-type", b"").startswith(b"text/event-stream")
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.is_complete = True
        await self.send(message)


@dataclass
class Exchanges:
    """ASGI middleware around the MCP endpoint.

    Attributes:
        application: what serves the requests.
        path: of the endpoint; requests for other paths are passed on as they are.
        limits: how large a body may be, and how long it may take.
        is_leaving: the server is shutting down.
    """

    application: ASGIApp
    path: str
    limits: HttpLimits
    is_leaving: bool = False
    _idle: set[anyio.CancelScope] = field(default_factory=set)
    """Of requests on which nothing is under way: event streams, and bodies that are still arriving."""
    _calls: set[anyio.CancelScope] = field(default_factory=set)
    _quiet: anyio.Event = field(default_factory=anyio.Event)

    async def finish(self, within_s: float) -> None:
        """Refuse new calls, end idle streams, and wait until the calls under way are answered, or told that none comes.

        Args:
            within_s: how long calls under way may take.
        """
        self.is_leaving = True
        for scope in list(self._idle):
            scope.cancel()
        with anyio.move_on_after(within_s):
            await self._none_left()
        for scope in list(self._calls):
            scope.cancel()
        with anyio.move_on_after(LAST_WORDS_S):
            await self._none_left()

    async def _none_left(self) -> None:
        if self._idle or self._calls:
            self._quiet = anyio.Event()
            await self._quiet.wait()

    @contextmanager
    def _among(self, requests: set[anyio.CancelScope]) -> Iterator[anyio.CancelScope]:
        """Count a request among others, while its part in it runs; cancelled at shutdown."""
        with anyio.CancelScope() as scope:
            requests.add(scope)
            try:
                yield scope
            finally:
                requests.discard(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != self.path:
            await self.application(scope, receive, send)
            return
        response = _Response(send)
        try:
            if scope["method"] in ("GET", "HEAD"):
                await self._stream(scope, receive, response)
            else:
                await self._call(scope, receive, response)
        finally:
            if not self._idle and not self._calls:
                self._quiet.set()

    async def _stream(self, scope: Scope, receive: Receive, response: _Response) -> None:
        """Serve a stream of events until the client or the server ends it."""
        if not self.is_leaving:
            with self._among(self._idle):
                await self.application(scope, receive, response)
        if self.is_leaving:
            await _end(response, scope, receive, None, REFUSED)

    async def _call(self, scope: Scope, receive: Receive, response: _Response) -> None:
        """Read a request's body, and serve it."""
        body: bytes | Response | None = _failure(503, None, REFUSED)
        with self._among(self._idle):
            body = await self._body(scope, receive)
        if body is None:
            return  # the client has left
        if isinstance(body, bytes) and self.is_leaving and (asked := _request_id(body)) is not None:
            body = _failure(503, asked, REFUSED)
        if isinstance(body, Response):
            await body(scope, receive, response)
            return
        with self._among(self._calls) as running:
            await self.application(scope, _replay(body, receive), response)
        if running.cancelled_caught:
            await _end(response, scope, receive, _request_id(body), UNANSWERED)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Response | None:
        """The whole body; a response that refuses it; None when the client leaves meanwhile."""
        pieces: list[bytes] = []
        size = 0
        with anyio.move_on_after(self.limits.body_s):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                piece = message.get("body", b"")
                pieces.append(piece)
                size += len(piece)
                if size > self.limits.body_bytes:
                    return _failure(413, None, f"The request is larger than {self.limits.body_bytes:,} bytes.")
                if not message.get("more_body", False):
                    return b"".join(pieces)
        return _failure(408, None, f"The request did not arrive within {self.limits.body_s:g} s.")


def _replay(body: bytes, receive: Receive) -> Receive:
    """``receive`` of a request whose body has been read."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replayed() -> Message:
        nonlocal message
        if message is None:
            return await receive()
        first, message = message, None
        return first

    return replayed


def _request_id(body: bytes) -> str | int | None:
    """The id of a JSON-RPC request; None of a notification, of a response, and of what cannot be read."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = parsed.get("id") if isinstance(parsed, dict) and "method" in parsed else None
    return number if isinstance(number, str | int) else None


def _error(asked: str | int | None, message: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": asked, "error": {"code": INTERNAL_ERROR, "message": message}}


def _failure(status: int, asked: str | int | None, message: str) -> Response:
    """A response that answers no call, after which the connection is closed."""
    headers = {"Connection": "close"} | ({"Retry-After": "1"} if status == 503 else {})
    return JSONResponse(_error(asked, message), status_code=status, headers=headers)


async def _end(response: _Response, scope: Scope, receive: Receive, asked: str | int | None, message: str) -> None:
    """Complete a response that the application did not: as far as it has come, in the form in which it began."""
    if response.is_complete:
        return
    if not response.is_started:
        await _failure(503, asked, message)(scope, receive, response)
        return
    event = f"event: message\r\ndata: {json.dumps(_error(asked, message))}\r\n\r\n" if asked is not None else ""
    last = event.encode() if response.is_stream else b""
    await response({"type": "http.response.body", "body": last, "more_body": False})
