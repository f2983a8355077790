"""Tables of words in error texts as one pattern each, compiled at the first search and not at import.

Compiling them takes 1 to 7 ms each. The first call of a process has that time while Sentry works on the second round
of requests, and not before the first (:func:`compile_all`).
"""

from __future__ import annotations

import re
from functools import cached_property

_TABLES: list[Words] = []


class Words:
    """Regular expressions, any of which is found in a text, without regard to case."""

    def __init__(self, *rows: str) -> None:
        self._rows = rows
        _TABLES.append(self)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All rows as one pattern."""
        return re.compile("|".join(self._rows), re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """The first place in the text where a row is found."""
        return self.pattern.search(text)


def compile_all() -> None:
    """Compile every table whose module is imported; a second time it costs nothing."""
    for table in _TABLES:
        _ = table.pattern
