"""Monitors of all kinds as Sentry answers them, in the form of today and in the one before 2026."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sentry_runbook.simulator.alert_ids import (
    Watcher,
    alerts_by_monitor,
    detector_id,
    issue_named,
    issue_stream_id,
    named_streams,
)
from sentry_runbook.simulator.alert_payloads import condition_group
from sentry_runbook.simulator.catalog_routes import CREATED, ORGANIZATION_ID
from sentry_runbook.simulator.issue_payloads import issue_row
from sentry_runbook.simulator.people import owner, owner_id
from sentry_runbook.simulator.records import ProjectRecord
from sentry_runbook.simulator.scenario import DetectorSpec
from sentry_runbook.simulator.scenario.watchers import ISSUE_STREAM, WHOLE_ORGANIZATION, Condition
from sentry_runbook.simulator.watch_payloads import Row, monitor
from sentry_runbook.simulator.world import World

_RESULTS = {"critical": 75, "warning": 50}
"""What a monitor is when a threshold of that name is crossed: high and medium; 0 is well again."""
_HUNDRED = 100


# --- today ----------------------------------------------------------------------------------------------------------


def organization_monitor(world: World) -> Row | None:
    """Return the issue stream of the whole organization, where an alert is connected to it."""
    if not any(WHOLE_ORGANIZATION in named_streams(project) for project in world.projects):
        return None
    alerts = alerts_by_monitor(world)
    return _row(issue_stream_id(None), "Issue Stream", "issue_stream", alerts) | {"projectId": None}


def detectors(project: ProjectRecord, world: World, now: int, base: str) -> Iterator[Row]:
    """Return the project's monitors: its error monitor, metric and cron monitors, uptime checks.

    Every project of Sentry's has a monitor of all its issues, too; here one that has alerts.
    """
    alerts = alerts_by_monitor(world)
    own: Row = {"projectId": project.id}
    yield _row(detector_id(project), "Error Monitor", "error", alerts) | own
    if ISSUE_STREAM in named_streams(project):
        yield _row(issue_stream_id(project), "Issue Stream", "issue_stream", alerts) | own

    def watched(spec: Watcher, name: str, kind: str) -> Row:
        issue = issue_named(world, spec.issue, now)
        return _row(detector_id(project, spec), name, kind, alerts) | {
            "projectId": project.id,
            "latestGroup": issue_row(issue, base, now) if issue else None,
            "openIssues": int(issue is not None and issue.status == "unresolved"),
            "owner": owner(spec.owner),
        }

    for metric in project.scenario.detectors:
        if metric.migrated:
            id_ = detector_id(project, metric)
            yield watched(metric, metric.name, "metric_issue") | {
                "enabled": metric.enabled,
                "dataSources": [_metric_source(metric)],
                "conditionGroup": condition_group((id_, "monitor"), "any", thresholds(metric)),
                "config": {"detectionType": metric.detection_type, "comparisonDelta": metric.comparison_delta},
            }
    for cron in project.scenario.monitors:
        row = watched(cron, cron.name or cron.slug, "monitor_check_in_failure")
        yield row | {"dataSources": [_source("cron_monitor", monitor(project, cron, world))]}
    for check in project.scenario.uptime:
        source = {"url": check.url, "intervalSeconds": round(check.every * 60)}
        yield watched(check, check.name, "uptime_domain_failure") | {
            "dataSources": [_source("uptime_subscription", source)],
            "config": {"downtimeThreshold": 3, "recoveryThreshold": 1, "environment": check.environment},
        }


def _row(id_: str, name: str, kind: str, alerts: Mapping[str, Sequence[str]]) -> Row:
    return {
        "id": id_,
        "name": name,
        "type": kind,
        "projectId": None,
        "enabled": True,
        "workflowIds": list(alerts.get(id_, ())),
        "dataSources": None,
        "conditionGroup": None,
        "config": {},
        "latestGroup": None,
        "openIssues": 0,
        "owner": None,
        "createdBy": None,
        "description": None,
        "dateCreated": CREATED,
        "dateUpdated": CREATED,
    }


def _source(kind: str, query: Row) -> Row:
    return {"id": "1", "organizationId": ORGANIZATION_ID, "type": kind, "sourceId": "2", "queryObj": query}


def _metric_source(metric: DetectorSpec) -> Row:
    query: Row = {
        "id": "3",
        "dataset": metric.dataset,
        "query": metric.query,
        "aggregate": metric.aggregate,
        "timeWindow": metric.window * 60,
        "environment": metric.environment,
        "eventTypes": _event_types(metric),
    }
    return _source("snuba_query_subscription", {"id": "2", "status": 0, "subscription": "0/ab", "snubaQuery": query})


def _event_types(metric: DetectorSpec) -> list[str]:
    return ["error"] if metric.dataset == "events" else ["transaction"]


def thresholds(metric: DetectorSpec) -> tuple[Condition, ...]:
    """Return the conditions of a monitor of today; where none are told, those that its old metric alert becomes."""
    if metric.conditions:
        return metric.conditions
    if metric.detection_type == "dynamic":
        sensing = {"sensitivity": "medium", "seasonality": "auto", "thresholdType": metric.threshold_type}
        return ({"type": "anomaly_detection", "comparison": sensing, "conditionResult": 75},)
    crossed, well = ("gt", "lte") if metric.threshold_type == 0 else ("lt", "gte")
    lines = [(label, _today(metric, limit)) for label, limit in metric.triggers] or [("critical", metric.above)]
    closing = [limit for label, limit in lines if label == "warning"] or [limit for _, limit in lines]
    if metric.resolve_threshold is not None:
        closing = [_today(metric, metric.resolve_threshold)]
    conditions = [{"type": crossed, "comparison": limit, "conditionResult": _RESULTS[label]} for label, limit in lines]
    return (*conditions, {"type": well, "comparison": closing[0], "conditionResult": 0})


def _is_percent(metric: DetectorSpec) -> bool:
    return metric.comparison_delta is not None


def _today(metric: DetectorSpec, limit: float) -> float:
    """Return a threshold of before in today's unit: "50 % higher" is 150 % of the value then, "40 % lower" 60 %."""
    if not _is_percent(metric):
        return limit
    return _HUNDRED + limit if metric.threshold_type == 0 else _HUNDRED - limit


