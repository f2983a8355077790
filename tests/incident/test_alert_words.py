"""Alerts in words: what a person reads must be what Sentry does (reference: alerts, 2 and 3)."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.incident.alerts.words import condition_words
from sentry_runbook.incident.alerts.words_actions import notifies_words
from sentry_runbook.incident.alerts.words_conditions import CONDITIONS, clause
from sentry_runbook.incident.model.evidence.alert_condition_reading import OLD_ACTIONS, OTHER_ACTION
from sentry_runbook.incident.model.evidence.alert_conditions import CONDITION_TYPES, LEVEL_MATCHES, MATCHES
from sentry_runbook.incident.model.evidence.alert_definition import (
    AlertCondition,
    AlertDefinition,
    ConditionGroup,
    MetricCondition,
    MetricThreshold,
)

NEW = AlertCondition(type="first_seen_event")
BACK = AlertCondition(type="regression_event")
EVERY = AlertCondition(type="every_event")
HUNDRED = AlertCondition(type="event_frequency_count", value=100, interval_s=3600)
ERROR = AlertCondition(type="level", match="gte", text="error")
EU = AlertCondition(type="tagged_event", match="eq", key="region", text="EU")
MAIL = ("email",)
TYPES = tuple(row.type for row in CONDITION_TYPES)
"""Those that are read."""


def workflow(
    *triggers: AlertCondition, filters: tuple[ConditionGroup, ...] | None = None, **more: Any
) -> AlertDefinition:
    blocks = (ConditionGroup(logic="all", actions=MAIL),) if filters is None else filters
    group = ConditionGroup(logic=more.pop("logic", "any"), conditions=triggers)
    given = {"id": "7", "form": "workflow", "frequency_minutes": 30, **more}
    return AlertDefinition(triggers=group, filters=blocks, **given)


def block(*conditions: AlertCondition, **more: Any) -> ConditionGroup:
    return ConditionGroup(conditions=conditions, **{"logic": "all", "actions": MAIL, **more})


def monitor(**more: Any) -> AlertDefinition:
    limits = (
        MetricThreshold(label="critical", comparison="gt", limit=50),
        MetricThreshold(label="ok", comparison="lte", limit=50),
    )
    metric = MetricCondition(**{"aggregate": "count()", "window_s": 600, "step_s": 60, "thresholds": limits, **more})
    return AlertDefinition(id="8", form="metric_monitor", metric=metric)


def test_every_type_of_condition_that_is_read_has_words_of_its_own() -> None:
    said = [clause(AlertCondition(type=name)) for name in TYPES]
    assert sorted(CONDITIONS) == sorted(TYPES)
    assert len(set(said)) == len(TYPES)
    assert [words for words in said if "not known here" in words] == []


def test_every_comparison_that_is_read_has_words() -> None:
    said = {clause(AlertCondition(type="tagged_event", key="os", text="x", match=match)) for match in MATCHES}
    said |= {clause(AlertCondition(type="level", text="error", match=match)) for match in LEVEL_MATCHES}
    assert len(said) == len(MATCHES) + len(LEVEL_MATCHES)
    assert [words for words in said if "not told" in words] == []


@pytest.mark.parametrize("name", TYPES)
def test_a_condition_whose_row_says_nothing_more_invents_no_number(name: str) -> None:
    words = clause(AlertCondition(type=name))
    assert "None" not in words and not any(char.isdigit() for char in words)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (HUNDRED, "more than 100 events of the issue in 1 h"),
        (HUNDRED.model_copy(update={"value": 1}), "more than 1 event of the issue in 1 h"),
        (
            HUNDRED.model_copy(update={"filters": (EU, ERROR)}),
            'more than 100 events of the issue in 1 h (counted only where the event\'s tag "region" is "EU" and the '
            'event\'s level is at least "error")',
        ),
        (
            AlertCondition(type="event_frequency_percent", value=50, interval_s=3600, comparison_s=3600),
            "events of the issue in 1 h more than 50 % above the 1 h before",
        ),
        (
            AlertCondition(type="event_frequency_percent", value=50, interval_s=3600, comparison_s=604_800),
            "events of the issue in 1 h more than 50 % above the 1 h that ended 7 d before",
        ),
        (
            AlertCondition(type="event_unique_user_frequency_count", value=10, interval_s=60),
            "more than 10 users of the issue in 1 min",
        ),
        (
            AlertCondition(type="percent_sessions_count", value=0.5, interval_s=1800),
            "events of the issue in more than 0.5 % of the project's sessions in 30 min",
        ),
        (
            AlertCondition(type="issue_occurrences", value=10),
            "the issue has at least 10 events since it was first seen",
        ),
        (AlertCondition(type="age_comparison", is_older=True, age_s=604_800), "the issue is older than 7 d"),
        (AlertCondition(type="age_comparison", is_older=False, age_s=3600), "the issue is newer than 1 h"),
        (AlertCondition(type="assigned_to", text="unassigned"), "the issue is assigned to nobody"),
        (AlertCondition(type="assigned_to", text="team:12"), 'the issue is assigned to team "12"'),
        (
            AlertCondition(type="latest_adopted_release", key="oldest", match="older", text="production"),
            'the issue\'s oldest release is older than the newest adopted one in "production"',
        ),
        (AlertCondition(type="tagged_event", match="ns", key="os"), 'the event\'s tag "os" is not set'),
        (
            AlertCondition(type="event_attribute", match="nc", key="message", text="timeout"),
            'the event\'s "message" does not contain "timeout"',
        ),
        (AlertCondition(type="issue_category", text="error"), 'the issue\'s category is "error"'),
        (AlertCondition(type="issue_category", text="error", match="ne"), 'the issue\'s category is not "error"'),
        (AlertCondition(type="issue_priority_greater_or_equal", value=75), "the issue's priority is at least high"),
        (
            AlertCondition(type="unknown", told="sentry.rules.mystery"),
            'a condition that is not known here: "sentry.rules.mystery"',
        ),
    ],
    ids=[
        *(
            "count",
            "one",
            "count_with_filters",
            "rise_over_the_window_before",
            "rise_over_a_week_before",
            "users",
            "sessions",
        ),
        *("occurrences", "older", "newer", "nobody", "team", "adopted", "tag_not_set", "attribute", "category"),
        *("other_category", "priority", "unknown"),
    ],
)
def test_a_condition_says_what_sentry_does(condition: AlertCondition, words: str) -> None:
    assert clause(condition) == words


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        (workflow(NEW, BACK), "an issue is new, or a resolved issue comes back; at most once in 30 min per issue"),
        (
            workflow(NEW, BACK, filters=(block(HUNDRED, ERROR),), environment="production"),
            "(an issue is new, or a resolved issue comes back), and more than 100 events of the issue in 1 h, and the "
            'event\'s level is at least "error"; only in "production"; at most once in 30 min per issue',
        ),
        (
            workflow(filters=(block(HUNDRED),)),
            "more than 100 events of the issue in 1 h; at most once in 30 min per issue",
        ),
        (
            workflow(EVERY, filters=(block(HUNDRED),), frequency_minutes=0),
            "more than 100 events of the issue in 1 h; each time, without a pause",
        ),
        (workflow(), "an event comes in; at most once in 30 min per issue"),
        (
            workflow(filters=(block(EU, ERROR, logic="none"),)),
            'none of these holds: the event\'s tag "region" is "EU"; the event\'s level is at least "error"; at most '
            "once in 30 min per issue",
        ),
        (
            workflow(NEW, filters=(block(EU, logic="none"),)),
            'an issue is new, and it does not hold that the event\'s tag "region" is "EU"; at most once in 30 min per '
            "issue",
        ),
        (workflow(NEW, filters=()), "nothing: it has no block of actions"),
        (
            workflow(NEW, filters=(block(EU), block(actions=("slack",)))),
            'an issue is new: e-mail if the event\'s tag "region" is "EU"; Slack if it passes at all; at most once in '
            "30 min per issue",
        ),
        (workflow(NEW, frequency_minutes=None), "an issue is new; how often at most was not told"),
        (workflow(NEW, frequency_minutes=1440), "an issue is new; at most once in 24 h per issue"),
    ],
    ids=[
        *(
            "any",
            "any_and_all",
            "filter_alone",
            "every_event_beside_a_filter",
            "every_event",
            "none",
            "not",
            "no_block",
        ),
        *("two_blocks", "no_frequency", "a_day"),
    ],
)
def test_an_issue_alert_is_told_whole(alert: AlertDefinition, words: str) -> None:
    assert condition_words(alert) == words


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        (monitor(), "events in 10 min above 50 (critical); it closes at or below 50; looked at every minute"),
        (
            monitor(query="level:error", step_s=300, aggregate="count_unique(user)"),
            'distinct users that match "level:error" in 10 min above 50 (critical); it closes at or below 50; '
            "looked at every 5 min",
        ),
        (
            monitor(
                comparison_s=86_400,
                thresholds=(
                    MetricThreshold(label="critical", comparison="gt", limit=150),
                    MetricThreshold(label="warning", comparison="gt", limit=120),
                    MetricThreshold(label="ok", comparison="lte", limit=120),
                ),
            ),
            "events in 10 min more than 50 % above the value 24 h before (critical) or more than 20 % above the value "
            "24 h before (warning); it closes at or below 120 % of the value 24 h before; looked at every minute",
        ),
        (
            monitor(comparison_s=86_400, thresholds=(MetricThreshold(label="critical", comparison="lt", limit=60),)),
            "events in 10 min more than 40 % below the value 24 h before (critical); looked at every minute",
        ),
        (
            monitor(
                consecutive=3,
                closes_by_itself=False,
                thresholds=(MetricThreshold(label="critical", comparison="gt", limit=50),),
            ),
            "3 values in a row: events in 10 min above 50 (critical); it never closes by itself; "
            "looked at every minute",
        ),
        (
            monitor(is_dynamic=True, thresholds=()),
            "events in 10 min out of the ordinary, by Sentry's anomaly detection: no threshold is told; "
            "looked at every minute",
        ),
        (
            monitor(
                aggregate="percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate",
                window_s=3600,
                thresholds=(MetricThreshold(label="critical", comparison="lt", limit=99.5),),
            ),
            "crash-free sessions in 1 h below 99.5 % (critical); looked at every minute",
        ),
        (
            monitor(aggregate="p95(transaction.duration)", dataset="transactions"),
            '"p95(transaction.duration)" of transactions in 10 min above 50 (critical); it closes at or below 50; '
            "looked at every minute",
        ),
    ],
    ids=[
        *("static", "users_with_a_query", "rise", "fall", "three_in_a_row", "anomaly", "crash_free", "percentile"),
    ],
)
def test_a_metric_monitor_is_told_whole(alert: AlertDefinition, words: str) -> None:
    assert condition_words(alert) == words


def test_crons_uptime_checks_and_alerts_of_glitchtip_are_told_in_their_own_words() -> None:
    alert = AlertDefinition(id="9", form="cron", words=("no check-in 5 min after its time", "3 in a row"))
    assert condition_words(alert) == "no check-in 5 min after its time; 3 in a row"


def test_what_was_not_told_is_no_every_event() -> None:
    assert condition_words(AlertDefinition(id="9", form="metric_monitor")) == "what it fires on was not told"
    told = AlertDefinition(id="9", form="workflow", filters=(block(HUNDRED),), frequency_minutes=5)
    assert condition_words(told) == (
        "what it fires on was not told, and more than 100 events of the issue in 1 h; at most once in 5 min per issue"
    )


def test_a_long_list_of_conditions_is_counted_and_not_dropped() -> None:
    words = condition_words(workflow(filters=(block(*[EU] * 20),)))
    assert "and 12 more conditions" in words


def test_every_kind_of_action_that_is_read_has_words() -> None:
    assert '"' not in notifies_words((*OLD_ACTIONS.values(), OTHER_ACTION))


def test_kinds_of_actions_are_told_once_each_and_nobody_is_said() -> None:
    assert notifies_words(("email", "slack", "email", "new_thing")) == 'e-mail, Slack, "new_thing"'
    assert notifies_words(()) == "nobody"
