"""Builds the timeline: rows with sources in order of time, the gaps between them, milestones and intervals.

Rows come from :mod:`.rows` and :mod:`.activity`, turning points and contradictions from :mod:`.milestones`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from sentry_runbook.incident.model.evidence import Deploy, Evidence, Known, Missing, Release, Unknown
from sentry_runbook.incident.model.results.messages import TimelineGap, TimelineRow
from sentry_runbook.incident.timeline.context import TimelineContext
from sentry_runbook.incident.timeline.milestones import contradictions_of, intervals_of, milestones_of
from sentry_runbook.incident.timeline.models import Timeline
from sentry_runbook.incident.timeline.rows import rows_of

GAP = timedelta(minutes=30)
"""The runbook has an update every 30 minutes: a longer stretch of the incident without a line is a gap."""


def make_timeline(incident: TimelineContext) -> Timeline:
    """The timeline of an incident; ``missing`` names the kinds of rows that Sentry could not give."""
    rows, milestones = rows_of(incident), milestones_of(incident)
    return Timeline(
        rows=rows,
        gaps=tuple(_gaps(rows, incident)),
        milestones=milestones,
        intervals=intervals_of(milestones),
        contradictions=contradictions_of(incident, milestones),
        missing=tuple(_missing(incident)),
    )


def _gaps(rows: Sequence[TimelineRow], incident: TimelineContext) -> Iterator[TimelineGap]:
    """Stretches without a line, while the incident was going on."""
    if incident.known_onset is None:
        return
    until = incident.stable_since or incident.read_at
    times = sorted({row.at for row in rows if incident.began <= row.at <= until} | {incident.began, until})
    for start, end in pairwise(times):
        if end - start > GAP:
            yield TimelineGap(start=start, end=end, minutes=int((end - start).total_seconds() // 60))


def _deploys(evidence: Evidence) -> Known[tuple[Release, ...]] | Known[tuple[Deploy, ...]] | Unknown:
    """The part that leaves deploys unknown: the releases with theirs, else the suspect one's where they were asked."""
    asked = not isinstance(evidence.deploys, Unknown) or evidence.deploys.asked
    return evidence.deploys if isinstance(evidence.releases, Known) and asked else evidence.releases


def _missing(incident: TimelineContext) -> Iterator[Missing]:
    evidence = incident.evidence
    if incident.known_onset is None:
        yield Missing(what="timeline.onset", why=incident.why_no_onset)
    for what, part in (
        ("alerts", evidence.alerts),
        ("notes", evidence.notes),
        ("flag changes", evidence.flag_changes),
        ("deploys", _deploys(evidence)),
        ("suspect commits", evidence.suspect_commits),
        ("first unhandled event and peak", evidence.unhandled),
    ):
        if isinstance(part, Unknown):
            yield Missing(what=f"timeline: {what}", why=part.why)
