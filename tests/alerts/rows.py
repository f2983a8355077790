"""Alerts of a scenario as Sentry's JSON rows, made here from the specifications alone.

The embedded Sentry makes rows of the same specifications for the product; ``test_worlds`` holds that both say the same.
"""

from __future__ import annotations

from typing import Any

from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec

Made = dict[str, Any]


def workflow_row(spec: AlertSpec) -> Made:
    """Return an alert of today."""
    return {
        "name": spec.name,
        "enabled": spec.enabled,
        "environment": spec.environment,
        "config": {"frequency": spec.frequency},
        "triggers": {"logicType": spec.trigger_logic, "conditions": list(spec.triggers)},
        "actionFilters": [
            {
                "logicType": block.logic,
                "conditions": list(block.conditions),
                "actions": list(block.actions) if spec.acts else [],
            }
            for block in spec.filters
        ],
    }


def rule_row(spec: AlertSpec, project: str) -> Made:
    """Return an issue alert from before 2026."""
    assert spec.rule is not None, f"{spec.name} has no conditions from before 2026"
    return {
        "id": spec.rule_id,
        "name": spec.name,
        "conditions": list(spec.rule.conditions),
        "filters": list(spec.rule.filters),
        "actions": [{"id": "sentry.mail.actions.NotifyEmailAction"}] if spec.acts else [],
        "actionMatch": spec.rule.action_match,
        "filterMatch": spec.rule.filter_match,
        "frequency": spec.frequency,
        "environment": spec.environment,
        "projects": [project],
        "status": "active" if spec.enabled else "disabled",
        "snooze": spec.snoozed,
        "snoozeForEveryone": spec.snoozed,
    }


def detector_row(spec: DetectorSpec) -> Made:
    """Return a metric monitor of today."""
    conditions = spec.conditions or (
        {"type": "gt", "comparison": spec.above, "conditionResult": 75},
        {"type": "lte", "comparison": spec.above, "conditionResult": 0},
    )
    source = {
        "dataset": spec.dataset,
        "query": spec.query,
        "aggregate": spec.aggregate,
        "timeWindow": spec.window * 60,
        "environment": spec.environment,
    }
    return {
        "name": spec.name,
        "enabled": spec.enabled,
        "config": {"detectionType": spec.detection_type, "comparisonDelta": spec.comparison_delta},
        "dataSources": [{"queryObj": {"snubaQuery": source}}],
        "conditionGroup": {"conditions": list(conditions)},
    }


def metric_rule_row(spec: DetectorSpec) -> Made:
    """Return a metric rule from before 2026; its times are minutes."""
    triggers = spec.triggers or (("critical", spec.above),)
    return {
        "id": spec.rule_id,
        "name": spec.name,
        "aggregate": spec.aggregate,
        "dataset": spec.dataset,
        "query": spec.query,
        "timeWindow": spec.window,
        "environment": spec.environment,
        "comparisonDelta": None if spec.comparison_delta is None else spec.comparison_delta // 60,
        "detectionType": spec.detection_type,
        "thresholdType": spec.threshold_type,
        "thresholdPeriod": spec.threshold_period,
        "resolveThreshold": spec.resolve_threshold,
        "triggers": [{"label": label, "alertThreshold": limit} for label, limit in triggers],
    }
