"""Conditions of alerts are read into one form from the rows of both generations, each type of the reference's table."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import alert_conditions
from sentry_runbook.incident.model.evidence.alert_condition_reading import MOST_BLOCKS, MOST_CONDITIONS, READERS
from sentry_runbook.incident.model.evidence.alert_conditions import CONDITION_TYPES, interval_seconds
from tests.incident.alert_rows import (
    FILTERS,
    FREQUENCY,
    PAIRS,
    before,
    definition,
    only_filter,
    rule,
    today,
    workflow,
)

Json = dict[str, Any]


@pytest.mark.parametrize(("type_", "now", "then"), PAIRS, ids=[type_ for type_, _, _ in PAIRS])
def test_a_condition_reads_alike_from_both_generations(type_: str, now: Json, then: Json) -> None:
    of_today, of_before = only_filter(workflow({"type": type_, **now})), only_filter(rule(then))
    assert of_today == of_before
    assert of_today.search == of_before.search
    assert of_today.type == type_ and of_today.told is None and of_today.kind.type == type_


def test_every_type_with_an_old_name_is_among_the_pairs_and_only_a_resolved_issue_had_none() -> None:
    paired = {type_ for type_, _, _ in PAIRS}
    assert {row.type for row in CONDITION_TYPES if row.old is not None} == paired
    assert {row.type for row in CONDITION_TYPES} - paired == {"issue_resolved_trigger"}
    assert today("issue_resolved_trigger").type == "issue_resolved_trigger"
    assert {row.parts for row in CONDITION_TYPES} == READERS.keys()


def test_triggers_of_before_end_in_condition_and_filters_in_filter_and_either_is_read() -> None:
    assert before("a.LevelCondition", level="50", match="eq") == before("a.LevelFilter", level="50", match="eq")


def test_the_parts_of_a_count_are_read() -> None:
    count = today("event_frequency_count", {"value": 100, "interval": "1h"})
    assert (count.value, count.interval_s, count.comparison_s) == (100, 3600, None)
    rise = today("event_frequency_percent", {"value": 50, "interval": "15m", "comparisonInterval": "1w"})
    assert (rise.value, rise.interval_s, rise.comparison_s) == (50, 900, 604_800)
    assert rise.kind.is_percent and rise.kind.is_slow and not count.kind.is_percent


@pytest.mark.parametrize(
    "filters",
    [
        5,
        "level:error",
        {"key": "a"},
        [[[]]],
        [5],
        [{"key": "a", "match": "eq", "value": "b"}] * (2 * MOST_CONDITIONS + 1),
    ],
    ids=["number", "text", "object", "list-in-it", "number-in-it", "too-many"],
)
def test_filters_of_a_count_that_cannot_be_read_are_not_taken_for_none(filters: object) -> None:
    count = today("event_frequency_count", {"value": 5, "interval": "1h", "filters": filters})
    assert alert_conditions.UNKNOWN in {part.type for part in count.filters}
    without = today("event_frequency_count", {"value": 5, "interval": "1h", "filters": None})
    assert without.filters == ()


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        *(("1m", 60), ("5m", 300), ("10m", 600), ("15m", 900), ("30m", 1800), ("1h", 3600)),
        *(("1d", 86_400), ("1w", 604_800), ("30d", 2_592_000)),
        *(("0m", None), ("h", None), ("1y", None), ("-1h", None), ("1h ", None), (60, None), (None, None)),
    ],
)
def test_an_interval_is_read_in_seconds(word: object, seconds: int | None) -> None:
    assert interval_seconds(word) == seconds


@pytest.mark.parametrize(
    ("given", "age_s", "is_older"),
    [
        ({"comparisonType": "older", "value": 5, "time": "minute"}, 300, True),
        ({"comparisonType": "newer", "value": 2, "time": "day"}, 172_800, False),
        ({"comparisonType": "newer", "value": "1", "time": "week"}, 604_800, False),
    ],
)
def test_an_age_is_read_in_seconds(given: Json, age_s: int, is_older: bool) -> None:
    age = today("age_comparison", given)
    assert (age.age_s, age.is_older) == (age_s, is_older)


@pytest.mark.parametrize("level", [40, "40", "error"])
def test_a_level_is_read_by_its_number_or_its_name(level: object) -> None:
    condition = today("level", {"level": level, "match": "gte"})
    assert (condition.text, condition.levels) == ("error", ("error", "fatal"))
    assert condition.search == 'level:["error", "fatal"]'


def test_only_a_level_has_levels() -> None:
    assert today("tagged_event", {"key": "level", "match": "eq", "value": "error"}).levels is None


def test_filters_restrict_the_count_with_the_searches_of_their_tags_and_attributes() -> None:
    filters = [
        {"key": "logger", "match": "eq", "value": "pay"},
        {"attribute": "platform", "match": "ne", "value": "python"},
        {"attribute": "stacktrace.code", "match": "co", "value": "retry"},
    ]
    count = today("event_frequency_count", {"value": 1, "interval": "1h", "filters": filters})
    assert [part.type for part in count.filters] == ["tagged_event", "event_attribute", "event_attribute"]
    assert [part.search for part in count.filters] == ['logger:"pay"', '!platform:"python"', None]


def test_a_count_of_users_with_conditions_takes_the_tags_and_attributes_of_its_rule_as_filters() -> None:
    row = rule(
        {"id": f"{FILTERS}.tagged_event.TaggedEventFilter", "key": "logger", "match": "eq", "value": "pay"},
        {"id": f"{FILTERS}.level.LevelFilter", "level": "40", "match": "gte"},
        conditions=(
            {"id": f"{FREQUENCY}.EventUniqueUserFrequencyConditionWithConditions", "value": 5, "interval": "1h"},
        ),
    )
    trigger = definition(row).triggers
    assert trigger is not None
    (count,) = trigger.conditions
    assert count.type == "event_unique_user_frequency_count"
    assert [part.search for part in count.filters] == ['logger:"pay"']
    plain = before(f"{FREQUENCY}.EventUniqueUserFrequencyCondition", value=5, interval="1h", filters=[{"key": "a"}])
    assert plain.filters == ()


@pytest.mark.parametrize(
    ("given", "text"),
    [({"targetType": "Unassigned"}, "unassigned"), ({"targetType": "Member", "targetIdentifier": 9}, "member:9")],
)
def test_an_assignee_is_a_kind_and_an_id(given: Json, text: str) -> None:
    assert today("assigned_to", given).text == text


def test_a_category_may_be_the_one_that_it_is_not() -> None:
    assert today("issue_category", {"value": 2, "include": False}).match == "ne"
    assert today("issue_category", {"value": 2, "include": True}).match == "eq"


# --- what is not known


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "moon_phase", "comparison": "full"},
        {"type": "event_frequency_count", "comparison": {"value": 100}},
        {"type": "event_frequency_count", "comparison": {"value": "many", "interval": "1h"}},
        {"type": "event_frequency_count", "comparison": {"value": -1, "interval": "1h"}},
        {"type": "event_frequency_count", "comparison": {"value": float("nan"), "interval": "1h"}},
        {"type": "event_frequency_count", "comparison": {"value": 100, "interval": "1 hour"}},
        {"type": "event_frequency_percent", "comparison": {"value": 50, "interval": "1h"}},
        {"type": "issue_occurrences", "comparison": True},
        {"type": "age_comparison", "comparison": {"comparisonType": "elder", "value": 1, "time": "day"}},
        {"type": "age_comparison", "comparison": {"comparisonType": "older", "value": 1, "time": "moon"}},
        {"type": "level", "comparison": {"level": 45, "match": "gte"}},
        {"type": "level", "comparison": {"level": 40, "match": "co"}},
        {"type": "tagged_event", "comparison": {"match": "eq", "value": "a"}},
        {"type": "tagged_event", "comparison": {"key": "a", "match": "like", "value": "a"}},
        {"type": "tagged_event", "comparison": {"key": "a", "match": "eq"}},
        {"type": "assigned_to", "comparison": {"targetType": "Team"}},
        {"type": "assigned_to", "comparison": {"targetType": "Robot", "targetIdentifier": 1}},
        {"type": "latest_adopted_release", "comparison": {"releaseAgeType": "oldest"}},
        # The opposite of what the type says.
        {"type": "first_seen_event", "comparison": False},
        {"type": "first_seen_event", "comparison": True, "conditionResult": False},
    ],
)
def test_a_condition_that_is_not_known_or_lacks_a_part_is_unknown_and_says_sentry_s_word(condition: Json) -> None:
    read = only_filter(workflow(condition))
    assert (read.type, read.told, read.kind) == ("unknown", condition["type"], alert_conditions.UNKNOWN_TYPE)
    assert read.search is None


@pytest.mark.parametrize("condition", [None, 7, "first_seen_event", [], {}, {"type": ["level"]}])
def test_a_condition_that_is_none_is_not_dropped_for_without_it_the_alert_would_fire_more(condition: object) -> None:
    row = workflow()
    row["actionFilters"][0]["conditions"] = [condition]
    assert only_filter(row).type == "unknown"


def test_an_old_condition_that_is_not_known_says_its_class() -> None:
    read = before("acme_plugin.rules.MoonPhaseCondition", value=1)
    assert (read.type, read.told) == ("unknown", "MoonPhaseCondition")


@pytest.mark.parametrize("conditions", [None, "all", {"type": "every_event"}])
def test_a_group_without_a_list_of_conditions_is_unknown_and_not_empty(conditions: object) -> None:
    row = workflow()
    row["actionFilters"][0]["conditions"] = conditions
    assert only_filter(row).type == "unknown"


def test_a_logic_that_is_not_known_leaves_nothing_known_of_its_group() -> None:
    row = workflow({"type": "every_event", "comparison": True})
    row["actionFilters"][0]["logicType"] = "most"
    (block,) = definition(row).filters
    assert [(condition.type, condition.told) for condition in block.conditions] == [("unknown", "most")]


def test_what_is_cut_of_a_long_list_stays_as_a_condition_that_is_not_known() -> None:
    many = [{"type": "every_event", "comparison": True}] * (MOST_CONDITIONS + 3)
    (block,) = definition(workflow(*many)).filters
    assert len(block.conditions) == MOST_CONDITIONS + 1
    assert (block.conditions[-1].type, block.conditions[-1].told) == ("unknown", "3 more conditions")
    row = workflow()
    row["actionFilters"] *= MOST_BLOCKS + 2
    blocks = definition(row).filters
    assert len(blocks) == MOST_BLOCKS + 1
    assert [condition.told for condition in blocks[-1].conditions] == ["2 more blocks"]


def test_the_value_of_a_tag_with_a_sensitive_name_is_masked_and_searched_as_it_is() -> None:
    condition = today("tagged_event", {"key": "password", "match": "eq", "value": "hunter2"})
    assert condition.text is not None and "hunter2" not in condition.model_dump_json()
    assert condition.search == 'password:"hunter2"'
    assert "hunter2" not in repr(condition)
