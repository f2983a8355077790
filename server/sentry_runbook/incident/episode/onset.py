"""When the incident began: onset detection.

How to think about it: a stretch is *raised* when it holds clearly more events than usual: more than the policy's
spiking factor times the usual rate, and more than chance explains (four standard deviations of a Poisson count). The
incident is the run of raised stretches around the fullest hour of the window; more than two hours without one (the
runbook's "quiet") end a run. The first minute of the run is the onset. A new issue needs none of that: it began with
its first event.

Sources are tried from fine to coarse: the event series by minutes, Sentry's own record of a regression or escalation,
the issue's clock hours, its days. What is coarse gives an onset of low confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import median

from sentry_runbook.incident.metrics.timeseries import (
    HOUR_S,
    between,
    end_of,
    fullest_hour,
    resample,
    time_of,
    total,
)
from sentry_runbook.incident.model.evidence import Evidence, Known, Series, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Onset

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STRETCH_S = 600
"""Ten minutes are the shortest stretch that is called raised; single minutes vary too much."""
QUIET = timedelta(hours=2)
"""Quiet is two empty hours (DESIGN section 5); a shorter pause does not end an incident."""
MIN_EVENTS = 5
"""Fewer events in an hour (or on a day) are no step, whatever was usual."""
DEVIATIONS = 4
"""Standard deviations above the usual count that chance does not explain."""
CLEAR_STEP_EVENTS = 20
CLEAR_STEP_FACTOR = 10
"""A step to this many events, and to this many times the usual rate, is an onset of high confidence."""


def is_new(evidence: Evidence, policy: Policy) -> bool | None:
    """Whether the issue was first seen within the policy's hours or the window; None when first-seen is unknown."""
    first = evidence.issue.first_seen
    if first is None:
        return None
    recent = evidence.collected_at - timedelta(hours=policy.thresholds.new_within_hours)
    return first >= min(evidence.window.start, recent)


# --- onset ---------------------------------------------------------------------------------------------------------


def find_onset(evidence: Evidence, policy: Policy) -> Onset | Unknown:
    """When the incident began: the first event of a new issue, else the step in its event rate.

    An old issue's ``firstSeen`` is when the bug first occurred, not when this incident began.
    """
    if is_new(evidence, policy):
        return _first_event(evidence)
    minutes = evidence.series.value.events if isinstance(evidence.series, Known) else None
    step = None
    if minutes is not None and minutes.step_s <= HOUR_S:
        step = _step(minutes, evidence.window.start, None, policy, "the event series")
    return (
        _before_series(step, evidence, policy)
        or _recorded(evidence)
        or _before_series(_hourly(evidence, policy), evidence, policy)
        or _daily(evidence, policy)
        or Unknown(why=_no_onset(evidence, minutes))
    )


def _first_event(evidence: Evidence) -> Onset:
    first = evidence.issue.first_seen
    assert first is not None  # noqa: S101  # is_new has just read it
    if isinstance(evidence.series, Known):
        series = evidence.series.value.events
        index = next((index for index, value in enumerate(series.values) if value), None)
        first_counted = None if index is None else time_of(series, index)
        # The issue was first seen in another environment when the series, which counts the scope's, begins later.
        if first_counted is not None and first_counted > first >= series.start:
            return Onset(
                at=first_counted, how="first event in the environments that count; the issue is new", confidence="high"
            )
    return Onset(at=first, how="first event of the issue, which is new", confidence="high")


def _step(
    series: Series, window_start: datetime, usual_per_hour: float | None, policy: Policy, source: str
) -> Onset | None:
    """The start of the run of raised stretches around the window's fullest hour; None when that hour is no step.

    Args:
        series: the issue's events, from before the window on.
        window_start: where the window begins.
        usual_per_hour: events of a usual hour; None: the part of the series before the window says it.
        policy: gives the spiking factor.
        source: how the series is named in ``how``.
    """
    usual = _usual(between(series, series.start, window_start)) if usual_per_hour is None else usual_per_hour
    inside = between(series, window_start, end_of(series))
    if usual is None or total(inside) is None:
        return None
    first, most = fullest_hour(inside)
    if most < MIN_EVENTS or most <= _limit(usual, policy):
        return None
    coarse = resample(series, STRETCH_S)
    limit = _limit(usual * coarse.step_s / HOUR_S, policy)
    raised = [index for index, value in enumerate(coarse.values) if value and value > limit]
    run_start = _run_start(coarse, raised, time_of(inside, first))
    if run_start is None:
        return None
    rates = f"{most:,} events in the fullest hour, {usual:,.1f} an hour before".replace(".0 ", " ")
    if run_start == 0:
        # Raised from the first stretch on: the run may have begun before the series.
        return Onset(at=coarse.start, how=f"at or before the start of {source}: {rates}", confidence="low")
    clear = most >= CLEAR_STEP_EVENTS and most >= CLEAR_STEP_FACTOR * usual and series.step_s < HOUR_S
    return Onset(
        at=_first_minute(series, time_of(coarse, run_start), coarse.step_s),
        how=f"step in {source}: {rates}",
        confidence="high" if clear else "medium",
    )


