"""What people paste: numeric ids, short ids, issue and event URLs → one reference. Pure.

A URL is only read when it points at the configured Sentry: the token must never follow a pasted link elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from sentry_runbook.errors import BadInput

SAAS = "sentry.io"
NUMERIC = re.compile(r"[0-9]{1,20}")
SHORT = re.compile(r"[A-Z0-9_][A-Z0-9_-]*-[0-9A-HJKMNP-TV-Z]{1,13}")
"""Project slug in upper case, a dash, Crockford base 32 (sentry-api §2)."""
SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
EVENT = re.compile(r"[0-9a-f]{32}")
NAMED_EVENTS = ("latest", "oldest", "recommended")
EXAMPLES = "Give a numeric id (6114575469), a short id (SHOP-1Z) or the URL of a Sentry issue or event."


@dataclass(frozen=True)
class IssueRef:
    """A reference to an issue.

    Attributes:
        issue: numeric id, or short id in upper case; an event id where nothing else is known.
        organization: slug or id from the URL, None when it names none.
        event: event id or ``latest``, ``oldest``, ``recommended`` from the URL.
        environments: from the URL's query.
    """

    issue: str
    organization: str | None = None
    event: str | None = None
    environments: tuple[str, ...] = ()

    @property
    def is_numeric(self) -> bool:
        """Whether the issue is named by its number."""
        return NUMERIC.fullmatch(self.issue) is not None

    @property
    def is_event(self) -> bool:
        """Whether only an event is known: ``issue`` is then its id, and the server must tell the issue."""
        return EVENT.fullmatch(self.issue) is not None


def parse_reference(text: str, base_url: str) -> IssueRef:
    """Read what was pasted.

    Args:
        text: an id, a short id in any case, or any issue or event URL of the configured Sentry.
        base_url: the configured Sentry.

    Raises:
        BadInput: it is none of these, or a URL of another host; no request was sent.
    """
    pasted = text.strip().strip("<>\"'")
    if "://" in pasted or pasted.startswith("//"):
        return _from_url(pasted, base_url)
    issue = _issue(pasted)
    return IssueRef(issue=issue, event=issue if EVENT.fullmatch(issue) else None)


def event_id(text: str) -> str:
    """An event id as Sentry writes it: 32 hex digits; people paste UUIDs with dashes.

    Raises:
        BadInput: it is no event id.
    """
    wanted = text.strip().lower()
    if wanted in NAMED_EVENTS:
        return wanted
    bare = wanted.replace("-", "")
    if not EVENT.fullmatch(bare):
        raise BadInput("event is not an event id.", "Give latest, oldest, recommended or 32 hex digits.")
    return bare


def _issue(text: str) -> str:
    if EVENT.fullmatch(text.lower().replace("-", "")):
        return event_id(text)
    if NUMERIC.fullmatch(text):
        return text.lstrip("0") or "0"
    if SHORT.fullmatch(text.upper()) and len(text) <= 120:
        return text.upper()
    raise BadInput("The issue reference cannot be read.", EXAMPLES)


def _from_url(pasted: str, base_url: str) -> IssueRef:
    if any(char.isspace() or not char.isprintable() or char == "\\" for char in pasted):
        raise BadInput("The URL holds spaces, backslashes or invisible characters.", EXAMPLES)
    base = urlsplit(base_url)
    try:
        url = urlsplit(pasted)
        path = _own_path(url, base)
    except ValueError as exc:
        raise BadInput("The URL cannot be read.", EXAMPLES) from exc
    if path is None:
        raise BadInput(
            "The URL is of another host than the configured Sentry; nothing was sent there.",
            f"The configured one is {base_url}. Set SENTRY_URL for the other, or give the short id.",
        )
    parts = [unquote(part) for part in path.split("/") if part]
    route = _route(parts)
    if route is None:
        raise BadInput("The URL names no issue.", "Paste the URL of an issue or event page, or the short id.")
    organization, issue, event = route
    organization = organization or _vanity(url, base)
    environments = tuple(dict.fromkeys(parse_qs(url.query).get("environment", [])))[:10]
    return IssueRef(issue=issue, organization=organization, event=event, environments=environments)


def _own_path(url: SplitResult, base: SplitResult) -> str | None:
    """The path below the configured Sentry; None when the URL is of another origin."""
    if url.username is not None or url.password is not None or not url.hostname:
        return None
    prefix = base.path.rstrip("/")
    if is_saas(base.hostname):
        same = url.scheme == "https" and is_saas(url.hostname) and url.port in (None, 443)
    else:
        same = (url.scheme, url.hostname, _port(url)) == (base.scheme, base.hostname, _port(base))
    if not same or not f"{url.path}/".startswith(f"{prefix}/"):
        return None
    return url.path[len(prefix) :]


def _port(url: SplitResult) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


def is_saas(host: str | None) -> bool:
    """Whether a host is sentry.io or one of its organizations and regions."""
    return host == SAAS or (host or "").endswith(f".{SAAS}")


def _vanity(url: SplitResult, base: SplitResult) -> str | None:
    """``acme`` of ``acme.sentry.io``; regions and the control host name no organization."""
    if not is_saas(base.hostname) or not url.hostname or url.hostname == SAAS:
        return None
    label = url.hostname.removesuffix(f".{SAAS}")
    return None if label in ("us", "de", "www") or "." in label else label


def _route(parts: list[str]) -> tuple[str | None, str, str | None] | None:
    """Organization, issue and event of a path; of an event's own page, the event is the issue's representative.

    ``[organizations/ORG|ORG[/PROJECT]]/issues/ID[/events/EVENT]``, ``…/projects/PROJECT/events/EVENT`` and
    ``…/discover/PROJECT:EVENT``.
    """
    if parts[:2] == ["api", "0"]:
        parts = parts[2:]
    for word in ("issues", "events", "discover"):
        if word in parts:
            at = len(parts) - 1 - parts[::-1].index(word)  # the last: a slug may be called so, too
            before, after = parts[:at], parts[at + 1 :]
            if not after or len(before) > 4:
                return None
            return (_organization(before), *_named(word, after))
    return None


def _named(word: str, after: list[str]) -> tuple[str, str | None]:
    """Issue and event of the path after the word."""
    if word == "issues":
        event = event_id(after[2]) if len(after) > 2 and after[1] == "events" else None
        issue = _issue(after[0])
        return issue, event or (issue if EVENT.fullmatch(issue) else None)
    event = event_id(after[0].rpartition(":")[2])
    if event in NAMED_EVENTS:
        raise BadInput("The URL names no issue.", "Paste the URL of an issue or event page, or the short id.")
    return event, event


def _organization(before: list[str]) -> str | None:
    """The organization of the path before the word: ``organizations/ORG/…`` or ``ORG[/PROJECT]``."""
    if not before or before == ["organizations"]:
        return None
    slug = before[1] if before[0] == "organizations" else before[0]
    if not SLUG.fullmatch(slug):
        raise BadInput("The URL's organization cannot be read.", EXAMPLES)
    return None if slug == "projects" else slug
