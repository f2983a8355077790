"""Wall time of each tool at several upstream latencies, and its CPU time.

The real server and its HTTP client in this process, warm connections, nothing cached; the upstream is
:mod:`.upstream`, over loopback HTTP. The caller is the SDK's client, in memory: its check of each result against the
published schema is included, some 1.5 ms of a triage. (:mod:`.first_edition` measures the server's CPU time alone.)
"""

from __future__ import annotations

import gc
import statistics
import time

from mcp import Client

from bench.bounds import WALL_AT_100_MS, Measure
from bench.cases import ALL_CASES, Case, ask, connected
from bench.upstream import Upstream

LATENCIES_MS = (0, 20, 100)


async def wall_times(upstream: Upstream, repeats: int) -> list[Measure]:
    """Call every tool ``repeats`` times at every latency; medians."""
    # The command line does the same after its imports; otherwise each collection traverses the SDK's modules.
    gc.freeze()
    measures = []
    for latency in LATENCIES_MS:
        async with connected(upstream.url(latency)) as client:
            for case in ALL_CASES:
                wall, cpu = await _medians(client, case, repeats)
                bound = WALL_AT_100_MS.get(case.tool) if latency == 100 else None
                measures.append(Measure("tools", case.tool, f"{latency} ms latency", wall, "ms", bound))
                if latency == 0:
                    measures.append(Measure("tools", case.tool, "CPU", cpu, "ms"))
    return measures


async def _medians(client: Client, case: Case, repeats: int) -> tuple[float, float]:
    """Wall and CPU milliseconds; without the first call, which imports and connects."""
    walls, cpus = [], []
    for repeat in range(repeats + 1):
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        await ask(client, case.tool, case.arguments)
        if repeat:
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
        if case.undo is not None:
            await ask(client, case.tool, case.undo)
    return statistics.median(walls), statistics.median(cpus)
