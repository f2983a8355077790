"""Rows of the table of the evidence that look beside the issue, over all projects that the token may read.

They find what may be of the same incident: the issues that began with this one, those with an event in the trace of the
event that was read, and the release, host and tenant of all that came since. They are asked in round two, around the
time at which the issue began as far as round one tells it: its last regression, its first event, or the hour in which
it rose by its own counts. Where it has risen in none of them nothing is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, PartValue
from sentry_runbook.collect.discover_parts import COUNT
from sentry_runbook.collect.event_parts import EVENT, ROWS
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import (
    event_tag,
    first_seen,
    is_error,
    issue_id,
    last_activity,
    project_id,
    trace_of,
)
from sentry_runbook.collect.situation_collection import ALL_PROJECTS, ONE_AT_A_TIME
from sentry_runbook.collect.situation_discover import (
    ENVIRONMENT,
    HOST,
    ISSUE_ID,
    PROJECT,
    RELEASE,
    TENANTS,
    TRANSACTION,
    read_tag_rows,
)
from sentry_runbook.collect.situation_lists import ARCHIVED, HOURS_OF_ROWS, Page
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Unknown, Window
from sentry_runbook.incident.model.evidence.issue import buckets_of as hours_of
from sentry_runbook.incident.model.evidence.json_values import JsonObject, moment_of, object_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.evidence.situation import IssuePage, ListedIssue, TagRows
from sentry_runbook.incident.situation.facts import FEWEST, MOST
from sentry_runbook.incident.situation.onset import NEAR
from sentry_runbook.incident.situation.rise import rise_of
from sentry_runbook.incident.situation.ties import NEW_RELEASE
from sentry_runbook.safety.search_terms import tag_column
from sentry_runbook.sentry.base import time_in_request
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable
from sentry_runbook.sentry.status_errors import OneProjectAtATime

T = TypeVar("T")
MOST_LISTED = 50
"""Issues of a list that are read, those with the most events."""
TEXT = 400
"""Characters of an issue's error text in which it says what failed."""
BACKGROUND = timedelta(hours=1)
"""So much earlier begin the counts by tags: the events before tell which other hosts and tenants there are."""
OWN_PROJECT_ONLY = f"{ONE_AT_A_TIME}: only this issue's was"
OLDER = (
    "this issue is older than the window, and when its episode began was known too late: what began with it was not "
    "looked for"
)
SHARED_TAGS = (RELEASE, TRANSACTION, HOST, *TENANTS)
"""Tags by which issues may be tied."""


@dataclass(frozen=True)
class Answered(Generic[T]):
    """An answer over all projects, or over this issue's alone."""

    answer: T
    is_of_one_project: bool = False


def beginning_of(collection: Collection) -> Window | None:
    """When the issue began in the window, by its own answer: an instant, or the hour in which an older one rose.

    None where that does not tell it, and of an issue that holds no errors.
    """
    issue, window = collection.issue, collection.question.window
    if not is_error(issue) or not collection.question.wants(Aspect.RELATED):
        return None
    known = (last_activity(issue, "set_regression"), first_seen(issue))
    began = next((at for at in known if at is not None), None)
    if began is not None and window.start <= began <= window.end:
        return Window(start=began, end=began)
    return _hour_of_rise(collection)


def _hour_of_rise(collection: Collection) -> Window | None:
    """The first hour of the stretch far above the usual rate that reaches to the last hour of the issue's counts."""
    issue, now = collection.issue, collection.question.window.end
    hourly = hours_of(object_of(issue.get("stats")).get("24h"), issue.get("lastSeen"))
    last = Window(start=now - HOUR, end=now)
    events = sum(events for at, events in hourly if at + HOUR > last.start and at < now)
    counted = ListedIssue(id=issue_id(issue) or "0", url="", title="", hourly=hourly, events=events)
    rise = rise_of(counted, last, collection.policy.trend.spiking)
    if rise is None or rise.usual.since < collection.question.window.start:
        return None
    return Window(start=rise.usual.since, end=min(rise.usual.since + HOUR, now))


