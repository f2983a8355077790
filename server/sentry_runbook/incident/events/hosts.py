"""Whose host is it: the project's own, an internal one, or an external one; and which hosts an error names.

A failing call to the project's own service, to an internal name or to a data store says nothing of other people's
services. A host is the project's own when it shares the registered domain with a host that the events were served on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.events.trackers import is_tracker
from sentry_runbook.incident.events.words import Words
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.incident.model.evidence.json_values import FILE_ENDINGS, address_of, host_of

SHARED_SUFFIXES = frozenset({"co", "com", "org", "net", "gov", "edu", "ac"})
"""Second-level labels under which countries register domains: ``example.co.uk``."""
PLATFORMS = (
    ".amazonaws.com",
    ".appspot.com",
    ".azurewebsites.net",
    ".cloudfront.net",
    ".cloudfunctions.net",
    ".fly.dev",
    ".github.io",
    ".herokuapp.com",
    ".myshopify.com",
    ".netlify.app",
    ".ngrok.io",
    ".ngrok-free.app",
    ".onrender.com",
    ".pages.dev",
    ".run.app",
    ".supabase.co",
    ".up.railway.app",
    ".vercel.app",
    ".web.app",
    ".workers.dev",
)
"""Domains whose hosts belong to many owners: each host stands for itself."""
INTERNAL_SUFFIXES = (
    ".internal",
    ".local",
    ".localhost",
    ".svc",
    ".cluster.local",
    ".lan",
    ".intra",
    ".corp",
    ".home.arpa",
    ".consul",
)
DATA_STORES = (
    ".rds.amazonaws.com",
    ".cache.amazonaws.com",
    ".docdb.amazonaws.com",
    ".database.windows.net",
    ".redis.cache.windows.net",
    ".postgres.database.azure.com",
    ".mysql.database.azure.com",
    ".mongodb.net",
    ".redislabs.com",
    ".upstash.io",
    ".neon.tech",
    ".pooler.supabase.com",
    ".psdb.cloud",
)
"""A database that somebody runs for the project is the project's own."""
DATA_STORE_PORT = re.compile(
    r":(?:1433|1521|3306|5432|5672|6379|6380|6432|6543|9042|9092|9200|11211|25060|27017)(?!\d)"
    r"|[\"']?,? port[ =](?:1433|1521|3306|5432|5672|6379|6432|9042|9092|27017)(?!\d)"
)
"""What follows a host that is a database, a cache or a queue."""
MAX_PORT = 20
"""Characters after a host in which its port stands."""
MASKED_ADDRESS = "<ip "


def registered_domain(host: str) -> str:
    """The part of a host that one owner has: ``api.shop.example.com`` → ``example.com``."""
    host = host.lower().rstrip(".")
    if host.endswith(PLATFORMS):
        return host
    labels = host.split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in SHARED_SUFFIXES and len(labels[-1]) == 2 else 2
    return ".".join(labels[-keep:])


def is_internal(host: str) -> bool:
    """Whether a host can only be the project's own: a private address (loopback, too), a bare or an internal name."""
    address = address_of(host)
    if address is not None:
        return address.is_private
    # Private addresses are never masked (evidence.lenient.Host), so the mask of an address stands for a public one.
    is_bare = "." not in host and not host.startswith(MASKED_ADDRESS)
    return is_bare or host.endswith(INTERNAL_SUFFIXES) or host.endswith(DATA_STORES)


def own_domains(evidence: Evidence) -> frozenset[str]:
    """Domains that the project answers on itself: of the requests and pages that the events came from."""
    events = whole_events(evidence)
    # The page of a browser's event stands in a tag, where "www." has become inert.
    pages = (host_of(event.tags.get("url", "").replace("www[.]", "", 1)) for event in events)
    hosts = (*(event.request_host for event in events), *pages)
    return frozenset(registered_domain(host) for host in hosts if host)


Whose = Literal["own", "tracker", "external", "unknown"]


def whose_host(host: str, own: frozenset[str]) -> Whose:
    """Whose a host is, by its name and by the project's own domains."""
    if is_internal(host) or registered_domain(host) in own:
        return "own"
    return "tracker" if is_tracker(host) else "external"


# --- the name beside an address -------------------------------------------------------------------------------------

_NAME = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
NAMED_BEFORE = re.compile(
    rf"(?:(?<![\w./-])({_NAME}(?:\.{_NAME}){{1,9}})[\"'’”]? ?[(/]"
    rf"|[\"'‘“]({_NAME})[\"'’”] ?\(|(?<![\w./-])({_NAME})/)\Z",
    re.IGNORECASE,
)
"""``"db.internal" (`` and ``db/`` right before an address."""
NAMED_BEHIND = re.compile(rf":\d{{2,5}} ?\(({_NAME}(?:\.{_NAME}){{1,9}})\)", re.IGNORECASE)
"""``:5432 (db.internal)`` right behind it."""
NAMED_AS_HOST = re.compile(
    rf"\bhost(?:name)?(?: ?= ?| )[\"'‘“]?((?:{_NAME}\.){{1,9}}[a-z]{{2,24}}|(?<==){_NAME})(?![\w.-])", re.IGNORECASE
)
"""``host=db``, ``on host "db.internal"`` anywhere in the text."""
MAX_NAME = 120


