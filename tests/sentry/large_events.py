"""Large events, and a fresh process that measures what reading one takes: ``python -m tests.sentry.large_events``.

Making and reading are two processes, for the peak of one would hide that of the other.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio

from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.evidence import event_of
from tests.sentry.upstream import ORG, Answer, Upstream, client_of

PLACE = f"{ORG}/issues/1/events/latest/"
PIECE = 65_536


def event(**parts: Any) -> bytes:
    """The body of an event with these parts."""
    return json.dumps({"id": "a" * 32, "title": "Boom", **parts}).encode()


def entry(kind: str, *values: Any) -> dict[str, Any]:
    """One entry of an event."""
    return {"type": kind, "data": {"values": list(values)}}


def frames() -> bytes:
    """300 frames with source and 60 variables each."""
    frame = {
        "filename": "a.py",
        "function": "f",
        "lineNo": 3,
        "context": [[number, "x = compute(y)"] for number in range(11)],
        "vars": {f"v{number}": "value " * 40 for number in range(60)},
    }
    return event(entries=[entry("exception", {"type": "E", "stacktrace": {"frames": [frame] * 300}})])


def tags() -> bytes:
    """10,000 tags."""
    return event(tags=[{"key": f"k{number}", "value": "v" * 480} for number in range(10_000)])


def long_breadcrumb() -> bytes:
    """A breadcrumb of almost a million lines."""
    return event(entries=[entry("breadcrumbs", {"message": "line\n" * 900_000})])


def breadcrumbs() -> bytes:
    """40,000 breadcrumbs."""
    crumb = {"timestamp": 1.5, "category": "http", "message": "m" * 30, "data": {"url": "u", "status_code": 200}}
    return event(entries=[entry("breadcrumbs", *([crumb] * 40_000))])


def variables() -> bytes:
    """5 MB of short values."""
    return event(context={f"key {number}": "value " * 8 for number in range(80_000)})


def halves() -> bytes:
    """A text of nothing but half characters, which has to be mended."""
    return event(message="\ud800" * 800_000)


KINDS: dict[str, Callable[[], bytes]] = {
    made.__name__: made for made in (frames, tags, long_breadcrumb, breadcrumbs, variables, halves)
}


def peak_mb() -> float:
    """Most memory that this process had so far.

    Linux's own count begins with the program; ``ru_maxrss`` begins with the process that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1_048_576 if sys.platform == "darwin" else 1024)


async def measure(body: Path) -> float:
    """MB more that it takes to read and look through a large event, after a small one."""

    async def pieces() -> AsyncIterator[bytes]:
        with body.open("rb") as file:  # piece by piece, as from a socket
            while piece := file.read(PIECE):
                yield piece

    answers = [Answer(body=event(entries=[entry("exception", {"type": "E"})])), Answer(pieces=pieces)]
    async with client_of(Upstream({PLACE: answers})) as client:
        assert event_of(await client.event(IssueRef("1"), "latest")).exceptions
        before = peak_mb()
        assert event_of(await client.event(IssueRef("1"), "latest")).id
        return peak_mb() - before


if __name__ == "__main__":
    sys.stdout.write(f"{anyio.run(measure, Path(sys.argv[1])):.1f}\n")
