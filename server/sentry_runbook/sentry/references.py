"""What people paste: numeric ids, short ids, issue, event and feedback URLs → one reference. Pure.

A URL is only read when it points at the configured Sentry: the token must never follow a pasted link elsewhere. Links
in markup and among words are found by :mod:`.pasted`, those within other services' links by :mod:`.wrapped_links`, ids
among words by :mod:`.ids_in_words`; what a link to another page is says :mod:`.other_pages`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.ids import EVENT, EXAMPLES, NUMERIC, event_id, is_event, is_id, issue_of
from sentry_runbook.sentry.ids_in_words import NamedIds, ids_among
from sentry_runbook.sentry.other_pages import STREAMS, names_no_issue, other_host, trace_in_words
from sentry_runbook.sentry.pasted import SLUG, Link, links_in, visible, words_of
from sentry_runbook.sentry.wrapped_links import unwrapped

SAAS = "sentry.io"
NO_ORGANIZATIONS = frozenset(
    {"blog", "changelog", "cli", "develop", "docs", "forum", "help", "ingest", "status", "try"}
)
"""Hosts below sentry.io that show no organization's issues."""
ISSUES = ("issues", "short-id", "group")
"""Words before an issue's id: of today, of the short link, and of very old servers."""
ROUTES = (*ISSUES, "events", "discover")
OWN_RESOURCE = "sentry://issues/"
"""How the product's own resources name an issue."""


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
        text: an id, a short id in any case, or any issue, event or feedback URL of the configured Sentry; also in
            Slack's or Markdown's markup, or among words.
        base_url: the configured Sentry.

    Raises:
        BadInput: it is none of these, several of them, or a URL of another host; no request was sent.
    """
    pasted = visible(text).strip().removeprefix(OWN_RESOURCE)
    links = links_in(pasted)
    own = [link for link in links if _is_own(link, base_url)]
    if own or any(link.has_scheme for link in links) or (links and len(pasted.split()) == 1):
        # Without an own link the first one's error is told.
        return _one_of([partial(_from_link, link, base_url) for link in own or links])
    return _from_words(pasted, base_url)


def _one_of(readers: Sequence[Callable[[], IssueRef]]) -> IssueRef:
    """The one issue among several links; those of other pages do not count beside it.

    Raises:
        BadInput: they name none, or several.
    """
    found: dict[str, IssueRef] = {}
    refused: list[BadInput] = []
    for read in readers:
        try:
            reference = read()
        except BadInput as exc:
            refused.append(exc)
        else:
            earlier = found.get(reference.issue)
            if earlier is None or earlier.event is None:
                found[reference.issue] = reference
    if not found:
        raise refused[0]
    if len(found) > 1:
        raise _several(list(found))
    return next(iter(found.values()))


def _several(names: Sequence[str]) -> BadInput:
    return BadInput(f"The text names several issues ({', '.join(names[:5])}).", "Give one of them.")


# --- words


def _from_words(pasted: str, base_url: str) -> IssueRef:
    words = words_of(pasted)
    if len(words) == 1 and "/" in words[0]:
        return _from_path(words[0], base_url)
    named = ids_among(words)
    if len(named.issues) > 1 or (not named.issues and len(named.events) > 1):
        raise _several(named.issues or named.events)
    if len(named.events) > 1:
        raise BadInput(f"The text names several events of issue {named.issues[0]}.", "Give one of them.")
    return _reference(named)


def _reference(named: NamedIds) -> IssueRef:
    event = named.events[0] if named.events else None
    if named.issues:
        return IssueRef(issue=named.issues[0], event=event)
    if event is not None:
        return IssueRef(issue=event, event=event)
    if named.trace is not None:
        raise trace_in_words(named.trace)
    if named.event_start is not None:
        raise BadInput(
            f"{named.event_start} is the beginning of an event's id only, as Sentry's pages show it.",
            "Give the whole id (32 hex digits), or the event's link.",
        )
    raise BadInput("The issue reference cannot be read.", EXAMPLES)


def _from_path(word: str, base_url: str) -> IssueRef:
    """``ORG/SHOP-1Z`` as Sentry's own command line takes it, or the path of a link without its host."""
    parts = word.strip("/").split("/")
    told = ids_among(parts).issues
    if len(told) > 1:
        raise _several(told)
    if len(parts) in (2, 3) and is_id(parts[-1]) and all(map(SLUG.fullmatch, parts)) and parts[-2] not in ROUTES:
        issue = issue_of(parts[-1])
        return IssueRef(issue=issue, organization=parts[0], event=issue if EVENT.fullmatch(issue) else None)
    if not any(route in parts for route in ROUTES):
        raise BadInput("The issue reference cannot be read.", EXAMPLES)
    return _from_url(f"{base_url}/{word.lstrip('/')}", base_url)


