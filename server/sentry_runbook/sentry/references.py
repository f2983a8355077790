"""What people paste: numeric ids, short ids, issue, event and feedback URLs → one reference. Pure.

A URL is only read when it points at the configured Sentry: the token must never follow a pasted link elsewhere. Links
in markup and among words are found by :mod:`.pasted`; what a link to another page is says :mod:`.other_pages`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.other_pages import STREAMS, names_no_issue
from sentry_runbook.sentry.pasted import AROUND_ID, SLUG, links_in, words_of

SAAS = "sentry.io"
NUMERIC = re.compile(r"[0-9]{1,20}")
SHORT = re.compile(r"[A-Z0-9_][A-Z0-9_-]*-[0-9A-HJKMNP-TV-Z]{1,13}")
"""Project slug in upper case, a dash, Crockford base 32 (sentry-api §2)."""
MOST_CHARACTERS = 120
"""Of a short id."""
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
        text: an id, a short id in any case, or any issue, event or feedback URL of the configured Sentry; also in
            Slack's or Markdown's markup, or among words.
        base_url: the configured Sentry.

    Raises:
        BadInput: it is none of these, several of them, or a URL of another host; no request was sent.
    """
    pasted = text.strip()
    links = links_in(pasted)
    if links:
        return _one_of([partial(_from_url, link, base_url) for link in _own(links, base_url)])
    words = words_of(pasted) if pasted.isprintable() else []
    if len(words) > 1:
        return _one_of([partial(_from_id, word) for word in dict.fromkeys(words) if _is_told(word)])
    return _from_id(pasted.strip(AROUND_ID))


def _one_of(readers: Sequence[Callable[[], IssueRef]]) -> IssueRef:
    """The one issue among several links or words; those of other pages do not count beside it.

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
        raise next(iter(refused), BadInput("The issue reference cannot be read.", EXAMPLES))
    if len(found) > 1:
        names = ", ".join(list(found)[:5])
        raise BadInput(f"The text names several issues ({names}).", "Give one of them.")
    return next(iter(found.values()))


def _own(links: Sequence[str], base_url: str) -> list[str]:
    """The links to the configured Sentry; all links where there is none, for the first one's error is then told."""
    base = urlsplit(base_url)

    def is_own(link: str) -> bool:
        try:
            return _own_path(urlsplit(link), base) is not None
        except ValueError:
            return False

    return [link for link in links if is_own(link)] or list(links)


def _from_id(text: str) -> IssueRef:
    issue = _issue(text)
    return IssueRef(issue=issue, event=issue if EVENT.fullmatch(issue) else None)


def _is_told(word: str) -> bool:
    """Whether a word among others is an id: an event's, or a short id as Sentry writes it, with a digit in its end."""
    is_short = SHORT.fullmatch(word) is not None and any(char.isdigit() for char in word.rpartition("-")[2])
    return _is_event(word) or is_short


def _is_event(text: str) -> bool:
    return EVENT.fullmatch(text.lower().replace("-", "")) is not None


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


def _is_id(text: str) -> bool:
    """Whether the text may name an issue, by its form."""
    is_short = SHORT.fullmatch(text.upper()) is not None and len(text) <= MOST_CHARACTERS
    return _is_event(text) or NUMERIC.fullmatch(text) is not None or is_short


def _issue(text: str) -> str:
    if not _is_id(text):
        raise BadInput("The issue reference cannot be read.", EXAMPLES)
    if _is_event(text):
        return event_id(text)
    return (text.lstrip("0") or "0") if NUMERIC.fullmatch(text) else text.upper()


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
    route = _feedback(parts, url.query) or _route(parts)
    if route is None:
        raise names_no_issue(parts, url.query)
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


def _feedback(parts: list[str], query: str) -> tuple[str | None, str, str | None] | None:
    """The feedback issue that ``…[/issues]/feedback/?feedbackSlug=PROJECT:ID`` shows; None of all other pages."""
    slug = parse_qs(query[:4000]).get("feedbackSlug", [""])[0]
    if not slug or parts[-1:] != ["feedback"]:
        return None
    before = parts[:-2] if parts[-2:] == ["issues", "feedback"] and len(parts) != 2 else parts[:-1]
    return _organization([part for part in before if part != "issues"]), _issue(slug.rpartition(":")[2]), None


def _route(parts: list[str]) -> tuple[str | None, str, str | None] | None:
    """Organization, issue and event of a path; of an event's own page, the event is the issue's representative.

    ``[organizations/ORG|ORG[/PROJECT]]/issues/ID[/events/EVENT]``, ``…/projects/PROJECT/events/EVENT`` and
    ``…/discover/PROJECT:EVENT``. None where the path names neither.
    """
    if parts[:2] == ["api", "0"]:
        parts = parts[2:]
    for word in ("issues", "events", "discover"):
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
    if word == "issues":
        if after[0] in STREAMS or not _is_id(after[0]):
            return None
        event = event_id(after[2]) if len(after) > 2 and after[1] == "events" else None
        issue = _issue(after[0])
        return issue, event or (issue if EVENT.fullmatch(issue) else None)
    event = after[0].rpartition(":")[2]
    return (event_id(event), event_id(event)) if _is_event(event) else None


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
