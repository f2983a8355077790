"""Failed calls to other people's hosts, as breadcrumbs and error texts show them.

Whose host it is decides: a failing call to the project's own service, to an internal name or to a tracker explains
nothing. A host is the project's own when it shares the registered domain with a host that the events were served on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.model.evidence import Breadcrumb, Evidence
from sentry_runbook.incident.model.evidence.json_values import address_of

NETWORK = re.compile(
    r"timed? ?out|timeout|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|socket hang up|getaddrinfo"
    r"|connection (?:refused|reset|aborted|error)|ConnectionError|ConnectError|NetworkError|network error|fetch failed"
    r"|bad ?gateway|service ?unavailable|gateway ?time-?out|upstream|HTTP ?Error|HttpException|HTTPStatusError"
    r"|status(?: code)?:? ?(?:5\d\d|429)|\b50[234]\b|too many requests|RemoteDisconnected|SSLError|certificate"
    r"|UnknownHost|No route to host|Name or service not known|APIConnectionError|circuit ?breaker",
    re.IGNORECASE,
)
"""An error that a failing call over the network gives."""

HOST_IN_TEXT = re.compile(
    # Links are neutralized before they get here: hxxps is what https has become.
    r"h(?:tt|xx)ps?://([a-z0-9.-]+\.[a-z]{2,})"
    r"|host='?\"?([a-z0-9.-]+\.[a-z]{2,})"
    r"|(?:getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|resolve|reach)(?: \w+)?"
    r" ([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})",
    re.IGNORECASE,
)
"""A host that the error of a failing call names."""

TRACKERS = re.compile(
    r"(?:^|\.)(?:sentry\.io|google-analytics\.com|googletagmanager\.com|doubleclick\.net|googlesyndication\.com"
    r"|segment\.(?:io|com)|hotjar\.com|mixpanel\.com|amplitude\.com|facebook\.(?:com|net)|clarity\.ms|intercom\.io"
    r"|fullstory\.com|newrelic\.com|nr-data\.net|datadoghq\.(?:com|eu)|bugsnag\.com|optimizely\.com|cookielaw\.org)$"
)
"""Analytics and the like: their calls fail all day (ad blockers) and bring nothing down."""

SHARED_SUFFIXES = frozenset({"co", "com", "org", "net", "gov", "edu", "ac"})
"""Second-level labels under which countries register domains: ``example.co.uk``."""
INTERNAL_SUFFIXES = (
    ".internal",
    ".local",
    ".localhost",
    ".svc",
    ".cluster.local",
    ".lan",
    ".intra",
    ".corp",
    ".consul",
)
NO_ANSWER = "no answer"
MASKED_ADDRESS = "<ip "


# --- whose host ----------------------------------------------------------------------------------------------------


def registered_domain(host: str) -> str:
    """The part of a host that one owner has: ``api.shop.example.com`` → ``example.com``."""
    labels = host.lower().rstrip(".").split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in SHARED_SUFFIXES and len(labels[-1]) == 2 else 2
    return ".".join(labels[-keep:])


def is_internal(host: str) -> bool:
    """Whether a host can only be the project's own: a private address (loopback, too), a bare or an internal name."""
    address = address_of(host)
    if address is not None:
        return address.is_private
    # Private addresses are never masked (evidence.lenient.Host), so the mask of an address stands for a public one.
    is_bare = "." not in host and not host.startswith(MASKED_ADDRESS)
    return is_bare or host.endswith(INTERNAL_SUFFIXES)


def own_domains(evidence: Evidence) -> frozenset[str]:
    """Domains that the project answers on itself: those of the requests that the events came from."""
    return frozenset(registered_domain(event.request_host) for event in whole_events(evidence) if event.request_host)


def is_external(host: str | None, own: frozenset[str]) -> bool:
    """Whether a host is external, and not a tracker's."""
    if not host or is_internal(host):
        return False
    return registered_domain(host) not in own and TRACKERS.search(host) is None


# --- failed calls in breadcrumbs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FailedCalls:
    """Failed HTTP calls to one external host, over the events that were read whole.

    Attributes:
        events: events with such a call.
        read: events that were read.
        statuses: what the host answered, each once; :data:`NO_ANSWER` where no status came.
        last: whether in one event at least it is the last HTTP call before the error.
        also_answered: whether the same host answered well later in an event.
    """

    host: str
    events: int
    read: int
    statuses: tuple[str, ...]
    last: bool
    also_answered: bool

    @property
    def at_fault(self) -> Literal["theirs", "ours", "unclear"]:
        """Whose failure the statuses mean: 5xx, 429 or no answer is theirs, another 4xx is our request."""
        theirs = any(status == NO_ANSWER or status[0] == "5" or status == "429" for status in self.statuses)
        ours = any(status[0] == "4" and status != "429" for status in self.statuses)
        if theirs == ours:
            return "unclear"
        return "theirs" if theirs else "ours"


def failed_calls(evidence: Evidence) -> FailedCalls | None:
    """The external host with most events in which a call to it failed; None when there is none."""
    events, own = whole_events(evidence), own_domains(evidence)
    events_by_host: Counter[str] = Counter()
    for event in events:
        # A set: a host that is retried ten times in one event is one event.
        events_by_host.update({crumb.host for crumb in event.breadcrumbs if crumb.host and _failed_outside(crumb, own)})
    if not events_by_host:
        return None
    host, count = events_by_host.most_common(1)[0]
    calls = [
        [crumb for crumb in event.breadcrumbs if crumb.host and (crumb.failed or crumb.http_status)] for event in events
    ]
    failed = [crumb for crumbs in calls for crumb in crumbs if crumb.host == host and crumb.failed]
    return FailedCalls(
        host=host,
        events=count,
        read=len(events),
        statuses=tuple(dict.fromkeys(str(crumb.http_status or NO_ANSWER) for crumb in failed)),
        last=any(crumbs and crumbs[-1].host == host and crumbs[-1].failed for crumbs in calls),
        also_answered=any(_answered_later(crumbs, host) for crumbs in calls),
    )


def _failed_outside(crumb: Breadcrumb, own: frozenset[str]) -> bool:
    return crumb.failed and is_external(crumb.host, own)


def _answered_later(crumbs: Sequence[Breadcrumb], host: str) -> bool:
    """Whether the last call to a host went well after an earlier one failed."""
    calls = [crumb for crumb in crumbs if crumb.host == host]
    return bool(calls) and not calls[-1].failed and any(crumb.failed for crumb in calls)


# --- hosts in error texts ------------------------------------------------------------------------------------------


def host_in_error(evidence: Evidence, texts: Iterable[str]) -> tuple[str, str] | None:
    """An external host that the error of a failing call among ``texts`` names, and that text; None without one."""
    own = own_domains(evidence)
    for text in texts:
        # Any error may mention a URL; only in one of a failing call is the host the one that failed.
        if not NETWORK.search(text):
            continue
        for match in HOST_IN_TEXT.finditer(text):
            host = next(group for group in match.groups() if group).lower()
            if is_external(host, own):
                return host, text
    return None
