"""Crash-free sessions of production: over the period, in its worst full hour, and over the incident's full hours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Evidence, Frozen, Known, SessionHour, Sessions, Unknown, Window
from sentry_runbook.incident.model.policy import Policy

IMPOSSIBLE = (
    "Sentry's crash-free rate of the period cannot be right: it lies outside 0 to 100 %, or contradicts the crash rate"
)


class CrashFree(Frozen):
    """Crash-free sessions of production, in percent: ``100 · (1 - crash rate - unhandled rate)``.

    Attributes:
        period_pct: over the whole (rounded) period.
        worst_hour_pct: of the worst complete hour with enough sessions; None when no hour has enough.
        exact: False when the unhandled rate is missing on a server that has it: the figures are then upper bounds.
        old_meaning: True on a server without an unhandled rate: crashes only.
        hours_known: False when Sentry gave no figures by the hour.
        hours_unknown: complete hours whose number of sessions, or whose rate, is unknown: each may be the worst.
    """

    period_pct: float
    worst_hour_pct: float | None = None
    worst_hour_start: datetime | None = None
    sessions: int
    window: Window
    exact: bool = True
    old_meaning: bool = False
    hours_known: bool = True
    hours_unknown: int = 0

    @property
    def lowest_pct(self) -> float:
        """The lower of both figures."""
        return self.period_pct if self.worst_hour_pct is None else min(self.period_pct, self.worst_hour_pct)


def crash_free(evidence: Evidence, policy: Policy) -> CrashFree | Unknown:
    """Crash-free sessions; Unknown without sessions, below the policy's minimum, or without rates."""
    return evidence.sessions if isinstance(evidence.sessions, Unknown) else rate_of(evidence.sessions.value, policy)


def rate_of(sessions: Sessions, policy: Policy) -> CrashFree | Unknown:
    """The same of one project's sessions."""
    minimum = policy.thresholds.sessions_minimum
    if sessions.sessions is None:
        return Unknown(why="Sentry gave no number of sessions for the period")
    if sessions.sessions < minimum:
        count = "no sessions" if sessions.sessions == 0 else f"{sessions.sessions} sessions"
        return Unknown(why=f"{count} in the period; fewer than {minimum} are not judged")
    period = crash_free_pct(sessions.crash_rate, sessions.unhandled_rate)
    is_impossible = sessions.has_impossible_rate or sessions.crash_rate is not None
    if period is None:
        return Unknown(why=IMPOSSIBLE if is_impossible else "Sentry gave no crash rate for the period")
    full = [hour for hour in sessions.hours if hour.complete]
    judged = [hour for hour in full if hour.sessions is not None and hour.sessions >= minimum]
    measured = ((crash_free_pct(hour.crash_rate, hour.unhandled_rate), hour) for hour in judged)
    rates = [(pct, hour) for pct, hour in measured if pct is not None]
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
        hours_unknown=sum(hour.sessions is None for hour in full) + len(judged) - len(rates),
    )


def crash_free_between(evidence: Evidence, policy: Policy, start: datetime, end: datetime) -> float | None:
    """Crash-free sessions, in percent, of the full clock hours that touch a stretch: of a whole incident.

    Unlike the figure of the period it does not get better because the period grows. None with fewer sessions than the
    policy judges, where Sentry gave no numbers for one of the hours, or where the stretch begins before the period.
    """
    if not isinstance(evidence.sessions, Known) or evidence.sessions.value.window.start > start:
        return None
    return crash_free_of(hours_touching(evidence.sessions.value.hours, start, end), policy)[1]


def hours_touching(hours: Iterable[SessionHour], start: datetime, end: datetime) -> tuple[SessionHour, ...]:
    """The full clock hours that touch a stretch."""
    return tuple(hour for hour in hours if hour.complete and start - HOUR < hour.start < end)


def crash_free_of(hours: Iterable[SessionHour], policy: Policy) -> tuple[int | None, float | None]:
    """Sessions of these hours, None where one does not say; and their crash-free rate in percent.

    The rate is None with fewer sessions than the policy judges, and where an hour with sessions gives none.
    """
    rates = [
        (hour.sessions, crash_free_pct(hour.crash_rate, hour.unhandled_rate)) for hour in hours if hour.sessions != 0
    ]
    counted = [sessions for sessions, _ in rates if sessions is not None]
    measured = [(sessions, pct) for sessions, pct in rates if sessions is not None and pct is not None]
    total = sum(sessions for sessions, _ in measured)
    known = sum(counted) if len(counted) == len(rates) else None
    if len(measured) < len(rates) or total < max(1, policy.thresholds.sessions_minimum):
        return known, None
    return known, round(sum(sessions * pct for sessions, pct in measured) / total, 6)


def crash_free_pct(crash_rate: float | None, unhandled_rate: float | None) -> float | None:
    """Percent, rounded far below any threshold so that 1 - 0.03 - 0.02 is 95 and not a hair less.

    For comparisons; people read :func:`shown_pct` of it. None without a crash rate, and outside 0 to 100.
    """
    pct = None if crash_rate is None else round(100 * (1 - crash_rate - (unhandled_rate or 0.0)), 6)
    return pct if pct is not None and 0 <= pct <= 100 else None


def shown_pct(value: float) -> float:
    """A percentage as people read it: two places, cut and not rounded, so that 94.99996 never shows as 95."""
    return math.floor(round(value * 100, 4)) / 100


def _all_rates(sessions: Sessions, judged: list[SessionHour]) -> bool:
    return sessions.unhandled_rate is not None and all(hour.unhandled_rate is not None for hour in judged)
