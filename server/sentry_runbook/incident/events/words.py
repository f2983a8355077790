"""Tables of words in error texts as one pattern each, compiled at the first search and not at import.

A table has up to 90 alternatives, and at each character of a text all of them would be tried: 16,000 characters then
take 14 ms. So those that begin with a letter are grouped by it, and a group whose letter is not there costs next to
nothing; that is three to six times faster.

Compiling them takes 1 to 7 ms each. The first call of a process has that time while Sentry works on the second round
of requests, and not before the first (:func:`compile_all`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
        return re.compile(_grouped(self._rows), re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """The first place in the text where a row is found."""
        return self.pattern.search(text)


def compile_all() -> None:
    """Compile every table whose module is imported; a second time it costs nothing."""
    for table in _TABLES:
        _ = table.pattern


_FIRST = re.compile(r"(\\b)?([A-Za-z])(?![?*+{])")
"""An alternative that can only begin with one letter."""
_FOLDED = {"s": "sSſ", "k": "kK\u212a", "i": "iIİı"}
"""What else a search without regard to case takes for a letter."""


def _grouped(rows: tuple[str, ...]) -> str:
    """The rows as one pattern, with one group for each letter that alternatives begin with.

    The letter is matched with regard to case, both cases spelt out: only then does :mod:`re` skip a group by one look.
    """
    groups: dict[str, list[str]] = {}
    others = []
    for row in rows:
        for alternative in _alternatives(row):
            first = _FIRST.match(alternative)
            if first is None:
                others.append(alternative)
                continue
            at_word = r"(?<=\b.)" if first[1] else ""
            groups.setdefault(first[2].lower(), []).append(at_word + alternative[first.end() :])
    letters = [
        f"(?-i:[{_FOLDED.get(letter, letter + letter.upper())}])(?:{'|'.join(ends)})" for letter, ends in groups.items()
    ]
    return "|".join([*letters, *others])


def _alternatives(row: str) -> Iterator[str]:
    """The alternatives of a regular expression at its top level."""
    depth = start = at = 0
    while at < len(row):
        char = row[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _end_of_set(row, at)
        elif char == "|" and depth == 0:
            yield row[start:at]
            start = at + 1
        depth += (char == "(") - (char == ")")
        at += 1
    yield row[start:]


def _end_of_set(row: str, at: int) -> int:
    """The place of the bracket that closes a set of characters."""
    at += 2 if row[at + 1] == "^" else 1
    at += row[at] == "]"  # a bracket that comes first is one of the characters
    while row[at] != "]":
        at += 2 if row[at] == "\\" else 1
    return at
