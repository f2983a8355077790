"""Alerts are read into one form from the rows of every generation: the reference's own samples, and odd ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.alerts.replay_values import why_not_metric
from sentry_runbook.incident.alerts.state import state_of_alert
from sentry_runbook.incident.alerts.words import condition_words
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, MetricCondition
from sentry_runbook.incident.model.evidence.alert_form import BY_TYPE, READERS, form_of_row
from sentry_runbook.incident.model.evidence.lenient import read, read_all
from sentry_runbook.safety.sanitizer import Sanitizer
from tests.incident.alert_rows import (
    EMAIL,
    FREQUENCY,
    PAIRS,
    definition,
    detector,
    metric_rule,
    rule,
    workflow,
)
from tests.sentry import shapes

Json = dict[str, Any]
REGRESSED: Json = {"type": "regression_event", "comparison": True}
COUNT: Json = {"type": "event_frequency_count", "comparison": {"value": 100, "interval": "1h"}}
OLD_COUNT: Json = {"id": f"{FREQUENCY}.EventFrequencyCondition", "value": 100, "interval": "1h"}
COMBINED_UPTIME: Json = {
    **{"id": "9", "type": "uptime", "name": "Health", "projectSlug": "shop", "status": "active", "owner": None},
    **{"url": "https://shop.example/health", "intervalSeconds": 60, "downtimeThreshold": 3, "environment": "prod"},
}


def metric(row: Json) -> MetricCondition:
    found = definition(row).metric
    assert found is not None
    return found


def lines(found: MetricCondition) -> list[tuple[str, str, float]]:
    return [(line.label, line.comparison, line.limit) for line in found.thresholds]


# --- the reference's samples


def test_the_alert_of_the_reference_is_read_whole() -> None:
    alert = definition({**shapes.WORKFLOW_OF_TODAY, "form": "workflow", "environment": "production"})
    assert (alert.key, alert.name, alert.enabled, alert.monitors) == ("workflow:77", "Pay", True, ("41",))
    assert (alert.frequency_minutes, alert.is_quiet_inclusive, alert.environment) == (30, False, "production")
    assert alert.raw_environment == "production" and alert.updated is not None


def test_example_a_of_the_reference_is_a_count_of_an_issue_on_every_event_with_a_throttle() -> None:
    every = {"type": "every_event", "comparison": True}
    alert = definition(workflow(COUNT, triggers=(every,), lastTriggered=None))
    assert alert.triggers is not None and alert.triggers.logic == "any"
    assert [condition.type for condition in alert.triggers.conditions] == ["every_event"]
    (block,) = alert.filters
    assert (block.logic, block.actions, block.inactive) == ("all", ("email",), 0)
    (count,) = block.conditions
    assert (count.type, count.value, count.interval_s) == ("event_frequency_count", 100, 3600)
    assert alert.notifies == ("email",)


def test_example_b_of_the_reference_is_a_metric_in_seconds_with_an_ok_condition() -> None:
    monitor = definition(detector(("gt", 50, 75), ("lte", 50, 0)))
    assert (monitor.form, monitor.project_ids, monitor.workflow_ids) == ("metric_monitor", ("2",), ("77",))
    found = metric(detector(("gt", 50, 75), ("lte", 50, 0)))
    assert (found.aggregate, found.dataset, found.query) == ("count()", "events", None)
    assert (found.window_s, found.step_s, found.comparison_s, found.consecutive) == (600, 60, None, 1)
    assert lines(found) == [("critical", "gt", 50), ("ok", "lte", 50)]
    assert found.closes_by_itself and not found.is_partial and not found.is_dynamic


def test_example_c_of_the_reference_is_percent_of_the_value_a_day_before() -> None:
    # ``static`` with a delta is percent (reference: alerts, 3).
    found = metric(detector(("gt", 150, 75), minutes=60, config={"detectionType": "static", "comparisonDelta": 86_400}))
    assert (found.window_s, found.comparison_s) == (3600, 86_400)
    assert lines(found) == [("critical", "gt", 150)]
    assert not found.closes_by_itself and not found.is_partial


@pytest.mark.parametrize(
    ("minutes", "step_minutes"),
    [(1, 1), (29, 1), (30, 2), (59, 2), (60, 3), (239, 3), (240, 5), (1439, 5), (1440, 15), (10_080, 15)],
)
def test_the_step_follows_from_the_window_and_is_twice_as_long_in_an_old_comparison(
    minutes: int, step_minutes: int
) -> None:
    assert metric(detector(("gt", 5, 75), minutes=minutes)).step_s == step_minutes * 60
    assert metric(metric_rule(("critical", 5), minutes=minutes)).step_s == step_minutes * 60
    compared = metric_rule(("critical", 5), minutes=minutes, comparisonDelta=1440)
    assert metric(compared).step_s == step_minutes * 120


def test_an_old_rule_that_tells_its_step_is_believed() -> None:
    assert metric(metric_rule(("critical", 5), minutes=60, resolution=7)).step_s == 420


# --- both generations


@pytest.mark.parametrize(("type_", "now", "then"), PAIRS, ids=[type_ for type_, _, _ in PAIRS])
def test_both_generations_of_an_alert_have_the_same_condition(type_: str, now: Json, then: Json) -> None:
    of_today = definition(workflow(COUNT, triggers=({"type": type_, **now},), environment="production"))
    of_before = definition(rule(OLD_COUNT, conditions=(then,), environment="production"))
    same = ("triggers", "filters", "environment", "raw_environment", "frequency_minutes", "notifies", "actions")
    assert [getattr(of_today, name) for name in same] == [getattr(of_before, name) for name in same]
    # A rule from before may fire again exactly after its frequency (reference: alerts, 2).
    assert (of_today.is_quiet_inclusive, of_before.is_quiet_inclusive) == (False, True)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (detector(("gt", 50, 75), ("lte", 50, 0)), metric_rule(("critical", 50))),
        (
            detector(("gt", 50, 75), ("gt", 20, 50), ("lte", 20, 0)),
            metric_rule(("critical", 50), ("warning", 20)),
        ),
        (detector(("lt", 5, 75), ("gte", 5, 0)), metric_rule(("critical", 5), thresholdType=1)),
        (
            detector(("gt", 50, 75), ("lte", 10, 0), minutes=1440),
            metric_rule(("critical", 50), resolveThreshold=10, minutes=1440),
        ),
        # The old one shows the change, today's the share of the value then (reference: alerts, 3).
        (
            detector(("gt", 150, 75), ("lte", 150, 0), config={"detectionType": "percent", "comparisonDelta": 3600}),
            metric_rule(("critical", 50), comparisonDelta=60, detectionType="percent", resolution=1),
        ),
        (
            detector(("lt", 60, 75), ("gte", 60, 0), config={"detectionType": "percent", "comparisonDelta": 3600}),
            metric_rule(("critical", 40), comparisonDelta=60, thresholdType=1, resolution=1),
        ),
    ],
    ids=["plain", "warning", "below", "resolve", "percent_more", "percent_less"],
)
def test_both_generations_of_a_metric_have_the_same_condition(now: Json, then: Json) -> None:
    assert metric(now) == metric(then)


def test_values_in_a_row_are_of_old_rules_alone() -> None:
    assert metric(metric_rule(("critical", 50), thresholdPeriod=3)).consecutive == 3


def test_an_old_rule_that_names_no_frequency_has_thirty_minutes_and_an_alert_of_today_is_not_known() -> None:
    row = rule()
    del row["frequency"]
    assert definition(row).frequency_minutes == 30
    assert definition(workflow(config={})).frequency_minutes is None
    assert definition(workflow(config={"frequency": 0})).frequency_minutes == 0


def test_an_empty_group_is_kept_and_a_missing_one_is_not_known() -> None:
    alert = definition(workflow(triggers=()))
    assert alert.triggers is not None and alert.triggers.conditions == ()
    no_triggers = definition(workflow() | {"triggers": None}).triggers
    assert no_triggers is not None and no_triggers.conditions == ()
    row = workflow()
    del row["triggers"]
    assert definition(row).triggers is None
    assert definition(workflow() | {"actionFilters": []}).filters == ()


def test_the_logic_of_old_rules_stands_beside_their_conditions() -> None:
    alert = definition(rule(OLD_COUNT, conditions=(OLD_COUNT,), actionMatch="none", filterMatch="any"))
    assert alert.triggers is not None
    assert (alert.triggers.logic, alert.filters[0].logic) == ("none", "any")


# --- actions


def test_actions_are_told_by_their_kind_once_and_the_inactive_ones_only_counted() -> None:
    actions = [EMAIL, EMAIL, {**EMAIL, "type": "slack"}, {**EMAIL, "type": "pagerduty", "status": "disabled"}]
    row = workflow()
    row["actionFilters"][0]["actions"] = actions
    alert = definition(row)
    (block,) = alert.filters
    assert (block.actions, block.inactive, alert.notifies, alert.actions) == (
        ("email", "slack"),
        1,
        ("email", "slack"),
        3,
    )


@pytest.mark.parametrize(
    ("id_", "kind"),
    [
        ("sentry.mail.actions.NotifyEmailAction", "email"),
        ("sentry.integrations.slack.notify_action.SlackNotifyServiceAction", "slack"),
        ("sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction", "pagerduty"),
        ("sentry.integrations.jira.notify_action.JiraCreateTicketAction", "jira"),
        ("sentry.rules.actions.notify_event_service.NotifyEventServiceAction", "webhook"),
        ("acme.CarrierPigeonAction", "other"),
        (None, "other"),
    ],
)
def test_an_old_action_is_told_by_today_s_word_for_its_class(id_: object, kind: str) -> None:
    assert definition(rule(actions=[{"id": id_, "channel": "#secret-channel"}])).notifies == (kind,)


def test_where_a_row_does_not_tell_its_actions_they_are_unknown_and_not_none() -> None:
    assert definition(rule(actions=None)).notifies is None
    assert definition(rule(actions=[])).notifies == ()
    assert definition(workflow() | {"actionFilters": "none"}).notifies is None
    assert definition(detector(("gt", 50, 75))).notifies is None


def test_no_address_of_an_action_is_kept() -> None:
    secret = {"channel": "#pay-oncall", "url": "https://hooks.example/T0/secret", "targetIdentifier": "jo@example.com"}
    for row in (workflow(), rule(), metric_rule(("critical", 1)), shapes.GLITCHTIP_ALERT):
        text = json.dumps(row)
        holder = json.loads(text.replace('"type": "email"', f'"type": "email", "config": {json.dumps(secret)}'))
        shown = definition(holder)
        assert not any(part in repr(shown) + shown.model_dump_json() for part in ("oncall", "hooks", "jo@"))


# --- words only


def test_an_uptime_check_is_told_in_words_from_a_detector_and_from_the_combined_list() -> None:
    source = {"queryObj": {"url": "https://shop.example/health", "intervalSeconds": 60}}
    today = {
        **{"id": "9", "type": "uptime_domain_failure", "name": "Health", "projectId": "2", "enabled": False},
        **{"dataSources": [source], "conditionGroup": {}, "workflowIds": []},
        "config": {"downtimeThreshold": 3, "environment": "prod"},
    }
    of_today, of_before = definition(today), definition(COMBINED_UPTIME)
    assert of_today.form == of_before.form == "uptime"
    assert of_today.words == of_before.words != ()
    assert of_today.environment == of_before.environment == "prod"
    assert (of_today.enabled, of_before.enabled, of_before.project_ids) == (False, True, ("shop",))
    assert (of_today.is_connected, of_before.is_connected) == (False, None)


def test_a_cron_monitor_is_told_in_words_from_a_detector_and_from_its_own_list() -> None:
    row = {**shapes.MONITOR, "id": "7", "type": "monitor_check_in_failure", "workflowIds": ["77"], "enabled": True}
    of_today = definition({**row, "dataSources": [{"type": "cron_monitor", "queryObj": shapes.MONITOR}]})
    of_before = definition({**shapes.MONITOR, "form": "cron"})
    assert of_today.words == of_before.words
    assert "schedule: 0 3 * * * (UTC)" in of_today.words
    assert of_before.project_ids == ("2",) and of_before.owner == "payments" and of_before.snoozed is False


def test_an_alert_of_glitchtip_is_told_in_words_whatever_its_version_calls_the_keys() -> None:
    old = {"pk": 7, "name": "", "timespan_minutes": 5, "quantity": 10, "uptime": True, "alertRecipients": []}
    newer, older = definition(shapes.GLITCHTIP_ALERT), definition(old)
    assert (newer.key, older.key) == ("glitchtip:7", "glitchtip:7")
    assert newer.words == ("events: 10 of one issue within 5 min",)
    assert older.words == (*newer.words, "uptime checks: also when one fails")
    assert newer.notifies == ("webhook",)
    # Without a recipient the team gets a mail.
    assert (older.notifies, older.actions, older.enabled) == (("email",), 1, True)


# --- which form


@pytest.mark.parametrize(
    ("row", "form"),
    [
        (shapes.WORKFLOW_OF_TODAY, "workflow"),
        (shapes.DETECTOR, "metric_monitor"),
        (shapes.RULE, "rule"),
        (shapes.METRIC_RULE, "metric_rule"),
        (shapes.MONITOR, "cron"),
        (shapes.UPTIME, "uptime"),
        (shapes.GLITCHTIP_ALERT, "glitchtip"),
        *(({"id": "1", "type": type_}, form) for type_, form in BY_TYPE.items()),
        ({"id": "1", "type": "error"}, None),
        ({"id": "1", "type": "issue_stream", "detectorIds": []}, None),
        ({"id": "1", "type": "moon_phase"}, None),
        ({"id": "1", "type": ["rule"]}, None),
        ({}, None),
    ],
)
def test_the_form_of_a_row_is_told_by_its_type_or_by_a_key_that_only_one_has(row: Json, form: str | None) -> None:
    assert form_of_row(row) == form


def test_what_a_list_holds_decides_where_its_rows_do_not_say_it() -> None:
    assert form_of_row({"id": "1"}, "rule") == "rule"
    assert form_of_row({"id": "1", "type": "alert_rule"}, "rule") == "metric_rule"
    assert form_of_row({"id": "1", "type": "error"}, "metric_monitor") is None


# --- odd rows


@pytest.mark.parametrize(
    "row",
    [
        detector(),
        detector(("gt", "many", 75)),
        detector(("gt", 50, 25)),
        detector(("between", 50, 75)),
        detector(("gt", 50, 75), conditionGroup={"logicType": "all", "conditions": []}),
        detector(("gt", 50, 75), config={"detectionType": "percent"}),
        detector(("gt", 50, 75), config={"comparisonDelta": "yesterday"}),
        detector(("gt", 50, 75), dataSources=detector()["dataSources"] * 2),
        metric_rule(),
        metric_rule(("critical", None)),
        metric_rule(("info", 5)),
        metric_rule(("critical", 5), thresholdType=2),
        metric_rule(("critical", 5), thresholdType=None),
        metric_rule(("critical", 5), comparisonDelta="a day"),
        metric_rule(("critical", 5), thresholdPeriod="often"),
    ],
)
def test_a_metric_of_which_a_part_cannot_be_read_says_so_and_is_not_replayed(row: Json) -> None:
    assert metric(row).is_partial
    assert "a part of it could not be read" in condition_words(definition(row))
    assert why_not_metric(metric(row)) == "a part of its condition could not be read"
    whole = detector(("gt", 50, 75), ("lte", 50, 0))
    assert "could not be read" not in condition_words(definition(whole))
    assert why_not_metric(metric(whole)) is None


@pytest.mark.parametrize(
    "row",
    [
        detector(("gt", 50, 75), config={"detectionType": "dynamic"}),
        detector(("anomaly_detection", {"sensitivity": "high"}, 75)),
        metric_rule(("critical", 0), detectionType="dynamic", thresholdType=2),
    ],
)
def test_anomaly_detection_is_known_as_such(row: Json) -> None:
    assert metric(row).is_dynamic and not metric(row).is_partial


@pytest.mark.parametrize("window", [None, 0, -60, "ten", 10**12, [600]])
def test_without_a_window_there_is_no_metric_but_its_words(window: object) -> None:
    row = detector(("gt", 50, 75))
    row["dataSources"][0]["queryObj"]["snubaQuery"]["timeWindow"] = window
    monitor = definition(row)
    assert monitor.metric is None
    assert "threshold: above 50 (high priority)" in monitor.words


def test_a_monitor_of_one_type_of_events_counts_only_these() -> None:
    row = detector(("gt", 50, 75))
    query = row["dataSources"][0]["queryObj"]["snubaQuery"]
    assert metric(row).raw_query == ""
    query |= {"eventTypes": ["error"], "query": "a:1 OR b:2"}
    assert (metric(row).raw_query, metric(row).query) == ("event.type:error (a:1 OR b:2)", "a:1 OR b:2")
    query |= {"eventTypes": ["error", "default"]}
    assert metric(row).raw_query == "a:1 OR b:2"
    query |= {"eventTypes": ["default"], "query": " "}
    assert metric(row).raw_query == "event.type:default"


def test_only_what_a_definition_is_made_of_is_taken_from_a_row() -> None:
    ours = {"metric": {"aggregate": "x"}, "words": ["fires never"], "notifies": ["nobody"], "raw_environment": "x"}
    alert = definition({**workflow(), **ours, "monitor_types": ["x"], "is_quiet_inclusive": True, "project_ids": ["x"]})
    assert alert == definition(workflow())
    assert alert.raw_environment is None


def test_a_row_without_an_id_is_refused_and_costs_only_itself() -> None:
    rows = [workflow(), {**workflow(), "id": None}, "odd", None, {**workflow(), "id": "78"}]
    assert [alert.id for alert in read_all(AlertDefinition, rows, Sanitizer())] == ["77", "78"]
    with pytest.raises(ValueError, match="id"):
        read(AlertDefinition, {**workflow(), "id": {}}, Sanitizer())


def test_texts_of_strangers_are_inert_and_those_for_requests_are_never_shown() -> None:
    text = "<img src=x> [click](https://evil.example) jo.doe@example.com"
    row = detector(("gt", 5, 75), name=text, owner=text)
    row["dataSources"][0]["queryObj"]["snubaQuery"] |= {"query": text, "aggregate": text, "environment": text}
    tagged = {"type": "tagged_event", "comparison": {"key": "logger", "match": "eq", "value": text}}
    alerts = [definition(row), definition(workflow(tagged, {"type": text}, name=text, environment=text))]
    for alert in alerts:
        shown = alert.model_dump_json() + repr(alert)
        assert "](" not in shown and "https:" not in shown and "<img" not in shown and "jo.doe@" not in shown
        assert alert.raw_environment == text
    assert alerts[0].metric is not None and alerts[0].metric.raw_query == text
    assert alerts[1].filters[0].conditions[0].search == f'logger:"{text}"'


SAMPLES = [
    {**shapes.WORKFLOW_OF_TODAY, "form": "workflow"},
    workflow(COUNT, *({"type": type_, **now} for type_, now, _ in PAIRS[:22]), triggers=(REGRESSED,)),
    rule(*(then for _, _, then in PAIRS[:22]), conditions=(OLD_COUNT,)),
    {**detector(("gt", 50, 75), ("lte", 50, 0)), "form": "metric_monitor"},
    {**metric_rule(("critical", 50), ("warning", 20)), "form": "metric_rule"},
    {**shapes.MONITOR, "form": "cron"},
    {**COMBINED_UPTIME, "form": "uptime"},
    {**shapes.GLITCHTIP_ALERT, "form": "glitchtip"},
]


@pytest.mark.parametrize(
    "sample", SAMPLES, ids=[str(sample["form"]) + str(number) for number, sample in enumerate(SAMPLES)]
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_row_is_read_or_refused_for_its_id_alone(sample: Json, data: st.DataObject) -> None:
    damaged = data.draw(shapes.damaged(sample))
    row = {**(damaged if isinstance(damaged, dict) else {}), "form": sample["form"], "id": "1"}
    alert = read(AlertDefinition, row, Sanitizer())
    assert alert.form in READERS
    assert AlertDefinition.model_validate_json(alert.model_dump_json()).key == alert.key
    for group in (*alert.filters, *((alert.triggers,) if alert.triggers else ())):
        for condition in group.conditions:
            # A condition of a known type has what its type needs.
            assert condition.type == "unknown" or condition.told is None
            if condition.kind.parts == "frequency":
                assert condition.value is not None and condition.interval_s
                assert bool(condition.comparison_s) is condition.kind.is_percent


@pytest.mark.parametrize("form", [*READERS, "moon", "x" * 99])
def test_an_empty_row_of_any_form_is_an_alert_of_which_nothing_is_known(form: str) -> None:
    try:
        alert = read(AlertDefinition, {"id": "1", "form": form}, Sanitizer())
    except ValueError:
        assert form == "x" * 99
        return
    assert (alert.name, alert.triggers, alert.metric, alert.environment) == (None, None, None, None)


def test_a_row_nested_as_deep_as_json_goes_costs_nothing_but_itself() -> None:
    deep: Json = {"type": "tagged_event", "comparison": {}}
    for _ in range(3_000):
        deep = {"type": "event_frequency_count", "comparison": {"value": 1, "interval": "1h", "filters": [deep]}}
    (block,) = definition(workflow(deep)).filters
    assert block.conditions[0].filters[0].type == "unknown"


# --- what the set-up says of it


def test_a_monitor_that_no_alert_is_connected_to_is_not_said_to_be_on_nor_to_be_dead() -> None:
    connected, alone = definition(detector(("gt", 1, 75))), definition(detector(("gt", 1, 75), workflowIds=[]))
    assert (connected.is_connected, alone.is_connected) == (True, False)
    assert state_of_alert(connected, None).verdict == "on"
    # An alert of all issues of the project may tell of it (reference: alerts, 6).
    assert state_of_alert(alone, None).verdict == "unknown"
    assert state_of_alert(definition(detector(("gt", 1, 75), enabled=False)), None).verdict == "off"


def test_a_definition_says_of_its_set_up_what_the_set_up_alone_says() -> None:
    dead = definition(workflow(detectorIds=[]))
    mute = definition(rule(snoozeForEveryone=True))
    assert (state_of_alert(dead, {}).verdict, state_of_alert(mute, None).verdict) == ("dead", "mute")
    assert (dead.is_old, mute.is_old, definition(detector()).is_old) == (False, True, False)
