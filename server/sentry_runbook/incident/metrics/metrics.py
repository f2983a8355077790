"""The measured inputs of the rules, each computed once for one case.

Crash-free sessions, the busiest minute of unhandled events, users of the worst hour, onset, baseline, trend.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sentry_runbook.incident.episode.onset import find_baseline, find_onset, find_trend
from sentry_runbook.incident.metrics.timeseries import MINUTE_S, busiest_minute, in_window, total
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour
from sentry_runbook.incident.model.evidence import (
    Evidence,
    Frozen,
    Known,
    Series,
    SessionHour,
    Sessions,
    Stated,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Baseline, Onset, Trend


@dataclass(frozen=True)
class Case:
    """One incident as the rules see it: what was measured, what was stated, the policy, and what follows at once."""

    evidence: Evidence
    stated: Stated
    policy: Policy

    @cached_property
    def crash_free(self) -> CrashFree | Unknown:
        """Crash-free sessions of production."""
        return crash_free(self.evidence, self.policy)

    @cached_property
    def own_peak(self) -> MinutePeak | Unknown:
        """The issue's busiest minute of unhandled events."""
        return minute_peak(self.evidence.unhandled, self.evidence, self.policy)

    @cached_property
    def project_peak(self) -> MinutePeak | Unknown:
        """The project's busiest minute of unhandled events."""
        return minute_peak(self.evidence.project_unhandled, self.evidence, self.policy)

    @cached_property
    def users(self) -> UsersWorstHour | Unknown:
        """Bounds for the users of the worst rolling hour."""
        return users_worst_hour(self.evidence)

    @cached_property
    def onset(self) -> Onset | Unknown:
        """When the incident began."""
        return find_onset(self.evidence, self.policy)

    @cached_property
    def baseline(self) -> Baseline | Unknown:
        """What was usual before."""
        return find_baseline(self.evidence, self.onset, self.events)

    @cached_property
    def trend(self) -> Trend | Unknown:
        """Where the event rate goes."""
        return find_trend(self.evidence, self.policy, self.baseline)

    @property
    def events(self) -> int | None:
        """Events in the window; None when unknown."""
        return self.evidence.totals.value.events if isinstance(self.evidence.totals, Known) else None


class CrashFree(Frozen):
    """Crash-free sessions of production, in percent: ``100 · (1 - crash rate - unhandled rate)``.

    Attributes:
        period_pct: over the whole (rounded) period.
        worst_hour_pct: of the worst complete hour with enough sessions; None when no hour has enough.
        exact: False when the unhandled rate is missing on a server that has it: the figures are then upper bounds.
        old_meaning: True on a server without an unhandled rate: crashes only.
        hours_known: False when Sentry gave no figures by the hour.
    """

    period_pct: float
    worst_hour_pct: float | None = None
    worst_hour_start: datetime | None = None
    sessions: int
    window: Window
    exact: bool = True
    old_meaning: bool = False
    hours_known: bool = True

    @property
    def lowest_pct(self) -> float:
        """The lower of both figures."""
        return self.period_pct if self.worst_hour_pct is None else min(self.period_pct, self.worst_hour_pct)


def crash_free(evidence: Evidence, policy: Policy) -> CrashFree | Unknown:
    """Crash-free sessions; Unknown without sessions, below the policy's minimum, or without rates."""
    if isinstance(evidence.sessions, Unknown):
        return evidence.sessions
    sessions = evidence.sessions.value
    minimum = policy.thresholds.sessions_minimum
    if sessions.sessions < minimum:
        count = "no sessions" if sessions.sessions == 0 else f"{sessions.sessions} sessions"
        return Unknown(why=f"{count} in the period; fewer than {minimum} are not judged")
    period = _pct(sessions.crash_rate, sessions.unhandled_rate)
    if period is None:
        return Unknown(why="Sentry gave no crash rate for the period")
    judged = [hour for hour in sessions.hours if hour.complete and hour.sessions >= minimum]
    rates = [(pct, hour) for hour in judged if (pct := _pct(hour.crash_rate, hour.unhandled_rate)) is not None]
    worst = min(rates, key=lambda rate: rate[0], default=None)
    return CrashFree(
        period_pct=period,
        worst_hour_pct=worst[0] if worst else None,
        worst_hour_start=worst[1].start if worst else None,
        sessions=sessions.sessions,
        window=sessions.window,
        exact=not sessions.has_unhandled_rate or _all_rates(sessions, judged),
        old_meaning=not sessions.has_unhandled_rate,
        hours_known=bool(sessions.hours),
    )


