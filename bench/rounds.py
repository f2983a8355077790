"""Counts upstream rounds without a clock: requests are let through in waves.

A request waits until nothing else can still arrive in its wave: every earlier request is answered, and the event
loop has turned often enough without a new one. So the number of waves is the number of rounds in sequence that a
caller pays for, whatever the machine's speed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio.lowlevel
import httpx

IDLE_TURNS = 40


@dataclass
class _Wave:
    released: bool = False


@dataclass
class WaveTransport(httpx.AsyncBaseTransport):
    """Wraps a transport and counts.

    Attributes:
        inner: where the requests really go.
        waves: rounds so far.
        seen: every request, ``METHOD path?query``, in order of arrival.
        sizes: requests of each wave.
    """

    inner: httpx.AsyncBaseTransport
    waves: int = 0
    seen: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    _current: _Wave = field(default_factory=_Wave)
    _under_way: int = 0
    _size: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hold the request until its wave goes, then pass it on."""
        self.seen.append(f"{request.method} {request.url.raw_path.decode('ascii')}")
        self._size += 1
        wave, arrived, idle = self._current, -1, 0
        while not wave.released:
            quiet = self._under_way == 0 and arrived == len(self.seen)
            idle = idle + 1 if quiet else 0
            arrived = len(self.seen)
            if idle > IDLE_TURNS:
                self._release(wave)
                break
            await anyio.lowlevel.checkpoint()
        self._under_way += 1
        try:
            response = await self.inner.handle_async_request(request)
            # An answer made in memory has no raw form; it is not packed either.
            in_memory = response.is_stream_consumed
            body = response.content if in_memory else b"".join([chunk async for chunk in response.aiter_raw()])
            await response.aclose()
        finally:
            self._under_way -= 1
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(body))

    def _release(self, wave: _Wave) -> None:
        wave.released = True
        self.waves += 1
        self.sizes.append(self._size)
        self._size = 0
        self._current = _Wave()

    def reset(self) -> None:
        """Start counting anew."""
        self.waves = 0
        self.seen.clear()
        self.sizes.clear()
