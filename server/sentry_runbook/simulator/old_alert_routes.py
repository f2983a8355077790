"""The endpoints about alerts from before workflows and detectors: alive, in a brown-out (410), or gone (404)."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator import alert_payloads as payloads
from sentry_runbook.simulator.alert_routes import history, hourly, metrics
from sentry_runbook.simulator.detector_payloads import metric_rule
from sentry_runbook.simulator.open_period_payloads import incident, incident_identifier
from sentry_runbook.simulator.params import (
    ApiError,
    answer,
    forbidden,
    not_found,
    page,
    period,
    profile_of,
    projects,
    world_of,
)
from sentry_runbook.simulator.records import ProjectRecord
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec
from sentry_runbook.simulator.watch_payloads import Row, at, monitor
from sentry_runbook.simulator.watch_routes import uptime

_GONE = {"message": "This API no longer exists."}
REPLACEMENT = "X-Sentry-Replacement-Endpoint"
DEPRECATION = "X-Sentry-Deprecation-Date"


def _retired(request: Request, replacement: str) -> Response | None:
    """Return the answer of a server on which these endpoints are on their way out; None where they are alive."""
    state = profile_of(request).old_alerts
    if state == "absent":
        raise ApiError(404)
    if state == "alive":
        return None
    where = f"/api/0/organizations/{request.path_params['org']}/{replacement}/"
    return answer(_GONE, {REPLACEMENT: where, DEPRECATION: "2026-08-04T00:00:00+00:00"}, status=410)


def _project(request: Request) -> ProjectRecord:
    project = world_of(request).find_project(request.path_params["project"])
    if project is None:
        raise not_found()
    if not profile_of(request).access:
        raise forbidden()
    return project


def _rule_of(request: Request) -> tuple[ProjectRecord, AlertSpec]:
    project = _project(request)
    for alert in project.scenario.alerts:
        if alert.rule_id == request.path_params["rule"]:
            return project, alert
    raise not_found()


async def rule_list(request: Request) -> Response:
    """Answer with the issue alerts of a project; their last firings only where they are asked for."""
    if (gone := _retired(request, "workflows")) is not None:
        return gone
    project, world = _project(request), world_of(request)
    with_last = "lastTriggered" in request.query_params.getlist("expand")
    rows = [
        payloads.rule(project, alert, world, world.now_ms(), with_last=with_last)
        for alert in project.scenario.alerts
        if alert.rule_id
    ]
    shown, links = page(request, rows)
    return answer(list(shown), links)


async def rule_get(request: Request) -> Response:
    """Answer with one issue alert."""
    if (gone := _retired(request, "workflows")) is not None:
        return gone
    project, alert = _rule_of(request)
    world = world_of(request)
    return answer(payloads.rule(project, alert, world, world.now_ms()))


async def rule_history(request: Request) -> Response:
    """Answer with the firings of an issue alert by issue."""
    if (gone := _retired(request, "workflows")) is not None:
        return gone
    return history(request, _rule_of(request)[1])


async def rule_stats(request: Request) -> Response:
    """Answer with the firings of an issue alert by the clock hour."""
    if (gone := _retired(request, "workflows")) is not None:
        return gone
    return hourly(request, _rule_of(request)[1])


def _metric_rules(request: Request) -> Iterator[tuple[ProjectRecord, DetectorSpec]]:
    """Return the metric alerts of the projects that are asked for."""
    for project in projects(request, world_of(request), profile_of(request)):
        for metric in project.scenario.detectors:
            if metric.rule_id:
                yield project, metric


async def metric_rule_list(request: Request) -> Response:
    """Answer with the metric alerts."""
    if (gone := _retired(request, "detectors")) is not None:
        return gone
    shown, links = page(request, [metric_rule(project, metric) for project, metric in _metric_rules(request)])
    return answer(list(shown), links)


async def metric_rule_get(request: Request) -> Response:
    """Answer with one metric alert."""
    if (gone := _retired(request, "detectors")) is not None:
        return gone
    for project, metric in metrics(world_of(request)):
        if metric.rule_id == request.path_params["rule"]:
            return answer(metric_rule(project, metric))
    raise not_found()


async def incident_list(request: Request) -> Response:
    """Answer with the incidents that touch the period, newest first; of one metric alert where it is named."""
    if (gone := _retired(request, "open-periods")) is not None:
        return gone
    world = world_of(request)
    wanted = request.query_params.get("alertRule")
    start, end = period(request, world.now_ms()) or (0, world.now_ms())
    rows = [
        incident(project, metric, world, number)
        for project, metric in _metric_rules(request)
        for number, (opened, closed) in enumerate(metric.opened)
        if wanted in (None, metric.rule_id)
        and at(world, opened) <= min(end, world.now_ms())
        and (closed is None or at(world, closed) >= start)
    ]
    shown, links = page(request, sorted(rows, key=lambda row: str(row["dateStarted"]), reverse=True))
    return answer(list(shown), links)


async def incident_get(request: Request) -> Response:
    """Answer with one incident, by its number in links."""
    if (gone := _retired(request, "open-periods")) is not None:
        return gone
    world = world_of(request)
    for project, metric in metrics(world):
        for number in range(len(metric.opened)):
            if incident_identifier(project, metric, number) == request.path_params["incident"]:
                return answer(incident(project, metric, world, number))
    raise not_found()


async def combined_list(request: Request) -> Response:
    """Answer with the alerts of all kinds together, by ``name``."""
    if (gone := _retired(request, "detectors")) is not None:
        return gone
    world = world_of(request)
    wanted = request.query_params.get("name", "").lower()
    rows: list[Row] = []
    for project in projects(request, world, profile_of(request)):
        scenario = project.scenario
        rows += [
            payloads.rule(project, alert, world, world.now_ms()) | {"type": "rule"}
            for alert in scenario.alerts
            if alert.rule_id
        ]
        rows += [metric_rule(project, it) | {"type": "alert_rule"} for it in scenario.detectors if it.rule_id]
        rows += [uptime(project, check, world) | {"type": "uptime"} for check in scenario.uptime]
        rows += [monitor(project, cron, world) | {"type": "monitor"} for cron in scenario.monitors]
    found, links = page(request, [row for row in rows if wanted in str(row["name"]).lower()])
    return answer(list(found), links)
