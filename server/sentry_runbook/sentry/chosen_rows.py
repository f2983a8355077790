"""Rows chosen here, for servers that ignore a condition: page after page, until enough fit or a bound is met."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.page_place import PagePlace, place_of

PAGE = 100
"""Rows that are asked for at once."""


async def chosen_rows(
    ask: Callable[[str | None, int], Awaitable[ListPage[JsonObject]]],
    fits: Callable[[JsonObject], bool],
    *,
    limit: int,
    cursor: str | None,
    most_pages: int,
    is_beyond: Callable[[JsonObject], bool] = lambda _: False,
) -> ListPage[JsonObject]:
    """Return the first rows that fit, and where to go on.

    Args:
        ask: cursor and page size → that page of all rows.
        fits: whether a row is one of those wanted.
        limit: rows at the most.
        cursor: of the answer before, the server's own or ours.
        most_pages: pages that are read for one answer.
        is_beyond: from this row on none fits, by the order of the list.
    """
    place = place_of(cursor)
    skip, at = place.skip, place.page
    chosen: list[JsonObject] = []
    read = 0
    for _ in range(most_pages):
        page = await ask(at, PAGE)
        for index, row in enumerate(page.items[skip:], skip):
            if is_beyond(row):
                return ListPage(tuple(chosen), rows_read=read)
            if len(chosen) == limit:
                return ListPage(tuple(chosen), PagePlace(at, index).cursor, rows_read=read)
            read += 1
            if fits(row):
                chosen.append(row)
        skip, at = 0, page.next_cursor
        if at is None:
            return ListPage(tuple(chosen), rows_read=read)
    return ListPage(tuple(chosen), at, rows_read=read)
