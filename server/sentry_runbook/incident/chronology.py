"""The words of a timeline: a row, a gap, a milestone, an interval.

Three kinds of rows, never mixed: ``observed`` is what Sentry recorded, ``derived`` is what we computed from it (the
source says how), ``human`` is what a person stated, here or in a note.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.incident.evidence import EventText, Frozen, Missing

RowKind = Literal["observed", "derived", "human"]
MilestoneName = Literal["started", "detected", "acknowledged", "mitigated", "recovered"]


class TimelineRow(Frozen):
    """One line of the timeline.

    Attributes:
        kind: ``observed`` (Sentry said it), ``derived`` (computed: the source says how), ``human`` (somebody stated
            it, outside Sentry or in a note).
        source: which answer of Sentry's, which computation, or who.
    """

    at: datetime
    what: EventText
    kind: RowKind
    source: EventText
    link: str | None = None


class TimelineGap(Frozen):
    """A long stretch of the incident without a line."""

    start: datetime
    end: datetime
    minutes: int


class Milestone(Frozen):
    """A turning point of the incident; without ``at`` it is unknown, and ``why`` says why.

    Attributes:
        candidate: Sentry suggests it and no person has confirmed it.
    """

    name: MilestoneName
    definition: str
    at: datetime | None = None
    kind: RowKind | None = None
    source: EventText | None = None
    candidate: bool = False
    why: EventText | None = None


class Interval(Frozen):
    """Time between two milestones, in full minutes; without ``minutes`` it is unknown, and ``why`` says why."""

    name: str
    start: MilestoneName
    end: MilestoneName
    minutes: int | None = None
    why: EventText | None = None


class Timeline(Frozen):
    """The incident's timeline.

    Attributes:
        rows: in order of time.
        contradictions: stated times that do not fit the rest, in words; nothing is moved to hide them.
        missing: kinds of rows that Sentry could not give.
    """

    rows: tuple[TimelineRow, ...]
    gaps: tuple[TimelineGap, ...] = ()
    milestones: tuple[Milestone, ...]
    intervals: tuple[Interval, ...]
    contradictions: tuple[EventText, ...] = ()
    missing: tuple[Missing, ...] = ()

    def milestone(self, name: MilestoneName) -> Milestone:
        """The milestone of that name."""
        return next(one for one in self.milestones if one.name == name)

    def between(self, start: MilestoneName, end: MilestoneName) -> timedelta | None:
        """The time from one milestone to another; None when one is unknown or they contradict each other."""
        first, last = self.milestone(start).at, self.milestone(end).at
        return last - first if first is not None and last is not None and first <= last else None
