"""Maps a response to one of our errors, by status and body. Pure.

A status alone does not say what happened: a 404 without words is a path that this server does not have, a 200 may be
a login page, a 400 may be a store that was too busy. So the body decides too.
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
from sentry_runbook.sentry.error_detail import ORDERS, detail, is_in_sentrys_form, shown_detail
from sentry_runbook.sentry.interceptions import interception
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse
from sentry_runbook.settings import Settings

TRANSIENT = (502, 503, 504)
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,100}")


class NoRoute(NotFound):
    """404 without an error text of Sentry: this server does not have the path, or has it switched off."""


class WebPage(ServerFault):
    """200 with an HTML page: a login gateway, or a server that shows its application on unknown paths."""


class BareRefusal(BadRequest):
    """400 without an error text of Sentry: what answers may not know what was asked, or be another program."""


class OneProjectAtATime(BadRequest):
    """400: this server or plan searches one project at a time (sentry-api §17)."""


SEVERAL_PROJECTS = re.compile(r"multi[ -]?project|multiple projects", re.IGNORECASE)
"""In the words of that refusal, which differ by endpoint."""
ENDPOINT_MISSING = (NoRoute, WebPage, Unsupported)
"""Errors that say that this server may not have the endpoint, rather than the thing requested."""


def is_transient(response: SentryResponse) -> bool:
    """Return whether the same request may be answered a moment later."""
    return response.status == 429 or response.status in TRANSIENT or _busy(response) is not None


def _busy(response: SentryResponse) -> type[SentryError] | None:
    """Return the error of a 400 that means that Sentry's store was too slow or too busy (sentry-api rule 12).

    None for all other responses: other 400s are the request's fault.
    """
    if response.status != 400:
        return None
    text = detail(response.body).lower()
    if "query timeout" in text or "timed out" in text:
        return TimedOut
    return RateLimited if "too many" in text and ("concurrent" in text or "queries" in text) else None


def error_of(response: SentryResponse, asked: RequestInfo, *, retry_after_s: float | None = None) -> SentryError | None:
    """Return the error of a response; None when it is a success.

    Args:
        response: the response.
        asked: what was requested.
        retry_after_s: when a retry makes sense, for transient errors.
    """
    if (foreign := interception(response, asked, retry_after_s)) is not None:
        return foreign
    if 200 <= response.status < 300:
        return _web_page(response, asked) if response.is_page else None
    if is_transient(response):
        return _transient(response, asked, retry_after_s)
    if 300 <= response.status < 400:
        return _redirected(response, asked)
    make = BY_STATUS.get(response.status) or (_refused if 400 <= response.status < 500 else _failed)
    return make(response, asked)


def with_origins(error: SentryError, settings: Settings) -> SentryError:
    """The same error; a refused token with where it comes from and which server it was sent to."""
    source = settings.sources.get("token")
    if not isinstance(error, Unauthorized) or source is None:
        return error
    origins = f"It comes from {source}, and was sent to {settings.base_url}{settings.named_by('base_url')}."
    return Unauthorized(f"{error.what} {origins}", error.fix, status=error.status, asked=error.asked)


def try_again_in(seconds: float | None, otherwise: str) -> str:
    """Return the advice after a transient error, with the delay when it is known."""
    return otherwise if seconds is None else f"Try again in {max(1, round(seconds))} s."


def _transient(response: SentryResponse, asked: RequestInfo, retry_after_s: float | None) -> SentryError:
    busy = _busy(response)
    if busy is not None:
        kind, what = busy, f"Asked for {asked.what}, Sentry's own store was too slow or too busy ({response.status})."
        fix = "Try again in a minute, or with a shorter period."
    elif response.status == 429:
        kind, what = RateLimited, f"Asked for {asked.what}, Sentry limits the rate of requests (429)."
        fix = try_again_in(retry_after_s, "Try again soon.")
    else:
        kind, what = ServerFault, f"Asked for {asked.what}, the server failed ({response.status})."
        # Our own delay before a retry is no promise of when the server is back.
        server_s = retry_after_s if "retry-after" in response.headers else None
        fix = f"Sentry or a proxy before it has trouble. {try_again_in(server_s, 'Try again in a minute.')}"
    return kind(what, fix, status=response.status, asked=asked.what, retry_after_s=retry_after_s)


def unsupported(asked: RequestInfo, status: int | None = None) -> Unsupported:
    """Return the error for an endpoint that this server does not have."""
    # Not for an HTML page with status 200: "(200)" would only puzzle.
    number = f" ({status})" if status and status >= 400 else ""
    return Unsupported(
        f"This server does not offer {asked.what}{number}.",
        asked.hint or "What it would tell stays unknown on this server.",
        status=status,
        asked=asked.what,
    )


def nothing_visible(asked: RequestInfo) -> Forbidden:
    """Return the error for a 200 without any number: Sentry counts nothing where it shows the token no project."""
    return Forbidden(
        f"Asked for {asked.what}, Sentry answered without any: it shows this token none of the projects.",
        "Add the token's person or integration to a team of the project.",
        asked=asked.what,
    )


def unexpected_response(response: SentryResponse, asked: RequestInfo) -> ServerFault:
    """Return the error for a response that is not Sentry's answer to this request: cut, or of another shape."""
    kind = "cut or replaced" if response.body else "empty"
    return ServerFault(
        f"Asked for {asked.what}, the server answered with something else than Sentry does ({kind}).",
        "Try again; if it stays so, check SENTRY_URL and proxies before Sentry.",
        status=response.status,
        asked=asked.what,
    )


