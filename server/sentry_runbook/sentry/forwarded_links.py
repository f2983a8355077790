"""The link to Sentry in what another service passes on: a message of Slack, an incident of PagerDuty. Pure.

Such a body has forms that are not Sentry's, and not all of them can be known. So it is walked through, and what is
looked for is a link of the configured Sentry: first where services keep the link of a message (:data:`LINKS`), then in
its texts (:data:`TEXTS`). Links of other hosts are theirs, and are passed over.

The texts hold an event's own words, and with them what a stranger wrote. They are read only where no link stands in
its own place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.issue_urls import own_path, reference_of_url
from sentry_runbook.sentry.other_pages import NamesNoIssue
from sentry_runbook.sentry.pasted import links_in

LINKS = frozenset({"title_link", "client_url", "href", "from_url", "web_url"})
"""Keys of the link that a message or an incident is about."""
TEXTS = frozenset({"text", "fallback", "pretext", "title", "summary", "description", "body", "message", "url"})
MOST_VALUES = 5_000
MOST_LEVELS = 24
LONGEST_TEXT = 8_000


@dataclass(frozen=True)
class ForwardedLink:
    """A link of the configured Sentry.

    Attributes:
        url: the link.
        issue: what it names; None: it is of an alert, or of another page that tells where to look.
    """

    url: str
    issue: IssueRef | None


def forwarded_links(body: Mapping[str, object], base_url: str) -> tuple[ForwardedLink, ...]:
    """What the body is about: one link an issue; where it names none, those of other pages. Empty: of none of these."""
    texts = list(islice(_texts(body), MOST_VALUES))
    for keys in (LINKS, TEXTS):
        urls = [link.url for key, text in texts if key in keys for link in links_in(text[:LONGEST_TEXT])]
        found = [link for url in dict.fromkeys(urls) if (link := _read(url, base_url)) is not None]
        issues: dict[str, ForwardedLink] = {}
        for link in found:
            if link.issue is not None:
                issues.setdefault(link.issue.issue, link)
        if found:
            return tuple(issues.values() or found)
    return ()


def _read(url: str, base_url: str) -> ForwardedLink | None:
    """The link, where it is of the configured Sentry and tells something."""
    try:
        if own_path(urlsplit(url), urlsplit(base_url)) is None:
            return None
        return ForwardedLink(url, reference_of_url(url, base_url))
    except NamesNoIssue as exc:
        return ForwardedLink(url, None) if exc.link.tells_something else None
    except (BadInput, ValueError):
        return None


def _texts(body: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """All texts of the body with the key that each stands under, from the outside in."""
    level: list[tuple[str, object]] = [("", body)]
    for _ in range(MOST_LEVELS):
        below: list[tuple[str, object]] = []
        for key, value in level:
            if isinstance(value, str):
                yield key, value
            elif isinstance(value, Mapping):
                below += ((str(name), inner) for name, inner in value.items())
            elif isinstance(value, Sequence):
                below += ((key, inner) for inner in value)
        level = below
