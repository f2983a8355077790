"""Where and when a situation is looked at, for what the caller's link or name stands for.

How to think about it: an alert names one place, and the question is what is going on everywhere. So an alert, a
monitor, a check, a release or a trace gives only the time; the projects stay all that the token may read. A page that
says where to look (an issue stream, a project) is taken at its word. What the caller gave as argument always wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.model.evidence.alert_target import AlertTarget, TargetKind

LEAD_IN, AFTER = timedelta(minutes=30), timedelta(minutes=30)
"""Around a firing: what made it fire lies before it, and shows after it."""
RECENT = timedelta(hours=1)
"""The usual window holds it then."""
LONGEST = timedelta(hours=24)
"""What has been open for longer is looked at as it is now."""
PLACES: frozenset[TargetKind] = frozenset({"issue_stream", "project", "page"})
"""Targets that say where to look."""


@dataclass(frozen=True)
class TargetScope:
    """What a target says of where and when; empty: nothing.

    Attributes:
        project: slug or number.
        environments: any of these.
        query: a search of issues.
        period: up to now.
        start, end: a stretch of time.
    """

    project: str | None = None
    environments: tuple[str, ...] = ()
    query: str = ""
    period: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def scope_of_target(target: AlertTarget, now: datetime) -> TargetScope:
    """Where and when to look for a target.

    Args:
        target: what the caller's link or name stands for.
        now: the end of the usual window.
    """
    search, is_place = target.search, target.kind in PLACES
    start, end = _stretch(target, now) or (None, None)
    return TargetScope(
        project=search.projects[0] if is_place and len(search.projects) == 1 else None,
        environments=search.environments if is_place else (),
        query=search.query or "" if target.kind == "issue_stream" else "",
        period=target.period if start is None else None,
        start=start,
        end=end,
    )


def _stretch(target: AlertTarget, now: datetime) -> tuple[datetime, datetime] | None:
    """From half an hour before what happened; None where the usual window holds it, or nothing tells when it was."""
    if target.kind in PLACES:
        return None if target.start is None else (target.start, min(target.end or now, now))
    at = _happened(target)
    if at is None or at >= now - RECENT:
        return None
    if not _is_open(target):
        until = target.end if target.kind == "trace" and target.end is not None else at
        return at - LEAD_IN, min(until + AFTER, now)
    return (at - LEAD_IN, now) if now - at <= LONGEST else None


def _happened(target: AlertTarget) -> datetime | None:
    """When it fired, went down, began to fail, was released; not when an issue began: it may be years old."""
    if target.kind == "issue":
        return None
    down = target.uptime.down_since if target.uptime is not None else None
    failing = target.cron.failing_since if target.cron is not None else None
    return target.fired_at or down or failing or target.start


def _is_open(target: AlertTarget) -> bool:
    """Whether it goes on; a release does."""
    is_down = target.uptime is not None and bool(target.uptime.is_down)
    is_failing = target.cron is not None and target.cron.failing_since is not None
    return bool(target.is_open) or is_down or is_failing or target.kind == "release"
