"""A step of three times or more within an episode that began out of silence: a trickle, then a jump."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from sentry_runbook.incident.episode.bursts import Span
from sentry_runbook.incident.episode.cells import Cells
from sentry_runbook.incident.metrics.timeseries import HOUR_S

FACTOR = 3.0
TRICKLE_S = HOUR_S
"""What lasted less than an hour before the jump is its first part, not a usual rate."""
LOCAL_S = 1200
"""The jump is seen in the twenty minutes on both sides of it; a slow rise is none."""
CERTAIN = 2.0
MIN_EVENTS = 10
RISING = 2.0
FEW = 3


def later_step(cells: Cells, bursts: Sequence[Span], first_event: float | None = None) -> int | None:
    """Where the rate jumped to three times and more of all that was before it in the episode; None without a jump.

    Args:
        cells: the counts.
        bursts: of the episode.
        first_event: of the issue: in the clock hour that holds it there was nothing before it.

    Returns:
        Start of the cell in which it jumped, seconds since the epoch.
    """
    began, end = _trickled_from(cells, bursts[0].start, first_event), bursts[-1].end
    events = cells.events
    highest = 0.0
    for index in range(cells.first_starting_at(bursts[0].start), cells.first_starting_at(end)):
        at, length = cells.starts[index], max(LOCAL_S, cells.ends[index] - cells.starts[index])
        after, before = events(at, at + length), events(at - length, at)
        # A slow rise by the hour looks like a jump; before a jump the rate was level.
        is_level = before <= RISING * events(at - 2 * length, at - length) + FEW
        if at - began >= TRICKLE_S and is_level and _is_jump(before, after):
            hour_after = events(at, at + HOUR_S)
            level = max(highest, events(at - HOUR_S, at))
            reached = min(HOUR_S, max(length, end - at)) / HOUR_S
            if _is_jump(level * reached, hour_after):
                return at
        highest = max(highest, events(at - HOUR_S, at))
    return None


def _trickled_from(cells: Cells, start: int, first_event: float | None) -> float:
    """From when on the trickle is known to have lasted: of a cell as long as an hour its events may fill the end."""
    index = cells.first_starting_at(start)
    is_long = index < len(cells) and cells.ends[index] - cells.starts[index] > LOCAL_S
    return max(start, first_event) if is_long and first_event is not None else start


def _is_jump(before: float, after: float) -> bool:
    """Whether a count is three times another, beyond chance."""
    return after >= MIN_EVENTS and after - CERTAIN * sqrt(after) > FACTOR * before
