"""What every pattern and scanner costs at its worst, as a table and as a verdict."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.cpu.hostile import derived, fixed
from tests.cpu.measuring import BOUND_MS, SIZE, Cost, dearest, slowness
from tests.cpu.patterns import is_searched, patterns
from tests.cpu.scanners import COPIES, scanners

SHORT = 2_000
"""Texts of arguments are no longer: what counts is what one costs, once."""
SHORT_MS = 10.0


def pattern_cost(name: str) -> Cost:
    """The dearest text for one pattern, searched as the product does."""
    pattern = patterns()[name]
    recipes = list(dict.fromkeys([*derived(pattern), *fixed()]))
    return dearest(name, partial(_searched if is_searched(name) else _matched, pattern), recipes)


def scanner_cost(name: str) -> Cost:
    """The dearest text for one scanner."""
    scan, most = scanners()[name]
    return dearest(name, scan, fixed(), most, COPIES.get(name, 1))


def is_too_dear(cost: Cost) -> bool:
    """Whether a text costs more than it may, on a machine as busy as this one is now."""
    allowed = BOUND_MS if cost.most > SHORT else SHORT_MS * SIZE / cost.most
    return cost.ms > allowed and cost.ms > allowed * slowness() * 2


def _searched(pattern: Any, value: str) -> object:
    found = pattern.finditer(value.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else value)
    return sum(1 for _ in found)


def _matched(pattern: Any, value: str) -> object:
    text = value.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else value
    return pattern.match(text), pattern.fullmatch(text)
