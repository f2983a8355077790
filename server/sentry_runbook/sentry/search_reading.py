"""A search, read term by term: for servers that ignore searches, or take every key that they do not know for a tag.

Only the forms below are read. All else, as ``OR``, brackets, lists and comparisons of tags, is named as not readable,
so that nobody takes rows for filtered that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from functools import lru_cache

TERM = re.compile(r'\s*(!?)(?:([A-Za-z0-9_.\-]{1,100}):)?("(?:[^"\\]|\\.)*"|[^\s"]+)(?=\s|$)')
UNREADABLE = re.compile(r"[()\[\]]|^(?:OR|AND)$|^\w+://")
AGE = re.compile(r"([+-])(\d{1,5})([mhdw])")
MOMENT = re.compile(r"(>=|<=|>|<)(\d{4}-\d\d-\d\d(?:T[0-9:.+Zz-]{1,30})?)")
NUMBER = re.compile(r"(>=|<=|>|<|)(\d{1,12})")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True)
class SearchTerm:
    """One condition of a search.

    Attributes:
        text: as it was written.
        key: before the colon; empty for words of the message.
        value: without its quotes.
        is_negated: written with ``!``.
    """

    text: str
    key: str
    value: str
    is_negated: bool = False

    def accepts(self, text: str | None) -> bool:
        """Whether a value of the key fits, ``*`` standing for any characters; None: the key is absent."""
        fits = text is not None and _pattern(self.value.casefold()).match(text.casefold()) is not None
        return fits is not self.is_negated

    def is_word_of(self, text: str) -> bool:
        """Whether the word is part of a text, which may be of many."""
        fits = _pattern(f"*{self.value.casefold()}*").match(text.casefold()) is not None
        return fits is not self.is_negated


@lru_cache(maxsize=64)
def _pattern(value: str) -> re.Pattern[str]:
    # Brackets and question marks mean nothing in Sentry's searches.
    return re.compile(translate(re.sub(r"[\[?]", lambda mark: f"[{mark[0]}]", value)))


def terms_of(query: str) -> tuple[tuple[SearchTerm, ...], tuple[str, ...]]:
    """Return the terms of a search, and the parts of it that cannot be read."""
    terms, unreadable = list[SearchTerm](), list[str]()
    for part in _parts(query):
        if isinstance(part, str):
            unreadable.append(part)
        elif UNREADABLE.search(part.text if not part.text.endswith('"') else part.key):
            unreadable.append(part.text)
        else:
            terms.append(part)
    return tuple(terms), tuple(unreadable)


def _parts(query: str) -> Iterator[SearchTerm | str]:
    at, text = 0, query.strip()
    while at < len(text):
        match = TERM.match(text, at)
        if match is None:
            yield text[at:].strip()
            return
        at = match.end()
        value = match[3]
        is_quoted = value.startswith('"')
        plain = re.sub(r"\\([\"*])", r"\1", value[1:-1]) if is_quoted else value
        yield SearchTerm(match[0].strip(), match[2] or "", plain, match[1] == "!")


def moment_test(value: str, now: datetime) -> tuple[bool, datetime] | None:
    """Return whether a moment must be after, or before, which: of ``-24h``, ``+24h``, ``>2026-11-20``; else None.

    ``-24h`` is within the last 24 hours, ``+24h`` longer ago.
    """
    age = AGE.fullmatch(value)
    if age is not None:
        return age[1] == "-", now - int(age[2]) * UNITS[age[3]]
    named = MOMENT.fullmatch(value)
    if named is None:
        return None
    try:
        at = datetime.fromisoformat(named[2].upper().replace("Z", "+00:00"))
    except ValueError:
        return None
    return named[1][0] == ">", at if at.tzinfo else at.replace(tzinfo=UTC)


def number_test(value: str) -> tuple[str, int] | None:
    """Return comparison and number of ``>10``, ``<=3`` or ``7``; None for anything else."""
    match = NUMBER.fullmatch(value)
    return (match[1] or "=", int(match[2])) if match is not None else None
