"""The error of a request that got no answer: which party failed, Sentry's server or the proxy, and why. Pure.

httpx tells all of it as a ConnectError; the reason stands in the chain of exceptions below.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from sentry_runbook.errors import SentryError, TimedOut, Unreachable
from sentry_runbook.sentry.messages import RequestInfo

NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
"""OpenSSL's reasons when the other side answers in something else than TLS."""
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH)
EXPIRED, NOT_YET = 10, 9
SELF_SIGNED = (18, 19)
UNKNOWN_ISSUER = (2, 20, 21)
OTHER_NAME = (62, 64)
"""Codes of OpenSSL's certificate verification."""
TRUST = "If it is your own authority's, or that of a proxy that reads TLS, set SENTRY_RUNBOOK_CA_BUNDLE to its CA file."
THE_PROXY = "Correct the proxy in the environment (HTTPS_PROXY), or exempt Sentry in NO_PROXY."


class Dropped(Unreachable):
    """The connection was closed before the response was complete; a new connection may work."""


@dataclass(frozen=True)
class Route:
    """The way to Sentry, and how far a request came on it.

    Attributes:
        base_url: Sentry's.
        named_by: who gave it, in brackets; empty when nobody did.
        proxy: host and port of the proxy; empty without one.
        has_credentials: the proxy's address has a user.
        is_at_proxy: the request did not get beyond the proxy.
    """

    base_url: str
    named_by: str = ""
    proxy: str = ""
    has_credentials: bool = False
    is_at_proxy: bool = False

    @property
    def target(self) -> str:
        """Sentry's host and port."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"

    @property
    def host(self) -> str:
        """The name of the party that failed."""
        return (self.proxy.rpartition(":")[0] if self.is_at_proxy else urlsplit(self.base_url).hostname) or ""


def unreachable(exc: Exception, asked: RequestInfo, route: Route) -> Unreachable:
    """The error of a connection that could not be made."""
    reason, fix = _reason(exc, route)
    party = f"Sentry at {route.base_url}{route.named_by}"
    if route.is_at_proxy:
        party = f"the proxy {route.proxy}, which the environment names for Sentry,"
        fix = f"{fix} {THE_PROXY}".strip() if "SENTRY_URL" not in fix else THE_PROXY
    return Unreachable(f"Asked for {asked.what}, {party} cannot be reached: {reason}.", fix, asked=asked.what)


def refused_by_proxy(exc: Exception, asked: RequestInfo, route: Route) -> Unreachable:
    """The error of a proxy that did not make the connection to Sentry; its status is in the exception's text."""
    status = re.match(r"\d{3}", str(exc))
    number = int(status[0]) if status else 0
    if number == 407 and route.has_credentials:
        what, fix = "does not accept the user and the password that the environment gives", THE_PROXY
    elif number == 407:
        what = "asks for a user and a password"
        fix = f"Set HTTPS_PROXY=http://USER:PASSWORD@{route.proxy}, or exempt Sentry in NO_PROXY."
    elif number in (502, 503, 504):
        what = f"could not connect to {route.target}"
        fix = "Check SENTRY_URL: the proxy does not know or does not reach that host. Or exempt Sentry in NO_PROXY."
    else:
        what = f"refuses to connect to {route.target}"
        fix = "Ask who runs it to allow that, or exempt Sentry in NO_PROXY."
    shown = f" ({number})" if number else ""
    return Unreachable(f"Asked for {asked.what}, the proxy {route.proxy} {what}{shown}.", fix, asked=asked.what)


