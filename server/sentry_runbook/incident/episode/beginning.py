"""When an episode began, how that is known, and between which instants it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sentry_runbook.incident.episode.bursts import QUIET_S, Span
from sentry_runbook.incident.episode.cells import Cells
from sentry_runbook.incident.episode.change_point import Counts, find_step
from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.episode.later_step import later_step
from sentry_runbook.incident.metrics.timeseries import HOUR_S
from sentry_runbook.incident.model.evidence import Evidence, Series

AROUND_S = 8 * HOUR_S
"""A step and the rise before it are looked for that far around the coarse start."""
SILENT_PER_HOUR = 1.0
"""Below an event an hour an issue counts as silent: what it trickles before a jump is then its usual rate."""


@dataclass(frozen=True)
class Beginning:
    """When an episode began; seconds since the epoch.

    Attributes:
        at: the likeliest instant; earliest, latest: it lies between these.
        kind: ``first_event`` of a new issue, ``first_in_scope`` (of the environments that count), a ``step`` out of the
            usual rate, or ``running`` when the counts begin.
        usual_per_hour: before it; None when that is not known.
        days: from how many days before the usual rate is known.
        grain_s: length of a bucket that it was found in.
        is_steady: the usual rate scatters little.
    """

    at: float
    earliest: float
    latest: float
    kind: Literal["first_event", "first_in_scope", "step", "running"]
    usual_per_hour: float | None
    highest_per_hour: float
    days: int
    grain_s: int
    is_steady: bool = True


def find_beginning(evidence: Evidence, bursts: Sequence[Span], counts: EventCounts) -> Beginning:
    """When the episode of the evidence's issue with these bursts began."""
    return beginning_of(evidence.issue.first_seen, bursts, counts)


def beginning_of(first_seen: datetime | None, bursts: Sequence[Span], counts: EventCounts) -> Beginning:
    """When the episode with these bursts began, of an issue with that first event (None: not known)."""
    cells, rates, fine = counts.cells, counts.rates, counts.fine
    hour = rates.index_at(float(bursts[0].start))
    usual = rates.usual(hour, hour)
    per_hour = usual.per_hour if usual is not None else None
    highest, days = (usual.highest, usual.days) if usual is not None else (0.0, 0)
    is_steady = usual is None or usual.is_steady
    began = _first_within(first_seen, bursts)
    first = began.timestamp() if began is not None else None
    start, not_before = float(bursts[0].start), first if first is not None else float(cells.starts[0])
    jump = later_step(cells, bursts, first) if per_hour is None or per_hour < SILENT_PER_HOUR else None
    if jump is not None:
        trickle = _rate(cells, max(start, jump - 24 * HOUR_S), jump)
        return _step(cells, fine, float(jump), bursts[-1].end, (trickle, trickle, days), start)
    is_first = first is not None and start - first <= QUIET_S and first >= rates.hours.start.timestamp()
    if is_first and first is not None:
        counted = next(
            (cells.starts[i] for i, events in enumerate(cells.counts) if events and cells.ends[i] > first), first
        )
        if counted <= first:
            return Beginning(first, first, first, "first_event", 0.0, 0.0, days, 0)
        found = _step(cells, fine, float(counted), bursts[0].end, (0.0, 0.0, days), not_before)
        return Beginning(found.at, found.earliest, found.latest, "first_in_scope", 0.0, 0.0, days, found.grain_s)
    if start <= cells.starts[0]:
        return Beginning(start, start, start, "running", per_hour, highest, days, HOUR_S)
    found = _step(cells, fine, start, bursts[0].end, (per_hour, highest, days), not_before)
    return replace(found, is_steady=is_steady)


def first_event(evidence: Evidence, bursts: Sequence[Span]) -> datetime | None:
    """The issue's first event; None where it is not known, or where the counts hold events long before it.

    An issue may say a later first event than it has: one that took in another's events, or one of a shortened list.
    """
    return _first_within(evidence.issue.first_seen, bursts)


def _first_within(first_seen: datetime | None, bursts: Sequence[Span]) -> datetime | None:
    return first_seen if first_seen is not None and first_seen.timestamp() < bursts[-1].end else None


def _rate(cells: Cells, start: float, end: float) -> float:
    """Events an hour between two instants."""
    first, last = cells.first_starting_at(start), cells.first_starting_at(end)
    length = sum(cells.ends[index] - cells.starts[index] for index in range(first, last))
    return cells.events(start, end) * HOUR_S / length if length else 0.0


def _step(
    cells: Cells,
    fine: Series | None,
    start: float,
    end: float,
    usual: tuple[float | None, float, int],
    not_before: float,
) -> Beginning:
    per_hour, highest, days = usual
    counts = _counts(cells, fine, start)
    place = find_step(counts, start, end, per_hour or 0.0, highest, not_before)
    return Beginning(place.at, place.earliest, place.latest, "step", per_hour, highest, days, counts.step)


def _counts(cells: Cells, fine: Series | None, start: float) -> Counts:
    """The finest buckets around the start, up to where the counts reach."""
    until = cells.ends[-1]
    if fine is not None and fine.step_s < HOUR_S:
        first = int(fine.start.timestamp())
        if first <= start - fine.step_s:
            size = max(0, -(-(until - first) // fine.step_s))
            skipped = min(size, max(0, int(start - AROUND_S - first) // fine.step_s))
            near = fine.values[skipped : min(size, int(start + AROUND_S - first) // fine.step_s)]
            return Counts(first + skipped * fine.step_s, fine.step_s, tuple(value or 0.0 for value in near))
    size = cells.fine_from or len(cells)
    first = cells.starts[0]
    values = tuple(count or 0.0 for count in cells.counts[:size])
    if size < len(cells):
        # The hours that the fine cells hold follow, so that a step just before them has its burst behind it.
        values += tuple(_hours_after(cells, size))
    return Counts(first, HOUR_S, values)


def _hours_after(cells: Cells, first: int) -> list[float]:
    sums: dict[int, float] = {}
    for index in range(first, len(cells)):
        hour = (cells.starts[index] - cells.starts[first]) // HOUR_S
        sums[hour] = sums.get(hour, 0.0) + (cells.counts[index] or 0.0)
    return [sums.get(hour, 0.0) for hour in range(max(sums, default=-1) + 1)]
