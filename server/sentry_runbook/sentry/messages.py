"""HTTP requests and responses without a socket: URLs, pagination cursors, rate-limit delays. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.error_detail import named

Family = Literal["issue", "event", "tags", "discover", "series", "sessions", "releases", "write", "other"]
"""Endpoints that share a rate limit, and so a pause."""
Params = tuple[tuple[str, str], ...]

MAX_URL_LENGTH = 8000
"""Proxies refuse longer ones (413, 414)."""
NAMED_BY_STRANGERS = frozenset({"releases", "tags"})
"""What stands before a part of a path that event data choose."""
HIDDEN = "…"
CURSOR = re.compile(r'cursor="([A-Za-z0-9:._~%+=/-]{1,200})"')
CURSOR_IN_LINK = re.compile(r"[?&]cursor=([A-Za-z0-9:._~%+=/-]{1,200})(?=[&>;\s]|$)")
"""A cursor is shown and comes back: one with other characters than Sentry's and GlitchTip's is none."""


@dataclass(frozen=True)
class RequestInfo:
    """A request in our words, for error messages.

    Attributes:
        what: the thing requested, as ``issue SHOP-1Z``; never query text or event text.
        scopes: any one of these lets the token do it (sentry-api §1.3), the narrowest first.
        family: which rate limit it counts against.
        hint: what to do when the server does not have it.
    """

    what: str
    scopes: tuple[str, ...] = ()
    family: Family = "other"
    hint: str = ""


@dataclass(frozen=True)
class SentryResponse:
    """An HTTP response: status, headers with names in lower case, and the whole body, unpacked.

    Attributes:
        proxy: host and port of the proxy that handed it on and could read it; empty without one, and through a tunnel.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    proxy: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is an HTML page. The body decides: Sentry's 429 claims text/html though it is JSON."""
        return self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


# --- URLs


def segment(text: str) -> str:
    """Percent-encode one path segment fully: release versions hold slashes and plus signs.

    Raises:
        BadInput: it is empty, ``.`` or ``..``, which would name another path, or longer than any valid id.
    """
    if text in ("", ".", "..") or len(text) > 500:
        raise BadInput(f"“{named(text)}” cannot be part of a Sentry address.", "Check the id, slug or release.")
    return quote(text, safe="", errors="replace")


def address(base_url: str, path: str, params: Params) -> str:
    """Build the full URL of a request.

    Raises:
        BadInput: it is longer than proxies let through.
    """
    query = urlencode(params, quote_via=quote, errors="replace")
    url = f"{base_url}{path}{'?' if query else ''}{query}"
    if len(url) > MAX_URL_LENGTH:
        raise BadInput("The search is too long for Sentry.", "Use a shorter query, or fewer environments.")
    return url


def next_cursor(link: str | None) -> str | None:
    """Return the cursor of the next page; None on the last one, or when the header is missing or malformed.

    GlitchTip's header is malformed as a whole, so its parts are matched one by one.
    """
    for part in (link or "")[:4000].split(","):
        cursor = CURSOR.search(part) or CURSOR_IN_LINK.search(part)
        if cursor and 'rel="next"' in part and 'results="true"' in part:
            return cursor[1]
    return None


def shown_path(url: str) -> str:
    """The path of a request and the names of its parameters, as logs may hold them.

    Values are left out, and so are parts of a path that strangers choose: versions of releases, keys of tags.
    """
    parts = urlsplit(url)
    steps = parts.path.split("/")
    shown = [
        HIDDEN if before in NAMED_BY_STRANGERS and step else step
        for before, step in zip(["", *steps], steps, strict=False)
    ]
    names = dict.fromkeys(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return "/".join(shown) + (f"?{'&'.join(names)}" if names else "")


# --- rate-limit delays


def delay_asked(headers: Mapping[str, str], wall: float) -> float | None:
    """Return the seconds that the server asks to wait; None when it does not say.

    ``Retry-After`` (proxies) in seconds or as a date, else ``X-Sentry-Rate-Limit-Reset``, an epoch second. Times are
    compared with the response's ``Date`` where it has one: our own clock may be wrong.

    Args:
        headers: of the response.
        wall: our clock, epoch seconds.
    """
    now = _epoch_of(headers.get("date", ""))
    now = wall if now is None else now
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", after):
        return float(after)
    until = _epoch_of(after)
    reset = headers.get("x-sentry-rate-limit-reset", "").strip()
    if until is None and re.fullmatch(r"[0-9]{9,11}(\.[0-9]{1,6})?", reset):
        until = float(reset)
    return None if until is None else max(0.0, until - now)


def _epoch_of(date: str) -> float | None:
    """Return the epoch seconds of an HTTP date; None when it is not one."""
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):  # a year that the platform's own clock functions do not know
        return None


def is_used_up(headers: Mapping[str, str]) -> bool:
    """Return whether the next request of this family would be refused in this rate-limit window."""
    return headers.get("x-sentry-rate-limit-remaining") == "0"
