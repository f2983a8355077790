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
JOB = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")
QUOTES = "\"'“”„‘’«»‹›`"
OF_ADDRESS = re.compile(r"(?:uptime monitoring for|downtime detected for) (\S+)", re.IGNORECASE)
"""How Sentry itself names an uptime check that nobody named, and what its issue is called: by the address."""
EXAMPLES = "Give the link from the alert's message, or the alert's name as Sentry shows it."


@dataclass(frozen=True)
class AlertName:
    """The name of an alert or monitor, in words."""

    text: str

    @property
    def is_slug(self) -> bool:
        """Whether it is written as a cron monitor's slug is: messages name it so, and its own name is another one."""
        return JOB.fullmatch(self.text) is not None


def read_alert(text: str, base_url: str) -> IssueRef | PageLink | AlertName:
    """What the text names.

    Raises:
        BadInput: a link of another host (nothing was sent there), several issues, or nothing that can be read.
    """
    pasted = " ".join(visible(text).split())
    if not pasted or not any(map(str.isalnum, pasted)):
        raise BadInput("alert is empty.", EXAMPLES)
    if (address := OF_ADDRESS.fullmatch(pasted)) is not None:
        return AlertName(address[1])
    is_quoted = pasted[0] in QUOTES and pasted[-1] in QUOTES and len(pasted) > 1
    if not is_quoted and (link := _link(text, pasted, base_url)) is not None:
        return link
    if (trace := _trace(pasted)) is not None:
        return PageLink(page="a trace", query=f"trace:{trace}", name=PageName("trace", trace))
    if _is_issue(pasted):
        return parse_reference(pasted, base_url)
    name = pasted.strip(QUOTES).strip()
    if len(name) > LONGEST_NAME:
        raise BadInput(f"alert is longer than the name of an alert can be ({LONGEST_NAME} characters).", EXAMPLES)
    return AlertName(name)


def _link(text: str, pasted: str, base_url: str) -> IssueRef | PageLink | None:
    """The issue or page that a link in the text names; None where there is none.

    Raises:
        BadInput: it is of another host, or it cannot be read.
    """
    is_one_word = len(pasted.split()) == 1
    is_path = is_one_word and pasted.lstrip("/").startswith("organizations/")
    links = links_in(text)
    if not links and not is_path:
        return None
    try:
        return parse_reference(f"{base_url}/{pasted.lstrip('/')}" if is_path else text, base_url)
    except NamesNoIssue as exc:
        return exc.link
    except BadInput:
        if is_one_word or any(link.has_scheme for link in links):
            raise
        return None  # a name may hold what looks like an address: "api.example.com/health is slow"


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
