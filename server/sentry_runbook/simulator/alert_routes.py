"""The endpoints about alerts (workflows) and the monitors (detectors) that they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator import alert_payloads as payloads
from sentry_runbook.simulator.issue_routes import base_url
from sentry_runbook.simulator.params import (
    ApiError,
    answer,
    bad,
    forbidden,
    not_found,
    page,
    period,
    profile_of,
    projects,
    scope,
    world_of,
)
from sentry_runbook.simulator.records import DAY, ProjectRecord
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec
from sentry_runbook.simulator.world import World

_SORT_KEYS = ("id", "name", "lastTriggered", "dateCreated", "dateUpdated")
_DETECTOR_TYPES = {"metric": "metric_issue", "uptime": "uptime_domain_failure", "cron": "monitor_check_in_failure"}

_DETECTOR_SORT_KEYS = ("id", "name", "type", "connectedWorkflows", "latestGroup", "openIssues")


def _must_have(request: Request) -> None:
    """Answer as a server from before alerts and monitors of this form, where the profile is one."""
    if not profile_of(request).workflows:
        raise ApiError(404)


def _readable(request: Request, project: ProjectRecord | None) -> ProjectRecord:
    if project is None:
        raise not_found()
    if not profile_of(request).access:
        raise forbidden()
    return project


def _alerts(world: World) -> Iterator[tuple[ProjectRecord, AlertSpec]]:
    for project in world.projects:
        for alert in project.scenario.alerts:
            if alert.migrated:
                yield project, alert


def metrics(world: World) -> Iterator[tuple[ProjectRecord, DetectorSpec]]:
    """Return every metric monitor with its project."""
    for project in world.projects:
        for metric in project.scenario.detectors:
            yield project, metric


# --- alerts ---------------------------------------------------------------------------------------------------------


async def workflow_list(request: Request) -> Response:
    """Answer with the alerts (workflows) and the last time that each was triggered."""
    _must_have(request)
    world, asked = world_of(request), scope(request)
    wanted = request.query_params.get("query", "").lower()
    is_filtered = "project" in request.query_params
    workflows = [
        payloads.workflow(project, alert, world, asked.now)
        for project in asked.projects
        for alert in project.scenario.alerts
        # An alert without a monitor belongs to no project: with a filter it is not listed.
        if alert.migrated and (alert.connected or not is_filtered)
    ]
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


def _workflow_of(request: Request) -> tuple[ProjectRecord, AlertSpec]:
    _must_have(request)
    wanted = request.path_params["workflow"]
    for project, alert in _alerts(world_of(request)):
        if payloads.workflow_id(project, alert) == wanted:
            return _readable(request, project), alert
    raise not_found()


async def workflow_get(request: Request) -> Response:
    """Answer with one alert."""
    project, alert = _workflow_of(request)
    world = world_of(request)
    return answer(payloads.workflow(project, alert, world, world.now_ms()))


async def workflow_history(request: Request) -> Response:
    """Answer with the firings of an alert by issue; Sentry's own default of the period is 90 days."""
    _, alert = _workflow_of(request)
    return history(request, alert)


def history(request: Request, alert: AlertSpec) -> Response:
    """Answer with the firings of an alert, of today's form or of the old one."""
    world = world_of(request)
    now = world.now_ms()
    start, end = period(request, now) or (now - 90 * DAY, now + 1)
    rows, links = page(request, payloads.firings(world, alert, start, end, base_url(request)))
    return answer(list(rows), links)


async def workflow_of_rule(request: Request) -> Response:
    """Answer with the alert that an old issue alert became."""
    _must_have(request)
    wanted = _one_of(request, "rule_id", "workflow_id", "alert_rule_id")
    for project, alert in _alerts(world_of(request)):
        workflow = payloads.workflow_id(project, alert)
        if wanted in (("rule_id", alert.rule_id), ("workflow_id", workflow)):
            _readable(request, project)
            return answer({"ruleId": alert.rule_id, "alertRuleId": None, "workflowId": workflow})
    raise not_found()


def _one_of(request: Request, *names: str) -> tuple[str, str]:
    given = [(name, request.query_params[name]) for name in names if name in request.query_params]
    if not given:
        raise bad(f"One of {', '.join(names)} must be provided.")
    return given[0]


