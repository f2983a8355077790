"""Sessions of several environments as those of one, in all and by release: rates are weighted, never averaged.

A sum with an unknown part is unknown, and so is a rate whose weights are not all known: one environment that does not
say how many sessions it had may be the one in which they all crash.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.sentry.counts import EnvironmentSessions, SessionCounts
from sentry_runbook.sentry.parse_sessions import NEARLY_WHOLE

HOUR = timedelta(hours=1)
MOST_RELEASES = 20
"""Releases that are kept; a mobile app has hundreds, most of them with hardly a session."""
Weighted = tuple[int | None, float | None]
"""Sessions, and the rate among them; None where Sentry gave no number."""


def merge_sessions(
    sessions: SessionCounts,
    is_counted: Callable[[str], bool],
    now: datetime,
    releases: Sequence[ours.ReleaseSessions] = (),
) -> ours.Sessions:
    """The project's sessions in the environments that count.

    Args:
        sessions: Sentry's answer by environment.
        is_counted: whether an environment counts; ``""`` is "none".
        now: an hour that ends after it is still open.
        releases: the same by release (:func:`release_sessions`).
    """
    groups = [group for group in sessions.groups if is_counted(group.environment or "")]
    return ours.Sessions(
        releases=tuple(releases),
        # Sentry rounds the end up to a full hour, of which nothing can be known that has not been yet.
        window=Window(start=sessions.start, end=max(sessions.start, min(sessions.end, now))),
        sessions=_sum([group.sessions for group in groups]),
        crash_rate=_rate([(group.sessions, group.crash_rate) for group in groups]),
        unhandled_rate=_rate([(group.sessions, group.unhandled_rate) for group in groups]),
        has_unhandled_rate=sessions.has_unhandled_rate,
        has_impossible_rate=any(group.has_impossible_rate for group in groups),
        hours=tuple(_hour(start, index, groups, now) for index, start in enumerate(sessions.intervals)),
    )


def release_sessions(
    sessions: SessionCounts,
    is_counted: Callable[[str], bool],
    now: datetime,
    named: Collection[str],
    inert: Callable[[str], str],
) -> tuple[ours.ReleaseSessions, ...]:
    """The sessions of each release in the environments that count, the most first; at most :data:`MOST_RELEASES`.

    Args:
        sessions: Sentry's answer by environment and release.
        is_counted: whether an environment counts; ``""`` is "none".
        now: an hour that ends after it is still open.
        named: versions that the issue names: they are among those that are kept.
        inert: a version as the evidence shows it.
    """
    by_release: dict[str, list[EnvironmentSessions]] = {}
    for group in sessions.releases:
        if is_counted(group.environment or ""):
            by_release.setdefault(group.release or "", []).append(group)
    largest = sorted(by_release, key=lambda version: -(_sum([g.sessions or 0 for g in by_release[version]]) or 0))
    first = [*(version for version in largest if version in named), *largest]
    kept = set(list(dict.fromkeys(first))[:MOST_RELEASES])
    return tuple(
        ours.ReleaseSessions(
            version=inert(version) or None if version else None,
            sessions=_sum([group.sessions for group in groups]),
            crash_rate=_rate([(group.sessions, group.crash_rate) for group in groups]),
            unhandled_rate=_rate([(group.sessions, group.unhandled_rate) for group in groups]),
            hours=tuple(_hour(start, index, groups, now) for index, start in enumerate(sessions.intervals)),
        )
        for version in largest
        if version in kept
        for groups in (by_release[version],)
    )


def _hour(start: datetime, index: int, groups: Sequence[EnvironmentSessions], now: datetime) -> ours.SessionHour:
    def at(values: Sequence[float | None]) -> float | None:
        return values[index] if index < len(values) else None

    counted = [(_whole(at(group.sessions_by_hour)), group) for group in groups]
    return ours.SessionHour(
        start=start,
        sessions=_sum([number for number, _ in counted]),
        crash_rate=_rate([(number, at(group.crash_rate_by_hour)) for number, group in counted]),
        unhandled_rate=_rate([(number, at(group.unhandled_rate_by_hour)) for number, group in counted]),
        complete=start + HOUR <= now,
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _sum(numbers: Sequence[int | None]) -> int | None:
    """The sum; unknown when one part is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _rate(parts: Sequence[Weighted]) -> float | None:
    """The rate over all parts; unknown when one does not tell its number, or its rate though it has sessions."""
    total, weighted = 0, 0.0
    for number, rate in parts:
        if number is None or (number and rate is None):
            return None
        total += number
        weighted += number * (rate or 0.0)
    if not total:
        return None
    # Crashed sessions are whole: the error of the divisions that the rates come from is taken out again.
    nearest = round(weighted)
    return (nearest if abs(weighted - nearest) < NEARLY_WHOLE else weighted) / total
