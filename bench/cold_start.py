"""What only a fresh process shows: its first triage, and the additional memory for an event of 5 MB.

Run as a module it is the process of the latter: it calls a tool on an ordinary event first, then on a large one, and
prints the measurements as JSON.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import cast

import anyio

from bench.bounds import ANSWER_MS, ANY_CHARACTERS, CHARACTERS, FIRST_TO_WARM, LARGE_EVENT_MB, Measure
from bench.cases import ISSUE, ask, compact, connected, text_of
from bench.memory import peak_mb
from bench.server_process import NOW, Edition, ServerProcess
from bench.upstream import CHECKOUT, Upstream

TOOLS = ("get_issue", "triage_issue")
WARM_CALLS = 3


def first_calls(upstream: Upstream, editions: tuple[Edition, ...], processes: int) -> Iterator[Measure]:
    """The first triage of a fresh process, at 100 ms latency, in times of the same process's warm ones."""
    url = upstream.url(100)
    ratios: dict[Edition, list[tuple[float, float]]] = {edition: [] for edition in editions}
    for _ in range(processes):
        for edition in editions:
            with ServerProcess(edition, url) as server:
                first_ms = server.triage([ISSUE])[0]
                warm_ms = statistics.median(server.triage([ISSUE])[0] for _ in range(WARM_CALLS))
                ratios[edition].append((first_ms, warm_ms))
    for edition, pairs in ratios.items():
        ratio = statistics.median(first_ms / warm_ms for first_ms, warm_ms in pairs)
        bound = FIRST_TO_WARM if edition is NOW else None
        first_ms = statistics.median(first_ms for first_ms, _ in pairs)
        yield Measure(
            "first call of a process, 100 ms latency", "triage_issue", f"first call, {edition.name}", first_ms, "ms"
        )
        yield Measure(
            "first call of a process, 100 ms latency",
            "triage_issue",
            f"first call, times a warm one, {edition.name}",
            ratio,
            "x",
            bound,
        )


def large_events(upstream: Upstream) -> list[Measure]:
    """One event of 5 MB, for the tools that read whole events."""
    measures = []
    for tool in TOOLS:
        measured = _in_a_fresh_process(tool, upstream.url(), upstream.url(shape="large"))
        characters = CHARACTERS.get(tool, ANY_CHARACTERS)
        measures += [
            Measure("5 MB event", tool, "wall", measured["wall_ms"], "ms", ANSWER_MS),
            Measure("5 MB event", tool, "additional memory", measured["additional_mb"], "MB", LARGE_EVENT_MB),
            Measure("5 MB event", tool, "text", measured["text"], "characters", characters),
            Measure("5 MB event", tool, "JSON", measured["json"], "characters", characters),
        ]
    return measures


def _in_a_fresh_process(tool: str, ordinary: str, large: str) -> Mapping[str, float | None]:
    command = [sys.executable, "-m", "bench.cold_start", tool, ordinary, large]
    completed = subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, timeout=120)
    return cast(Mapping[str, float | None], json.loads(completed.stdout))


async def _measure(tool: str, ordinary: str, large: str) -> dict[str, float | None]:
    async with connected(ordinary) as client:
        for _ in range(2):  # imports and connections
            await ask(client, tool, {})
    async with connected(large) as client:
        before, started = peak_mb(), time.perf_counter()
        result = await ask(client, tool, {})
        wall_ms, after = (time.perf_counter() - started) * 1000, peak_mb()
    return {
        "wall_ms": wall_ms,
        "additional_mb": after - before if after is not None and before is not None else None,
        "text": len(text_of(result)),
        "json": len(compact(result.structured_content)),
    }


if __name__ == "__main__":
    _, called_tool, ordinary_url, large_url = sys.argv
    print(json.dumps(anyio.run(_measure, called_tool, ordinary_url, large_url)))
