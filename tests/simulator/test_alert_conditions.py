"""Conditions of alerts and monitors as rows of both generations have them (reference: alerts, 1 to 3)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sentry import shapes
from tests.simulator.asking import Asked

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DetectorSpec,
    IssueSpec,
    MonitorSpec,
    Scenario,
    Stream,
    UptimeSpec,
)
from sentry_runbook.simulator.scenario.watchers import (
    EMAIL,
    ERROR_MONITOR,
    ISSUE_STREAM,
    WHOLE_ORGANIZATION,
    FilterSpec,
    OldRuleSpec,
)

COUNT = {"type": "event_frequency_count", "comparison": {"value": 100, "interval": "1h"}}
TAGGED = {"type": "tagged_event", "comparison": {"key": "url", "match": "co", "value": "/pay"}}
SLACK = {"type": "slack", "integrationId": "5", "data": {}, "config": {"targetType": "specific"}, "status": "disabled"}
OLD = "sentry.rules.conditions.event_frequency.EventFrequencyCondition"
BEFORE = Profile(workflows=False, old_alerts="alive")


def shop(*, slug: str = "shop", alerts: tuple[AlertSpec, ...] = (), **watched: Any) -> Scenario:
    """A project with an issue, and what watches it."""
    issue = IssueSpec(f"{slug.upper()}-1", "Boom", streams=(Stream(5, -50, -5),))
    return Scenario(name=slug, project=slug, issues=(issue,), alerts=alerts, **watched)


async def alert_of(spec: AlertSpec, **watched: Any) -> dict[str, Any]:
    (row,) = await Asked(shop(alerts=(spec,), **watched)).read("workflows/")
    return dict(row)


def told(group: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Conditions or actions without their ids."""
    return [{key: value for key, value in entry.items() if key != "id"} for entry in group]


# --- issue alerts


async def test_an_alert_shows_its_triggers_and_filter_blocks_as_they_are() -> None:
    row = await alert_of(
        AlertSpec(
            "Pay",
            triggers=({"type": "first_seen_event", "comparison": True}, {"type": "every_event", "comparison": True}),
            trigger_logic="none",
            filters=(FilterSpec((COUNT, TAGGED), "all"), FilterSpec((COUNT,), "any-short", (EMAIL, SLACK))),
            frequency=1440,
            environment="staging",
        )
    )
    assert row["triggers"]["logicType"] == "none"
    assert [entry["type"] for entry in row["triggers"]["conditions"]] == ["first_seen_event", "every_event"]
    first, second = row["actionFilters"]
    assert (first["logicType"], second["logicType"]) == ("all", "any-short")
    assert told(first["conditions"]) == [{**COUNT, "conditionResult": True}, {**TAGGED, "conditionResult": True}]
    assert told(second["actions"]) == [dict(EMAIL), SLACK]
    assert (row["config"], row["environment"]) == ({"frequency": 1440}, "staging")
    ids = [entry["id"] for group in (row["triggers"], first, second) for entry in group["conditions"] + [group]]
    assert len(set(ids)) == len(ids)


async def test_an_alert_has_the_keys_of_the_reference_down_to_its_actions() -> None:
    row = await alert_of(AlertSpec("Pay", filters=(FilterSpec((COUNT,)),)))
    for name in ("triggers", "actionFilters"):
        shown, shape = row[name], shapes.WORKFLOW_OF_TODAY[name]
        shown, shape = (shown, shape) if name == "triggers" else (shown[0], shape[0])
        assert set(shape) <= set(shown)
        assert set(shape["conditions"][0]) <= set(shown["conditions"][0])
    assert set(shape["actions"][0]) <= set(shown["actions"][0])


async def test_an_alert_that_acts_on_nothing_has_blocks_without_actions() -> None:
    row = await alert_of(AlertSpec("Pay", acts=False))
    assert [block["actions"] for block in row["actionFilters"]] == [[]]
    assert (await alert_of(AlertSpec("Pay", filters=())))["actionFilters"] == []


