"""Release health around the reference time: crash-free sessions before and now, and whether there was any traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.metrics.crash_free import crash_free_pct
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Evidence, Known, SessionHour, Unknown
from sentry_runbook.incident.model.policy import Policy


@dataclass(frozen=True)
class CrashFreeHours:
    """Crash-free sessions, percent: the worst full hour before the reference time, the last full hour after it.

    Not rounded for people: they are compared with the policy's limit.

    Attributes:
        why: why ``now_pct`` is not known, for the case that it is not.
    """

    why: str
    before_pct: float | None = None
    now_pct: float | None = None


def crash_free_hours(
    evidence: Evidence, policy: Policy, since: datetime | None, began: datetime | None
) -> CrashFreeHours:
    """Crash-free sessions before ``since`` (from the onset ``began`` on, else in the window) and now."""
    if isinstance(evidence.sessions, Unknown):
        return CrashFreeHours(why=evidence.sessions.why)
    minimum = policy.thresholds.sessions_minimum
    full = [hour for hour in evidence.sessions.value.hours if hour.complete]
    judged = [hour for hour in full if hour.sessions is not None and hour.sessions >= minimum]
    measured = ((hour.start, crash_free_pct(hour.crash_rate, hour.unhandled_rate)) for hour in judged)
    rates = [(start, pct) for start, pct in measured if pct is not None]
    if since is None or not rates:
        return CrashFreeHours(why=_no_numbers(full) or f"no full hour with {minimum} sessions or more")
    # Sessions count in the hour in which they start, so those that crash had often begun an hour before the onset.
    start = began - HOUR if began is not None else evidence.window.start
    earlier = [pct for hour, pct in rates if start - HOUR < hour < since]
    later = [pct for hour, pct in rates if hour >= since]
    return CrashFreeHours(
        before_pct=min(earlier, default=None),
        now_pct=later[-1] if later else None,
        why=_no_numbers([hour for hour in full if hour.start >= since])
        or f"no full clock hour with {minimum} sessions or more since then",
    )


def _no_numbers(hours: Sequence[SessionHour]) -> str:
    """That the number of sessions is unknown in some of these hours; empty when it is known in all."""
    unknown = sum(hour.sessions is None for hour in hours)
    return f"Sentry gave no number of sessions for {count(unknown, 'full hour')}" if unknown else ""


def is_without_traffic(evidence: Evidence, start: datetime, end: datetime) -> bool:
    """Whether no session began in the full hours between, in a project that has sessions at other times."""
    if not isinstance(evidence.sessions, Known):
        return False
    hours = [hour for hour in evidence.sessions.value.hours if hour.complete]
    between = [hour.sessions for hour in hours if start <= hour.start < end]
    # An hour whose number is unknown may have had sessions.
    return bool(between) and all(number == 0 for number in between) and any(hour.sessions for hour in hours)
