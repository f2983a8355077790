"""Payloads drawn from the shapes of Sentry's endpoints, with fields missing, null, of other types and unknown values.

Each shape is a plain payload; :func:`damaged` draws what a server could make of it: any value at any depth may be left
out or replaced by JSON of another type, and unknown keys may come in.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

ODD_NUMBERS = st.sampled_from([0, -1, 2**31, 2**63, 10**30, 1e-9, 1.5, 1e15, 1e308, -1e308])
ODD_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "null",
        "2026-13-45",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "NaN",
        "1e999",
        "💥\u202e",
    ]
)
SCALARS = st.none() | st.booleans() | ODD_NUMBERS | ODD_TEXTS | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON."""


@st.composite
def damaged(draw: st.DrawFn, shape: Any) -> Any:
    """A payload of this shape, more or less damaged."""
    fate = draw(st.integers(0, 11))
    if fate == 0:
        return draw(ANYTHING)
    if isinstance(shape, dict):
        kept = {key: draw(damaged(value)) for key, value in shape.items() if draw(st.integers(0, 9))}
        return kept | ({"surprise": draw(ANYTHING)} if fate == 1 else {})
    if isinstance(shape, list):
        return [draw(damaged(value)) for value in shape if draw(st.integers(0, 9))]
    return shape


def body(value: Any) -> bytes:
    """JSON as bytes; also with numbers that Python's float does not hold."""
    return json.dumps(value, ensure_ascii=False).replace('"1e999"', "1e999").encode("utf-8", "replace")


