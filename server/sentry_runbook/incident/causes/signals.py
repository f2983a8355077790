"""What error texts and breadcrumbs say about the kind of failure: pure pattern tables, no judgement."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.model.evidence import Breadcrumb, Event, Evidence, Known

NETWORK = re.compile(
    r"timed? ?out|timeout|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|socket hang up|getaddrinfo"
    r"|connection (?:refused|reset|aborted|error)|ConnectionError|ConnectError|NetworkError|network error|fetch failed"
    r"|bad ?gateway|service ?unavailable|gateway ?time-?out|upstream|HTTP ?Error|HttpException|HTTPStatusError"
    r"|status(?: code)?:? ?(?:5\d\d|429)|\b50[234]\b|too many requests|RemoteDisconnected|SSLError|certificate"
    r"|UnknownHost|No route to host|Name or service not known|APIConnectionError|circuit ?breaker",
    re.IGNORECASE,
)
"""An error that a failing call over the network gives."""

MALFORMED = re.compile(
    r"JSONDecodeError|JSON\.parse|not valid JSON|in JSON at position|end of JSON|JsonParse|JsonProcessing|JsonSyntax"
    r"|ParseError|ParserError|parse error|cannot parse|could not parse|failed to parse|unparsable|XMLSyntax"
    r"|ValidationError|ZodError|schema (?:mismatch|validation|violation|error)|SchemaError|InvalidFormat"
    r"|UnicodeDecodeError|codec can't decode|invalid byte sequence|invalid utf-?8"
    r"|invalid literal for (?:int|float)|could not convert string|NumberFormatException|DateTimeParse|InvalidDate"
    r"|Invalid time value|isoformat|malformed|corrupt|checksum|unmarshal|deseriali[sz]|DataError|MalformedInput"
    r"|violates (?:check|not-null|foreign key|unique)|IntegrityError|invalid input syntax"
    r"|truncated (?:file|data|message)|unexpected (?:field|column|payload)|missing required field|InvalidPayload"
    r"|invalid payload|BadZipFile",
    re.IGNORECASE,
)
"""An error that input gives which is not what the code expects."""

MARKUP_FOR_JSON = re.compile(
    r"Unexpected token '?.?(?:<|&lt;|‹|＜)|is not valid JSON.{0,20}(?:DOCTYPE|html)", re.IGNORECASE
)
"""HTML where JSON was expected: an error page of somebody, not corrupt data."""

EXHAUSTED: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "memory",
        re.compile(
            r"OutOfMemory|out of memory|MemoryError|heap (?:out|limit|space)|Cannot allocate memory|\bOOM\b|OOMKilled"
            r"|allocation failed|std::bad_alloc|memory limit|Allowed memory size",
            re.IGNORECASE,
        ),
    ),
    (
        "connections",
        re.compile(
            r"QueuePool|pool (?:exhausted|is full|limit|timed? ?out|timeout)|PoolTimeout|PoolExhausted|connection pool"
            r"|too many (?:connections|clients)|connection slots|max(?:imum)? (?:number of )?(?:clients|connections)"
            r"|acquir\w+ (?:a )?connection|connection limit|HikariPool|ConnectionPool|no available connections",
            re.IGNORECASE,
        ),
    ),
    (
        "threads and queues",
        re.compile(
            r"RejectedExecution|thread pool|can't start new thread|unable to create (?:new )?native thread"
            r"|queue (?:is )?full|RESOURCE_EXHAUSTED|ResourceExhausted|worker timeout|SIGKILL|back ?pressure|LoadShed"
            r"|overloaded",
            re.IGNORECASE,
        ),
    ),
    (
        "files and disk",
        re.compile(
            r"EMFILE|ENFILE|too many open files|No space left|ENOSPC|disk (?:is )?full|quota exceeded", re.IGNORECASE
        ),
    ),
    ("locks", re.compile(r"lock wait timeout|deadlock|statement timeout|canceling statement due to", re.IGNORECASE)),
)
"""Which resource ran out, and how the errors of that say it."""

BAD_INPUT_WORDS = re.compile(
    r"malformed|corrupt|invalid (?:payload|json|xml|utf|row|record|input)|schema (?:mismatch|version|changed)"
    r"|unexpected (?:field|type|null|payload|format)|missing (?:field|column|key)|cannot parse|truncated"
    r"|bad (?:row|record)",
    re.IGNORECASE,
)
"""Breadcrumb texts that speak of malformed input."""

BYSTANDERS = re.compile(
    r"(?:^|\.)(?:sentry\.io|google-analytics\.com|googletagmanager\.com|doubleclick\.net|googlesyndication\.com"
    r"|segment\.(?:io|com)|hotjar\.com|mixpanel\.com|amplitude\.com|facebook\.(?:com|net)|clarity\.ms|intercom\.io"
    r"|fullstory\.com|newrelic\.com|nr-data\.net|datadoghq\.(?:com|eu)|bugsnag\.com|optimizely\.com|cookielaw\.org)$"
)
"""Trackers and the like: their calls fail all day (ad blockers) and bring nothing down."""

SHARED_SUFFIXES = frozenset({"co", "com", "org", "net", "gov", "edu", "ac"})
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


def error_texts(event: Event) -> Iterator[str]:
    """Types and messages of what was thrown, outermost first; then the event's own message."""
    for exception in reversed(event.exceptions):
        yield f"{exception.type or ''}: {exception.value or ''}"
    for text in (event.message, event.title):
        if text:
            yield text


