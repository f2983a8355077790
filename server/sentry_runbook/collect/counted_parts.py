"""Rows of the table of the evidence that Sentry counts: in the window, by time, in sessions and transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, PartValue, span
from sentry_runbook.collect.event_parts import EVENT, ROWS, TAGS
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import (
    affected_transactions,
    event_tag,
    first_seen,
    issue_id,
    last_seen,
    project_id,
)
from sentry_runbook.collect.sessions import merge_sessions
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown, Window
from sentry_runbook.incident.model.evidence.lenient import NAME, moment_of
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, LatencyTable, Row, SessionCounts, TimeSeries

MINUTE = 60
HOUR = 3600
FINEST_SERIES = timedelta(hours=24)
"""Up to this window the issue's series is read by the minute (2,880 points with the stretch before it)."""
MINUTES_READ = timedelta(days=7)
"""Unhandled events are read by the minute for windows up to this long."""
WIDENED_TO = timedelta(days=7)
"""The runbook's answer to an empty Discover result: expand the period to 7 d."""
INGEST_LAG = timedelta(seconds=60)
"""Sentry takes 10 to 60 s to count an event (sentry-api §8): younger buckets may still grow."""
BREAKDOWN_TAGS = (
    "environment",
    "release",
    "transaction",
    "browser.name",
    "os.name",
    "device.family",
    "geo.country_code",
)
MAX_ENDPOINTS = 5
COUNT, USERS = "count()", "count_unique(user)"


def count(
    collection: Collection,
    fields: Sequence[str],
    query: str,
    window: Window,
    environments: Sequence[str],
    limit: int,
) -> Request[DiscoverTable]:
    """A request for counts in a window; of groups, the largest first."""
    client, asked, project = collection.client, collection.question, project_id(collection.issue)
    return lambda: client.discover(
        fields,
        query=query,
        start=window.start,
        end=window.end,
        project_id=project,
        environments=environments,
        sort=f"-{COUNT}" if limit > 1 else None,
        limit=limit,
        organization=asked.reference.organization,
    )


def of_the_issue(collection: Collection) -> str:
    """A search for the issue's events."""
    return f"issue.id:{issue_id(collection.issue)}"


# --- events and users in the window --------------------------------------------------------------------------------


def _totals(collection: Collection, table: DiscoverTable) -> ours.Totals | Unknown:
    """What the number of users means (DESIGN §5): none on any event is unknown, on some events a lower bound."""
    events, users = table.number(COUNT), table.number(USERS)
    if events is None:
        return Unknown(why=table.why_empty or "Discover answered without a count")
    if users is None or (events and not users):
        return ours.Totals(events=int(events))
    return ours.Totals(events=int(events), users=int(users), users_lower_bound=_rows_without_user(collection) > 0)


def _rows_without_user(collection: Collection) -> int:
    rows = collection.built.get(ROWS.field)
    return sum(1 for row in rows.value if row.user is None) if isinstance(rows, ours.Known) else 0


def _totals_note(collection: Collection, table: DiscoverTable) -> str:
    events, users, rows = table.number(COUNT), table.number(USERS), collection.built.get(ROWS.field)
    if users is None:
        return "Sentry gave no number of users"
    if events and not users:
        return "no event carries a user, so the number of users is unknown, not zero"
    without = _rows_without_user(collection)
    if without and isinstance(rows, ours.Known):
        return f"lower bound: {without} of the latest {len(rows.value)} events carry no user"
    return ""


TOTALS = Part(
    field="totals",
    round=2,
    aspects=(Aspect.TOTALS,),
    errors_only=True,
    request=lambda collection: count(
        collection,
        (COUNT, USERS),
        of_the_issue(collection),
        collection.question.window,
        collection.scope.names,
        1,
    ),
    parse=_totals,
    note=_totals_note,
    source=lambda collection: collection.source(f"Discover errors: {COUNT}, {USERS}"),
)


def _wider(collection: Collection) -> Window:
    end = collection.question.window.end
    return Window(start=end - WIDENED_TO, end=end)


def _widened_request(collection: Collection) -> Request[DiscoverTable] | None:
    if collection.question.window.length >= WIDENED_TO or not _may_be_empty(collection):
        return None
    wider, names = _wider(collection), collection.scope.names
    return count(collection, (COUNT, USERS), of_the_issue(collection), wider, names, 1)


def _may_be_empty(collection: Collection) -> bool:
    """Whether the window may hold no event of the scope: then a wider one is asked for at once, not in a round more."""
    start, names, last = collection.question.window.start, collection.scope.names, last_seen(collection.issue)
    if last is not None and last < start:
        return True
    page = collection.value(ROWS)
    rows = [row for row in (page.items if page is not None else ()) if event_tag(row, "environment") in names]
    times = (moment_of(row.get("dateCreated")) for row in rows)
    return bool(names) and not any(at is not None and at >= start for at in times)