def rate_limited(asked: RequestInfo, pause_s: float) -> RateLimited:
    """Return the error for a request that is not sent, because its family of endpoints is paused for longer."""
    return RateLimited(
        f"Sentry limits the rate of requests; {asked.what} was not asked for meanwhile.",
        try_again_in(pause_s, ""),
        status=429,
        asked=asked.what,
        retry_after_s=pause_s,
    )


def deadline_error(asked: RequestInfo) -> TimedOut:
    """Return the error for a caller whose deadline came before the response."""
    return TimedOut(
        f"Asked for {asked.what}, the time for this call ran out before Sentry answered.",
        "Try again; if it stays so, Sentry is slow: ask for a shorter period.",
        asked=asked.what,
    )


# --- one function a status


def _quoted_detail(response: SentryResponse) -> str:
    """Return Sentry's own error text, to be appended to ours; empty when there is none."""
    text = shown_detail(response.body)
    if text == ORDERS:
        return f" {text}"
    return f": “{text}”" if text else ""


def _web_page(response: SentryResponse, asked: RequestInfo) -> SentryError:
    return WebPage(
        f"Asked for {asked.what}, the server answered with a web page instead of data.",
        "Check SENTRY_URL: a login page or proxy may stand before Sentry, or this server does not have the endpoint.",
        status=response.status,
        asked=asked.what,
    )


def _redirected(response: SentryResponse, asked: RequestInfo) -> SentryError:
    """Redirects are not followed: whoever can make Sentry redirect would be sent the token."""
    try:
        target = urlsplit(response.headers.get("location", ""))
        origin = f"{target.scheme}://{target.netloc}" if target.scheme in ("http", "https") else ""
    except ValueError:
        origin = ""
    where = f" to {origin}" if origin and HOST.fullmatch(origin.partition("//")[2]) else ""
    return ServerFault(
        f"Asked for {asked.what}, the server redirects{where} ({response.status}); the token was not sent there.",
        "Set SENTRY_URL to the address at which Sentry itself answers (often the same with https).",
        status=response.status,
        asked=asked.what,
    )


def _unauthorized(response: SentryResponse, asked: RequestInfo) -> SentryError:
    text = detail(response.body).lower()
    account = any(word in text for word in ("sso", "2fa", "two-factor", "sudo", "over limit", "over-limit"))
    fix = (
        "The token's user must first sign in to Sentry again (SSO or two-factor)."
        if account
        else "Make a new token (Settings > Developer Settings > Internal Integrations, with org:read, project:read and "
        "event:read) and set SENTRY_AUTH_TOKEN."
    )
    return Unauthorized(
        f"Sentry does not accept the auth token (401){_quoted_detail(response)}.", fix, status=401, asked=asked.what
    )


def _forbidden(response: SentryResponse, asked: RequestInfo) -> SentryError:
    if "csrf" in detail(response.body).lower():
        # GlitchTip's answer to a write with a bad token; it has nothing to do with forms.
        return _unauthorized(SentryResponse(401, {}, b""), asked)
    needed = f"the scope {asked.scopes[0]}" if asked.scopes else "more scopes"
    return Forbidden(
        f"The auth token may not read or change {asked.what} (403){_quoted_detail(response)}.",
        f"Give the token {needed}, or let its user join the project's team. An organization token (sntrys_) cannot "
        "read issues: use an internal integration.",
        status=403,
        asked=asked.what,
    )


def _not_found(response: SentryResponse, asked: RequestInfo) -> SentryError:
    # Sentry explains its own 404s; a bare one, or a page, comes from a router that does not know the path.
    is_bare = response.is_page or not detail(response.body)
    fix = asked.hint or "Check the id, the organization and the project."
    kind = NoRoute if is_bare else NotFound
    return kind(
        f"Sentry knows no {asked.what.removeprefix('the ')}, or this token may not see it (404).",
        f"{fix} Check SENTRY_URL too: the answer was not Sentry's usual one." if is_bare else fix,
        status=404,
        asked=asked.what,
    )


def _unsupported(response: SentryResponse, asked: RequestInfo) -> SentryError:
    return unsupported(asked, response.status)


def one_project_at_a_time(asked: RequestInfo) -> OneProjectAtATime:
    """Return the error for a question about several projects where one at a time can be asked."""
    return OneProjectAtATime(
        f"Asked for {asked.what} of several projects, Sentry refused: it searches one project at a time here (400).",
        "Give project=SLUG (the plan or server lacks the feature global-views).",
        status=400,
        asked=asked.what,
    )


def _refused(response: SentryResponse, asked: RequestInfo) -> SentryError:
    if SEVERAL_PROJECTS.search(detail(response.body)):
        return one_project_at_a_time(asked)
    kind = BadRequest if is_in_sentrys_form(response.body) else BareRefusal
    return kind(
        f"Asked for {asked.what}, Sentry refused the request ({response.status}){_quoted_detail(response)}.",
        "Correct what it names." if detail(response.body) else "Check the arguments: query, period, environment.",
        status=response.status,
        asked=asked.what,
    )


def _failed(response: SentryResponse, asked: RequestInfo) -> SentryError:
    return ServerFault(
        f"Asked for {asked.what}, the server failed ({response.status}).",
        "Sentry or a proxy before it has trouble: try again in a minute.",
        status=response.status,
        asked=asked.what,
    )


BY_STATUS: Mapping[int, Callable[[SentryResponse, RequestInfo], SentryError]] = {
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    405: _unsupported,
    410: _unsupported,
}
"""Statuses with a meaning of their own; other 4xx are the request's fault, all else is the server's."""
