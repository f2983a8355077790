"""What a connection to the HTTP server may cost: how long a request may take to arrive, and how many there may be.

uvicorn closes connections that are idle between requests, but waits for ever for the rest of a head or a body that
has begun: a few hundred sockets that send a byte now and then would take every file handle of the process.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class HttpLimits:
    """Bounds of the HTTP server.

    Attributes:
        head_s: seconds for a request's line and headers to arrive, from the connection or the answer before.
        body_s: seconds for its body.
        body_bytes: a larger body is refused.
        session_idle_s: seconds after which a session of the 2025-11-25 era ends that has no request and no stream.
        sessions: as many may be open; a further one is refused.
        connections: as many may be open; a further one is refused.
    """

    head_s: float = 10.0
    body_s: float = 30.0
    body_bytes: int = 1_000_000
    session_idle_s: float = 1800.0
    sessions: int = 1000
    connections: int = 500


GRACE_S = 5.0
"""Beyond ``body_s``, in which the application answers 408 itself; after that the connection is closed."""
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"


def protocol_within(limits: HttpLimits) -> type[H11Protocol]:
    """Uvicorn's HTTP/1.1 protocol, which closes connections that go beyond these limits."""
    seconds = {h11.IDLE: limits.head_s, h11.SEND_BODY: limits.body_s + GRACE_S}

    class BoundedProtocol(H11Protocol):
        """One connection; a timer runs while a part of a request is awaited, and is not renewed by single bytes."""

        _awaited: object = None
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
            if len(self.connections) >= limits.connections:
                self.transport = transport
                transport.write(TOO_MANY)
                transport.close()
                return
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def _watch(self) -> None:
            state: object = None if self.transport.is_closing() else self.conn.their_state
            if state is self._awaited:
                return
            self._stop_timer()
            self._awaited = state
            if state in seconds:
                self._timer = self.loop.call_later(seconds[state], self._give_up)

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            if self.transport.is_closing():
                return
            if self._awaited is h11.IDLE and self.conn.trailing_data[0]:
                self.transport.write(TOO_LATE)
            self.transport.close()

    return BoundedProtocol
