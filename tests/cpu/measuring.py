"""Measures what a scanner costs on a hostile text: CPU time per 100,000 characters, the least of several runs.

A slow or busy machine is no fault: costs are compared with those of a plain search on the same machine at that time.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from tests.cpu.hostile import Recipe, shown, text

SIZE = 100_000
"""Characters of the longest text."""
SCREENED = 5_000
"""Characters at which all texts are tried first."""
CANDIDATES = 5
"""So many of the dearest, and of those that grow most, are measured at full length."""
BOUND_MS = 50.0
"""DESIGN 8.5: CPU that 100,000 characters may cost."""
HOPELESS_MS = 100.0
"""CPU of a short text that needs no longer one to tell."""
FAR = 4
"""So many times the bound: no need to look further."""
PLAIN_MS = 2.8
"""What :func:`slowness` measures with on an idle machine."""
STOP_S = 3.0
"""A run that takes as long is stopped: it will not become cheap."""
Scan = Callable[[str], object]


class _Stopped(BaseException):
    """Passes every handler of the code under test."""


@dataclass(frozen=True)
class Cost:
    """What a scan cost.

    Attributes:
        most: characters that its callers let through.
        scanner: its name.
        recipe: of the text.
        size: characters of the text that was too dear, else of the longest.
        ms: CPU for 100,000 characters at that rate.
        growth: cost per character there, over that at a fifth of the length; 1 is linear.
    """

    scanner: str
    recipe: Recipe
    size: int
    ms: float
    growth: float
    most: int = SIZE

    def __str__(self) -> str:
        return (
            f"{self.ms:9.1f} ms per 100 kB (×{self.growth:.1f} at {self.size:,}) {self.scanner}  {shown(self.recipe)}"
        )


def cpu_ms(scan: Scan, value: str, runs: int = 3) -> float:
    """The least CPU of some runs, in milliseconds; a run that is stopped counts as :data:`STOP_S`."""
    least = STOP_S * 1000
    for _ in range(runs):
        started = time.process_time()
        try:
            with _stopped_after(STOP_S):
                scan(value)
        except _Stopped:
            pass
        least = min(least, (time.process_time() - started) * 1000)
        if least > STOP_S * 500:
            break
    return least


@contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    # A timer of CPU time would be fairer on a busy machine, but while one runs some kernels count CPU in ticks of 4 ms.
    def stop(_: int, __: FrameType | None) -> None:
        raise _Stopped

    before: Any = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def slowness() -> float:
    """How many times slower than on an idle machine of 2026 a plain search is here and now; never below 1."""
    plain = re.compile("(?:ab|ac|ad|[xyz]b)c")
    return max(1.0, cpu_ms(plain.search, "a" * SIZE, 5) / PLAIN_MS)


def cost(scanner: str, scan: Scan, recipe: Recipe, most: int = SIZE, copies: int = 1) -> Cost:
    """The cost of one scanner on one text of ``most`` characters.

    Args:
        scanner: its name.
        scan: what is called with the text.
        recipe: of the text.
        most: characters of the text.
        copies: how often the text stands in what is scanned.
    """
    rates = [cpu_ms(scan, text(recipe, size), 3) * SIZE / size / copies for size in (min(SCREENED, most), most)]
    return Cost(scanner, recipe, most, rates[-1], rates[-1] / max(rates[0], 0.05), most)


def dearest(scanner: str, scan: Scan, recipes: Iterable[Recipe], most: int = SIZE, copies: int = 1) -> Cost:
    """The dearest of these texts: all are tried at a short length, and those that cost or grow most at full length."""
    screened = []
    longer = min(SCREENED, most)
    for recipe in recipes:
        low = cpu_ms(scan, text(recipe, longer // 5), 1) * 5
        if low > HOPELESS_MS:
            return replace(cost(scanner, scan, recipe, longer // 5, copies), most=most)
        high = cpu_ms(scan, text(recipe, longer), 1)
        if high > HOPELESS_MS:
            return replace(cost(scanner, scan, recipe, longer, copies), most=most)
        screened.append((high, high / max(low, 0.1), recipe))
    by_cost = sorted(screened, key=lambda row: row[0], reverse=True)[:CANDIDATES]
    by_growth = sorted(screened, key=lambda row: row[1], reverse=True)[:CANDIDATES]
    costs: list[Cost] = []
    for recipe in {recipe: None for _, _, recipe in (*by_cost, *by_growth)}:
        costs.append(cost(scanner, scan, recipe, most, copies))
        if costs[-1].ms > FAR * BOUND_MS:
            break
    return max(costs, key=lambda row: row.ms)
