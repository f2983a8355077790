"""The result type of the timeline.

Three kinds of rows, never mixed: ``observed`` is what Sentry recorded, ``derived`` is what we computed from it (the
source says how), ``human`` is what a person stated, in an argument or in a note.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.model.evidence import EventText, Frozen, Missing
from sentry_runbook.incident.model.results.messages import Interval, Milestone, MilestoneName, TimelineGap, TimelineRow
from sentry_runbook.incident.timeline.intervals import length_between


class Timeline(Frozen):
    """The incident's timeline.

    Attributes:
        rows: in order of time.
        over: when the event rate came back to the usual level; None while it is not.
        contradictions: stated times that do not fit the rest, in words; nothing is moved to hide them.
        missing: kinds of rows that Sentry could not give.
    """

    rows: tuple[TimelineRow, ...]
    gaps: tuple[TimelineGap, ...] = ()
    milestones: tuple[Milestone, ...]
    intervals: tuple[Interval, ...]
    over: datetime | None = None
    contradictions: tuple[EventText, ...] = ()
    missing: tuple[Missing, ...] = ()

    def milestone(self, name: MilestoneName) -> Milestone:
        """The milestone of that name."""
        return next(milestone for milestone in self.milestones if milestone.name == name)

    def between(self, start: MilestoneName, end: MilestoneName) -> timedelta | None:
        """The time from one milestone to another by the minutes shown; None where there is no length."""
        length = length_between(self.milestone(start), self.milestone(end), self.over)
        return None if isinstance(length, str) else length
