"""What the world holds: events, traced requests, sessions, releases, issues and projects, each at its instant.

Instants are integer epoch milliseconds; a record exists for a reader when its ``at`` is not later than the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from sentry_runbook.simulator.clock import DAY, HOUR, MINUTE
from sentry_runbook.simulator.event_record import EventLog, EventRecord, Visitor
from sentry_runbook.simulator.log import Log, Placed
from sentry_runbook.simulator.release_index import LiveReleases, ReleaseIndex
from sentry_runbook.simulator.scenario import IssueSpec, Scenario
from sentry_runbook.simulator.session_log import SessionLog, SessionMinute
from sentry_runbook.simulator.versions import is_semver, precedence

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "ActivityRecord",
    "CommitRecord",
    "DeployRecord",
    "EventRecord",
    "IssueRecord",
    "ProjectRecord",
    "ReleaseRecord",
    "ResolutionRecord",
    "SessionMinute",
    "SnoozeRecord",
    "SpanRecord",
    "Visitor",
    "digest",
    "greatest_version",
    "number_id",
]


def digest(*parts: object, size: int = 16) -> str:
    """Return hex digits that depend on the parts alone, so that ids are the same in every run."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=size).hexdigest()


def number_id(*parts: object, digits: int) -> str:
    """Return a decimal id of so many digits that depends on the parts alone."""
    low = 10 ** (digits - 1)
    return str(low + int(digest(*parts, size=8), 16) % (4 * low))


@dataclass(slots=True, eq=False)
class SpanRecord:
    """One traced request (the root span of a transaction)."""

    at: int
    id: str
    project: ProjectRecord
    transaction: str
    duration_ms: float
    failed: bool
    release: str | None
    environment: str | None


@dataclass(slots=True, eq=False)
class DeployRecord:
    """A deploy marker; ``at`` is when the deploy finished."""

    at: int
    id: str
    environment: str
    started: int | None


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """A commit as Sentry stores it."""

    at: int
    sha: str
    message: str
    author: str
    email: str
    pull_request: int | None
    repository: str


@dataclass(slots=True, eq=False)
class ReleaseRecord:
    """A release of one project; ``at`` is when it was created."""

    at: int
    id: int
    version: str
    project: ProjectRecord
    deploys: list[DeployRecord] = field(default_factory=list)
    commits: list[CommitRecord] = field(default_factory=list)


