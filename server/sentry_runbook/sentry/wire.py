"""Everything about HTTP that needs no socket: paths, next page, delays, status to error. Pure.

A status alone does not say what happened: a 404 without words is a path that this server does not have, a 200 may be
a login page, a 400 may be a store that was too busy. So errors are told by status **and** body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

from sentry_runbook.errors import (
    BadInput,
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    SentryError,
    ServerFault,
    TimedOut,
    Unauthorized,
    Unsupported,
)

Family = Literal["issue", "event", "tags", "discover", "series", "sessions", "releases", "other"]
"""Endpoints that share a rate limit, and so a back-off."""
Params = tuple[tuple[str, str], ...]

EXCERPT = 200
LONGEST_ADDRESS = 8000
"""Proxies refuse longer ones (413, 414)."""
PASSING = (502, 503, 504)
TOKEN_LIKE = re.compile(
    r"(?i)\bsntr[a-z]{2}_\S+|\b(?:bearer|basic|token|dsn)\s+[^\s,;]{8,}|\b[0-9a-f]{32,}\b|\beyJ\S{10,}|://[^\s/@]+@"
)
CURSOR = re.compile(r'cursor="([^"]{1,200})"')
CURSOR_IN_LINK = re.compile(r"[?&]cursor=([^&>;\s]{1,200})")
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,100}")


class NoRoute(NotFound):
    """404 without Sentry's words: this server does not have the path, or has it switched off."""


class WebPage(ServerFault):
    """200 with a page instead of data: a login gateway, or a server that shows its application on unknown paths."""


ABSENT = (NoRoute, WebPage, Unsupported)
"""What tells that an endpoint may not exist here, rather than that the thing asked for does not."""


@dataclass(frozen=True)
class Asked:
    """A request in our words, for messages.

    Attributes:
        what: as ``issue SHOP-1Z``; never query text or event text.
        scopes: any one of these lets the token do it (sentry-api §1.3), the narrowest first.
        family: which rate limit it counts against.
        hint: what to do when it is not there.
    """

    what: str
    scopes: tuple[str, ...] = ()
    family: Family = "other"
    hint: str = ""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read whole and decoded; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people. The body decides: Sentry's 429 claims text/html though it is JSON."""
        return self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


# --- addresses


def segment(text: str) -> str:
    """A path part, percent-encoded fully: versions hold slashes and plus signs.

    Raises:
        BadInput: it is empty, ``.`` or ``..``, which would name another place, or too long to be meant.
    """
    if text in ("", ".", "..") or len(text) > 500:
        raise BadInput(f"“{named(text)}” cannot be part of a Sentry address.", "Check the id, slug or release.")
    return quote(text, safe="", errors="replace")


def address(base_url: str, path: str, params: Params) -> str:
    """The full address of a request.

    Raises:
        BadInput: longer than proxies let through.
    """
    query = urlencode(params, quote_via=quote, errors="replace")
    found = f"{base_url}{path}{'?' if query else ''}{query}"
    if len(found) > LONGEST_ADDRESS:
        raise BadInput("The search is too long for Sentry.", "Use a shorter query, or fewer environments.")
    return found


def next_cursor(link: str | None) -> str | None:
    """The cursor of the next page; None on the last one, or when the header is missing or cannot be read.

    GlitchTip's header is malformed as a whole; its parts can be read one by one.
    """
    for part in (link or "")[:4000].split(","):
        cursor = CURSOR.search(part) or CURSOR_IN_LINK.search(part)
        if cursor and 'rel="next"' in part and 'results="true"' in part:
            return cursor[1]
    return None


# --- when to ask again


