"""The issue's own counts, which Sentry sends with the issue: 25 clock hours and 31 days, over all environments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sentry_runbook.incident.metrics.timeseries import HOUR, HOUR_S, between, end_of, resample, total
from sentry_runbook.incident.model.evidence import Evidence, Known, Series

DAY = timedelta(days=1)
PADDED_HOURS = 8 * 24
"""A week and a day: as far back as a usual rate looks."""


def issue_hours(evidence: Evidence) -> Series | None:
    """The issue's own hourly counts (all environments) as a series; None when Sentry gave none, or not every hour."""
    return _issue_series(evidence.issue.hourly, HOUR, evidence)


def issue_days(evidence: Evidence) -> Series | None:
    """The issue's own daily counts (all environments) as a series; None when Sentry gave none, or not every day."""
    return _issue_series(evidence.issue.daily, DAY, evidence)


def _issue_series(buckets: Sequence[tuple[datetime, int]], step: timedelta, evidence: Evidence) -> Series | None:
    if not buckets or any(later - earlier != step for (earlier, _), (later, _) in pairwise(buckets)):
        return None
    return Series(
        start=buckets[0][0],
        step_s=round(step.total_seconds()),
        values=tuple(float(events) for _, events in buckets),
        complete_until=evidence.collected_at,
    )


def history_of(evidence: Evidence, now: datetime) -> Series | None:
    """Events per clock hour up to ``now``, from the best that there is; a week longer where the issue is younger.

    The history that was asked for; else the event series by the hour; else the issue's own hours. Where the last two
    do not tell what was usual, the issue's own days do, each hour with its share of the day. None without any counts.
    """
    if isinstance(evidence.history, Known) and evidence.history.value.step_s == HOUR_S:
        hours: Series | None = evidence.history.value
    else:
        hours = _hours_of_the_series(evidence) or issue_hours(evidence)
        hours = after_days(hours, issue_days(evidence))
    if hours is None or total(hours) is None:
        return None
    return before_birth(between(hours, hours.start, now), evidence.issue.first_seen)


def _hours_of_the_series(evidence: Evidence) -> Series | None:
    """The event series by clock hours; None when there is none, or its buckets are longer."""
    if not isinstance(evidence.series, Known) or evidence.series.value.events.step_s > HOUR_S:
        return None
    series = evidence.series.value.events
    start = series.start.replace(minute=0, second=0, microsecond=0)
    if start < series.start:
        start += HOUR
    # An hour that the series does not hold to its end would look emptier than it was.
    full = (end_of(series) - start) // HOUR
    whole = between(series, start, start + full * HOUR)
    return resample(whole, HOUR_S) if whole.values else None


def after_days(hours: Series | None, days: Series | None) -> Series | None:
    """Hours, and before them the days that they do not cover, by the hour."""
    if days is None or hours is None:
        return hours
    before = between(days, days.start, hours.start - DAY + timedelta(seconds=1))
    end = before.start + DAY * len(before.values)
    if not before.values or (hours.start - end) % HOUR:
        return hours
    spread = [None if value is None else value / 24 for value in before.values for _ in range(24)]
    gap = [None] * ((hours.start - end) // HOUR)
    return hours.model_copy(update={"start": before.start, "values": (*spread, *gap, *hours.values)})


def before_birth(hours: Series, first_seen: datetime | None) -> Series:
    """The hours with empty ones of a week before the first event, where they reach back to it: it had none before."""
    if first_seen is None or first_seen < hours.start or not hours.values:
        return hours
    known = max(0, (first_seen - hours.start) // HOUR)
    missing = max(0, PADDED_HOURS - known)
    values = (*[0.0] * (missing + known), *hours.values[known:]) if missing else hours.values
    return hours.model_copy(update={"start": hours.start - missing * HOUR, "values": values})
