"""Concurrency limiter for requests to Sentry, fair between callers; a 429 pauses a family of endpoints.

Theory. Sentry limits requests under way and requests a second, by endpoint. Three rules keep us below that without
letting anybody starve:

- At most ``slots`` requests in flight, and fewer of the families whose documented limit is lower. A request of a full
  family does not block one of another family behind it.
- Round-robin between callers (one tool call is one caller): when a slot is free, the caller served least recently gets
  it, so a call with a hundred requests does not hold up a call with one. Within a caller: first come, first served.
- A pause belongs to a family and to the whole process. It is only stored here; :mod:`retry` waits for it, because
  whoever cannot wait that long must fail at once, and not while holding a slot.

One event loop runs all of this, so there are no locks: state changes only between two awaits.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio

from sentry_runbook.sentry.messages import Family

FAMILY_SLOTS: Mapping[Family, int] = {"issue": 4, "event": 8, "tags": 4, "discover": 12, "series": 12, "write": 4}
"""Requests in flight of families that Sentry limits lower than the total of 25 (sentry-api §2.1: 5 for issues and tags,
15 for Discover and series); the others share the total."""


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
        self._waiting: OrderedDict[object, deque[_Waiter]] = OrderedDict()
        self._paused_until: dict[Family, float] = {}

    async def acquire(self, family: Family, caller: object) -> None:
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

    def _remove(self, caller: object, waiter: _Waiter) -> None:
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
            # Round-robin: whoever was just served is last in line for the next slot.
            if caller in self._waiting:
                self._waiting.move_to_end(caller)
            self._in_flight[waiter.family] += 1
            waiter.has_slot = True
            waiter.granted.set()

    def _next_waiter(self) -> tuple[object, _Waiter] | None:
        """The first waiter, in the callers' order, whose family is not full."""
        for caller, waiters in self._waiting.items():
            for waiter in waiters:
                if self._in_flight[waiter.family] < FAMILY_SLOTS.get(waiter.family, self._slots):
                    return caller, waiter
        return None

    # --- pauses

    def pause(self, family: Family, until: float) -> None:
        """Let no request of this family be sent before a monotonic second; a longer pause stays."""
        self._paused_until[family] = max(until, self.paused_until(family))

    def paused_until(self, family: Family) -> float:
        """The monotonic second until which a family is paused; 0.0 when it never was."""
        return self._paused_until.get(family, 0.0)
