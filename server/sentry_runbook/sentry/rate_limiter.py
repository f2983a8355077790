"""Who may send now: places towards Sentry, shared fairly between callers.

One tool call is one caller. A caller that asks for a hundred things takes turns with one that asks for a single one,
so that nobody starves; within a caller the order of asking is kept. Endpoint families with a low documented limit
have fewer places, and a family that was answered 429 pauses for everybody.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio

from sentry_runbook.sentry.messages import Family

FAMILY_PLACES: Mapping[Family, int] = {"issue": 4, "event": 8, "tags": 4, "write": 4}
"""Requests under way at once where Sentry documents lower limits (sentry-api §2.1); others share the total."""


@dataclass(eq=False)
class _Ticket:
    """A request that waits for its place."""

    family: Family
    granted: bool = False
    called: anyio.Event = field(default_factory=anyio.Event)


class Gate:
    """Places for requests.

    Args:
        places: requests under way at once, over all families.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Counter[Family] = Counter()
        self._waiting: OrderedDict[object, deque[_Ticket]] = OrderedDict()
        self._paused_until: dict[Family, float] = {}

    async def enter(self, family: Family, caller: object) -> None:
        """Wait for a place and take it; every ``enter`` that returns needs one :meth:`leave`."""
        ticket = _Ticket(family)
        self._waiting.setdefault(caller, deque()).append(ticket)
        self._admit()
        try:
            await ticket.called.wait()
        except BaseException:
            if ticket.granted:
                self.leave(family)
            else:
                self._give_up(caller, ticket)
            raise

    def leave(self, family: Family) -> None:
        """Free a place."""
        self._taken[family] -= 1
        self._admit()

    def _give_up(self, caller: object, ticket: _Ticket) -> None:
        tickets = self._waiting[caller]
        tickets.remove(ticket)
        if not tickets:
            del self._waiting[caller]

    def _admit(self) -> None:
        """Give free places away, one caller after the other."""
        while self._taken.total() < self._places:
            found = self._next()
            if found is None:
                return
            caller, ticket = found
            self._give_up(caller, ticket)
            if caller in self._waiting:
                self._waiting.move_to_end(caller)
            self._taken[ticket.family] += 1
            ticket.granted = True
            ticket.called.set()

    def _next(self) -> tuple[object, _Ticket] | None:
        for caller, tickets in self._waiting.items():
            for ticket in tickets:
                if self._taken[ticket.family] < FAMILY_PLACES.get(ticket.family, self._places):
                    return caller, ticket
        return None

    # --- pauses

    def pause(self, family: Family, until: float) -> None:
        """Nobody sends requests of this family before then."""
        self._paused_until[family] = max(until, self.paused_until(family))

    def paused_until(self, family: Family) -> float:
        """The monotonic second at which a family may go on."""
        return self._paused_until.get(family, 0.0)
