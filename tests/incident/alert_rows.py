"""Rows of alerts as servers of both generations send them, and conditions in pairs (reference: alerts, 1 to 3)."""

from __future__ import annotations

from typing import Any

from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition
from sentry_runbook.incident.model.evidence.lenient import read
from sentry_runbook.safety.sanitizer import Sanitizer

Json = dict[str, Any]
CONDITIONS, FILTERS = "sentry.rules.conditions", "sentry.rules.filters"
FREQUENCY = f"{CONDITIONS}.event_frequency"
EMAIL: Json = {"id": "3", "type": "email", "data": {}, "config": {"targetType": "team"}, "status": "active"}

PAIRS: list[tuple[str, Json, Json]] = [
    ("first_seen_event", {"comparison": True}, {"id": f"{CONDITIONS}.first_seen_event.FirstSeenEventCondition"}),
    ("regression_event", {"comparison": True}, {"id": f"{CONDITIONS}.regression_event.RegressionEventCondition"}),
    ("reappeared_event", {"comparison": True}, {"id": f"{CONDITIONS}.reappeared_event.ReappearedEventCondition"}),
    ("every_event", {"comparison": True}, {"id": f"{CONDITIONS}.every_event.EveryEventCondition"}),
    (
        "new_high_priority_issue",
        {"comparison": True},
        {"id": f"{CONDITIONS}.high_priority_issue.NewHighPriorityIssueCondition"},
    ),
    (
        "existing_high_priority_issue",
        {"comparison": True},
        {"id": f"{CONDITIONS}.high_priority_issue.ExistingHighPriorityIssueCondition"},
    ),
    (
        "event_frequency_count",
        {"comparison": {"value": 100, "interval": "1h"}},
        {"id": f"{FREQUENCY}.EventFrequencyCondition", "value": "100", "interval": "1h"},
    ),
    (
        "event_frequency_percent",
        {"comparison": {"value": 50, "interval": "15m", "comparisonInterval": "5m"}},
        # Without a comparison interval it is five minutes.
        {"id": f"{FREQUENCY}.EventFrequencyCondition", "value": 50, "interval": "15m", "comparisonType": "percent"},
    ),
    (
        "event_unique_user_frequency_count",
        {"comparison": {"value": 20, "interval": "1d"}},
        {"id": f"{FREQUENCY}.EventUniqueUserFrequencyCondition", "value": 20, "interval": "1d"},
    ),
    (
        "event_unique_user_frequency_percent",
        {"comparison": {"value": 20, "interval": "1d", "comparisonInterval": "1w"}},
        {
            "id": f"{FREQUENCY}.EventUniqueUserFrequencyCondition",
            **{"value": 20, "interval": "1d", "comparisonType": "percent", "comparisonInterval": "1w"},
        },
    ),
    (
        "percent_sessions_count",
        {"comparison": {"value": 1.5, "interval": "30m"}},
        {"id": f"{FREQUENCY}.EventFrequencyPercentCondition", "value": "1.5", "interval": "30m"},
    ),
    (
        "percent_sessions_percent",
        {"comparison": {"value": 10, "interval": "10m", "comparisonInterval": "30d"}},
        {
            "id": f"{FREQUENCY}.EventFrequencyPercentCondition",
            **{"value": 10, "interval": "10m", "comparisonType": "percent", "comparisonInterval": "30d"},
        },
    ),
    (
        "issue_occurrences",
        {"comparison": {"value": 10}},
        {"id": f"{FILTERS}.issue_occurrences.IssueOccurrencesFilter", "value": "10"},
    ),
    (
        "age_comparison",
        {"comparison": {"comparisonType": "older", "value": 3, "time": "hour"}},
        {
            "id": f"{FILTERS}.age_comparison.AgeComparisonFilter",
            **{"comparison_type": "older", "value": "3", "time": "hour"},
        },
    ),
    (
        "assigned_to",
        {"comparison": {"targetType": "Team", "targetIdentifier": 12}},
        {"id": f"{FILTERS}.assigned_to.AssignedToFilter", "targetType": "Team", "targetIdentifier": "12"},
    ),
    ("issue_category", {"comparison": {"value": 1}}, {"id": f"{FILTERS}.category.IssueCategoryFilter", "value": "1"}),
    (
        "issue_type",
        {"comparison": {"value": "error"}},
        {"id": f"{FILTERS}.issue_type.IssueTypeFilter", "value": "error"},
    ),
    ("latest_release", {"comparison": True}, {"id": f"{FILTERS}.latest_release.LatestReleaseFilter"}),
    (
        "latest_adopted_release",
        {"comparison": {"releaseAgeType": "oldest", "ageComparison": "newer", "environment": "production"}},
        {
            "id": f"{FILTERS}.latest_adopted_release_filter.LatestAdoptedReleaseFilter",
            **{"oldest_or_newest": "oldest", "older_or_newer": "newer", "environment": "production"},
        },
    ),
    (
        "level",
        {"comparison": {"level": 40, "match": "gte"}},
        {"id": f"{FILTERS}.level.LevelFilter", "level": "40", "match": "gte"},
    ),
    (
        "tagged_event",
        {"comparison": {"key": "logger", "match": "nsw", "value": "pay"}},
        {"id": f"{FILTERS}.tagged_event.TaggedEventFilter", "key": "logger", "match": "nsw", "value": "pay"},
    ),
    (
        "event_attribute",
        {"comparison": {"attribute": "platform", "match": "eq", "value": "python"}},
        {
            "id": f"{FILTERS}.event_attribute.EventAttributeFilter",
            **{"attribute": "platform", "match": "eq", "value": "python"},
        },
    ),
    (
        "issue_priority_greater_or_equal",
        {"comparison": 75},
        {"id": f"{FILTERS}.issue_priority.IssuePriorityGreaterOrEqualFilter", "value": "75"},
    ),
    (
        "issue_priority_deescalating",
        {"comparison": {"priority": 50}},
        {"id": f"{FILTERS}.issue_priority.IssuePriorityDeescalatingFilter", "value": 50},
    ),
]
"""Type, as of today (without it), as of before; both mean the same."""


