"""How requests are sent in an outage: shared, in turn, tried again with sense, and never for ever.

:mod:`flights` shares equal requests, :mod:`gate` gives places and keeps pauses, :mod:`transport` makes one try; here
they come together with deadlines and retries. What leaves is one of our own errors without a chain, so that no
traceback can show a request and its headers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio

from sentry_runbook.errors import SentryError
from sentry_runbook.sentry.http import Dropped, Transport
from sentry_runbook.sentry.messages import Asked, Family, Params, Reply, address, delay_asked, is_used_up
from sentry_runbook.sentry.rate_limiter import Gate
from sentry_runbook.sentry.single_flight import Flight, Flights, Landed
from sentry_runbook.sentry.status_errors import error_of, is_passing, late, paused, strange
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    from sentry_runbook.sentry.http import HttpTransport

T = TypeVar("T")
Parse = Callable[[Reply], T]
TRIES = 3
FIRST_DELAY_S = 0.5
"""Before the second try; doubled before the third. Ours, where the server does not say."""
SHORT_WINDOW_S = 2.0
"""A used-up rate-limit window that ends this soon is waited for, rather than asking in vain."""
LONGEST_PAUSE_S = 120.0
"""However long a server asks to stay away, it is asked again after this: a wrong header must not close it for days."""


@dataclass(frozen=True)
class _Call:
    """One tool call: its deadline, and its identity for fairness."""

    ends_at: float
    caller: object = field(default_factory=object)


_call: ContextVar[_Call | None] = ContextVar("sentry_call", default=None)


def jittered(delay_s: float) -> float:
    """Never earlier than asked, up to a quarter later: many clients must not come back in one instant."""
    return delay_s * random.uniform(1.0, 1.25)  # noqa: S311  # spreads retries, protects nothing


class Sender:
    """Sends requests to one Sentry with one token.

    Args:
        settings: where, with what token, and within which limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
        sleep: waits between tries.
        clock: epoch seconds, to read rate-limit resets.
        monotonic: seconds for deadlines, pauses and what is kept.
        jitter: a delay → the delay really taken.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        http_transport: HttpTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[float], float] = jittered,
    ) -> None:
        self._settings = settings
        self._transport = Transport(settings, http_transport, monotonic)
        self._sleep = sleep
        self._clock = clock
        self._monotonic = monotonic
        self._jitter = jitter
        self._gate = Gate(settings.limits.concurrency)
        self._flights = Flights(settings.limits.cache_s, monotonic)

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """All requests inside end within this time together; an earlier deadline outside stays in force.

        What is inside also counts as one caller, which takes turns with the others.
        """
        outer, ends_at = _call.get(), self._monotonic() + seconds
        mine = _Call(ends_at) if outer is None else _Call(min(outer.ends_at, ends_at), outer.caller)
        token = _call.set(mine)
        try:
            yield
        finally:
            _call.reset(token)

    def _this_call(self) -> _Call:
        return _call.get() or _Call(self._monotonic() + self._settings.limits.call_s)

    async def get(
        self, path: str, params: Sequence[tuple[str, str]], asked: Asked, parse: Parse[T], *, fresh: bool = False
    ) -> T:
        """Ask once for all who ask the same.

        Args:
            path: below the base URL, its parts already encoded.
            params: the query; names may repeat.
            asked: the request in our words.
            parse: reply → value; runs once for all askers, so the value must not be changed.
            fresh: do not answer from what is kept.

        Raises:
            SettingsError: no token is set.
            SentryError: of the tree in ``errors``; TimedOut when the deadline comes first.
        """
        url, call = self._address(path, tuple(params)), self._this_call()

        async def fly(flight: Flight) -> Landed[object]:
            reply = await self._persist(url, asked, flight, call.caller)
            return Landed(_parsed(reply, asked, parse), len(reply.body))

        budget = call.ends_at - self._monotonic()
        return await self._flights.share(url, budget, fly, lambda: late(asked), fresh=fresh)  # type: ignore[return-value]  # an address is always parsed the same way

    async def write(self, method: str, path: str, body: object, asked: Asked, parse: Parse[T]) -> T:
        """Send a change, once.

        Raises:
            TimedOut, Unreachable, ServerFault: it is unclear whether the change was made: read the state back.
            SentryError: it was not made.
        """
        url, call = self._address(path, ()), self._this_call()
        budget = call.ends_at - self._monotonic()
        if budget <= 0:
            raise late(asked)
        flight = Flight(call.ends_at)
        try:
            with anyio.move_on_after(budget):
                await self._enter(asked, flight, call.caller)
                # From here on the change may be seen, so nothing that is asked may be answered from before it.
                self._flights.forget()
                try:
                    outcome = await self._transport.exchange(method, url, asked, body)
                finally:
                    self._gate.leave(asked.family)
                if isinstance(outcome, SentryError):
                    raise outcome
                trouble, _ = self._judge(outcome, asked, FIRST_DELAY_S)
                if trouble is not None:
                    raise trouble
                return _parsed(outcome, asked, parse)
            raise flight.trouble or late(asked)
        finally:
            self._flights.forget()

    def load(self) -> None:
        """Import the HTTP client and read the certificates; may run in another thread, see :meth:`Transport.load`."""
        self._transport.load()

    async def aclose(self) -> None:
        """Call back every request and close the connections."""
        await self._flights.aclose()
        await self._transport.aclose()

    def _address(self, path: str, params: Params) -> str:
        if self._settings.token is None:
            raise self._settings.missing_token()
        return address(self._settings.base_url, path, params)

    # --- trying again

    async def _persist(self, url: str, asked: Asked, flight: Flight, caller: object) -> Reply:
        """Try, and try again where that makes sense and the time allows it."""
        for tried in range(TRIES):
            await self._enter(asked, flight, caller)
            try:
                outcome = await self._transport.exchange("GET", url, asked)
            finally:
                self._gate.leave(asked.family)
            trouble, wait_s = self._judge(outcome, asked, FIRST_DELAY_S * 2**tried)
            if trouble is None and isinstance(outcome, Reply):
                return outcome
            flight.trouble = trouble
            if wait_s is None or self._is_too_late(wait_s, flight):
                break
            # After a 429 the whole family pauses: waited for at the entrance, like everybody else.
            if tried + 1 < TRIES and trouble is not None and trouble.status != 429:
                await self._sleep(wait_s)
        raise flight.trouble or late(asked)

    def _judge(
        self, outcome: Reply | SentryError, asked: Asked, delay_s: float
    ) -> tuple[SentryError | None, float | None]:
        """What went wrong, and after how long to try again (None: not at all). A 429 pauses the whole family."""
        now = self._monotonic()
        if isinstance(outcome, SentryError):
            # A dropped connection costs one more; one that could not be made, or hung, would most likely do it again.
            return outcome, self._jitter(delay_s) if isinstance(outcome, Dropped) else None
        wanted = delay_asked(outcome.headers, self._clock())
        if not is_passing(outcome):
            if is_used_up(outcome.headers) and wanted is not None and 0 < wanted <= SHORT_WINDOW_S:
                self._gate.pause(asked.family, now + wanted)
            return error_of(outcome, asked), None
        # A wait of nothing is the rest of a second that has just ended: ours is kinder.
        wait_s = self._jitter(wanted or delay_s)
        if outcome.status == 429:
            self._gate.pause(asked.family, now + min(wait_s, LONGEST_PAUSE_S))
        return error_of(outcome, asked, retry_after_s=wait_s), wait_s

    def _is_too_late(self, wait_s: float, flight: Flight) -> bool:
        return self._monotonic() + wait_s >= flight.lands_before

    async def _enter(self, asked: Asked, flight: Flight, caller: object) -> None:
        """Wait until the family's pause is over and take a place.

        Raises:
            RateLimited: the pause is longer than anybody waits.
        """
        family, waited_for = asked.family, 0.0
        while True:
            until = self._gate.paused_until(family)
            if until > waited_for and (pause_s := until - self._monotonic()) > 0:
                trouble = paused(asked, pause_s)
                if self._is_too_late(pause_s, flight):
                    raise trouble
                flight.trouble = trouble
                await self._sleep(pause_s)
                waited_for = until
            await self._gate.enter(family, caller)
            # While we stood in the queue somebody else may have been told to slow down.
            if self._is_free(family, waited_for):
                return
            self._gate.leave(family)

    def _is_free(self, family: Family, waited_for: float) -> bool:
        until = self._gate.paused_until(family)
        return until <= waited_for or until <= self._monotonic()


def _parsed(reply: Reply, asked: Asked, parse: Parse[T]) -> T:
    """The value of a reply.

    Raises:
        SentryError: it is an error, or not what Sentry answers here.
    """
    error = error_of(reply, asked)
    if error is not None:
        raise error
    try:
        return parse(reply)
    except (ValueError, RecursionError):
        pass
    # Outside the handler: pydantic's error holds the input, which is event text.
    raise strange(reply, asked)
