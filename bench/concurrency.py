"""A hundred callers at once, as in an outage: all of one issue, and of twenty (:mod:`.incident_copies`).

Every burst meets a fresh server process whose imports and connections are warm (it has triaged another incident) and
whose response cache, with the settings of a fresh installation, knows nothing of the issues. The wait of one caller,
which a burst is compared with, is a triage with nothing cached.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from bench.bounds import ANSWER_MS, P95_MANY_ISSUES, P95_ONE_ISSUE, SAME_REQUEST, Measure
from bench.incident_copies import ISSUES, WARM_UP
from bench.server_process import NOW, Edition, ServerProcess
from bench.upstream import Statistics, Upstream
from sentry_runbook.settings import Limits

CALLERS = 100
LATENCY_MS = 100
SAMPLES_ALONE = 5


@dataclass(frozen=True)
class Burst:
    """One burst of simultaneous triages, and one caller who was alone shortly before.

    Attributes:
        alone_ms: wait of one caller, nothing cached.
        requests_alone: upstream requests of that caller.
        waits_ms: waits of all callers, shortest first.
        cpu_ms: CPU time of the server for the whole burst; None where it cannot be read.
        upstream: what the benchmark's Sentry counted.
    """

    alone_ms: float
    requests_alone: int
    waits_ms: Sequence[float]
    cpu_ms: float | None
    upstream: Statistics

    @property
    def p95_ms(self) -> float:
        """The wait that 95 % of the callers did not exceed."""
        return self.waits_ms[math.ceil(0.95 * len(self.waits_ms)) - 1]


def bursts(upstream: Upstream, editions: Sequence[Edition] = (NOW,), repeats: int = 1) -> Iterator[Measure]:
    """Waits and requests of both kinds of burst; the editions take turns. Only the present edition has bounds."""
    # The benchmark's Sentry computes each response once: before the measurement.
    with ServerProcess(NOW, upstream.url(shape="copies")) as server:
        server.triage([WARM_UP, *ISSUES])
    for issues, p95_bound in ((ISSUES[:1], P95_ONE_ISSUE), (ISSUES, P95_MANY_ISSUES)):
        called = list(islice(cycle(issues), CALLERS))
        measured: dict[Edition, list[Burst]] = {edition: [] for edition in editions}
        for _ in range(repeats):
            for edition in editions:
                measured[edition].append(burst(edition, upstream, called))
        for edition in editions:
            yield from _rows(edition, len(issues), measured[edition], p95_bound)


def burst(edition: Edition, upstream: Upstream, issues: Sequence[str], latency_ms: int = LATENCY_MS) -> Burst:
    """Triage the first of the issues alone, then all of them at once in another process."""
    url = upstream.url(latency_ms, shape="copies")
    with ServerProcess(edition, url) as server:
        server.triage([WARM_UP])
        upstream.statistics()
        alone_ms = [server.triage(issues[:1])[0] for _ in range(SAMPLES_ALONE)]
        requests_alone = upstream.statistics().requests // SAMPLES_ALONE
    with ServerProcess(edition, url, cache_s=None) as server:
        server.triage([WARM_UP])
        upstream.statistics()
        before = server.cpu_ms()
        waits_ms = server.triage(issues)
        after = server.cpu_ms()
        counted = upstream.statistics()
    cpu_ms = after - before if after is not None and before is not None else None
    return Burst(statistics.median(alone_ms), requests_alone, waits_ms, cpu_ms, counted)


def _rows(edition: Edition, issues: int, measured: Sequence[Burst], p95_bound: float) -> Iterator[Measure]:
    what = f"{CALLERS} callers of {issues} issue{'s' if issues > 1 else ''}"
    is_bound = edition is NOW
    group = f"{CALLERS} callers at once, {LATENCY_MS} ms latency" + ("" if is_bound else f", {edition.name}")
    cpu = [burst.cpu_ms / CALLERS for burst in measured if burst.cpu_ms is not None]
    requests = max(burst.upstream.requests for burst in measured)
    most_of_one_request = max(burst.upstream.most_of_one_request for burst in measured)
    most_at_once = max(burst.upstream.most_at_once for burst in measured)

    def row(name: str, value: float | None, unit: str = "", bound: float | None = None) -> Measure:
        return Measure(group, what, name, value, unit, bound if is_bound else None)

    yield row("one caller", statistics.median(burst.alone_ms for burst in measured), "ms")
    yield row("p50", statistics.median(statistics.median(burst.waits_ms) for burst in measured), "ms")
    yield row("p95", statistics.median(burst.p95_ms for burst in measured), "ms")
    ratio = statistics.median(burst.p95_ms / burst.alone_ms for burst in measured)
    yield row("p95, times one caller's", ratio, "x", p95_bound)
    yield row("longest wait", max(burst.waits_ms[-1] for burst in measured), "ms", ANSWER_MS)
    yield row("CPU per caller", statistics.median(cpu) if cpu else None, "ms")
    yield row("requests", requests)
    yield row("requests per issue", requests / issues, bound=max(burst.requests_alone for burst in measured))
    yield row("times the same request was sent", most_of_one_request, bound=SAME_REQUEST)
    yield row("requests under way at once", most_at_once, bound=Limits().concurrency)
