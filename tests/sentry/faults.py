"""What can go wrong upstream, by name: one answer, and the errors that may tell it."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio
import httpx

from sentry_runbook.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    SentryError,
    ServerFault,
    TimedOut,
    Unauthorized,
    Unreachable,
    Unsupported,
)
from tests.sentry.upstream import Answer, drops, gives, never, says, shows_page


@dataclass(frozen=True)
class Fault:
    """One kind of trouble.

    Attributes:
        answer: what comes instead of the answer.
        told: errors that tell it; an endpoint that may be absent says so instead.
        tries: requests that one asking costs at the most.
    """

    answer: Answer
    told: tuple[type[SentryError], ...]
    tries: int = 1


async def _drip() -> AsyncIterator[bytes]:
    yield b'{"id": '
    await anyio.sleep_forever()


async def _bomb() -> AsyncIterator[bytes]:
    pack = zlib.compressobj(9, wbits=31)
    for _ in range(40):
        yield pack.compress(b" " * 1_000_000)
    yield pack.flush()


HTML = {"Content_Type": "text/html"}
ABSENT = (NotFound, Unsupported)
FAULTS: dict[str, Fault] = {
    "401": Fault(says(401, "Invalid token"), (Unauthorized,)),
    "403": Fault(says(403), (Forbidden,)),
    "404 empty": Fault(Answer(404), ABSENT),
    "404 with words": Fault(says(404, "The requested resource does not exist"), ABSENT),
    "404 page": Fault(shows_page(404), ABSENT),
    "405": Fault(says(405), ABSENT),
    "410": Fault(gives({"message": "This API no longer exists."}, 410), ABSENT),
    "429 as text/html": Fault(says(429, "too frequently", **HTML), (RateLimited,), 3),
    "429 for an hour": Fault(says(429, Retry_After="3600"), (RateLimited,)),
    "400 field errors": Fault(gives({"statusDetails": {"inRelease": ["Unable to find"]}}, 400), (BadRequest,)),
    "400 query timeout": Fault(says(400, "Query timeout. Please try again."), (TimedOut,), 3),
    "500": Fault(says(500), (ServerFault,)),
    "502 page": Fault(shows_page(502), (ServerFault,), 3),
    "503": Fault(Answer(503), (ServerFault,), 3),
    "200 page": Fault(shows_page(200), (ServerFault, Unsupported)),
    "200 empty": Fault(Answer(200), (ServerFault,)),
    "truncated": Fault(Answer(200, b'[{"id": "1", "title": "Bo'), (ServerFault,)),
    "wrong shape": Fault(gives("surprise"), (ServerFault,)),
    "redirect": Fault(Answer(302, headers={"location": "https://evil.example/"}), (ServerFault,)),
    "reset": Fault(drops(), (Unreachable,), 3),
    "refused": Fault(Answer(error=httpx.ConnectError), (Unreachable,)),
    "hang": Fault(never(), (TimedOut,)),
    "slow drip": Fault(Answer(pieces=_drip), (TimedOut,)),
    "gzip bomb": Fault(Answer(headers={"content-encoding": "gzip"}, pieces=_bomb), (ServerFault,)),
}
