"""Requests that go out together: each costs only its own part when it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio

from sentry_runbook.errors import RateLimited, RunbookError, ServerFault, TimedOut, Unreachable
from sentry_runbook.incident.model.evidence import NOT_ASKED, Known, Unknown
from sentry_runbook.store.shared_results import mark_incomplete

T = TypeVar("T")
V = TypeVar("V")
TRANSIENT = (RateLimited, ServerFault, Unreachable, TimedOut)
"""After these the same request may well be answered the next time: an answer that lacks it is not kept."""


@dataclass
class Reply(Generic[T]):
    """What came back for one request: a value, or the error, or neither when it was never sent."""

    value: T | None = None
    error: RunbookError | None = None

    @property
    def asked(self) -> bool:
        """Whether the request was sent at all."""
        return self.value is not None or self.error is not None

    def part(self, source: str, convert: Callable[[T], V], note: str = "") -> Known[V] | Unknown:
        """The reply as a part of the evidence."""
        if self.value is not None:
            return Known(value=convert(self.value), source=source, note=note)
        if self.error is not None:
            return Unknown(why=self.error.what.rstrip("."))
        return NOT_ASKED


@dataclass
class Round:
    """Requests that are sent at once; add them, then :meth:`send`."""

    _requests: dict[int, Callable[[], Coroutine[object, object, None]]] = field(default_factory=dict)
    """By the identity of their reply."""

    def ask(self, request: Callable[[], Awaitable[T]]) -> Reply[T]:
        """Add a request; its reply is filled by :meth:`send`."""
        reply: Reply[T] = Reply()

        async def fill() -> None:
            try:
                reply.value = await request()
            except RunbookError as exc:
                reply.error = exc
                if isinstance(exc, TRANSIENT):
                    mark_incomplete()

        self._requests[id(reply)] = fill
        return reply

    def thin(self, most: int, optional: Sequence[Reply[V]]) -> None:
        """Leave out optional requests, least wanted first, while there are more than can go out at once."""
        for reply in optional:
            if len(self._requests) > most:
                self._requests.pop(id(reply), None)

    async def send(self) -> None:
        """Send all and wait for all."""
        async with anyio.create_task_group() as tasks:
            for fill in self._requests.values():
                tasks.start_soon(fill)

    async def send_for(self, essential: Reply[V]) -> V:
        """Send all and wait for all; when the essential one fails, the others are dropped at once.

        Raises:
            RunbookError: the essential request failed.
        """
        async with anyio.create_task_group() as tasks:

            async def run(fill: Callable[[], Coroutine[object, object, None]]) -> None:
                await fill()
                if essential.error is not None:
                    tasks.cancel_scope.cancel()

            for fill in self._requests.values():
                tasks.start_soon(run, fill)
        if essential.value is None:
            raise essential.error or AssertionError("the essential request is none of this round")
        return essential.value
