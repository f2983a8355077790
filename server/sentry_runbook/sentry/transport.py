"""Requests as they should be in an outage: bounded, shared, retried with sense, and cancelled when nobody waits.

How to think about it: a GET is a *flight*. Askers of the same address board the flight under way instead of starting
another; it lands once, its parsed answer goes to all and stays in a small cache for some seconds. A flight that
nobody waits for any more is called back. Writes fly alone and once.
"""

from __future__ import annotations

import asyncio
import random
import time
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio

from sentry_runbook import __version__
from sentry_runbook.errors import SentryError, ServerFault, TimedOut, Unreachable
from sentry_runbook.sentry.wire import Asked, Family, Reply, delay_asked, error_of, is_retried
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Params = Sequence[tuple[str, str]]
Parse = Callable[[Reply], T]
Key = tuple[str, tuple[tuple[str, str], ...], int]
"""Path, query, and how many writes had gone before."""
RETRIES = 2
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 10.0
MOST_CACHED = 256
CACHED_BYTES = 1_000_000
"""A larger answer is not kept: it would crowd out what is asked often."""
FAMILY_LIMITS: Mapping[Family, int] = {"issue": 4, "event": 8, "tags": 4, "discover": 12, "releases": 8, "other": 12}
"""Requests under way at once, below the limits that Sentry documents (sentry-api §2.1)."""

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@dataclass
class _Flight:
    task: asyncio.Task[object]
    lands_before: float
    askers: int = 0


@dataclass
class _Door:
    """What one endpoint family shares: a place limit, and a pause after a 429."""

    places: anyio.CapacityLimiter
    closed_until: float = 0.0