async def test_an_old_rule_shows_its_own_conditions() -> None:
    conditions = ({"id": OLD, "value": 100, "interval": "1h"},)
    filters = ({"id": "sentry.rules.filters.level.LevelFilter", "level": "40", "match": "gte"},)
    rule = AlertSpec(
        "Pay", rule_id="12", migrated=False, frequency=5, rule=OldRuleSpec(conditions, filters, "all", "none")
    )
    sentry = Asked(shop(alerts=(rule,)), profile=BEFORE)
    (row,) = await sentry.read("/api/0/projects/acme/shop/rules/")
    assert set(shapes.RULE) - {"lastTriggered"} <= set(row)
    assert (row["conditions"], row["filters"]) == ([dict(conditions[0])], [dict(filters[0])])
    assert (row["actionMatch"], row["filterMatch"], row["frequency"]) == ("all", "none", 5)
    assert "lastTriggered" not in row
    (row,) = await sentry.read("/api/0/projects/acme/shop/rules/", expand="lastTriggered")
    assert row["lastTriggered"] is None
    assert await Asked(shop(alerts=(rule,))).read("workflows/") == []


# --- what alerts are connected to


async def test_an_alert_is_connected_to_several_monitors_and_each_names_it() -> None:
    watched: dict[str, Any] = {
        "detectors": (DetectorSpec("Many", id="41"), DetectorSpec("Off", id="42", enabled=False)),
        "monitors": (MonitorSpec("nightly"),),
        "uptime": (UptimeSpec("Up", id="43"),),
    }
    alert = AlertSpec("All", id="7", monitors=(ERROR_MONITOR, ISSUE_STREAM, "Many", "Off", "nightly", "Up", "999"))
    sentry = Asked(shop(alerts=(alert,), **watched))
    (row,) = await sentry.read("workflows/")
    monitors = {monitor["id"]: monitor for monitor in await sentry.read("detectors/")}
    assert set(row["detectorIds"]) == set(monitors) | {"999"}
    assert all(monitor["workflowIds"] == ["7"] for monitor in monitors.values())
    kinds = [monitors[id_]["type"] for id_ in row["detectorIds"] if id_ in monitors]
    metrics = ["metric_issue", "metric_issue"]
    assert kinds == ["error", "issue_stream", *metrics, "monitor_check_in_failure", "uptime_domain_failure"]
    assert {id_ for id_, monitor in monitors.items() if not monitor["enabled"]} == {"42"}
    assert [row["id"] for row in await sentry.read("workflows/", detector="42")] == ["7"]
    assert await sentry.read("workflows/", detector="44") == []
    assert [row["name"] for row in await sentry.read("detectors/", query="workflow:7 type:issue_stream")] == [
        "Issue Stream"
    ]


async def test_an_alert_of_the_whole_organization_is_listed_under_every_project() -> None:
    everywhere = AlertSpec("Everywhere", id="7", monitors=(WHOLE_ORGANIZATION,))
    sentry = Asked([shop(alerts=(everywhere, AlertSpec("Here", id="8"))), shop(slug="mail")])
    assert [row["id"] for row in await sentry.read("workflows/", project="mail")] == ["7"]
    assert [row["id"] for row in await sentry.read("workflows/", project="shop")] == ["7", "8"]
    (monitor,) = await sentry.read("detectors/", project="mail", query="type:issue_stream")
    assert (monitor["projectId"], monitor["workflowIds"]) == (None, ["7"])
    assert (await sentry.read(f"detectors/{monitor['id']}/"))["id"] == monitor["id"]


async def test_an_alert_cannot_be_connected_to_a_monitor_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="no monitor 'Nothing'"):
        await Asked(shop(alerts=(AlertSpec("Pay", monitors=("Nothing",)),))).get("workflows/")


# --- metric monitors

UNITS = DetectorSpec(
    "Failures",
    id="41",
    rule_id="5",
    dataset="transactions",
    aggregate="failure_rate()",
    query="transaction:/pay",
    window=60,
    triggers=(("critical", 50), ("warning", 20)),
    comparison_delta=86400,
    detection_type="percent",
    environment="production",
)


def lines(monitor: dict[str, Any]) -> list[tuple[str, float, int]]:
    return [
        (entry["type"], entry["comparison"], entry["conditionResult"])
        for entry in monitor["conditionGroup"]["conditions"]
    ]


async def monitor_of(spec: DetectorSpec) -> dict[str, Any]:
    rows = await Asked(shop(detectors=(spec,))).read("detectors/", query="type:metric")
    return dict(rows[0])


