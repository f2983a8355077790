"""The world that the embedded Sentry answers from: one or more scenarios, made into records around one instant.

Everything is made once, at the start, the future included; a reader sees what is not later than the clock. So all
numbers come from the same events, a scenario tells its own continuation as the clock moves, and two worlds of one
scenario agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sentry_runbook.simulator import changes, lifecycle, materialise, materialise_events
from sentry_runbook.simulator.clock import Clock, ManualClock, system_clock, to_ms
from sentry_runbook.simulator.log import FAR, Log, Placed
from sentry_runbook.simulator.records import (
    MINUTE,
    EventRecord,
    IssueRecord,
    ProjectRecord,
    ReleaseRecord,
    number_id,
)
from sentry_runbook.simulator.scenario import (
    LATEST,
    DeploySpec,
    IssueSpec,
    ReleaseSpec,
    Scenario,
    Stream,
)
from sentry_runbook.simulator.scenarios import SCENARIOS

__all__ = ["ORGANIZATION", "ManualClock", "World", "system_clock"]

P = TypeVar("P", bound=Placed)

ORGANIZATION = "acme"
"""The slug of the one organization of every world."""

_PRIORITY = {"fatal": "high", "error": "high", "warning": "medium", "info": "low", "debug": "low"}


class World:
    """A small consistent Sentry: projects, issues, events, releases, sessions and traced requests.

    Args:
        scenarios: one scenario or several with different projects and short ids, each with those beside it.
        clock: gives the present, aware. The scenarios' minutes count from its reading at this moment, cut to the
            whole minute, so that an event minute of a scenario is a clock minute too.
    """

    def __init__(self, scenarios: Scenario | Iterable[Scenario], clock: Clock = system_clock) -> None:
        self.clock = clock
        self.origin = self.now_ms() // MINUTE * MINUTE
        together = (scenarios,) if isinstance(scenarios, Scenario) else scenarios
        self.scenarios = tuple(project for scenario in together for project in scenario.all_projects())
        self.projects = [self._project(scenario) for scenario in self.scenarios]
        self._batches = 0
        self._named = {name.upper(): issue for issue in self.issues() for name in (issue.id, issue.short_id)}
        self._of_event: dict[str, EventRecord] = {}
        self._refuse_twins()

    @classmethod
    def of_all(cls, clock: Clock = system_clock) -> World:
        """Make a world of every shipped scenario, each in its own project."""
        return cls(SCENARIOS.values(), clock)

    def _refuse_twins(self) -> None:
        for what in (
            [project.slug for project in self.projects],
            [project.id for project in self.projects],
            [issue.short_id for issue in self.issues()],
            [issue.id for issue in self.issues()],
        ):
            if len(set(what)) != len(what):
                msg = f"two scenarios of one world share a name: {sorted(what)}"
                raise ValueError(msg)

    # --- making -----------------------------------------------------------------------------------------------------

    def _project(self, scenario: Scenario) -> ProjectRecord:
        project = ProjectRecord(
            scenario,
            scenario.project_id or number_id("project", scenario.slug, digits=16),
            scenario.slug,
            scenario.platform,
            self.origin,
        )
        recovery = scenario.recovery
        more = recovery.releases if recovery else ()
        project.releases = [
            materialise.release(project, release, self.origin) for release in (*scenario.releases, *more)
        ]
        for version, deploy in recovery.deploys if recovery else ():
            self._mark(project, version, deploy, self.origin, "recovery")
        for index, issue in enumerate(scenario.issues):
            self._issue(project, issue, recovery.streams if recovery and index == 0 else ())
        for release in project.releases:
            project.note_environments(release.deploys)
        for sessions in (*scenario.sessions, *(recovery.sessions if recovery else ())):
            self._keep(project, project.sessions, materialise.session_minutes(project, sessions, self.origin))
        traced = (*scenario.transactions, *(recovery.transactions if recovery else ()))
        for index, transactions in enumerate(traced):
            self._keep(project, project.spans, materialise.spans(project, transactions, self.origin, str(index)))
        return project

    def _keep(self, project: ProjectRecord, log: Log[P], records: Sequence[P]) -> None:
        log.add(records)
        project.note_environments(records)

    def _mark(self, project: ProjectRecord, version: str, deploy: DeploySpec, origin: int, salt: object) -> None:
        release = next((release for release in project.releases if release.version == version), None)
        if release is None:
            msg = f"{project.slug} has no release {version!r} to deploy"
            raise ValueError(msg)
        mark = materialise.deploy(deploy, version, origin, salt)
        release.deploys.append(mark)
        project.note_environments([mark])

    def _issue(self, project: ProjectRecord, spec: IssueSpec, more: tuple[Stream, ...]) -> IssueRecord:
        issue = IssueRecord(spec, number_id("issue", spec.short_id, digits=10), project)
        project.issues.append(issue)
        events = [
            event
            for index, stream in enumerate((*spec.streams, *more))
            for event in materialise_events.events(issue, stream, self.origin, str(index))
        ]
        events += materialise_events.raw_events(issue, spec.raw, self.origin)
        issue.events.add(events)
        issue.has_levels = any(event.level for event in spec.raw)
        self._keep(project, project.events, events)
        told = [*(stream.handled for stream in spec.streams), *(event.handled for event in spec.raw)]
        handled = all(spec.handled if answer is None else answer for answer in told)
        issue.priority = spec.priority or ("medium" if handled else _PRIORITY[spec.level])
        self._past(issue)
        return issue

    def _past(self, issue: IssueRecord) -> None:
        """Write what people did before the start, in its order, letting events undo it on the way."""
        spec, steps = issue.spec, []
        for change in spec.history:
            body: dict[str, object] = {"status": change.status, "statusDetails": dict(change.details)}
            if change.substatus:
                body["substatus"] = change.substatus
            steps.append((change.at, body))
        if spec.assigned_to:
            steps.append((spec.assigned_at, {"assignedTo": spec.assigned_to}))
        for minute, body in sorted(steps, key=lambda step: step[0]):
            at = self.origin + round(minute * MINUTE)
            lifecycle.settle(issue, at)
            changes.update(issue, body, at, "Dana Ortiz")
        for note in spec.notes:
            at = self.origin + round(note.at * MINUTE)
            lifecycle.record(issue, at, "note", {"text": note.text}, note.author)
        for entry in spec.entries:
            at = self.origin + round(entry.at * MINUTE)
            lifecycle.record(issue, at, entry.kind, {}, entry.author, entry.app)

    # --- reading ----------------------------------------------------------------------------------------------------

    def now_ms(self) -> int:
        """Read the clock, in epoch milliseconds."""
        return to_ms(self.clock())

    def issues(self) -> Iterator[IssueRecord]:
        """Return every issue, those of the future included."""
        for project in self.projects:
            yield from project.issues

    def find_issue(self, wanted: str, now: int | None = None) -> IssueRecord | None:
        """Find an issue by numeric or short id, brought up to the present; None while it has no event yet."""
        now = self.now_ms() if now is None else now
        issue = self._named.get(wanted.upper())
        if issue is None or not issue.events.count(0, now + 1):
            return None
        lifecycle.settle(issue, now)
        return issue

    def issues_seen(self, now: int) -> list[IssueRecord]:
        """Return every issue that has an event by now, brought up to the present."""
        seen = [issue for issue in self.issues() if issue.events.count(0, now + 1)]
        for issue in seen:
            lifecycle.settle(issue, now)
        return seen

    def find_event(self, wanted: str, now: int) -> EventRecord | None:
        """Find an event of any project by its id; None while it lies in the future."""
        if len(self._of_event) != sum(len(project.events) for project in self.projects):
            everything = (event for project in self.projects for event in project.events.window(0, FAR))
            self._of_event = {event.id: event for event in everything}
        event = self._of_event.get(wanted)
        return event if event is not None and event.at <= now else None

    def find_project(self, wanted: str) -> ProjectRecord | None:
        """Find a project by slug or id."""
        return next((project for project in self.projects if wanted in {project.slug, project.id}), None)

    def find_release(self, version: str, now: int) -> list[ReleaseRecord]:
        """Return a version's release in each project that has it by now."""
        releases = (project.release(version, now) for project in self.projects)
        return [release for release in releases if release is not None]

    def environments(self, now: int, projects: Sequence[ProjectRecord] | None = None) -> list[str]:
        """Return the names of all environments seen by now; with ``projects``, of these alone."""
        chosen = self.projects if projects is None else projects
        names = {name for project in chosen for name, since in project.environments.items() if since <= now}
        return sorted(names)

    # --- acting -----------------------------------------------------------------------------------------------------

    def _known_project(self, slug: str | None) -> ProjectRecord:
        project = self.projects[0] if slug is None else self.find_project(slug)
        if project is None:
            msg = f"this world has no project {slug!r}"
            raise ValueError(msg)
        return project

    def emit(
        self,
        short_id: str,
        count: int = 1,
        *,
        release: str | None = LATEST,
        environment: str | None = "production",
        users: int | None = None,
        stream: Stream | None = None,
    ) -> list[EventRecord]:
        """Let an issue receive events at this instant; a ``stream`` (minutes from now) replaces the other arguments.

        Move the clock between a resolve and the events that shall undo it: equal instants have no order.
        """
        issue = self._named.get(short_id.upper())
        if issue is None or issue.short_id != short_id:
            msg = f"this world has no issue {short_id!r}"
            raise ValueError(msg)
        self._batches += 1
        wanted = stream or Stream(count, 0.0, 0.0, users, environment=environment, release=release)
        events = materialise_events.events(issue, wanted, self.now_ms(), f"emitted-{self._batches}")
        issue.events.add(events)
        self._keep(issue.project, issue.project.events, events)
        return events

    def add_release(self, release: ReleaseSpec, project: str | None = None) -> ReleaseRecord:
        """Create a release; its minutes count from now. Without a project: in the first one."""
        owner = self._known_project(project)
        record = materialise.release(owner, release, self.now_ms())
        owner.releases.append(record)
        owner.note_environments(record.deploys)
        return record

    def deploy(self, version: str, environment: str = "production", project: str | None = None) -> None:
        """Record that a release was deployed just now."""
        self._batches += 1
        deploy = DeploySpec(0.0, environment)
        owner = self._known_project(project)
        self._mark(owner, version, deploy, self.now_ms(), self._batches)
