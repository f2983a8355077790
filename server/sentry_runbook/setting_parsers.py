"""The text of a setting → its value.

A parser takes the text, :func:`unwrapped` and free of invisible characters, and a list that it may append
warnings to. It returns the value, or raises ``ValueError`` whose message completes "SENTRY_URL …": what is wrong, in
words for the operator, and never the text of a token.
"""

from __future__ import annotations

import codecs
import re
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from sentry_runbook.loopback import is_loopback

Parser = Callable[[str, list[str]], object]

HOST = re.compile(r"[^\W_](?:[\w.-]{0,251}\w)?|[0-9a-fA-F:.]{2,45}")
"""A host name (also an international one) or an IPv6 address."""
PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
"""A path without empty parts, ``.``, ``..`` or anything that needs encoding."""
SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
SENTRY_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Prefix and hexadecimal digits, or base64: RFC 6750's ``b64token``."""
QUOTES = ('""', "''", "``", "“”", "‘’", "«»", "„“")
"""What stands around a value that was copied from a ``.env`` file, a shell, a chat or Windows' "Copy as path"."""
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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


def file_text(path: Path) -> str:
    """The text of a small file of settings: UTF-8, or UTF-16 as PowerShell's ``>`` writes it; without the mark.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is neither.
    """
    content = path.read_bytes()
    return content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")


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
    path = Path(text).expanduser()
    if not path.is_file():
        raise _unsuitable(path)
    return path


def folder(text: str, warnings: list[str]) -> Path:
    """A folder that exists."""
    path = Path(text).expanduser()
    if not path.is_dir():
        raise _unsuitable(path)
    return path


def new_folder(text: str, warnings: list[str]) -> Path:
    """A folder that is made when it is needed; of one that others may write is warned: they can replace its files."""
    path = Path(text).expanduser()
    if path.is_dir() and path.stat().st_mode & stat.S_IWOTH:
        warnings.append(f"{path} can be written by others, who can replace the audit file in it: chmod o-w {path}")
    return path


def _unsuitable(path: Path) -> ValueError:
    return ValueError(f"names {path}, which {'does not exist' if not path.exists() else 'is of the wrong kind'}.")


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
    path = Path(text).expanduser()
    try:
        content = unwrapped(file_text(path))
    except (OSError, UnicodeDecodeError) as exc:
        raise ValueError(f"names {path}, which cannot be read ({type(exc).__name__}).") from exc
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


def base_url(text: str, warnings: list[str]) -> str:
    """The configured Sentry: scheme, host, port and path prefix, without a trailing slash.

    A host alone is taken as https, this machine as http. Warns when the connection would not be encrypted.
    """
    with_scheme = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(with_scheme)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL.") from None
    hostname = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not HOST.fullmatch(hostname):
        raise ValueError("must be an http(s) URL such as https://sentry.example.com.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must not carry a user, password, query or fragment.")
    prefix = parts.path.rstrip("/").removesuffix("/api/0").rstrip("/")
    if not PREFIX.fullmatch(prefix):
        raise ValueError("has a path that cannot be a prefix.")
    scheme = "http" if "://" not in text and is_loopback(hostname) else parts.scheme
    host = f"[{hostname}]" if ":" in hostname else hostname
    url = f"{scheme}://{host}{f':{port}' if port else ''}{prefix}"
    if scheme == "http" and not is_loopback(hostname):
        warnings.append(f"{url} is not encrypted: the token and all data can be read on the way.")
    return url
