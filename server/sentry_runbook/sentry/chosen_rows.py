"""Rows chosen here, for servers that ignore a condition: page after page, until enough fit or a bound is met.

A cursor of ours is the server's own with the number of rows of that page that were looked at before: ``40~CURSOR``.
Where new rows came meanwhile some are shown twice, and none is left out.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry.counts import ListPage

PAGE = 100
"""Rows that are asked for at once."""
CURSOR = re.compile(r"(\d{1,3})~(.*)", re.DOTALL)


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
    mark = CURSOR.fullmatch(cursor or "")
    skip, at = (int(mark[1]), mark[2] or None) if mark else (0, cursor)
    chosen: list[JsonObject] = []
    read = 0
    for _ in range(most_pages):
        page = await ask(at, PAGE)
        for place, row in enumerate(page.items[skip:], skip):
            if is_beyond(row):
                return ListPage(tuple(chosen), rows_read=read)
            if len(chosen) == limit:
                return ListPage(tuple(chosen), f"{place}~{at or ''}", rows_read=read)
            read += 1
            if fits(row):
                chosen.append(row)
        skip, at = 0, page.next_cursor
        if at is None:
            return ListPage(tuple(chosen), rows_read=read)
    return ListPage(tuple(chosen), at, rows_read=read)
