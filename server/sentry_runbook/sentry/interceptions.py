"""The error of an answer that is not Sentry's: who answered in its place, and who has to change what. Pure.

A firewall's 403 is no missing scope, a gateway's 404 no missing issue: told as Sentry's they send people to look for
the wrong thing, and the client to ask older endpoints for what no endpoint would answer.
"""

from __future__ import annotations

from collections.abc import Collection

from sentry_runbook.errors import RateLimited, SentryError, ServerFault
from sentry_runbook.sentry.intermediaries import AnswerOrigin
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse

LET_THROUGH = "Let requests for /api/0/ with a token pass it, or set SENTRY_URL to an address of Sentry without it."
UNREACHED = (502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530)
"""With these a proxy says that it got no answer, or none that it understood, from what is behind it."""
CREDENTIALS = (
    "Put them into the proxy's address in the environment (HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT), or exempt "
    "Sentry in NO_PROXY."
)
BY_STATUS: tuple[tuple[Collection[int], str, str], ...] = (
    ((429,), "limits the rate of requests", "Try again in a minute, or ask who runs it for more."),
    (UNREACHED, "answered that Sentry behind it does not", "Try again in a minute; then look at Sentry itself."),
    ((413, 414, 431), "refuses the request as too large", "Use a shorter query or text, or fewer environments."),
    ((404,), "has no way to Sentry at this address", "Check the host and the path prefix in SENTRY_URL."),
    ((401,), "wants a sign-in of its own, not Sentry's token", LET_THROUGH),
    # 405 and 410 are what servers answer that lack an endpoint, also with a page.
    (
        [status for status in range(402, 500) if status not in (405, 410)],
        "refused the request; Sentry has not seen it",
        "Ask who runs it to let requests for /api/0/ with an Authorization header pass.",
    ),
)
"""What an intermediary says with a status, and what to do; the first that fits."""


class Intercepted(ServerFault):
    """The answer is not Sentry's, but that of a proxy, a firewall, a gateway or a sign-in page before it."""


def interception(
    response: SentryResponse, asked: RequestInfo, retry_after_s: float | None = None
) -> SentryError | None:
    """The error of an answer that something in Sentry's place gave; None where Sentry may have given it.

    Args:
        response: the response.
        asked: what was requested.
        retry_after_s: when a retry makes sense, for transient errors.
    """
    answer, status = AnswerOrigin(response), response.status
    if 200 <= status < 300 and not response.is_page and not answer.is_challenge:
        return None
    told = _tls(answer) or _sign_in(response, answer) or _of_status(response, answer)
    if told is None:
        return None
    what, fix = told
    if retry_after_s is not None and (status == 429 or "retry-after" in response.headers):
        fix = fix.replace("in a minute", f"in {max(1, round(retry_after_s))} s")
    kind = RateLimited if status == 429 else Intercepted
    text = f"Asked for {asked.what}, {what} ({status})."
    return kind(text, fix, status=status, asked=asked.what, retry_after_s=retry_after_s)


def _tls(answer: AnswerOrigin) -> tuple[str, str] | None:
    if not answer.wants_tls:
        return None
    return "the server wants TLS on this port, and SENTRY_URL says http", "Set SENTRY_URL to the same with https://."


def _sign_in(response: SentryResponse, answer: AnswerOrigin) -> tuple[str, str] | None:
    """Gateways that want a person with a browser before anything else."""
    status = response.status
    if status == 511:
        return "the network itself wants a sign-in first (a captive portal)", "Sign in to the network with a browser."
    if answer.is_challenge:
        return f"{_party(response, answer)} wants to see a browser instead of answering", LET_THROUGH
    if answer.sign_in is not None and not answer.is_sentrys_page:
        where = "redirects to a sign-in; the token was not sent there" if 300 <= status < 400 else "wants a sign-in"
        return f"a gateway in front of Sentry ({answer.sign_in}) {where}", LET_THROUGH
    scheme = response.headers.get("www-authenticate", "").lower().partition(" ")[0]
    if status == 401 and not _is_json(response) and (response.is_page or scheme in ("basic", "negotiate", "ntlm")):
        return f"{_party(response, answer)} wants a sign-in of its own, not Sentry's token", LET_THROUGH
    return None


def _of_status(response: SentryResponse, answer: AnswerOrigin) -> tuple[str, str] | None:
    """What an intermediary's own answer means."""
    status, party = response.status, _party(response, answer)
    if status == 407:
        return f"{party} asks for a user and a password", CREDENTIALS
    if answer.party is None and (not response.is_page or answer.is_sentrys_page):
        return None
    if status == 404 and answer.party is None:
        return None  # a page of nobody known: older servers and their proxies have such for paths that they lack
    return next(((f"{party} {what}", fix) for statuses, what, fix in BY_STATUS if status in statuses), None)


def _party(response: SentryResponse, answer: AnswerOrigin) -> str:
    """Who answered, in words that begin a sentence's part."""
    named = f" ({answer.name})" if answer.name else ""
    if response.proxy:
        return f"the proxy {response.proxy}{named}"
    return f"a proxy or firewall in front of Sentry{named}"


def _is_json(response: SentryResponse) -> bool:
    return response.body.lstrip().startswith((b"{", b"["))