# --- monitors -------------------------------------------------------------------------------------------------------


async def detector_list(request: Request) -> Response:
    """Answer with the monitors."""
    _must_have(request)
    world, asked = world_of(request), scope(request)
    rows = [
        row for project in asked.projects for row in payloads.detectors(project, world, asked.now, base_url(request))
    ]
    ids = request.query_params.getlist("id")
    for word in request.query_params.get("query", "").lower().split():
        if word.startswith("type:"):
            kinds = [_DETECTOR_TYPES.get(kind, kind) for kind in word.removeprefix("type:").strip("[]").split(",")]
            rows = [row for row in rows if row["type"] in kinds]
        else:
            rows = [row for row in rows if word in str(row["name"]).lower()]
    order = request.query_params.get("sortBy", "id")
    key = order.removeprefix("-")
    if key not in _DETECTOR_SORT_KEYS:
        raise ApiError(400, {"sortBy": ["Invalid sort field"]})
    if order != "id":
        rows.sort(key=lambda row: _sorted_by(row[key]), reverse=order.startswith("-"))
    found, links = page(request, [row for row in rows if not ids or row["id"] in ids])
    return answer(list(found), links)


def _sorted_by(value: object) -> tuple[int, str]:
    """Order numbers by size, lists by length, issues by their last event, and texts by themselves."""
    if isinstance(value, list):
        return len(value), ""
    if isinstance(value, dict):
        return 0, str(value.get("lastSeen"))
    return (value, "") if isinstance(value, int) else (0, str(value or ""))


async def detector_get(request: Request) -> Response:
    """Answer with one monitor."""
    _must_have(request)
    world = world_of(request)
    wanted = request.path_params["detector"]
    for project in world.projects:
        for row in payloads.detectors(project, world, world.now_ms(), base_url(request)):
            if row["id"] == wanted:
                _readable(request, project)
                return answer(row)
    raise not_found()


async def detector_of_rule(request: Request) -> Response:
    """Answer with the monitor that an old metric alert became."""
    _must_have(request)
    wanted = _one_of(request, "alert_rule_id", "detector_id", "rule_id")
    for project, metric in metrics(world_of(request)):
        detector = payloads.detector_id(project, metric)
        if wanted in (("alert_rule_id", metric.rule_id), ("detector_id", detector)):
            _readable(request, project)
            return answer({"ruleId": None, "alertRuleId": metric.rule_id, "detectorId": detector})
    raise not_found()


# --- when they were open --------------------------------------------------------------------------------------------


async def open_periods(request: Request) -> Response:
    """Answer with the open periods of a monitor's or of an issue's, those that began in the period."""
    _must_have(request)
    world, query = world_of(request), request.query_params
    if ("detectorId" in query) == ("groupId" in query):
        raise bad("Must provide exactly one of detectorId or groupId.")
    now = world.now_ms()
    start, _ = period(request, now) or (now - 90 * DAY, now)
    for project in projects(request, world, profile_of(request)) if "project" in query else world.projects:
        for spec in payloads.watchers(project):
            issue = payloads.issue_named(world, spec.issue, now)
            named = payloads.detector_id(project, spec) if "detectorId" in query else issue and issue.id
            if named == (query.get("detectorId") or query.get("groupId")):
                _readable(request, project)
                # The periods are the newest issue's: without one there are none.
                return answer(payloads.open_periods(project, spec, world, start) if issue is not None else [])
    return answer([])


async def period_of_incident(request: Request) -> Response:
    """Answer with the open period and issue of an old incident."""
    _must_have(request)
    world = world_of(request)
    _, wanted = _one_of(request, "incident_identifier", "incident_id")
    for project, metric in metrics(world):
        issue = payloads.issue_named(world, metric.issue, world.now_ms())
        for number in range(len(metric.opened)):
            if issue is not None and payloads.incident_identifier(project, metric, number) == wanted:
                _readable(request, project)
                detector = payloads.detector_id(project, metric)
                return answer(
                    {
                        "incidentId": wanted,
                        "incidentIdentifier": wanted,
                        "groupId": issue.id,
                        "openPeriodId": payloads.period_id(detector, number),
                    }
                )
    raise not_found()
