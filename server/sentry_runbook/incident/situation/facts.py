"""What the events of each issue have in common: the facts that may tie issues to each other."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from sentry_runbook.incident.events.call_words import is_failing_call
from sentry_runbook.incident.events.dependency import NAMELESS, PORTS, FailedDependency, dependency_of_text
from sentry_runbook.incident.events.dependency_words import product_in
from sentry_runbook.incident.model.evidence import Known, Unknown
from sentry_runbook.incident.model.evidence.situation import (
    IssueValues,
    ListedIssue,
    NamelessEvents,
    SituationEvidence,
    TagRow,
    TagRows,
)
from sentry_runbook.incident.situation.news import News

MOST = 0.9
"""A value that this part of an issue's events carries is the issue's."""
FEWEST = 3
"""Of fewer events it is chance that they share a value."""
RELEASE, ENVIRONMENT, TRANSACTION, HOST = "release", "environment", "transaction", "server_name"
PATH = re.compile(r"(?:[A-Z]{3,7} )?(/[\w.{}:<>*-]+(?:/[\w.{}:<>*-]+)*)/?\Z")
"""A transaction that is a path, with or without its method."""
SHORTEST_PATH = 4
FLAG = "flags["
"""Begins the name of a value that is a flag's."""


@dataclass(frozen=True)
class IssueFacts:
    """An issue that is news, and what its events share.

    Attributes:
        values: tag → the value that nearly all of its events carry.
        environments: environments of its events; None where they were not read.
        rows: its events by release, environment and transaction.
        traces, users: of those that were read, as digests; empty where they were not.
        nameless: how many of its events name nobody; None where it was not asked.
        dependency: what its error text says that it did not get.
    """

    news: News
    values: Mapping[str, str] = field(default_factory=dict)
    environments: frozenset[str] | None = None
    rows: tuple[TagRow, ...] = ()
    traces: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    nameless: NamelessEvents | None = None
    dependency: FailedDependency | None = None

    @property
    def id(self) -> str:
        """The issue's number."""
        return self.news.id

    @property
    def name(self) -> str:
        """The issue's short id."""
        return self.news.issue.name

    @property
    def project(self) -> str:
        """The project's slug, or its number."""
        return self.news.issue.project or self.news.issue.project_id or "unknown"

    @property
    def transaction(self) -> str | None:
        """What ran when it happened; where its events do not tell it, what the list names as the place."""
        return self.values.get(TRANSACTION) or self.news.issue.culprit

    @cached_property
    def path(self) -> str | None:
        """The path of that transaction, where it is one; None of a path so short that every service has it."""
        match = PATH.fullmatch(self.transaction or "")
        return match[1] if match is not None and len(match[1]) >= SHORTEST_PATH else None

    @cached_property
    def text(self) -> str:
        """Its error text and its title."""
        return f"{self.news.issue.message or ''}\n{self.news.issue.title}"

    @cached_property
    def is_failing_call(self) -> bool:
        """Whether it says that a call over the network failed."""
        return _is_failing_call(self.text)

    @cached_property
    def place(self) -> NamedPlace:
        """Host and product of its dependency, as far as the error names them."""
        return NamedPlace(None, None) if self.dependency is None else place_of(self.dependency)


@dataclass(frozen=True)
class NamedPlace:
    """Where a dependency is and what it is, as far as an error names it."""

    host: str | None
    product: str | None


def place_of(dependency: FailedDependency) -> NamedPlace:
    """Host and product of a dependency, in lower case: ``PostgreSQL at db-1:5432``, ``db-1``, ``PostgreSQL``."""
    name = dependency.result.name
    if name in NAMELESS.values():
        return NamedPlace(None, None)
    product, joint, host = name.partition(" at ")
    host = host if joint else name
    port = host.rpartition(":")[2]
    host = host.rpartition(":")[0] if port.isdigit() else host
    is_host = bool(joint) or port.isdigit() or re.search(r"[.-]", host) is not None
    said = product if joint else product_in(name)
    by_port = PORTS[port][1] if port in PORTS else None
    return NamedPlace(host.lower() if is_host else None, (by_port or said or "").lower() or None)


@lru_cache(maxsize=1024)
def _dependency_of(text: str) -> FailedDependency | None:
    """A situation is judged up to three times, and a storm says the same in hundreds of issues."""
    return dependency_of_text(text)


