"""Lists of GlitchTip: in its own words, the rows chosen here, in Sentry's shape.

- Of issues ``start`` and ``end`` are of the first event there, and would hide an old issue that spikes now: they are
  not sent. A row belongs to a period when it was first seen before its end and last seen after its start.
- Of events every condition is ignored without a word; the rows are whole events, and carry their tags.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sentry_runbook.incident.model.evidence.json_values import JsonObject, moment_of
from sentry_runbook.sentry.base import Query, environments_of, given
from sentry_runbook.sentry.chosen_rows import chosen_rows
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.glitchtip import event_row_as_sentry, row_as_sentry, tag_keys, tag_of
from sentry_runbook.sentry.glitchtip_search import event_terms, is_event_kept, is_tag, own_search

AskPage = Callable[[Query], Awaitable[ListPage[JsonObject]]]
SORTS = {"date": "-last_seen", "new": "-first_seen", "freq": "-count"}
"""Sentry's orders → GlitchTip's; it knows no order by users or trends."""
NO_TAG_OF_ROWS = ("id", "has", "error.type", "title", "message")
MOST_PAGES = 5
"""Pages that are read for one answer."""


async def issues_page(
    ask: AskPage,
    *,
    query: str,
    project_id: str | None,
    environments: Sequence[str],
    sort: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None,
    now: datetime,
) -> ListPage[JsonObject]:
    """One page of the issues that match a search and were seen in a period.

    Args:
        ask: parameters → a page.
        query: in Sentry's words.
        project_id: the only form that GlitchTip takes.
        environments: any of these.
        sort: Sentry's word.
        start: the issue's last event came then or later.
        end: its first event came before.
        limit: rows at the most.
        cursor: of the page before.
        now: ages are counted from it.

    Raises:
        BadInput: the query holds what GlitchTip would take for a tag.
    """
    own, order = own_search(query), SORTS.get(sort, "-last_seen")
    params = [("query", own.query), ("sort", order), *environments_of(environments), *given("project", project_id)]

    def ask_at(at: str | None, size: int) -> Awaitable[ListPage[JsonObject]]:
        return ask([*params, ("limit", str(size)), *given("cursor", at)])

    def is_over(issue: JsonObject) -> bool:
        return _is_before(issue.get("lastSeen"), start)

    page = await chosen_rows(
        ask_at,
        lambda issue: not is_over(issue) and _is_before(issue.get("firstSeen"), end) and own.keeps(issue, now),
        limit=limit,
        cursor=cursor,
        most_pages=MOST_PAGES,
        is_beyond=is_over if order == "-last_seen" else lambda _: False,
    )
    return replace(page, items=tuple(row_as_sentry(issue, start, end) for issue in page.items))


async def events_page(
    ask: AskPage,
    *,
    environments: Sequence[str],
    query: str | None,
    start: datetime | None,
    end: datetime | None,
    limit: int,
    cursor: str | None,
) -> ListPage[JsonObject]:
    """One page of the events that fit, newest first.

    Raises:
        BadInput: the query holds a condition that the rows do not tell.
    """
    terms, tags = event_terms(query), set[str]()

    def fits(row: JsonObject) -> bool:
        at = row.get("date_created")
        if (start and _is_before(at, start)) or (end and not _is_before(at, end)):
            return False
        event = event_row_as_sentry(row)
        tags.update(tag_keys(event))
        in_environment = not environments or (tag_of(event, "environment") or "") in environments
        return in_environment and is_event_kept(event, terms)

    def ask_at(at: str | None, size: int) -> Awaitable[ListPage[JsonObject]]:
        return ask([("limit", str(size)), *given("cursor", at)])

    page = await chosen_rows(
        ask_at,
        fits,
        limit=limit,
        cursor=cursor,
        most_pages=MOST_PAGES,
        # By when they came: what an SDK sent late is of an earlier time.
        is_beyond=lambda row: start is not None and _is_before(row.get("date_received"), start),
    )
    unseen = tuple(term.key for term in terms if is_tag(term) and term.key not in {"", "user", *NO_TAG_OF_ROWS, *tags})
    return replace(page, items=tuple(map(event_row_as_sentry, page.items)), unseen=unseen if tags else ())


def _is_before(at: object, edge: datetime) -> bool:
    """Whether a moment of an answer is known and before another."""
    moment = moment_of(at)
    return moment is not None and moment < edge
