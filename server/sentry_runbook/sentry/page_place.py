"""Where in a list a page begins: on servers that give more rows than asked for, or that ignore conditions. Pure.

A cursor of ours is the server's own with the number of rows of that page that were looked at before: ``40~CURSOR``.
Where new rows came meanwhile some are shown twice, and none is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeVar

from sentry_runbook.sentry.counts import ListPage

T = TypeVar("T")
MARK = re.compile(r"(\d{1,3})~(.*)", re.DOTALL)


@dataclass(frozen=True)
class PagePlace:
    """A row of a list.

    Attributes:
        page: the server's own cursor; None for the first page.
        skip: rows of that page before this one.
    """

    page: str | None = None
    skip: int = 0

    @property
    def cursor(self) -> str | None:
        """As a caller gets it."""
        return f"{self.skip}~{self.page or ''}" if self.skip else self.page


def place_of(cursor: str | None) -> PagePlace:
    """Return the place that a cursor names, the server's or ours."""
    mark = MARK.fullmatch(cursor or "")
    return PagePlace(mark[2] or None, int(mark[1])) if mark else PagePlace(cursor or None)


def cut_page(page: ListPage[T], place: PagePlace, limit: int) -> ListPage[T]:
    """Return at most ``limit`` rows of a page from a place on, and the cursor of the row after them."""
    end = place.skip + limit
    if end >= len(page.items):
        return replace(page, items=page.items[place.skip :])
    return replace(page, items=page.items[place.skip : end], next_cursor=PagePlace(place.page, end).cursor)
