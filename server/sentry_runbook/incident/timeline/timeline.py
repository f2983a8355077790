"""Builds the timeline: rows with sources in order of time, the gaps between them, milestones and intervals.

Rows come from :mod:`.rows` and :mod:`.activity`, turning points and contradictions from :mod:`.milestones`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sentry_runbook.incident.formatting import elapsed
from sentry_runbook.incident.metrics.timeseries import end_of, in_window
from sentry_runbook.incident.model.evidence import Evidence, Known, Missing, Unknown, quoted
from sentry_runbook.incident.model.results.messages import TimelineGap, TimelineRow
from sentry_runbook.incident.timeline.context import TimelineContext
from sentry_runbook.incident.timeline.intervals import intervals_of
from sentry_runbook.incident.timeline.milestones import contradictions_of, milestones_of
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
        intervals=intervals_of(milestones, incident.stable_since),
        over=incident.stable_since,
        contradictions=contradictions_of(incident, milestones),
        missing=tuple(_missing(incident)),
    )


def _gaps(rows: Sequence[TimelineRow], incident: TimelineContext) -> Iterator[TimelineGap]:
    """Stretches without a line and without a known event rate, while the incident was going on."""
    if incident.known_episode is None:
        return
    until = incident.stable_since or incident.read_at
    times = sorted({row.at for row in rows if incident.began <= row.at <= until} | {incident.began, until})
    for start, end in pairwise(times):
        if elapsed(start, end) > GAP and not _is_measured(incident.evidence, start, end):
            yield TimelineGap(start=start, end=end, minutes=elapsed(start, end) // timedelta(minutes=1))


def _is_measured(evidence: Evidence, start: datetime, end: datetime) -> bool:
    """Whether the event series holds every count of the stretch: then it tells what happened there."""
    if not isinstance(evidence.series, Known):
        return False
    series = evidence.series.value.events
    # Sentry's series end with the last full bucket.
    if start < series.start or end > end_of(series) + timedelta(seconds=series.step_s):
        return False
    return None not in in_window(series, start, end).values


def _missing(incident: TimelineContext) -> Iterator[Missing]:
    evidence = incident.evidence
    if incident.known_episode is None:
        yield Missing(what="timeline.onset", why=incident.why_no_onset)
    if len(evidence.projects) > 1:
        why = f"read of {quoted(evidence.projects[0])} alone, the project of the issue that began first"
        yield Missing(what="timeline: alerts, deploys and suspect commits of the other projects", why=why)
    for what, part in (
        ("alerts", evidence.alerts),
        ("first firings of the alerts", _unread_review(incident)),
        ("notes", evidence.notes),
        ("flag changes", evidence.flag_changes),
        ("deploys", incident.unknown_deploys),
        ("suspect commits", evidence.suspect_commits),
        ("first unhandled event and peak", evidence.unhandled),
    ):
        if isinstance(part, Unknown):
            yield Missing(what=f"timeline: {what}", why=part.why)


def _unread_review(incident: TimelineContext) -> Unknown | None:
    """Why alerts could not be judged against this incident; None where all were, or where nobody asked."""
    part = incident.evidence.alert_detection
    if isinstance(part, Known):
        return Unknown(why=part.note) if part.note else None
    return part
