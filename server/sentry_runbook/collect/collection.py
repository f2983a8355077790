"""One collection of evidence under way, and what a part of it is made of.

A :class:`Part` is a row of the table in :mod:`.parts`: which field of the evidence, which aspects ask for it, how the
request is made, how the answer becomes the value, and the words of its source. Round one needs only the reference,
round two what the first told. A row that can tell its part without a request says so in ``known``, and is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from sentry_runbook.collect.batch import Request, RequestBatch, Result
from sentry_runbook.collect.question import Aspect, Question
from sentry_runbook.collect.request_values import is_error
from sentry_runbook.errors import NotFound, RunbookError
from sentry_runbook.incident.model.evidence import NOT_ASKED, EnvironmentScope, Known, Unknown, Window
from sentry_runbook.incident.model.evidence.issue_kind import issue_category
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.lenient import Word
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import SessionCounts

T = TypeVar("T")
NO_SUCH_ENVIRONMENT = "the project has no such environment as was asked for"
NOT_ERRORS = "{} issues hold no error events: counts come from the issue itself"
PartValue = Known[Any] | Unknown
"""A part as the evidence holds it; the evidence checks that it is of the field's type."""


@dataclass
class Collection:
    """Everything that a row of the table may read.

    Attributes:
        issue: Sentry's answer of round one; of several issues the first one with the life of all (:mod:`.together`).
        members: the answers of several issues, each its own, the first to begin first; else that of the one issue.
        scope: which environments the numbers cover; raw names, for requests.
        built: parts that are read already, by field.
        has_strange_environments: the caller named environments in which the issue was never seen.
        one_for_all: why the one user whom Sentry counts is no number of people (:mod:`.shared_users`); empty: they are.
        shared_users: users who stand for more than one person each, in the form of Sentry's tag ``user``.
        looked_around: when the issue began, as far as its own answer tells: what began then is looked for.
        release_plan: how the releases are asked for (:mod:`.release_lists`).
        breakdown_columns: tags that the events are counted by (:mod:`.breakdown_columns`); empty until chosen.
        sessions: of several projects by their number: the answer about their sessions, None where it failed.
        all_environments: those of the organization, asked for several issues; None where they are not known.
        unknown_environments: those of them that the project does not have; known after round two.
    """

    client: SentryClient
    question: Question
    policy: Policy
    now: datetime
    sanitizer: Sanitizer
    issue: JsonObject = field(default_factory=dict)
    members: tuple[JsonObject, ...] = ()
    scope: EnvironmentScope = field(default_factory=EnvironmentScope)
    has_strange_environments: bool = False
    unknown_environments: tuple[str, ...] = ()
    one_for_all: str = ""
    shared_users: frozenset[str] = frozenset()
    looked_around: Window | None = None
    release_plan: Literal["together", "apart", "own"] = "own"
    breakdown_columns: tuple[str, ...] = ()
    all_environments: tuple[str, ...] | None = None
    sessions: dict[str, SessionCounts | None] = field(default_factory=dict)
    built: dict[str, PartValue] = field(default_factory=dict)
    _results: dict[int, Result[Any]] = field(default_factory=dict)

    @property
    def first(self) -> JsonObject:
        """The issue whose events, rows and tags were read, with its own counts."""
        return self.members[0] if self.members else self.issue

    @property
    def is_of_several(self) -> bool:
        """Whether the counts are of several issues together."""
        return len(self.members) > 1

    @property
    def whose(self) -> str:
        """What the counts are of, in the words of a source."""
        return f"all {len(self.members)} issues" if self.is_of_several else "the issue"

    @property
    def of_several(self) -> str:
        """The same where the words of a source name no issue otherwise; empty of one issue."""
        return f" of {self.whose}" if self.is_of_several else ""

    def add(self, part: Part[T], batch: RequestBatch) -> None:
        """Add the part's request to the batch, when the question wants it and there is one to make."""
        if not self.question.wants(*part.aspects):
            return
        known = part.without_request(self)
        if known is not None:
            self.built.setdefault(part.field, known)
            return
        request = part.request(self)
        if request is not None:
            self._results[id(part)] = batch.add(request)

    def result(self, part: Part[T]) -> Result[T]:
        """What came back for the part's own request."""
        return self._results.get(id(part)) or Result()

    def value(self, part: Part[T]) -> T | None:
        """What Sentry answered to the part's request; None when it was not asked or failed."""
        return self.result(part).value

    def why(self, error: RunbookError, is_about_environments: bool) -> str:
        """Why a part is unknown. Sentry answers 404 for an environment it does not know, as if Discover were absent."""
        if is_about_environments and self.has_strange_environments and isinstance(error, NotFound):
            # Without the names: a reason is our own words, and the warnings name them.
            if self.unknown_environments:
                return NO_SUCH_ENVIRONMENT
            return "The issue has no events in the environments asked for"
        return error.what.rstrip(".")

    @property
    def asks_only_unknown_environments(self) -> bool:
        """Whether the project has none of the environments asked for: then a 0 of Sentry's counts nothing."""
        asked = self.question.environments
        return bool(asked) and set(asked) <= set(self.unknown_environments)

    # --- words of the sources

    def source(self, what: str, environments: Sequence[str] | None = None) -> str:
        """The words of a source: what was asked, the window, and the environments (those of the scope if not given)."""
        window, names = self.question.window, self.scope.names if environments is None else environments
        return f"{what}; {span(window.start, window.end)}; environments: {self.names(names)}"

    def names(self, environments: Sequence[str]) -> str:
        """Environments in a sentence; their names come from events, or from a caller who copied one."""
        return ", ".join(self.name(name) or "none named" for name in environments) or "all"

    def name(self, environment: str) -> str:
        """One environment's name, inert."""
        return self.sanitizer.line(environment, NAME, "environment")