def name_beside(text: str, start: int, end: int) -> str | None:
    """The name of the host whose address stands at ``text[start:end]``, lower case; None where the text has none."""
    before = NAMED_BEFORE.search(text[max(0, start - MAX_NAME) : start])
    found = before or NAMED_BEHIND.match(text, end) or NAMED_AS_HOST.search(text)
    if found is None:
        return None
    name = next(group for group in found.groups() if group).lower()
    return None if is_address(name) or name.rpartition(".")[2] in FILE_ENDINGS else name


def is_address(host: str) -> bool:
    """Whether it is an address, masked or not, and no name."""
    return host.startswith(MASKED_ADDRESS) or address_of(host) is not None


# --- hosts in error texts ------------------------------------------------------------------------------------------

_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_DOTTED = rf"{_LABEL}(?:\.{_LABEL}){{0,9}}\.[a-z]{{2,24}}(?![a-z0-9-]|\.[a-z])"
_ADDRESS = r"<ip \d+>|\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|localhost"
_BARE = rf"(?!h(?:tt|xx)ps?[:∶]){_LABEL}(?![a-z0-9.-])"
_NO_FILE = rf"(?![\w./-]{{0,200}}\.(?:{'|'.join(sorted(FILE_ENDINGS))})(?![\w.-]))"
IN_TEXT = Words(
    # Links are neutralized before they get here: hxxps is what https has become, and ∶ what a scheme's colon has.
    rf"(?:h(?:tt|xx)ps?|wss?|grpcs?)[:∶]//(?:[^/\s@＠]{{1,200}}[@＠])?(?:www\[?\.\]?)?({_DOTTED}|{_ADDRESS}|{_BARE})"
    # Forms after which nothing but a host can stand, so that one label is enough.
    rf"|(?:dns[:∶]/{{0,3}}|lookup (?!address)|\bhost ?= ?['\"]?|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) |resolve host:? "
    rf"|Unknown ?Host(?:Exception)?: )({_DOTTED}|{_ADDRESS}|{_BARE})"
    rf"|(?:ipv[46][:∶]|target:? ?|\b(?:host(?:name)?(?: name)?|host lookup|address) ?[:=]? ?[\"'‘“]?"
    rf"|(?:ENOTFOUND|EAI_AGAIN|ECONN[A-Z]{{3,12}}+|ETIMED?OUT|ESERVFAIL|EHOSTUNREACH|ENETUNREACH"
    rf"|getaddrinfo|resolv(?:e|ed|ing)|HTTP request|reach|dial tcp|pretending to be)"
    rf"(?: host)?:? ?[\"'‘“]?|connect(?:ion)?(?: timeout| refused)?(?: to| with|:)(?: host)? ?[\"'‘“]?"
    rf"|connect\(2\) for \"|from (?:GET|POST|PUT|PATCH|DELETE) )({_DOTTED}|{_ADDRESS})"
    # A host in brackets, with its port, or as Java writes it with its address; places in files look alike.
    rf"|\({_NO_FILE}({_DOTTED}|{_ADDRESS})(?::\d+)?\)"
    rf"|(?<![\w./@-]){_NO_FILE}({_DOTTED})(?=:(?:443|80|8443)(?!\d)|/(?:<ip|\d)| executing | failed to respond)",
)
"""A host that the error of a failing call names."""
DOCUMENTATION = frozenset(
    (
        *("curl.haxx.se", "curl.se", "developer.mozilla.org", "httpstatuses.com", "httpstatuses.io", "http.cat"),
        *("sqlalche.me", "pris.ly", "aka.ms", "go.microsoft.com", "learn.microsoft.com", "docs.microsoft.com"),
        *("stackoverflow.com", "github.com", "goo.gl", "bit.ly", "errors.pydantic.dev", "react.dev", "reactjs.org"),
        *("nextjs.org", "vuejs.org", "angular.io", "angular.dev", "errors.authjs.dev", "tools.ietf.org"),
        *("cloud.google.com", "docs.aws.amazon.com", "console.cloud.google.com", "console.aws.amazon.com"),
    )
)
"""Hosts of pages that libraries point to in their errors: read, not called."""


def hosts_in(text: str, own: frozenset[str]) -> Iterator[tuple[str, Whose]]:
    """The hosts that an error names as places of calls, lower case, and whose each is."""
    return ((host, whose) for host, whose, _ in places_in(text, own))


def places_in(text: str, own: frozenset[str]) -> Iterator[tuple[str, Whose, int]]:
    """As :func:`hosts_in`, each with the position behind it."""
    for match in IN_TEXT.pattern.finditer(text):
        by_url, *_ = groups = match.groups()
        host = next(group for group in groups if group).lower()
        if by_url and (host in DOCUMENTATION or host.startswith("docs.")):
            continue
        if host.endswith(("error", "exception")):
            # "(psycopg2.OperationalError) SSL connection has been closed": a class in brackets, as SQLAlchemy names it.
            continue
        yield host, _whose_in_text(host, own, text[match.end() : match.end() + MAX_PORT]), match.end()


def _whose_in_text(host: str, own: frozenset[str], after: str) -> Whose:
    """As :func:`whose_host`; a data store is known by its port."""
    if DATA_STORE_PORT.match(after):
        return "own"
    # Only addresses of the internet are masked: whose such a host is nobody can tell from the mask.
    return "unknown" if host.startswith(MASKED_ADDRESS) else whose_host(host, own)
