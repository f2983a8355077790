"""Why an issue fired that no thrown error opened, in words; and what to do first about each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sentry_runbook.incident.model.evidence import Event, Evidence, IssueKind, Known, quoted
from sentry_runbook.safety.text import cut

LEAST_NAMED = 6
"""Pairs of evidence in a sentence, whatever its length; the event has all."""
LONGEST = 700
"""Characters of the evidence up to which more pairs are named."""
MOST_OF_A_VALUE = 150
OWN_NAMES = frozenset(
    {
        *("subtitle", "directive", "blocked", "disposition", "source file", "page", "sample", "host", "port"),
        *("failure mode", "certificate", "answer", "expired", "failure", "phase", "status", "method", "protocol"),
        *("elapsed", "message", "of event", "contact", "value", "threshold", "measured", "compared with", "changed at"),
        *("address", "interval", "failures before an issue", "monitor", "schedule", "monitor status"),
        *("check-in margin", "longest run", "spans at fault", "evidence"),
    }
)
"""Names that are ours; the others come with the event."""
HYDRATION = re.compile(
    r"\bhydrat(?:e\b|ing|ion)|server[- ]rendered HTML|Minified React error #4(?:18|19|2[1235])\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class KindWords:
    """One kind of issue in words.

    Attributes:
        name: with its article.
        advice: what a responder does first.
    """

    name: str
    advice: str


READ_IN_SENTRY = "Read the evidence on the issue's page in Sentry."
KINDS: Mapping[IssueKind, KindWords] = {
    "csp": KindWords(
        "a browser's CSP report",
        "Allow the blocked source in the policy, or remove what loads it. If nothing of yours loads it, a browser "
        "extension or an injected script does: filter it out or archive the issue.",
    ),
    "certificate": KindWords(
        "a browser's report about a certificate",
        "Check the certificate that the host serves: its chain, its issuer and its end. Key pinning and Expect-CT are "
        "obsolete: take the header away where it is still sent.",
    ),
    "network": KindWords(
        "a browser's report about a request that failed in the network",
        "Check from which networks the address cannot be reached: DNS, the certificate, the load balancer, a provider.",
    ),
    "metric": KindWords(
        "a metric alert",
        "Find what moved the number: find_issues in this project over the same time, and the deploys before it.",
    ),
    "cron": KindWords(
        "a cron monitor",
        "Check whether the job ran: its scheduler, its host and its log; then wait for the next check-in.",
    ),
    "uptime": KindWords(
        "an uptime check",
        "Call the address from outside; check the last deploy, DNS, the certificate and the load balancer.",
    ),
    "feedback": KindWords(
        "a customer's feedback",
        "Read the customer's words, look for errors of the same page and time with find_issues, and answer.",
    ),
    "replay": KindWords(
        "a finding in session replays",
        "Watch the replay at that moment: what the element in the evidence should have done, and what it waited for.",
    ),
    "hydration": KindWords(
        "a hydration error found in session replays",
        "Watch the replay at that moment, and compare what the server rendered with what the browser renders first: "
        "dates, random values, markup that the browser repairs.",
    ),
    "performance": KindWords(
        "a performance issue",
        "Look at the spans or functions that the evidence names and at the code that starts them.",
    ),
    "regression": KindWords(
        "a performance regression",
        "Compare the releases, deploys and traffic around the time of the change, and what became slower in them.",
    ),
    "other": KindWords("an issue of another kind", READ_IN_SENTRY),
}
"""Every kind but errors."""


def kind_of(evidence: Evidence) -> IssueKind:
    """What opened the issue: by the issue, where it is more than an error, else by its event."""
    if evidence.issue.kind not in ("error", "other") or not isinstance(evidence.event, Known):
        return evidence.issue.kind
    of_event = evidence.event.value.kind
    return of_event if of_event not in ("error", "other") else evidence.issue.kind


def words_of(evidence: Evidence) -> KindWords | None:
    """The kind in words, one that is not known here by Sentry's category; None for errors."""
    kind, category = kind_of(evidence), evidence.issue.category
    if kind == "other" and category not in ("other", "error"):
        return KindWords(f"an issue of the category {quoted(category.replace('_', ' '))}", READ_IN_SENTRY)
    return KINDS.get(kind)


def noun_of(evidence: Evidence) -> str:
    """What the issue's events are called: errors, where errors were thrown."""
    return "error" if words_of(evidence) is None else "event"


def why_fired(evidence: Evidence) -> str | None:
    """Why it fired, in one sentence; None for errors, and where the event could not be read."""
    words = words_of(evidence)
    if words is None or not isinstance(evidence.event, Known):
        return None
    event = evidence.event.value
    name = f"{words.name[:1].upper()}{words.name[1:]}"
    if not event.occurrence:
        return f"{name}; the event does not say why it fired."
    return f"{name}, because of: {evidence_line(event)}.{_lacks(evidence, event)}"


def evidence_line(event: Event) -> str:
    """The first names and values of the evidence, all text of others quoted."""
    shown = ""
    for index, (name, value) in enumerate(event.occurrence):
        pair = f"{name if name in OWN_NAMES else quoted(name)} {quoted(cut(value, MOST_OF_A_VALUE))}"
        if index >= LEAST_NAMED and len(shown) + len(pair) > LONGEST:
            return f"{shown}; and {len(event.occurrence) - index} more"
        shown = f"{shown}; {pair}" if shown else pair
    return shown


def _lacks(evidence: Evidence, event: Event) -> str:
    """What a reader of this kind expects and the event does not tell."""
    names = {name.lower() for name, _ in event.occurrence}
    if kind_of(evidence) == "cron" and not any("last" in name and "check" in name for name in names):
        return " Sentry does not tell the last good check-in here."
    if kind_of(evidence) == "csp" and "disposition" not in names:
        return " The report does not tell whether it was blocked or only reported."
    return ""


def is_hydration_error(texts: Iterable[str]) -> bool:
    """Whether React could not take over the page that the server rendered, by the words of the errors."""
    return any(HYDRATION.search(text) for text in texts)
