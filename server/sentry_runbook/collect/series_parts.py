"""Rows of the table of the evidence that are time series: events, users and unhandled events a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, span
from sentry_runbook.collect.discover_parts import COUNT, USERS, of_the_issue, projects_of
from sentry_runbook.collect.listed_events import not_in_series
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import first_seen
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown, Window
from sentry_runbook.sentry.counts import TimeSeries

MINUTE = 60
HOUR = 3600
DAY = timedelta(hours=24)
FINEST_SERIES = timedelta(hours=48)
"""A stretch up to this long is read by the minute (2,880 points)."""
ABOUT_A_DAY = timedelta(hours=25)
"""A day, and the hour that a story begins earlier: on a full hour."""
FINE_SERIES = timedelta(days=10)
"""A stretch up to this long is read by five minutes (2,880 points), a longer one by hours."""
WEEK = timedelta(days=7)
HISTORY = timedelta(days=15)
"""An episode of a week ago still has a week before it, which tells the usual rate of each clock hour."""
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
    end: datetime | None = None,
) -> Request[SeriesByAxis]:
    """A request for time series until ``end``; without it until the end of the window."""
    client, question, projects = collection.client, collection.question, projects_of(collection)
    return lambda: client.series(
        axes,
        query=query,
        start=start,
        end=end or question.window.end,
        interval_s=interval_s,
        project_id=projects,
        environments=environments,
        organization=question.reference.organization,
    )


def series_start(window: Window) -> datetime:
    """A day before the window; of one of up to a day, and of a story of a day, two days before its end.

    So the series is the same one, by the minute, for all of these: no two tools tell another episode.
    """
    if window.length <= ABOUT_A_DAY:
        return window.end - FINEST_SERIES
    return window.start - DAY


def step(window: Window) -> int:
    """Seconds of a bucket of the issue's series: fine where the stretch is short."""
    length = window.end - series_start(window)
    if length <= FINEST_SERIES:
        return MINUTE
    return 300 if length <= FINE_SERIES else HOUR


def history_start(collection: Collection) -> datetime:
    """The clock hour 15 days before now, or earlier where a window begins earlier or is long.

    Before the window lies a week (the usual rates), and a stretch as long as the window (the baseline). Of a younger
    issue it is the day before its first event: before that there was none.
    """
    window, began = collection.question.window, first_seen(collection.issue)
    start = min(collection.now - HISTORY, window.start - max(WEEK, window.length))
    if began is not None and began <= collection.now:
        start = max(start, min(began, window.start) - DAY)
    return start.replace(minute=0, second=0, microsecond=0)


def since_first_event(collection: Collection, start: datetime) -> datetime:
    """From when on the issue's events are asked for: not from long before its first one, when there were none."""
    began = first_seen(collection.issue)
    if began is None or began > collection.now:
        return start
    hour = began.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return max(start, min(hour, collection.question.window.end - timedelta(hours=1)))


def buckets_of(collection: Collection, series: TimeSeries, since: datetime | None = None) -> ours.Series:
    """The series; with ``since`` from then on, empty up to where it was asked from (:func:`since_first_event`)."""
    settled, open_from = collection.now - INGEST_LAG, series.complete_until
    empty = 0
    if since is not None and since_first_event(collection, since) > since:
        empty = max(0, (series.start - since) // timedelta(seconds=series.step_s))
    return ours.Series(
        start=series.start - empty * timedelta(seconds=series.step_s),
        step_s=series.step_s,
        values=(*[0.0] * empty, *series.values),
        complete_until=min(settled, open_from) if open_from is not None else settled,
    )


def _series_request(collection: Collection) -> Request[SeriesByAxis]:
    window, wants = collection.question.window, collection.question.wants
    axes = (COUNT, USERS) if wants(Aspect.SERIES) else (COUNT,)
    query, names = of_the_issue(collection), collection.scope.names
    start = since_first_event(collection, series_start(window))
    return time_series(collection, axes, query, start, step(window), names)


def _is_told_by_minutes(collection: Collection) -> bool:
    """Whether the issue's series has all that its clock hours would tell: then they are summed from it.

    It reaches back to before the first event, and up to now. Distinct users cannot be summed.
    """
    question, began = collection.question, first_seen(collection.issue)
    if began is None or question.wants(Aspect.USERS) or not question.wants(Aspect.SERIES, Aspect.TREND):
        return False
    reaches_back = series_start(question.window) <= began - timedelta(hours=1)
    return reaches_back and collection.now - question.window.end <= INGEST_LAG


def _history_request(collection: Collection) -> Request[SeriesByAxis] | None:
    if _is_told_by_minutes(collection):
        return None
    axes = (COUNT, USERS) if collection.question.wants(Aspect.USERS) else (COUNT,)
    query, names = of_the_issue(collection), collection.scope.names
    end = max(collection.question.window.end, collection.now)
    return time_series(collection, axes, query, history_start(collection), HOUR, names, end)


def _is_one_for_all(collection: Collection, series: SeriesByAxis) -> bool:
    """Whether no bucket has more than the one user who stands for everybody."""
    users = series.get(USERS)
    return bool(collection.one_for_all) and users is not None and max(filter(None, users.values), default=0) <= 1


def _issue_series(collection: Collection, series: SeriesByAxis) -> ours.IssueSeries | Unknown:
    doubt = not_in_series(collection, series[COUNT])
    if doubt is not None:
        return doubt
    since = series_start(collection.question.window)
    users = None if _is_one_for_all(collection, series) else series.get(USERS)
    return ours.IssueSeries(
        events=buckets_of(collection, series[COUNT], since),
        users=buckets_of(collection, users, since) if users is not None else None,
    )


SERIES = Part(
    field="series",
    round=2,
    aspects=(Aspect.SERIES, Aspect.TREND),
    errors_only=True,
    request=_series_request,
    parse=_issue_series,
    source=lambda collection: collection.source(
        f"time series of {collection.whose}, {step(collection.question.window)} s"
    ),
)

HISTORY_HOURS = Part(
    field="history",
    round=2,
    aspects=(Aspect.SERIES, Aspect.TREND, Aspect.USERS),
    errors_only=True,
    request=_history_request,
    parse=lambda collection, series: not_in_series(collection, series[COUNT]) or buckets_of(collection, series[COUNT]),
    source=lambda collection: (
        f"time series of {collection.whose}, clock hours; {span(history_start(collection), collection.now)}; "
        f"environments: {collection.names(collection.scope.names)}"
    ),
)


def _users_of_the_window(collection: Collection, series: SeriesByAxis) -> ours.Series | Unknown:
    if USERS not in series:
        return Unknown(why="this server does not count users by hour")
    if _is_one_for_all(collection, series):
        return Unknown(why=collection.one_for_all)
    buckets, window = buckets_of(collection, series[USERS]), collection.question.window
    first = max(0, (window.start - buckets.start) // timedelta(hours=1))
    last = max(first, -((buckets.start - window.end) // timedelta(hours=1)))
    start = buckets.start + first * timedelta(hours=1)
    return buckets.model_copy(update={"start": start, "values": buckets.values[first:last]})


USERS_PER_HOUR = Part(
    field="users_per_hour",
    round=2,
    aspects=(Aspect.USERS,),
    errors_only=True,
    request=lambda _: None,
    parse=_users_of_the_window,
    source=lambda collection: collection.source(f"time series: distinct users per clock hour{collection.of_several}"),
    reads=HISTORY_HOURS,
)
