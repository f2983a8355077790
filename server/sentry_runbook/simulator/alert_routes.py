"""The endpoints about alerts (workflows) and the monitors (detectors) that they belong to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.catalog_routes import CREATED, ORGANIZATION_ID
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.params import ApiError, answer, page, scope, world_of
from sentry_runbook.simulator.records import MINUTE, ProjectRecord, number_id
from sentry_runbook.simulator.world import World

_SORT_KEYS = ("id", "name", "lastTriggered", "dateCreated", "dateUpdated")


def _detector_id(project: ProjectRecord) -> str:
    return number_id("detector", project.id, digits=7)


def _at(world: World, minutes: float) -> str:
    return iso(world.origin + round(minutes * MINUTE))


def _workflows(project: ProjectRecord, world: World, now: int) -> list[dict[str, object]]:
    workflows: list[dict[str, object]] = []
    for alert in project.scenario.alerts:
        fired = None if alert.triggered is None else world.origin + round(alert.triggered * MINUTE)
        created = CREATED if alert.created is None else _at(world, alert.created)
        workflows.append(
            {
                "id": number_id("workflow", project.id, alert.name, digits=7),
                "name": alert.name,
                "organizationId": ORGANIZATION_ID,
                "createdBy": None,
                "dateCreated": created,
                "dateUpdated": created if alert.edited is None else _at(world, alert.edited),
                "triggers": None,
                "actionFilters": [],
                "environment": alert.environment,
                "config": {"frequency": 30},
                "detectorIds": [_detector_id(project)],
                "enabled": True,
                "lastTriggered": iso(fired) if fired is not None and fired <= now else None,
                "owner": None,
            }
        )
    return workflows


async def workflow_list(request: Request) -> Response:
    """Answer with the alerts (workflows) and the last time that each was triggered."""
    world, asked = world_of(request), scope(request)
    wanted = request.query_params.get("query", "").lower()
    workflows = [row for project in asked.projects for row in _workflows(project, world, asked.now)]
    order = request.query_params.get("sortBy", "id")
    key = order.removeprefix("-")
    if key not in _SORT_KEYS:
        raise ApiError(400, {"sortBy": ["Invalid sort field"]})
    # Alerts that never fired come last, whichever way the times are sorted.
    workflows.sort(key=lambda row: str(row[key] or ""), reverse=order.startswith("-"))
    if key == "lastTriggered":
        workflows.sort(key=lambda row: row[key] is None)
    rows, links = page(request, [row for row in workflows if wanted in str(row["name"]).lower()])
    return answer(list(rows), links)


async def detector_list(request: Request) -> Response:
    """Answer with the monitors: one error monitor for each project."""
    world, asked = world_of(request), scope(request)
    detectors = []
    for project in asked.projects:
        detectors.append(
            {
                "id": _detector_id(project),
                "name": "Error Monitor",
                "type": "error",
                "projectId": project.id,
                "enabled": True,
                "workflowIds": [row["id"] for row in _workflows(project, world, asked.now)],
                "dataSources": None,
                "conditionGroup": None,
                "config": {},
                "latestGroup": None,
                "owner": None,
                "createdBy": None,
                "description": None,
                "dateCreated": CREATED,
                "dateUpdated": CREATED,
            }
        )
    rows, links = page(request, detectors)
    return answer(list(rows), links)
