"""The requests that stand in for Discover and time series, on servers without them: counts of hours, and more events.

How to think about it: what a first answer brings (the issue, its latest 100 events, its tags) decides most. Only then
are more pages of events read, one after the other, for each names the next: all events of the window where few pages
hold them, else only as many as may still decide a threshold. A page takes a round; on today's Sentry none is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sentry_runbook.collect.batch import Request, RequestBatch, Result, note_failure
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.counted_parts import Counted
from sentry_runbook.collect.discover_parts import BREAKDOWN, BREAKDOWN_BEFORE, ENVIRONMENTS, TOTALS
from sentry_runbook.collect.event_parts import ROWS
from sentry_runbook.collect.event_pieces import Buckets, regular_days, regular_hours
from sentry_runbook.collect.events_read import EventsRead, ReadEvent, joined, read_events
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import is_error, issue_id
from sentry_runbook.collect.series_parts import HISTORY_HOURS, SERIES, UNHANDLED
from sentry_runbook.errors import Forbidden, RunbookError, Unsupported
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour
from sentry_runbook.incident.model.evidence import ROWS_LIMIT, EventRow, Evidence, Known, Unknown, UsersIn, Window
from sentry_runbook.incident.model.evidence.json_values import JsonObject, list_of, object_of
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.parse_issue_stats import EventBuckets

MOST_PAGES = 9
"""Further pages of events that are read at most: 1,000 events with the first one."""
LASTING = (Unsupported, Forbidden)
"""Errors that the next try would meet again: other ways are tried. A passing one costs its part, as ever."""
COUNTS: tuple[Part[Any], ...] = (TOTALS, SERIES, HISTORY_HOURS, UNHANDLED, ENVIRONMENTS)
COUNT_ASPECTS = (Aspect.TOTALS, Aspect.SERIES, Aspect.TREND, Aspect.USERS, Aspect.UNHANDLED, Aspect.ENVIRONMENTS)


class OtherCounts:
    """Counts without Discover, for one collection.

    Args:
        collection: the question and the answers of both rounds.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._hours: Result[EventBuckets] | None = None
        self._days: Result[EventBuckets] | None = None
        self._next_page: Result[ListPage[JsonObject]] | None = None
        self._pages: list[list[ReadEvent]] = []
        self._cursor: str | None = None

    # --- the requests

    async def prepare(self, batch: RequestBatch) -> None:
        """Add to round two what will be needed, where the server is known to lack Discover."""
        if not self._is_wanted or not await self._is_known_to_lack():
            return
        self._add_stats(batch)
        first = self._collection.value(ROWS)
        if first is None or first.next_cursor is None or self._is_filtered_here:
            return
        if self._begins_in_window(first):
            self._next_page = batch.add(self._page_request(first.next_cursor))

    async def fill(self, evidence: Evidence) -> Evidence:
        """The evidence, its counts from other places where Discover or the time series are missing for good."""
        if not self._is_wanted or not self._is_lacking or self._collection.asks_only_unknown_environments:
            # Of an environment that does not exist the list is empty, too: that is no 0.
            return evidence
        if self._hours is None:
            batch = RequestBatch()
            self._add_stats(batch)
            await batch.send()
        await self._read_first_page()
        counted = self._counted(evidence)
        while self._cursor is not None and len(self._pages) <= MOST_PAGES and self._needs_more(counted):
            if not await self._read_page(self._cursor):
                break
            counted = self._counted(evidence)
        return self._filled(counted)

    @property
    def _is_wanted(self) -> bool:
        return is_error(self._collection.issue) and self._collection.question.wants(*COUNT_ASPECTS)

    @property
    def _is_lacking(self) -> bool:
        return any(isinstance(self._collection.result(part).error, LASTING) for part in COUNTS)

    async def _is_known_to_lack(self) -> bool:
        try:
            return await self._collection.client.lacks_discover(self._collection.question.reference.organization)
        except RunbookError:
            return False

    def _add_stats(self, batch: RequestBatch) -> None:
        """Ask for hours and days, where the issue did not bring its own."""
        if list_of(object_of(self._collection.issue.get("stats")).get("24h")):
            return
        client, issue = self._collection.client, issue_id(self._collection.issue)
        organization = self._collection.question.reference.organization
        self._hours = batch.add(lambda: client.issue_stats(issue, "24h", organization=organization))
        self._days = batch.add(lambda: client.issue_stats(issue, "14d", organization=organization))

    def _page_request(self, cursor: str | None) -> Request[ListPage[JsonObject]]:
        """A page, filtered as the first one was: a place in one list is none in another."""
        client, question = self._collection.client, self._collection.question
        names = () if self._is_filtered_here else question.environments
        return lambda: client.events(question.reference, environments=names, limit=ROWS_LIMIT, cursor=cursor)

    @property
    def _is_filtered_here(self) -> bool:
        """Whether the server ignores the environments: all rows are read, and those of the scope chosen here."""
        return self._collection.client.server == "glitchtip" and bool(self._collection.question.environments)

    @property
    def _reads_all_environments(self) -> bool:
        return self._is_filtered_here or not self._collection.question.environments

    def _begins_in_window(self, page: ListPage[JsonObject]) -> bool:
        events = joined([read_events(self._collection, page.items[-1:])], is_whole_life=False)
        return not events.covers(self._collection.question.window.start)

    async def _read_first_page(self) -> None:
        first = self._collection.value(ROWS)
        if first is None:
            return
        if self._is_filtered_here:
            await self._read_page(None)
            return
        self._keep(first)
        if self._next_page is not None and self._next_page.value is not None:
            self._keep(self._next_page.value)

    def _keep(self, page: ListPage[JsonObject]) -> None:
        self._pages.append(read_events(self._collection, page.items))
        self._cursor = page.next_cursor

    async def _read_page(self, cursor: str | None) -> bool:
        """Read one more page; False when it failed: what was read until then counts."""
        try:
            self._keep(await self._page_request(cursor)())
        except RunbookError as exc:
            note_failure(exc)
            return False
        return True

    # --- what they tell

    def _counted(self, evidence: Evidence) -> Counted:
        hours, days = self._buckets(self._hours), self._buckets(self._days)
        if hours is not None:
            own: dict[str, Buckets] = {"hourly": regular_hours(hours, self._collection.now)}
            own["daily"] = regular_days(days, self._collection.now) if days is not None else evidence.issue.daily
            evidence = evidence.model_copy(update={"issue": evidence.issue.model_copy(update=own)})
        source = "hourly counts of the issue (issues-stats)" if hours is not None else "the issue's own hourly counts"
        counted = Counted(self._collection, evidence, EventsRead(), source)
        listed = counted.own_count if self._reads_all_environments else counted.own_count_in_scope()
        read = joined(self._pages, is_whole_life=False)
        # A list that ends before all that the issue counted was cut, or has lost its oldest events.
        is_whole = bool(self._pages) and self._cursor is None and listed is not None and len(read.events) >= listed
        return Counted(self._collection, evidence, EventsRead(read.events, is_whole), source)

    @staticmethod
    def _buckets(result: Result[EventBuckets] | None) -> EventBuckets | None:
        return result.value if result is not None else None

    def _needs_more(self, counted: Counted) -> bool:
        """Whether another page may tell more of the window: all of it by few pages, else a threshold."""
        window = counted.window
        if not counted.read.events:
            return True
        if counted.read.known_from is None or counted.read.covers(window.start):
            return False
        pages_left = MOST_PAGES + 1 - len(self._pages)
        unread = self._unread(counted)
        if unread is None or unread <= pages_left * ROWS_LIMIT:
            return True
        return self._may_decide(counted)

    def _unread(self, counted: Counted) -> int | None:
        """About how many events of the window were not read; None where that is not known."""
        if counted.life_is_in_window and counted.own_count is not None:
            return counted.own_count - len(counted.read.events)
        bounds = counted.by_hours(counted.window)
        if bounds is None:
            return None
        return (bounds.at_most or bounds.at_least) - len(counted.read.in_window(counted.window))

    def _may_decide(self, counted: Counted) -> bool:
        """Whether more events, of very many, may still prove that a threshold was exceeded."""
        limits, wants = self._collection.policy.thresholds, self._collection.question.wants
        rows = counted.read.rows_in(counted.window)
        if wants(Aspect.USERS) and any(row.user for row in rows):
            users = users_worst_hour(self._filled(counted))
            if isinstance(users, Unknown) or _is_open(users, limits.users_per_hour_above):
                return True
        return wants(Aspect.UNHANDLED) and _per_minute(rows) > limits.unhandled_per_minute_above / 2

    def _filled(self, counted: Counted) -> Evidence:
        evidence, read = counted.evidence, counted.read
        found: dict[str, Any] = {}
        window = counted.window
        before = Window(start=window.start - window.length, end=window.start)
        ways: tuple[tuple[Part[Any], Callable[[], object]], ...] = (
            (SERIES, counted.series),
            (HISTORY_HOURS, counted.history),
            (TOTALS, counted.totals),
            (UNHANDLED, counted.unhandled),
            (ENVIRONMENTS, counted.environments if self._reads_all_environments else lambda: None),
            (BREAKDOWN, lambda: counted.breakdown(window)),
            (BREAKDOWN_BEFORE, lambda: counted.breakdown(before)),
        )
        for part, value in ways:
            if isinstance(self._error(part), LASTING) and (known := value()) is not None:
                found[part.field] = known
        if isinstance(self._error(HISTORY_HOURS), LASTING):
            users = counted.users_per_hour()
            if users is not None and self._collection.question.wants(Aspect.USERS):
                found["users_per_hour"] = users
        if self._collection.question.wants(Aspect.USERS):
            found["users_in"] = tuple[UsersIn, ...](counted.users_in())
        if len(self._pages) > 1:
            found["rows"] = self._rows(read)
        found["warnings"] = (*evidence.warnings, self._warning(counted))
        # Built anew, not copied: only so are the parts checked to be of their fields' types.
        return Evidence(**{**dict(evidence), **found})

    def _error(self, part: Part[Any]) -> RunbookError | None:
        """Why a part failed; of one that is read from another's answer, why that did."""
        result = self._collection.result(part)
        if part.reads is not None and not result.is_sent:
            result = self._collection.result(part.reads)
        return result.error

    def _rows(self, read: EventsRead) -> Known[tuple[EventRow, ...]]:
        note = f"the latest {len(read.events)} events; there are more" if self._cursor is not None else ""
        rows = tuple(event.row for event in read.events if event.row is not None)
        return Known(value=rows, source="event list of the issue", note=note)

    def _warning(self, counted: Counted) -> str:
        """Where the numbers come from, for the reader."""
        places = []
        if counted.read.events:
            latest = "" if counted.read.is_whole_life else "the latest "
            places.append(f"{latest}{count(len(counted.read.events), 'event row')}")
        if counted.evidence.issue.hourly:
            places.append(counted.hours_source)
        places.append("the issue's tags and own count")
        listed = f"{', '.join(places[:-1])} and {places[-1]}" if len(places) > 1 else places[0]
        return f"Without Discover the period is counted from {listed}."


def _is_open(users: UsersWorstHour, threshold: int) -> bool:
    """Whether the threshold lies between the bounds."""
    return users.at_least <= threshold and (users.at_most is None or users.at_most > threshold)


def _per_minute(rows: list[EventRow]) -> float:
    """Unhandled events a minute, on average over the rows."""
    times: list[datetime] = [row.when for row in rows if row.when is not None]
    unhandled = sum(row.handled is False for row in rows)
    if not times or not unhandled:
        return 0.0
    return unhandled / max(1.0, (max(times) - min(times)).total_seconds()) * 60
