"""From raw data to the specifications of the embedded Sentry: every event one by one, nothing added or counted."""

from __future__ import annotations

from dataclasses import replace

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    DeploySpec,
    FlagChangeSpec,
    FrameSpec,
    IssueSpec,
    Raised,
    RawEventSpec,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    http_call,
)
from sentry_runbook.simulator.world import World
from tests.situations.raw import Event, Issue, Project, Raw, Release, Sessions

SUFFIX = {"python": "py", "node": "js", "javascript": "tsx"}


def world(raw: Raw) -> World:
    """The embedded Sentry that was sent these events; its clock stands at the moment of looking."""
    return World(scenario(raw), ManualClock(raw.now))


def scenario(raw: Raw) -> Scenario:
    """The first project, with the others beside it."""
    first, *others = (_project(project) for project in raw.projects)
    return replace(first, beside=tuple(others))


def _project(project: Project) -> Scenario:
    return Scenario(
        name=project.slug,
        project=project.slug,
        platform=project.platform,
        issues=tuple(_issue(issue, project) for issue in project.issues),
        releases=tuple(_release(release) for release in project.releases),
        sessions=tuple(_sessions(part) for part in project.sessions),
        flags=tuple(FlagChangeSpec(change.at, change.flag) for change in project.flag_changes),
    )


def _issue(issue: Issue, project: Project) -> IssueSpec:
    suffix = SUFFIX[project.platform]
    frames = (
        FrameSpec("dispatch", f"framework/routing.{suffix}", 73, in_app=False),
        FrameSpec(issue.function, f"{project.slug}/{issue.function}.{suffix}", 41),
    )
    return IssueSpec(
        issue.short_id,
        chain=(Raised(issue.type, issue.value, frames),),
        raw=tuple(_event(event) for event in issue.events),
        level=issue.level,
        handled=issue.handled,
        culprit=f"{project.slug}.{issue.function}",
        transaction=issue.transaction,
        breadcrumbs=tuple(
            http_call(call.method, call.url, call.status, reason=call.reason, seconds_before=0.3 + place)
            for place, call in enumerate(issue.calls)
        ),
        history=() if issue.resolved_at is None else (StateChange(issue.resolved_at),),
    )


def _event(event: Event) -> RawEventSpec:
    return RawEventSpec(
        at=event.at,
        user=event.user,
        trace=event.trace,
        release=event.release,
        environment=event.environment,
        transaction=event.transaction,
        tags=event.tags,
        flags=event.flags,
    )


def _release(release: Release) -> ReleaseSpec:
    deploys = () if release.deployed is None else (DeploySpec(release.deployed, release.environment),)
    return ReleaseSpec(release.version, release.created, deploys)


def _sessions(part: Sessions) -> SessionsSpec:
    return SessionsSpec(part.count, part.start, part.end, crashed=part.crashed, release=part.release)
