"""Something that answers in Sentry's place, and a clock that only the sleeper moves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.settings import Limits, Secret, Settings

BASE = "https://sentry.example.com"
ORG = "/api/0/organizations/acme"
TOKEN = "sntryu_0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"
PAGE = b"<!doctype html><html><title>Sign in</title></html>"


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        error: raised instead of answering.
        held: answer only when it is set; None answers at once.
        hangs: no answer ever comes.
        pieces: the body comes in these pieces over the wire, as it stands; else at once, from memory.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: type[httpx.TransportError] | None = None
    held: anyio.Event | None = None
    hangs: bool = False
    pieces: Callable[[], AsyncIterator[bytes]] | None = None


def gives(value: object, status: int = 200, /, **headers: str) -> Answer:
    """JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"content-type": "application/json", **named})


def says(status: int, words: str = "No.", **headers: str) -> Answer:
    """An error in Sentry's form."""
    return gives({"detail": words}, status, **headers)


def shows_page(status: int = 200) -> Answer:
    """A page for people."""
    return Answer(status, PAGE, {"content-type": "text/html"})


def drops() -> Answer:
    """The connection is closed without an answer."""
    return Answer(error=httpx.RemoteProtocolError)


def never() -> Answer:
    """No answer ever comes."""
    return Answer(hangs=True)


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, pieces: Callable[[], AsyncIterator[bytes]]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces():
            yield piece


Answers = Mapping[str, Answer | Sequence[Answer]]


class Upstream(httpx.AsyncBaseTransport):
    """Answers by path: one answer for ever, or one after the other, the last one for ever.

    Attributes:
        seen: every request.
        aborted: paths of requests that were called back.
        most_under_way: requests at once at the most, by path and ``all``.
    """

    def __init__(self, answers: Answers, otherwise: Answer | None = None) -> None:
        self._answers = {path: list(one) if isinstance(one, Sequence) else [one] for path, one in answers.items()}
        self._otherwise = otherwise or Answer(404)
        self.seen: list[httpx.Request] = []
        self.aborted: list[str] = []
        self.most_under_way: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()

    @property
    def paths(self) -> list[str]:
        """Paths of all requests, in order."""
        return [request.url.raw_path.decode().partition("?")[0] for request in self.seen]

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return self.paths.count(path)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.seen.append(request)
        path = self.paths[-1]
        left = self._answers.get(path, [self._otherwise])
        answer = left.pop(0) if len(left) > 1 else left[0]
        self._under_way.update((path, "all"))
        for place in (path, "all"):
            self.most_under_way[place] = max(self.most_under_way[place], self._under_way[place])
        try:
            if answer.hangs:
                await anyio.sleep_forever()
            if answer.held is not None:
                await answer.held.wait()
            await anyio.lowlevel.checkpoint()
        except BaseException:
            self.aborted.append(path)
            raise
        finally:
            self._under_way.subtract((path, "all"))
        if answer.error is not None:
            raise answer.error("gone", request=request)
        if answer.pieces is not None:
            return httpx.Response(answer.status, headers=dict(answer.headers), stream=_Pieces(answer.pieces))
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)


class Time:
    """A clock that only the sleeper moves.

    Attributes:
        now: monotonic seconds.
        naps: how long was slept.
    """

    EPOCH = 1_795_161_600.0

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.naps.append(round(seconds, 3))
        self.now += seconds
        await anyio.lowlevel.checkpoint()

    def monotonic(self) -> float:
        """Seconds for deadlines."""
        return self.now

    def wall(self) -> float:
        """Epoch seconds."""
        return self.EPOCH + self.now - 1000.0


def client_of(
    upstream: httpx.AsyncBaseTransport | None,
    time: Time | None = None,
    *,
    base_url: str = BASE,
    organization: str | None = "acme",
    token: str = TOKEN,
    **limits: Any,
) -> SentryClient:
    """A client without jitter; its clock stands still unless one is given, and nothing is kept unless asked for."""
    time = time or Time()
    chosen = Limits(**{"cache_s": 0.0, **limits})
    return SentryClient(
        Settings(token=Secret(token), organization=organization, base_url=base_url, limits=chosen),
        http_transport=upstream,
        sleep=time.sleep,
        clock=time.wall,
        monotonic=time.monotonic,
        jitter=lambda seconds: seconds,
    )
