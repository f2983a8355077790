"""Conditions that can never hold together, by what Sentry's documentation and source say (reference: alerts, 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sentry_runbook.incident.model.evidence.alert_conditions import type_of
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition, ConditionGroup

FIRST_SEEN, OCCURRENCES, RESOLVED = "first_seen_event", "issue_occurrences", "issue_resolved_trigger"
STATE_CHANGES = frozenset({"regression_event", "reappeared_event", RESOLVED})
EXCLUSIVE = frozenset({FIRST_SEEN, *STATE_CHANGES})
"""What an event, or a change of an issue, is one of."""
FIRST = 1
"""A new issue's first event is its only one."""
EXCLUSIVE_WHY = "its triggers exclude each other and all must hold"
FIRST_WHY = "a new issue has one event, and it asks for more"
CHANGE_WHY = "what it asks of events is not looked at when an issue changes its state"
ENVIRONMENT_WHY = "a resolved issue has no environment, and it is set to one"


def why_impossible(alert: AlertDefinition) -> str | None:
    """Why the alert cannot fire whatever happens, one phrase; None where nothing says so."""
    triggers = alert.triggers
    if triggers is None or not triggers.conditions:
        return None
    kinds = {condition.type for condition in triggers.conditions}
    if triggers.logic == "all" and len(kinds & EXCLUSIVE) > 1:
        return EXCLUSIVE_WHY
    if triggers.logic == "none":
        return None
    if kinds == {RESOLVED} and (alert.environment is not None or alert.raw_environment is not None):
        return ENVIRONMENT_WHY
    return _by_filters(alert, triggers)


def _by_filters(alert: AlertDefinition, triggers: ConditionGroup) -> str | None:
    """By what stands beside the triggers; an issue that is new in an environment may have had events elsewhere."""
    is_first = _needs(triggers, {FIRST_SEEN}) and alert.environment is None and alert.raw_environment is None
    if is_first and (_excludes_first(triggers) or _all_blocked(alert.filters, _excludes_first)):
        return FIRST_WHY
    if _needs(triggers, STATE_CHANGES) and _all_blocked(alert.filters, _asks_of_events):
        return CHANGE_WHY
    return None


def _needs(triggers: ConditionGroup, kinds: set[str] | frozenset[str]) -> bool:
    """Whether nothing but one of these kinds makes it look."""
    told = [condition.type in kinds for condition in triggers.conditions]
    return any(told) if triggers.logic == "all" else all(told)


def _all_blocked(blocks: Sequence[ConditionGroup], is_blocked: Callable[[ConditionGroup], bool]) -> bool:
    return bool(blocks) and all(map(is_blocked, blocks))


def _excludes_first(group: ConditionGroup) -> bool:
    return _blocks(group, [_is_more_than_one(condition) for condition in group.conditions])


def _is_more_than_one(condition: AlertCondition) -> bool:
    return condition.type == OCCURRENCES and condition.value is not None and condition.value > FIRST


def _asks_of_events(group: ConditionGroup) -> bool:
    return _blocks(group, [type_of(row.type).is_slow or type_of(row.type).is_of_event for row in group.conditions])


def _blocks(group: ConditionGroup, never: Sequence[bool]) -> bool:
    """Whether a group cannot pass when these of its conditions never hold."""
    if not never or group.logic == "none":
        return False
    return any(never) if group.logic == "all" else all(never)