async def test_a_monitor_of_today_counts_in_seconds_and_an_old_metric_alert_in_minutes() -> None:
    monitor = await monitor_of(UNITS)
    query = monitor["dataSources"][0]["queryObj"]["snubaQuery"]
    assert set(shapes.DETECTOR["dataSources"][0]["queryObj"]["snubaQuery"]) <= set(query)
    assert (query["timeWindow"], query["aggregate"], query["dataset"]) == (3600, "failure_rate()", "transactions")
    assert monitor["config"] == {"detectionType": "percent", "comparisonDelta": 86400}
    (row,) = await Asked(shop(detectors=(UNITS,)), profile=BEFORE).read("alert-rules/")
    assert (row["timeWindow"], row["comparisonDelta"], row["detectionType"]) == (60, 1440, "percent")
    assert set(shapes.METRIC_RULE) | {"eventTypes"} <= set(row)


async def test_fifty_percent_more_of_before_is_a_hundred_and_fifty_percent_today() -> None:
    assert lines(await monitor_of(UNITS)) == [("gt", 150, 75), ("gt", 120, 50), ("lte", 120, 0)]
    lower = DetectorSpec("Few", threshold_type=1, triggers=(("critical", 40),), comparison_delta=3600)
    assert lines(await monitor_of(lower)) == [("lt", 60, 75), ("gte", 60, 0)]
    today = DetectorSpec("More", rule_id="5", above=150, comparison_delta=3600)
    (row,) = await Asked(shop(detectors=(today,)), profile=BEFORE).read("alert-rules/")
    assert [line["alertThreshold"] for line in row["triggers"]] == [50]


async def test_a_monitor_closes_at_its_resolve_threshold_else_at_the_warnings_else_at_the_criticals() -> None:
    both = (("critical", 50.0), ("warning", 20.0))
    assert lines(await monitor_of(DetectorSpec("A", above=7))) == [("gt", 7, 75), ("lte", 7, 0)]
    assert lines(await monitor_of(DetectorSpec("A", triggers=both)))[-1] == ("lte", 20, 0)
    assert lines(await monitor_of(DetectorSpec("A", triggers=both, resolve_threshold=5)))[-1] == ("lte", 5, 0)
    below = DetectorSpec("A", triggers=(("critical", 3),), threshold_type=1)
    assert lines(await monitor_of(below)) == [("lt", 3, 75), ("gte", 3, 0)]
    own = {"type": "gt", "comparison": 9, "conditionResult": 50}
    assert lines(await monitor_of(DetectorSpec("A", conditions=(own,)))) == [("gt", 9, 50)]


@pytest.mark.parametrize(
    ("window", "minutes"),
    [(1, 1), (29, 1), (30, 2), (59, 2), (60, 3), (239, 3), (240, 5), (1439, 5), (1440, 15)],
)
async def test_the_resolution_of_an_old_metric_alert_follows_from_its_window(window: int, minutes: int) -> None:
    of_percent = DetectorSpec("B", rule_id="6", window=window, comparison_delta=3600)
    rules = (DetectorSpec("A", rule_id="5", window=window), of_percent)
    rows = await Asked(shop(detectors=rules), profile=BEFORE).read("alert-rules/")
    assert [row["resolution"] for row in rows] == [minutes, 2 * minutes]


async def test_a_metric_alert_of_before_that_was_never_migrated_is_no_monitor() -> None:
    left = DetectorSpec("Left", rule_id="5", migrated=False, enabled=False, threshold_period=3, resolve_threshold=2)
    sentry = Asked(shop(detectors=(left,)), profile=Profile(old_alerts="alive"))
    assert await sentry.read("detectors/", query="type:metric") == []
    (row,) = await sentry.read("alert-rules/")
    assert (row["status"], row["thresholdPeriod"], row["resolveThreshold"]) == (5, 3, 2)
    assert (await sentry.get("alert-rule-detector/", alert_rule_id="5")).status_code == 404


async def test_anomaly_detection_has_no_threshold() -> None:
    monitor = await monitor_of(DetectorSpec("Odd", detection_type="dynamic"))
    (condition,) = monitor["conditionGroup"]["conditions"]
    assert (condition["type"], monitor["config"]["detectionType"]) == ("anomaly_detection", "dynamic")
