"""Evidence of a review made of raw events: what Sentry would count of them, in buckets of any step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sentry_runbook.incident.model.evidence import NOT_ASKED, Activity, Known, Series, SessionHour, Window
from sentry_runbook.incident.model.evidence.alert_review import (
    AlertReviewEvidence,
    CountedSeries,
    IssueUnderReview,
    Population,
    SessionsOf,
)
from sentry_runbook.incident.model.evidence.situation import ListedIssue, ListedProject

ZERO = datetime(2026, 11, 2, tzinfo=UTC)
"""Minute 0 of all tests: a Monday's midnight."""
PROJECT = "1"


def at(minute: float) -> datetime:
    return ZERO + timedelta(minutes=minute)


def minute_of(instant: datetime) -> float:
    return (instant - ZERO).total_seconds() / 60


def every(rate: float, start: float, end: float) -> list[float]:
    """Times in minutes of ``rate`` events a minute, evenly from ``start`` on."""
    return [start + index / rate for index in range(round((end - start) * rate))]


@dataclass(frozen=True)
class RawIssue:
    """An issue with all its events.

    Attributes:
        events: (minute, user, environment) or minutes alone.
        activity: (minute, kind), the oldest first; None: it was not read.
        tags: event index → the searches that it meets.
    """

    id: str
    minutes: list[float]
    users: list[str] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    meets: dict[int, frozenset[str]] = field(default_factory=dict)
    activity: tuple[tuple[float, str], ...] | None = ()
    status: str = "unresolved"
    before: int = 0
    """Events before all of ``minutes``; with them the issue is old."""


def series(minutes: Iterable[float], start: float, end: float, step_s: int) -> Series:
    """How many events lie in each bucket."""
    length = round((end - start) * 60 / step_s)
    counts = [0.0] * length
    for minute in minutes:
        index = int((minute - start) * 60 // step_s)
        if 0 <= index < length:
            counts[index] += 1
    return Series(start=at(start), step_s=step_s, values=tuple(counts), complete_until=at(end))


def users_series(events: Iterable[tuple[float, str]], start: float, end: float, step_s: int) -> Series:
    """How many distinct users lie in each bucket."""
    length = round((end - start) * 60 / step_s)
    found: list[set[str]] = [set() for _ in range(length)]
    for minute, user in events:
        index = int((minute - start) * 60 // step_s)
        if 0 <= index < length:
            found[index].add(user)
    return Series(
        start=at(start), step_s=step_s, values=tuple(float(len(users)) for users in found), complete_until=at(end)
    )


def population(environment: str | None = None, search: str = "", aggregate: str = "count()") -> Population:
    return Population(projects=(PROJECT,), environment=environment, search=search, aggregate=aggregate)


def selected(issue: RawIssue, environment: str | None, search: str) -> list[int]:
    """Indices of the events in an environment that meet a search."""
    return [
        index
        for index in range(len(issue.minutes))
        if environment is None or issue.environments[index] == environment
        if not search or search in issue.meets.get(index, frozenset())
    ]


def counted(
    issues: Iterable[RawIssue],
    *,
    start: float = 0,
    end: float = 24 * 60,
    hours_from: float = -7 * 24 * 60,
    minutes: Iterable[tuple[str | None, str, int, float, float]] = (),
    users: Iterable[tuple[str | None, str, int, float, float]] = (),
    sessions: Mapping[float, int] | None = None,
    totals: Iterable[CountedSeries] = (),
    session_hours: Iterable[SessionHour] | None = None,
) -> AlertReviewEvidence:
    """The evidence of a period.

    Args:
        issues: all with their raw events.
        start: minute at which the period begins.
        end: where it ends, and what was counted.
        hours_from: minute at which the counts by the hour begin.
        minutes: (environment, search, step, from, to) of counts that were asked.
        users: the same of distinct users.
        sessions: hour's minute → sessions of the project, all environments.
        totals: series of all issues together.
        session_hours: the same with crash rates.
    """
    rows = list(issues)
    asked = [
        CountedSeries(
            population=population(environment, search),
            issue=issue.id,
            events=series([issue.minutes[i] for i in selected(issue, environment, search)], first, last, step),
        )
        for environment, search, step, first, last in minutes
        for issue in rows
    ]
    asked += [
        CountedSeries(
            population=population(environment, search, "count_unique(user)"),
            issue=issue.id,
            events=users_series(
                [(issue.minutes[i], issue.users[i]) for i in selected(issue, environment, search)], first, last, step
            ),
        )
        for environment, search, step, first, last in users
        for issue in rows
    ]
    hourly = tuple(
        CountedSeries(population=population(), issue=issue.id, events=series(issue.minutes, hours_from, end, 3600))
        for issue in rows
    )
    hours = session_hours
    if hours is None and sessions is not None:
        hours = [SessionHour(start=at(minute), sessions=count) for minute, count in sessions.items()]
    return AlertReviewEvidence(
        collected_at=at(end),
        server="https://sentry.example",
        window=Window(start=at(start), end=at(end)),
        projects=Known(value=(ListedProject(id=PROJECT, slug="shop"),), source="test"),
        issues=tuple(under_review(issue, start) for issue in rows),
        hourly=Known(value=hourly, source="test"),
        minutes=(*asked, *totals),
        sessions=NOT_ASKED
        if hours is None
        else Known(value=(SessionsOf(project=PROJECT, hours=tuple(hours)),), source="test"),
    )


def under_review(issue: RawIssue, start: float) -> IssueUnderReview:
    """The issue as a list tells it."""
    first = at(min(issue.minutes)) if issue.minutes and not issue.before else at(-40 * 24 * 60)
    return IssueUnderReview(
        issue=ListedIssue(
            id=issue.id,
            url="https://sentry.example/issues/1/",
            title="An error",
            status=issue.status,
            project="shop",
            project_id=PROJECT,
            first_seen=first,
            last_seen=at(max(issue.minutes)) if issue.minutes else first,
            events=sum(minute >= start for minute in issue.minutes),
            events_total=len(issue.minutes) + issue.before,
        ),
        activity=NOT_ASKED
        if issue.activity is None
        else Known(
            value=tuple(Activity(kind=kind, at=at(minute)) for minute, kind in reversed(issue.activity)), source="test"
        ),
    )
