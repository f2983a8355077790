"""Counts upstream rounds without a clock: an HTTP transport that releases requests round by round.

A request is held until its round is complete: every earlier request has its response, and the event loop has turned
``IDLE_TURNS`` times without a new request. So the number of rounds is the number of upstream latencies in sequence
that a caller waits for, at any speed of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio.lowlevel
import httpx

IDLE_TURNS = 40


@dataclass
class _Round:
    released: bool = False


@dataclass
class RoundCountingTransport(httpx.AsyncBaseTransport):
    """Wraps a transport, counts rounds and records requests.

    Attributes:
        inner: handles the requests.
        rounds: completed rounds.
        requests: every request, ``METHOD path?query``, in order of arrival.
        requests_per_round: number of requests of each round.
    """

    inner: httpx.AsyncBaseTransport
    rounds: int = 0
    requests: list[str] = field(default_factory=list)
    requests_per_round: list[int] = field(default_factory=list)
    _current: _Round = field(default_factory=_Round)
    _under_way: int = 0
    _size: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hold the request until its round is released, then pass it on."""
        self.requests.append(f"{request.method} {request.url.raw_path.decode('ascii')}")
        self._size += 1
        this_round, arrived, idle = self._current, -1, 0
        while not this_round.released:
            quiet = self._under_way == 0 and arrived == len(self.requests)
            idle = idle + 1 if quiet else 0
            arrived = len(self.requests)
            if idle > IDLE_TURNS:
                self._release(this_round)
                break
            await anyio.lowlevel.checkpoint()
        self._under_way += 1
        try:
            response = await self.inner.handle_async_request(request)
            # A response made in memory has no raw stream; it is not compressed either.
            in_memory = response.is_stream_consumed
            body = response.content if in_memory else b"".join([chunk async for chunk in response.aiter_raw()])
            await response.aclose()
        finally:
            self._under_way -= 1
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(body))

    def _release(self, completed: _Round) -> None:
        completed.released = True
        self.rounds += 1
        self.requests_per_round.append(self._size)
        self._size = 0
        self._current = _Round()

    def reset(self) -> None:
        """Reset all counters."""
        self.rounds = 0
        self.requests.clear()
        self.requests_per_round.clear()