def _before(metric: DetectorSpec, limit: float) -> float:
    if not _is_percent(metric):
        return limit
    return limit - _HUNDRED if metric.threshold_type == 0 else _HUNDRED - limit


# --- before ---------------------------------------------------------------------------------------------------------


def resolution(metric: DetectorSpec) -> int:
    """Return the minutes between two values, by the window; of a comparison with before twice that (alerts, 3)."""
    steps = ((30, 1), (60, 2), (240, 3), (1440, 5))
    step = next((step for below, step in steps if metric.window < below), 15)
    return 2 * step if _is_percent(metric) else step


def metric_rule(project: ProjectRecord, metric: DetectorSpec) -> Row:
    """Return the old metric alert that became this monitor, or never did; its times are in minutes."""
    delta = metric.comparison_delta
    lines = metric.triggers or (("critical", _before(metric, metric.above)),)
    return {
        "id": metric.rule_id,
        "name": metric.name,
        "organizationId": ORGANIZATION_ID,
        "status": 0 if metric.enabled else 5,
        "aggregate": metric.aggregate,
        "dataset": metric.dataset,
        "query": metric.query,
        "eventTypes": _event_types(metric),
        "timeWindow": metric.window,
        "resolution": resolution(metric),
        "comparisonDelta": None if delta is None else delta // 60,
        "thresholdType": metric.threshold_type,
        "thresholdPeriod": metric.threshold_period,
        "resolveThreshold": metric.resolve_threshold,
        "detectionType": metric.detection_type,
        "environment": metric.environment,
        "projects": [project.slug],
        "owner": owner_id(metric.owner) if metric.owner else None,
        "dateCreated": CREATED,
        "triggers": [
            {
                "label": label,
                "alertThreshold": limit,
                "actions": [{"id": "3", "type": "email", "targetType": "team", "targetIdentifier": "12"}],
            }
            for label, limit in lines
        ],
    }
