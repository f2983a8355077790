"""What ``review_alerts`` costs with 5, 50 and 500 alerts: rounds, requests, characters, CPU."""

from __future__ import annotations

import gc
import statistics
import time

import httpx
from mcp import Client

from bench import many_alerts
from bench.bounds import CHARACTERS, REVIEW_ROUNDS, Measure
from bench.cases import ask, compact, connected, text_of
from bench.rounds import RoundCountingTransport
from bench.upstream import Upstream
from sentry_runbook.simulator.app import create_app

TOOL = "review_alerts"


async def counted() -> list[Measure]:
    """Counts of one call each, in front of the embedded Sentry in this process."""
    measures = []
    for size in many_alerts.SIZES:
        upstream = RoundCountingTransport(httpx.ASGITransport(create_app(many_alerts.world(size))))
        async with connected("http://localhost", http_transport=upstream) as client:
            result = await ask(client, TOOL, {})
        what = f"{size} alerts"
        measures += [
            Measure(TOOL, what, "rounds", upstream.rounds, bound=REVIEW_ROUNDS.get(size)),
            Measure(TOOL, what, "requests", len(upstream.requests)),
            Measure(TOOL, what, "text", len(text_of(result)), "characters", CHARACTERS[TOOL]),
            Measure(TOOL, what, "JSON", len(compact(result.structured_content)), "characters", CHARACTERS[TOOL]),
        ]
    return measures


async def cpu_times(upstream: Upstream, repeats: int) -> list[Measure]:
    """CPU of a warm call, the embedded Sentry in another process: medians."""
    measures = []
    for size in many_alerts.SIZES:
        async with connected(upstream.url(shape=f"alerts{size}")) as client:
            times = [await _cpu(client) for _ in range(repeats + 1)][1:]
        measures.append(Measure(TOOL, f"{size} alerts", "CPU", statistics.median(times), "ms"))
    return measures


async def _cpu(client: Client) -> float:
    gc.collect()
    start = time.process_time()
    await ask(client, TOOL, {})
    return (time.process_time() - start) * 1000
