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
from sentry_runbook.incident.model.evidence.breadcrumb import NO_ANSWER
from sentry_runbook.incident.model.evidence.json_values import address_of

RETRIED = 1.5
"""Failed calls an event from which they are said: that many are retries."""
NETWORK = re.compile(
    r"timed? ?out|timeout|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|socket hang up|getaddrinfo"
    r"|connection (?:refused|reset|aborted|error)|ConnectionError|ConnectError|NetworkError|network error|fetch failed"
    r"|bad ?gateway|service ?unavailable|gateway ?time-?out|upstream|HTTP ?Error|HttpException|HTTPStatusError"
    r"|(?:status|error)(?: code)?:? ?(?:5\d\d|429)|\b50[234]\b|too many requests|RemoteDisconnected|SSLError"
    r"|certificate|CERT_HAS_EXPIRED|ERR_CERT_"
    r"|UnknownHost|No route to host|Name or service not known|APIConnectionError|circuit ?breaker"
    # gRPC's words for a server that does not answer, as its libraries write them.
    r"|DEADLINE_?EXCEEDED|context deadline exceeded|\bUNAVAILABLE\b|code = Unavailable",
    re.IGNORECASE,
)
"""An error that a failing call over the network gives."""

LIMITED = re.compile(
    r"rate[ _-]?limit(?:ed|[ _-]?(?:error|exceeded|reached|exception))|too ?many ?requests|\b(?:status|code):? ?429\b"
    r"|\b429 -|^429\b|Throttl(?:ed|ing)|\bRate exceeded\b|RequestLimitExceeded|SlowDown|exceeded your current quota"
    r"|insufficient_quota|quota exceeded for|overloaded_error"
    r"|\b529 Overloaded|(?:status|code|error):? ?529\b|^529\b|ProvisionedThroughputExceeded"
    r"|RESOURCE_EXHAUSTED: ?(?:quota|rate)",
    re.IGNORECASE,
)
"""A service that turns calls away because there are too many of them: with 429 or 529, or in words alone."""

CERTIFICATE_EXPIRED = re.compile(
    r"certificate (?:has|is) expired|CERT_?HAS_?EXPIRED|CertificateExpired|ERR_CERT_DATE_INVALID|EXPIRED_CERT"
    r"|certificate_expired|certificate expired|NotAfter:",
    re.IGNORECASE,
)
"""A TLS certificate that is no longer valid: no retry helps, somebody has to renew it."""

HOST_IN_TEXT = re.compile(
    # Links are neutralized before they get here: hxxps is what https has become.
    r"h(?:tt|xx)ps?://([a-z0-9.-]+\.[a-z]{2,})"
    r"|(?:dns:/{1,3}|ipv4:|target:? ?|lookup )([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})"
    r"|host='?\"?([a-z0-9.-]+\.[a-z]{2,})"
    r"|(?:getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|resolve|reach)(?: \w+)?"
    r" ([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})",
    re.IGNORECASE,
)
"""A host that the error of a failing call names."""

