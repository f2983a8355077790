"""Everything about HTTP that needs no socket: paths, status to error, delays, next page. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from sentry_runbook.errors import (
    BadInput,
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    SentryError,
    ServerFault,
    Unauthorized,
    Unsupported,
)

Family = Literal["issue", "event", "tags", "discover", "releases", "other"]
EXCERPT = 200
RETRIED = (429, 502, 503, 504)
TOKEN_LIKE = re.compile(r"(?i)\b(?:sntr[a-z]{2}_\S+|bearer\s+\S+|[0-9a-f]{40,}|eyJ\S{10,})")
MISSING_ORG_SCOPE = "org:read"


@dataclass(frozen=True)
class Asked:
    """A request in our words, for messages.

    Attributes:
        what: as ``issue SHOP-1Z``; never query text.
        scopes: any one of these lets the token do it (sentry-api §1.3).
        family: endpoints that share a rate limit.
        hint: what to do when it is not there.
    """

    what: str
    scopes: tuple[str, ...]
    family: Family = "other"
    hint: str = ""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read whole; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_html(self) -> bool:
        """A page instead of an API answer; Sentry's 429 claims text/html though its body is JSON."""
        head = self.body[:64].lstrip().lower()
        return head.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml"))


def segment(text: str) -> str:
    """A path part, percent-encoded fully.

    Raises:
        BadInput: it is empty, ``.`` or ``..``: it would name another place.
    """
    if text in ("", ".", "..") or len(text) > 500:
        raise BadInput(f"{text[:20]!r} cannot be part of a Sentry address.", "Check the id, slug or release.")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as exc:
        raise BadInput("A part of the address holds broken characters.", "Check the id, slug or release.") from exc


def next_cursor(link: str | None) -> str | None:
    """The cursor of the next page, None on the last one or when the header is missing.

    Also reads GlitchTip's malformed header, for each part is found by itself.
    """
    for part in (link or "").split(","):
        cursor = re.search(r'cursor="([^"]{1,200})"', part) or re.search(r"[?&]cursor=([^&>;\s]{1,200})", part)
        if 'rel="next"' in part and 'results="true"' in part and cursor:
            return cursor[1]
    return None


def delay_asked(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the server asks to wait: Retry-After, else until X-Sentry-Rate-Limit-Reset; None when neither."""
    after = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", after):
        return float(after)
    reset = headers.get("x-sentry-rate-limit-reset", "")
    if re.fullmatch(r"[0-9]{9,11}(\.[0-9]+)?", reset):
        return max(0.0, float(reset) - now)
    return None


def is_query_timeout(reply: Reply) -> bool:
    """Sentry's store answers 400 when it is too busy (rule 12): the same question may work a moment later."""
    text = detail(reply.body).lower()
    return reply.status == 400 and ("query timeout" in text or ("too many" in text and "concurrent" in text))


def is_retried(reply: Reply) -> bool:
    """Whether asking again makes sense."""
    return reply.status in RETRIED or is_query_timeout(reply)


def detail(body: bytes) -> str:
    """What Sentry says, in one short printable line; empty when it says nothing.

    ``detail`` is a string, a list or an object; field errors have none; 410 uses ``message`` (rule 11).
    """
    try:
        parsed = json.loads(body[:100_000]) if body else None
    except (ValueError, RecursionError):
        return ""
    if isinstance(parsed, dict):
        said = parsed.get("detail", parsed.get("message"))
        if isinstance(said, dict):
            said = said.get("message") or said.get("code")
        return _excerpt(_flat(said if said is not None else parsed))
    return _excerpt(_flat(parsed))


def _flat(value: object, depth: int = 5) -> str:
    """Field errors as ``field: text``."""
    if depth == 0 or value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_flat(inner, depth - 1)}" for key, inner in list(value.items())[:8])
    if isinstance(value, list):
        return ", ".join(_flat(inner, depth - 1) for inner in value[:8])
    return str(value)


def _excerpt(text: str) -> str:
    clean = "".join(char if char.isprintable() else " " for char in text[:2000])
    safe = TOKEN_LIKE.sub("<token>", clean).replace("<", "‹").replace(">", "›").replace("`", "'")
    return " ".join(safe.split())[:EXCERPT]


def error_of(reply: Reply, asked: Asked, *, retry_after_s: float | None = None) -> SentryError | None:
    """The error that an answer is, None when it is a success."""
    if 200 <= reply.status < 300 and not reply.is_html:
        return None
    if 200 <= reply.status < 300:
        error: SentryError = Unsupported(
            f"Asked for {asked.what}, the server answered with a web page instead of data.",
            "Check SENTRY_URL: a login page, a proxy, or a server without this endpoint answers there.",
        )
    else:
        error = BY_STATUS.get(reply.status, _other)(reply, asked, retry_after_s)
    error.status, error.asked, error.retry_after_s = reply.status, asked.what, retry_after_s
    return error


def _said(reply: Reply) -> str:
    said = detail(reply.body)
    return f' ("{said}")' if said else ""


def _unauthorized(reply: Reply, _: Asked, __: float | None) -> SentryError:
    return Unauthorized(
        f"Sentry does not accept the auth token (401){_said(reply)}.",
        "Make a new one (Settings > Developer Settings > Internal Integrations, with org:read, project:read and "
        "event:read) and set SENTRY_AUTH_TOKEN.",
    )


def _forbidden(reply: Reply, asked: Asked, _: float | None) -> SentryError:
    return Forbidden(
        f"The auth token may not reach {asked.what} (403){_said(reply)}.",
        f"Give it the scope {' or '.join(asked.scopes[:2]) or 'it lacks'}, or let its user join the project's team. "
        "Organization tokens (sntrys_) cannot read issues at all.",
    )


def _not_found(reply: Reply, asked: Asked, delay: float | None) -> SentryError:
    if reply.is_html or not detail(reply.body):
        # No words in a 404: the path itself is unknown there, or the feature is off (sentry-api §2.2).
        return _unsupported(reply, asked, delay)
    return NotFound(
        f"Sentry knows no {asked.what}, or this token may not see it (404).",
        asked.hint or "Check the id, the organization and the project.",
    )


def _unsupported(reply: Reply, asked: Asked, _: float | None) -> SentryError:
    return Unsupported(
        f"This server does not offer {asked.what} ({reply.status}).",
        asked.hint or "An older or other server than sentry.io: what it lacks stays unknown.",
    )


def _limited(_: Reply, asked: Asked, delay: float | None) -> SentryError:
    when = f"Try again in {delay:.0f} s." if delay else "Wait some seconds and try again."
    return RateLimited(f"Asked for {asked.what}, Sentry limits the rate of requests (429).", when)


def _other(reply: Reply, asked: Asked, _: float | None) -> SentryError:
    if reply.status >= 500:
        what = f"Asked for {asked.what}, the server failed ({reply.status})."
        return ServerFault(what, "Sentry has trouble: try again in a minute.")
    if reply.status < 400:
        what = f"Asked for {asked.what}, the server redirects elsewhere; the token was not sent there."
        return ServerFault(what, "Set SENTRY_URL to the address that finally answers.")
    busy = is_query_timeout(reply)
    fix = "Sentry is busy: narrow the period and try again." if busy else "Correct the argument that it names."
    return BadRequest(f"Asked for {asked.what}, Sentry refused the request ({reply.status}){_said(reply)}.", fix)


BY_STATUS = {
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    405: _unsupported,
    410: _unsupported,
    429: _limited,
}
