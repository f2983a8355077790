"""Whether another issue of the project rose with this incident, as far as counts of the whole window tell.

How to think about it: an issue with fifteen errors an hour all day has most of the day's errors, and nothing to do with
sessions that crash since an hour. Of the neighbours Sentry tells one sum for the window, and of the project a series:
what the project had before the onset bounds what a neighbour can have had then, and so what it has had since.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.timeseries import between, in_window
from sentry_runbook.incident.model.evidence import Evidence, IssueShare, Known, Series, Unknown
from sentry_runbook.incident.model.results.impact import Episode

AT_ONCE = timedelta(minutes=3)
"""Issues whose first events lie so near to each other began together (DESIGN section 10)."""
GAPS = 7
"""Of its mean gap between two events: a longer silence from the window's start on is chance once in a thousand."""


def figure_came_with_it(incident: Measurements, decided_by: str) -> bool | None:
    """Whether the project-wide figure is of this incident; False when it was as bad before, None when not known."""
    if not isinstance(incident.episode, Episode):
        return None
    if decided_by == "crash_free":
        change = incident.crash_free_change
        if change is None:
            return None
        return change.fell and change.before.pct >= incident.policy.thresholds.crash_free_below_pct
    at = None if isinstance(incident.project_peak, Unknown) else incident.project_peak.at
    return None if at is None else at >= _onset(incident.episode)


def rose_more(incident: Measurements, row: IssueShare) -> bool | None:
    """Whether another issue rose more than this one since the onset; None when not known.

    Args:
        incident: this one.
        row: the other issue, which has more events in the window than this one.
    """
    evidence, episode = incident.evidence, incident.episode
    if not isinstance(episode, Episode):
        return None
    onset, window = _onset(episode), evidence.window
    if began_in_window(evidence, row, onset):
        # All of it is of this time; the caller asks of issues with more events than this one.
        return True
    whole = _parts(evidence.project_unhandled, evidence, onset)
    own = _parts(evidence.unhandled, evidence, onset)
    if whole is None or own is None or onset - window.start <= AT_ONCE:
        return None
    # What it had in the time before it would have had since at the same rate.
    again = 1 + (window.end - onset) / (onset - window.start)
    own_rise = sum(own) - own[0] * again
    others_before, others_since = (max(all_ - mine, 0.0) for all_, mine in zip(whole, own, strict=True))
    most_before = min(others_before, row.events)
    least_before = min(max(row.events - others_since, 0.0), most_before)
    if row.events - most_before * again > own_rise:
        return True
    return None if row.events - least_before * again > own_rise else False


def began_in_window(evidence: Evidence, row: IssueShare, at: datetime) -> bool:
    """Whether an issue's first event of the window lies at this instant or later, and is not one of many before it."""
    window = evidence.window
    if row.began is None or row.began < at or not row.events:
        return False
    mean_gap = (window.end - row.began) / row.events
    return row.began - window.start > max(AT_ONCE, GAPS * mean_gap)


def _onset(episode: Episode) -> datetime:
    return episode.began_earliest - AT_ONCE


def _parts(part: Known[Series] | Unknown, evidence: Evidence, onset: datetime) -> tuple[float, float] | None:
    """Events of the window before the onset and since it; None where a bucket was not measured."""
    if isinstance(part, Unknown):
        return None
    series = in_window(part.value, evidence.window.start, evidence.window.end)
    values = [value for value in series.values if value is not None]
    if not values or len(values) < len(series.values):
        return None
    before = sum(value or 0.0 for value in between(series, series.start, onset).values)
    return before, sum(values) - before