def _usual(before: Series) -> float | None:
    """Baseline events per hour: the median of the hours; when that is 0, the mean, at most 1. None if unmeasured.

    The median is not moved by an earlier incident; the mean is for issues with less than an event an hour.
    """
    if total(before) is None:
        return None
    hours = [value for value in resample(before, HOUR_S).values if value is not None]
    return float(median(hours)) or min(sum(hours) / len(hours), 1.0)


def _limit(usual: float, policy: Policy) -> float:
    """A count above this is raised, for a stretch with ``usual`` events (theory on top)."""
    return max(policy.trend.spiking * usual, usual + DEVIATIONS * sqrt(usual))


def _run_start(coarse: Series, raised: Sequence[int], fullest: datetime) -> int | None:
    """Index of the first stretch of the run that the fullest hour is part of; None when it holds no raised stretch."""
    gap = round(QUIET.total_seconds() / coarse.step_s)
    near = [index for index in raised if fullest - HOUR < time_of(coarse, index) < fullest + HOUR]
    if not near:
        return None
    start = near[0]
    for index in reversed(raised[: raised.index(start)]):
        if start - index > gap:
            break
        start = index
    return start


def _first_minute(series: Series, at: datetime, length_s: int) -> datetime:
    """The minute from which on the rate is up, within a raised stretch and the one before it.

    Change point: the split of the minutes after which most lies above half of the highest minute (a cumulative sum
    from the end). A slow rise is followed back while its minutes hold at least half of that half.
    """
    around = between(series, at - timedelta(seconds=length_s), at + timedelta(seconds=length_s))
    values = [value or 0.0 for value in around.values]
    half = max(values) / 2
    best, start, score = 0.0, len(values) - 1, 0.0
    for index in range(len(values) - 1, -1, -1):
        score += values[index] - half
        if score > best:
            best, start = score, index
    while start > 0 and values[start - 1] and values[start - 1] >= half / 2:
        start -= 1
    return time_of(around, start)


def _before_series(step: Onset | None, evidence: Evidence, policy: Policy) -> Onset | None:
    """A run that was up when the series began started earlier: the issue's daily counts may show when."""
    if step is None or step.confidence != "low":
        return step
    return _daily(evidence, policy) or step


def _recorded(evidence: Evidence) -> Onset | None:
    """Sentry's own record that the issue came back or escalated, the first one within the window."""
    words = {"set_regression": "Sentry recorded a regression", "set_escalating": "Sentry recorded an escalation"}
    entries = [
        entry
        for entry in evidence.issue.activity
        if entry.kind in words and evidence.window.start <= entry.at <= evidence.collected_at
    ]
    first = min(entries, key=lambda entry: entry.at, default=None)
    return Onset(at=first.at, how=words[first.kind], confidence="medium") if first else None


def _hourly(evidence: Evidence, policy: Policy) -> Onset | None:
    """The step in the issue's clock hours; Sentry gives the last day of them."""
    series = issue_hours(evidence)
    usual = _usual_of_days(evidence)
    if series is None or usual is None:
        return None
    return _step(series, series.start, usual, policy, "the issue's clock hours (all environments)")


def _daily(evidence: Evidence, policy: Policy) -> Onset | None:
    """The day on which the issue's daily counts rose, when the run reaches into the last two days."""
    days = evidence.issue.daily
    usual = _usual_of_days(evidence)
    if usual is None or not days:
        return None
    limit = _limit(usual * 24, policy)
    raised = [index for index, (_, events) in enumerate(days) if events >= MIN_EVENTS and events > limit]
    if not raised or raised[-1] < len(days) - 2:
        return None
    start = raised[-1]
    while start - 1 in raised:
        start -= 1
    how = f"day on which the issue's daily counts rose (all environments): usual {usual * 24:,.0f} a day"
    return Onset(at=days[start][0], how=how, confidence="low")


def _usual_of_days(evidence: Evidence) -> float | None:
    """Events of a usual hour, by the median of the days before the last two; None with fewer than three of them."""
    days = [events for _, events in evidence.issue.daily[:-2]]
    return float(median(days)) / 24 if len(days) >= 3 else None


def _no_onset(evidence: Evidence, minutes: Series | None) -> str:
    if isinstance(evidence.series, Unknown):
        return f"the event series is not known ({evidence.series.why})"
    if minutes is None or total(minutes) is None:
        return "no counts"
    return "no step in the event rate: the issue is old and runs as usual"


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
