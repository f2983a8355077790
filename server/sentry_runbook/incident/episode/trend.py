"""Where the event rate is going: the last rolling hour against the one before, and apart from it against the usual.

The direction says where the rate goes, by stretches of equal length alone; how far it is from usual is ``times_usual``.
So a plateau at four times the usual is "steady, 4 x usual" (DESIGN section 5).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.incident.episode.bursts import QUIET
from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.episode.issue_counts import issue_hours
from sentry_runbook.incident.metrics.timeseries import (
    HOUR,
    HOUR_S,
    between,
    end_of,
    in_window,
    index_at,
    is_open,
    sparkline,
    time_of,
    total,
)
from sentry_runbook.incident.model.evidence import Evidence, Known, Series, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Episode, Trend


def find_trend(
    evidence: Evidence, policy: Policy, counts: EventCounts | None, episode: Episode | Unknown
) -> Trend | Unknown:
    """Compare the last rolling hour with the one before, and with the usual one.

    From the event series when it reaches from two hours ago up to now, else from the issue's clock hours, which cover
    all environments. Unknown when neither does.
    """
    now = evidence.collected_at
    usual = _usual(counts, episode, now)
    if isinstance(evidence.series, Known):
        series = evidence.series.value.events
        first = evidence.issue.first_seen
        # Before its first event an issue has none: a series that begins before it reaches far enough.
        reaches_back = series.start <= now - QUIET or (first is not None and first >= series.start)
        up_to_now = end_of(series) >= now - timedelta(minutes=5)
        if total(series) is not None and series.step_s < HOUR_S and reaches_back and up_to_now:
            return _trend_of(series, evidence, usual, policy)
    hours = issue_hours(evidence)
    if hours is not None and len(hours.values) >= 3:
        return _trend_of_clock_hours(hours, usual, policy)
    if isinstance(evidence.totals, Known) and evidence.totals.value.events == 0 and _recent(evidence):
        return Trend(direction="quiet", last_hour=0, previous_hour=0, sparkline="", note="no events in the window")
    why = evidence.series.why if isinstance(evidence.series, Unknown) else "the series does not reach up to now"
    return Unknown(why=why)


def _usual(counts: EventCounts | None, episode: Episode | Unknown, now: datetime) -> float | None:
    """Events of a usual hour at this time of day; before a trickle that jumped, what it trickled."""
    if counts is None:
        return None
    if not isinstance(episode, Episode):
        return counts.usual_per_hour(now - HOUR / 2)
    usual = counts.usual_per_hour(now - HOUR / 2, episode.began)
    return episode.usual_per_hour if not usual and episode.usual_per_hour else usual


def _recent(evidence: Evidence) -> bool:
    return evidence.window.length >= QUIET and evidence.window.end >= evidence.collected_at - timedelta(minutes=5)


def _trend_of(series: Series, evidence: Evidence, usual: float | None, policy: Policy) -> Trend:
    step = timedelta(seconds=series.step_s)
    end = min(end_of(series), time_of(series, index_at(series, evidence.collected_at)))
    last = total(between(series, end - HOUR, end)) or 0
    previous = total(between(series, end - 2 * HOUR, end - HOUR)) or 0
    shown = in_window(series, evidence.window.start, max(evidence.window.end, evidence.window.start + step))
    return _trend(last, previous, usual, policy, sparkline(shown))


def _trend_of_clock_hours(series: Series, usual: float | None, policy: Policy) -> Trend:
    """From clock hours: the last complete one against the one before; the open hour when it already holds more."""
    last = len(series.values) - 1
    if is_open(series, last) and (series.values[last] or 0) <= (series.values[last - 1] or 0):
        last -= 1
    counts = round(series.values[last] or 0), round(series.values[last - 1] or 0)
    return _trend(*counts, usual, policy, sparkline(series), "clock hours of the last day, all environments")


def _trend(last: int, previous: int, usual: float | None, policy: Policy, line: str, note: str | None = None) -> Trend:
    return Trend(
        direction=_direction(last, previous, policy),
        last_hour=last,
        previous_hour=previous,
        usual_per_hour=None if usual is None else round(usual, 1),
        times_usual=round(last / usual, 1) if usual else None,
        sparkline=line,
        note=note,
    )


def _direction(last: int, previous: int, policy: Policy) -> Literal["spiking", "steady", "declining", "quiet"]:
    """The direction (DESIGN section 5); an empty hour counts as one event: a lone one after it is no spike."""
    if last == 0 and previous == 0:
        return "quiet"
    if last >= policy.trend.spiking * max(previous, 1):
        return "spiking"
    if last * policy.trend.declining <= previous:
        return "declining"
    return "steady"