TRACKER_DOMAINS = frozenset(
    (
        # analytics of products and pages
        *("google-analytics.com", "googletagmanager.com", "analytics.google.com", "segment.io", "segment.com"),
        *("mixpanel.com", "amplitude.com", "posthog.com", "heapanalytics.com", "heap.io", "pendo.io", "plausible.io"),
        *("matomo.cloud", "usefathom.com", "umami.is", "umami.dev", "rudderstack.com", "rudderlabs.com", "snowplow.io"),
        *("statcounter.com", "chartbeat.com", "chartbeat.net", "parsely.com", "parse.ly", "quantserve.com"),
        *(
            "scorecardresearch.com",
            "comscore.com",
            "hs-analytics.net",
            "hs-scripts.com",
            "hsforms.com",
            "kissmetrics.io",
        ),
        *("cloudflareinsights.com", "simpleanalyticscdn.com", "simpleanalytics.com", "woopra.com", "gosquared.com"),
        *("yandex.ru", "hm.baidu.com", "cnzz.com", "appsflyer.com", "adjust.com", "branch.io", "app-measurement.com"),
        *("cookielaw.org", "onetrust.com", "cookiebot.com", "usercentrics.eu"),
        # recordings of sessions, experiments
        *("hotjar.com", "hotjar.io", "clarity.ms", "fullstory.com", "logrocket.com", "logrocket.io", "lr-ingest.io"),
        *("lr-in-prod.com", "mouseflow.com", "smartlook.com", "luckyorange.com", "luckyorange.net", "crazyegg.com"),
        *("inspectlet.com", "optimizely.com", "visualwebsiteoptimizer.com", "intercom.io", "quantummetric.com"),
        # errors and speed of pages
        *(
            "sentry.io",
            "sentry-cdn.com",
            "newrelic.com",
            "nr-data.net",
            "datadoghq.com",
            "datadoghq.eu",
            "ddog-gov.com",
        ),
        *(
            "bugsnag.com",
            "rollbar.com",
            "raygun.io",
            "raygun.com",
            "trackjs.com",
            "eum-appdynamics.com",
            "dynatrace.com",
        ),
        *(
            "speedcurve.com",
            "go-mpulse.net",
            "akstat.io",
            "instana.io",
            "honeycomb.io",
            "airbrake.io",
            "honeybadger.io",
        ),
        # advertising
        *("doubleclick.net", "googlesyndication.com", "googleadservices.com", "adservice.google.com", "adnxs.com"),
        *("facebook.com", "facebook.net", "bat.bing.com", "ads.linkedin.com", "licdn.com", "analytics.tiktok.com"),
        *("ads-twitter.com", "analytics.twitter.com", "ct.pinterest.com", "tr.snapchat.com", "sc-static.net"),
        *(
            "amazon-adsystem.com",
            "criteo.com",
            "criteo.net",
            "taboola.com",
            "outbrain.com",
            "adroll.com",
            "rubiconproject.com",
        ),
        *("pubmatic.com", "openx.net", "casalemedia.com", "moatads.com", "adsrvr.org", "redditstatic.com", "quora.com"),
    )
)
"""Analytics, monitoring of pages and advertising: their calls fail all day (blockers) and bring nothing down."""
TRACKER_LABELS = frozenset(
    (
        "analytics",
        "telemetry",
        "rum",
        "beacon",
        "beacons",
        "pixel",
        "pixels",
        "ads",
        "adservice",
        "tracking",
        "metrics",
        "stats",
    )
)
"""First labels of hosts that do nothing else."""


def is_tracker(host: str) -> bool:
    """Whether a host only takes measurements or shows advertisements."""
    labels = host.lower().split(".")
    if labels[0] in TRACKER_LABELS and len(labels) > 2:
        return True
    return any(".".join(labels[place:]) in TRACKER_DOMAINS for place in range(len(labels)))


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
    return registered_domain(host) not in own and not is_tracker(host)


# --- failed calls in breadcrumbs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FailedCalls:
    """Failed HTTP calls to one external host, over the events that were read whole.

    Attributes:
        events: events with such a call.
        calls: failed calls in all of them: several in one event are retries.
        read: events that were read.
        statuses: what the host answered, each once; :data:`NO_ANSWER` where no status came.
        last: whether in one event at least it is the last HTTP call before the error.
        also_answered: whether the same host answered well later in an event.
    """

    host: str
    events: int
    calls: int
    read: int
    statuses: tuple[str, ...]
    last: bool
    also_answered: bool

    @property
    def each(self) -> str:
        """How many calls failed in an event, as the end of a sentence; empty for one each."""
        per_event = self.calls / self.events
        return f", {per_event:.0f} calls in each" if per_event >= RETRIED else ""

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
        calls=len(failed),
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
        if not NETWORK.search(text) and not LIMITED.search(text):
            continue
        for match in HOST_IN_TEXT.finditer(text):
            host = next(group for group in match.groups() if group).lower()
            if is_external(host, own):
                return host, text
    return None