# --- links


def _is_own(link: Link, base_url: str) -> bool:
    try:
        return _own_path(urlsplit(_target(link.url, link, base_url)), urlsplit(base_url)) is not None
    except ValueError:
        return False


def _target(url: str, link: Link, base_url: str) -> str:
    """Where a link leads. One that was written without a scheme has that of the configured Sentry."""
    return unwrapped(url if link.has_scheme else f"{urlsplit(base_url).scheme}{url.removeprefix('https')}")


def _from_link(link: Link, base_url: str) -> IssueRef:
    """The reference of a link, which may go on in the next line.

    Raises:
        BadInput: it names no issue, or it is not sure where it ends.
    """
    if link.joined is None:
        return _from_url(_target(link.url, link, base_url), base_url)
    try:
        joined = _from_url(_target(link.joined, link, base_url), base_url)
    except (BadInput, ValueError):
        return _from_url(_target(link.url, link, base_url), base_url)
    try:
        alone = _from_url(_target(link.url, link, base_url), base_url)
    except (BadInput, ValueError):
        return joined
    if alone.issue != joined.issue:
        raise BadInput(
            f"The link is broken across lines: it may be of issue {alone.issue} or {joined.issue}.",
            "Give it in one line.",
        )
    return joined if joined.event else alone


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
        raise other_host(url, base_url)
    if path.startswith("/auth/login/") and (onward := parse_qs(url.query[:4000]).get("next")):
        # The page for people who are not signed in; what they wanted to see is in its query.
        return _from_url(f"{url.scheme}://{url.netloc}{base.path.rstrip('/')}/{onward[0].lstrip('/')}", base_url)
    parts = [unquote(part) for part in path.split("/") if part]
    route = _feedback(parts, url.query) or _route(parts)
    if route is None:
        raise names_no_issue(parts, url.query, _vanity(url, base))
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
        same = same and NO_ORGANIZATIONS.isdisjoint((url.hostname or "").split("."))
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


def _feedback(parts: list[str], query: str) -> tuple[str | None, str, str | None] | None:
    """The feedback issue that ``…[/issues]/feedback/?feedbackSlug=PROJECT:ID`` shows; None of all other pages."""
    slug = parse_qs(query[:4000]).get("feedbackSlug", [""])[0]
    if parts[-1:] != ["feedback"] or not is_id(slug.rpartition(":")[2]):
        return None
    before = parts[:-2] if parts[-2:] == ["issues", "feedback"] and len(parts) != 2 else parts[:-1]
    return _organization([part for part in before if part != "issues"]), issue_of(slug.rpartition(":")[2]), None


def _route(parts: list[str]) -> tuple[str | None, str, str | None] | None:
    """Organization, issue and event of a path; of an event's own page, the event is the issue's representative.

    ``[organizations/ORG|ORG[/PROJECT]]/issues/ID[/events/EVENT]``, ``…/projects/PROJECT/events/EVENT`` and
    ``…/discover/PROJECT:EVENT``. None where the path names neither.
    """
    if parts[:2] == ["api", "0"]:
        parts = parts[2:]
    for word in ROUTES:
        if word in parts:
            at = len(parts) - 1 - parts[::-1].index(word)  # the last: a slug may be called so, too
            before, after = parts[:at], parts[at + 1 :]
            if not after or len(before) > 4:
                return None
            named = _named(word, after)
            return (_organization(before), *named) if named else None
    return None


def _named(word: str, after: list[str]) -> tuple[str, str | None] | None:
    """Issue and event of the path after the word; None where it names a list."""
    if word in ISSUES:
        if after[0] in STREAMS or not is_id(after[0]):
            return None
        event = event_id(after[2]) if len(after) > 2 and after[1] == "events" else None
        issue = issue_of(after[0])
        return issue, event or (issue if EVENT.fullmatch(issue) else None)
    event = after[0].rpartition(":")[2]
    return (event_id(event), event_id(event)) if is_event(event) else None


def _organization(before: list[str]) -> str | None:
    """The organization of the path before the word: ``organizations/ORG``, ``ORG[/PROJECT]``, ``projects/ORG/PROJECT``.

    The last is the API's form; ``projects/PROJECT`` names none.
    """
    if not before or before == ["organizations"]:
        return None
    is_below = before[0] == "organizations" or (before[0] == "projects" and len(before) > 2)
    slug = before[1] if is_below else before[0]
    if not SLUG.fullmatch(slug):
        raise BadInput("The URL's organization cannot be read.", EXAMPLES)
    return None if slug == "projects" else slug