@lru_cache(maxsize=1024)
def _is_failing_call(text: str) -> bool:
    return is_failing_call(text)


class Background:
    """What the other events of the projects look like: a value that all have ties nothing.

    Args:
        tables: events by issue and tags, of the news and of steady issues of the same projects.
        project_of: number of an issue → its project.
    """

    def __init__(self, tables: Iterable[TagRows], project_of: Mapping[str, str]) -> None:
        self._seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        for table in tables:
            for row in table.rows:
                for tag, value in row.values.items():
                    if value:
                        self._seen[project_of.get(row.issue, ""), tag].add(value)

    def has_others(self, project: str, tag: str, value: str) -> bool:
        """Whether the project has events with another value of the tag."""
        return bool(self._seen.get((project, tag), set()) - {value})

    def has_others_anywhere(self, tag: str, value: str) -> bool:
        """Whether any of the projects has: customers are of the whole organization."""
        return any(name == tag and seen - {value} for (_, name), seen in self._seen.items())


@dataclass(frozen=True)
class FactsRead:
    """The facts of all news, and what is usual beside them."""

    issues: tuple[IssueFacts, ...]
    background: Background


def read_facts(evidence: SituationEvidence, news: Iterable[News], listed: Mapping[str, ListedIssue]) -> FactsRead:
    """The facts of every issue that is news."""
    tables = [part.value for part in (evidence.builds, evidence.places) if isinstance(part, Known)]
    rows: dict[str, list[list[TagRow]]] = defaultdict(list)
    for table in tables:
        by_issue: dict[str, list[TagRow]] = defaultdict(list)
        for row in table.rows:
            by_issue[row.issue].append(row)
        for issue, own in by_issue.items():
            rows[issue].append(own)
    traces, users, flags = _by_issue(evidence.traces), _by_issue(evidence.shared_users), _flags(evidence)
    nameless = {entry.issue: entry for entry in evidence.nameless}
    project_of = {row.issue: row.project for table in tables for row in table.rows if row.project}
    project_of |= {issue.id: issue.project or issue.project_id or "unknown" for issue in listed.values()}
    facts = tuple(
        IssueFacts(
            news=entry,
            values={**_values(rows.get(entry.id, []), entry.issue.events), **flags.get(entry.id, {})},
            environments=_environments(rows.get(entry.id, [])),
            rows=tuple(row for own in rows.get(entry.id, []) for row in own if ENVIRONMENT in row.values),
            traces=traces.get(entry.id, frozenset()),
            users=users.get(entry.id, frozenset()),
            nameless=nameless.get(entry.id),
            dependency=_dependency_of(entry.issue.message) if entry.issue.message else None,
        )
        for entry in news
    )
    return FactsRead(facts, Background(tables, project_of))


def _values(tables: Iterable[list[TagRow]], events: int | None) -> dict[str, str]:
    """The value of each tag that nearly all events carry: of the rows that were read a share that is sure."""
    found = {}
    for rows in tables:
        total = max(events or 0, sum(row.events for row in rows))
        for tag in dict.fromkeys(tag for row in rows for tag in row.values):
            counts = Counter[str]()
            for row in rows:
                if value := row.values.get(tag):
                    counts[value] += row.events
            (value, most), *_ = counts.most_common(1) or [("", 0)]
            if most >= FEWEST and most >= MOST * total:
                found[tag] = value
    return found


def _flags(evidence: SituationEvidence) -> dict[str, dict[str, str]]:
    """The flags that were on for nearly all events of an issue, as values of tags."""
    on: dict[str, dict[str, str]] = defaultdict(dict)
    for row in evidence.flagged.value if isinstance(evidence.flagged, Known) else ():
        if row.of and row.events >= FEWEST and row.events >= MOST * row.of:
            on[row.issue][f"{FLAG}{row.flag}]"] = "on"
    return on


def _environments(tables: Iterable[list[TagRow]]) -> frozenset[str] | None:
    names = {row.values[ENVIRONMENT] or "" for rows in tables for row in rows if ENVIRONMENT in row.values}
    return frozenset(names) if names else None


def _by_issue(part: Known[IssueValues] | Unknown) -> dict[str, frozenset[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for row in part.value.rows if isinstance(part, Known) else ():
        values[row.issue].add(row.value)
    return {issue: frozenset(own) for issue, own in values.items()}
