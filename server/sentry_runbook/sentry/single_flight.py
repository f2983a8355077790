"""One request for many askers.

How to think about it: a GET is a *flight*. Whoever asks for the same address boards the flight under way instead of
starting another. It lands once; its parsed answer goes to all aboard and is kept for some seconds. A flight that
nobody waits for any more is called back. Whoever asks after a write never boards a flight from before it, and such a
flight's answer is not kept.
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
MOST_KEPT = 256
MOST_KEPT_BYTES = 4_000_000
"""Over all kept answers, counted as they were read; parsed they take some five times that."""
LARGEST_KEPT = 500_000
"""A larger answer is not kept: it would crowd out what is asked often."""


@dataclass(frozen=True)
class Landed(Generic[T]):
    """What a flight brings.

    Attributes:
        value: the parsed answer, shared by all askers: immutable.
        size: bytes of the body.
    """

    value: T
    size: int


@dataclass(eq=False)
class Flight:
    """A request under way.

    Attributes:
        lands_before: the last asker's deadline, in monotonic seconds; grows when somebody boards.
        trouble: why it is being tried again; what an asker is told whose time runs out meanwhile.
        askers: how many wait.
        task: the request itself; apart from its askers, so that one's cancellation does not end another's.
    """

    lands_before: float
    trouble: SentryError | None = None
    askers: int = 0
    task: asyncio.Task[Landed[object]] | None = None


class Flights:
    """Requests under way and answers of the last seconds.

    Args:
        keep_s: how long an answer may be reused; 0 keeps none.
        clock: monotonic seconds.
    """

    def __init__(self, keep_s: float, clock: Callable[[], float]) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._flights: dict[Hashable, Flight] = {}
        self._kept: OrderedDict[Hashable, tuple[float, Landed[object]]] = OrderedDict()
        self._bytes = 0
        self._writes = 0

    async def share(
        self,
        address: Hashable,
        budget_s: float,
        fly: Callable[[Flight], Awaitable[Landed[object]]],
        late: Callable[[], SentryError],
        *,
        fresh: bool = False,
    ) -> object:
        """The answer of an address: kept, under way, or asked now.

        Args:
            address: what makes two requests the same.
            budget_s: how long this asker waits.
            fly: makes the request.
            late: the error when the time runs out first.
            fresh: not from what is kept.

        Raises:
            SentryError: the request failed, or the time ran out.
        """
        key = (address, self._writes)
        if not fresh and (kept := self._find(key)) is not None:
            return kept.value
        if budget_s <= 0:
            raise late()
        flight = self._board(key, fly, self._clock() + budget_s)
        try:
            with anyio.move_on_after(budget_s):
                await _landing(flight)
            return _outcome(flight, late)
        finally:
            self._leave(key, flight)

    def _board(
        self, key: tuple[Hashable, int], fly: Callable[[Flight], Awaitable[Landed[object]]], deadline: float
    ) -> Flight:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = Flight(deadline)
            flight.task = asyncio.create_task(self._run(key, flight, fly))
            # An error that nobody is left to take is nobody's: asyncio must not complain about it.
            flight.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        flight.lands_before = max(flight.lands_before, deadline)
        flight.askers += 1
        return flight

    async def _run(
        self, key: tuple[Hashable, int], flight: Flight, fly: Callable[[Flight], Awaitable[Landed[object]]]
    ) -> Landed[object]:
        try:
            landed = await fly(flight)
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
        if key[1] == self._writes:
            self._keep(key, landed)
        return landed

    def _leave(self, key: Hashable, flight: Flight) -> None:
        flight.askers -= 1
        if flight.askers or flight.task is None or flight.task.done():
            return
        flight.task.cancel()
        if self._flights.get(key) is flight:
            del self._flights[key]

    # --- what is kept

    def _find(self, key: Hashable) -> Landed[object] | None:
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= self._clock():
            self._drop(key)
            return None
        return found[1]

    def _keep(self, key: Hashable, landed: Landed[object]) -> None:
        if self._keep_s <= 0 or landed.size > LARGEST_KEPT:
            return
        self._drop(key)
        self._kept[key] = (self._clock() + self._keep_s, landed)
        self._bytes += landed.size
        while len(self._kept) > MOST_KEPT or self._bytes > MOST_KEPT_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._bytes -= found[1].size

    def forget(self) -> None:
        """Something is being written: answers from before say nothing about after.

        All answers go, not only the issue's: one state shows in many of them, and writes are rare.
        """
        self._writes += 1
        self._kept.clear()
        self._bytes = 0

    async def aclose(self) -> None:
        """Call back every flight."""
        tasks = [flight.task for flight in self._flights.values() if flight.task is not None]
        self._flights.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _landing(flight: Flight) -> None:
    """Wait for the flight without owning it."""
    if flight.task is not None:
        await asyncio.wait([flight.task])


def _outcome(flight: Flight, late: Callable[[], SentryError]) -> object:
    """What an asker gets when its wait is over."""
    task = flight.task
    if task is None or not task.done() or task.cancelled():
        raise _own(flight.trouble) if flight.trouble is not None else late()
    error = task.exception()
    if error is None:
        return task.result().value
    raise _own(error) if isinstance(error, SentryError) else error


def _own(error: SentryError) -> SentryError:
    """The same error for one asker: a raised one grows a traceback, and several askers raise it."""
    return type(error)(error.what, error.fix, status=error.status, asked=error.asked, retry_after_s=error.retry_after_s)
