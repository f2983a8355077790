"""What only a fresh process shows: the first call of all, and the memory that a 5 MB event takes.

Run as a module it is that process: it calls a tool on an ordinary event twice, then on a huge one, and prints what it
saw as JSON.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import cast

import anyio

from bench.bounds import ANSWER_MS, ANY_CHARACTERS, BIG_EVENT_MB, CHARACTERS, Measure
from bench.cases import ask, compact, connected, text_of
from bench.memory import peak_mb
from bench.upstream import CHECKOUT, Upstream

TOOLS = ("get_issue", "triage_issue")


def first_calls(upstream: Upstream, repeats: int) -> list[Measure]:
    """The first triage of a server, as the first call of the day is; at 100 ms upstream latency."""
    seen = [_in_a_fresh_process("triage_issue", upstream.url(100), upstream.url()) for _ in range(repeats)]
    walls = [one["first_ms"] for one in seen if one["first_ms"] is not None]
    return [Measure("server", "triage_issue", "first call, 100 ms late", statistics.median(walls), "ms")]


def big_events(upstream: Upstream) -> list[Measure]:
    """One event of 5 MB, for the tools that read whole events."""
    found = []
    for tool in TOOLS:
        seen = _in_a_fresh_process(tool, upstream.url(), upstream.url(is_huge=True))
        most = CHARACTERS.get(tool, ANY_CHARACTERS)
        found += [
            Measure("5 MB event", tool, "wall", seen["huge_ms"], "ms", ANSWER_MS),
            Measure("5 MB event", tool, "more memory", seen["more_mb"], "MB", BIG_EVENT_MB),
            Measure("5 MB event", tool, "text", seen["text"], "characters", most),
            Measure("5 MB event", tool, "JSON", seen["json"], "characters", most),
        ]
    return found


def _in_a_fresh_process(tool: str, ordinary: str, large: str) -> Mapping[str, float | None]:
    command = [sys.executable, "-m", "bench.cold_start", tool, ordinary, large]
    done = subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, timeout=120)
    return cast(Mapping[str, float | None], json.loads(done.stdout))


async def _observe(tool: str, ordinary: str, large: str) -> dict[str, float | None]:
    async with connected(ordinary) as client:
        begun = time.perf_counter()
        await ask(client, tool, {})
        first_ms = (time.perf_counter() - begun) * 1000
        await ask(client, tool, {})
    async with connected(large) as client:
        before, begun = peak_mb(), time.perf_counter()
        result = await ask(client, tool, {})
        huge_ms, after = (time.perf_counter() - begun) * 1000, peak_mb()
    return {
        "first_ms": first_ms,
        "huge_ms": huge_ms,
        "more_mb": after - before if after is not None and before is not None else None,
        "text": len(text_of(result)),
        "json": len(compact(result.structured_content)),
    }


if __name__ == "__main__":
    _, called, url, huge_url = sys.argv
    print(json.dumps(anyio.run(_observe, called, url, huge_url)))