@dataclass
class Transport:
    """Sends requests to one Sentry with one token.

    Args:
        settings: where, with what token, and within which limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
        sleep: waits between tries.
        clock: monotonic seconds, for deadlines.
        wall: epoch seconds, to read rate-limit resets.
        jitter: a factor around 1 for each delay.
    """

    settings: Settings
    http_transport: httpx.AsyncBaseTransport | None = None
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    jitter: Callable[[], float] = lambda: random.uniform(0.8, 1.2)  # noqa: S311  # spreads retries, protects nothing
    _client: httpx.AsyncClient | None = None
    _flights: dict[Key, _Flight] = field(default_factory=dict)
    _cache: OrderedDict[Key, tuple[float, object]] = field(default_factory=OrderedDict)
    _doors: dict[Family, _Door] = field(default_factory=dict)
    _places: anyio.CapacityLimiter | None = None
    _writes: int = 0
    """Counts writes: what was asked before one is never taken for an answer after it."""

    async def get(self, path: str, params: Params, asked: Asked, parse: Parse[T], *, fresh: bool = False) -> T:
        """Ask once for all who ask the same.

        Args:
            path: below the base URL, its parts already encoded.
            params: query, repeated names allowed.
            asked: the request in our words.
            parse: reply → model; runs once for all askers, so its result must be immutable.
            fresh: do not answer from the cache.

        Raises:
            SentryError: of the tree in ``errors``; TimedOut when the deadline comes first.
        """
        key = (path, tuple(params), self._writes)
        if not fresh and (kept := self._kept(key)) is not None:
            return kept  # type: ignore[return-value]  # one address is always parsed the same way
        budget = self._budget()
        if budget <= 0:
            raise _late(asked)
        flight = self._board(key, path, params, asked, parse, budget)
        flight.askers += 1
        try:
            with anyio.move_on_after(budget):
                landed: object = await asyncio.shield(flight.task)
                return landed  # type: ignore[return-value]  # as above
            raise _late(asked)
        finally:
            flight.askers -= 1
            if flight.askers == 0 and not flight.task.done():
                flight.task.cancel()
                self._flights.pop(key, None)

    def _board(self, key: Key, path: str, params: Params, asked: Asked, parse: Parse[T], budget: float) -> _Flight:
        boarding = self._flights.get(key)
        if boarding is not None and not boarding.task.done():
            boarding.lands_before = max(boarding.lands_before, self.clock() + budget)
            return boarding

        async def fly() -> object:
            try:
                reply = await self._persist(path, params, asked, lambda: flight.lands_before)
                parsed = _parsed(reply, asked, parse)
                if len(reply.body) <= CACHED_BYTES:
                    self._keep(key, parsed)
                return parsed
            finally:
                self._flights.pop(key, None)

        flight = _Flight(asyncio.create_task(fly()), self.clock() + budget)
        # An error that no asker is left to take is nobody's: do not let asyncio complain about it.
        flight.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._flights[key] = flight
        return flight

    async def _persist(self, path: str, params: Params, asked: Asked, lands_before: Callable[[], float]) -> Reply:
        """Try, and try again where that makes sense and the time allows it."""
        door = self._door(asked.family)
        delay = FIRST_DELAY_S
        for attempt in range(RETRIES + 1):
            await self._wait_for(door, asked, lands_before)
            try:
                reply = await self._send("GET", path, params, asked)
            except Unreachable:
                if attempt == RETRIES or self.clock() + delay >= lands_before():
                    raise
                await self.sleep(delay * self.jitter())
                delay *= 2
                continue
            if not is_retried(reply):
                return reply
            wanted = delay_asked(reply.headers, self.wall())
            pause = min(wanted if wanted is not None else delay * self.jitter(), 3600)
            if reply.status == 429:
                door.closed_until = max(door.closed_until, self.clock() + pause)
            if attempt == RETRIES or pause > LONGEST_DELAY_S or self.clock() + pause >= lands_before():
                error = error_of(reply, asked, retry_after_s=wanted)
                if error is not None:
                    raise error
            if reply.status != 429:
                await self.sleep(pause)
            delay *= 2
        raise AssertionError("the last attempt returns or raises")

    async def _wait_for(self, door: _Door, asked: Asked, lands_before: Callable[[], float]) -> None:
        """Stand before a family's door while a 429 keeps it closed; do not start to wait in vain."""
        while (pause := door.closed_until - self.clock()) > 0:
            if self.clock() + pause >= lands_before():
                limited = Reply(429, {}, b"")
                raise error_of(limited, asked, retry_after_s=pause) or _late(asked)
            await self.sleep(pause)
            if door.closed_until - self.clock() >= pause:
                return  # a test's sleeper does not move the clock: one wait is enough

    async def write(self, method: str, path: str, body: object, asked: Asked, parse: Parse[T]) -> T:
        """Send a change, once. Nothing that was asked before it is taken for an answer after it.

        Raises:
            TimedOut, Unreachable, ServerFault: it is unclear whether the change was made: read the state back.
            SentryError: it was not made.
        """
        budget = self._budget()
        if budget <= 0:
            raise _late(asked)
        self._forget()
        try:
            with anyio.move_on_after(budget):
                reply = await self._send(method, path, (), asked, body=body)
                return _parsed(reply, asked, parse)
            raise _late(asked)
        finally:
            self._forget()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """All requests inside end within this time together; an earlier deadline outside stays in force."""
        outer, mine = _deadline.get(), self.clock() + seconds
        token = _deadline.set(mine if outer is None else min(outer, mine))
        try:
            yield
        finally:
            _deadline.reset(token)

    def _budget(self) -> float:
        """Seconds that one request may take: the read limit, or what is left of the whole call."""
        whole = _deadline.get()
        limit = self.settings.limits.read_s
        return limit if whole is None else min(limit, whole - self.clock())

    # --- one try

    async def _send(self, method: str, path: str, params: Params, asked: Asked, body: object = None) -> Reply:
        import httpx  # noqa: PLC0415  # kept out of the server's start

        async with self._place(asked.family):
            client = self._open()
            request = client.build_request(
                method,
                f"{self.settings.base_url}{path}",
                params=list(params) or None,
                json=body,
                headers=self._headers(),
            )
            try:
                response = await client.send(request, stream=True)
                try:
                    content = await self._read(response, asked)
                finally:
                    await response.aclose()
            except httpx.TimeoutException as exc:
                raise TimedOut(
                    f"Asked for {asked.what}, Sentry did not answer in time ({type(exc).__name__}).",
                    "Try again; if it stays so, check SENTRY_URL and the network.",
                    asked=asked.what,
                ) from exc
            except httpx.HTTPError as exc:
                raise Unreachable(
                    f"Asked for {asked.what}, Sentry at {self.settings.base_url} cannot be reached "
                    f"({type(exc).__name__}).",
                    "Check SENTRY_URL, the network and, with a private certificate, SENTRY_RUNBOOK_CA_BUNDLE.",
                    asked=asked.what,
                ) from exc
            return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, content)

    def _headers(self) -> dict[str, str]:
        token = self.settings.token
        return {
            "Authorization": f"Bearer {token.reveal() if token else ''}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"sentry-runbook/{__version__}",
        }

    async def _read(self, response: httpx.Response, asked: Asked) -> bytes:
        """The body, decoded and counted piece by piece: a small gzip body can hold gigabytes."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "", "gzip", "deflate"):
            raise ServerFault(f"Asked for {asked.what}, the answer is in an encoding that was not asked for.")
        inflate = zlib.decompressobj(wbits=47) if encoding in ("gzip", "deflate") else None
        limit, pieces, size = self.settings.limits.max_answer_bytes, [], 0
        async for raw in response.aiter_raw():
            piece = raw if inflate is None else _inflated(inflate, raw, limit - size + 1, asked)
            size += len(piece)
            if size > limit:
                raise ServerFault(
                    f"Asked for {asked.what}, the answer is larger than {limit // 1_000_000} MB and was not read.",
                    "Ask for less: a shorter period, fewer rows.",
                    status=response.status_code,
                    asked=asked.what,
                )
            pieces.append(piece)
        return b"".join(pieces)

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            import ssl  # noqa: PLC0415  # with httpx, at the first request

            import httpx  # noqa: PLC0415

            limits = self.settings.limits
            bundle = self.settings.ca_bundle
            self._client = httpx.AsyncClient(
                transport=self.http_transport,
                verify=ssl.create_default_context(cafile=str(bundle)) if bundle else True,
                timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
                limits=httpx.Limits(max_connections=limits.concurrency, max_keepalive_connections=limits.concurrency),
                follow_redirects=False,
                trust_env=True,
            )
        return self._client

    async def aclose(self) -> None:
        """Call back every flight and close the connections."""
        for flight in list(self._flights.values()):
            flight.task.cancel()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    # --- limits and cache

    @asynccontextmanager
    async def _place(self, family: Family) -> AsyncIterator[None]:
        if self._places is None:
            self._places = anyio.CapacityLimiter(self.settings.limits.concurrency)
        async with self._door(family).places, self._places:
            yield

    def _door(self, family: Family) -> _Door:
        if family not in self._doors:
            places = min(FAMILY_LIMITS[family], self.settings.limits.concurrency)
            self._doors[family] = _Door(anyio.CapacityLimiter(places))
        return self._doors[family]

    def _kept(self, key: Key) -> object | None:
        found = self._cache.get(key)
        if found is None or found[0] <= self.clock():
            self._cache.pop(key, None)
            return None
        return found[1]

    def _keep(self, key: Key, value: object) -> None:
        if self.settings.limits.cache_s <= 0 or key[2] != self._writes:
            return
        self._cache[key] = (self.clock() + self.settings.limits.cache_s, value)
        while len(self._cache) > MOST_CACHED:
            self._cache.popitem(last=False)

    def _forget(self) -> None:
        self._writes += 1
        self._cache.clear()


def _inflated(inflate: zlib._Decompress, raw: bytes, room: int, asked: Asked) -> bytes:
    try:
        return inflate.decompress(raw, max(1, room))
    except zlib.error as exc:
        raise ServerFault(f"Asked for {asked.what}, the answer cannot be decompressed.", asked=asked.what) from exc


def _parsed(reply: Reply, asked: Asked, parse: Parse[T]) -> T:
    error = error_of(reply, asked)
    if error is not None:
        raise error
    try:
        return parse(reply)
    except (ValueError, TypeError, RecursionError) as exc:
        # Not chained: pydantic's error holds the input, which is event text.
        raise ServerFault(
            f"Asked for {asked.what}, the server answered with something else than Sentry does ({type(exc).__name__}).",
            "Check SENTRY_URL; a proxy may have cut or replaced the answer.",
            status=reply.status,
            asked=asked.what,
        ) from None


def _late(asked: Asked) -> SentryError:
    return TimedOut(
        f"Asked for {asked.what}, Sentry did not answer in time.",
        "Try again; if it stays so, Sentry is slow or cannot be reached.",
        asked=asked.what,
    )
