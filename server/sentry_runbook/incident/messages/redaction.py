"""Redacts text for customers: no host names, ids, stack traces, internal names, releases or blame, no promised repair.

How to think about it: what a template may ask for is internal unless :data:`READABLE_BY_CUSTOMERS` names it, so no
template can show customers anything else, whatever it asks. A text that a person stated is used word for word, or
withheld as a whole with the reason: cutting a sentence would put words into that person's mouth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.model.evidence import Event, Evidence, Known, Release
from sentry_runbook.incident.model.results.messages import Blank

INTERNAL = "internal: not for customers"
READABLE_BY_CUSTOMERS = frozenset(
    {
        *(
            "audience",
            "given",
            "since",
            "policy",
            "patterns",
            "times",
            "status",
            "impact_summary",
            "symptom",
            "symptoms",
        ),
        *("service", "root_cause", "fix", "doing", "wanted", "postmortem"),
    }
)
"""Names of :class:`.content.MessageContent`; each is made for the audience, so that all below it may be read."""
SHORTEST = 4
"""Names of fewer letters are found in any text."""
HOST = re.compile(r"(?<![\w-])(?<![\w-]\.)(?:[\w-]++\.)+[A-Za-z]{2,}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|://")
TECHNICAL: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a host or an address", HOST),
    ("a release or version", re.compile(r"[\w-]@\d|\bv?\d+\.\d+\.\d|\bv\d+(?:\.\d+)*\b")),
    ("an id", re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b|\b[A-Z]{2,}-\d{2,}\b|#\d+")),
    ("the name of an error", re.compile(r"\b\w+(?:Error|Exception|Fault)\b")),
    (
        "a name from the code",
        re.compile(r"\w\(\)|\w_\w|\b[a-z]{2,}[A-Z]|\w::\w|[A-Za-z_]:\d|(?<!\w)/\w"),
    ),
    ("a person", re.compile(r"[@＠]\w+")),
    ("blame", re.compile(r"(?i)\b(?:fault|blame|forgot|careless\w*|negligen\w+|human error|incompeten\w+|sloppy)\b")),
    (
        "a promised time of repair",
        re.compile(r"(?i)\b(?:will be|expected to be|should be)\b.{0,40}\b(?:by|in|within|before|at)\b.{0,20}\d"),
    ),
)


def for_customers(text: str, what: str, evidence: Evidence | None) -> str | Blank:
    """A stated text as customers may read it: word for word, or a blank for ``what`` that says why it is withheld."""
    term = next(find_internal_terms(text, evidence), None)
    return text if term is None else Blank(what, f"the stated text names {term}, which is not for customers")


def find_internal_terms(text: str, evidence: Evidence | None) -> Iterator[str]:
    """Yield the kind of each internal term in ``text`` (host, version, person, …); with evidence, of its own names."""
    lowered = text.lower()
    for kind, names in _internal_names(evidence) if evidence else ():
        for name in names:
            if len(name) >= SHORTEST and re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", lowered):
                yield kind
    for kind, pattern in TECHNICAL:
        if pattern.search(text):
            yield kind


def _internal_names(evidence: Evidence) -> Iterator[tuple[str, set[str]]]:
    """Names of this incident that look like nothing special: people, hosts, releases, functions, endpoints."""
    issue = evidence.issue
    yield "an id", {name for member in evidence.members for name in (member.id, member.name)}
    yield "an integration", {entry.who for entry in issue.activity if entry.who and entry.actor == "machine"}
    yield "a person", {entry.who for entry in issue.activity if entry.who and entry.actor == "person"}
    # Sentry's answer tells the name alone.
    yield "the assigned person or team", _with_parts({member.assigned_to for member in evidence.members})
    yield "a person", _people(evidence)
    yield "a release or version", {release.version for release in _releases(evidence)}
    yield "a feature flag", {flag for flag in _flags(evidence) if not flag.isalpha()}
    for event in whole_events(evidence):
        yield from _event_names(event)


def _flags(evidence: Evidence) -> Iterator[str]:
    """Flags that were evaluated or changed; one that is called by a plain word cannot be told from that."""
    for event in whole_events(evidence):
        yield from event.flags
    if isinstance(evidence.flag_changes, Known):
        yield from (change.flag for change in evidence.flag_changes.value)


def _people(evidence: Evidence) -> set[str]:
    names: set[str | None] = set()
    if isinstance(evidence.suspect_commits, Known):
        names |= {commit.author for commit in evidence.suspect_commits.value}
    if isinstance(evidence.notes, Known):
        names |= {note.who for note in evidence.notes.value if note.actor == "person"}
    return _with_parts(names)


def _with_parts(names: set[str | None]) -> set[str]:
    whole = {name for name in names if name}
    # "Dana Ortiz" is also meant by "Dana".
    return whole | {part for name in whole for part in name.split()}


def _releases(evidence: Evidence) -> Iterator[Release]:
    own = (evidence.issue.first_release, evidence.issue.last_release)
    yield from (release for release in own if release is not None)
    if isinstance(evidence.releases, Known):
        yield from evidence.releases.value


def _event_names(event: Event) -> Iterator[tuple[str, set[str]]]:
    yield "a host or an address", {crumb.host for crumb in event.breadcrumbs if crumb.host}
    yield "the name of an error", {thrown.type for thrown in event.exceptions if thrown.type}
    yield "an endpoint", {event.transaction} if event.transaction else set()
    frame = event.failing_frame
    if frame is not None:
        # A function may be called "process"; names that look like code are found by their shape.
        yield "a name from the code", {name for name in (frame.file, frame.module) if name}
