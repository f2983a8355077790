"""What people paste: numeric ids, short ids, issue, event and feedback URLs → one reference. Pure.

A URL is only read when it points at the configured Sentry (:mod:`.issue_urls`): the token must never follow a pasted
link elsewhere. Links in markup and among words are found by :mod:`.pasted`, those within other services' links by
:mod:`.wrapped_links`, ids among words by :mod:`.ids_in_words`; what a link to another page is says :mod:`.other_pages`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.ids import EVENT, EXAMPLES, IssueRef, is_id, issue_of
from sentry_runbook.sentry.ids_in_words import NamedIds, ids_among
from sentry_runbook.sentry.issue_urls import ROUTES, own_path, reference_of_url
from sentry_runbook.sentry.other_pages import trace_in_words
from sentry_runbook.sentry.pasted import SLUG, Link, links_in, visible, words_of
from sentry_runbook.sentry.wrapped_links import unwrapped

OWN_RESOURCE = "sentry://issues/"
"""How the product's own resources name an issue."""


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
    events = [name for name, reference in found.items() if reference.is_event]
    issues = [reference for reference in found.values() if not reference.is_event]
    if len(issues) == 1 and len({*events, issues[0].event} - {None}) <= 1:
        # An alert's message may link its event apart from its issue.
        return replace(issues[0], event=issues[0].event or next(iter(events), None))
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
    return reference_of_url(f"{base_url}/{word.lstrip('/')}", base_url)


# --- links


def _is_own(link: Link, base_url: str) -> bool:
    try:
        return own_path(urlsplit(_target(link.url, link, base_url)), urlsplit(base_url)) is not None
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
        return reference_of_url(_target(link.url, link, base_url), base_url)
    try:
        joined = reference_of_url(_target(link.joined, link, base_url), base_url)
    except (BadInput, ValueError):
        return reference_of_url(_target(link.url, link, base_url), base_url)
    try:
        alone = reference_of_url(_target(link.url, link, base_url), base_url)
    except (BadInput, ValueError):
        return joined
    if alone.issue != joined.issue:
        raise BadInput(
            f"The link is broken across lines: it may be of issue {alone.issue} or {joined.issue}.",
            "Give it in one line.",
        )
    return joined if joined.event else alone
