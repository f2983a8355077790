"""The text of a setting → its value.

A parser takes the text, :func:`unwrapped` and free of invisible characters, and a list that it may append
warnings to. It returns the value, or raises ``ValueError`` whose message completes "SENTRY_URL …": what is wrong, in
words for the operator, and never the text of a token.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path

from sentry_runbook.server_url import SLUG
from sentry_runbook.small_files import read_small_text, why_unread

Parser = Callable[[str, list[str]], object]

SENTRY_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Prefix and hexadecimal digits, or base64: RFC 6750's ``b64token``."""
QUOTES = ('""', "''", "``", "“”", "‘’", "«»", "„“")
"""What stands around a value that was copied from a ``.env`` file, a shell, a chat or Windows' "Copy as path"."""
MOST_TOKEN_FILE_BYTES = 20_000


def unwrapped(text: str) -> str:
    """A value without what pasting puts around it: blanks, line breaks, a byte order mark, quotes."""
    while True:
        before = text
        while text and _is_invisible(text[0]):
            text = text[1:]
        while text and _is_invisible(text[-1]):
            text = text[:-1]
        if len(text) > 1 and text[0] + text[-1] in QUOTES:
            text = text[1:-1]
        if text == before:
            return text


def _is_invisible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf")


def parsed(parse: Parser, text: str, warnings: list[str]) -> object:
    """The value of a setting's text, as it was pasted.

    Raises:
        ValueError: it is a placeholder, or invalid; completes "SENTRY_URL …".
    """
    text = unwrapped(text)
    if text.startswith("${"):
        raise ValueError("holds an unexpanded placeholder (it begins with '${'): set the real value.")
    if not text.isprintable():
        raise ValueError("holds a line break or another invisible character.")
    return parse(text, warnings)


def choice(*words: str) -> Parser:
    """One of some words, in any case."""
    listed = f"{', '.join(words[:-1])} or {words[-1]}"

    def parse(text: str, warnings: list[str]) -> str:
        if text.lower() not in words:
            raise ValueError(f"must be {listed}.")
        return text.lower()

    return parse


def switch(text: str, warnings: list[str]) -> bool:
    """``on`` or ``off``."""
    return choice("on", "off")(text, warnings) == "on"


def number(low: float, high: float) -> Callable[[str, list[str]], float]:
    """A number of seconds within bounds, both included."""

    def parse(text: str, warnings: list[str]) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:  # false for NaN, too
            raise ValueError(f"must be a number from {low:g} to {high:g}.")
        return value

    return parse


def count(low: int, high: int) -> Parser:
    """A number of things within bounds, both included; a fraction is cut off."""
    within = number(low, high)
    return lambda text, warnings: int(within(text, warnings))


def slug(text: str, warnings: list[str]) -> str:
    """The slug of an organization or project."""
    if not SLUG.fullmatch(text):
        raise ValueError("is not a slug such as the one in Sentry's URLs.")
    return text


def file(text: str, warnings: list[str]) -> Path:
    """A file that exists."""
    path = _path(text)
    if not _is(path.is_file):
        raise _unsuitable(path)
    return path


def folder(text: str, warnings: list[str]) -> Path:
    """A folder that exists."""
    path = _path(text)
    if not _is(path.is_dir):
        raise _unsuitable(path)
    return path


def new_folder(text: str, warnings: list[str]) -> Path:
    """A folder that is made when it is needed; of one that others may write is warned: they can replace its files."""
    path = _path(text)
    if _is(path.is_dir) and path.stat().st_mode & stat.S_IWOTH:
        warnings.append(f"{path} can be written by others, who can replace the audit file in it: chmod o-w {path}")
    return path


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError("begins with a '~' whose home folder is not known: write the full path.") from None


def _is(kind: Callable[[], bool]) -> bool:
    """Whether a path is of a kind; False when the folder above it may not be looked into."""
    try:
        return kind()
    except OSError:
        return False


def _unsuitable(path: Path) -> ValueError:
    return ValueError(f"names {path}, which {'is of the wrong kind' if _is(path.exists) else 'does not exist'}.")


def token(text: str, warnings: list[str]) -> str:
    """A token of our HTTP clients: printable ASCII without blanks."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("is not a token: it has spaces or odd characters.")
    return text


def sentry_token(text: str, warnings: list[str]) -> str:
    """Sentry's auth token, of any kind."""
    if not SENTRY_TOKEN.fullmatch(text):
        raise ValueError(
            "is not a Sentry token: it has spaces, quotes or other characters that no token has. "
            "Set it to the token alone."
        )
    return text


def token_in_file(text: str, warnings: list[str]) -> str:
    """The auth token that a file holds; warns when others on this machine can read the file."""
    path = _path(text)
    try:
        content = unwrapped(read_small_text(path, MOST_TOKEN_FILE_BYTES))
    except (OSError, UnicodeDecodeError) as exc:
        raise ValueError(f"names {path}, which {why_unread(exc)}.") from exc
    warn_of_readers(path, warnings)
    if not content:
        raise ValueError(f"names {path}, which is empty.")
    try:
        return sentry_token(content, warnings)
    except ValueError as exc:
        raise ValueError(f"names {path}, whose content {exc}") from None


def warn_of_readers(path: Path, warnings: list[str]) -> None:
    """Warn when a file that holds a token can be read by others on this machine."""
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings.append(f"{path} holds a token and others on this machine can read it: chmod 600 {path}")
