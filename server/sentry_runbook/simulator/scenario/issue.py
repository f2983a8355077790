"""One issue of a project: its events, and what was done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sentry_runbook.simulator.scenario.events import (
    Crumb,
    FrameSpec,
    Level,
    Raised,
    RawEventSpec,
    RequestSpec,
    Stream,
    ThreadSpec,
    Weights,
)
from sentry_runbook.simulator.scenario.project import CommitSpec

Category = Literal["error", "performance", "outage", "metric", "feedback", "cron", "uptime", "replay", "db_query"]


@dataclass(frozen=True, slots=True)
class OccurrenceSpec:
    """What a non-error issue shows in place of an exception.

    Attributes:
        evidence: lines for people, the first one important.
        data: the same for machines; metric monitors have nothing else.
    """

    title: str
    subtitle: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    type: int = 1001
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of status that someone made earlier, applied as the same PUT would be."""

    at: float
    status: Literal["resolved", "ignored", "unresolved"] = "resolved"
    details: Mapping[str, object] = field(default_factory=dict)
    substatus: str | None = None


@dataclass(frozen=True, slots=True)
class NoteSpec:
    """A comment that a person left on the issue."""

    at: float
    text: str
    author: str = "Dana Ortiz"


@dataclass(frozen=True, slots=True)
class EntrySpec:
    """An entry of the activity log that changes nothing: of a person, of an integration (``app``), or of Sentry."""

    at: float
    kind: str
    author: str | None = None
    app: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerSpec:
    """Whom Sentry names for the issue beside an assignment, as ``expand=owners`` tells it.

    Attributes:
        kind: ``suspectCommit``, ``ownershipRule`` or ``codeowners``.
        who: ``team:payments`` or ``user:Dana Ortiz``; the answer holds the number alone.
        at: minutes at which Sentry found it.
    """

    who: str
    kind: Literal["suspectCommit", "ownershipRule", "codeowners"] = "ownershipRule"
    at: float = -60.0


@dataclass(frozen=True, slots=True)
class IssueSpec:
    """One issue of the project.

    Attributes:
        short_id: as people say it: ``SHOP-1Z``.
        raw: further events, each told by itself, beside those of the streams.
        stack: of an event that is a message: where it was logged.
        threads: of the process, where the platform sends them.
        title: empty takes the outermost exception's type and value.
        history: earlier changes of status; events after a resolve regress it by themselves.
        escalated: minutes at which Sentry found it escalating.
        user_reports: minutes at which users wrote something into the crash dialog.
        csp: a browser's report of a violated content security policy, as its entry holds it.
        suspects: the commits that Sentry's suspect-commit search finds.
        processing_errors: (type, message) of Sentry's complaints about the event.
        assigned_to: ``team:payments`` or ``user:Dana Ortiz``.
        owners: whom ownership rules and suspect commits name.
    """

    short_id: str
    title: str = ""
    chain: tuple[Raised, ...] = ()
    streams: tuple[Stream, ...] = ()
    raw: tuple[RawEventSpec, ...] = ()
    level: Level = "error"
    handled: bool = False
    culprit: str | None = None
    transaction: str | None = None
    platform: str | None = None
    logger: str | None = None
    stack: tuple[FrameSpec, ...] = ()
    threads: tuple[ThreadSpec, ...] = ()
    breadcrumbs: tuple[Crumb, ...] = ()
    request: RequestSpec | None = None
    contexts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, Weights] = field(default_factory=dict)
    processing_errors: tuple[tuple[str, str], ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)
    category: Category = "error"
    issue_type: str = "error"
    occurrence: OccurrenceSpec | None = None
    csp: Mapping[str, object] | None = None
    history: tuple[StateChange, ...] = ()
    escalated: float | None = None
    notes: tuple[NoteSpec, ...] = ()
    entries: tuple[EntrySpec, ...] = ()
    user_reports: tuple[float, ...] = ()
    suspects: tuple[CommitSpec, ...] = ()
    assigned_to: str | None = None
    assigned_at: float = -1000.0
    owners: tuple[OwnerSpec, ...] = ()
    priority: Literal["low", "medium", "high"] | None = None
    sdk: tuple[str, str] | None = None

    @property
    def shown_title(self) -> str:
        """The title as Sentry makes it from the outermost exception, unless one is given."""
        if self.title:
            return self.title
        if self.occurrence:
            return self.occurrence.title
        if self.chain:
            last = self.chain[-1]
            return ": ".join(part for part in (last.type, last.value) if part) or "<unlabeled event>"
        return "<unlabeled event>"