def _since(collection: Collection) -> Window | None:
    """From three minutes before the issue began to the end of the window."""
    began = collection.looked_around
    return Window(start=began.start - NEAR, end=collection.question.window.end) if began is not None else None


async def _in_all_projects(collection: Collection, ask: Callable[[str | None], Awaitable[T]]) -> Answered[T]:
    """An answer over all projects; over the issue's own where the server searches one at a time."""
    own = project_id(collection.issue)
    try:
        return Answered(await ask(None))
    except OneProjectAtATime:
        if own is None:
            raise
        return Answered(await ask(own), is_of_one_project=True)


def _issues(collection: Collection, query: str, since: Window) -> Request[Answered[Page]]:
    client, question = collection.client, collection.question

    def ask(project: str | None) -> Awaitable[Page]:
        return client.issues(
            query=query,
            project=project,
            environments=question.environments,
            # GlitchTip is read page after page, and by the last event only it can be told when no more will fit.
            sort="date" if client.server == "glitchtip" else "freq",
            start=since.start,
            end=since.end,
            limit=MOST_LISTED,
            cursor=None,
            organization=question.reference.organization,
            now=collection.now,
            stats_period=HOURS_OF_ROWS,
        )

    return lambda: _in_all_projects(collection, ask)


def _read_page(collection: Collection, answered: Answered[Page]) -> IssuePage:
    """The issues that can be read, but archived ones: somebody decided about those."""
    page, organization = answered.answer, collection.question.reference.organization
    numbered = [(issue_id(row), row) for row in page.items[:MOST_LISTED]]
    address = partial(collection.client.issue_url, organization=organization)
    rows = [{**_with_short_text(row), "url": address(number)} for number, row in numbered if number]
    issues = tuple(row for row in read_all(ListedIssue, rows, collection.sanitizer) if row.status != ARCHIVED)
    is_whole = page.next_cursor is None and len(page.items) <= MOST_LISTED
    return IssuePage(issues=issues, total=page.total, complete=is_whole)


def _with_short_text(row: JsonObject) -> JsonObject:
    """The row with the beginning of its error text: fifty long ones would cost more than they tell."""
    metadata = object_of(row.get("metadata"))
    value = metadata.get("value")
    return {**row, "metadata": {**metadata, "value": value[:TEXT]}} if isinstance(value, str) else row


def _note(_: Collection, answered: Answered[T]) -> str:
    return OWN_PROJECT_ONLY if answered.is_of_one_project else ""


def _source(collection: Collection, what: str) -> str:
    since = _since(collection) or collection.question.window
    return f"{what}; all projects; from {moment(since.start)} on"


# --- what began with it


def _began_with_request(collection: Collection) -> Request[Answered[Page]] | None:
    began, since = collection.looked_around, _since(collection)
    if began is None or since is None:
        return None
    return _issues(
        collection, f"firstSeen:>={time_in_request(since.start)} firstSeen:<={time_in_request(began.end + NEAR)}", since
    )


def _is_older(collection: Collection) -> PartValue | None:
    """That the issue's own answer does not tell when its episode began."""
    if not is_error(collection.issue) or collection.looked_around is not None:
        return None
    return Unknown(why=OLDER, asked=False)


BEGAN_WITH = Part(
    field="began_with",
    round=2,
    aspects=(Aspect.RELATED,),
    request=_began_with_request,
    in_environments=True,
    parse=_read_page,
    note=_note,
    known=_is_older,
    source=lambda collection: _source(collection, "issue list: first seen within three minutes of this one"),
)


# --- what shares its trace


def _trace(collection: Collection) -> str | None:
    event = collection.value(EVENT)
    return trace_of(event) if event is not None and collection.looked_around is not None else None


def _same_trace_request(collection: Collection) -> Request[Answered[Page]] | None:
    trace, since = _trace(collection), _since(collection)
    if trace is None or since is None:
        return None
    return _issues(collection, f"trace:{trace}", since)


