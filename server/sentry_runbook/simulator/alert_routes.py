"""The endpoints about alerts (workflows) and the monitors (detectors) that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator import alert_payloads as payloads
from sentry_runbook.simulator.alert_ids import all_alerts, detector_id, issue_named, watchers, workflow_id
from sentry_runbook.simulator.alert_lists import (
    ALERT_ORDERS,
    MONITOR_ORDERS,
    is_wanted_alert,
    sorted_page,
    wanted_monitors,
)
from sentry_runbook.simulator.detector_payloads import detectors, organization_monitor
from sentry_runbook.simulator.issue_routes import base_url
from sentry_runbook.simulator.open_period_payloads import incident_identifier, open_periods, period_id
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
    whole,
    world_of,
)
from sentry_runbook.simulator.records import DAY, ProjectRecord
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec
from sentry_runbook.simulator.watch_payloads import Row
from sentry_runbook.simulator.world import World


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
    means = {project.id for project in asked.projects}
    rows = [
        payloads.workflow(project, alert, world, asked.now)
        for project, alert in all_alerts(world)
        if is_wanted_alert(request, project, alert, is_own=project.id in means)
    ]
    return sorted_page(request, rows, ALERT_ORDERS)


def _workflow_of(request: Request) -> tuple[ProjectRecord, AlertSpec]:
    _must_have(request)
    wanted = request.path_params["workflow"]
    for project, alert in all_alerts(world_of(request)):
        if workflow_id(project, alert) == wanted:
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


async def workflow_stats(request: Request) -> Response:
    """Answer with the firings of an alert by the clock hour."""
    _, alert = _workflow_of(request)
    return hourly(request, alert)


def _of_firings(request: Request) -> tuple[int, int]:
    now = world_of(request).now_ms()
    return period(request, now) or (now - 90 * DAY, now + 1)


def hourly(request: Request, alert: AlertSpec) -> Response:
    """Answer with the firings of an alert by the hour, of today's form or of the old one."""
    return answer(payloads.firings_by_hour(world_of(request), alert, *_of_firings(request)))


def history(request: Request, alert: AlertSpec) -> Response:
    """Answer with the firings of an alert, of today's form or of the old one."""
    world = world_of(request)
    rows, links = page(request, payloads.firings(world, alert, *_of_firings(request), base_url(request)))
    return answer(list(rows), links)


async def workflow_of_rule(request: Request) -> Response:
    """Answer with the alert that an old issue alert became."""
    _must_have(request)
    wanted = _one_of(request, "rule_id", "workflow_id", "alert_rule_id")
    for project, alert in all_alerts(world_of(request)):
        id_ = workflow_id(project, alert)
        if wanted in (("rule_id", alert.rule_id), ("workflow_id", id_)):
            _readable(request, project)
            return answer({"ruleId": alert.rule_id, "alertRuleId": None, "workflowId": id_})
    raise not_found()


def _one_of(request: Request, *names: str) -> tuple[str, str]:
    given = [(name, request.query_params[name]) for name in names if name in request.query_params]
    if not given:
        raise bad(f"One of {', '.join(names)} must be provided.")
    return given[0]


# --- monitors -------------------------------------------------------------------------------------------------------


def _monitors(request: Request, of: Iterable[ProjectRecord]) -> Iterator[tuple[ProjectRecord | None, Row]]:
    """Return the monitors of projects, and the one of the organization, which has no project."""
    world = world_of(request)
    if (shared := organization_monitor(world)) is not None:
        yield None, shared
    for project in of:
        for row in detectors(project, world, world.now_ms(), base_url(request)):
            yield project, row


async def detector_list(request: Request) -> Response:
    """Answer with the monitors."""
    _must_have(request)
    rows = [row for _, row in _monitors(request, scope(request).projects)]
    return sorted_page(request, wanted_monitors(request, rows), MONITOR_ORDERS)


async def detector_get(request: Request) -> Response:
    """Answer with one monitor."""
    _must_have(request)
    for project, row in _monitors(request, world_of(request).projects):
        if row["id"] == request.path_params["detector"]:
            if project is not None:
                _readable(request, project)
            return answer(row)
    raise not_found()


async def detector_of_rule(request: Request) -> Response:
    """Answer with the monitor that an old metric alert became."""
    _must_have(request)
    wanted = _one_of(request, "alert_rule_id", "detector_id", "rule_id")
    for project, metric in metrics(world_of(request)):
        if not metric.migrated:
            continue
        detector = detector_id(project, metric)
        if wanted in (("alert_rule_id", metric.rule_id), ("detector_id", detector)):
            _readable(request, project)
            return answer({"ruleId": None, "alertRuleId": metric.rule_id, "detectorId": detector})
    raise not_found()


# --- when they were open --------------------------------------------------------------------------------------------


async def open_period_list(request: Request) -> Response:
    """Answer with the open periods of a monitor's or of an issue's, those that began in the period."""
    _must_have(request)
    world, query = world_of(request), request.query_params
    if ("detectorId" in query) == ("groupId" in query):
        raise bad("Must provide exactly one of detectorId or groupId.")
    now = world.now_ms()
    start, _ = period(request, now) or (now - 90 * DAY, now)
    sooner = 1000 * whole(request, "bucketSize", DAY // 1000, DAY // 1000) if "bucketSize" in query else 0
    for project in projects(request, world, profile_of(request)) if "project" in query else world.projects:
        for spec in watchers(project):
            issue = issue_named(world, spec.issue, now)
            named = detector_id(project, spec) if "detectorId" in query else issue and issue.id
            if named == (query.get("detectorId") or query.get("groupId")):
                _readable(request, project)
                # The periods are the newest issue's: without one there are none.
                return answer(open_periods(project, spec, world, start, sooner) if issue is not None else [])
    return answer([])


async def period_of_incident(request: Request) -> Response:
    """Answer with the open period and issue of an old incident."""
    _must_have(request)
    world = world_of(request)
    _, wanted = _one_of(request, "incident_identifier", "incident_id")
    for project, metric in metrics(world):
        issue = issue_named(world, metric.issue, world.now_ms())
        for number in range(len(metric.opened)):
            if issue is not None and incident_identifier(project, metric, number) == wanted:
                _readable(request, project)
                detector = detector_id(project, metric)
                return answer(
                    {
                        "incidentId": wanted,
                        "incidentIdentifier": wanted,
                        "groupId": issue.id,
                        "openPeriodId": period_id(detector, number),
                    }
                )
    raise not_found()
