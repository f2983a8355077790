"""Characters that show nothing: written out, removed or decoded.

How to think about it: a reader (human or model) must get the same text. So everything without a picture of its
own — controls, bidirectional marks, zero-width and tag characters, variation selectors, lone surrogates,
noncharacters, private use — is written out as ``⟨U+202E⟩``. What real writing needs stays: joiners inside Arabic
and Indic words, emoji sequences, one presentation selector after an emoji, the three flags made of tag characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

ZWNJ, ZWJ = "\u200c", "\u200d"
LISTED = 4
"""So many hidden characters of one run are written out; the rest is counted, so a smuggled book stays short."""
MARKS = 6
"""So many combining marks may sit on one letter; more is drawing over other lines, not writing."""

_HIDDEN_RANGES = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
) + "".join(f"{chr((plane << 16) | 0xFFFE)}{chr((plane << 16) | 0xFFFF)}" for plane in range(1, 15))

_JOINING_SCRIPTS = (
    (0x0600, 0x08FF),  # Arabic, Syriac, Thaana, N'Ko, Mandaic, Arabic extended
    (0x0900, 0x0DFF),  # Devanagari … Sinhala
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1780, 0x18AF),  # Khmer, Mongolian
    (0x1A20, 0x1CFF),  # Tai Tham … Vedic
    (0xA800, 0xABFF),  # Syloti Nagri … Meetei Mayek
    (0xFB50, 0xFDCF),
    (0xFE70, 0xFEFC),  # Arabic presentation forms
    (0x11000, 0x11FFF),  # the younger Indic blocks
)
_PICTURES = (
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x21AA),
    (0x231A, 0x23FF),
    (0x24C2, 0x24C2),
    (0x25AA, 0x25FE),
    (0x2600, 0x27BF),
    (0x2934, 0x2935),
    (0x2B05, 0x2B55),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
    (0x1F000, 0x1FAFF),
)
_KEYCAPS = "0123456789\u00a9\u00ae"
"""Not ``#`` and ``*``: they become look-alikes, which carry no selector."""
_FLAG = "\U0001f3f4"
_FLAG_TAGS = frozenset(
    "".join(chr(0xE0000 + ord(c)) for c in region) + "\U000e007f" for region in ("gbeng", "gbsct", "gbwls")
)
VIRAMA_CLASS = 9


@cache
def _hidden_run() -> re.Pattern[str]:
    return re.compile(f"[{_HIDDEN_RANGES}]+")


@cache
def _ascii_hidden_run() -> re.Pattern[str]:
    return re.compile("[\x00-\x08\x0b-\x1f\x7f]+")


def write_out(text: str) -> str:
    r"""Write out every character that cannot be seen; ``\n`` and ``\t`` stay. Idempotent and total."""
    if text.isascii():
        return text if text.isprintable() else _ascii_hidden_run().sub(_written_out, text)
    shown = _hidden_run().sub(_written_out, text)
    limited = _limit_marks(shown)
    # A joiner that stood behind a mark which is written out now joins nothing any more.
    return limited if limited == shown else _hidden_run().sub(_written_out, limited)


def remove(text: str) -> str:
    """The text without every hidden character, for looking at its words only."""
    if text.isascii() and text.isprintable():
        return text
    return (_ascii_hidden_run() if text.isascii() else _hidden_run()).sub("", text)


def is_hidden(char: str) -> bool:
    """Whether a character has no picture of its own."""
    return _hidden_run().fullmatch(char) is not None


def _written_out(match: re.Match[str]) -> str:
    text, (start, end), run = match.string, match.span(), match.group()
    before = text[start - 1] if start else ""
    if before.isascii() and before not in _KEYCAPS:  # neither a picture nor a letter of a script that joins
        return _names(run)
    after = text[end] if end < len(text) else ""
    if before == _FLAG and run in _FLAG_TAGS:
        return run
    kept = _belonging(run, before, after)
    return kept + _names(run[len(kept) :])


def _belonging(run: str, before: str, after: str) -> str:
    """The beginning of a run that real writing has here: at most one selector, then at most one joiner."""
    kept = ""
    if not before:
        return kept
    if run[0] in "\ufe0e\ufe0f" and (_is_picture(before) or before in _KEYCAPS):
        kept = run[0]
    rest = run[len(kept) :]
    if len(rest) == 1 and _joins(rest, before, after):
        kept += rest
    return kept


def _joins(char: str, before: str, after: str) -> bool:
    """Whether a joiner stands between two pictures, or inside a word of a script that joins."""
    if char == ZWJ and _is_picture(before):
        return bool(after) and _is_picture(after)
    if char in (ZWJ, ZWNJ) and _in(before, _JOINING_SCRIPTS):
        return unicodedata.combining(before) == VIRAMA_CLASS or bool(after and _in(after, _JOINING_SCRIPTS))
    return False


def _names(chars: str) -> str:
    return _written(chars[: LISTED + 1], len(chars))


@lru_cache(maxsize=1024)
def _written(chars: str, count: int) -> str:
    shown = "".join(f"⟨U+{ord(char):04X}⟩" for char in chars[:LISTED])
    return shown + (f"⟨+{count - LISTED:,} hidden⟩" if count > LISTED else "")


@lru_cache(maxsize=1024)
def _is_picture(char: str) -> bool:
    return _in(char, _PICTURES)


def _in(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    code = ord(char)
    return any(low <= code <= high for low, high in ranges)


@cache
def _may_be_mark() -> re.Pattern[str]:
    """A superset of all combining marks: the blocks that hold some, whole."""
    return re.compile(
        "[\u0300-\u1fff\u20d0-\u20ff\u2c00-\u2dff\u3000-\u30ff\ua000-\uabff\ufb00-\ufb4f\ufe00-\ufe2f"
        "\U00010000-\U0001e9ff\U000e0000-\U000fffff]"
    )


def _limit_marks(text: str) -> str:
    """Write out combining marks that have no letter, and those beyond :data:`MARKS` on one letter."""
    if not _may_be_mark().search(text):
        return text
    pieces: list[str] = []
    surplus = ""
    count = MARKS  # at the start, and after a break, there is no letter to carry a mark
    for char in text:
        if char > "\u02ff" and unicodedata.category(char) in ("Mn", "Me"):
            count += 1
            if count > MARKS:
                surplus += char
                continue
        else:
            count = MARKS if char in " \n\t" else 0
        if surplus:
            pieces.append(_names(surplus))
            surplus = ""
        pieces.append(char)
    if surplus:
        pieces.append(_names(surplus))
    return "".join(pieces)


def decode_smuggled(text: str) -> str:
    """The message that tag characters or variation selectors smuggle, as far as it is readable ASCII; else empty."""
    carriers = _carrier().findall(text)
    if not carriers:
        return ""
    tags = "".join(chr(ord(c) - 0xE0000) for c in carriers if "\U000e0020" <= c <= "\U000e007e")
    selectors = "".join(chr(_selector_byte(c)) for c in carriers if _selector_byte(c) >= 0)
    return "\n".join(
        part for part in ("".join(c for c in s if " " <= c <= "~") for s in (tags, selectors)) if len(part) >= 4
    )


@cache
def _carrier() -> re.Pattern[str]:
    return re.compile("[\U000e0020-\U000e007e\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def _selector_byte(char: str) -> int:
    if "\ufe00" <= char <= "\ufe0f":
        return ord(char) - 0xFE00
    if "\U000e0100" <= char <= "\U000e01ef":
        return ord(char) - 0xE0100 + 16
    return -1
