"""Alerts, metric monitors and their firings as Sentry answers them, in the form of today and in the one before."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.simulator.catalog_routes import CREATED, ORGANIZATION_ID
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.issue_payloads import issue_row
from sentry_runbook.simulator.people import owner, owner_id
from sentry_runbook.simulator.records import IssueRecord, ProjectRecord, number_id
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, MonitorSpec, UptimeSpec
from sentry_runbook.simulator.scenario.watchers import Stretch
from sentry_runbook.simulator.watch_payloads import Row, at, monitor
from sentry_runbook.simulator.world import World

Watcher = DetectorSpec | MonitorSpec | UptimeSpec
FAKE_ID = 10**9
"""What Sentry adds to the id of an open period to name it as an incident, where it was never one."""


_ACTION: Row = {
    "id": "3",
    "type": "email",
    "integrationId": None,
    "data": {},
    "config": {"targetType": "issue_owners", "targetIdentifier": None},
    "status": "active",
}
_OLD_ACTION: Row = {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners", "uuid": "3"}


def issue_named(world: World, short_id: str | None, now: int) -> IssueRecord | None:
    """Return an issue that exists by now."""
    return world.find_issue(short_id, now) if short_id else None


# --- ids ------------------------------------------------------------------------------------------------------------


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


def _connected(project: ProjectRecord, alert: AlertSpec) -> list[str]:
    if not alert.connected:
        return []
    metric = next((spec for spec in project.scenario.detectors if spec.name == alert.monitor), None)
    return [detector_id(project, metric)]


# --- alerts ---------------------------------------------------------------------------------------------------------


def watchers(project: ProjectRecord) -> tuple[Watcher, ...]:
    """Return all monitors of a project but its error monitor."""
    scenario = project.scenario
    return (*scenario.detectors, *scenario.monitors, *scenario.uptime)


def last_triggered(world: World, alert: AlertSpec, now: int) -> int | None:
    """Return the last firing by now."""
    minutes = [firing.at for firing in alert.firings] + ([] if alert.triggered is None else [alert.triggered])
    return max((fired for minute in minutes if (fired := at(world, minute)) <= now), default=None)


def workflow(project: ProjectRecord, alert: AlertSpec, world: World, now: int) -> Row:
    """Return an alert."""
    fired = last_triggered(world, alert, now)
    created = CREATED if alert.created is None else iso(at(world, alert.created))
    return {
        "id": workflow_id(project, alert),
        "name": alert.name,
        "organizationId": ORGANIZATION_ID,
        "createdBy": None,
        "dateCreated": created,
        "dateUpdated": created if alert.edited is None else iso(at(world, alert.edited)),
        "triggers": {
            "id": "5",
            "organizationId": ORGANIZATION_ID,
            "logicType": "any-short",
            "conditions": [{"id": "6", "type": "first_seen_event", "comparison": True, "conditionResult": True}],
            "actions": [],
        },
        "actionFilters": [
            {
                "id": "8",
                "organizationId": ORGANIZATION_ID,
                "logicType": "all",
                "conditions": [],
                "actions": [_ACTION] if alert.acts else [],
            }
        ],
        "environment": alert.environment,
        "config": {"frequency": 30},
        "detectorIds": _connected(project, alert),
        "enabled": alert.enabled,
        "lastTriggered": iso(fired) if fired is not None else None,
        "owner": owner(alert.owner),
    }


def rule(project: ProjectRecord, alert: AlertSpec, world: World, now: int) -> Row:
    """Return the old issue alert that became this one; its owner is a text."""
    fired = last_triggered(world, alert, now)
    return {
        "id": alert.rule_id,
        "name": alert.name,
        "conditions": [],
        "filters": [],
        "actions": [_OLD_ACTION] if alert.acts else [],
        "actionMatch": "any",
        "filterMatch": "all",
        "frequency": 30,
        "environment": alert.environment,
        "projects": [project.slug],
        "status": "active" if alert.enabled else "disabled",
        "snooze": alert.snoozed,
        **({"snoozeForEveryone": True} if alert.snoozed else {}),
        "owner": owner_id(alert.owner) if alert.owner else None,
        "dateCreated": CREATED,
        "lastTriggered": iso(fired) if fired is not None else None,
    }


def firings(world: World, alert: AlertSpec, start: int, end: int, base: str) -> list[Row]:
    """Return the firings from ``start`` to before ``end`` by issue, the most first."""
    now = world.now_ms()
    by_issue: dict[str, list[int]] = {}
    for firing in alert.firings:
        fired = at(world, firing.at)
        if start <= fired < end and fired <= now:
            by_issue.setdefault(firing.issue, []).append(fired)
    rows: list[tuple[int, int, Row]] = []
    for short_id, times in by_issue.items():
        issue = issue_named(world, short_id, now)
        if issue is None:
            continue
        last = max(times)
        event = next((event.id for event in reversed(issue.events.until(last))), None)
        row: Row = {
            "group": issue_row(issue, base, now),
            "count": len(times),
            "lastTriggered": iso(last),
            "eventId": event,
        }
        rows.append((len(times), last, row))
    return [row for _, _, row in sorted(rows, key=lambda entry: entry[:2], reverse=True)]


# --- monitors -------------------------------------------------------------------------------------------------------


def detectors(project: ProjectRecord, world: World, now: int, base: str) -> Iterator[Row]:
    """Return the project's monitors: its error monitor, metric and cron monitors, uptime checks."""
    yield _detector(project, None, "Error Monitor", "error", world, now, base)
    for metric in project.scenario.detectors:
        source: Row = {
            "id": "3",
            "dataset": metric.dataset,
            "query": metric.query,
            "aggregate": metric.aggregate,
            "timeWindow": metric.window * 60,
            "environment": metric.environment,
            "eventTypes": ["error"],
        }
        row = _detector(project, metric, metric.name, "metric_issue", world, now, base)
        row["enabled"] = metric.enabled
        row["dataSources"] = [_source("snuba_query_subscription", {"id": "2", "status": 0, "snubaQuery": source})]
        row["conditionGroup"] = {
            "id": "4",
            "logicType": "any",
            "conditions": [
                {"id": "5", "type": "gt", "comparison": metric.above, "conditionResult": 75},
                {"id": "6", "type": "lte", "comparison": metric.above, "conditionResult": 0},
            ],
            "actions": [],
        }
        row["config"] = {"detectionType": "static", "comparisonDelta": None}
        yield row
    for cron in project.scenario.monitors:
        row = _detector(project, cron, cron.name or cron.slug, "monitor_check_in_failure", world, now, base)
        row["dataSources"] = [_source("cron_monitor", monitor(project, cron, world))]
        yield row
    for check in project.scenario.uptime:
        row = _detector(project, check, check.name, "uptime_domain_failure", world, now, base)
        source = {"url": check.url, "intervalSeconds": round(check.every * 60)}
        row["dataSources"] = [_source("uptime_subscription", source)]
        row["config"] = {"downtimeThreshold": 3, "recoveryThreshold": 1, "environment": check.environment}
        yield row


