"""The issue itself, its life, and what was released around it."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.model.evidence.values import EventText, Frozen


class Deploy(Frozen):
    """A deploy marker: somebody's pipeline told Sentry that a release went to an environment."""

    version: EventText
    environment: EventText
    started: datetime | None = None
    finished: datetime | None = None


class Release(Frozen):
    """A release as Sentry knows it.

    Attributes:
        new_issues: issues first seen in this release.
        deploys: None when Sentry did not say; an empty tuple when it has none.
    """

    version: EventText
    created: datetime | None = None
    released: datetime | None = None
    first_event: datetime | None = None
    last_event: datetime | None = None
    new_issues: int | None = None
    deploys: tuple[Deploy, ...] | None = None


class Activity(Frozen):
    """One entry of the issue's activity log.

    Attributes:
        kind: Sentry's type, as ``set_regression``, ``set_resolved_in_release``, ``assigned``, ``note``.
        who: the name of the team member, None when Sentry itself acted.
        version: the release that the entry names.
        text: what the entry says (a note's text, an assignee), inert and cut.
    """

    kind: str
    at: datetime
    who: EventText | None = None
    version: EventText | None = None
    text: EventText | None = None


class Snooze(Frozen):
    """What an archived issue waits for, as Sentry tells it; every part None: it waits for nothing it names.

    Attributes:
        count: events that may still come (Sentry shows the rest, not the number that was set) unless a window is given.
        window_minutes: the stretch in which ``count`` is counted.
        users: distinct users that may still come.
        user_window_minutes: the stretch in which ``users`` is counted.
        until: when it ends by itself.
    """

    count: int | None = None
    window_minutes: int | None = None
    users: int | None = None
    user_window_minutes: int | None = None
    until: datetime | None = None


class Issue(Frozen):
    """The issue itself; its counts are over all time and never stand for a window (sentry-api rule 2).

    A None is "Sentry's answer does not have it".
    """

    id: str
    short_id: str | None = None
    url: str
    title: EventText
    culprit: EventText | None = None
    level: str | None = None
    status: str | None = None
    substatus: str | None = None
    status_release: EventText | None = None
    """The release a resolve waits for (``inRelease``), or None."""
    next_release: bool = False
    """Resolved "in the next release"."""
    snooze: Snooze | None = None
    """What an archived issue waits for; None when it is not archived or Sentry names no condition."""
    priority: str | None = None
    unhandled: bool | None = None
    category: str = "error"
    """``error``, or Sentry's category of a performance, uptime, feedback … issue."""
    issue_type: str | None = None
    platform: str | None = None
    project_id: str | None = None
    project: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    events_total: int | None = None
    users_total: int | None = None
    first_release: Release | None = None
    last_release: Release | None = None
    assigned_to: EventText | None = None
    reports: int | None = None
    """User reports attached to the issue."""
    merged_from: str | None = None
    """The id that was asked for, when Sentry answered with the issue it was merged into."""
    activity: tuple[Activity, ...] = ()
    hourly: tuple[tuple[datetime, int], ...] = ()
    """``stats["24h"]`` of the issue: hour start and events, all environments; the last hour is still open."""
    daily: tuple[tuple[datetime, int], ...] = ()

    @property
    def is_error(self) -> bool:
        """False for performance, uptime, feedback … issues: the errors dataset holds nothing for those."""
        return self.category == "error"

    @property
    def name(self) -> str:
        """Short id, or the numeric id when Sentry gave no short one."""
        return self.short_id or self.id


class Commit(Frozen):
    """A suspect commit."""

    id: EventText
    message: EventText | None = None
    author: EventText | None = None
    at: datetime | None = None
    pull_request: EventText | None = None


class Alert(Frozen):
    """An alert rule ("workflow") of the project and when it last fired."""

    name: EventText
    last_triggered: datetime | None = None


class Note(Frozen):
    """A comment on the issue."""

    id: str
    at: datetime | None = None
    who: EventText | None = None
    text: EventText