def _widened(collection: Collection, table: DiscoverTable) -> ours.Widened | Unknown:
    totals = _totals(collection, table)
    return totals if isinstance(totals, Unknown) else ours.Widened(window=_wider(collection), totals=totals)


def _widened_source(collection: Collection) -> str:
    asked, wider = collection.question.window, _wider(collection)
    return TOTALS.source(collection).replace(span(asked.start, asked.end), span(wider.start, wider.end))


WIDENED = Part(
    field="widened",
    round=2,
    aspects=(Aspect.TOTALS,),
    errors_only=True,
    request=_widened_request,
    parse=_widened,
    source=_widened_source,
)

# --- events by tags ------------------------------------------------------------------------------------------------


def _counted(table: DiscoverTable) -> list[tuple[Row, int]]:
    """The rows with their counts; one without a number (any may be null, sentry-api §7) is left out: it is not zero."""
    counts = [(row, row.get(COUNT)) for row in table.rows]
    return [
        (row, int(value)) for row, value in counts if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _before(collection: Collection) -> Window:
    window = collection.question.window
    return Window(start=window.start - window.length, end=window.start)


def _breakdown_request(window_of: Callable[[Collection], Window]) -> Callable[[Collection], Request[DiscoverTable]]:
    return lambda collection: count(
        collection,
        (*BREAKDOWN_TAGS, COUNT),
        of_the_issue(collection),
        window_of(collection),
        collection.question.environments,
        MAX_ROWS,
    )


def _breakdown(collection: Collection, table: DiscoverTable, window: Window) -> ours.Breakdown:
    def tag(row: Row, name: str) -> str | None:
        return collection.sanitizer.line(str(row[name]), NAME, f"tags.{name}") if row.get(name) else None

    counted = _counted(table)
    return ours.Breakdown(
        window=window,
        combinations=tuple(
            ours.Combination(tags={name: tag(row, name) for name in BREAKDOWN_TAGS}, events=events)
            for row, events in counted
        ),
        complete=table.next_cursor is None and len(counted) == len(table.rows) < MAX_ROWS,
    )


def _breakdown_source(window: Window) -> str:
    return f"Discover errors: {COUNT} by tags; {span(window.start, window.end)}"


BREAKDOWN = Part(
    field="breakdown",
    round=2,
    aspects=(Aspect.BREAKDOWN,),
    errors_only=True,
    request=_breakdown_request(lambda collection: collection.question.window),
    parse=lambda collection, table: _breakdown(collection, table, collection.question.window),
    source=lambda collection: _breakdown_source(collection.question.window),
)


def _breakdown_before_request(collection: Collection) -> Request[DiscoverTable] | None:
    """Only of an issue that is older than the window."""
    began = first_seen(collection.issue)
    is_new = began is not None and began >= collection.question.window.start
    return None if is_new else _breakdown_request(_before)(collection)


BREAKDOWN_BEFORE = Part(
    field="breakdown_before",
    round=2,
    aspects=(Aspect.BREAKDOWN,),
    errors_only=True,
    request=_breakdown_before_request,
    parse=lambda collection, table: _breakdown(collection, table, _before(collection)),
    source=lambda collection: _breakdown_source(_before(collection)),
)


def _environments_request(collection: Collection) -> Request[DiscoverTable] | None:
    """Not where the breakdown is asked for, which tells them too."""
    if collection.question.wants(Aspect.BREAKDOWN):
        return None
    window, query = collection.question.window, of_the_issue(collection)
    return count(collection, ("environment", COUNT), query, window, (), MAX_ROWS)


def _environments(collection: Collection, table: DiscoverTable) -> tuple[ours.EnvironmentCount, ...] | Unknown:
    counted = _counted(table)
    if len(counted) < len(table.rows):
        # Without one number nobody knows whether production has events.
        return Unknown(why="Sentry gave no number for a part of the events")
    events: Counter[str] = Counter()
    for row, number in counted:
        name = row.get("environment")
        events[collection.name(str(name)) if name else ""] += number
    return tuple(ours.EnvironmentCount(name=name, events=number) for name, number in events.most_common())


ENVIRONMENTS = Part(
    field="environments",
    round=2,
    aspects=(Aspect.ENVIRONMENTS,),
    errors_only=True,
    request=_environments_request,
    parse=_environments,
    source=lambda collection: collection.source(f"Discover errors: {COUNT} by environment"),
    reads=BREAKDOWN,
)

# --- events and users by time --------------------------------------------------------------------------------------

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
    client, asked, project = collection.client, collection.question, project_id(collection.issue)
    return lambda: client.series(
        axes,
        query=query,
        start=start,
        end=asked.window.end,
        interval_s=interval_s,
        project_id=project,
        environments=environments,
        organization=asked.reference.organization,
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


def _issue_series(collection: Collection, found: SeriesByAxis) -> ours.IssueSeries:
    users = found.get(USERS)
    return ours.IssueSeries(
        events=_buckets(collection, found[COUNT]), users=_buckets(collection, users) if users is not None else None
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
    parse=lambda collection, found: _buckets(collection, found[USERS]),
    source=lambda collection: collection.source("time series: distinct users per clock hour"),
)

# --- unhandled events a minute -------------------------------------------------------------------------------------


def _project_environments(collection: Collection) -> tuple[str, ...]:
    """The environments that a project-wide figure covers: those asked for, else production as far as it is known."""
    asked = collection.question
    return asked.environments or (collection.scope.production if asked.scope == "production" else ())


def _is_too_long(collection: Collection) -> PartValue | None:
    if collection.question.window.length <= MINUTES_READ:
        return None
    return Unknown(why="read by the minute for windows up to 7 days only")


def _unhandled_request(collection: Collection, query: str, environments: Sequence[str]) -> Request[SeriesByAxis] | None:
    if _is_too_long(collection) is not None:
        return None
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
    parse=lambda collection, found: _buckets(collection, found[COUNT]),
    source=lambda collection: collection.source("time series: unhandled events of this issue a minute"),
    known=_is_too_long,
)

PROJECT_UNHANDLED = Part(
    field="project_unhandled",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=lambda collection: _unhandled_request(
        collection, "error.unhandled:true", _project_environments(collection)
    ),
    parse=lambda collection, found: _buckets(collection, found[COUNT]),
    source=lambda collection: collection.source(
        "time series: unhandled events of the project a minute", _project_environments(collection)
    ),
    known=_is_too_long,
)


def _project_top(collection: Collection, table: DiscoverTable) -> tuple[ours.IssueShare, ...]:
    return tuple(
        ours.IssueShare(
            short_id=collection.sanitizer.line(str(row.get("issue") or "unknown"), NAME, "project"), events=events
        )
        for row, events in _counted(table)
    )


PROJECT_TOP = Part(
    field="project_top",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=lambda collection: count(
        collection,
        ("issue", COUNT),
        "error.unhandled:true",
        collection.question.window,
        _project_environments(collection),
        5,
    ),
    parse=_project_top,
    source=lambda collection: collection.source("Discover errors, unhandled events by issue"),
)

# --- sessions and latency of the project ---------------------------------------------------------------------------


def _sessions_request(collection: Collection) -> Request[SessionCounts]:
    client, asked, project = collection.client, collection.question, project_id(collection.issue)
    window, organization = asked.window, asked.reference.organization
    return lambda: client.sessions(project_id=project, start=window.start, end=window.end, organization=organization)


def _sessions(collection: Collection, found: SessionCounts) -> ours.Sessions:
    asked = collection.question

    def is_counted(environment: str) -> bool:
        if asked.environments:
            return environment in asked.environments
        return asked.scope == "all" or collection.policy.is_production(environment)

    return merge_sessions(found, is_counted, collection.now, collection.name)


SESSIONS = Part(
    field="sessions",
    round=2,
    aspects=(Aspect.SESSIONS,),
    request=_sessions_request,
    parse=_sessions,
    source=lambda _: "sessions of the project by environment and hour",
)


def _transactions(collection: Collection) -> tuple[str, ...]:
    return affected_transactions(collection.value(TAGS), collection.value(EVENT), MAX_ENDPOINTS)


def _latency_request(collection: Collection) -> Request[LatencyTable] | None:
    client, asked, project = collection.client, collection.question, project_id(collection.issue)
    names = _transactions(collection)
    if not names:
        return None
    return lambda: client.latency(
        transactions=names,
        start=asked.window.start,
        end=asked.window.end,
        project_id=project,
        organization=asked.reference.organization,
    )


def _latency(collection: Collection, found: LatencyTable) -> ours.Latency:
    """The affected transactions in their order; one without a row was not measured."""

    def shown(name: str) -> str:
        return collection.sanitizer.line(name, NAME, "transaction")

    rows, names = {row.transaction: row for row in found.rows}, _transactions(collection)
    return ours.Latency(
        endpoints=tuple(
            ours.Endpoint(
                transaction=shown(name),
                p95_ms=rows[name].p95_ms if name in rows else None,
                count=rows[name].count if name in rows else None,
            )
            for name in names
        ),
        main=shown(names[0]),
        measure=found.measure,
    )


LATENCY = Part(
    field="latency",
    round=2,
    aspects=(Aspect.LATENCY,),
    request=_latency_request,
    parse=_latency,
    source=lambda collection: collection.source("Discover spans: p95 and count by transaction"),
    known=lambda collection: None if _transactions(collection) else Unknown(why="no event names its transaction"),
)
