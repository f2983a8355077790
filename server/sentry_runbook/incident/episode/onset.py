"""When the incident began, what was usual before, and where it goes now.

How to think about it: an hour is *raised* when it holds clearly more than is usual: more than the policy's spiking
factor, and more than chance explains (four standard deviations of a count). The incident is the run of raised
stretches around the fullest hour; a gap of two empty hours (the runbook's "quiet") ends a run. The first minute of the
run is the onset. An issue that is new needs none of that: it began with its first event.
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
STRETCH_S = 600
"""Minutes are too noisy to be called raised one by one; ten of them are not."""
QUIET = timedelta(hours=2)
"""DESIGN §5: quiet is two empty hours; a shorter lull does not end an incident."""
FEWEST = 5
"""Fewer events in an hour are no step, whatever was before."""


def is_new(evidence: Evidence, policy: Policy) -> bool | None:
    """Whether the issue was first seen within the policy's hours or within the window; None when that is unknown."""
    first = evidence.issue.first_seen
    if first is None:
        return None
    recent = evidence.collected_at - timedelta(hours=policy.thresholds.new_within_hours)
    return first >= min(evidence.window.start, recent)


# --- onset ---------------------------------------------------------------------------------------------------------


def find_onset(evidence: Evidence, policy: Policy) -> Onset | Unknown:
    """When the incident began: the first event of a new issue, else the step in the series.

    An old issue's ``firstSeen`` is when somebody first met the bug, not when this incident began.
    """
    if is_new(evidence, policy):
        return _first_event(evidence)
    minutes = evidence.series.value.events if isinstance(evidence.series, Known) else None
    found = None
    if minutes is not None and minutes.step_s <= HOUR_S:
        found = _step(minutes, evidence.window.start, None, policy, "the event series")
    return (
        _before_series(found, evidence, policy)
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
        seen = None if index is None else time_of(series, index)
        if seen is not None and seen > first >= series.start:
            return Onset(at=seen, how="first event in the environments that count; the issue is new", confidence="high")
    return Onset(at=first, how="first event of the issue, which is new", confidence="high")


def _step(
    series: Series, window_start: datetime, usual_per_hour: float | None, policy: Policy, where: str
) -> Onset | None:
    """The start of the run of raised stretches around the window's fullest hour."""
    before = between(series, series.start, window_start)
    usual = _usual(before) if usual_per_hour is None else usual_per_hour
    inside = between(series, window_start, end_of(series))
    if usual is None or total(inside) is None:
        return None
    first, most = fullest_hour(inside)
    if most < FEWEST or most <= _limit(usual, policy):
        return None
    coarse = resample(series, STRETCH_S) if series.step_s < STRETCH_S else series
    limit = _limit(usual * coarse.step_s / HOUR_S, policy)
    raised = [index for index, value in enumerate(coarse.values) if value and value > limit]
    fullest = time_of(inside, first)
    at = _run_start(coarse, raised, fullest)
    if at is None:
        return None
    times = f"{most:,} events in the fullest hour, {usual:,.1f} an hour before".replace(".0 ", " ")
    if at == 0:
        return Onset(at=coarse.start, how=f"at or before the start of {where}: {times}", confidence="low")
    return Onset(
        at=_first_minute(series, time_of(coarse, at), coarse.step_s),
        how=f"step in {where}: {times}",
        confidence="high" if most >= 20 and most >= 10 * max(usual, 1) and series.step_s < HOUR_S else "medium",
    )


def _usual(before: Series) -> float | None:
    """Events of a usual hour: the median, which an earlier incident does not move; for rare events the mean."""
    if total(before) is None:
        return None
    size = max(1, HOUR_S // before.step_s)
    sums = [value for value in resample(before, size * before.step_s).values if value is not None]
    middle = float(median(sums))
    return middle or min(sum(sums) / len(sums), 1.0)


def _limit(usual: float, policy: Policy) -> float:
    return max(policy.trend.spiking * usual, usual + 4 * sqrt(usual))


def _run_start(coarse: Series, raised: Sequence[int], fullest: datetime) -> int | None:
    """The first stretch of the run that the fullest hour belongs to."""
    gap = max(1, round(QUIET.total_seconds() / coarse.step_s))
    inside = [index for index in raised if fullest - HOUR < time_of(coarse, index) < fullest + HOUR]
    if not inside:
        return None
    start = inside[0]
    for index in reversed(raised[: raised.index(start)]):
        if start - index > gap:
            break
        start = index
    return start


def _first_minute(series: Series, at: datetime, length_s: int) -> datetime:
    """The minute of a raised stretch (or the one before it) from which on the rate is up."""
    around = between(series, at - timedelta(seconds=length_s), at + timedelta(seconds=length_s))
    values = [value or 0.0 for value in around.values]
    middle = max(values, default=0.0) / 2
    best, start, score = 0.0, len(values) - 1, 0.0
    for index in range(len(values) - 1, -1, -1):
        score += values[index] - middle
        if score > best:
            best, start = score, index
    while start > 0 and values[start - 1] and values[start - 1] >= middle / 2:
        start -= 1
    return time_of(around, start) if values else at


def _before_series(found: Onset | None, evidence: Evidence, policy: Policy) -> Onset | None:
    """A run that was up when the series began started earlier: the coarser counts of the issue may know when."""
    if found is None or found.confidence != "low":
        return found
    return _daily(evidence, policy) or found


def _recorded(evidence: Evidence) -> Onset | None:
    """Sentry's own record that the issue came back or escalated, within the window."""
    words = {"set_regression": "Sentry recorded a regression", "set_escalating": "Sentry recorded an escalation"}
    entries = [
        entry
        for entry in evidence.issue.activity
        if entry.kind in words and evidence.window.start <= entry.at <= evidence.collected_at
    ]
    first = min(entries, key=lambda entry: entry.at, default=None)
    return Onset(at=first.at, how=words[first.kind], confidence="medium") if first else None


def _hourly(evidence: Evidence, policy: Policy) -> Onset | None:
    series = issue_hours(evidence)
    usual = _usual_of_days(evidence)
    if series is None or usual is None:
        return None
    return _step(series, series.start, usual, policy, "the issue's clock hours (all environments)")


def _daily(evidence: Evidence, policy: Policy) -> Onset | None:
    """The day on which the issue's daily counts rose; the last two days are the ones in question."""
    days = evidence.issue.daily
    usual = _usual_of_days(evidence)
    if usual is None or not days:
        return None
    limit = _limit(usual * 24, policy)
    raised = [index for index, (_, events) in enumerate(days) if events >= FEWEST and events > limit]
    if not raised or raised[-1] < len(days) - 2:
        return None
    start = raised[-1]
    while start - 1 in raised:
        start -= 1
    how = f"day on which the issue's daily counts rose (all environments): usual {usual * 24:,.0f} a day"
    return Onset(at=days[start][0], how=how, confidence="low")


def _usual_of_days(evidence: Evidence) -> float | None:
    """Events of a usual hour, from the days before the last two."""
    days = [events for _, events in evidence.issue.daily[:-2]]
    return float(median(days)) / 24 if len(days) >= 3 else None


def _no_onset(evidence: Evidence, minutes: Series | None) -> str:
    if minutes is not None and total(minutes) is not None:
        return "no step in the event rate: the issue is old and runs as usual"
    return (
        f"the event series is not known ({evidence.series.why})"
        if isinstance(evidence.series, Unknown)
        else "no counts"
    )


def issue_hours(evidence: Evidence) -> Series | None:
    """The issue's own hourly counts (all environments) as a series; None when Sentry gave none or they have gaps."""
    hours = evidence.issue.hourly
    if not hours or any(later - earlier != HOUR for (earlier, _), (later, _) in pairwise(hours)):
        return None
    return Series(
        start=hours[0][0],
        step_s=HOUR_S,
        values=tuple(float(events) for _, events in hours),
        complete_until=evidence.collected_at,
    )
