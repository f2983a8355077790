"""What customers may read: no host names, ids, stack traces, internal names, releases or blame, no promised repair.

How to think about it: the facts of an incident are internal unless this module says otherwise, so a template for
customers cannot show one by mistake. What a person stated is used word for word, or held back whole with the reason:
cutting a sentence would put words into that person's mouth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TypeVar

from sentry_runbook.incident.causes.event_texts import whole_events
from sentry_runbook.incident.messages.fields import (
    NOT_STATED,
    EventFacts,
    Fact,
    Facts,
    ImpactFacts,
    IssueFacts,
    RecoveryFacts,
    SeverityFacts,
    blank,
)
from sentry_runbook.incident.model.evidence import Event, Evidence, Known, Release

INTERNAL = "internal: not for customers"
SHORTEST = 4
"""Names of fewer letters are found in any text."""
HOST = re.compile(r"\b(?:[\w-]+\.)+[A-Za-z]{2,}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|://")
TECHNICAL: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a host or an address", HOST),
    ("a release or version", re.compile(r"\b[\w-]+@\d[\w.-]*|\bv?\d+\.\d+\.\d+\S*|\bv\d+(?:\.\d+)*\b")),
    ("an id", re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b|\b[A-Z]{2,}-\d{2,}\b|#\d+")),
    ("the name of an error", re.compile(r"\b\w+(?:Error|Exception|Fault)\b")),
    (
        "a name from the code",
        re.compile(r"\b\w+\(\)|\b\w+_\w+\b|\b[a-z]{2,}[A-Z]\w*\b|\w+::\w+|[A-Za-z_]:\d|(?<!\w)/\w+"),
    ),
    ("a person", re.compile(r"[@＠]\w+")),
    ("blame", re.compile(r"(?i)\b(?:fault|blame|forgot|careless\w*|negligen\w+|human error|incompeten\w+|sloppy)\b")),
    (
        "a promised time of repair",
        re.compile(r"(?i)\b(?:will be|expected to be|should be)\b.{0,40}\b(?:by|in|within|before|at)\b.{0,20}\d"),
    ),
)


def for_customers(whole: Facts, evidence: Evidence | None) -> Facts:
    """The facts of an incident as far as customers may read them."""
    known, severity, recovery = whole.impact, whole.severity, whole.recovery
    return replace(
        whole,
        lead=blank("incident lead", INTERNAL),
        service=_fit(whole.service, "the service, as customers know it", evidence),
        root_cause=_fit(whole.root_cause, "what caused it, in plain words", evidence),
        fix=_fit(whole.fix, "what was done, in plain words", evidence),
        issue=withheld(IssueFacts),
        event=withheld(EventFacts),
        impact=replace(withheld(ImpactFacts), summary=known.summary, symptoms=known.symptoms),
        severity=replace(
            withheld(SeverityFacts), next_update=severity.next_update, next_update_by=severity.next_update_by
        ),
        recovery=replace(
            withheld(RecoveryFacts),
            over=recovery.over,
            mitigated=recovery.mitigated,
            headline=recovery.headline,
            state=recovery.state,
            reading=recovery.reading,
        ),
        doing=blank("what we are doing about it, in plain words", NOT_STATED),
        wanted=blank("what customers can do in the meantime; or nothing", NOT_STATED),
        times=replace(whole.times, started_how=blank("how the start is known", INTERNAL)),
        causes=(),
        checklist=(),
        next_step=blank("next step", INTERNAL),
        next_steps=(),
        changes=(),
        actions=(),
        needs=(),
        story=type(whole.story)(),
    )


Group = TypeVar("Group")


def withheld(group: type[Group]) -> Group:
    """A group of blanks that say that it is internal."""
    blanks = {
        one.name: replace(one.default, why=INTERNAL)
        for one in fields(group)  # type: ignore[arg-type]  # every group is a dataclass
        if isinstance(one.default, Fact)
    }
    return group(**blanks)


def _fit(fact: Fact, what: str, evidence: Evidence | None) -> Fact:
    if not fact.known:
        return blank(what, fact.why)
    found = next(unfit(fact.text, evidence), None)
    return fact if found is None else blank(what, f"the stated text names {found}, which is not for customers")


def unfit(text: str, evidence: Evidence | None) -> Iterator[str]:
    """What in a text is not for customers."""
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
    yield "an id", {issue.id, issue.name}
    yield "a person", {who for entry in issue.activity if (who := entry.who)} | _people(evidence)
    yield "a release or version", {one.version for one in _releases(evidence)}
    for event in whole_events(evidence):
        yield from _of_event(event)


def _people(evidence: Evidence) -> set[str]:
    names = {evidence.issue.assigned_to}
    if isinstance(evidence.suspect_commits, Known):
        names |= {commit.author for commit in evidence.suspect_commits.value}
    if isinstance(evidence.notes, Known):
        names |= {note.who for note in evidence.notes.value}
    whole = {name for name in names if name}
    # "Dana Ortiz" is also meant by "Dana".
    return whole | {part for name in whole for part in name.split()}


def _releases(evidence: Evidence) -> Iterator[Release]:
    yield from (one for one in (evidence.issue.first_release, evidence.issue.last_release) if one)
    if isinstance(evidence.releases, Known):
        yield from evidence.releases.value


def _of_event(event: Event) -> Iterator[tuple[str, set[str]]]:
    yield "a host or an address", {crumb.host for crumb in event.breadcrumbs if crumb.host}
    yield "the name of an error", {thrown.type for thrown in event.exceptions if thrown.type}
    yield "an endpoint", {event.transaction} if event.transaction else set()
    frame = event.failing_frame
    if frame is not None:
        # A function may be called "process"; names that look like code are found by their shape.
        yield "a name from the code", {name for name in (frame.file, frame.module) if name}
