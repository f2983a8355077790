"""Concurrency limiter for requests to Sentry, fair between callers; a 429 pauses a family of endpoints.

Theory. Sentry limits requests under way and requests a second, by endpoint. Three rules keep us below that without
letting anybody starve:

- At most ``slots`` requests in flight, and fewer of the families whose documented limit is lower. A request of a full
  family does not block one of another family behind it.
- Callers (one tool call is one caller) that were never served come first, so a call with a hundred requests does not
  hold up a call with one. Then round-robin between the :data:`TOGETHER` callers that came first, the others after them
  in the order in which they came: if all took turns, all would be ready for their second round at the same time, the
  slots idle before it, and all would finish last. Within a caller: first come, first served.
- A pause belongs to a family and to the whole process. It is only stored here; :mod:`retry` waits for it, because
  whoever cannot wait that long must fail at once, and not while holding a slot.

One event loop runs all of this, so there are no locks: state changes only between two awaits.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import anyio

from sentry_runbook.sentry.messages import Family

FAMILY_SLOTS: Mapping[Family, int] = {"issue": 4, "event": 8, "tags": 4, "discover": 12, "series": 12, "write": 4}
"""Requests in flight of families that Sentry limits lower than the total of 25 (sentry-api §2.1: 5 for issues and tags,
15 for Discover and series); the others share the total."""
TOGETHER = 6
"""So many callers fill the slots: each asks for some ten things in a round, of families with 4 to 12 slots."""
_NUMBERS = count(1)


@dataclass(eq=False)
class Caller:
    """One tool call in line.

    Attributes:
        number: by which callers are in the order in which they came.
        served: when it last got a slot, in grants; 0 before its first one.
    """

    number: int = field(default_factory=lambda: next(_NUMBERS))
    served: int = 0


@dataclass(eq=False)
class _Waiter:
    """A request that waits for its slot."""

    family: Family
    has_slot: bool = False
    granted: anyio.Event = field(default_factory=anyio.Event)


class FairLimiter:
    """Slots for requests.

    Args:
        slots: requests in flight, over all families.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._in_flight: Counter[Family] = Counter()
        self._waiting: dict[Caller, deque[_Waiter]] = {}
        self._granted = 0
        self._paused_until: dict[Family, float] = {}

    async def acquire(self, family: Family, caller: Caller) -> None:
        """Wait for a slot and take it; every ``acquire`` that returns needs one :meth:`release`."""
        waiter = _Waiter(family)
        self._waiting.setdefault(caller, deque()).append(waiter)
        self._grant_free_slots()
        try:
            await waiter.granted.wait()
        except BaseException:
            # Cancelled between the grant and our turn to run: the slot was ours already.
            if waiter.has_slot:
                self.release(family)
            else:
                self._remove(caller, waiter)
            raise

    def release(self, family: Family) -> None:
        """Free a slot."""
        self._in_flight[family] -= 1
        self._grant_free_slots()

    def _remove(self, caller: Caller, waiter: _Waiter) -> None:
        waiters = self._waiting[caller]
        waiters.remove(waiter)
        if not waiters:
            del self._waiting[caller]

    def _grant_free_slots(self) -> None:
        while self._in_flight.total() < self._slots:
            granted = self._next_waiter()
            if granted is None:
                return
            caller, waiter = granted
            self._remove(caller, waiter)
            self._granted += 1
            caller.served = self._granted
            self._in_flight[waiter.family] += 1
            waiter.has_slot = True
            waiter.granted.set()

    def _next_waiter(self) -> tuple[Caller, _Waiter] | None:
        """The first waiter, in the callers' order, whose family is not full."""
        for caller in self._in_order():
            for waiter in self._waiting[caller]:
                if self._in_flight[waiter.family] < FAMILY_SLOTS.get(waiter.family, self._slots):
                    return caller, waiter
        return None

    def _in_order(self) -> Iterator[Caller]:
        callers = sorted(self._waiting, key=lambda caller: caller.number)
        under_way = [caller for caller in callers if caller.served]
        yield from (caller for caller in callers if not caller.served)
        yield from sorted(under_way[:TOGETHER], key=lambda caller: caller.served)
        yield from under_way[TOGETHER:]

    # --- pauses

    def pause(self, family: Family, until: float) -> None:
        """Let no request of this family be sent before a monotonic second; a longer pause stays."""
        self._paused_until[family] = max(until, self.paused_until(family))

    def paused_until(self, family: Family) -> float:
        """The monotonic second until which a family is paused; 0.0 when it never was."""
        return self._paused_until.get(family, 0.0)
