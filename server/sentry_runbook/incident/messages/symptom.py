"""What customers notice, in one sentence: in the policy's words, else as carefully as the evidence carries it.

How to think about it: Sentry counts errors and does not see what people see. The operator knows which transaction is
which action of a customer, so the policy's ``[symptoms]`` come first, by the events of the transactions they match.
Without them an error that ended a request may be said as one, an error that people hit as one; of all else nothing is
said, and no name of the evidence ever is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.events.why_fired import words_of
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.silence import SECURITY_FIRST
from sentry_runbook.incident.model.evidence import Event, Evidence, Known, Unknown
from sentry_runbook.incident.platforms import runs_at_users

LEAST_SHARE = 0.1
"""Of the events that tell where they happened: what fewer of them hit is not what the message is about."""
MOST_SYMPTOMS = 3
CALM_LEVELS = frozenset({"info", "debug", "warning"})
"""Levels at which code reports what it coped with."""
REQUEST = re.compile(r"(?i)(?:get|post|put|patch|delete|head|options)\s+\S")
"""How the transaction of a request begins."""
REQUESTS_FAIL = ("Some requests may fail", "Some requests may have failed")
ERRORS_SEEN = ("Some people may see errors", "Some people may have seen errors")
TROUBLE = ("Some people may have trouble", "Some people may have had trouble")
"""Each while it goes on, and once it is over."""


def symptom(incident: Incident, *, is_over: bool) -> str | Unknown:
    """The symptom in one sentence without a full stop, or why nothing can be said.

    Args:
        incident: the incident.
        is_over: the rate is back to usual, so that it is told of the past.
    """
    why_not = _why_nothing(incident)
    if why_not:
        return Unknown(why=why_not)
    words = _words_of_the_policy(incident)
    if words:
        return f"{TROUBLE[is_over]} {_listed(words)}"
    general = _general(incident)
    if general is None:
        return Unknown(why="neither the policy's symptoms nor the events tell what people notice")
    return general[is_over]


def _why_nothing(incident: Incident) -> str:
    impact = incident.impact
    if incident.security_incident:
        return SECURITY_FIRST
    if impact.events is None:
        return "what Sentry counted is not known"
    if incident.severity.decided_by == "non_production":
        return "Sentry saw these errors outside production only: customers may need no message"
    if impact.events == 0 and impact.events_lower_bound:
        return "Sentry stored no error in this period, but dropped events: whether there was one is not known"
    if impact.events == 0:
        return "Sentry counted no error in this period: customers may need no message"
    other = words_of(incident.evidence)
    return "" if other is None else f"{other.name} does not tell what customers notice"


# --- the policy's words --------------------------------------------------------------------------------------------


def _words_of_the_policy(incident: Incident) -> list[str]:
    """What the policy says of where the events happened, the most frequent first, each once."""
    events, texts = _events_by_transaction(incident.evidence), _texts_by_transaction(incident.evidence)
    least = max(1.0, LEAST_SHARE * events.total())
    matched: Counter[str] = Counter()
    for pattern, words in incident.policy.symptoms.items():
        found = re.compile(pattern)
        matched[words] += sum(
            count for name, count in events.items() if any(found.search(text) for text in texts.get(name, {name or ""}))
        )
    return [words for words, count in matched.most_common(MOST_SYMPTOMS) if count >= least]


def _events_by_transaction(evidence: Evidence) -> Counter[str | None]:
    """Events of each transaction, in the whole window where Sentry counted them so, else of the latest events."""
    counted: Counter[str | None] = Counter()
    if isinstance(evidence.breakdown, Known):
        for combination in evidence.breakdown.value.combinations:
            if "transaction" in combination.tags:
                counted[combination.tags["transaction"]] += combination.events
    if not counted and isinstance(evidence.rows, Known):
        counted.update(row.transaction for row in evidence.rows.value)
    return counted or Counter(event.transaction for event in whole_events(evidence))


def _texts_by_transaction(evidence: Evidence) -> Mapping[str | None, set[str]]:
    """What the patterns are searched in: the transaction, and the paths of its events that were read whole."""
    texts: dict[str | None, set[str]] = {}
    for event in whole_events(evidence):
        own = texts.setdefault(event.transaction, {event.transaction or ""})
        own.add(_path(event.request_url) or "")
    return texts


def _path(url: str | None) -> str | None:
    """The path alone: a host or a query must not match."""
    try:
        return urlsplit(url).path or None if url else None
    except ValueError:
        return None


def _listed(words: list[str]) -> str:
    return " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"


# --- without them --------------------------------------------------------------------------------------------------


def _general(incident: Incident) -> tuple[str, str] | None:
    """A sentence that the events carry: an error ended a request, or people hit it; None where neither is known."""
    evidence = incident.evidence
    if evidence.issue.level in CALM_LEVELS and evidence.issue.unhandled is not True:
        return None
    if runs_at_users(evidence) or _has_a_page(evidence):
        return ERRORS_SEEN
    if any(_is_of_a_request(event) for event in whole_events(evidence)):
        return REQUESTS_FAIL
    return ERRORS_SEEN if incident.impact.users else None


def _has_a_page(evidence: Evidence) -> bool:
    """Whether the code ran in a browser: a server's event has the method of its request, a page's has none."""
    return any(event.browser and not event.request_method for event in whole_events(evidence))


def _is_of_a_request(event: Event) -> bool:
    return bool(event.request_method) or REQUEST.match(event.transaction or "") is not None
