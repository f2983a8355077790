"""Signs for streams whose code page has none: Windows consoles (cp437, cp1252), ``PYTHONIOENCODING=ascii``.

Theory: the text is written once, with its signs; a stream that cannot encode one of them gets its plain form from
here, through Python's own hook for that (:func:`codecs.register_error`). So no command asks what the stream can do,
and none ends with a traceback. What has no plain form becomes a question mark; what carries accents loses those.
"""

from __future__ import annotations

import codecs
import io
import unicodedata
from collections.abc import Mapping
from typing import TextIO

ERRORS = "sentry-runbook-plain"
"""The name under which Python's streams know it."""
PLAIN: Mapping[str, str] = {
    **{"✓": "ok", "✗": "x", "●": "*", "○": "o", "•": "*", "▲": "^", "▼": "v", "⏵": ">", "⏎": "\\n", "·": "-"},
    **{"→": "->", "←": "<-", "↑": "^", "↓": "v", "⇒": "=>", "↳": "->"},
    **{"–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "…": "...", "×": "x", "±": "+/-", "≈": "~"},
    **{"≥": ">=", "≤": "<=", "≠": "!=", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "‹": "<", "›": ">"},
    **{"«": "<<", "»": ">>", "⟨": "<", "⟩": ">", "⟦": "[", "⟧": "]", "°": " deg", "§": "section ", "µ": "u"},
    "\N{NO-BREAK SPACE}": " ",
    **dict(zip("▁▂▃▄▅▆▇█", "._-:=+*#", strict=True)),
    **dict.fromkeys("─━═╌┄", "-"),
    **dict.fromkeys("│┃║╎┆", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬╞╡╪┏┓┗┛┣┫┳┻╋┡┩╇", "+"),
    **{"▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "|", "▊": "#", "▉": "#", "░": ".", "▒": ":", "▓": "#"},
}
"""Sign → what says the same in ASCII. The block elements keep their order, so that a sparkline still rises."""


def plain(text: str) -> str:
    """The text in ASCII: signs by the table, letters without their accents, the rest as question marks."""
    return "".join(char if char.isascii() else PLAIN.get(char) or _without_accents(char) for char in text)


def _without_accents(char: str) -> str:
    letters = "".join(part for part in unicodedata.normalize("NFKD", char) if part.isascii())
    return letters or ("" if unicodedata.combining(char) else "?")


def _encode_error(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


def show_plain_signs(*streams: TextIO) -> None:
    """Let these streams write the plain form of what they cannot encode."""
    codecs.register_error(ERRORS, _encode_error)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)
