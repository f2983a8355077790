"""The requests that stand in for Discover and time series, on servers without them: counts of hours, and more events.

How to think about it: what a first answer brings (the issue, its latest 100 events, its tags) decides most. Only then
are more pages of events read, one after the other, for each names the next: all events of the window where few pages
hold them, else only as many as may still decide a threshold. A page takes a round; on today's Sentry none is asked.

Of several issues only their own counts and hours are summed: events of one of them tell nothing of the others', and
users are never added up.
"""

from __future__ import annotations

from typing import Any

from sentry_runbook.collect.batch import Request, RequestBatch, Result, note_failure
from sentry_runbook.collect.breakdown_parts import ENVIRONMENTS
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.counted import Counted
from sentry_runbook.collect.counted_evidence import CountedEvidence, is_lacking, may_decide, unread
from sentry_runbook.collect.discover_parts import TOTALS
from sentry_runbook.collect.event_parts import ROWS
from sentry_runbook.collect.event_pieces import Buckets, regular_days, regular_hours, without_lost
from sentry_runbook.collect.events_read import EventsRead, ReadEvent, joined, read_events
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import is_error, issue_id, last_seen
from sentry_runbook.collect.series_parts import HISTORY_HOURS, SERIES
from sentry_runbook.collect.unhandled_parts import UNHANDLED
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import ROWS_LIMIT, Evidence
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, object_of
from sentry_runbook.progress import report_round
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.parse_issue_stats import EventBuckets

MOST_PAGES = 9
"""Further pages of events that are read at most: 1,000 events with the first one."""
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
        if first is None or first.next_cursor is None or self._is_filtered_here or self._collection.is_of_several:
            return
        if self._begins_in_window(first) and self._are_few:
            self._next_page = batch.add(self._page_request(first.next_cursor))

    async def fill(self, evidence: Evidence) -> Evidence:
        """The evidence, its counts from other places where Discover or the time series are missing for good."""
        if not self._is_wanted or not self._is_lacking or self._collection.asks_only_unknown_environments:
            # Of an environment that does not exist the list is empty, too: that is no 0.
            return evidence
        if self._hours is None:
            batch = RequestBatch("the issue's own counts, for this server has no Discover")
            self._add_stats(batch)
            await batch.send()
        await self._read_first_page()
        counted = self._counted(evidence)
        while self._cursor is not None and len(self._pages) <= MOST_PAGES and self._needs_more(counted):
            if not await self._read_page(self._cursor):
                break
            counted = self._counted(evidence)
        return self._filled(counted).filled()

    @property
    def _is_wanted(self) -> bool:
        return is_error(self._collection.issue) and self._collection.question.wants(*COUNT_ASPECTS)

    @property
    def _is_lacking(self) -> bool:
        return any(is_lacking(self._collection, part) for part in COUNTS)

    async def _is_known_to_lack(self) -> bool:
        try:
            return await self._collection.client.lacks_discover(self._collection.question.reference.organization)
        except RunbookError:
            return False

    def _add_stats(self, batch: RequestBatch) -> None:
        """Ask for hours and days, where the issue did not bring its own."""
        if list_of(object_of(self._collection.issue.get("stats")).get("24h")) or self._collection.is_of_several:
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

    @property
    def _are_few(self) -> bool:
        """Whether all events of the issue fit into the pages: of more the second is read only for a threshold."""
        events = count_of(self._collection.issue.get("count"))
        return events is not None and events <= (MOST_PAGES + 1) * ROWS_LIMIT

    async def _read_first_page(self) -> None:
        first = self._collection.value(ROWS)
        if first is None or self._collection.is_of_several:
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
        report_round("older events of the issue", 1)
        try:
            self._keep(await self._page_request(cursor)())
        except RunbookError as exc:
            note_failure(exc)
            return False
        return True

    # --- what they tell

    def _counted(self, evidence: Evidence) -> Counted:
        own = self._own_buckets()
        if own:
            evidence = evidence.model_copy(update={"issue": evidence.issue.model_copy(update=own)})
        source = "hourly counts of the issue (issues-stats)" if own else "the issue's own hourly counts"
        counted = Counted(self._collection, evidence, EventsRead(), source)
        listed = counted.own_count if self._reads_all_environments else counted.own_count_in_scope()
        read = joined(self._pages, is_whole_life=False)
        # A list that ends before all that the issue counted was cut, or has lost its oldest events.
        is_whole = bool(self._pages) and self._cursor is None and listed is not None and len(read.events) >= listed
        return Counted(self._collection, evidence, EventsRead(read.events, is_whole), source)

    def _own_buckets(self) -> dict[str, Buckets]:
        """The hours and days that were asked for, as fields of the issue."""
        hours, days = (result.value if result is not None else None for result in (self._hours, self._days))
        if hours is None:
            return {}
        now, last = self._collection.now, last_seen(self._collection.issue)
        own = {"hourly": without_lost(regular_hours(hours, now), last)}
        return own if days is None else {**own, "daily": without_lost(regular_days(days, now), last)}

    def _needs_more(self, counted: Counted) -> bool:
        """Whether another page may tell more of the window: all of it by few pages, else a threshold."""
        if self._collection.is_of_several:
            return False
        if not counted.read.events:
            return True
        if counted.read.known_from is None or counted.read.covers(counted.window.start):
            return False
        pages_left = MOST_PAGES + 1 - len(self._pages)
        events = unread(counted)
        return events is None or events <= pages_left * ROWS_LIMIT or may_decide(self._filled(counted))

    def _filled(self, counted: Counted) -> CountedEvidence:
        return CountedEvidence(counted, self._reads_all_environments, len(self._pages), self._cursor is not None)
