"""Callers who ask the same at the same time, or shortly after, share one computation and its result.

How to think about it: a *computation* runs in a task of its own under a key that says all that its result depends on.
Callers with the same key wait for it. So that no caller is worse off for sharing:

- A caller that is cancelled only stops waiting. The computation is cancelled when its last waiter has left.
- An error goes to those who wait for it and is not kept.
- A result that is incomplete, because something failed that may work the next time (:func:`mark_incomplete`), goes to
  those who wait for it and is not kept.
- The progress of the computation is told to every caller who waits; to a later one from the step under way on.
- Around a write (:meth:`SharedResults.invalidating`) all results go; no caller joins a computation that
  began before its end, and the result of such a computation is not kept.

Deadlines are the computation's own. So that a late caller does not end with an early one's deadline, it joins a
computation only within :data:`JOIN_WITHIN_S` of its start, and starts the next one after that; their requests to Sentry
are shared by :mod:`~sentry_runbook.sentry.single_flight`, whose deadlines grow with each caller.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, TypeVar, cast

from sentry_runbook.errors import RunbookError
from sentry_runbook.progress import Progress, following, reporting_to

T = TypeVar("T")
MAX_KEPT = 64
"""Results; an answer with both channels takes some 100 kB."""
JOIN_WITHIN_S = 5.0
"""Seconds after the start of a computation in which callers join it; at most so much of their own deadline is lost."""


@dataclass(eq=False)
class _Computation(Generic[T]):
    """A computation under way.

    Attributes:
        joinable_until: monotonic seconds; who comes later starts another one.
        waiters: how many callers wait for it.
        is_complete: nothing failed in it that may work the next time.
        error_traceback: where it failed.
        progress: its steps; every caller who waits is told them.
    """

    joinable_until: float
    waiters: int = 0
    is_complete: bool = True
    error_traceback: TracebackType | None = None
    progress: Progress = field(default_factory=Progress)
    task: asyncio.Task[T] | None = None


_current: ContextVar[_Computation[object] | None] = ContextVar("computation", default=None)


def mark_incomplete() -> None:
    """Say from inside a computation that its result lacks something that may be had the next time."""
    computation = _current.get()
    if computation is not None:
        computation.is_complete = False


class SharedResults:
    """Computations under way and results of the last seconds.

    Args:
        keep_s: seconds for which a result may be reused; 0 turns all sharing off.
        clock: monotonic seconds.
    """

    def __init__(self, keep_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._joinable: dict[Hashable, _Computation[object]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._kept: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()
        self._generation = 0

    async def share(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """The result for a key: kept, being computed, or computed now.

        Args:
            key: everything that the result depends on.
            compute: makes the result; immutable, for it is shared.

        Raises:
            Exception: whatever ``compute`` raised.
        """
        if self._keep_s <= 0:
            return await compute()
        key = (key, self._generation)
        kept = self._kept.get(key)
        if kept is not None and kept[0] > self._clock():
            # What many pages are made of outlives the pages.
            self._kept.move_to_end(key)
            return cast(T, kept[1])
        computation = self._joinable.get(key)
        if computation is None or computation.joinable_until <= self._clock():
            computation = self._begin(key, compute)
        computation.waiters += 1
        try:
            with following(computation.progress):
                result = cast(T, await self._outcome(computation))
        finally:
            self._leave(key, computation)
        if not computation.is_complete:
            mark_incomplete()  # what is made of it lacks the same
        return result

    def _begin(self, key: tuple[Hashable, int], compute: Callable[[], Awaitable[object]]) -> _Computation[object]:
        computation: _Computation[object] = _Computation(self._clock() + JOIN_WITHIN_S)
        self._joinable[key] = computation
        computation.task = asyncio.create_task(self._run(key, computation, compute))
        self._tasks.add(computation.task)
        computation.task.add_done_callback(self._end)
        return computation

    def _end(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # asyncio logs an error that nobody retrieved; here every waiter may have left

    async def _run(
        self, key: tuple[Hashable, int], computation: _Computation[object], compute: Callable[[], Awaitable[object]]
    ) -> object:
        _current.set(computation)  # the task's own context, which the tasks that it starts inherit
        try:
            with reporting_to(computation.progress):
                result = await compute()
        except Exception as exc:
            computation.error_traceback = exc.__traceback__
            raise
        finally:
            self._stop_sharing(key, computation)
        if computation.is_complete and key[1] == self._generation:
            self._keep(key, result)
        return result

    async def _outcome(self, computation: _Computation[object]) -> object:
        task = computation.task
        if task is None:  # set by _begin; this tells the type checker
            raise AssertionError
        # wait() and not the task itself: a caller's cancellation must not reach it.
        await asyncio.wait([task])
        if task.cancelled():
            raise RunbookError("The call was dropped: the server is stopping.")
        error = task.exception()
        if error is not None:
            # Several waiters raise the same error; without this each would add its own frames for the next one's log.
            raise error.with_traceback(computation.error_traceback)
        return task.result()

    def _leave(self, key: Hashable, computation: _Computation[object]) -> None:
        computation.waiters -= 1
        if computation.waiters == 0 and computation.task is not None and not computation.task.done():
            self._stop_sharing(key, computation)
            computation.task.cancel()

    def _stop_sharing(self, key: Hashable, computation: _Computation[object]) -> None:
        if self._joinable.get(key) is computation:
            del self._joinable[key]

    def _keep(self, key: Hashable, result: object) -> None:
        now = self._clock()
        self._kept[key] = (now + self._keep_s, result)
        while len(self._kept) > MAX_KEPT or next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)

    @contextmanager
    def invalidating(self) -> Iterator[None]:
        """Around a write: results from before it and from while it was under way say nothing about after it.

        All results go, not only the issue's: one change shows in many of them, and writes are rare.
        """
        self._invalidate()
        try:
            yield
        finally:
            self._invalidate()

    def _invalidate(self) -> None:
        self._generation += 1
        self._kept.clear()

    async def aclose(self) -> None:
        """Cancel what is being computed, and wait for its end."""
        tasks = list(self._tasks)
        self._joinable.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
