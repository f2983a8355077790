"""Sessions of several environments as those of one: rates are weighted by sessions, never averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.sentry.counts import EnvironmentSessions, SessionCounts

HOUR = timedelta(hours=1)
Weighted = tuple[int, float | None]
"""Sessions, and the rate among them."""


def merge_sessions(sessions: SessionCounts, is_counted: Callable[[str], bool], now: datetime) -> ours.Sessions:
    """The project's sessions in the environments that count.

    Args:
        sessions: Sentry's answer by environment.
        is_counted: whether an environment counts; ``""`` is "none".
        now: an hour that ends after it is still open.
    """
    groups = [group for group in sessions.groups if is_counted(group.environment or "")]
    return ours.Sessions(
        window=Window(start=sessions.start, end=sessions.end),
        sessions=sum(group.sessions or 0 for group in groups),
        crash_rate=_rate([(group.sessions or 0, group.crash_rate) for group in groups]),
        unhandled_rate=_rate([(group.sessions or 0, group.unhandled_rate) for group in groups]),
        has_unhandled_rate=sessions.has_unhandled_rate,
        hours=tuple(_hour(start, index, groups, now) for index, start in enumerate(sessions.intervals)),
    )


def _hour(start: datetime, index: int, groups: Sequence[EnvironmentSessions], now: datetime) -> ours.SessionHour:
    def at(values: Sequence[float | None]) -> float | None:
        return values[index] if index < len(values) else None

    counted = [(int(at(group.sessions_by_hour) or 0), group) for group in groups]
    return ours.SessionHour(
        start=start,
        sessions=sum(number for number, _ in counted),
        crash_rate=_rate([(number, at(group.crash_rate_by_hour)) for number, group in counted]),
        unhandled_rate=_rate([(number, at(group.unhandled_rate_by_hour)) for number, group in counted]),
        complete=start + HOUR <= now,
    )


def _rate(parts: Sequence[Weighted]) -> float | None:
    """The rate over all parts; unknown when one that has sessions does not tell its rate."""
    counted = [(number, rate) for number, rate in parts if number > 0]
    if not counted:
        return None
    total = 0.0
    for number, rate in counted:
        if rate is None:
            return None
        total += number * rate
    return total / sum(number for number, _ in counted)