def delay_asked(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds that the server asks to wait, None when it does not say.

    ``Retry-After`` (proxies) in seconds or as a date, else ``X-Sentry-Rate-Limit-Reset``, an epoch second. Times are
    compared with the server's own clock when it tells it: ours may be wrong.

    Args:
        headers: of the answer.
        wall: our epoch seconds.
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
    """Epoch seconds of an HTTP date."""
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def is_used_up(headers: Mapping[str, str]) -> bool:
    """Whether the next request of this family would be refused in this rate-limit window."""
    return headers.get("x-sentry-rate-limit-remaining") == "0"


def is_passing(reply: Reply) -> bool:
    """Whether the same question may be answered a moment later."""
    return reply.status == 429 or reply.status in PASSING or _busy(reply) is not None


def _busy(reply: Reply) -> type[SentryError] | None:
    """Sentry's store was too slow or too busy: 400, unlike other 400s not the question's fault (rule 12)."""
    if reply.status != 400:
        return None
    said = detail(reply.body).lower()
    if "query timeout" in said or "timed out" in said:
        return TimedOut
    return RateLimited if "too many" in said and ("concurrent" in said or "queries" in said) else None


# --- what an answer means


def detail(body: bytes) -> str:
    """What Sentry says, in one short printable line; empty when it says nothing.

    ``detail`` is a string, a list or an object; field errors have none and are flattened; 410 uses ``message``
    (rule 11).
    """
    try:
        parsed = json.loads(body[:100_000]) if body else None
    except (ValueError, RecursionError):
        return ""
    if isinstance(parsed, dict):
        said = next((parsed[key] for key in ("detail", "message") if parsed.get(key)), None)
        if isinstance(said, dict):
            said = said.get("message") or said.get("code") or said
        return excerpt(_flat(said if said is not None else parsed))
    return excerpt(_flat(parsed))


def _flat(value: object, depth: int = 4) -> str:
    """Field errors as ``field.inner: text; other: text``."""
    if value is None or depth == 0:
        return ""
    if isinstance(value, dict):
        parts = []
        for key, inner in list(value.items())[:8]:
            said = _flat(inner, depth - 1)
            parts.append(f"{key}.{said}" if isinstance(inner, dict) else f"{key}: {said}")
        return "; ".join(parts)
    if isinstance(value, list):
        return ", ".join(filter(None, (_flat(inner, depth - 1) for inner in value[:8])))
    return str(value)[: 2 * EXCERPT]


def excerpt(text: str, length: int = EXCERPT) -> str:
    """Foreign text as it may stand in a message: one line, printable, inert, nothing that looks like a credential."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:2000]).split())
    inert = TOKEN_LIKE.sub("(hidden)", line).translate(str.maketrans("<>`[]“”", "‹›'()''"))
    return inert if len(inert) <= length else inert[: length - 1] + "…"


def named(text: str) -> str:
    """A name that a caller gave, for a message."""
    return excerpt(text, 60)


def error_of(reply: Reply, asked: Asked, *, retry_after_s: float | None = None) -> SentryError | None:
    """The error that an answer is; None when it is a success."""
    if 200 <= reply.status < 300:
        return _page(reply, asked) if reply.is_page else None
    busy = _busy(reply)
    if busy is not None:
        return busy(
            f"Asked for {asked.what}, Sentry's own store was too slow or too busy ({reply.status}).",
            "Try again in a minute, or with a shorter period.",
            status=reply.status,
            asked=asked.what,
            retry_after_s=retry_after_s,
        )
    if reply.status == 429:
        when = f"Try again in {max(1, round(retry_after_s))} s." if retry_after_s is not None else "Try again soon."
        return RateLimited(
            f"Asked for {asked.what}, Sentry limits the rate of requests (429).",
            when,
            status=429,
            asked=asked.what,
            retry_after_s=retry_after_s,
        )
    make = BY_STATUS.get(reply.status) or (_refused if 400 <= reply.status < 500 else _failed)
    return _redirected(reply, asked) if 300 <= reply.status < 400 else make(reply, asked)


def _said(reply: Reply) -> str:
    """Sentry's own words as an appendix."""
    said = detail(reply.body)
    return f": “{said}”" if said else ""


def _page(reply: Reply, asked: Asked) -> SentryError:
    return WebPage(
        f"Asked for {asked.what}, the server answered with a web page instead of data.",
        "Check SENTRY_URL: a login page or proxy may stand before Sentry, or this server does not have the endpoint.",
        status=reply.status,
        asked=asked.what,
    )


def _redirected(reply: Reply, asked: Asked) -> SentryError:
    """No redirect is followed: whoever can make Sentry redirect would be sent the token."""
    try:
        target = urlsplit(reply.headers.get("location", ""))
        place = f"{target.scheme}://{target.netloc}" if target.scheme in ("http", "https") else ""
    except ValueError:
        place = ""
    where = f" to {place}" if place and HOST.fullmatch(place.partition("//")[2]) else ""
    return ServerFault(
        f"Asked for {asked.what}, the server redirects{where} ({reply.status}); the token was not sent there.",
        "Set SENTRY_URL to the address at which Sentry itself answers (often the same with https).",
        status=reply.status,
        asked=asked.what,
    )


def _unauthorized(reply: Reply, asked: Asked) -> SentryError:
    said = detail(reply.body).lower()
    account = any(word in said for word in ("sso", "2fa", "two-factor", "sudo", "over limit", "over-limit"))
    fix = (
        "The token's user must first sign in to Sentry again (SSO or two-factor)."
        if account
        else "Make a new token (Settings > Developer Settings > Internal Integrations, with org:read, project:read and "
        "event:read) and set SENTRY_AUTH_TOKEN."
    )
    return Unauthorized(
        f"Sentry does not accept the auth token (401){_said(reply)}.", fix, status=401, asked=asked.what
    )


def _forbidden(reply: Reply, asked: Asked) -> SentryError:
    if "csrf" in detail(reply.body).lower():
        # GlitchTip refuses a write with a bad token so; it has nothing to do with forms.
        return _unauthorized(Reply(401, {}, b""), asked)
    needed = f"the scope {asked.scopes[0]}" if asked.scopes else "more scopes"
    return Forbidden(
        f"The auth token may not read or change {asked.what} (403){_said(reply)}.",
        f"Give the token {needed}, or let its user join the project's team. An organization token (sntrys_) cannot "
        "read issues: use an internal integration.",
        status=403,
        asked=asked.what,
    )


def _not_found(reply: Reply, asked: Asked) -> SentryError:
    wordless = reply.is_page or not detail(reply.body)
    fix = asked.hint or "Check the id, the organization and the project."
    kind = NoRoute if wordless else NotFound
    return kind(
        f"Sentry knows no {asked.what.removeprefix('the ')}, or this token may not see it (404).",
        f"{fix} Check SENTRY_URL too: the answer was not Sentry's usual one." if wordless else fix,
        status=404,
        asked=asked.what,
    )


def _unsupported(reply: Reply, asked: Asked) -> SentryError:
    return absent(asked, reply.status)


def absent(asked: Asked, status: int | None = None) -> Unsupported:
    """What is said of an endpoint that this server does not have."""
    number = f" ({status})" if status else ""
    return Unsupported(f"This Sentry does not offer {asked.what}{number}.", asked.hint, status=status, asked=asked.what)


def _refused(reply: Reply, asked: Asked) -> SentryError:
    return BadRequest(
        f"Asked for {asked.what}, Sentry refused the request ({reply.status}){_said(reply)}.",
        "Correct what it names." if detail(reply.body) else "Check the arguments: query, period, environment.",
        status=reply.status,
        asked=asked.what,
    )


def _failed(reply: Reply, asked: Asked) -> SentryError:
    return ServerFault(
        f"Asked for {asked.what}, the server failed ({reply.status}).",
        "Sentry or a proxy before it has trouble: try again in a minute.",
        status=reply.status,
        asked=asked.what,
    )


BY_STATUS: Mapping[int, Callable[[Reply, Asked], SentryError]] = {
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    405: _unsupported,
    410: _unsupported,
}
"""Statuses with a meaning of their own; other 4xx refuse the question, all else is the server's fault."""
