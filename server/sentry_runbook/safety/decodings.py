r"""Texts that a text spells in a code: base64, hex, escapes, numbers, rot13, reversed, leetspeak, letters with gaps.

Theory: a model reads these as easily as plain words, and no pattern does. So each code that a text may hold is undone
once (base64 twice), and what comes out is searched like the text itself. What is no text (bytes of a picture, a hash)
is dropped. A first look for each code tells whether a text can hold it; most texts end there. All patterns have bounded
repetitions, and of each code only the first places are read.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from sentry_runbook.safety.any_of import any_of

MOST_TOKENS = 12
LONGEST_TOKEN = 4_000
SHORTEST = 12
"""Decoded characters, below which there is no sentence."""
SHORTEST_TOKEN = 20
FEWEST_NUMBERS = 10
"""Numbers in a row, each of two characters or more and a gap before the next."""
_ORDERS = ("ignore", "resolve", "instruction", "archive", "execute", "command", "disregard", "previous", "confirm")
_LEET = str.maketrans("013457@$!", "oieastasi")
_ROT13 = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM"
)
_WORDS = (
    "instructions", "instruction", "following", "incidents", "incident", "disregard", "previous", "commands", "command",
    "resolved", "resolve", "archive", "execute", "install", "issues", "issue", "ignore", "delete", "alerts", "alert",
    "tickets", "ticket", "above", "prior", "close", "mute", "mark", "this", "these", "the", "all", "and", "run", "as",
)  # fmt: skip


def decoded(text: str, lowered: str) -> list[str]:
    """What the text spells in a code, as far as it is readable; quick for the texts that hold no code, most by far.

    Args:
        text: as it came.
        lowered: the same in lower case.
    """
    length = len(text)
    if length < SHORTEST:
        return []
    spelt = list(_escapes(text)) if "&#" in text or "\\" in text or "%" in text else []
    if length >= SHORTEST_TOKEN and _long_token().search(text):
        spelt += _tokens(text)
    if length >= FEWEST_NUMBERS * 3 - 1 and _two_numbers().search(text):
        spelt += _numbers(text)
    if _three_gaps().search(text):
        spelt += _gaps(text)
    if _turned_words().search(lowered):
        spelt += (text.translate(_ROT13), text[::-1])
    if _leet_pair().search(lowered) and _leet_words().search(lowered):
        spelt.append(lowered.translate(_LEET))
    return spelt


@cache
def _long_token() -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z0-9+/_-]{{{SHORTEST_TOKEN}}}")


@cache
def _two_numbers() -> re.Pattern[str]:
    return re.compile(r"[0-9a-fA-F]{2}[ ,:]{1,2}(?:0x)?[0-9a-fA-F]{2}")


@cache
def _three_gaps() -> re.Pattern[str]:
    """Single letters with a sign between: quick to search."""
    return re.compile(r"[ ._*|\n-][^\W_][ ._*|\n-]{1,4}[^\W_][ ._*|\n-]{1,4}[^\W_][ ._*|\n-]")


@cache
def _turned_words() -> re.Pattern[str]:
    return any_of([*(word.translate(_ROT13) for word in _ORDERS), *(word[::-1] for word in _ORDERS)])


@cache
def _leet_pair() -> re.Pattern[str]:
    """A digit inside a word: quick to search, and most texts have none."""
    return re.compile(r"[a-z][013457@$!][a-z]")


@cache
def _leet_words() -> re.Pattern[str]:
    """Three words in a row, or nearly, in which digits stand for letters."""
    word = r"(?=[0-9a-z@$!]{0,20}[a-z])(?=[a-z]{0,20}[013457@$!])[0-9a-z@$!]{3,20}"
    return re.compile(rf"(?<![0-9a-z.-]){word}(?:\s[a-z]{{1,12}})?\s{word}(?:\s[a-z]{{1,12}})?\s{word}")


# --- escapes --------------------------------------------------------------------------------------------------------


def _escapes(text: str) -> Iterator[str]:
    if "&#" in text:
        yield re.sub(
            r"&#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));?", lambda m: _char(m[1], 16) if m[1] else _char(m[2], 10), text
        )
    if "\\u" in text or "\\x" in text:
        yield re.sub(
            r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})", lambda match: _char(match[1] or match[2], 16), text
        )
    if "%" in text:
        yield from islice(map(_unquoted, _percent_tokens().findall(text)), MOST_TOKENS)


def _char(digits: str, base: int) -> str:
    code = int(digits, base)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "


@cache
def _percent_tokens() -> re.Pattern[str]:
    # Not in an address: people search the web for "how to resolve this issue".
    return re.compile(
        r"(?<![^\s\"'(=:])(?:[A-Za-z0-9_.~-]{0,40}%[0-9A-Fa-f]{2}){3,400}[A-Za-z0-9_.~-]{0,40}(?![^\s\"'),.;])"
    )


def _unquoted(token: str) -> str:
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes((int(m[1], 16),)), token.encode("utf-8", "replace"))
    return raw.decode("utf-8", "replace")


# --- tokens of base64 and hex ---------------------------------------------------------------------------------------


@cache
def _base64_token() -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z0-9+/_-]{{16,{LONGEST_TOKEN}}}")


def _tokens(text: str, depth: int = 2) -> Iterator[str]:
    for match in islice(_base64_token().finditer(text), MOST_TOKENS):
        for raw in _bytes_of(match.group()):
            shown = _readable(raw)
            if shown:
                yield shown
                if depth > 1:
                    yield from _tokens(shown, depth - 1)


def _bytes_of(token: str) -> Iterator[bytes]:
    if re.fullmatch(r"(?:[0-9a-fA-F]{2}){8,}", token):
        yield bytes.fromhex(token)
    if token.islower() or token.isupper():
        return  # a path or a name: base64 of a sentence has both
    standard = token.translate(str.maketrans("-_", "+/"))
    whole = standard[: len(standard) - (len(standard) % 4 == 1)]
    try:
        yield base64.b64decode(whole + "=" * (-len(whole) % 4))
    except (binascii.Error, ValueError):
        return


def _readable(raw: bytes) -> str:
    """Bytes as text; empty when they are none."""
    if len(raw) < SHORTEST:
        return ""
    try:
        shown = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    letters = sum(char.isalpha() or char in " \n" for char in shown)
    return shown if letters > 0.6 * len(shown) and shown.replace("\n", "").isprintable() else ""


# --- numbers and gaps -----------------------------------------------------------------------------------------------


@cache
def _number_runs() -> tuple[tuple[re.Pattern[str], int], ...]:
    return (
        (re.compile(r"(?<!\d)(?:\d{2,3}[ ,]{1,2}){9,900}\d{2,3}(?!\d)"), 10),
        (re.compile(r"(?<!\d)(?:[01]{8}[ ,]{1,2}){9,400}[01]{8}(?!\d)"), 2),
        (
            re.compile(
                r"(?<![0-9a-fA-F])(?:(?:0x)?[0-9a-fA-F]{2}[ ,:]{1,2}){9,900}(?:0x)?[0-9a-fA-F]{2}(?![0-9a-fA-F])"
            ),
            16,
        ),
    )


def _numbers(text: str) -> Iterator[str]:
    for pattern, base in _number_runs():
        for match in islice(pattern.finditer(text), MOST_TOKENS):
            codes = [int(number, base) for number in re.findall(r"(?:0x)?[0-9a-fA-F]+", match.group())]
            shown = _readable("".join(map(chr, codes)).encode("utf-8"))
            if shown:
                yield shown


@cache
def _spaced_run() -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])[^\W_](?:[ ._*|\n-]{1,4}[^\W_](?![^\W_])){5,300}")


@cache
def _vocabulary() -> re.Pattern[str]:
    return re.compile("|".join(_WORDS))


def _gaps(text: str) -> Iterator[str]:
    """Letters with something between each two, joined; a wider gap, or another sign, is a gap between words."""
    for match in islice(_spaced_run().finditer(text), MOST_TOKENS):
        run = match.group()
        joined = _without_gaps(run)
        yield joined if " " in joined else _vocabulary().sub(r"\g<0> ", joined.lower())


def _without_gaps(run: str) -> str:
    """The letters of a run: what stands between the first two joins, any other gap is a blank."""
    sign = run[1]
    return re.sub(r"[ ._*|\n-]{1,4}", lambda gap: "" if gap.group() == sign else " ", run)
