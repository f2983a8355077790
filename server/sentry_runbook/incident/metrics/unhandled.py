"""Unhandled exceptions: bounds for the busiest clock minute, and the issue's share of the project's."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.metrics.breakdown import rounded
from sentry_runbook.incident.metrics.timeseries import MINUTE_S, busiest_minute, in_window, total
from sentry_runbook.incident.model.evidence import Evidence, Frozen, Known, Series, Unknown
from sentry_runbook.incident.model.policy import Policy


class MinutePeak(Frozen):
    """Bounds for the busiest elapsed clock minute.

    Attributes:
        at_least: lower bound.
        at_most: upper bound; equal to ``at_least`` in a series of minutes.
        at: start of the minute; None with longer buckets.
        complete: False when the minute is still open and already above the threshold.
        in_total: all events of the window.
        is_lower_bound: the series begins after the window and the issue's first event: an earlier minute may hold more.
    """

    at_least: int
    at_most: int
    at: datetime | None
    complete: bool = True
    in_total: int
    is_lower_bound: bool = False

    @property
    def exact(self) -> bool:
        """Whether the bounds meet."""
        return self.at_least == self.at_most


def minute_peak(part: Known[Series] | Unknown, evidence: Evidence, policy: Policy) -> MinutePeak | Unknown:
    """Bounds for the busiest minute of a series of unhandled events in the window; Unknown without numbers."""
    if isinstance(part, Unknown):
        return part
    series = in_window(part.value, evidence.window.start, evidence.window.end)
    in_total = total(series)
    if in_total is None:
        return Unknown(why="Sentry gave no numbers for any minute")
    if series.step_s == MINUTE_S:
        peak = busiest_minute(series, policy.thresholds.unhandled_per_minute_above)
        if peak is None:
            return Unknown(why="no minute of the window has elapsed yet")
        return MinutePeak(
            at_least=peak.value,
            at_most=peak.value,
            at=peak.at,
            complete=peak.complete,
            in_total=in_total,
            is_lower_bound=_begins_late(part.value, evidence),
        )
    # The busiest minute of a longer bucket holds at least the bucket's average and at most its sum.
    value = max(round(value) for value in series.values if value is not None)
    return MinutePeak(at_least=-(-value * MINUTE_S // series.step_s), at_most=value, at=None, in_total=in_total)


def _begins_late(series: Series, evidence: Evidence) -> bool:
    first = evidence.issue.first_seen
    begins = max(evidence.window.start, first) if first is not None else evidence.window.start
    return series.start >= begins + timedelta(minutes=1)


def share_of_project(evidence: Evidence) -> float | None:
    """This issue's share (0..1) of the project's unhandled events in the window; None when either is unknown."""
    own, project = (
        total(in_window(part.value, evidence.window.start, evidence.window.end)) if isinstance(part, Known) else None
        for part in (evidence.unhandled, evidence.project_unhandled)
    )
    if own is None or not project:
        return None
    return rounded(min(own / project, 1.0))
