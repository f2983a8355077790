"""Ids of alerts and monitors, and which alert is connected to which monitors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sentry_runbook.simulator.catalog_routes import ORGANIZATION_ID
from sentry_runbook.simulator.records import IssueRecord, ProjectRecord, number_id
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, MonitorSpec, UptimeSpec
from sentry_runbook.simulator.scenario.watchers import ERROR_MONITOR, ISSUE_STREAM, WHOLE_ORGANIZATION
from sentry_runbook.simulator.world import World

Watcher = DetectorSpec | MonitorSpec | UptimeSpec


def issue_named(world: World, short_id: str | None, now: int) -> IssueRecord | None:
    """Return an issue that exists by now."""
    return world.find_issue(short_id, now) if short_id else None


def workflow_id(project: ProjectRecord, alert: AlertSpec) -> str:
    """Return the alert's id."""
    return alert.id or number_id("workflow", project.id, alert.name, digits=7)


def detector_id(project: ProjectRecord, spec: Watcher | None = None) -> str:
    """Return the monitor's id; without a spec, that of the project's error monitor."""
    if spec is None:
        return number_id("detector", project.id, digits=7)
    if isinstance(spec, MonitorSpec):
        return number_id("detector", project.id, "cron", spec.slug, digits=7)
    return spec.id or number_id("detector", project.id, spec.name, digits=7)


def issue_stream_id(project: ProjectRecord | None) -> str:
    """Return the id of the monitor of all issues of a project; None: of the whole organization."""
    return number_id("issue stream", project.id if project else ORGANIZATION_ID, digits=7)


def watchers(project: ProjectRecord) -> tuple[Watcher, ...]:
    """Return all monitors of a project but those that Sentry makes itself."""
    scenario = project.scenario
    metrics = (metric for metric in scenario.detectors if metric.migrated)
    return (*metrics, *scenario.monitors, *scenario.uptime)


def connected(project: ProjectRecord, alert: AlertSpec) -> list[str]:
    """Return the ids of the monitors that an alert is connected to.

    Raises:
        ValueError: the project has no monitor of that name.
    """
    if not alert.connected:
        return []
    if not alert.monitors:
        return [detector_id(project, next((s for s in project.scenario.detectors if s.name == alert.monitor), None))]
    return [_named(project, name) for name in alert.monitors]


def _named(project: ProjectRecord, name: str) -> str:
    own = {
        ERROR_MONITOR: detector_id(project),
        ISSUE_STREAM: issue_stream_id(project),
        WHOLE_ORGANIZATION: issue_stream_id(None),
    }
    if name in own:
        return own[name]
    for spec in watchers(project):
        if name == (spec.slug if isinstance(spec, MonitorSpec) else spec.name):
            return detector_id(project, spec)
    if not name.isdecimal():
        msg = f"{project.slug} has no monitor {name!r} to connect an alert to"
        raise ValueError(msg)
    return name


def alerts_by_monitor(world: World) -> dict[str, list[str]]:
    """Return the ids of the alerts that are connected to each monitor, by its id."""
    found: dict[str, list[str]] = {}
    for project, alert in all_alerts(world):
        for monitor in connected(project, alert):
            found.setdefault(monitor, []).append(workflow_id(project, alert))
    return found


def all_alerts(world: World) -> Iterator[tuple[ProjectRecord, AlertSpec]]:
    """Return every alert of today with its project."""
    for project in world.projects:
        for alert in project.scenario.alerts:
            if alert.migrated:
                yield project, alert


def named_streams(project: ProjectRecord) -> set[str]:
    """Return which issue streams the alerts of a project name: only those are listed."""
    named = chain.from_iterable(alert.monitors for alert in project.scenario.alerts if alert.connected)
    return {ISSUE_STREAM, WHOLE_ORGANIZATION} & set(named)