def dropped(exc: Exception, asked: RequestInfo, route: Route) -> Unreachable:
    """The error of a connection that ended before the response, or whose response is no HTTP."""
    party = f"the proxy {route.proxy}" if route.is_at_proxy else "Sentry"
    if "illegal" in str(exc) and "line" in str(exc):
        scheme = urlsplit(route.base_url).scheme
        fix = "Check SENTRY_URL and its port."
        if route.is_at_proxy:
            fix = THE_PROXY
        elif scheme == "http":
            fix = f"If it speaks TLS, set SENTRY_URL to https://{route.base_url.partition('://')[2]}."
        where = party if route.is_at_proxy else f"the server at {route.base_url}{route.named_by}"
        return Unreachable(
            f"Asked for {asked.what}, {where} cannot be reached: it answers, but not in HTTP.", fix, asked=asked.what
        )
    fix = THE_PROXY if route.is_at_proxy else "Try again; if it stays so, look for a proxy that closes connections."
    return Dropped(
        f"Asked for {asked.what}, the connection to {party} was dropped ({type(exc).__name__}).", fix, asked=asked.what
    )


def too_slow(asked: RequestInfo, route: Route, read_s: float) -> SentryError:
    """The error of a request that was not answered in time."""
    party = f"the proxy {route.proxy}" if route.is_at_proxy else "Sentry"
    return TimedOut(
        f"Asked for {asked.what}, {party} did not answer within {read_s:g} s.",
        "Try again; if it stays so, Sentry is slow, or a proxy or firewall holds the connection.",
        asked=asked.what,
    )


def _chain(exc: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = exc
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason(exc: Exception, route: Route) -> tuple[str, str]:
    """Why a connection could not be made, and what to do."""
    for cause in _chain(exc):
        if (told := _told(cause, route)) is not None:
            return told
    return type(exc).__name__, "Check SENTRY_URL and the network."


def _told(cause: BaseException, route: Route) -> tuple[str, str] | None:
    """What one exception of the chain tells; None when a deeper one knows more."""
    told: tuple[str, str] | None = None
    match cause:
        case ssl.SSLCertVerificationError():
            told = _certificate(cause.verify_code, route)
        case ssl.SSLError():
            told = _tls(cause.reason or type(cause).__name__, route)
        case socket.gaierror():
            told = f"the name {route.host} is not known (DNS)", "Check the host in SENTRY_URL, and the network or VPN."
        case ConnectionRefusedError():
            told = "nobody listens there (connection refused)", "Check the host and port in SENTRY_URL."
        case OSError() if cause.errno in NO_WAY:
            told = "there is no way to it from here", "Check the network or VPN, and SENTRY_URL."
        case _ if "Timeout" in type(cause).__name__:
            told = (
                "no connection was made in time",
                (
                    "Check SENTRY_URL and the network: a firewall or VPN may stand between, or a proxy be needed "
                    "(HTTPS_PROXY)."
                ),
            )
    return told


def _certificate(code: int, route: Route) -> tuple[str, str]:
    if code == EXPIRED:
        return "its certificate has expired", "Have it renewed, or set this machine's clock."
    if code == NOT_YET:
        return "its certificate is not valid yet", "Set this machine's clock."
    if code in OTHER_NAME:
        return f"its certificate is not for {route.host}", "Set SENTRY_URL to the name that the certificate is for."
    if code in SELF_SIGNED:
        return "its certificate is signed by itself, or by an authority that is not trusted here", TRUST
    if code in UNKNOWN_ISSUER:
        more = "Else the server does not send its intermediate certificates."
        return "its certificate is signed by an authority that is not known here", f"{TRUST} {more}"
    return f"its certificate is not accepted (code {code})", TRUST


def _tls(reason: str, route: Route) -> tuple[str, str]:
    if reason in NOT_TLS:
        if route.is_at_proxy:
            return "it does not speak TLS", f"Name it as http://{route.proxy}."
        plain = f"http://{route.base_url.partition('://')[2]}"
        return "it answers, but not in TLS", f"Set SENTRY_URL to {plain}, or to the port that speaks TLS."
    if "EOF" in reason:
        return "it closed the connection in the TLS handshake", (
            "Check the port in SENTRY_URL: one without TLS does this, and so does a firewall."
        )
    return f"TLS failed ({reason})", "Check SENTRY_URL, and what stands between."
