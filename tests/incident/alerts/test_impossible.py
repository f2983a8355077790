"""Conditions that cannot hold together (reference: alerts, 4), and their neighbours that can."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.incident.alerts.impossible import (
    CHANGE_WHY,
    ENVIRONMENT_WHY,
    EXCLUSIVE_WHY,
    FIRST_WHY,
    why_impossible,
)
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, ConditionGroup
from tests.incident.alerts.period_builder import alert


def group(logic: str, *conditions: str) -> ConditionGroup:
    """Conditions by type, with a value after a colon."""
    parts = [text.partition(":") for text in conditions]
    made = tuple(AlertCondition(type=kind, value=float(value) if value else None) for kind, _, value in parts)
    return ConditionGroup.model_validate({"logic": logic, "conditions": made, "actions": ("email",)})


FIRST, MANY, ONE = "first_seen_event", "issue_occurrences:2", "issue_occurrences:1"
REGRESSION, RESOLVED, COUNT = "regression_event", "issue_resolved_trigger", "event_frequency_count:100"


@pytest.mark.parametrize(
    ("triggers", "filters", "more", "why"),
    [
        (group("any", FIRST), [group("all", MANY)], {}, FIRST_WHY),
        (group("any", FIRST), [group("all", ONE)], {}, None),
        (group("any", FIRST), [group("any", MANY, "level")], {}, None),
        (group("any", FIRST), [group("any", MANY)], {}, FIRST_WHY),
        (group("any", FIRST), [group("none", MANY)], {}, None),
        (group("any", FIRST), [group("all", MANY), group("all")], {}, None),
        (group("any", FIRST, REGRESSION), [group("all", MANY)], {}, None),
        (group("all", FIRST, MANY), [group("all")], {}, FIRST_WHY),
        (group("any", FIRST), [group("all", MANY)], {"environment": "production"}, None),
        (group("any", FIRST), [group("all", COUNT)], {}, None),
        (group("any", REGRESSION), [group("all", COUNT)], {}, CHANGE_WHY),
        (group("any", "reappeared_event"), [group("all", "tagged_event")], {}, CHANGE_WHY),
        (group("any", RESOLVED), [group("any", COUNT, "level")], {}, CHANGE_WHY),
        (group("any", REGRESSION), [group("any", COUNT, "assigned_to")], {}, None),
        (group("any", REGRESSION), [group("all", "assigned_to")], {}, None),
        (group("any", REGRESSION, "every_event"), [group("all", COUNT)], {}, None),
        (group("any", RESOLVED), [group("all")], {"environment": "production"}, ENVIRONMENT_WHY),
        (group("any", RESOLVED), [group("all")], {}, None),
        (group("any", RESOLVED, FIRST), [group("all")], {"environment": "production"}, None),
        (group("all", FIRST, REGRESSION), [group("all")], {}, EXCLUSIVE_WHY),
        (group("any", FIRST, REGRESSION), [group("all")], {}, None),
        (group("all", FIRST, "every_event"), [group("all")], {}, None),
        (group("none", FIRST, REGRESSION), [group("all")], {}, None),
        (group("any"), [group("all", MANY)], {}, None),
    ],
)
def test_what_can_never_hold_is_told_with_its_reason(
    triggers: ConditionGroup, filters: list[ConditionGroup], more: dict[str, Any], why: str | None
) -> None:
    assert why_impossible(alert(triggers=triggers, filters=tuple(filters), **more)) == why
