"""Alerts and their firings as Sentry answers them, in the form of today and in the one before 2026."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentry_runbook.simulator.alert_ids import connected, issue_named, workflow_id
from sentry_runbook.simulator.catalog_routes import CREATED, ORGANIZATION_ID
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.issue_payloads import issue_row
from sentry_runbook.simulator.people import owner_id
from sentry_runbook.simulator.records import HOUR, ProjectRecord, number_id
from sentry_runbook.simulator.scenario import AlertSpec
from sentry_runbook.simulator.scenario.watchers import Action, Condition, FilterSpec, OldRuleSpec
from sentry_runbook.simulator.watch_payloads import Row, at
from sentry_runbook.simulator.world import World

_OLD_ACTION: Row = {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners", "uuid": "3"}


# --- alerts ---------------------------------------------------------------------------------------------------------


def last_triggered(world: World, alert: AlertSpec, now: int) -> int | None:
    """Return the last firing by now."""
    minutes = [firing.at for firing in alert.firings] + ([] if alert.triggered is None else [alert.triggered])
    return max((fired for minute in minutes if (fired := at(world, minute)) <= now), default=None)


def workflow(project: ProjectRecord, alert: AlertSpec, world: World, now: int) -> Row:
    """Return an alert."""
    fired, id_ = last_triggered(world, alert, now), workflow_id(project, alert)
    created = CREATED if alert.created is None else iso(at(world, alert.created))
    return {
        "id": id_,
        "name": alert.name,
        "organizationId": ORGANIZATION_ID,
        "createdBy": None,
        "dateCreated": created,
        "dateUpdated": created if alert.edited is None else iso(at(world, alert.edited)),
        "triggers": condition_group((id_, "triggers"), alert.trigger_logic, alert.triggers),
        "actionFilters": [
            _filter_block((id_, number), block, acts=alert.acts) for number, block in enumerate(alert.filters)
        ],
        "environment": alert.environment,
        "config": {"frequency": alert.frequency},
        "detectorIds": connected(project, alert),
        "enabled": alert.enabled,
        "lastTriggered": iso(fired) if fired is not None else None,
        "owner": owner_id(alert.owner) if alert.owner else None,
    }


def condition_group(
    whose: tuple[object, ...], logic: str, conditions: Sequence[Condition], actions: Sequence[Row] = ()
) -> Row:
    """Return a group of conditions, with an id for itself and each of them; ``whose`` makes them its own."""
    return {
        "id": number_id("group", *whose, digits=7),
        "organizationId": ORGANIZATION_ID,
        "logicType": logic,
        "conditions": [
            {"conditionResult": True} | dict(condition) | {"id": number_id("condition", *whose, number, digits=7)}
            for number, condition in enumerate(conditions)
        ],
        "actions": list(actions),
    }


def _filter_block(whose: tuple[object, ...], block: FilterSpec, *, acts: bool) -> Row:
    actions = [_action((*whose, number), action) for number, action in enumerate(block.actions if acts else ())]
    return condition_group(whose, block.logic, block.conditions, actions)


def _action(whose: tuple[object, ...], action: Action) -> Row:
    known: Row = {"integrationId": None, "data": {}, "config": {}, "status": "active"}
    return known | dict(action) | {"id": number_id("action", *whose, digits=7)}


def rule(project: ProjectRecord, alert: AlertSpec, world: World, now: int, *, with_last: bool = True) -> Row:
    """Return the old issue alert that became this one, or never did; its owner is a text.

    Args:
        project: whose it is.
        alert: the alert.
        world: gives the times.
        now: the present.
        with_last: whether its last firing is shown (``expand=lastTriggered``).
    """
    fired = last_triggered(world, alert, now)
    conditions = alert.rule or OldRuleSpec()
    return {
        "id": alert.rule_id,
        "name": alert.name,
        "conditions": [dict(condition) for condition in conditions.conditions],
        "filters": [dict(condition) for condition in conditions.filters],
        "actions": [_OLD_ACTION] if alert.acts else [],
        "actionMatch": conditions.action_match,
        "filterMatch": conditions.filter_match,
        "frequency": alert.frequency,
        "environment": alert.environment,
        "projects": [project.slug],
        "status": "active" if alert.enabled else "disabled",
        "snooze": alert.snoozed,
        **({"snoozeForEveryone": True} if alert.snoozed else {}),
        "owner": owner_id(alert.owner) if alert.owner else None,
        "dateCreated": CREATED if alert.created is None else iso(at(world, alert.created)),
        **({"lastTriggered": iso(fired) if fired is not None else None} if with_last else {}),
    }


# --- firings --------------------------------------------------------------------------------------------------------


def _fired(world: World, alert: AlertSpec, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Return each firing from ``start`` to before ``end`` that has happened, with the short id of its issue."""
    now = world.now_ms()
    for firing in alert.firings:
        fired = at(world, firing.at)
        if start <= fired < end and fired <= now:
            yield fired, firing.issue


def firings(world: World, alert: AlertSpec, start: int, end: int, base: str) -> list[Row]:
    """Return the firings from ``start`` to before ``end`` by issue, the most first."""
    now = world.now_ms()
    by_issue: dict[str, list[int]] = {}
    for fired, issue_id in _fired(world, alert, start, end):
        by_issue.setdefault(issue_id, []).append(fired)
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


def firings_by_hour(world: World, alert: AlertSpec, start: int, end: int) -> list[Row]:
    """Return how often it fired in each clock hour that begins after ``start``, to that of ``end``; 0 where it did not.

    The hour in which the period begins is not told (reference: alerts, 1).
    """
    counts: dict[int, int] = {}
    for fired, _ in _fired(world, alert, start, end):
        counts[fired // HOUR] = counts.get(fired // HOUR, 0) + 1
    return [
        {"date": iso(hour * HOUR), "count": counts.get(hour, 0)} for hour in range(start // HOUR + 1, end // HOUR + 1)
    ]
