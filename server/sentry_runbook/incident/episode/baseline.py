"""The baseline: the issue's events in a stretch as long as the window, before the episode."""

from __future__ import annotations

from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.metrics.timeseries import HOUR_S
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.results.impact import Baseline, Episode


def find_baseline(
    evidence: Evidence, counts: EventCounts | None, episode: Episode | Unknown, events: int | None
) -> Baseline | Unknown:
    """The issue's events in a stretch as long as the window, before the episode (without one: before the window).

    Args:
        evidence: the window, and the issue's first event.
        counts: of the issue.
        episode: the incident.
        events: the window's events, for the ratio; None when unknown.

    Returns:
        Unknown when nothing was counted there, or the counts do not reach back far enough.
    """
    window = evidence.window
    first = evidence.issue.first_seen
    end = window.start if first is None else max(window.start, min(first, window.end))
    end = min(episode.began, window.end) if isinstance(episode, Episode) else end
    start = end - window.length
    counted = 0  # no event lies before the first one
    if first is None or end > first:
        if counts is None:
            part = evidence.series
            if isinstance(part, Known):
                return Unknown(why="no counts")
            return Unknown(why=part.why, asked=part.asked)
        bucket = counts.bucket_at(max(start, counts.starts_at))
        born_later = first is not None and first >= counts.starts_at
        if bucket is None or (not born_later and bucket[0] - start > bucket[1] - bucket[0]):
            return Unknown(why="the event counts do not reach back one window length before the episode")
        if counts.divided(end):
            # The hour in which it began holds more of the episode than of what was usual.
            return Unknown(why="only clock hours are counted, and the beginning of the episode lies inside one")
        if not counts.is_measured(max(start, counts.starts_at), end):
            return Unknown(why="the event counts hold no numbers before the episode")
        counted = counts.events(start, end)
    hours = window.length.total_seconds() / HOUR_S
    return Baseline(
        start=start,
        end=end,
        events=counted,
        ratio=round(events / counted, 2) if events is not None and counted else None,
        events_per_hour=round(counted / hours, 2),
    )
