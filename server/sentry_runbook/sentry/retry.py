"""Sends requests to Sentry: deadlines, retries, and what is shared between callers.

Theory. :mod:`single_flight` coalesces equal GETs, :mod:`rate_limiter` gives slots and stores pauses, :mod:`http` makes
one exchange; here they come together. What is retried, at most twice, and what is not:

- GET answered 429, 502, 503, 504, or a 400 that says that Sentry's store was busy: retried after the delay that the
  server asks for, else after 0.5 s, then 1 s; a little later each time at random, so that clients do not come back
  together.
- GET whose connection was closed without an answer: retried. A kept connection that the server has dropped meanwhile
  looks just like this, and a new one will do.
- GET that could not connect, or was not answered in time: not retried. It would most likely end the same way, and the
  caller has waited long enough already.
- Any other answer is an answer: the same question gets the same one.
- A change is never retried: whether it was made is unclear, and the caller must read it back first.
- A retry that would begin after the deadline is not waited for: the error is raised at once.

A 429 pauses its family for every caller of the process; the retry waits at the entrance like all others.

Only our own errors leave this module, without cause and context, so that no traceback shows a request with its headers.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.lowlevel

from sentry_runbook.errors import SentryError
from sentry_runbook.sentry.http import Transport
from sentry_runbook.sentry.messages import (
    Family,
    Params,
    RequestInfo,
    SentryResponse,
    address,
    delay_asked,
    is_used_up,
    shown_path,
)
from sentry_runbook.sentry.rate_limiter import Caller, FairLimiter
from sentry_runbook.sentry.single_flight import CachedResponse, InFlightRequest, SingleFlightCache
from sentry_runbook.sentry.status_errors import (
    deadline_error,
    error_of,
    is_transient,
    rate_limited,
    unexpected_response,
    with_origins,
)
from sentry_runbook.sentry.unreachable import Dropped
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    from sentry_runbook.sentry.http import HttpTransport

LOGGER = logging.getLogger(__name__)
T = TypeVar("T")
Parse = Callable[[SentryResponse], T]
MAX_ATTEMPTS = 3
FIRST_DELAY_S = 0.5
"""Before the second attempt; doubled before the third. Used where the server does not say."""
SHORT_WINDOW_S = 2.0
"""A used-up rate-limit window that ends this soon is waited for, rather than sending a request that is refused."""
MAX_PAUSE_S = 120.0
"""However long a server asks to stay away, it is asked again after this: a wrong header must not close it for days."""


@dataclass(frozen=True)
class _ToolCall:
    """What the requests of one tool call share.

    Attributes:
        deadline: monotonic seconds.
        caller: who takes turns with the other tool calls.
    """

    deadline: float
    caller: Caller = field(default_factory=Caller)


_current_call: ContextVar[_ToolCall | None] = ContextVar("sentry_call", default=None)


def jittered(delay_s: float) -> float:
    """Return a delay that is up to a quarter longer, never shorter: clients must not come back all at once."""
    return delay_s * random.uniform(1.0, 1.25)  # noqa: S311  # spreads retries, protects nothing


class RequestSender:
    """Sends requests to one Sentry with one token.

    Args:
        settings: where, with what token, and within which limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
        sleep: waits between attempts.
        clock: epoch seconds, to read rate-limit resets.
        monotonic: seconds for deadlines, pauses and what is kept.
        jitter: a delay → the delay really taken.
        observe: told every response, of any status.
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
        observe: Callable[[SentryResponse], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._observe = observe
        self._transport = Transport(settings, http_transport, monotonic)
        self._sleep = sleep
        self._clock = clock
        self._monotonic = monotonic
        self._jitter = jitter
        self._limiter = FairLimiter(settings.limits.concurrency)
        self._cache = SingleFlightCache(settings.limits.cache_s, monotonic)

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Let all requests inside end within this time together; an earlier deadline outside stays in force.

        They also count as one caller, which takes turns with the others.
        """
        outer, deadline = _current_call.get(), self._monotonic() + seconds
        inner = _ToolCall(deadline) if outer is None else _ToolCall(min(outer.deadline, deadline), outer.caller)
        token = _current_call.set(inner)
        try:
            yield
        finally:
            _current_call.reset(token)

    def _call(self) -> _ToolCall:
        return _current_call.get() or _ToolCall(self._monotonic() + self._settings.limits.call_s)

    async def get(
        self, path: str, params: Sequence[tuple[str, str]], asked: RequestInfo, parse: Parse[T], *, fresh: bool = False
    ) -> T:
        """GET a URL and parse the answer, once for all who ask the same.

        Args:
            path: below the base URL, its parts already encoded.
            params: the query; names may repeat.
            asked: the request in our words, for errors.
            parse: response → value; runs once for all callers, so the value must be immutable.
            fresh: do not take a kept response.

        Raises:
            SettingsError: no token is set.
            SentryError: of the tree in ``errors``; TimedOut when the deadline comes first.
        """
        url, call = self._url(path, tuple(params)), self._call()

        async def fetch(request: InFlightRequest) -> CachedResponse[object]:
            response = await self._send_until_answered(url, asked, request, call.caller)
            return CachedResponse(_parsed(response, asked, parse), len(response.body))

        budget_s = call.deadline - self._monotonic()
        return await self._cache.get(url, budget_s, fetch, lambda: deadline_error(asked), fresh=fresh)  # type: ignore[return-value]  # a URL is always parsed the same way

    async def write(
        self,
        method: str,
        path: str,
        body: object,
        asked: RequestInfo,
        parse: Parse[T],
        *,
        leaving: Callable[[], None] = lambda: None,
    ) -> T:
        """Send a change, once. A caller that is cancelled before it leaves sends none.

        Args:
            method: ``PUT`` or ``POST``.
            path: below the base URL, its parts already encoded.
            body: sent as JSON.
            asked: the request in our words, for errors.
            parse: response → value.
            leaving: called right before the request leaves.

        Raises:
            TimedOut, Unreachable, ServerFault: it is unclear whether the change was made: read the state back.
            SentryError: it was not made.
        """
        url, call = self._url(path, ()), self._call()
        budget_s = call.deadline - self._monotonic()
        if budget_s <= 0:
            raise deadline_error(asked)
        request = InFlightRequest(call.deadline)
        try:
            with anyio.move_on_after(budget_s):
                await self._acquire(asked, request, call.caller)
                try:
                    await anyio.lowlevel.checkpoint_if_cancelled()
                    leaving()
                    # From here on the change may be made and visible: no response from before it may be used, and a
                    # pause that is over no longer tells what went wrong.
                    request.last_error = None
                    self._cache.invalidate()
                    outcome = await self._transport.exchange(method, url, asked, body)
                finally:
                    self._limiter.release(asked.family)
                if isinstance(outcome, SentryError):
                    raise outcome
                error, _ = self._judge(outcome, asked, FIRST_DELAY_S)
                if error is not None:
                    raise error
                return _parsed(outcome, asked, parse)
            raise request.last_error or deadline_error(asked)
        finally:
            # Again: what was read while it was under way may be from before it or from after it.
            self._cache.invalidate()

    def load(self) -> None:
        """Load what the first request needs, see :meth:`Transport.load`; may run in another thread."""
        self._transport.load()

    async def aclose(self) -> None:
        """Cancel every request and close the connections."""
        await self._cache.aclose()
        await self._transport.aclose()

    def _url(self, path: str, params: Params) -> str:
        if self._settings.token is None:
            raise self._settings.missing_token()
        return address(self._settings.base_url, path, params)

    # --- retries

    async def _send_until_answered(
        self, url: str, asked: RequestInfo, request: InFlightRequest, caller: Caller
    ) -> SentryResponse:
        """GET a URL, and retry where that makes sense and the deadline allows it."""
        for attempt in range(MAX_ATTEMPTS):
            await self._acquire(asked, request, caller)
            try:
                outcome = await self._transport.exchange("GET", url, asked)
            finally:
                self._limiter.release(asked.family)
            error, wait_s = self._judge(outcome, asked, FIRST_DELAY_S * 2**attempt)
            if error is None and isinstance(outcome, SentryResponse):
                return outcome
            request.last_error = error
            if wait_s is None or self._is_too_late(wait_s, request):
                break
            if attempt + 1 == MAX_ATTEMPTS:
                break
            LOGGER.info("%s: %s, asked again in %.1f s", shown_path(url), type(error).__name__, wait_s)
            # A 429 has paused the family: _acquire waits for that, for this request as for all others.
            if error is not None and error.status != 429:
                await self._sleep(wait_s)
        raise request.last_error or deadline_error(asked)

    def _judge(
        self, outcome: SentryResponse | SentryError, asked: RequestInfo, delay_s: float
    ) -> tuple[SentryError | None, float | None]:
        """Tell what went wrong, and after how many seconds to retry (None: not at all). A 429 pauses the family.

        Args:
            outcome: of one exchange.
            asked: the request in our words.
            delay_s: before the retry, where the server does not say.
        """
        now = self._monotonic()
        if isinstance(outcome, SentryError):
            # Only a dropped connection: one that was refused, or hung, would most likely do so again.
            return outcome, self._jitter(delay_s) if isinstance(outcome, Dropped) else None
        self._observe(outcome)
        requested_s = delay_asked(outcome.headers, self._clock())
        if not is_transient(outcome):
            # An answer, but the last of this rate-limit window: the next request would be refused.
            if is_used_up(outcome.headers) and requested_s is not None and 0 < requested_s <= SHORT_WINDOW_S:
                self._limiter.pause(asked.family, now + requested_s)
            error = error_of(outcome, asked)
            return error and with_origins(error, self._settings), None
        # "Wait 0 s" is said in the last second of a window: our own delay gets beyond it.
        wait_s = self._jitter(requested_s or delay_s)
        if outcome.status == 429:
            self._limiter.pause(asked.family, now + min(wait_s, MAX_PAUSE_S))
        return error_of(outcome, asked, retry_after_s=wait_s), wait_s

    def _is_too_late(self, wait_s: float, request: InFlightRequest) -> bool:
        return self._monotonic() + wait_s >= request.deadline

    async def _acquire(self, asked: RequestInfo, request: InFlightRequest, caller: Caller) -> None:
        """Wait until the family's pause is over, and take a slot.

        Raises:
            RateLimited: the pause ends after the deadline of every waiter.
        """
        family, waited_until = asked.family, 0.0
        while True:
            until = self._limiter.paused_until(family)
            # A pause that was slept through once is over, even where the clock has not quite reached its end.
            if until > waited_until and (pause_s := until - self._monotonic()) > 0:
                error = rate_limited(asked, pause_s)
                if self._is_too_late(pause_s, request):
                    raise error
                request.last_error = error
                await self._sleep(pause_s)
                waited_until = until
            await self._limiter.acquire(family, caller)
            # While this request stood in line another may have been answered 429: give the slot back and wait again.
            if self._is_open(family, waited_until):
                return
            self._limiter.release(family)

    def _is_open(self, family: Family, waited_until: float) -> bool:
        until = self._limiter.paused_until(family)
        return until <= waited_until or until <= self._monotonic()


def _parsed(response: SentryResponse, asked: RequestInfo, parse: Parse[T]) -> T:
    """Parse a response that is no error.

    Raises:
        SentryError: it is not what Sentry answers to this request.
    """
    try:
        return parse(response)
    except (ValueError, RecursionError):
        pass
    # Outside the handler, so that it has no context: pydantic's error holds the input, which is event text.
    raise unexpected_response(response, asked)
