"""Where the next page of a review begins, as an opaque text."""

from __future__ import annotations

import re

CURSOR = re.compile(r"alerts-([1-9][0-9]{0,5})", re.ASCII)


def cursor_at(first: int) -> str:
    """The cursor of the page that leaves out so many alerts."""
    return f"alerts-{first}"


def first_of(cursor: str) -> int | None:
    """How many alerts the cursor leaves out; None for a text that is no cursor of ours."""
    found = CURSOR.fullmatch(cursor.strip())
    return int(found[1]) if found is not None else None