@dataclass(frozen=True, eq=False)
class Part(Generic[T]):
    """A row of the table: one way to fill one field of the evidence.

    Attributes:
        field: name of the evidence's field; of several rows that fill one field, the first that was asked counts.
        round: the round of requests that it is asked in.
        aspects: any of these asks for it.
        request: the request, or None where there is nothing to ask.
        parse: the answer → the value, or why it is unknown.
        source: where the value comes from, in words.
        note: what limits the value.
        known: the part where it can be told without a request, else None; ``request`` is then not called.
        errors_only: whether only an issue of category error has it.
        in_environments: whether the request names the environments asked for, too, though it is for every category.
        reads: a row whose answer serves when this one has no request of its own.
    """

    field: str
    round: Literal[1, 2]
    aspects: tuple[Aspect, ...]
    request: Callable[[Collection], Request[T] | None]
    parse: Callable[[Collection, T], object]
    source: Callable[[Collection], str]
    note: Callable[[Collection, T], str] = lambda _, __: ""
    known: Callable[[Collection], PartValue | None] = lambda _: None
    errors_only: bool = False
    in_environments: bool = False
    reads: Part[T] | None = None

    def without_request(self, collection: Collection) -> PartValue | None:
        """The part where no request is needed, None where one is."""
        if self.errors_only and not is_error(collection.issue):
            category = Word("error").read(issue_category(collection.issue), collection.sanitizer) or "error"
            return Unknown(why=NOT_ERRORS.format(str(category).replace("_", " ").capitalize()))
        return self.known(collection)

    def build(self, collection: Collection) -> PartValue:
        """The part of the evidence by what came back: its value, or the reason why it is unknown."""
        result = collection.result(self)
        if self.reads is not None and not result.is_sent:
            result = collection.result(self.reads)
        if result.error is not None:
            return Unknown(why=collection.why(result.error, self.errors_only or self.in_environments))
        if result.value is None:
            return NOT_ASKED
        if self.errors_only and collection.asks_only_unknown_environments:
            return Unknown(why=NO_SUCH_ENVIRONMENT)
        value = self.parse(collection, result.value)
        if isinstance(value, Unknown):
            return value
        return Known(value=value, source=self.source(collection), note=self.note(collection, result.value))


def span(start: datetime, end: datetime) -> str:
    """A stretch of time, as sources name it."""
    return f"{start:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ}"
