"""What people and models write for an argument that they mean to leave out, of tools and of prompts.

A leaf, for it is loaded at the start (DESIGN §9). What settings leave out is :mod:`sentry_runbook.setting_parsers`'.
"""

from __future__ import annotations

NOTHING = ("null", "none", "undefined", "nil")
WORDS_AS_WRITTEN = ("query", "release")
"""Arguments of which a word for "nothing" is a value: people search for it, and builds call their releases so."""


def says_nothing(name: str, value: object) -> bool:
    """Whether a value leaves an optional argument out: a blank text, a word for "nothing", or a list of no other.

    Some clients send every argument, and models write the word where they mean the value.

    Args:
        name: the argument's.
        value: as the client sent it.
    """
    if isinstance(value, list):
        return all(_says_nothing(name, part) for part in value)
    return _says_nothing(name, value)


def _says_nothing(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return value is None
    word = value.strip().lower()
    return not word or (word in NOTHING and name not in WORDS_AS_WRITTEN)
