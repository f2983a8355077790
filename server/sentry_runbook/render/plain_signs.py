"""Signs for streams whose code page has none: Windows' pipes (cp1252), old consoles (cp437), ASCII.

Theory: the text is written once, with its signs; a stream that cannot encode one of them gets its plain form from
here, through Python's own hook for that (:func:`codecs.register_error`). So no command asks what the stream can do,
and none ends with a traceback.

Only our own signs have a plain form, and only one that no renderer acts on. The look-alikes that make a stranger's text
inert (``‹`` for ``<``, ``＠`` for ``@``: :mod:`~sentry_runbook.safety.neutralize`) must not become what they stand for,
so they are question marks, as is all else; letters lose their accents.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import TextIO

ERRORS, ERRORS_IN_JSON = "sentry-runbook-plain", "sentry-runbook-json"
"""The names under which Python's streams know what stands in for a sign, in a text and in JSON."""
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
BEGINNING = re.compile(r"[- ]++(?!>)")
"""Dashes, not those of an arrow."""
RULE = " \t-=*_+:"
"""What a line that is a rule, or underlines a heading, is made of."""
ACTIVE = frozenset("@]#!$")
"""What makes something of a word or bracket behind it."""
PLAIN: Mapping[str, str] = {
    **{"✓": "ok", "✗": "x", "●": "(x)", "○": "( )", "•": "o", "⏵": "=>", "→": "->", "⏎": " / ", "·": "-"},
    **{"–": "-", "—": "-", "…": "...", "×": "x", "“": '"', "”": '"', "‘": "'", "’": "'", "⟨": "{", "⟩": "}"},
    **{"§": "section ", "\N{NO-BREAK SPACE}": " "},
    **dict(zip("▁▂▃▄▅▆▇█", "12345678", strict=True)),
}
"""Sign → what says the same in ASCII; the bars of a sparkline are its eight heights."""


def plain(text: str) -> str:
    """The text in ASCII."""
    return NOT_ASCII.sub(lambda match: _plain_run(text, match.start(), match.end()), text)


def _plain_run(text: str, start: int, end: int) -> str:
    """A part of a text in ASCII, kept from becoming structure together with what stands before it.

    At the beginning of a line a dash would make a list, or a rule of several; behind ``@`` a word is a mention, behind
    ``]`` a bracket is a link.
    """
    shown = "".join(PLAIN.get(char) or _without_accents(char) for char in text[start:end])
    before = text[text.rfind("\n", 0, start) + 1 : start]
    if not before.strip(RULE):
        shown = BEGINNING.sub(lambda match: match.group().replace("-", "."), shown)
    return f" {shown}" if before[-1:] in ACTIVE else shown


def _without_accents(char: str) -> str:
    """The letter below the accents. Not of other forms of a letter: a look-alike stands there for a reason."""
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() and base.isalpha() else "?"


def _encode_error(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _plain_run(error.object, error.start, error.end), error.end


def _escape_in_json(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def show_plain_signs(stdout: TextIO, stderr: TextIO, *, is_json: bool) -> None:
    """Let these streams write the plain form of what they cannot encode.

    Args:
        stdout: standard output.
        stderr: standard error.
        is_json: standard output is JSON, in which a sign has an escape: a plain form would be another value, and a
            quotation mark among them the end of one.
    """
    codecs.register_error(ERRORS, _encode_error)
    codecs.register_error(ERRORS_IN_JSON, _escape_in_json)
    for stream, errors in ((stdout, ERRORS_IN_JSON if is_json else ERRORS), (stderr, ERRORS)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
