"""What an error only mentions: quoted values, names of settings and keys, and what it says about them.

A product's name and a word like "timeout" in there tell of no call that failed: ``unknown setting 'redis timeout'``.
A library's own class (``redis.exceptions.TimeoutError``) is no such name: it has a capital in it.
"""

from __future__ import annotations

import re

_QUOTES = (("'", "'"), ('"', '"'), ("`", "`"), ("`", "'"), ("‘", "’"), ("“", "”"), ("‵", "‵"), ("‵", "'"))
LONGEST = 120
"""Characters of a quoted value; what is longer is told, not mentioned."""
_OPEN, _SHUT = r"(?<![\w'\"`])", r"(?![\w])"
QUOTED = re.compile("|".join(rf"{_OPEN}{a}[^\n{a}{b}]{{1,{LONGEST}}}{b}{_SHUT}" for a, b in _QUOTES))
QUOTED_WORD = re.compile("|".join(rf"{_OPEN}{a}[^\s{a}{b}]{{1,{LONGEST}}}{b}{_SHUT}" for a, b in _QUOTES))
IDENTIFIER = re.compile(
    r"(?<![\w./:@-])(?:[a-z0-9]{1,40}(?:[._-][a-z0-9]{1,40}){1,8}|[A-Z0-9]{1,40}(?:_[A-Z0-9]{1,40}){1,8})(?![._:/@-]?\w)"
)
"""``redis.timeout``, ``kafka_timeout``, ``REDIS_TIMEOUT``; no address, no class."""
_THING = (
    r"(?:setting|option|parameter|keyword argument|environment variable|config(?:uration)? (?:key|value|option)|column"
    r"|field|header|flag|property|attribute)s?"
)
ABOUT_A_SETTING = re.compile(
    r"\b(?:unknown|invalid|unsupported|unrecognized|unexpected|missing|duplicated?|required|deprecated|bad|no such)"
    rf" (?:[\w.'\"-]{{1,40}} ){{0,4}}{_THING}\b"
    rf"|\b{_THING} [^\n]{{1,80}}? (?:must (?:be|not)|should be|expects?|requires"
    r"|is (?:not|no longer) (?:a|valid|supported|known|allowed))\b"
    r"|\b(?:timeout|time-out)s? (?:must|should|has to|have to|cannot|can't) (?:not )?be\b"
    r"|\b(?:invalid|unsupported|bad|negative|unknown) (?:[\w.-]{1,30} ){0,3}timeout\b",
    re.IGNORECASE,
)
"""An error about how something is set up, and not about a call."""


def without_mentions(text: str) -> str:
    """The text with a stroke for each quoted value and name of a setting."""
    return IDENTIFIER.sub("_", QUOTED.sub("_", text))


def without_quoted_words(text: str) -> str:
    """The text with a stroke for each quoted value that is one word: a name, a key, a class."""
    return QUOTED_WORD.sub("_", text)