def definition(row: Json) -> AlertDefinition:
    return read(AlertDefinition, row, Sanitizer(mask=True))


def workflow(*filters: Json, triggers: tuple[Json, ...] = (), **more: object) -> Json:
    return {
        **{"id": "77", "form": "workflow", "name": "Pay", "enabled": True, "detectorIds": ["41"]},
        "triggers": {"id": "5", "logicType": "any-short", "conditions": list(triggers), "actions": []},
        "actionFilters": [{"id": "8", "logicType": "all", "conditions": list(filters), "actions": [EMAIL]}],
        **{"environment": None, "config": {"frequency": 30}},
        **more,
    }


def rule(*filters: Json, conditions: tuple[Json, ...] = (), **more: object) -> Json:
    return {
        **{"id": "12", "form": "rule", "name": "Pay", "status": "active", "projects": ["shop"]},
        **{"conditions": list(conditions), "filters": list(filters), "actionMatch": "any", "filterMatch": "all"},
        "actions": [{"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "Team"}],
        **{"environment": None, "frequency": 30},
        **more,
    }


def only_filter(row: Json) -> AlertCondition:
    (block,) = definition(row).filters
    (condition,) = block.conditions
    return condition


def today(type_: str, comparison: object = True) -> AlertCondition:
    return only_filter(workflow({"type": type_, "comparison": comparison}))


def before(id_: str, **given: object) -> AlertCondition:
    return only_filter(rule({"id": id_, **given}))


def detector(*conditions: tuple[str, object, int], minutes: int = 10, **more: object) -> Json:
    query = {"dataset": "events", "query": "", "aggregate": "count()", "timeWindow": minutes * 60, "environment": None}
    told = [{"type": kind, "comparison": limit, "conditionResult": result} for kind, limit, result in conditions]
    return {
        **{"id": "41", "name": "Errors", "type": "metric_issue", "projectId": "2", "enabled": True},
        **{"workflowIds": ["77"], "owner": None},
        "dataSources": [{"type": "snuba_query_subscription", "queryObj": {"snubaQuery": query}}],
        "conditionGroup": {"logicType": "any", "conditions": told, "actions": []},
        "config": {"detectionType": "static", "comparisonDelta": None},
        **more,
    }


def metric_rule(*triggers: tuple[str, object], minutes: int = 10, **more: object) -> Json:
    return {
        **{"id": "5", "type": "alert_rule", "name": "Errors", "status": 0, "projects": ["shop"], "owner": None},
        **{"aggregate": "count()", "dataset": "events", "query": "", "timeWindow": minutes, "environment": None},
        **{"comparisonDelta": None, "thresholdType": 0, "thresholdPeriod": 1, "resolveThreshold": None},
        "triggers": [{"label": label, "alertThreshold": limit, "actions": []} for label, limit in triggers],
        **more,
    }
