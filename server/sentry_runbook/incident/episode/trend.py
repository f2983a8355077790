"""Where the event rate is going: the last rolling hour against the one before and the usual rate (DESIGN section 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sentry_runbook.incident.episode.onset import HOUR, QUIET, issue_hours
from sentry_runbook.incident.metrics.timeseries import (
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
from sentry_runbook.incident.model.results.impact import Baseline, Trend


def find_trend(evidence: Evidence, policy: Policy, baseline: Baseline | Unknown) -> Trend | Unknown:
    """Compare the last rolling hour with the one before and with the baseline.

    From the event series when it reaches from two hours ago up to now, else from the issue's clock hours, which cover
    all environments. Unknown when neither does.
    """
    usual = baseline.events_per_hour if isinstance(baseline, Baseline) else None
    now = evidence.collected_at
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


def _recent(evidence: Evidence) -> bool:
    return evidence.window.length >= QUIET and evidence.window.end >= evidence.collected_at - timedelta(minutes=5)


def _trend_of(series: Series, evidence: Evidence, usual: float | None, policy: Policy) -> Trend:
    step = timedelta(seconds=series.step_s)
    end = min(end_of(series), time_of(series, index_at(series, evidence.collected_at)))
    last = total(between(series, end - HOUR, end)) or 0
    previous = total(between(series, end - 2 * HOUR, end - HOUR)) or 0
    shown = in_window(series, evidence.window.start, max(evidence.window.end, evidence.window.start + step))
    direction, by_usual = _direction(last, previous, usual, policy)
    return Trend(
        direction=direction,
        last_hour=last,
        previous_hour=previous,
        usual_per_hour=usual if by_usual else None,
        sparkline=sparkline(shown),
    )


def _trend_of_clock_hours(series: Series, usual: float | None, policy: Policy) -> Trend:
    """From clock hours: the last complete one against the one before; the open hour when it already holds more."""
    last = len(series.values) - 1
    if is_open(series, last) and (series.values[last] or 0) <= (series.values[last - 1] or 0):
        last -= 1
    counts = round(series.values[last] or 0), round(series.values[last - 1] or 0)
    direction, by_usual = _direction(*counts, usual, policy)
    return Trend(
        direction=direction,
        last_hour=counts[0],
        previous_hour=counts[1],
        usual_per_hour=usual if by_usual else None,
        sparkline=sparkline(series),
        note="clock hours of the last day, all environments",
    )


def _direction(
    last: int, previous: int, usual: float | None, policy: Policy
) -> tuple[Literal["spiking", "steady", "declining", "quiet"], bool]:
    """The direction (DESIGN section 5), and whether it rests on the usual rate.

    An empty hour counts as one event, so that a lone event after a quiet hour is no spike.
    """
    if last == 0 and previous == 0:
        return "quiet", False
    if last >= policy.trend.spiking * max(previous, 1):
        return "spiking", False
    if last * policy.trend.declining <= previous:
        return "declining", False
    if usual is not None and last >= policy.trend.spiking * max(usual, 1):
        return "spiking", True
    return "steady", False