def whole_events(evidence: Evidence) -> tuple[Event, ...]:
    """The events that were read whole, each once."""
    events = [evidence.event.value] if isinstance(evidence.event, Known) else []
    events += evidence.sample.value if isinstance(evidence.sample, Known) else ()
    return tuple({event.id: event for event in events}.values())


def all_texts(evidence: Evidence) -> tuple[str, ...]:
    """Error texts of all whole events, and the issue's title."""
    texts = [text for event in whole_events(evidence) for text in error_texts(event)]
    return tuple(dict.fromkeys([*texts, evidence.issue.title]))


def exhausted(texts: Sequence[str]) -> tuple[str, str] | None:
    """Which resource ran out, and the text that says so."""
    return next(((name, text) for text in texts for name, pattern in EXHAUSTED if pattern.search(text)), None)


# --- calls to other hosts ------------------------------------------------------------------------------------------


def domain(host: str) -> str:
    """The part of a host that one owner has: ``api.shop.example.com`` → ``example.com``."""
    labels = host.lower().rstrip(".").split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in SHARED_SUFFIXES and len(labels[-1]) == 2 else 2
    return ".".join(labels[-keep:])


def is_internal(host: str) -> bool:
    """Whether a host can only be the project's own: an address of a private net, a bare or an internal name."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host or host.endswith(INTERNAL_SUFFIXES)
    return address.is_private or address.is_loopback or address.is_link_local


def own_domains(evidence: Evidence) -> frozenset[str]:
    """Domains that the project answers on itself."""
    return frozenset(domain(event.request_host) for event in whole_events(evidence) if event.request_host)


def is_external(host: str | None, own: frozenset[str]) -> bool:
    """Whether a host is somebody else's, and not a mere bystander."""
    return bool(host) and not (
        host is None or is_internal(host) or domain(host) in own or BYSTANDERS.search(host) is not None
    )


@dataclass(frozen=True)
class FailedCalls:
    """Failed HTTP calls to one external host, over the events that were read whole.

    Attributes:
        events: events with such a call.
        read: events that were read.
        statuses: what the host answered; "no answer" counts too.
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


NO_ANSWER = "no answer"


def failed_calls(evidence: Evidence) -> FailedCalls | None:
    """The external host with most events in which a call to it failed; None when there is none."""
    events, own = whole_events(evidence), own_domains(evidence)
    hits: Counter[str] = Counter()
    for event in events:
        hits.update({crumb.host for crumb in event.breadcrumbs if crumb.host and _failed_outside(crumb, own)})
    if not hits:
        return None
    host, count = hits.most_common(1)[0]
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
    here = [crumb for crumb in crumbs if crumb.host == host]
    return bool(here) and not here[-1].failed and any(crumb.failed for crumb in here)


HOST_IN_TEXT = re.compile(
    # Links are defused before they get here: hxxps is what https has become.
    r"h(?:tt|xx)ps?://([a-z0-9.-]+\.[a-z]{2,})"
    r"|host='?\"?([a-z0-9.-]+\.[a-z]{2,})"
    r"|(?:getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|resolve|reach)(?: \w+)?"
    r" ([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})",
    re.IGNORECASE,
)
"""A host that an error of a failing call names."""


def host_in_error(evidence: Evidence) -> tuple[str, str] | None:
    """An external host that an error of a failing call names, and that error's text; None when there is none."""
    own = own_domains(evidence)
    for text in all_texts(evidence):
        if not NETWORK.search(text):
            continue
        for found in HOST_IN_TEXT.finditer(text):
            host = next(group for group in found.groups() if group).lower().rstrip(".")
            if is_external(host, own):
                return host, text
    return None


# --- input ---------------------------------------------------------------------------------------------------------


def malformed_sample(evidence: Evidence) -> str | None:
    """Where malformed input can be seen, in our words; None when nowhere."""
    for event in whole_events(evidence):
        if event.request_data and _broken_json(event.request_data):
            return "the request body of an event looks like JSON and does not parse"
        for crumb in event.breadcrumbs:
            if crumb.message and BAD_INPUT_WORDS.search(crumb.message):
                return "a breadcrumb speaks of malformed input"
        frame = event.failing_frame
        if frame and any(_broken_json(value) for value in frame.variables.values()):
            return "a variable of the failing frame looks like JSON and does not parse"
        if any(BAD_INPUT_WORDS.search(f"{key} {value}") for key, value in event.extra.items()):
            return "the event's extra data speak of malformed input"
    return None


def _broken_json(text: str) -> bool:
    """Whether a text begins as a JSON object with keys, ends like one, and is none; what was cut does not count."""
    text = text.strip()
    if not re.match(r'\{\s*"|\[\s*[{"\d]', text) or not text.endswith(("}", "]", ",", ":", '"')) or "…" in text:
        return False
    try:
        json.loads(text)
    except ValueError:
        return True
    return False
