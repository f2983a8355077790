"""Coalesces concurrent GETs of one URL, and keeps their parsed responses for a few seconds.

Theory. A tool call asks for some twenty URLs, several calls at once ask for the same ones, and Sentry's rate limits
count each. So:

- One fetch a key. The first caller starts it, later ones join it. It runs in a task of its own, because a caller can be
  cancelled or run out of time without the others noticing.
- Callers wait for the task, they do not own it: ``asyncio.wait`` neither cancels it nor raises its error. Each caller
  has its own deadline; the fetch may go on until the latest of them, which grows as callers join.
- The last caller that leaves cancels the fetch: nobody would read its response.
- An error is never kept, and each caller gets an instance of its own: a raised exception grows a traceback, and several
  tasks raise it.
- Writes. ``invalidate()`` is called when a write is about to be sent and again when it is over. Each call starts a new
  generation, which is part of every key: later callers neither join a fetch from before it, nor get a response from
  before it, and a response that comes in late is not kept.

One event loop runs all of this, so there are no locks: state changes only between two awaits.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio

from sentry_runbook.errors import SentryError

T = TypeVar("T")
MAX_ENTRIES = 256
MAX_BYTES = 4_000_000
"""Of all kept responses, counted as bodies; parsed they take some five times that."""
MAX_ENTRY_BYTES = 500_000
"""A larger response is not kept: it would crowd out what is asked often."""


@dataclass(frozen=True)
class CachedResponse(Generic[T]):
    """A parsed response.

    Attributes:
        value: shared by all callers, so immutable.
        size: bytes of the body.
    """

    value: T
    size: int


Fetch = Callable[["InFlightRequest"], Awaitable[CachedResponse[object]]]


@dataclass(eq=False)
class InFlightRequest:
    """A fetch under way.

    Attributes:
        deadline: of the caller that waits longest, in monotonic seconds; grows when callers join.
        last_error: why the fetch is being retried; raised for a caller whose time runs out meanwhile.
        waiters: callers that wait.
        task: the fetch itself.
    """

    deadline: float
    last_error: SentryError | None = None
    waiters: int = 0
    task: asyncio.Task[CachedResponse[object]] | None = None


class SingleFlightCache:
    """Fetches under way and responses of the last seconds, by key.

    Args:
        keep_s: how long a response may be reused; 0 keeps none.
        clock: monotonic seconds.
    """

    def __init__(self, keep_s: float, clock: Callable[[], float]) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._in_flight: dict[Hashable, InFlightRequest] = {}
        self._kept: OrderedDict[Hashable, tuple[float, CachedResponse[object]]] = OrderedDict()
        self._bytes = 0
        self._generation = 0

    async def get(
        self,
        url: Hashable,
        budget_s: float,
        fetch: Fetch,
        timeout_error: Callable[[], SentryError],
        *,
        fresh: bool = False,
    ) -> object:
        """Return the value of a URL: kept, from a fetch under way, or fetched now.

        Args:
            url: what makes two requests the same.
            budget_s: how long this caller waits.
            fetch: sends the request; called at most once for all concurrent callers.
            timeout_error: makes the error when the time runs out and nothing went wrong before.
            fresh: not a kept response; a fetch under way will do.

        Raises:
            SentryError: the fetch failed, or the time ran out.
        """
        key = (url, self._generation)
        if not fresh and (kept := self._find(key)) is not None:
            return kept.value
        if budget_s <= 0:
            raise timeout_error()
        request = self._join(key, fetch, self._clock() + budget_s)
        try:
            with anyio.move_on_after(budget_s):
                await _wait(request)
            return _result(request, timeout_error)
        finally:
            self._release(key, request)

    def _join(self, key: tuple[Hashable, int], fetch: Fetch, deadline: float) -> InFlightRequest:
        """Count one more waiter of the fetch of a key; start it for the first."""
        request = self._in_flight.get(key)
        if request is None:
            request = self._in_flight[key] = InFlightRequest(deadline)
            request.task = asyncio.create_task(self._run(key, request, fetch))
            # When all waiters have left, nobody retrieves the error, and asyncio would log that.
            request.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        request.deadline = max(request.deadline, deadline)
        request.waiters += 1
        return request

    async def _run(self, key: tuple[Hashable, int], request: InFlightRequest, fetch: Fetch) -> CachedResponse[object]:
        try:
            response = await fetch(request)
        finally:
            # Cancelled by its last waiter, it was removed already, and another may be under way in its stead.
            if self._in_flight.get(key) is request:
                del self._in_flight[key]
        if key[1] == self._generation:
            self._keep(key, response)
        return response

    def _release(self, key: Hashable, request: InFlightRequest) -> None:
        """One waiter less; without any the fetch is cancelled."""
        request.waiters -= 1
        if request.waiters or request.task is None or request.task.done():
            return
        request.task.cancel()
        # At once, not when the task ends: whoever asks now must not join a cancelled fetch.
        if self._in_flight.get(key) is request:
            del self._in_flight[key]

    # --- kept responses, the least recently stored first

    def _find(self, key: Hashable) -> CachedResponse[object] | None:
        if key not in self._kept:
            return None
        expires_at, response = self._kept[key]
        if expires_at <= self._clock():
            self._drop(key)
            return None
        return response

    def _keep(self, key: Hashable, response: CachedResponse[object]) -> None:
        if self._keep_s <= 0 or response.size > MAX_ENTRY_BYTES:
            return
        self._drop(key)
        self._kept[key] = (self._clock() + self._keep_s, response)
        self._bytes += response.size
        while len(self._kept) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            self._bytes -= entry[1].size

    def invalidate(self) -> None:
        """Forget all kept responses and let no one join a fetch under way: something is being written.

        All of them, not only the issue's: one state shows in many responses, and writes are rare.
        """
        self._generation += 1
        self._kept.clear()
        self._bytes = 0

    async def aclose(self) -> None:
        """Cancel every fetch, and wait until it has ended."""
        tasks = [request.task for request in self._in_flight.values() if request.task is not None]
        self._in_flight.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _wait(request: InFlightRequest) -> None:
    """Wait for the fetch without owning it: a cancelled waiter must not cancel it."""
    if request.task is not None:
        await asyncio.wait([request.task])


def _result(request: InFlightRequest, timeout_error: Callable[[], SentryError]) -> object:
    """What a waiter gets when its wait is over: the value, or the error of the fetch, or that of its own deadline."""
    task = request.task
    if task is None or not task.done() or task.cancelled():
        # An outage explains the wait better than the deadline does.
        raise _clone_error(request.last_error) if request.last_error is not None else timeout_error()
    error = task.exception()
    if error is None:
        return task.result().value
    raise _clone_error(error) if isinstance(error, SentryError) else error


def _clone_error(error: SentryError) -> SentryError:
    """An equal error for one waiter, without traceback and chain."""
    return type(error)(error.what, error.fix, status=error.status, asked=error.asked, retry_after_s=error.retry_after_s)
