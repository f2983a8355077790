"""One collection of a situation under way, and what a part of it is made of.

As :mod:`.collection` for one issue: a :class:`SituationPart` is a row of a table that says which field of
:class:`SituationEvidence` it fills, how it is requested and read, and the words of its source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sentry_runbook.collect.batch import Request, RequestBatch, Result
from sentry_runbook.collect.collection import span
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.incident.model.evidence import NOT_ASKED, Known, Unknown, Window
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.lenient import read
from sentry_runbook.incident.model.evidence.situation import ListedIssue
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.situation.questions import Questions
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.client import SentryClient

T = TypeVar("T")
ALL_PROJECTS = "-1"
"""What Sentry takes for all projects that the token may read."""
MOST_REQUESTS = 14
"""Of one answer (DESIGN section 9)."""
LEFT_OUT = Unknown(why=f"left out: one answer sends no more than {MOST_REQUESTS} requests")
ONE_AT_A_TIME = "this Sentry searches one project at a time"
IN_ONE_PROJECT = f"{ONE_AT_A_TIME}: give one as project"


@dataclass(frozen=True)
class SituationQuestion:
    """What is asked.

    Attributes:
        window: the period; lists hold what has events in it.
        new_since: issues first seen from then on are new.
        project: the one that the caller named; None: all that the token may read.
        environments: any of these; empty: all.
        query: further conditions of the lists, in Sentry's search language.
        organization: None: the configured one.
    """

    window: Window
    new_since: datetime
    project: Project | None = None
    environments: tuple[str, ...] = ()
    query: str = ""
    organization: str | None = None


@dataclass
class SituationCollection:
    """Everything that a row of the tables may read.

    Attributes:
        questions: what round two asks about; empty in round one.
        one_by_one: the server is known to search one project at a time, and no project was named.
        sent: requests that were sent so far.
        built: parts that are read, by field.
        issues: rows of the lists, by number; each is read once, whatever lists hold it.
    """

    client: SentryClient
    question: SituationQuestion
    policy: Policy
    now: datetime
    sanitizer: Sanitizer
    questions: Questions = field(default_factory=Questions)
    one_by_one: bool = False
    sent: int = 0
    built: dict[str, Known[Any] | Unknown] = field(default_factory=dict)
    issues: dict[str, ListedIssue] = field(default_factory=dict)
    _results: dict[int, Result[Any]] = field(default_factory=dict)

    @property
    def project_id(self) -> str:
        """The number of the project that was named, or what Sentry takes for all."""
        project = self.question.project
        return ALL_PROJECTS if project is None or project.id is None else project.id

    def asked_projects(self, numbers: Sequence[str]) -> tuple[str, ...] | None:
        """Whom a question about issues of these projects goes to; None where the server takes one at a time."""
        if self.question.project is not None:
            return (self.project_id,)
        if not self.one_by_one:
            return (ALL_PROJECTS,)
        return tuple(numbers) if len(set(numbers)) == 1 else None

    def add(self, part: SituationPart[T], batch: RequestBatch) -> None:
        """Add the part's request to the batch; where there is none to make, the part says why."""
        request = part.request(self)
        if request is not None and not isinstance(request, Unknown) and self.sent >= MOST_REQUESTS:
            request = LEFT_OUT
        if isinstance(request, Unknown):
            self.built[part.field] = request
        elif request is not None:
            self._results[id(part)] = batch.add(request)
            self.sent += 1

    def result(self, part: SituationPart[T]) -> Result[T]:
        """What came back for the part's request."""
        return self._results.get(id(part)) or Result()

    def read_issue(self, json: JsonObject) -> ListedIssue | None:
        """A row of a list; None where it cannot be read."""
        number = issue_id(json)
        if number and number not in self.issues:
            url = self.client.issue_url(number, organization=self.question.organization)
            try:
                self.issues[number] = read(ListedIssue, {**json, "url": url}, self.sanitizer)
            except ValueError:
                return None
        return self.issues.get(number)

    # --- words of the sources

    def source(self, what: str, window: Window | None = None) -> str:
        """What was asked, of which projects and environments, and the window (the question's where none is given)."""
        stretch, project = window or self.question.window, self.question.project
        where = "all projects" if project is None else f"project {self.name(project.name)}"
        names = ", ".join(map(self.name, self.question.environments)) or "all"
        return f"{what}; {where}; {span(stretch.start, stretch.end)}; environments: {names}"

    def name(self, text: str) -> str:
        """A name of the caller's or of Sentry's, inert."""
        return self.sanitizer.line(text, NAME, "name")


@dataclass(frozen=True, eq=False)
class SituationPart(Generic[T]):
    """A row of the table: how one field of the evidence is filled.

    Attributes:
        field: name of the evidence's field.
        request: the request; None where there is nothing to ask, or why it cannot be asked.
        parse: the answer → the value, or why it is unknown.
        source: where the value comes from, in words.
        note: what limits the value.
    """

    field: str
    request: Callable[[SituationCollection], Request[T] | Unknown | None]
    parse: Callable[[SituationCollection, T], object]
    source: Callable[[SituationCollection], str]
    note: Callable[[SituationCollection, T], str] = lambda _, __: ""

    def build(self, collection: SituationCollection) -> Known[Any] | Unknown:
        """The part of the evidence by what came back: its value, or the reason why it is unknown."""
        result = collection.result(self)
        if result.error is not None:
            return Unknown(why=result.error.what.rstrip("."))
        if result.value is None:
            return collection.built.get(self.field, NOT_ASKED)
        value = self.parse(collection, result.value)
        if isinstance(value, Unknown):
            return value
        return Known(value=value, source=self.source(collection), note=self.note(collection, result.value))
