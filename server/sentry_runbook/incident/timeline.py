"""What happened when: every line with its source, in UTC, in order, gaps shown."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.evidence import EventText, Evidence, Frozen, Missing, Stated
from sentry_runbook.incident.policy import Policy

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
    """A long stretch without a line."""

    start: datetime
    end: datetime
    minutes: int


class Milestone(Frozen):
    """A turning point of the incident; without ``at`` it is unknown, and ``why`` says why."""

    name: MilestoneName
    definition: str
    at: datetime | None = None
    kind: RowKind | None = None
    source: EventText | None = None
    why: str | None = None


class Interval(Frozen):
    """Time between two milestones; without ``minutes`` it is unknown."""

    name: str
    start: MilestoneName
    end: MilestoneName
    minutes: int | None = None
    why: str | None = None


class Timeline(Frozen):
    """The incident's timeline."""

    rows: tuple[TimelineRow, ...]
    gaps: tuple[TimelineGap, ...] = ()
    milestones: tuple[Milestone, ...]
    intervals: tuple[Interval, ...]
    missing: tuple[Missing, ...] = ()

    def milestone(self, name: MilestoneName) -> Milestone:
        """The milestone of that name."""
        return next(one for one in self.milestones if one.name == name)


def timeline(evidence: Evidence, stated: Stated, policy: Policy, now: datetime) -> Timeline:
    """Put what is known in order of time."""
    raise NotImplementedError
