"""The Sentry of the timings: the embedded one in a process of its own, over loopback HTTP, as late as one wishes.

Each answer is worked out once and kept until something is written, so what is timed is the product and not the
stand-in. How late it answers, and whether its events are huge, stands at the beginning of the path, as a self-hosted
Sentry's prefix would: ``/100ms/api/0/…``, ``/0ms-huge/api/0/…``.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import anyio
import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bench.large_event import huge
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.serve import serve
from sentry_runbook.simulator.world import World

CHECKOUT = Path(__file__).parent.parent
START_S = 20
STATED = {"content-type", "link", "date", "x-hits"}
"""Headers of the embedded Sentry that are passed on."""


@dataclass
class LateSentry:
    """An ASGI application in front of the embedded Sentry.

    Attributes:
        requests: how many came since the last look at ``/seen``.
        most_at_once: how many of them were under way at once.
    """

    requests: int = 0
    most_at_once: int = 0
    _under_way: int = 0
    _kept: dict[str, Response] = field(default_factory=dict)
    _inner: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(World.of_all(ManualClock()))), base_url="http://localhost"
        )
    )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        if request.url.path == "/seen":
            await JSONResponse({"requests": self.requests, "most_at_once": self.most_at_once})(scope, receive, send)
            self.requests = self.most_at_once = 0
            return
        self.requests += 1
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            prefix, path = scope["raw_path"].decode("ascii").lstrip("/").split("/", 1)
            delay, _, shape = prefix.partition("-")
            await anyio.sleep(int(delay.removesuffix("ms")) / 1000)
            response = await self._answer(request, f"/{path}?{request.url.query}", is_huge=shape == "huge")
            await response(scope, receive, send)
        finally:
            self._under_way -= 1

    async def _answer(self, request: Request, url: str, *, is_huge: bool) -> Response:
        key = f"{is_huge} {url}"
        if request.method == "GET" and key in self._kept:
            return self._kept[key]
        headers = {name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers}
        asked = await self._inner.request(request.method, url, headers=headers, content=await request.body())
        stated = {name: value for name, value in asked.headers.items() if name in STATED}
        body = huge(asked.content) if is_huge and "/events/" in url else asked.content
        response = Response(body, asked.status_code, stated)
        if request.method == "GET":
            self._kept[key] = response
        else:
            self._kept.clear()
        return response


@dataclass(frozen=True)
class Upstream:
    """A :class:`LateSentry` that runs in a process of its own."""

    port: int

    def url(self, delay_ms: int = 0, *, is_huge: bool = False) -> str:
        """The base URL of a Sentry that answers so late."""
        return f"http://127.0.0.1:{self.port}/{delay_ms}ms{'-huge' if is_huge else ''}"

    def seen(self) -> tuple[int, int]:
        """Requests since the last look, and how many were under way at once."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/seen", timeout=5) as answer:
            counted = cast(dict[str, int], json.load(answer))
        return counted["requests"], counted["most_at_once"]


@contextmanager
def running() -> Iterator[Upstream]:
    """Start it, wait until it answers, and end it."""
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
            upstream.seen()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"the benchmark's Sentry did not start within {START_S} s")


async def _serve(port: int) -> None:
    await serve(LateSentry(), port=port)  # type: ignore[arg-type]  # any ASGI application does


if __name__ == "__main__":
    anyio.run(_serve, int(sys.argv[1]))