RELEASE = {
    "id": 1,
    "version": "shop@2.4.1",
    "dateCreated": "2026-11-20T08:00:00.123456Z",
    "dateReleased": None,
    "firstEvent": "2026-11-20T08:00:00Z",
    "lastEvent": None,
    "newGroups": 3,
    "deployCount": 1,
    "lastDeploy": {"id": "1", "environment": "production", "dateStarted": None, "dateFinished": "2026-11-20T08:00:00Z"},
}
ACTIVITY = {
    "id": "5",
    "type": "set_regression",
    "user": {"id": "1", "name": "Ada", "username": "ada"},
    "data": {"version": "shop@2.4.1", "text": "Hm.", "user": {"name": "Ada"}},
    "dateCreated": "2026-11-20T08:00:00Z",
}
ISSUE = {
    "id": "6114575469",
    "shortId": "SHOP-1Z",
    "title": "TypeError: x",
    "culprit": None,
    "level": "error",
    "status": "ignored",
    "substatus": "new",
    "statusDetails": {"inRelease": "v", "ignoreCount": 3, "ignoreUntil": "2026-11-20T08:00:00Z", "inNextRelease": True},
    "priority": "high",
    "count": "180",
    "userCount": 40,
    "firstSeen": "2026-11-20T08:00:00.123456Z",
    "lastSeen": "2026-11-20T09:00:00Z",
    "firstRelease": None,
    "lastRelease": RELEASE,
    "isUnhandled": True,
    "type": "error",
    "issueCategory": "error",
    "project": {"id": "4509062593708032", "name": "shop", "slug": "shop", "platform": "node"},
    "assignedTo": {"type": "user", "id": "1", "name": "Ada"},
    "stats": {"24h": [[1_795_161_600, 0], [1_795_165_200, 7]], "30d": [[1_795_161_600, 3]]},
    "activity": [ACTIVITY, {"id": "0", "type": "first_seen", "data": {"priority": "high"}}],
}
FRAME = {
    "filename": "a.py",
    "absPath": "/srv/a.py",
    "module": "a",
    "function": None,
    "lineNo": 4,
    "inApp": True,
    "context": [[3, "x = 1"], [4, "y()"]],
    "vars": {"x": "1"},
}
EVENT = {
    "id": "a" * 32,
    "eventID": "a" * 32,
    "title": "TypeError: x",
    "message": "",
    "platform": "node",
    "user": {"id": None, "email": "a@example.com", "username": None, "ip_address": "127.0.0.1"},
    "tags": [{"key": "release", "value": "shop@2.4.1"}, ["environment", "production"], {"key": None, "value": None}],
    "dateCreated": "2026-11-20T08:00:00Z",
    "release": {"version": "shop@2.4.1"},
    "entries": [
        {
            "type": "exception",
            "data": {
                "values": [
                    {
                        "type": "E",
                        "value": "v",
                        "mechanism": {"type": "x", "handled": False},
                        "stacktrace": {"frames": [FRAME, FRAME]},
                    }
                ]
            },
        },
        {"type": "threads", "data": {"values": [{"name": "main", "crashed": True, "stacktrace": {"frames": [FRAME]}}]}},
        {
            "type": "breadcrumbs",
            "data": {"values": [{"timestamp": 1_795_161_600.5, "category": "http", "data": {"status_code": "503"}}]},
        },
        {
            "type": "request",
            "data": {"method": "GET", "url": "https://shop.example/", "query": [["a", "b"]], "data": None},
        },
        {"type": "message", "data": None},
    ],
    "contexts": {"trace": {"type": "trace", "trace_id": "b" * 32}, "os": {"name": "Linux"}},
    "context": {"extra": 1},
    "sdk": {"name": "sentry.python", "version": "2.0"},
    "errors": [{"type": "js_no_source", "data": {}}],
    "occurrence": {
        "issueTitle": "Slow",
        "subtitle": "GET /",
        "evidenceDisplay": [{"name": "a", "value": "b", "important": True}],
    },
    "_meta": {"entries": {"0": {"data": {"": {"rem": [["@ip", "x"]]}}}}},
}
TAG = {
    "key": "environment",
    "name": "Environment",
    "totalValues": 180,
    "topValues": [{"value": None, "count": 180, "lastSeen": "2026-11-20T08:00:00Z"}],
}
COMMITTERS = {
    "committers": [{"author": {"name": "Ada"}, "commits": [{"id": "0f3a", "message": "m", "pullRequest": {"id": "7"}}]}]
}
WORKFLOW = {"id": "1", "name": "Alert", "enabled": True, "lastTriggered": "2026-11-20T08:00:00Z"}
WHOAMI = {"version": "0", "auth": {"scopes": ["event:read"]}, "user": {"id": "1", "name": "Ada"}}
ORGANIZATION = {"id": "1", "slug": "acme", "name": "Acme", "links": {"regionUrl": "https://us.sentry.io"}}
TABLE = {
    "data": [
        {
            "count()": 180,
            "count_unique(user)": 40,
            "transaction": "GET /",
            "p95(span.duration)": 8200.0,
            "environment": None,
        }
    ],
    "meta": {"dataset": "errors", "fields": {}, "tips": {"query": None, "columns": None}},
}
TIMESERIES: dict[str, Any] = {
    "meta": {"dataset": "errors"},
    "timeSeries": [
        {
            "yAxis": "count()",
            "values": [
                {"timestamp": 1_795_161_600_000, "value": 12, "incomplete": False},
                {"timestamp": 1_795_161_660_000, "value": None, "incomplete": True},
            ],
            "meta": {"interval": 60_000, "valueType": "integer"},
        }
    ],
}
TIMESERIES_BY_ISSUE: dict[str, Any] = {
    "timeSeries": [
        {**TIMESERIES["timeSeries"][0], "groupBy": [{"key": "issue.id", "value": "SHOP-1Z"}]},
        {**TIMESERIES["timeSeries"][0], "groupBy": None, "meta": {"interval": 60_000, "isOther": True, "order": 1}},
    ],
}
STATS = {"data": [[1_795_161_600, [{"count": 3}]], [1_795_161_660, [{"count": 0}]]], "start": 1, "end": 2}
STATS_BY_ISSUE = {"SHOP-1Z": {**STATS, "order": 0}, "Other": {**STATS, "order": 1}}
OUTCOMES = {
    "start": "2026-11-20T08:00:00Z",
    "end": "2026-11-20T10:00:00Z",
    "intervals": ["2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"],
    "groups": [
        {
            "by": {"outcome": "rate_limited"},
            "totals": {"sum(quantity)": 140_000},
            "series": {"sum(quantity)": [70_000, 70_000]},
        }
    ],
}
OUTCOMES_BY_PROJECT = {
    "start": "2026-11-20T08:00:00Z",
    "end": "2026-11-20T10:00:00Z",
    "groups": [
        {"by": {"project": 4509062593708032, "outcome": "accepted"}, "totals": {"sum(quantity)": 400}},
        {"by": {"project": 4509062593708032, "outcome": "rate_limited"}, "totals": {"sum(quantity)": 70}},
    ],
}
"""By project there is no series."""
FLAG_CHANGE = {
    "id": 1,
    "action": "updated",
    "createdAt": "2026-11-20T08:00:00+00:00",
    "createdBy": "ada@example.com",
    "createdByType": "email",
    "flag": "prices-v2",
    "provider": "launchdarkly",
    "tags": {"environment": "production"},
}
SESSIONS = {
    "start": "2026-11-20T08:00:00Z",
    "end": "2026-11-20T10:00:00Z",
    "intervals": ["2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"],
    "groups": [
        {
            "by": {"environment": "production"},
            "totals": {"sum(session)": 2200, "crash_free_rate(session)": 0.91, "crash_rate(session)": 0.09},
            "series": {
                "sum(session)": [1100, None],
                "crash_rate(session)": [0.1, 0.08],
                "unhandled_rate(session)": [None, 1],
            },
        }
    ],
}
SESSIONS_BY_PROJECT = {
    **SESSIONS,
    "groups": [{**SESSIONS["groups"][0], "by": {"project": 4509062593708032, "environment": "production"}}],  # type: ignore[dict-item]  # a payload is a dictionary of anything
}
WORKFLOW_OF_TODAY: dict[str, Any] = {
    "id": "77",
    "name": "Pay",
    "organizationId": "1",
    "createdBy": "9",
    "dateCreated": "2026-11-01T08:00:00Z",
    "dateUpdated": "2026-11-01T08:00:00Z",
    "triggers": {
        "id": "5",
        "logicType": "any-short",
        "conditions": [{"id": "6", "type": "every_event", "comparison": True, "conditionResult": True}],
        "actions": [],
    },
    "actionFilters": [
        {
            "id": "8",
            "logicType": "all",
            "conditions": [
                {
                    "id": "9",
                    "type": "event_frequency_count",
                    "comparison": {"value": 100, "interval": "1h"},
                    "conditionResult": True,
                }
            ],
            "actions": [
                {
                    "id": "3",
                    "type": "email",
                    "integrationId": None,
                    "data": {},
                    "config": {"targetType": "team", "targetIdentifier": "12"},
                    "status": "active",
                }
            ],
        }
    ],
    "environment": None,
    "config": {"frequency": 30},
    "detectorIds": ["41"],
    "enabled": True,
    "lastTriggered": None,
}
"""Reference: alerts, 1; so the next ones, to the incident."""
DETECTOR: dict[str, Any] = {
    "id": "41",
    "projectId": "2",
    "name": "Errors",
    "description": None,
    "type": "metric_issue",
    "workflowIds": ["77"],
    "owner": None,
    "createdBy": "9",
    "dateCreated": "2026-11-01T08:00:00Z",
    "dateUpdated": "2026-11-01T08:00:00Z",
    "enabled": True,
    "dataSources": [
        {
            "id": "1",
            "organizationId": "1",
            "type": "snuba_query_subscription",
            "sourceId": "2",
            "queryObj": {
                "id": "2",
                "status": 0,
                "subscription": "0/ab",
                "snubaQuery": {
                    "id": "3",
                    "dataset": "events",
                    "query": "",
                    "aggregate": "count()",
                    "timeWindow": 600,
                    "environment": None,
                    "eventTypes": ["error"],
                },
            },
        }
    ],
    "conditionGroup": {
        "id": "4",
        "organizationId": "1",
        "logicType": "any",
        "conditions": [
            {"id": "5", "type": "gt", "comparison": 50, "conditionResult": 75},
            {"id": "6", "type": "lte", "comparison": 50, "conditionResult": 0},
        ],
        "actions": [],
    },
    "config": {"detectionType": "static", "comparisonDelta": None},
    "latestGroup": None,
    "openIssues": 0,
}
FIRING = {"group": ISSUE, "count": 4, "lastTriggered": "2026-11-20T08:00:00Z", "eventId": "e1"}
FIRING_HOUR = {"date": "2026-11-20T08:00:00Z", "count": 2}
OPEN_PERIOD = {
    "id": "3",
    "start": "2026-11-20T08:00:00Z",
    "end": None,
    "isOpen": True,
    "activities": [
        {"id": "1", "type": "opened", "value": "high", "dateCreated": "2026-11-20T08:00:00Z", "eventId": "e1"}
    ],
}
RULE = {
    "id": "12",
    "name": "Pay",
    "conditions": [],
    "filters": [],
    "actions": [],
    "actionMatch": "any",
    "filterMatch": "all",
    "frequency": 30,
    "environment": None,
    "projects": ["shop"],
    "status": "active",
    "snooze": False,
    "owner": "team:12",
    "dateCreated": "2026-11-01T08:00:00Z",
    "lastTriggered": "2026-11-20T08:00:00Z",
}
METRIC_RULE = {
    "id": "5",
    "name": "Errors",
    "aggregate": "count()",
    "dataset": "events",
    "query": "level:error",
    "timeWindow": 10,
    "resolution": 1,
    "comparisonDelta": None,
    "thresholdType": 0,
    "thresholdPeriod": 1,
    "resolveThreshold": None,
    "detectionType": "static",
    "environment": None,
    "projects": ["shop"],
    "owner": None,
    "status": 0,
    "triggers": [{"label": "critical", "alertThreshold": 50, "actions": []}],
}
GLITCHTIP_ALERT = {
    "id": 7,
    "name": "",
    "timespanMinutes": 5,
    "quantity": 10,
    "uptime": False,
    "alertRecipients": [{"id": 70, "recipientType": "webhook", "url": "https://hooks.example/a", "tagsToAdd": []}],
}
"""GlitchTip's, as its own schema names it (glitchtip-backend, ``apps/alerts/schema.py``)."""
INCIDENT = {
    "id": "901",
    "identifier": "88",
    "alertRule": METRIC_RULE,
    "projects": ["shop"],
    "status": 20,
    "dateStarted": "2026-11-20T08:00:00Z",
    "dateDetected": "2026-11-20T08:01:00Z",
    "dateClosed": None,
}
MONITOR = {
    "id": "5f3a1c2e-7b64-4f0d-9a7e-2f1f3f0e8b11",
    "name": "Nightly",
    "slug": "nightly",
    "status": "active",
    "isMuted": False,
    "type": "cron_job",
    "config": {"schedule_type": "crontab", "schedule": "0 3 * * *", "timezone": "UTC", "checkin_margin": 5},
    "dateCreated": "2026-11-01T08:00:00Z",
    "project": {"id": "2", "slug": "shop", "name": "shop", "platform": "node"},
    "environments": [
        {
            "name": "production",
            "status": "error",
            "isMuted": False,
            "lastCheckIn": "2026-11-20T03:00:00Z",
            "nextCheckIn": "2026-11-21T03:00:00Z",
            "nextCheckInLatest": "2026-11-21T03:05:00Z",
            "activeIncident": {"startingTimestamp": "2026-11-19T03:05:00Z", "resolvingTimestamp": None},
        }
    ],
    "owner": {"type": "team", "id": "12", "name": "payments"},
}
"""Keys of Sentry's own serializer of cron monitors, and of check-ins."""
CHECK_IN: dict[str, Any] = {
    "id": "0f3a1c2e-7b64-4f0d-9a7e-2f1f3f0e8b11",
    "environment": "production",
    "status": "missed",
    "duration": None,
    "dateCreated": "2026-11-20T03:05:00Z",
    "dateAdded": "2026-11-20T03:05:00Z",
    "expectedTime": "2026-11-20T03:00:00Z",
    "monitorConfig": {},
}
UPTIME = {
    "id": "900",
    "projectSlug": "shop",
    "environment": "production",
    "name": "Shop is up",
    "status": "active",
    "uptimeStatus": 2,
    "mode": 1,
    "url": "https://shop.example/health",
    "method": "GET",
    "headers": [],
    "body": None,
    "intervalSeconds": 60,
    "timeoutMs": 10_000,
    "owner": None,
    "traceSampling": False,
    "downtimeThreshold": 3,
    "recoveryThreshold": 1,
}
"""Keys of Sentry's own serializer of uptime checks, and of their results."""
UPTIME_RESULT = {
    "uptimeCheckId": "0f3a1c2e7b644f0d9a7e2f1f3f0e8b11",
    "projectUptimeSubscriptionId": 900,
    "timestamp": "2026-11-20T08:00:00Z",
    "scheduledCheckTime": "2026-11-20T08:00:00Z",
    "checkStatus": "failure_incident",
    "checkStatusReason": "timeout",
    "httpStatusCode": None,
    "durationMs": 10_000,
    "traceId": "b" * 32,
    "incidentStatus": 1,
    "environment": "production",
    "region": "us",
    "regionName": "US",
}
