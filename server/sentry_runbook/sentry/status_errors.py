"""What an answer means: its status and body → one of our errors, in our words. Pure.

A status alone does not say what happened: a 404 without words is a path that this server does not have, a 200 may be
a login page, a 400 may be a store that was too busy. So errors are told by status **and** body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from sentry_runbook.errors import (
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
from sentry_runbook.sentry.error_detail import detail
from sentry_runbook.sentry.messages import Asked, Reply

PASSING = (502, 503, 504)
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,100}")


class NoRoute(NotFound):
    """404 without Sentry's words: this server does not have the path, or has it switched off."""


class WebPage(ServerFault):
    """200 with a page instead of data: a login gateway, or a server that shows its application on unknown paths."""


ABSENT = (NoRoute, WebPage, Unsupported)
"""What tells that an endpoint may not exist here, rather than that the thing asked for does not."""


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


def error_of(reply: Reply, asked: Asked, *, retry_after_s: float | None = None) -> SentryError | None:
    """The error that an answer is; None when it is a success.

    Args:
        reply: the answer.
        asked: what was asked for.
        retry_after_s: when asking again makes sense, for errors that pass.
    """
    if 200 <= reply.status < 300:
        return _page(reply, asked) if reply.is_page else None
    if is_passing(reply):
        return _passing(reply, asked, retry_after_s)
    if 300 <= reply.status < 400:
        return _redirected(reply, asked)
    make = BY_STATUS.get(reply.status) or (_refused if 400 <= reply.status < 500 else _failed)
    return make(reply, asked)


def try_again_in(seconds: float | None, otherwise: str) -> str:
    """The next step after something that passes."""
    return otherwise if seconds is None else f"Try again in {max(1, round(seconds))} s."


def _passing(reply: Reply, asked: Asked, retry_after_s: float | None) -> SentryError:
    busy = _busy(reply)
    if busy is not None:
        kind, what = busy, f"Asked for {asked.what}, Sentry's own store was too slow or too busy ({reply.status})."
        fix = "Try again in a minute, or with a shorter period."
    elif reply.status == 429:
        kind, what = RateLimited, f"Asked for {asked.what}, Sentry limits the rate of requests (429)."
        fix = try_again_in(retry_after_s, "Try again soon.")
    else:
        kind, what = ServerFault, f"Asked for {asked.what}, the server failed ({reply.status})."
        said = retry_after_s if "retry-after" in reply.headers else None
        fix = f"Sentry or a proxy before it has trouble. {try_again_in(said, 'Try again in a minute.')}"
    return kind(what, fix, status=reply.status, asked=asked.what, retry_after_s=retry_after_s)


def absent(asked: Asked, status: int | None = None) -> Unsupported:
    """What is said of an endpoint that this server does not have."""
    # A page with status 200 in place of data: the number would only puzzle.
    number = f" ({status})" if status and status >= 400 else ""
    return Unsupported(
        f"This Sentry does not offer {asked.what}{number}.",
        asked.hint or "What it would tell stays unknown on this server.",
        status=status,
        asked=asked.what,
    )


def strange(reply: Reply, asked: Asked) -> ServerFault:
    """An answer that is none of Sentry's for this question: cut, or of another shape."""
    kind = "cut or replaced" if reply.body else "empty"
    return ServerFault(
        f"Asked for {asked.what}, the server answered with something else than Sentry does ({kind}).",
        "Try again; if it stays so, check SENTRY_URL and proxies before Sentry.",
        status=reply.status,
        asked=asked.what,
    )


def paused(asked: Asked, pause_s: float) -> RateLimited:
    """What is said while a family of endpoints is not asked, because Sentry said so."""
    return RateLimited(
        f"Sentry limits the rate of requests; {asked.what} was not asked for meanwhile.",
        try_again_in(pause_s, ""),
        status=429,
        asked=asked.what,
        retry_after_s=pause_s,
    )


def late(asked: Asked) -> TimedOut:
    """What is said when the caller's own deadline came first."""
    return TimedOut(
        f"Asked for {asked.what}, the time for this call ran out before Sentry answered.",
        "Try again; if it stays so, Sentry is slow: ask for a shorter period.",
        asked=asked.what,
    )


# --- one status each


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
