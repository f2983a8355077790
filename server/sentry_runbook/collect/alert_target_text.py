"""What was given as alert: a link, an issue, a trace's id, or the name of an alert in words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.ids import EVENT, IssueRef, is_id
from sentry_runbook.sentry.ids_in_words import SAYS_ID, SAYS_TRACE
from sentry_runbook.sentry.other_pages import NamesNoIssue, PageLink
from sentry_runbook.sentry.page_names import PageName
from sentry_runbook.sentry.pasted import SLUG, links_in, visible, words_of
from sentry_runbook.sentry.references import parse_reference

LONGEST_NAME = 256
"""Characters of an alert's name, as many as Sentry takes."""
QUOTES = "\"'“”„‘’«»‹›`"
EXAMPLES = "Give the link from the alert's message, or the alert's name as Sentry shows it."


@dataclass(frozen=True)
class AlertName:
    """The name of an alert or monitor, in words."""

    text: str


def read_alert(text: str, base_url: str) -> IssueRef | PageLink | AlertName:
    """What the text names.

    Raises:
        BadInput: a link of another host (nothing was sent there), several issues, or nothing that can be read.
    """
    pasted = " ".join(visible(text).split())
    if not pasted or not any(map(str.isalnum, pasted)):
        raise BadInput("alert is empty.", EXAMPLES)
    is_path = pasted.lstrip("/").startswith("organizations/") and len(pasted.split()) == 1
    if links_in(text) or is_path:
        try:
            return parse_reference(f"{base_url}/{pasted.lstrip('/')}" if is_path else text, base_url)
        except NamesNoIssue as exc:
            return exc.link
    if (trace := _trace(pasted)) is not None:
        return PageLink(page="a trace", query=f"trace:{trace}", name=PageName("trace", trace))
    if _is_issue(pasted):
        return parse_reference(pasted, base_url)
    name = pasted.strip(QUOTES).strip()
    if len(name) > LONGEST_NAME:
        raise BadInput(f"alert is longer than the name of an alert can be ({LONGEST_NAME} characters).", EXAMPLES)
    return AlertName(name)


def _trace(pasted: str) -> str | None:
    """The one id that the words call a trace's, where they say nothing else."""
    words = [word.lower() for word in re.split(r"[\s:=]+", pasted)]
    ids = [word for word in words if EVENT.fullmatch(word)]
    return ids[0] if len(ids) == 1 and len(words) > 1 and set(words) <= {*SAYS_TRACE, SAYS_ID, *ids} else None


def _is_issue(pasted: str) -> bool:
    """Whether it is an issue's id and not a name.

    One word that has the form of an id, and is written as one: ``SHOP-1Z``, ``shop-12``, not ``error-rate``; or with
    the word *issue* before it. In quotes it is a name.
    """
    if "/" in pasted:
        return _is_below_its_organization(pasted)
    words = words_of(pasted)
    if any(char in QUOTES for char in pasted) or not words or not is_id(words[-1]):
        return False
    is_said = [word.lower() for word in words[:-1]] == ["issue"]
    is_written_so = words[-1].isupper() or any(map(str.isdigit, words[-1].rpartition("-")[2]))
    return (len(words) == 1 or is_said) and is_written_so


def _is_below_its_organization(pasted: str) -> bool:
    """``ORG/SHOP-1Z``, as Sentry's own command line takes it."""
    organization, _, issue = pasted.rpartition("/")
    return SLUG.fullmatch(organization) is not None and _is_issue(issue)
