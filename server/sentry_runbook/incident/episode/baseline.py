"""The usual rate: the issue's events in a stretch as long as the window, before the onset."""

from __future__ import annotations

from datetime import timedelta

from sentry_runbook.incident.metrics.timeseries import HOUR_S, between, total
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.results.impact import Baseline, Onset


def find_baseline(evidence: Evidence, onset: Onset | Unknown, events: int | None) -> Baseline | Unknown:
    """The issue's events in a stretch as long as the window, before the onset (without one: before the window).

    Args:
        evidence: its event series reaches back one window length before the window.
        onset: from :func:`.find_onset`.
        events: the window's events, for the ratio; None when unknown.

    Returns:
        Unknown when the series is, or does not reach back far enough.
    """
    window = evidence.window
    end = min(onset.at, window.end) if isinstance(onset, Onset) else window.start
    start = end - window.length
    first = evidence.issue.first_seen
    if first is not None and end <= first:
        counted: int | None = 0  # no event lies before the first one
    elif isinstance(evidence.series, Known):
        series = evidence.series.value.events
        if series.start > start + timedelta(seconds=series.step_s):
            return Unknown(why="the event series does not reach back one window length before the onset")
        counted = total(between(series, start, end))
    else:
        return Unknown(why=evidence.series.why, asked=evidence.series.asked)
    if counted is None:
        return Unknown(why="the event series holds no numbers before the onset")
    hours = window.length.total_seconds() / HOUR_S
    return Baseline(
        start=start,
        end=end,
        events=counted,
        ratio=round(events / counted, 2) if events is not None and counted else None,
        events_per_hour=round(counted / hours, 2),
    )
