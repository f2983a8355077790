"""Requests that go out together: each costs only its own part of the evidence when it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel

from sentry_runbook.errors import RateLimited, RunbookError, ServerFault, TimedOut, Unreachable
from sentry_runbook.progress import Page, report_round, reporting_to
from sentry_runbook.store.shared_results import mark_incomplete

T = TypeVar("T")
V = TypeVar("V")
Request = Callable[[], Awaitable[T]]
TRANSIENT = (RateLimited, ServerFault, Unreachable, TimedOut)
"""After these the same request may well be answered the next time: an answer that lacks it is not kept."""

TURNS_TO_LEAVE = 100
"""Turns of the event loop after which requests on open connections have left, with some to spare."""


def note_failure(error: RunbookError) -> None:
    """Say that an answer without this part is not to be kept, when the part may be had the next time."""
    if isinstance(error, TRANSIENT):
        mark_incomplete()


@dataclass
class Result(Generic[T]):
    """What came back for one request: a value, or the error, or neither when it was never sent."""

    value: T | None = None
    error: RunbookError | None = None

    @property
    def is_sent(self) -> bool:
        """Whether the request was sent at all."""
        return self.value is not None or self.error is not None


@dataclass
class RequestBatch:
    """Requests that are sent at once; :meth:`add` them, then :meth:`send`.

    Attributes:
        what: what they ask for, to be told as a round of the call; a batch without it is a part of a round, or holds
            parts that tell their own rounds.
        page: which of many things they ask for, where they are asked for in pages.
    """

    what: str = ""
    page: Page | None = None
    _requests: dict[int, Callable[[], Coroutine[object, object, None]]] = field(default_factory=dict)
    """By the identity of their result."""
    _work: list[Callable[[], None]] = field(default_factory=list)

    def __len__(self) -> int:
        """How many requests there are."""
        return len(self._requests)

    def add(self, request: Request[T]) -> Result[T]:
        """Add a request; its result is filled by :meth:`send`."""
        result: Result[T] = Result()

        async def fill() -> None:
            try:
                result.value = await request()
            except RunbookError as exc:
                result.error = exc
                note_failure(exc)

        self._requests[id(result)] = fill
        return result

    def holds(self, result: Result[V]) -> bool:
        """Whether the request that fills this result is to be sent."""
        return id(result) in self._requests

    def drop_optional(self, most: int, optional: Sequence[Result[V]]) -> list[Result[V]]:
        """Drop requests from ``optional``, in order, until at most ``most`` remain; those that were dropped."""
        dropped = []
        for result in optional:
            if len(self._requests) > most and self._requests.pop(id(result), None) is not None:
                dropped.append(result)
        return dropped

    def meanwhile(self, work: Callable[[], None]) -> None:
        """Add short work that needs none of the results; it is done while the requests are under way."""
        self._work.append(work)

    async def send(self) -> None:
        """Send all and wait for all."""
        async with anyio.create_task_group() as tasks:
            with self._as_round():
                for fill in self._requests.values():
                    tasks.start_soon(fill)
            tasks.start_soon(self._do_work)

    async def send_until(self, essential: Result[V]) -> V:
        """Send all and wait for all; when the essential one fails, the others are cancelled at once.

        Raises:
            RunbookError: the essential request failed.
        """
        async with anyio.create_task_group() as tasks:

            async def run(fill: Callable[[], Coroutine[object, object, None]]) -> None:
                await fill()
                if essential.error is not None:
                    tasks.cancel_scope.cancel()

            with self._as_round():
                for fill in self._requests.values():
                    tasks.start_soon(run, fill)
            tasks.start_soon(self._do_work)
        if essential.value is None:
            raise essential.error or AssertionError("the essential request is none of this batch")
        return essential.value

    @contextmanager
    def _as_round(self) -> Iterator[None]:
        """Tell the round, where the batch is one; what it consists of then tells no rounds of its own."""
        if not self.what or not self._requests:
            yield
            return
        report_round(self.what, len(self._requests), self.page)
        with reporting_to(None):
            yield

    async def _do_work(self) -> None:
        """Do the work after TURNS_TO_LEAVE turns of the loop: requests are written to their sockets first."""
        if not self._work:
            return
        for _ in range(TURNS_TO_LEAVE):
            await anyio.lowlevel.checkpoint()
        for work in self._work:
            work()
