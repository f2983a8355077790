"""URLs of issues, events and feedback at the configured Sentry → one reference. Pure."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.ids import EVENT, EXAMPLES, IssueRef, event_id, is_event, is_id, issue_of
from sentry_runbook.sentry.other_hosts import other_host
from sentry_runbook.sentry.other_pages import STREAMS, names_no_issue
from sentry_runbook.sentry.pasted import SLUG
from sentry_runbook.server_url import NO_ORGANIZATIONS, is_saas, organization_of_host

PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}(?:/[A-Za-z0-9._~/-]{0,500})?", re.ASCII)
ISSUES = ("issues", "short-id", "group")
"""Words before an issue's id: of today, of the short link, and of very old servers."""
ROUTES = (*ISSUES, "events", "discover")


def reference_of_url(pasted: str, base_url: str) -> IssueRef:
    """The issue that a URL of the configured Sentry names.

    Raises:
        BadInput: it names none, or is of another host.
    """
    if any(char.isspace() or not char.isprintable() or char == "\\" for char in pasted):
        raise BadInput("The URL holds spaces, backslashes or invisible characters.", EXAMPLES)
    base = urlsplit(base_url)
    try:
        url = urlsplit(pasted)
        path = own_path(url, base)
    except ValueError as exc:
        raise BadInput("The URL cannot be read.", EXAMPLES) from exc
    if path is None:
        raise other_host(url, base_url)
    if path.startswith("/auth/login/") and (onward := parse_qs(url.query[:4000]).get("next")):
        # The page for people who are not signed in; what they wanted to see is in its query.
        return reference_of_url(f"{url.scheme}://{url.netloc}{base.path.rstrip('/')}/{onward[0].lstrip('/')}", base_url)
    parts = [unquote(part) for part in path.split("/") if part]
    route = _feedback(parts, url.query) or _route(parts) or _searched(parts, url.query)
    if route is None:
        raise names_no_issue(parts, url.query, _vanity(url, base))
    organization, issue, event = route
    organization = organization or _vanity(url, base)
    environments = tuple(dict.fromkeys(parse_qs(url.query).get("environment", [])))[:10]
    return IssueRef(issue=issue, organization=organization, event=event, environments=environments)


def own_path(url: SplitResult, base: SplitResult) -> str | None:
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


def is_own_address(address: str, base_url: str) -> bool:
    """Whether a URL leads to the configured Sentry, without credentials or characters that end a link elsewhere."""
    if not PLAIN_ADDRESS.fullmatch(address):
        return False
    try:
        return own_path(urlsplit(address), urlsplit(base_url)) is not None
    except ValueError:
        return False


def _port(url: SplitResult) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


def _vanity(url: SplitResult, base: SplitResult) -> str | None:
    """``acme`` of ``acme.sentry.io``; regions and the control host name no organization."""
    return organization_of_host(url.hostname) if is_saas(base.hostname) else None


def _feedback(parts: list[str], query: str) -> tuple[str | None, str, str | None] | None:
    """The feedback issue that ``…[/issues]/feedback/?feedbackSlug=PROJECT:ID`` shows; None of all other pages."""
    slug = parse_qs(query[:4000]).get("feedbackSlug", [""])[0]
    if parts[-1:] != ["feedback"] or not is_id(slug.rpartition(":")[2]):
        return None
    before = parts[:-2] if parts[-2:] == ["issues", "feedback"] and len(parts) != 2 else parts[:-1]
    return _organization([part for part in before if part != "issues"]), issue_of(slug.rpartition(":")[2]), None


def _searched(parts: list[str], query: str) -> tuple[str | None, str, str | None] | None:
    """The one issue that an issue stream is searched for: ``…/issues/?query=SHOP-1Z``, ``…?query=issue:SHOP-1Z``."""
    search = parse_qs(query[:4000]).get("query", [""])[0].strip()
    key, _, named = search.rpartition(":")
    is_one = is_id(named) and not named.isdigit() if key in ("", "issue") else key == "issue.id" and named.isdigit()
    if parts[-1:] != ["issues"] or not is_one or is_event(named):
        return None
    return _organization(parts[:-1]), issue_of(named), None


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
