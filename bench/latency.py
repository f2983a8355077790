"""Wall time of each tool at several upstream latencies, and what a call costs in CPU.

The real server and its HTTP client in this process, a warm connection, nothing cached; the upstream is
:mod:`bench.upstream`, over loopback HTTP. The caller is the SDK's client, in memory: that it checks each answer against
the published schema is part of the time, some three milliseconds of a triage.
"""

from __future__ import annotations

import gc
import statistics
import time

from mcp import Client

from bench.bounds import WALL_AT_100_MS, Measure
from bench.cases import CASES, Case, ask, connected
from bench.upstream import Upstream

LATENCIES_MS = (0, 20, 100)


async def wall_times(upstream: Upstream, repeats: int) -> list[Measure]:
    """Call every tool so often at every latency; medians."""
    # As the command line does once all is imported; else the collector searches the SDK's modules again and again.
    gc.freeze()
    found = []
    for latency in LATENCIES_MS:
        async with connected(upstream.url(latency)) as client:
            for case in CASES:
                wall, cpu = await _median(client, case, repeats)
                bound = WALL_AT_100_MS.get(case.tool) if latency == 100 else None
                found.append(Measure("tools", case.tool, f"{latency} ms late", wall, "ms", bound))
                if latency == 0:
                    found.append(Measure("tools", case.tool, "CPU", cpu, "ms"))
    return found


async def _median(client: Client, case: Case, repeats: int) -> tuple[float, float]:
    """Wall and CPU milliseconds; the first call, which imports and connects, is not among them."""
    walls, cpus = [], []
    for number in range(repeats + 1):
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        await ask(client, case.tool, case.arguments)
        if number:
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
        if case.undo is not None:
            await ask(client, case.tool, case.undo)
    return statistics.median(walls), statistics.median(cpus)