def greatest_version(releases: Iterable[ReleaseRecord]) -> ReleaseRecord | None:
    """Return the release with the greatest semantic version; None when none of them has one with its package."""
    ordered = ((precedence(release.version), release) for release in releases if is_semver(release.version))
    known = [(key, release) for key, release in ordered if key is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


@dataclass(slots=True, eq=False)
class ActivityRecord:
    """One line of an issue's history.

    Attributes:
        user: the name of the person, or BOT; None where Sentry itself or an integration acted.
        app: the name of the integration that acted, as newer servers show it (``sentry_app``).
    """

    at: int
    id: str
    type: str
    data: dict[str, object]
    user: str | None = None
    app: str | None = None


@dataclass(frozen=True, slots=True)
class ResolutionRecord:
    """How an issue was resolved.

    Attributes:
        at: when.
        details: what ``statusDetails`` shows of it.
        actor: who resolved it.
        release: the release that it is tied to; None: any later event brings the issue back.
        forgives_release: whether events of ``release`` itself are forgiven ("in the next release"), or only those of
            older releases ("in this release").
    """

    at: int
    details: dict[str, object]
    actor: str | None
    release: ReleaseRecord | None = None
    forgives_release: bool = False


@dataclass(frozen=True, slots=True)
class SnoozeRecord:
    """The condition under which an archived issue comes back: a count, a number of users or a time.

    It is kept beside the issue's status, as Sentry keeps it: a reopened issue still shows it, until it is resolved,
    archived anew or the condition is met.
    """

    at: int
    actor: str | None
    count: int | None = None
    window: int | None = None
    users: int | None = None
    users_window: int | None = None
    until: int | None = None


@dataclass(slots=True, eq=False)
class IssueRecord:
    """An issue, its events and its state."""

    spec: IssueSpec
    id: str
    project: ProjectRecord
    events: EventLog = field(default_factory=EventLog)
    activity: list[ActivityRecord] = field(default_factory=list)
    status: str = "unresolved"
    substatus: str | None = None
    resolution: ResolutionRecord | None = None
    archived_at: int | None = None
    snooze: SnoozeRecord | None = None
    assigned_to: str | None = None
    priority: str | None = None
    has_levels: bool = False
    """Whether some of its events have a level of their own."""

    @property
    def short_id(self) -> str:
        """The short id, as in ``SHOP-1Z``."""
        return self.spec.short_id

    @property
    def is_error(self) -> bool:
        """Whether its events are errors; those of other issues are occurrences, in a dataset of their own."""
        return self.spec.category == "error"


@dataclass(slots=True, eq=False)
class ProjectRecord:
    """One project and all that was recorded in it."""

    scenario: Scenario
    id: str
    slug: str
    platform: str
    origin: int
    events: EventLog = field(default_factory=EventLog)
    spans: Log[SpanRecord] = field(default_factory=Log)
    sessions: SessionLog = field(default_factory=SessionLog)
    releases: list[ReleaseRecord] = field(default_factory=list)
    issues: list[IssueRecord] = field(default_factory=list)
    environments: dict[str, int] = field(default_factory=dict)
    _index: ReleaseIndex | None = None

    def note_environments(self, records: Iterable[Placed]) -> None:
        """Record the first instant of each environment."""
        for record in records:
            if record.environment:
                known = self.environments.get(record.environment, record.at)
                self.environments[record.environment] = min(known, record.at)

    def release(self, version: str, now: int) -> ReleaseRecord | None:
        """Find a release that exists by now."""
        return next((r for r in self.releases if r.version == version and r.at <= now), None)

    def released(self, now: int) -> list[ReleaseRecord]:
        """Return the releases that exist by now."""
        return [release for release in self.releases if release.at <= now]

    def newest_release(self, now: int) -> ReleaseRecord | None:
        """Return the release created last."""
        return max(self.released(now), key=lambda release: release.at, default=None)

    def follows_semver(self, now: int) -> bool:
        """Return whether releases are compared as versions: one of the newest three, and three of ten, name a package.

        Of two releases the newer one decides; of fewer than ten, the newest three.
        """
        newest = sorted(self.released(now), key=lambda release: -release.at)[:10]
        semver = [is_semver(release.version) for release in newest]
        if len(semver) <= 2:
            return any(semver[:1])
        return any(semver[:3]) and (len(semver) < 10 or sum(semver) >= 3)

    def live_release(self, environment: str | None, now: int) -> str | None:
        """Return what is deployed: the last deploy to the environment, else the newest release."""
        deploys = [
            (deploy.at, release.version)
            for release in self.releases
            for deploy in release.deploys
            if deploy.environment == environment and deploy.at <= now
        ]
        if deploys:
            return max(deploys)[1]
        newest = self.newest_release(now)
        return newest.version if newest else None

    def live_releases(self, environment: str | None) -> LiveReleases:
        """Return what was and will be deployed when, as far as it is known now; later deploys do not change it."""
        deploys = (mark.at for release in self.releases for mark in release.deploys)
        changes = sorted({*deploys, *(release.at for release in self.releases)})
        return LiveReleases(changes, [self.live_release(environment, at) for at in changes])

    def by_release(self) -> ReleaseIndex:
        """Return when each release was seen in events and sessions."""
        if self._index is None or self._index.size != len(self.events) + len(self.sessions):
            self._index = ReleaseIndex(self.events, self.sessions)
        return self._index

    def reporting_environments(self, now: int) -> list[str]:
        """Return the environments that events or sessions named by now."""
        names = set()
        for log in (self.events, self.sessions):
            for name in log.environments():
                first = log.of_environment(name).first()
                if name and first is not None and first.at <= now:
                    names.add(name)
        return sorted(names)
