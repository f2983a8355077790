"""What happened when: every line with its source, in UTC, in order, gaps shown.

The words are in :mod:`chronology`, the rows come from :mod:`happenings`, the turning points from :mod:`milestones`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sentry_runbook.incident.metrics.metrics import Case
from sentry_runbook.incident.model.evidence import Evidence, Missing, Stated, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.messages import (
    Interval,
    Milestone,
    MilestoneName,
    RowKind,
    TimelineGap,
    TimelineRow,
)
from sentry_runbook.incident.timeline.context import Plot
from sentry_runbook.incident.timeline.milestones import contradictions_of, intervals_of, milestones_of
from sentry_runbook.incident.timeline.models import Timeline
from sentry_runbook.incident.timeline.rows import rows_of

__all__ = [
    "Interval",
    "Milestone",
    "MilestoneName",
    "RowKind",
    "Timeline",
    "TimelineGap",
    "TimelineRow",
    "timeline",
    "timeline_of",
]

GAP = timedelta(minutes=30)
"""The runbook has an update every 30 minutes: a longer stretch of the incident without a line is a gap."""


def timeline(evidence: Evidence, stated: Stated, policy: Policy, now: datetime) -> Timeline:
    """Put what is known in order of time.

    Args:
        evidence: what was measured; its alerts, notes, releases and deploys where they were asked for.
        stated: what people said; a stated time is kept as it is, and reported when it does not fit.
        policy: thresholds.
        now: the time of reading.
    """
    return timeline_of(Plot(Case(evidence, stated, policy), now))


def timeline_of(plot: Plot) -> Timeline:
    """The timeline of an incident whose turning points may already be known."""
    rows, milestones = rows_of(plot), milestones_of(plot)
    return Timeline(
        rows=rows,
        gaps=tuple(_gaps(rows, plot)),
        milestones=milestones,
        intervals=intervals_of(milestones),
        contradictions=contradictions_of(plot, milestones),
        missing=tuple(_missing(plot)),
    )


def _gaps(rows: Sequence[TimelineRow], plot: Plot) -> Iterator[TimelineGap]:
    """Stretches without a line, while the incident was going on."""
    if plot.onset is None:
        return
    until = plot.calm_at or plot.read_at
    times = sorted({row.at for row in rows if plot.began <= row.at <= until} | {plot.began, until})
    for start, end in pairwise(times):
        if end - start > GAP:
            yield TimelineGap(start=start, end=end, minutes=int((end - start).total_seconds() // 60))


def _missing(plot: Plot) -> Iterator[Missing]:
    evidence = plot.evidence
    if plot.onset is None:
        yield Missing(what="timeline.onset", why=plot.why_no_onset)
    for what, part in (
        ("alerts", evidence.alerts),
        ("notes", evidence.notes),
        ("deploys", evidence.releases),
        ("suspect commits", evidence.suspect_commits),
        ("first unhandled event and peak", evidence.unhandled),
    ):
        if isinstance(part, Unknown):
            yield Missing(what=f"timeline: {what}", why=part.why)
