r"""Terms of Sentry's search language for values that events carry. Pure; every query with such a value is built here.

Theory, as Sentry's grammar reads a quoted value (sentry-api §17):

- It ends at the first quote that no backslash stands before. Only ``\"`` and ``\*`` are escapes; a backslash before
  anything else is a backslash, so it is **not** doubled (``App\Http\Pay`` stays as it is).
- A ``*`` after an even number of backslashes (0 included) is a wildcard, after an odd number it is a star.

So some values cannot be written at all: one that ends in a backslash would escape the quote behind it, and one with an
odd number of backslashes before a star would match more, or something else. Such a value gets no term, and the caller
says so: a query is never widened or changed in silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

MAX_VALUE = 400
"""Characters of one value; Sentry keeps 200 of a tag and a transaction."""
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@/+-]{0,199}", re.ASCII)
"""A value that needs no quotes."""
NO_TAGS = frozenset(
    (
        *("id", "title", "message", "timestamp", "time", "project", "issue"),
        *("platform", "type", "location", "culprit", "status"),
    )
)
"""Columns of Sentry's own: a tag of that name is written as ``tags[name]``."""


def tag_column(tag: str) -> str:
    """A tag as a key of searches and a column of Discover."""
    return f"tags[{tag}]" if tag in NO_TAGS else tag


def term(key: str, value: str) -> str | None:
    """A term that exactly the value fulfils; None when the language cannot express the value."""
    written = quoted(value)
    return None if written is None else f"{key}:{written}"


def any_of(key: str, values: Sequence[str]) -> str | None:
    """A search for any of the values that can be expressed; None when none can.

    A list holds no star: servers differ in whether they unescape one there.
    """
    written = [text for value in values if (text := quoted(value)) is not None]
    listed = [text for text in written if "*" not in text]
    terms = [f"{key}:[{', '.join(listed)}]"] if len(listed) > 1 else [f"{key}:{text}" for text in listed]
    terms += [f"{key}:{text}" for text in written if "*" in text]
    if not terms:
        return None
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def quoted(value: str) -> str | None:
    """The value in quotes; None when it cannot be expressed: see :func:`is_expressible`."""
    if not is_expressible(value):
        return None
    return '"' + value.replace('"', '\\"').replace("*", "\\*") + '"'


def plain_or_quoted(value: str) -> str | None:
    """The value without quotes where it needs none: for searches that people read."""
    return value if PLAIN.fullmatch(value) else quoted(value)


def is_expressible(value: str) -> bool:
    """Whether a quoted value can mean exactly this one.

    Not an empty one (``key:""`` means events without the key), nor one with control characters, line separators or
    lone surrogates, which do not survive a URL or a parser.
    """
    if not 0 < len(value) <= MAX_VALUE or value.endswith("\\") or _odd_before_star().search(value):
        return False
    return value.isprintable() or all(unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in value)


@cache
def _odd_before_star() -> re.Pattern[str]:
    return re.compile(r"(?<!\\)\\(?:\\\\)*+\*")