def _pct(crash_rate: float | None, unhandled_rate: float | None) -> float | None:
    """Percent, rounded far below any threshold so that 1 - 0.03 - 0.02 is 95 and not a hair less."""
    return None if crash_rate is None else round(100 * (1 - crash_rate - (unhandled_rate or 0.0)), 6)


def shown_pct(value: float) -> float:
    """A percentage as people read it: three places, cut and not rounded, so that 94.99996 never shows as 95."""
    return math.floor(round(value * 1000, 3)) / 1000


def _all_rates(sessions: Sessions, judged: list[SessionHour]) -> bool:
    return sessions.unhandled_rate is not None and all(hour.unhandled_rate is not None for hour in judged)


class MinutePeak(Frozen):
    """Bounds for the busiest elapsed clock minute.

    Attributes:
        at_least: that many are certain.
        at_most: no minute has more; equal to ``at_least`` in a series of minutes.
        at: the minute, or the bucket that holds it.
        complete: False when the minute is still open and already above the threshold.
        in_total: all events of the window.
    """

    at_least: int
    at_most: int
    at: datetime | None
    complete: bool = True
    in_total: int

    @property
    def exact(self) -> bool:
        """Whether the bounds meet."""
        return self.at_least == self.at_most


def minute_peak(part: Known[Series] | Unknown, evidence: Evidence, policy: Policy) -> MinutePeak | Unknown:
    """The busiest minute of a series of unhandled events in the window."""
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
            at_least=peak.value, at_most=peak.value, at=peak.at, complete=peak.complete, in_total=in_total
        )
    # A longer bucket's average is the least, its sum the most that one of its minutes can hold.
    value = max(round(value) for value in series.values if value is not None)
    return MinutePeak(at_least=-(-value * MINUTE_S // series.step_s), at_most=value, at=None, in_total=in_total)


def share_of_project(evidence: Evidence) -> float | None:
    """This issue's part (0..1) of the project's unhandled events in the window; None when either is unknown."""
    own, project = (
        total(in_window(part.value, evidence.window.start, evidence.window.end)) if isinstance(part, Known) else None
        for part in (evidence.unhandled, evidence.project_unhandled)
    )
    if own is None or not project:
        return None
    return min(round(own / project, 3), 1.0)


def transactions(evidence: Evidence) -> frozenset[str | None]:
    """The issue's transactions as far as they were seen; None stands for events without one."""
    return frozenset(_transactions(evidence))


def _transactions(evidence: Evidence) -> Iterator[str | None]:
    if isinstance(evidence.event, Known):
        yield evidence.event.value.transaction
    if isinstance(evidence.sample, Known):
        yield from (event.transaction for event in evidence.sample.value)
    if isinstance(evidence.rows, Known):
        yield from (row.transaction for row in evidence.rows.value)
    if isinstance(evidence.breakdown, Known):
        for combination in evidence.breakdown.value.combinations:
            if "transaction" in combination.tags:
                yield combination.tags["transaction"]


def all_match(patterns: tuple[str, ...], names: frozenset[str | None]) -> bool:
    """Whether every name was seen and matches one of the patterns; False without patterns or names."""
    return bool(patterns and names) and all(
        name is not None and any(re.search(pattern, name) for pattern in patterns) for name in names
    )


def none_match(patterns: tuple[str, ...], names: frozenset[str | None]) -> bool:
    """Whether every name was seen and none matches any of the patterns; False without patterns or names."""
    return bool(patterns and names) and not any(
        name is None or any(re.search(pattern, name) for pattern in patterns) for name in names
    )
