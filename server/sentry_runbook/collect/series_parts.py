"""Rows of the table of the evidence that are time series: events, users and unhandled events a bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, PartValue, span
from sentry_runbook.collect.discover_parts import COUNT, USERS, of_the_issue, peak_environments, project_environments
from sentry_runbook.collect.event_parts import TAGS
from sentry_runbook.collect.listed_events import ListedEvent, is_unhandled, not_in_series
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import first_seen, project_id
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Known, Unknown, Window
from sentry_runbook.incident.model.evidence.json_values import count_of, list_of, object_of
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
    end: datetime | None = None,
) -> Request[SeriesByAxis]:
    """A request for time series until ``end``; without it until the end of the window."""
    client, question, project = collection.client, collection.question, project_id(collection.issue)
    return lambda: client.series(
        axes,
        query=query,
        start=start,
        end=end or question.window.end,
        interval_s=interval_s,
        project_id=project,
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


def _since_first_event(collection: Collection, start: datetime) -> datetime:
    """From when on the issue's events are asked for: not from long before its first one, when there were none."""
    began = first_seen(collection.issue)
    if began is None or began > collection.now:
        return start
    hour = began.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return max(start, min(hour, collection.question.window.end - timedelta(hours=1)))


def _buckets(collection: Collection, series: TimeSeries, since: datetime | None = None) -> ours.Series:
    """The series; with ``since`` from then on, empty up to where it was asked from (:func:`_since_first_event`)."""
    settled, open_from = collection.now - INGEST_LAG, series.complete_until
    empty = 0
    if since is not None and _since_first_event(collection, since) > since:
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
    start = _since_first_event(collection, series_start(window))
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
        events=_buckets(collection, series[COUNT], since),
        users=_buckets(collection, users, since) if users is not None else None,
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

HISTORY_HOURS = Part(
    field="history",
    round=2,
    aspects=(Aspect.SERIES, Aspect.TREND, Aspect.USERS),
    errors_only=True,
    request=_history_request,
    parse=lambda collection, series: not_in_series(collection, series[COUNT]) or _buckets(collection, series[COUNT]),
    source=lambda collection: (
        f"time series of the issue, clock hours; {span(history_start(collection), collection.now)}; "
        f"environments: {collection.names(collection.scope.names)}"
    ),
)


def _users_of_the_window(collection: Collection, series: SeriesByAxis) -> ours.Series | Unknown:
    if USERS not in series:
        return Unknown(why="this server does not count users by hour")
    if _is_one_for_all(collection, series):
        return Unknown(why=collection.one_for_all)
    buckets, window = _buckets(collection, series[USERS]), collection.question.window
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
    source=lambda collection: collection.source("time series: distinct users per clock hour"),
    reads=HISTORY_HOURS,
)

# --- unhandled events a minute -------------------------------------------------------------------------------------


def _is_too_long(collection: Collection) -> PartValue | None:
    if collection.question.window.length <= MINUTES_READ:
        return None
    return Unknown(why="read by the minute for windows up to 7 days only")


def _handled_by_tag(collection: Collection) -> Literal["yes", "no"] | None:
    """What the tag ``handled`` says of every event of the issue's life; None where it differs, or some lack it."""
    tag = next((tag for tag in collection.value(TAGS) or () if tag.get("key") == "handled"), {})
    values = [object_of(value) for value in list_of(tag.get("topValues"))]
    events, tagged = count_of(collection.issue.get("count")), count_of(tag.get("totalValues"))
    if len(values) != 1 or events is None or tagged is None or tagged < events:
        return None
    value = values[0]
    named = next((name for name in ("yes", "no") if name == value.get("value")), None)
    return named if count_of(value.get("count")) == tagged else None


def _is_in_series(collection: Collection) -> bool:
    """Whether the issue's series is that of its unhandled events: all are, and it is read by the minute."""
    is_asked = collection.question.wants(Aspect.SERIES, Aspect.TREND)
    is_fine = step(collection.question.window) == MINUTE
    is_same = peak_environments(collection) == collection.scope.names
    return is_asked and is_fine and is_same and _handled_by_tag(collection) == "no"


def _unhandled_request(collection: Collection) -> Request[SeriesByAxis] | None:
    if _is_in_series(collection):
        return None
    start = _since_first_event(collection, collection.question.window.start)
    query = f"{of_the_issue(collection)} error.unhandled:true"
    return time_series(collection, (COUNT,), query, start, MINUTE, peak_environments(collection))


def _known_unhandled(collection: Collection) -> PartValue | None:
    """The series where it needs no request: of a long window none is told, and where all is handled it is empty."""
    window = collection.question.window
    if _is_too_long(collection) is not None or _handled_by_tag(collection) != "yes":
        return _is_too_long(collection)
    start = window.start.replace(second=0, microsecond=0)
    minutes = -((start - window.end) // timedelta(seconds=MINUTE))
    settled = collection.now - INGEST_LAG
    series = ours.Series(start=start, step_s=MINUTE, values=(0.0,) * minutes, complete_until=settled)
    return Known(value=series, source="tag handled of the issue, all time: all of its events are handled")


def _unhandled_in(collection: Collection, environments: Iterable[str]) -> Callable[[ListedEvent], bool]:
    """Whether a listed event is an unhandled one of these environments; of none is of all."""
    names = {collection.name(name) for name in environments}
    return lambda event: is_unhandled(event) and (not names or (event.environment or "") in names)


def _unhandled(collection: Collection, series: SeriesByAxis) -> ours.Series | Unknown:
    doubt = not_in_series(collection, series[COUNT], _unhandled_in(collection, peak_environments(collection)))
    if doubt is not None:
        return doubt
    window = collection.question.window
    if not _is_in_series(collection):
        return _buckets(collection, series[COUNT], window.start)
    whole = _buckets(collection, series[COUNT], series_start(window))
    first = max(0, (window.start - whole.start) // timedelta(seconds=MINUTE))
    start = whole.start + first * timedelta(seconds=MINUTE)
    return whole.model_copy(update={"start": start, "values": whole.values[first:]})


UNHANDLED = Part(
    field="unhandled",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=_unhandled_request,
    parse=_unhandled,
    source=lambda collection: collection.source("time series: unhandled events of this issue a minute"),
    known=_known_unhandled,
    reads=SERIES,
)

PROJECT_UNHANDLED = Part(
    field="project_unhandled",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=lambda collection: time_series(
        collection,
        (COUNT,),
        "error.unhandled:true",
        collection.question.window.start,
        MINUTE,
        project_environments(collection),
    ),
    parse=lambda collection, series: (
        not_in_series(collection, series[COUNT], _unhandled_in(collection, project_environments(collection)))
        or _buckets(collection, series[COUNT])
    ),
    source=lambda collection: collection.source(
        "time series: unhandled events of the project a minute", project_environments(collection)
    ),
    known=_is_too_long,
)
