"""When an issue's episode began, by its first event or by its counts per minute; with the bounds of what is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.bursts import Span
from sentry_runbook.incident.episode.cells import instant, make_cells
from sentry_runbook.incident.episode.change_point import Counts, find_step
from sentry_runbook.incident.episode.later_step import later_step
from sentry_runbook.incident.metrics.timeseries import HOUR, HOUR_S, end_of
from sentry_runbook.incident.model.evidence import Series
from sentry_runbook.incident.model.evidence.situation import ListedIssue, SituationEvidence
from sentry_runbook.incident.model.results.situation import BeganHow
from sentry_runbook.incident.situation.rise import UsualHours

NEAR = timedelta(minutes=3)
"""Episodes that begin so near to each other may be of one incident (DESIGN section 10)."""


@dataclass(frozen=True)
class Onset:
    """When an episode began: the likeliest instant, and between which two it surely did."""

    at: datetime
    earliest: datetime
    latest: datetime
    how: BeganHow

    def is_near(self, other: Onset) -> bool:
        """Whether both began within three minutes of each other, by the likeliest instants."""
        return abs(self.at - other.at) <= NEAR

    def may_be_near(self, other: Onset) -> bool:
        """Whether both may have: as far as the bounds allow it."""
        return max(self.earliest, other.earliest) - min(self.latest, other.latest) <= NEAR

    @property
    def is_exact(self) -> bool:
        """Whether it is known to a few minutes."""
        return self.how != "hour"


def onset_of_new(issue: ListedIssue, minutes: Series | None, evidence: SituationEvidence) -> Onset:
    """Its first event; a later jump to three times and more after a trickle (DESIGN section 5)."""
    first = issue.first_seen or evidence.window.start
    if minutes is not None:
        cells = make_cells(None, minutes, evidence.collected_at)
        span = Span(int(first.timestamp()), int(end_of(minutes).timestamp()))
        jump = later_step(cells, (span,), first.timestamp()) if len(cells) else None
        if jump is not None:
            usual = _rate(minutes, first, instant(jump))
            return _step(minutes, instant(jump), usual, usual, first, evidence)
    return Onset(first, first, first, "first_event")


def onset_of_risen(issue: ListedIssue, usual: UsualHours, minutes: Series | None, evidence: SituationEvidence) -> Onset:
    """The step out of the usual rate; the hour that holds it where no finer counts were read."""
    if minutes is not None and any(minutes.values):
        return _step(minutes, usual.since, usual.per_hour, usual.highest, minutes.start, evidence)
    hour = _first_high_hour(issue, usual)
    return Onset(hour, hour, min(hour + HOUR, evidence.window.end), "hour")


def _first_high_hour(issue: ListedIssue, usual: UsualHours) -> datetime:
    """The first hour of the episode in the list's own counts: the one under way at the window's start may hold it."""
    high = [at for at, events in issue.hourly if at + HOUR > usual.since and events > 2 * usual.highest]
    return high[0] if high else usual.since.replace(minute=0, second=0, microsecond=0)


def _step(
    minutes: Series,
    coarse: datetime,
    per_hour: float,
    highest: float,
    not_before: datetime,
    evidence: SituationEvidence,
) -> Onset:
    counts = Counts(int(minutes.start.timestamp()), minutes.step_s, tuple(value or 0.0 for value in minutes.values))
    start, end = max(coarse.timestamp(), float(counts.start)), evidence.window.end.timestamp()
    place = find_step(counts, start, end, per_hour, highest, not_before.timestamp())
    return Onset(instant(place.at), instant(place.earliest), instant(place.latest), "step")


def _rate(minutes: Series, start: datetime, end: datetime) -> float:
    """Events an hour between two instants."""
    first = max(0, int((start - minutes.start).total_seconds()) // minutes.step_s)
    last = max(first, int((end - minutes.start).total_seconds()) // minutes.step_s)
    length = (last - first) * minutes.step_s
    return sum(value or 0.0 for value in minutes.values[first:last]) * HOUR_S / length if length else 0.0
