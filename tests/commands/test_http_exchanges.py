"""Who still waits when the server ends is told so in the form in which it waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from starlette.types import Message, Receive, Scope, Send

from sentry_runbook.server.http_connections import HttpLimits
from sentry_runbook.server.http_exchanges import Exchanges

CALL = json.dumps({"jsonrpc": "2.0", "id": "a-1", "method": "tools/call", "params": {}}).encode()
REPLY = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"action": "accept"}}).encode()
EVENTS = [(b"content-type", b"text/event-stream")]
JSON = [(b"content-type", b"application/json")]


class Waiting:
    """One request at an endpoint that answers as far as it is told to, and then hangs until it is let go.

    Attributes:
        sent: what came of the response.
        is_served: the application has the request.
    """

    def __init__(self, begins: list[Message] | None = None) -> None:
        self._begins = begins or []
        self.sent: list[Message] = []
        self.is_served = anyio.Event()
        self.let_go = anyio.Event()
        self.exchanges = Exchanges(self._application, "/mcp", HttpLimits())

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        for message in self._begins:
            await send(message)
        self.is_served.set()
        await self.let_go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": JSON})
        await send({"type": "http.response.body", "body": b"{}"})

    async def ask(self, method: str = "POST", body: bytes = CALL, *, whole: bool = True) -> None:
        """Send one request, and wait for its end."""

        async def receive() -> Message:
            if whole:
                return {"type": "http.request", "body": body, "more_body": False}
            await anyio.sleep_forever()
            raise AssertionError

        async def send(message: Message) -> None:
            self.sent.append(message)

        await self.exchanges({"type": "http", "path": "/mcp", "method": method, "headers": []}, receive, send)

    @property
    def status(self) -> int:
        """The status of the response."""
        status: int = self.sent[0]["status"]
        return status

    @property
    def body(self) -> bytes:
        """The whole body."""
        assert not self.sent[-1].get("more_body", False), "the response does not end"
        return b"".join(message.get("body", b"") for message in self.sent)


async def together(*steps: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run these at once, begun in this order."""
    async with anyio.create_task_group() as tasks:
        for step in steps:
            tasks.start_soon(step)
            await anyio.lowlevel.checkpoint()


async def test_a_call_without_any_answer_gets_503_with_its_own_id() -> None:
    waiting = Waiting()
    await together(waiting.ask, lambda: waiting.exchanges.finish(0))
    assert waiting.status == 503
    told = json.loads(waiting.body)
    assert (told["id"], told["error"]["code"]) == ("a-1", -32603)
    assert "read the issue first" in told["error"]["message"]


async def test_a_call_whose_events_have_begun_gets_an_error_as_its_last_event() -> None:
    waiting = Waiting([{"type": "http.response.start", "status": 200, "headers": EVENTS}])
    await together(waiting.ask, lambda: waiting.exchanges.finish(0))
    assert waiting.status == 200
    kind, data, *end = waiting.body.decode().split("\r\n")
    assert (kind, end) == ("event: message", ["", ""])
    assert json.loads(data.removeprefix("data: "))["id"] == "a-1"


async def test_a_response_that_has_begun_in_another_form_just_ends() -> None:
    waiting = Waiting([{"type": "http.response.start", "status": 200, "headers": JSON}])
    await together(waiting.ask, lambda: waiting.exchanges.finish(0))
    assert (waiting.status, waiting.body) == (200, b"")


async def test_a_call_under_way_is_waited_for() -> None:
    waiting = Waiting()

    async def let_go() -> None:
        waiting.let_go.set()

    await together(waiting.ask, lambda: waiting.exchanges.finish(60), let_go)
    assert (waiting.status, waiting.body) == (200, b"{}")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_stream_of_events_ends_at_once_and_a_new_one_is_refused(method: str) -> None:
    waiting = Waiting([{"type": "http.response.start", "status": 200, "headers": EVENTS}])
    await together(lambda: waiting.ask(method), lambda: waiting.exchanges.finish(60))
    assert (waiting.status, waiting.body) == (200, b"")
    waiting.sent.clear()
    await waiting.ask(method)
    assert waiting.status == 503


async def test_a_body_that_is_still_arriving_is_not_waited_for() -> None:
    waiting = Waiting()
    await together(lambda: waiting.ask(whole=False), lambda: waiting.exchanges.finish(60))
    assert waiting.status == 503
    assert not waiting.is_served.is_set()


async def test_replies_of_clients_are_taken_to_the_end_and_new_calls_are_not() -> None:
    waiting = Waiting()
    waiting.let_go.set()
    await waiting.exchanges.finish(0)
    await waiting.ask()
    assert (waiting.status, json.loads(waiting.body)["id"]) == (503, "a-1")
    assert not waiting.is_served.is_set()
    waiting.sent.clear()
    await waiting.ask(body=REPLY)
    assert (waiting.status, waiting.is_served.is_set()) == (200, True)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"id": {}, "method": "x"}', b"\xff"])
async def test_a_body_that_cannot_be_read_is_left_to_the_application(body: bytes) -> None:
    waiting = Waiting()
    waiting.let_go.set()
    await waiting.exchanges.finish(0)
    await waiting.ask(body=body)
    assert waiting.status == 200
