"""Renders the measures for the terminal: a table of the tools, then lists by group, with bounds and ✓ or ✗."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bench.bounds import Measure


def rendered(measures: Sequence[Measure]) -> str:
    """All measures as plain text."""
    tools = [measure for measure in measures if measure.group == "tools"]
    others = [measure for measure in measures if measure.group != "tools"]
    parts = [_matrix(tools)] if tools else []
    for group, rows in groupby(others, key=lambda measure: measure.group):
        parts.append("\n".join([group, *_aligned([(f"  {m.what}", m.name, cell(m)) for m in rows])]))
    return "\n\n".join([*parts, _verdict(measures)]) + "\n"


def cell(measure: Measure) -> str:
    """The number, its bound if any, and whether it holds: ``231 ms ≤ 260 ✓``."""
    if measure.value is None:
        return "not measured here"
    text = f"{number(measure.value)} {measure.unit}".strip()
    if measure.bound is None:
        return text
    return f"{text} ≤ {number(measure.bound)} {'✓' if measure.within else '✗'}"


def number(value: float) -> str:
    """Three significant digits; integers in full."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _matrix(tools: Sequence[Measure]) -> str:
    names = list(dict.fromkeys(measure.name for measure in tools))
    units = {measure.name: measure.unit for measure in tools}
    by_cell = {(measure.what, measure.name): measure for measure in tools}
    rows = [("tools", *(f"{name} ({units[name]})" if units[name] else name for name in names))]
    for tool in dict.fromkeys(measure.what for measure in tools):
        cells = [by_cell.get((tool, name)) for name in names]
        rows.append((f"  {tool}", *(_plain(measure) if measure else "" for measure in cells)))
    return "\n".join(_aligned(rows))


def _plain(measure: Measure) -> str:
    """A cell whose unit is in the heading."""
    return cell(Measure(measure.group, measure.what, measure.name, measure.value, "", measure.bound))


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _verdict(measures: Sequence[Measure]) -> str:
    broken = [measure for measure in measures if measure.within is False]
    kept = sum(measure.within is True for measure in measures)
    if not broken:
        return f"All {kept} bounds hold."
    names = "; ".join(f"{measure.what}, {measure.name}: {cell(measure)}" for measure in broken)
    return f"{kept} bounds hold, {len(broken)} broken: {names}."
