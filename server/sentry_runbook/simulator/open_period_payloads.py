"""When a monitor was open, as Sentry answers it: open periods of today, incidents before 2026."""

from __future__ import annotations

from sentry_runbook.simulator.alert_ids import Watcher, detector_id
from sentry_runbook.simulator.catalog_routes import ORGANIZATION_ID
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.detector_payloads import metric_rule
from sentry_runbook.simulator.records import ProjectRecord, number_id
from sentry_runbook.simulator.scenario import DetectorSpec, MonitorSpec, UptimeSpec
from sentry_runbook.simulator.scenario.watchers import Stretch
from sentry_runbook.simulator.watch_payloads import Row, at
from sentry_runbook.simulator.world import World

FAKE_ID = 10**9
"""What Sentry adds to the id of an open period to name it as an incident, where it was never one."""
_OPEN = {"high": 20, "medium": 10}
"""The status of an open incident: critical or warning; a closed one has 2."""


def _stretches(spec: Watcher) -> tuple[Stretch, ...]:
    if isinstance(spec, MonitorSpec):
        return () if spec.failing_since is None else ((spec.failing_since, None),)
    return spec.down if isinstance(spec, UptimeSpec) else spec.opened


def _bounds(stretch: Stretch, world: World) -> tuple[int, int | None]:
    """Return begin and end of a stretch; one that ends in the future goes on."""
    began, closed = at(world, stretch[0]), stretch[1]
    ended = None if closed is None or at(world, closed) > world.now_ms() else at(world, closed)
    return began, ended


def _levels(spec: Watcher, world: World, began: int, ended: int | None) -> list[tuple[int, str]]:
    """Return the levels of a stretch, each with its instant: how it opened, then its changes."""
    told = spec.levels if isinstance(spec, DetectorSpec) else ()
    last = world.now_ms() if ended is None else ended
    changes: list[tuple[int, str]] = [(at(world, minute), level) for minute, level in told]
    within = [(moment, level) for moment, level in sorted(changes) if began <= moment <= last]
    return within if within and within[0][0] == began else [(began, "high"), *within]


def open_periods(project: ProjectRecord, spec: Watcher, world: World, start: int, sooner: int = 0) -> list[Row]:
    """Return the periods that began since ``start``, newest first.

    Args:
        project: whose the monitor is.
        spec: the monitor.
        world: gives the times.
        start: epoch milliseconds.
        sooner: milliseconds by which both ends are told earlier (``bucketSize``).
    """
    now, id_ = world.now_ms(), detector_id(project, spec)
    rows: list[Row] = []
    for number, stretch in enumerate(_stretches(spec)):
        began, ended = _bounds(stretch, world)
        if not start <= began <= now:
            continue
        levels = _levels(spec, world, began, ended)
        activities = [_activity(id_, "opened", *levels[0])]
        activities += [_activity(id_, "status_change", moment, level) for moment, level in levels[1:]]
        activities += [_activity(id_, "closed", ended, None)] if ended is not None else []
        rows.append(
            {
                "id": period_id(id_, number),
                "start": iso(began - sooner),
                "end": None if ended is None else iso(ended - sooner),
                "isOpen": ended is None,
                "activities": activities,
            }
        )
    return rows[::-1]


def period_id(detector: str, number: int) -> str:
    """Return the id of a monitor's open period, by its place."""
    return number_id("period", detector, number, digits=6)


def _activity(detector: str, kind: str, moment: int, value: str | None) -> Row:
    return {
        "id": number_id("activity", detector, kind, moment, digits=6),
        "type": kind,
        "value": value,
        "dateCreated": iso(moment),
        "eventId": None,
    }


def incident(project: ProjectRecord, metric: DetectorSpec, world: World, number: int) -> Row:
    """Return an open period as the incident that it was called before."""
    began, ended = _bounds(metric.opened[number], world)
    return {
        "id": number_id("incident", detector_id(project, metric), number, digits=5),
        "identifier": incident_identifier(project, metric, number),
        "organizationId": ORGANIZATION_ID,
        "projects": [project.slug],
        "alertRule": metric_rule(project, metric),
        "status": _OPEN[_levels(metric, world, began, ended)[-1][1]] if ended is None else 2,
        "title": metric.name,
        "dateStarted": iso(began),
        "dateDetected": iso(began),
        "dateCreated": iso(began),
        "dateClosed": None if ended is None else iso(ended),
    }


def incident_identifier(project: ProjectRecord, metric: DetectorSpec, number: int) -> str:
    """Return the number by which links name the incident of an open period."""
    return str(FAKE_ID + int(period_id(detector_id(project, metric), number)))