def _source(kind: str, query: Row) -> Row:
    return {"id": "1", "organizationId": ORGANIZATION_ID, "type": kind, "sourceId": "2", "queryObj": query}


def _detector(
    project: ProjectRecord,
    spec: Watcher | None,
    name: str,
    kind: str,
    world: World,
    now: int,
    base: str,
) -> Row:
    id_ = detector_id(project, spec)
    issue = issue_named(world, spec.issue, now) if spec else None
    return {
        "id": id_,
        "name": name,
        "type": kind,
        "projectId": project.id,
        "enabled": True,
        "workflowIds": [
            workflow_id(project, alert)
            for alert in project.scenario.alerts
            if alert.migrated and id_ in _connected(project, alert)
        ],
        "dataSources": None,
        "conditionGroup": None,
        "config": {},
        "latestGroup": issue_row(issue, base, now) if issue else None,
        "openIssues": int(issue is not None and issue.status == "unresolved"),
        "owner": owner(spec.owner) if spec else None,
        "createdBy": None,
        "description": None,
        "dateCreated": CREATED,
        "dateUpdated": CREATED,
    }


def metric_rule(project: ProjectRecord, metric: DetectorSpec) -> Row:
    """Return the old metric alert that became this monitor; its times are in minutes."""
    return {
        "id": metric.rule_id,
        "name": metric.name,
        "organizationId": ORGANIZATION_ID,
        "status": 0,
        "aggregate": metric.aggregate,
        "dataset": metric.dataset,
        "query": metric.query,
        "timeWindow": metric.window,
        "resolution": 1,
        "comparisonDelta": None,
        "thresholdType": 0,
        "thresholdPeriod": 1,
        "resolveThreshold": None,
        "detectionType": "static",
        "environment": metric.environment,
        "projects": [project.slug],
        "owner": owner_id(metric.owner) if metric.owner else None,
        "dateCreated": CREATED,
        "triggers": [
            {
                "label": "critical",
                "alertThreshold": metric.above,
                "actions": [{"id": "3", "type": "email", "targetType": "team", "targetIdentifier": "12"}],
            }
        ],
    }


