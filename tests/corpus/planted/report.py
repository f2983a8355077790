"""Figures of the planted incidents: how often the planted cause stands first, and how often something is invented."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.corpus.planted.entries import Planted
from tests.corpus.planted.score import Scored, play

FOUND, QUIET = 0.95, 0.98
"""What must be reached: planted cause first, and nothing invented where nothing was planted."""


async def play_all(entries: Iterable[Planted]) -> list[Scored]:
    """Play them one after the other."""
    return [await play(entry) for entry in entries]


def part(scored: Sequence[Scored]) -> float:
    """The part that is right, 0..1; 1 of none."""
    return sum(one.is_right for one in scored) / len(scored) if scored else 1.0


def split(scored: Iterable[Scored]) -> tuple[list[Scored], list[Scored]]:
    """Those with a planted cause, and those where nothing was planted."""
    every = list(scored)
    return [one for one in every if not one.entry.expect.nothing], [one for one in every if one.entry.expect.nothing]


def figure(scored: Sequence[Scored]) -> str:
    """``57/60 (95.0 %)``."""
    right = sum(one.is_right for one in scored)
    return f"{right}/{len(scored)} ({100 * part(scored):.1f} %)" if scored else "none"


def report(scored: Sequence[Scored]) -> str:
    """The figures by kind and by half, and what was missed."""
    halves = [[one for one in scored if one.entry.held_out is held_out] for held_out in (False, True)]
    kinds = list(dict.fromkeys(one.entry.kind for one in scored))
    lines = [f"{'':<16}{'all':>18}{'development':>18}{'held out':>18}"]
    for kind in kinds:
        cells = [figure([one for one in group if one.entry.kind == kind]) for group in (scored, *halves)]
        lines.append(f"{kind:<16}" + "".join(f"{cell:>18}" for cell in cells))
    found, quiet = split(scored)
    for title, index in (("planted cause first", 0), ("nothing invented", 1)):
        cells = [figure(split(group)[index]) for group in (scored, *halves)]
        lines.append(f"{title:<20}" + "".join(f"{cell:>18}" for cell in cells))
    beside = [one for one in found if one.invented]
    lines.append(f"claimed beside the planted cause, and not planted: {len(beside)} of {len(found)}")
    for one in sorted((*found, *quiet), key=lambda one: one.is_right):
        if one.misses or one.invented:
            what = [*one.misses, *(f"invented: {text}" for text in one.invented)]
            half = "held out" if one.entry.held_out else "development"
            mark = "missed" if not one.is_right else "beside"
            lines.append(f"  {mark} [{half}] {one.entry.kind}: {one.entry.name}: {'; '.join(what)}")
    return "\n".join(lines)
