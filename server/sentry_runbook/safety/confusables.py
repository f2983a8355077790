"""Characters that look like ASCII letters, angle brackets and slashes, folded to them. Pure.

Theory: what a hurried reader, or a model, takes for ``</untrusted>`` is not a list of examples. So a character is
folded by what Unicode says of it, in this order:

1. its compatibility decomposition without marks (fullwidth, mathematical, circled, accented letters; ligatures);
2. its name (``LATIN SMALL LETTER D WITH STROKE``, ``NEGATIVE SQUARED LATIN CAPITAL LETTER U``, ``LEFT ANGLE BRACKET``);
3. :data:`TWINS`: letters and signs of other scripts that are drawn alike, of which Unicode's data says nothing.

Marks and characters that show nothing fold to nothing. A code point is looked up when a text first holds it: a table of
all of them would cost half a second.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

TWINS = {
    "a": "аαΑАⲀⲁꓮᎪ", "b": "ЬВΒⲂꓐᏏ", "c": "сϲСϹⲤⲥꓚᏟ", "d": "ԁժᏧᎠꓓᗞ", "e": "еєεҽЕΕⲈⲉꓰᎬ℮ⴹ", "f": "ꓝϝ", "g": "ցԍꓖᏀ",
    "h": "һհНΗⲎꓧᎻ", "i": "іιІΙⲒӏ", "j": "јЈϳꓙᎫ", "k": "кκКΚⲔꓗᏦ", "l": "ⅼꓡᏞ", "m": "мМΜⲘꓟᎷ", "n": "пոռηΝⲚꓠՈ",
    "o": "оοОΟօⲞⲟꓳ", "p": "рρРΡⲢꓑᏢ", "q": "ԛգզ", "r": "гᴦⲅꓣᎡᏒ", "s": "ѕЅՏꓢᏚƽ", "t": "тτТΤⲦⲧꓔᎢ†", "u": "υսцՍꓴ∪⋃ᴜ",
    "v": "ѵνꓦᏙ∨", "w": "ԝաѡꓪᎳ", "x": "хχХΧⲬꓫ", "y": "уүγУΥⲨꓬ", "z": "ΖꓜᏃ",
    "<": "≺⋞⪻ᐸᚲ𝈶", "/": "╱ノ丿〳〵⟋", "\\": "╲⟍",
}  # fmt: skip
_BY_TWIN = {twin: plain for plain, twins in TWINS.items() for twin in twins}
_HIDDEN = frozenset(("Mn", "Me", "Cf", "Cc", "Co", "Cn", "Cs"))
MOST_KNOWN = 20_000
"""Code points remembered; a text of a hundred thousand different ones is no writing."""


@cache
def _letter_name() -> re.Pattern[str]:
    return re.compile(
        r"(?:LATIN (?:CAPITAL |SMALL )?|INDICATOR SYMBOL )LETTER (?:[A-Z-]{1,20} ){0,6}([A-Z])(?: WITH .{1,60}| BAR)?\Z"
    )


@cache
def _angle_name() -> re.Pattern[str]:
    return re.compile(
        r"\bLESS-THAN\b|\bLEFT(?:-POINTING)?\b.{0,60}\bANGLE\b|\bLEFT ARROWHEAD\b"
        r"|\bLEFT-POINTING\b.{0,60}\b(?:TRIANGLE|POINTER)\b"
    )


def _fold_character(char: str) -> str:
    if char in _BY_TWIN:
        return _BY_TWIN[char]
    parts = unicodedata.normalize("NFKD", char)
    plain = "".join(part for part in parts if unicodedata.category(part) not in _HIDDEN).lower()
    if plain.isascii():
        inner = plain.strip("()")  # a letter in parentheses is one character
        return inner if len(plain) == 3 and inner.isalpha() else plain
    return _by_name(char) or _BY_TWIN.get(plain, plain)


def _by_name(char: str) -> str:
    """What the character's name calls it; empty when that is nothing of ours."""
    name = unicodedata.name(char, "")
    letter = _letter_name().search(name)
    if letter:
        return letter[1].lower()
    if re.search(r"\bREVERSE SOLIDUS\b|\bBACKSLASH\b", name):
        return "\\"
    if re.search(r"\b(?:SOLIDUS|SLASH)\b", name):
        return "/"
    if _angle_name().search(name):
        return "<"
    return "[" if unicodedata.category(char) == "Ps" else ""


class _Folds(dict[int, str]):
    """Code point → what it looks like; made on first use, for :meth:`str.translate`."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if len(self) < MOST_KNOWN:
            self[code] = folded
        return folded


class _SameLength(dict[int, str]):
    """As :class:`_Folds`; a character that folds to none or to several stays."""

    def __missing__(self, code: int) -> str:
        folded = _FOLDS[code]
        kept = folded if len(folded) == 1 else chr(code)
        if len(self) < MOST_KNOWN:
            self[code] = kept
        return kept


_FOLDS = _Folds({code: chr(code).lower() for code in range(0x80)})
_SAME_LENGTH = _SameLength()


def fold(text: str) -> str:
    """The text as it looks to a hurried reader: lower case, twins as ASCII, without marks and hidden characters."""
    return text.translate(_FOLDS)


def skeleton(text: str) -> str:
    """As :func:`fold`, with the length of the text."""
    return text.lower() if text.isascii() else text.translate(_SAME_LENGTH)


def folded_with_positions(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the position in ``text`` that it comes from."""
    pieces = [_FOLDS[ord(char)] for char in text]
    positions = [position for position, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), positions
