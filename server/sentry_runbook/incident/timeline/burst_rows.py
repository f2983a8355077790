"""Rows for the bursts of an incident that came in waves: begin, peak and end of each, and the pauses between them.

One burst has its rows already: the onset, the peak, and the return to the usual rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from sentry_runbook.incident.episode.episode import Burst
from sentry_runbook.incident.formatting import briefly, clock_time, count, elapsed
from sentry_runbook.incident.model.results.messages import TimelineRow
from sentry_runbook.incident.timeline.activity import timeline_row
from sentry_runbook.incident.timeline.context import TimelineContext

MOST_BURSTS = 6
"""Of more bursts the first and the last ones have rows of their own, those between them one together."""
SOURCE = "bursts of the event series"


def burst_rows(incident: TimelineContext, bursts: Sequence[Burst]) -> Iterator[TimelineRow]:
    """The rows of the bursts, which are in order of time; none for fewer than two."""
    if len(bursts) < 2:
        return
    total, half = len(bursts), MOST_BURSTS // 2
    pauses = [None, *(_pause(before, after) for before, after in pairwise(bursts))]
    left_out = range(half, total - half) if total > MOST_BURSTS else range(0)
    for number, (burst, pause) in enumerate(zip(bursts, pauses, strict=True)):
        if number not in left_out:
            yield from _rows(incident, burst, f"Burst {number + 1} of {total}", pause)
    if left_out:
        between = bursts[left_out.start : left_out.stop]
        events = count(sum(burst.events for burst in between), "event")
        what = f"{count(len(between), 'more burst')}, {events} in all, before burst {left_out.stop + 1} of {total}"
        yield timeline_row(incident, between[0].began, what, SOURCE, "derived")


def _pause(before: Burst, after: Burst) -> timedelta | None:
    return None if before.ended is None else elapsed(before.ended, after.began)


def _rows(incident: TimelineContext, burst: Burst, name: str, pause: timedelta | None) -> Iterator[TimelineRow]:
    after = "" if pause is None else f" after a pause of {briefly(pause)}"
    yield timeline_row(incident, burst.began, f"{name} began{after}", SOURCE, "derived")
    peak = f"{name}: peak, {count(burst.peak_per_hour, 'event')} in the hour from {clock_time(burst.peak_at)}"
    yield timeline_row(incident, max(burst.peak_at, burst.began), peak, SOURCE, "derived")
    if burst.ended is not None:
        length = briefly(elapsed(burst.began, burst.ended))
        end = f"{name} ended after {length}, {count(burst.events, 'event')}"
        yield timeline_row(incident, burst.ended, end, SOURCE, "derived")
