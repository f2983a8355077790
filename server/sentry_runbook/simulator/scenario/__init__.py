"""What an incident is made of, as data: a scenario is a few lines, the world is built from it.

Times are minutes relative to the instant at which the world starts: ``-30`` is half an hour before it, ``20`` lies in
the future and is seen only when the clock gets there. Counts are exact: ``Stream(200, -9, -4)`` is 200 events,
evenly spaced, and ``users=40`` means that 40 different people met them. Everything else has a default, so that

    Scenario(name="burst", issues=(IssueSpec("SHOP-1", "Boom", streams=(Stream(501, start=-10, end=-9),)),))

is a whole incident.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sentry_runbook.simulator.scenario.events import (
    LATEST,
    Crumb,
    FrameSpec,
    Level,
    Raised,
    Rates,
    RawEventSpec,
    RequestSpec,
    Shape,
    Stream,
    ThreadSpec,
    Weights,
    every_hour,
    hourly,
    http_call,
)
from sentry_runbook.simulator.scenario.issue import (
    Category,
    EntrySpec,
    IssueSpec,
    NoteSpec,
    OccurrenceSpec,
    OwnerSpec,
    StateChange,
)
from sentry_runbook.simulator.scenario.project import (
    CommitSpec,
    DeploySpec,
    DroppedSpec,
    FlagChangeSpec,
    ReleaseSpec,
    SessionsSpec,
    Transactions,
)
from sentry_runbook.simulator.scenario.watchers import (
    AlertSpec,
    DetectorSpec,
    FiringSpec,
    MonitorSpec,
    UptimeSpec,
    fired_alert,
)

__all__ = [
    "LATEST",
    "AlertSpec",
    "Category",
    "CommitSpec",
    "Crumb",
    "DeploySpec",
    "DetectorSpec",
    "DroppedSpec",
    "EntrySpec",
    "FiringSpec",
    "FlagChangeSpec",
    "FrameSpec",
    "IssueSpec",
    "Level",
    "MonitorSpec",
    "NoteSpec",
    "OccurrenceSpec",
    "OwnerSpec",
    "Raised",
    "Rates",
    "RawEventSpec",
    "RecoverySpec",
    "ReleaseSpec",
    "RequestSpec",
    "Scenario",
    "SessionsSpec",
    "Shape",
    "StateChange",
    "Stream",
    "ThreadSpec",
    "Transactions",
    "UptimeSpec",
    "Weights",
    "every_hour",
    "fired_alert",
    "hourly",
    "http_call",
]


@dataclass(frozen=True, slots=True)
class RecoverySpec:
    """What happens after the present: the incident going on, the fix, and the quiet after it; all minutes positive.

    Attributes:
        summary: one sentence for the person who watches the demo.
        fixed_at: minute at which the fix is live.
        release: the version that fixes it, when a new one does.
        streams: further events of the main issue.
        deploys: markers for releases that exist already: (version, deploy); a rollback is one.
    """

    summary: str
    fixed_at: float
    release: str | None = None
    streams: tuple[Stream, ...] = ()
    releases: tuple[ReleaseSpec, ...] = ()
    deploys: tuple[tuple[str, DeploySpec], ...] = ()
    sessions: tuple[SessionsSpec, ...] = ()
    transactions: tuple[Transactions, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One incident in its project. The first issue is the incident, the others are its surroundings.

    Attributes:
        beside: further projects of the same organization at the same time, with issues, releases and a recovery of
            their own; a world of this scenario holds them all.
    """

    name: str
    issues: tuple[IssueSpec, ...]
    title: str = ""
    summary: str = ""
    project: str = ""
    project_id: str = ""
    platform: str = "node"
    releases: tuple[ReleaseSpec, ...] = ()
    sessions: tuple[SessionsSpec, ...] = ()
    transactions: tuple[Transactions, ...] = ()
    alerts: tuple[AlertSpec, ...] = ()
    detectors: tuple[DetectorSpec, ...] = ()
    monitors: tuple[MonitorSpec, ...] = ()
    uptime: tuple[UptimeSpec, ...] = ()
    dropped: tuple[DroppedSpec, ...] = ()
    flags: tuple[FlagChangeSpec, ...] = ()
    recovery: RecoverySpec | None = None
    beside: tuple[Scenario, ...] = ()

    @property
    def issue(self) -> str:
        """The short id of the incident's issue."""
        return self.issues[0].short_id

    @property
    def slug(self) -> str:
        """The project's slug; by default what stands before the last dash of the short id."""
        return self.project or self.issue.rpartition("-")[0].lower()

    def all_projects(self) -> Iterator[Scenario]:
        """Return this scenario and those beside it, one a project, this one first."""
        yield self
        for further in self.beside:
            yield from further.all_projects()
