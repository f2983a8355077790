"""The Sentry of the timings: the embedded one in a process of its own, over loopback HTTP, with a chosen latency.

Each response is computed once and reused until something is written, so that the product is timed and not the
stand-in. Latency and shape of the data are the first part of the path, where a self-hosted Sentry may have a prefix:
``/100ms/api/0/…``, ``/0ms-large/api/0/…`` (events of 5 MB), ``/100ms-copies/api/0/…`` (:mod:`.incident_copies`),
``/0ms-alerts50/api/0/…`` (:mod:`.many_alerts`).
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import anyio
import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bench import incident_copies, many_alerts
from bench.large_event import enlarged
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.serve import serve
from sentry_runbook.simulator.world import World

CHECKOUT = Path(__file__).parent.parent
START_S = 20
PASSED_HEADERS = {"content-type", "link", "date", "x-hits"}
"""Headers of the embedded Sentry that are passed on."""
STATISTICS_PATH = "/statistics"
WORLDS: Mapping[str, Callable[[], World]] = {
    "copies": incident_copies.world,
    **{f"alerts{size}": partial(many_alerts.world, size) for size in many_alerts.SIZES},
}
"""Shape of the data → the world that has it, where it is not the shipped incidents'."""


def _embedded(world: World) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(world)), base_url="http://localhost")


@dataclass
class DelayedSentry:
    """An ASGI application in front of the embedded Sentry that delays its responses and counts the requests.

    Attributes:
        requests: requests since the statistics were last read, by method, path and query.
        most_at_once: how many of them were under way at the same time.
    """

    requests: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    _under_way: int = 0
    _responses: dict[str, Response] = field(default_factory=dict)
    _scenarios: httpx.AsyncClient = field(default_factory=lambda: _embedded(World.of_all(ManualClock())))
    _worlds: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        if request.url.path == STATISTICS_PATH:
            most = max(self.requests.values(), default=0)
            counted = Statistics(self.requests.total(), most, self.most_at_once)
            self.requests, self.most_at_once = Counter(), 0
            await JSONResponse(asdict(counted))(scope, receive, send)
            return
        prefix, path = scope["raw_path"].decode("ascii").lstrip("/").split("/", 1)
        url = f"/{path}?{request.url.query}"
        self.requests[f"{request.method} {url}"] += 1
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            delay, _, shape = prefix.partition("-")
            await anyio.sleep(int(delay.removesuffix("ms")) / 1000)
            response = await self._respond(request, url, shape)
            await response(scope, receive, send)
        finally:
            self._under_way -= 1

    async def _respond(self, request: Request, url: str, shape: str) -> Response:
        key = f"{shape} {url}"
        if request.method == "GET" and key in self._responses:
            return self._responses[key]
        headers = {name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers}
        embedded = self._sentry_of(shape) if shape in WORLDS else self._scenarios
        original = await embedded.request(request.method, url, headers=headers, content=await request.body())
        passed = {name: value for name, value in original.headers.items() if name in PASSED_HEADERS}
        body = enlarged(original.content) if shape == "large" and "/events/" in url else original.content
        response = Response(body, original.status_code, passed)
        if request.method == "GET":
            self._responses[key] = response
        else:
            self._responses.clear()
        return response

    def _sentry_of(self, shape: str) -> httpx.AsyncClient:
        """Made at its first request: most runs do not ask for it."""
        if shape not in self._worlds:
            self._worlds[shape] = _embedded(WORLDS[shape]())
        return self._worlds[shape]


@dataclass(frozen=True)
class Statistics:
    """What :class:`DelayedSentry` counted.

    Attributes:
        requests: all of them.
        most_of_one_request: how often the most frequent one came.
        most_at_once: requests under way at the same time.
    """

    requests: int
    most_of_one_request: int
    most_at_once: int


@dataclass(frozen=True)
class Upstream:
    """A :class:`DelayedSentry` that runs in a process of its own."""

    port: int

    def url(self, delay_ms: int = 0, *, shape: str = "") -> str:
        """The base URL of a Sentry with this latency and data."""
        return f"http://127.0.0.1:{self.port}/{delay_ms}ms{f'-{shape}' if shape else ''}"

    def statistics(self) -> Statistics:
        """Counts since the last call of this method."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{STATISTICS_PATH}", timeout=5) as answer:
            return Statistics(**cast(dict[str, int], json.load(answer)))


@contextmanager
def running() -> Iterator[Upstream]:
    """Start it, wait until it answers, and end it in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        upstream = Upstream(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "bench.upstream", str(upstream.port)], cwd=CHECKOUT)
    try:
        _wait(upstream)
        yield upstream
    finally:
        process.terminate()
        process.wait(10)


def _wait(upstream: Upstream) -> None:
    for _ in range(START_S * 20):
        try:
            upstream.statistics()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"the benchmark's Sentry did not start within {START_S} s")


async def _serve(port: int) -> None:
    await serve(DelayedSentry(), port=port)  # type: ignore[arg-type]  # any ASGI application does


if __name__ == "__main__":
    anyio.run(_serve, int(sys.argv[1]))
