"""Tables of words in error texts as one pattern each, compiled at the first search and not at import.

A table has up to 90 alternatives, and at each character of a text all of them would be tried: 16,000 characters then
take 14 ms. So those that begin with a letter are grouped by it, and a group whose letter is not there costs next to
nothing; that is three to six times faster. A letter with many alternatives is grouped once more by its second. An
alternative that begins with a choice is spelt out for it, and what it wants to see before it is asked after its letter:
one that begins otherwise is tried at each character.

Compiling them takes 1 to 7 ms each. The first call of a process has that time while Sentry works on the second round
of requests, and not before the first (:func:`compile_all`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import count

_TABLES: list[Words | OrderedTables] = []


class Words:
    """Regular expressions, any of which is found in a text, without regard to case.

    Attributes:
        rows: the expressions.
    """

    def __init__(self, *rows: str, rarely: bool = False) -> None:
        self.rows = rows
        if not rarely:
            _TABLES.append(self)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All rows as one pattern."""
        return re.compile(_grouped([(row, None) for row in self.rows]), re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """The first place in the text where a row is found."""
        return self.pattern.search(text)


MOST_PLACES = 40
"""Places of a text at which some table's words are looked up."""


class OrderedTables:
    """Many tables that are searched as one, because a search of each would cost as often as there are tables.

    A place of a text tells its table by an empty group that each alternative ends with.
    """

    def __init__(self, *tables: Words) -> None:
        self._tables = tables
        _TABLES.append(self)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All rows of all tables as one pattern."""
        rows = [(row, place) for place, table in enumerate(self._tables) for row in table.rows]
        return re.compile(_grouped(rows), re.IGNORECASE)

    def first(self, text: str) -> int | None:
        """The position of the first table whose words stand anywhere in the text; None where no table's do."""
        first: int | None = None
        start = 0
        for _ in range(MOST_PLACES):
            match = self.pattern.search(text, start)
            if match is None or match.lastgroup is None:
                break
            place = int(match.lastgroup.split("_")[1])
            first = place if first is None else min(first, place)
            # Words of another table may begin inside of these.
            start = match.start() + 1
        return first


def compile_all() -> None:
    """Compile every table whose module is imported; a second time it costs nothing."""
    for table in _TABLES:
        _ = table.pattern


_FIRST = re.compile(r"(\\b)?([A-Za-z0-9])(?![?*+{])")
"""An alternative that can only begin with one letter or digit."""
_FOLDED = {"s": "sSſ", "k": "kK\u212a", "i": "iIİı"}
"""What else a search without regard to case takes for a letter."""


def _grouped(rows: Iterable[tuple[str, int | None]]) -> str:
    """The rows as one pattern, with one group for each letter that alternatives begin with, and in it for each second.

    An alternative of a row that comes with a number ends with an empty group whose name holds it.
    """
    names = count()
    alternatives = [
        alternative + ("" if number is None else f"(?P<of_{number}_{next(names)}>)")
        for row, number in rows
        for whole in _alternatives(row)
        for alternative in _spelt_out(whole)
    ]
    return _by_letter(alternatives, depth=2)


_CAPTURES = re.compile(r"\((?!\?)|\(\?P<")
"""A group that a caller reads: it must not stand twice."""


def _spelt_out(alternative: str) -> Iterator[str]:
    """An alternative that begins with a choice, itself or behind the edge of a word, as one for each of the choice."""
    edge = r"\b" if alternative.startswith(r"\b(?:") else ""
    choice = alternative.removeprefix(edge)
    end = _end_of_group(choice) if choice.startswith("(?:") and _CAPTURES.search(choice) is None else 0
    if not end or choice[end : end + 1] in tuple("?*+{"):
        yield alternative
        return
    for inner in _alternatives(choice[len("(?:") : end - 1]):
        yield from _spelt_out(f"{edge}{inner}{choice[end:]}")


def _end_of_group(row: str) -> int:
    """The place behind the group that a regular expression begins with."""
    depth = at = 0
    while True:
        char = row[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _end_of_set(row, at)
        depth += (char == "(") - (char == ")")
        at += 1
        if depth == 0:
            return at


def _by_letter(alternatives: Sequence[str], depth: int) -> str:
    """The alternatives with one group for each letter that they begin with.

    The letter is matched with regard to case, both cases spelt out: only then does :mod:`re` skip a group by one look.
    """
    groups: dict[str, list[str]] = {}
    others = []
    for alternative in alternatives:
        behind, rest = _looks_behind(alternative)
        first = _FIRST.match(rest)
        if first is None or not depth:
            others.append(alternative)
            continue
        before = behind + (r"(?<=\b.)" if first[1] else "")
        groups.setdefault(first[2].lower(), []).append(before + rest[first.end() :])
    letters = [
        f"(?-i:[{_FOLDED.get(letter, letter + letter.upper())}])(?:{_by_letter(ends, depth - 1)})"
        for letter, ends in groups.items()
    ]
    return "|".join([*letters, *others])


def _looks_behind(alternative: str) -> tuple[str, str]:
    """The looks behind with which an alternative begins, as they are from one character further on; and the rest."""
    behind = ""
    while alternative.startswith(("(?<!", "(?<=")):
        end = _end_of_group(alternative)
        behind += f"{alternative[:4]}(?:{alternative[4 : end - 1]}).)"
        alternative = alternative[end:]
    return behind, alternative


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