# --- the times in which a monitor was open --------------------------------------------------------------------------


def _stretches(spec: Watcher) -> tuple[Stretch, ...]:
    if isinstance(spec, MonitorSpec):
        return () if spec.failing_since is None else ((spec.failing_since, None),)
    return spec.down if isinstance(spec, UptimeSpec) else spec.opened


def open_periods(project: ProjectRecord, spec: Watcher, world: World, start: int) -> list[Row]:
    """Return the periods that began since ``start``, newest first."""
    now, id_ = world.now_ms(), detector_id(project, spec)
    rows: list[Row] = []
    for number, (opened, closed) in enumerate(_stretches(spec)):
        began = at(world, opened)
        ended = None if closed is None or at(world, closed) > now else at(world, closed)
        if start <= began <= now:
            activities = [_activity("opened", began), *([_activity("closed", ended)] if ended is not None else [])]
            rows.append(
                {
                    "id": period_id(id_, number),
                    "start": iso(began),
                    "end": None if ended is None else iso(ended),
                    "isOpen": ended is None,
                    "activities": activities,
                }
            )
    return rows[::-1]


def period_id(detector: str, number: int) -> str:
    """Return the id of a monitor's open period, by its place."""
    return number_id("period", detector, number, digits=6)


def _activity(kind: str, moment: int) -> Row:
    return {
        "id": number_id("activity", kind, moment, digits=6),
        "type": kind,
        "value": "high" if kind == "opened" else None,
        "dateCreated": iso(moment),
        "eventId": None,
    }


def incident(project: ProjectRecord, metric: DetectorSpec, world: World, number: int) -> Row:
    """Return an open period as the incident that it was called before."""
    now = world.now_ms()
    opened, closed = metric.opened[number]
    began = at(world, opened)
    ended = None if closed is None or at(world, closed) > now else at(world, closed)
    return {
        "id": number_id("incident", detector_id(project, metric), number, digits=5),
        "identifier": incident_identifier(project, metric, number),
        "organizationId": ORGANIZATION_ID,
        "projects": [project.slug],
        "alertRule": metric_rule(project, metric),
        "status": 20 if ended is None else 2,
        "title": metric.name,
        "dateStarted": iso(began),
        "dateDetected": iso(began),
        "dateCreated": iso(began),
        "dateClosed": None if ended is None else iso(ended),
    }


def incident_identifier(project: ProjectRecord, metric: DetectorSpec, number: int) -> str:
    """Return the number by which links name the incident of an open period."""
    return str(FAKE_ID + int(period_id(detector_id(project, metric), number)))
