"""The endpoints about cron monitors and uptime checks, and what became of each check."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.alert_ids import detector_id
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.params import (
    answer,
    environments,
    forbidden,
    not_found,
    page,
    period,
    profile_of,
    world_of,
)
from sentry_runbook.simulator.people import owner
from sentry_runbook.simulator.records import DAY, MINUTE, ProjectRecord, digest
from sentry_runbook.simulator.scenario import MonitorSpec, UptimeSpec
from sentry_runbook.simulator.watch_payloads import Row, at, checked_in, guid, monitor, monitor_id
from sentry_runbook.simulator.world import World


def _projects(request: Request) -> list[ProjectRecord]:
    world, named = world_of(request), request.path_params.get("project")
    if named is None:
        return world.projects
    project = world.find_project(named)
    if project is None:
        raise not_found()
    if not profile_of(request).access:
        raise forbidden()
    return [project]


# --- cron monitors --------------------------------------------------------------------------------------------------


def _monitor_of(request: Request) -> tuple[ProjectRecord, MonitorSpec]:
    wanted = request.path_params["monitor"]
    for project in _projects(request):
        for spec in project.scenario.monitors:
            if wanted in (spec.slug, monitor_id(project, spec)):
                return project, spec
    raise not_found()


async def monitor_list(request: Request) -> Response:
    """Answer with the cron monitors."""
    world = world_of(request)
    wanted = request.query_params.get("query", "").lower()
    rows = [
        monitor(project, spec, world)
        for project in world.projects
        for spec in project.scenario.monitors
        if wanted in f"{spec.name} {spec.slug}".lower()
    ]
    found, links = page(request, rows)
    return answer(list(found), links)


async def monitor_get(request: Request) -> Response:
    """Answer with one cron monitor, by its slug or id."""
    project, spec = _monitor_of(request)
    return answer(monitor(project, spec, world_of(request)))


async def check_in_list(request: Request) -> Response:
    """Answer with the check-ins of a monitor, newest first."""
    _, spec = _monitor_of(request)
    world = world_of(request)
    now = world.now_ms()
    start, end = period(request, now) or (now - 90 * DAY, now)
    names = environments(request, world, now)
    rows: list[Row] = [
        {
            "id": guid("check-in", spec.slug, due),
            "environment": spec.environment,
            "status": status,
            "duration": spec.took if status in ("ok", "error") else None,
            "dateCreated": iso(due),
            "dateAdded": iso(due),
            "dateUpdated": iso(due),
            "expectedTime": iso(due),
            "monitorConfig": {},
        }
        for due, status in reversed(checked_in(spec, world, min(end, now)))
        if due >= start and (names is None or spec.environment in names)
    ]
    found, links = page(request, rows)
    return answer(list(found), links)


# --- uptime checks --------------------------------------------------------------------------------------------------


def _uptime_of(request: Request) -> tuple[ProjectRecord, UptimeSpec]:
    for project in _projects(request):
        for spec in project.scenario.uptime:
            if detector_id(project, spec) == request.path_params["uptime"]:
                return project, spec
    raise not_found()


def _is_down(spec: UptimeSpec, world: World, moment: int) -> bool:
    minute = (moment - world.origin) / MINUTE
    return any(start <= minute and (end is None or minute < end) for start, end in spec.down)


async def uptime_get(request: Request) -> Response:
    """Answer with one uptime check."""
    project, spec = _uptime_of(request)
    return answer(uptime(project, spec, world_of(request)))


def uptime(project: ProjectRecord, spec: UptimeSpec, world: World) -> Row:
    """Return an uptime check; its state is 1 (up) or 2 (down)."""
    return {
        "id": detector_id(project, spec),
        "projectSlug": project.slug,
        "environment": spec.environment,
        "name": spec.name,
        "status": "active",
        "uptimeStatus": 2 if _is_down(spec, world, world.now_ms()) else 1,
        "mode": 1,
        "url": spec.url,
        "method": "GET",
        "headers": [],
        "body": None,
        "intervalSeconds": round(spec.every * 60),
        "timeoutMs": 10_000,
        "owner": owner(spec.owner),
        "traceSampling": False,
        "downtimeThreshold": 3,
        "recoveryThreshold": 1,
    }


async def uptime_check_list(request: Request) -> Response:
    """Answer with the checks of an address, newest first."""
    project, spec = _uptime_of(request)
    world = world_of(request)
    now = world.now_ms()
    start, end = period(request, now) or (now - 90 * DAY, now)
    step, first = round(spec.every * MINUTE), at(world, spec.since)
    newest = first + (min(end, now) - first) // step * step
    moments = range(newest, max(start, first) - 1, -step)
    shown, links = page(request, moments)
    rows: list[Row] = []
    for moment in shown:
        is_down = _is_down(spec, world, moment)
        rows.append(
            {
                "uptimeCheckId": guid("check", spec.name, moment),
                "uptimeSubscriptionId": int(detector_id(project, spec)),
                "projectUptimeSubscriptionId": int(detector_id(project, spec)),
                "timestamp": iso(moment),
                "scheduledCheckTime": iso(moment),
                "checkStatus": "failure_incident" if is_down else "success",
                "checkStatusReason": spec.reason if is_down else None,
                "httpStatusCode": spec.http_status if is_down else 200,
                "durationMs": 120,
                "traceId": digest("trace", spec.name, moment),
                "traceSpansCount": 0,
                "incidentStatus": int(is_down),
                "environment": spec.environment,
                "region": "default",
                "regionName": "Default",
            }
        )
    return answer(rows, links)
