"""Rows of the table of the evidence that are time series: events, users and unhandled events a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, PartValue
from sentry_runbook.collect.discover_parts import COUNT, USERS, of_the_issue, project_environments
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import project_id
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown, Window
from sentry_runbook.sentry.counts import TimeSeries

MINUTE = 60
HOUR = 3600
FINEST_SERIES = timedelta(hours=24)
"""Up to this window the issue's series is read by the minute (2,880 points with the stretch before it)."""
MINUTES_READ = timedelta(days=7)
"""Unhandled events are read by the minute for windows up to this long."""
INGEST_LAG = timedelta(seconds=60)
"""Sentry takes 10 to 60 s to count an event (sentry-api §8): younger buckets may still grow."""
SeriesByAxis = dict[str, TimeSeries]


def time_series(
    collection: Collection,
    axes: Sequence[str],
    query: str,
    start: datetime,
    interval_s: int,
    environments: Sequence[str],
) -> Request[SeriesByAxis]:
    """A request for time series until the end of the window."""
    client, question, project = collection.client, collection.question, project_id(collection.issue)
    return lambda: client.series(
        axes,
        query=query,
        start=start,
        end=question.window.end,
        interval_s=interval_s,
        project_id=project,
        environments=environments,
        organization=question.reference.organization,
    )


def step(window: Window) -> int:
    """Seconds of a bucket of the issue's series: fine where the window is short."""
    if window.length <= FINEST_SERIES:
        return MINUTE
    return 300 if window.length <= timedelta(days=5) else HOUR


def _buckets(collection: Collection, series: TimeSeries) -> ours.Series:
    settled, open_from = collection.now - INGEST_LAG, series.complete_until
    return ours.Series(
        start=series.start,
        step_s=series.step_s,
        values=series.values,
        complete_until=min(settled, open_from) if open_from is not None else settled,
    )


def _series_request(collection: Collection) -> Request[SeriesByAxis]:
    window, wants = collection.question.window, collection.question.wants
    axes = (COUNT, USERS) if wants(Aspect.SERIES) else (COUNT,)
    query, names = of_the_issue(collection), collection.scope.names
    return time_series(collection, axes, query, window.start - window.length, step(window), names)


def _issue_series(collection: Collection, series: SeriesByAxis) -> ours.IssueSeries:
    users = series.get(USERS)
    return ours.IssueSeries(
        events=_buckets(collection, series[COUNT]), users=_buckets(collection, users) if users is not None else None
    )


SERIES = Part(
    field="series",
    round=2,
    aspects=(Aspect.SERIES, Aspect.TREND),
    errors_only=True,
    request=_series_request,
    parse=_issue_series,
    source=lambda collection: collection.source(f"time series of the issue, {step(collection.question.window)} s"),
)

USERS_PER_HOUR = Part(
    field="users_per_hour",
    round=2,
    aspects=(Aspect.USERS,),
    errors_only=True,
    request=lambda collection: time_series(
        collection,
        (USERS,),
        of_the_issue(collection),
        collection.question.window.start,
        HOUR,
        collection.scope.names,
    ),
    parse=lambda collection, series: _buckets(collection, series[USERS]),
    source=lambda collection: collection.source("time series: distinct users per clock hour"),
)

# --- unhandled events a minute -------------------------------------------------------------------------------------


def _is_too_long(collection: Collection) -> PartValue | None:
    if collection.question.window.length <= MINUTES_READ:
        return None
    return Unknown(why="read by the minute for windows up to 7 days only")


def _unhandled_request(collection: Collection, query: str, environments: Sequence[str]) -> Request[SeriesByAxis]:
    start = collection.question.window.start
    return time_series(collection, (COUNT,), query, start, MINUTE, environments)


UNHANDLED = Part(
    field="unhandled",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=lambda collection: _unhandled_request(
        collection, f"{of_the_issue(collection)} error.unhandled:true", collection.scope.names
    ),
    parse=lambda collection, series: _buckets(collection, series[COUNT]),
    source=lambda collection: collection.source("time series: unhandled events of this issue a minute"),
    known=_is_too_long,
)

PROJECT_UNHANDLED = Part(
    field="project_unhandled",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=lambda collection: _unhandled_request(collection, "error.unhandled:true", project_environments(collection)),
    parse=lambda collection, series: _buckets(collection, series[COUNT]),
    source=lambda collection: collection.source(
        "time series: unhandled events of the project a minute", project_environments(collection)
    ),
    known=_is_too_long,
)
