"""The raw data that alerts are evaluated over, read out of a built embedded Sentry: event by event, nothing counted.

Instants are whole epoch milliseconds. What Sentry keeps of an issue's life (resolved, archived, come back, assigned) is
raw data too: alerts look at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sentry_runbook.simulator.log import FAR
from sentry_runbook.simulator.people import owner
from sentry_runbook.simulator.records import EventRecord, IssueRecord
from sentry_runbook.simulator.world import World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_KINDS = {
    "set_resolved": "resolved",
    "set_resolved_in_release": "resolved",
    "set_ignored": "archived",
    "set_unresolved": "reopened",
    "set_regression": "regressed",
    "set_escalating": "escalated",
    "assigned": "assigned",
    "unassigned": "unassigned",
    "note": "commented",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``tags`` are all of them, those that Sentry derives included; ``user`` is an id."""

    at: int
    issue: str
    project: str
    environment: str | None = None
    user: str | None = None
    level: str = "error"
    tags: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that became of an issue. ``by`` is a person, None Sentry itself; ``to`` whom it was assigned to."""

    at: int
    kind: str
    by: str | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue: what it is, and what became of it, oldest first."""

    short_id: str
    project: str
    category: str = "error"
    type: str = "error"
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions that began in a minute; ``at`` is its middle."""

    at: int
    project: str
    environment: str | None
    count: int
    crashed: int


@dataclass(frozen=True, slots=True)
class Request:
    """A traced request."""

    at: int
    project: str
    environment: str | None
    failed: bool


@dataclass(frozen=True)
class Raw:
    """All that happened until ``now``.

    Attributes:
        events: oldest first.
        projects: slug by number.
    """

    now: int
    events: tuple[Event, ...]
    issues: tuple[Issue, ...] = ()
    sessions: tuple[Sessions, ...] = ()
    requests: tuple[Request, ...] = ()
    projects: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def issue(self) -> dict[str, Issue]:
        """Each issue by its short id; of one that is not told, what its events tell."""
        told = {issue.short_id: issue for issue in self.issues}
        return {event.issue: Issue(event.issue, event.project) for event in self.events} | told


def raw_of(world: World) -> Raw:
    """Return what happened in a world until its clock's present."""
    now = world.now_ms()
    records = [record for record in world.issues() if world.find_issue(record.id, now) is not None]
    events = [event for record in records for event in record.events.until(now)]
    return Raw(
        now,
        tuple(sorted(map(_event, events), key=lambda event: event.at)),
        tuple(map(_issue, records)),
        tuple(
            Sessions(minute.at, project.slug, minute.environment, minute.count, minute.crashed)
            for project in world.projects
            for minute in project.sessions.window(0, FAR)
            if minute.at <= now
        ),
        tuple(
            Request(span.at, project.slug, span.environment, span.failed)
            for project in world.projects
            for span in project.spans.until(now)
        ),
        {project.id: project.slug for project in world.projects},
    )


def _event(record: EventRecord) -> Event:
    spec, facts = record.issue.spec, record.facts
    outermost = spec.chain[-1] if spec.chain else None
    attributes = {
        "message": spec.shown_title,
        "platform": spec.platform or record.issue.project.platform,
        "environment": facts.environment or "",
        "type": spec.category,
        "exception.type": (outermost.type if outermost else None) or "",
        "exception.value": (outermost.value if outermost else None) or "",
        "user.id": facts.user.id if facts.user else "",
    }
    return Event(
        record.at,
        spec.short_id,
        record.issue.project.slug,
        facts.environment,
        facts.user.id if facts.user else None,
        spec.level,
        facts.tags,
        attributes,
    )


def _issue(record: IssueRecord) -> Issue:
    changes = []
    for entry in sorted(record.activity, key=lambda entry: entry.at):
        if entry.type in _KINDS:
            changes.append(Change(entry.at, _KINDS[entry.type], entry.user, _assignee(entry.data)))
    spec = record.spec
    return Issue(spec.short_id, record.project.slug, spec.category, spec.issue_type, tuple(changes))


def _assignee(data: Mapping[str, object]) -> str | None:
    """Return ``team:12`` or ``user:7``, by the number that Sentry knows it by."""
    if "assignee" not in data:
        return None
    shown = owner(f"{data['assigneeType']}:{data['assignee']}") or {}
    return f"{shown.get('type')}:{shown.get('id')}"
