"""This checkout beside the project's first edition, in one run: CPU, wall times, first call, rounds and requests.

The first edition is a commit of this repository, taken out with ``git archive`` and run by the same worker with the
same packages. The editions take turns call by call, so that a busy machine is busy for both. Where the history is not
at hand (a source distribution, a shallow clone), each number says "not measured here".
"""

from __future__ import annotations

import io
import statistics
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.bounds import CPU_OF_FIRST_EDITION, NEW_REQUESTS, Measure
from bench.cases import CASES, ISSUE
from bench.cold_start import first_calls
from bench.server_process import NOW, Edition, ServerProcess
from bench.upstream import CHECKOUT, Upstream

COMMIT = "df47679"
GROUP = "beside the first edition"
TRIAGE = "triage_issue"
LATENCIES_MS = (0, 100)
WARM_UP_CALLS = 3
PROCESS_PAIRS = 3
"""CPU time differs by some percent from process to process of the same code: by where its memory happens to lie."""


@contextmanager
def checked_out(commit: str = COMMIT, repository: Path = CHECKOUT) -> Iterator[Edition | None]:
    """The first edition in a temporary folder; None where git or the commit is missing."""
    with TemporaryDirectory(prefix="first-edition-") as folder:
        archive = _archive(commit, repository)
        if archive is None:
            yield None
            return
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        yield Edition("first edition", Path(folder, "server"))


def _archive(commit: str, repository: Path) -> bytes | None:
    command = ["git", "archive", "--format=tar", commit, "server", "prompts"]
    try:
        completed = subprocess.run(command, cwd=repository, check=False, capture_output=True, timeout=60)
    except FileNotFoundError:
        return None
    return completed.stdout if completed.returncode == 0 else None


def compared(upstream: Upstream, first: Edition | None, *, calls: int, processes: int) -> list[Measure]:
    """All comparisons.

    Args:
        upstream: the benchmark's Sentry.
        first: the first edition; without it only the present one's first call is measured.
        calls: warm triages of each edition and kind.
        processes: fresh processes of each edition.
    """
    if first is None:
        return [*_not_measured(), *first_calls(upstream, (NOW,), processes)]
    return [
        *_warm(upstream, first, calls),
        *_counts(upstream, first),
        *first_calls(upstream, (first, NOW), processes),
    ]


def _not_measured() -> Iterator[Measure]:
    yield Measure(GROUP, TRIAGE, "CPU, ratio", None, "x", CPU_OF_FIRST_EDITION)
    for latency in LATENCIES_MS:
        yield Measure(GROUP, TRIAGE, f"wall at {latency} ms, ratio", None, "x")
    for case in CASES:
        yield Measure(GROUP, case.tool, "rounds", None)
        yield Measure(GROUP, case.tool, "requests", None)


def _warm(upstream: Upstream, first: Edition, calls: int) -> Iterator[Measure]:
    """Nothing is cached by the server; connections and imports are warm."""
    pairs = [pair for _ in range(PROCESS_PAIRS) for pair in _pairs(upstream.url(), first, calls, _cpu_ms)]
    yield from _compared("CPU", pairs, CPU_OF_FIRST_EDITION)
    for latency in LATENCIES_MS:
        yield from _compared(f"wall at {latency} ms", _pairs(upstream.url(latency), first, calls, _wall_ms))


def _cpu_ms(server: ServerProcess) -> float | None:
    return server.triage_cpu_ms(ISSUE)


def _wall_ms(server: ServerProcess) -> float | None:
    return server.triage([ISSUE])[0]


def _pairs(
    url: str, first: Edition, calls: int, measure: Callable[[ServerProcess], float | None]
) -> list[tuple[float | None, float | None]]:
    """That many calls of a process of each edition, which take turns."""
    with ServerProcess(first, url) as before, ServerProcess(NOW, url) as now:
        for _ in range(WARM_UP_CALLS):
            before.triage([ISSUE])
            now.triage([ISSUE])
        return [(measure(before), measure(now)) for _ in range(calls)]


def _compared(
    name: str, pairs: Sequence[tuple[float | None, float | None]], bound: float | None = None
) -> Iterator[Measure]:
    """Medians of both, and the median of the pairs' ratios."""
    known = [(first, present) for first, present in pairs if first is not None and present is not None]
    medians = [statistics.median(column) for column in zip(*known, strict=True)] or [None, None]
    ratio = statistics.median(present / first for first, present in known) if known else None
    yield Measure(GROUP, TRIAGE, f"{name}, first edition", medians[0], "ms")
    yield Measure(GROUP, TRIAGE, f"{name}, now", medians[1], "ms")
    yield Measure(GROUP, TRIAGE, f"{name}, ratio", ratio, "x", bound)


def _counts(upstream: Upstream, first: Edition) -> Iterator[Measure]:
    """Rounds and requests; the first edition's are the bound, and what it did not ask for."""
    before, now = first.counts(upstream.url()), NOW.counts(upstream.url())
    for tool, counts in now.items():
        for name, count in counts.items():
            more = NEW_REQUESTS.get(tool, 0) if name == "requests" else 0
            yield Measure(GROUP, tool, name, count, bound=before[tool][name] + more)
