"""The event series that rates up to the time of reading are taken from."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.episode.issue_counts import issue_hours
from sentry_runbook.incident.metrics.timeseries import HOUR_S, between, end_of, total
from sentry_runbook.incident.model.evidence import Evidence, Known, Series

CLOCK_HOURS = "counted in clock hours, over all environments"


def finest_series(evidence: Evidence, now: datetime) -> tuple[Series | None, tuple[str, ...]]:
    """The finest event series that reaches up to ``now``, cut there, and what limits it; None when there is none."""
    if isinstance(evidence.series, Known):
        series = evidence.series.value.events
        # Sentry's series end with the last full bucket, and collecting takes a moment.
        up_to_now = end_of(series) >= now - timedelta(seconds=max(300, series.step_s))
        if series.step_s <= HOUR_S and up_to_now and total(series) is not None:
            return between(series, series.start, now), ()
    hours = issue_hours(evidence)
    return (between(hours, hours.start, now), (CLOCK_HOURS,)) if hours is not None else (None, ())