def _no_trace_search(collection: Collection) -> PartValue | None:
    if collection.client.server == "glitchtip" and _trace(collection) is not None:
        return Unknown(why="GlitchTip searches no issues by trace", asked=False)
    return None


SAME_TRACE = Part(
    field="same_trace",
    round=2,
    aspects=(Aspect.RELATED,),
    request=_same_trace_request,
    in_environments=True,
    parse=_read_page,
    note=_note,
    source=lambda collection: _source(collection, "issue list: events in the trace of the event that was read"),
    known=_no_trace_search,
)


# --- where all of it happened


def _shared_tags(collection: Collection) -> tuple[str, ...]:
    """Tags of which nearly all of the issue's latest events carry one value: by others no issue is tied to it."""
    return tuple(tag for tag in SHARED_TAGS if _one_value(collection, tag) is not None)


def _one_value(collection: Collection, tag: str) -> str | None:
    """The value that nearly all of the latest events carry; None where there is no such one."""
    page, names = collection.value(ROWS), collection.scope.names
    rows = [row for row in page.items if not names or event_tag(row, "environment") in names] if page else []
    values = Counter(value for row in rows if (value := event_tag(row, tag)))
    value, most = next(iter(values.most_common(1)), ("", 0))
    return value if most >= max(FEWEST, MOST * len(rows)) else None


def _may_be_tied_by_tags(collection: Collection) -> bool:
    """Whether it is worth a request: all events are on a new release or of one tenant.

    That all are on one host is usual where there is one; so that is asked for only where no trace can be.
    """
    tags, began = _shared_tags(collection), collection.looked_around
    if began is None:
        return False
    if any(tag in TENANTS for tag in tags):
        return True
    return _runs_since(collection, began.start - NEW_RELEASE) or (HOST in tags and _trace(collection) is None)


def _runs_since(collection: Collection, instant: datetime) -> bool:
    """Whether the release of the latest events is new, by what the issue's own answer says of it."""
    version = _one_value(collection, RELEASE)
    for key in ("firstRelease", "lastRelease"):
        release = object_of(collection.issue.get(key))
        deploy = object_of(release.get("lastDeploy"))
        times = [release.get("dateCreated"), release.get("dateReleased"), release.get("firstEvent")]
        known = map(moment_of, (*times, deploy.get("dateFinished"), deploy.get("dateStarted")))
        if release.get("version") == version and any(at is not None and at >= instant for at in known):
            return True
    return False


def _places_request(collection: Collection) -> Request[Answered[DiscoverTable]] | None:
    since, tags = _since(collection), _shared_tags(collection)
    if since is None or not _may_be_tied_by_tags(collection):
        return None
    client, question = collection.client, collection.question

    def ask(project: str | None) -> Awaitable[DiscoverTable]:
        return client.discover(
            (ISSUE_ID, PROJECT, ENVIRONMENT, *map(tag_column, tags), COUNT),
            query="",
            start=since.start - BACKGROUND,
            end=since.end,
            project_id=project or ALL_PROJECTS,
            environments=question.environments,
            sort=f"-{COUNT}",
            limit=MAX_ROWS,
            organization=question.reference.organization,
        )

    async def ask_all() -> Answered[DiscoverTable]:
        if await client.searches_one_project(question.reference.organization):
            return Answered(await ask(project_id(collection.issue)), is_of_one_project=True)
        return await _in_all_projects(collection, ask)

    return ask_all


def _places(collection: Collection, answered: Answered[DiscoverTable]) -> TagRows | Unknown:
    return read_tag_rows(answered.answer, (ENVIRONMENT, *_shared_tags(collection)), collection.sanitizer)


PLACES = Part(
    field="places",
    round=2,
    aspects=(Aspect.RELATED,),
    errors_only=True,
    request=_places_request,
    parse=_places,
    note=_note,
    source=lambda collection: _source(
        collection, f"Discover errors: {COUNT} by issue, release, host and tenant, and of the hour before"
    ),
)
