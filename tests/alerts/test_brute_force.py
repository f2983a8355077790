"""Brute force on the reference's worked examples (``alerts.md``, section 7) and on edges counted by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.alerts.brute_force import CannotTell, Firing, rule_firings, workflow_firings
from tests.alerts.metrics import Opened, detector_states, metric_rule_states, resolution_minutes, stretches
from tests.alerts.raw import DAY, HOUR, MINUTE, Change, Event, Issue, Raw, Request, Sessions

BEGIN = int(datetime(2026, 11, 19, tzinfo=UTC).timestamp()) * 1000
"""Midnight of the day on which all examples play."""
EMAIL = {"type": "email", "config": {"targetType": "issue_owners"}, "status": "active"}
EVERY = {"type": "every_event", "comparison": True}


def clock(text: str) -> int:
    """The instant of a time of that day, as ``10:34`` or ``10:34:06``."""
    hours, minutes, *seconds = map(int, text.split(":"))
    return BEGIN + hours * HOUR + minutes * MINUTE + sum(seconds) * 1000


def told(firings: Iterable[Firing]) -> list[str]:
    """Times of firings."""
    return [str(datetime.fromtimestamp(firing.at / 1000, UTC).time()) for firing in firings]


def even(per_minute: int, start: str, end: str, issue: str = "SHOP-1", **more: Any) -> list[Event]:
    """Events of each minute, evenly in its middle parts."""
    minutes = range(clock(start), clock(end), MINUTE)
    step = MINUTE / per_minute
    return [Event(at + int(step * (n + 0.5)), issue, "shop", **more) for at in minutes for n in range(per_minute)]


def at_times(*times: str, issue: str = "SHOP-1", **more: Any) -> list[Event]:
    return [Event(clock(time), issue, "shop", **more) for time in times]


def raw(events: Sequence[Event], *issues: Issue, until: str = "24:00", **more: Any) -> Raw:
    return Raw(clock(until), tuple(sorted(events, key=lambda event: event.at)), issues, **more)


def workflow(
    *filters: Mapping[str, Any],
    triggers: Sequence[Mapping[str, Any]] = (),
    logic: str = "all",
    trigger_logic: str = "any-short",
    frequency: int = 30,
    environment: str | None = None,
    actions: Sequence[Mapping[str, Any]] = (EMAIL,),
) -> dict[str, Any]:
    return {
        "id": "77",
        "enabled": True,
        "environment": environment,
        "config": {"frequency": frequency},
        "triggers": {"logicType": trigger_logic, "conditions": list(triggers), "actions": []},
        "actionFilters": [{"logicType": logic, "conditions": list(filters), "actions": list(actions)}],
    }


def count(value: float, interval: str, kind: str = "event_frequency_count", **more: Any) -> dict[str, Any]:
    return {"type": kind, "comparison": {"value": value, "interval": interval, **more}}


def fired(row: Mapping[str, Any], what: Raw) -> list[str]:
    return told(workflow_firings(row, what, {"shop"}))


# --- worked example A -----------------------------------------------------------------------------------------------

A = raw(even(2, "10:00", "10:30") + even(10, "10:30", "11:30"), until="11:30")


def test_a_hundred_an_hour_fires_at_event_101_in_the_minute_10_34() -> None:
    row = workflow(count(100, "1h"))

    assert [event.at for event in A.events][100] == clock("10:34:03")
    assert fired(row, A)[0] == "10:34:03"


def test_the_next_firing_is_more_than_30_minutes_later() -> None:
    # The events of a minute stand at its seconds 3, 9, 15 …: 11:04:03 is exactly 30 minutes later, and not enough.
    assert fired(workflow(count(100, "1h")), A) == ["10:34:03", "11:04:09"]


def test_a_threshold_above_the_maximum_never_fires() -> None:
    assert fired(workflow(count(1000, "1h")), A) == []
    # 600 events in the fullest hour: 600 is not more than 600.
    assert fired(workflow(count(600, "1h")), A) == []
    assert fired(workflow(count(599, "1h")), A)[:1] == ["11:29:57"]


# --- worked example B -----------------------------------------------------------------------------------------------

B = raw(even(3, "12:00", "14:00") + even(12, "14:00", "14:20") + even(3, "14:20", "15:00"), until="15:00")


def monitor(
    *lines: tuple[str, float, int], window: int = 10, aggregate: str = "count()", **more: Any
) -> dict[str, Any]:
    source = {"aggregate": aggregate, "query": "", "timeWindow": window * 60, "environment": None, **more}
    return {
        "enabled": True,
        "config": {"detectionType": "static", "comparisonDelta": None},
        "dataSources": [{"queryObj": {"snubaQuery": source}}],
        "conditionGroup": {
            "conditions": [
                {"type": kind, "comparison": limit, "conditionResult": result} for kind, limit, result in lines
            ]
        },
    }


def test_a_count_over_ten_minutes_opens_at_14_03_and_closes_at_14_28() -> None:
    row = monitor(("gt", 50, 75), ("lte", 50, 0))

    assert detector_states(row, B, "shop") == [Opened(clock("14:03"), "critical", clock("14:28"))]
    # 57 is the sum at 14:03 and at 14:27: one less opens a step later and closes a step earlier.
    assert detector_states(monitor(("gt", 57, 75), ("lte", 57, 0)), B, "shop") == [
        Opened(clock("14:04"), "critical", clock("14:27"))
    ]


def test_a_metric_never_opens_above_its_maximum_of_120() -> None:
    assert detector_states(monitor(("gt", 150, 75), ("lte", 150, 0)), B, "shop") == []
    assert detector_states(monitor(("gt", 120, 75), ("lte", 120, 0)), B, "shop") == []
    opened = detector_states(monitor(("gte", 120, 75), ("lt", 120, 0)), B, "shop")
    assert opened == [Opened(clock("14:10"), "critical", clock("14:21"))]


# --- worked example C -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "opens"),
    [
        pytest.param(150, True, id="160 of 100"),
        pytest.param(225, False, id="107"),
        pytest.param(0, False, id="nothing"),
    ],
)
def test_a_metric_in_percent_of_the_day_before(then: int, opens: bool) -> None:
    day = even(4, "10:00", "11:00")
    before = [Event(clock("10:00") - DAY + (n * HOUR + HOUR // 2) // then, "SHOP-1", "shop") for n in range(then)]
    row = monitor(("gt", 150, 75), ("lte", 150, 0), window=60)
    row["config"] = {"detectionType": "percent", "comparisonDelta": 86_400}

    opened = detector_states(row, raw([*before, *day], until="11:00"), "shop")

    # The last value lies at 11:00, a multiple of the three minutes in which a window of 60 is evaluated.
    at_eleven = [part for part in opened if part.closed is None]
    assert bool(at_eleven) is opens
    # From nothing there is no percentage: the value is skipped.
    assert then or opened == []


@pytest.mark.parametrize(
    ("now", "then", "fires"),
    [
        pytest.param(226, 150, False, id="truncated 50"),
        pytest.param(227, 150, True, id="51"),
        pytest.param(3, 0, True, id="from nothing 300"),
    ],
)
def test_a_rise_in_percent_is_truncated_and_more_than_its_value(now: int, then: int, fires: bool) -> None:
    events = [
        Event(clock(begin) + (n * HOUR + HOUR // 2) // count_, "SHOP-1", "shop")
        for begin, count_ in (("09:00", then), ("10:00", now))
        for n in range(count_)
    ]
    row = workflow(count(50, "1h", "event_frequency_percent", comparisonInterval="1h"), frequency=0)

    firings = workflow_firings(row, raw(events), {"shop"})

    # Judged at the last event alone: in the hour before it all others of the hour lie, and all of the hour before.
    assert (events[-1].at in [firing.at for firing in firings]) is fires


# --- counts ---------------------------------------------------------------------------------------------------------


def test_exactly_n_events_do_not_fire_and_one_more_does() -> None:
    row = workflow(count(3, "5m"))

    assert fired(row, raw(at_times("10:00:01", "10:01", "10:04:59"))) == []
    assert fired(row, raw(at_times("10:00:01", "10:01", "10:04:59", "10:05"))) == ["10:05:00"]
    # The window is open on its old side: an event exactly five minutes ago has left it.
    assert fired(row, raw(at_times("10:00:00", "10:01", "10:04:59", "10:05"))) == []


def test_a_window_does_not_stop_at_the_hour_or_at_midnight() -> None:
    assert fired(workflow(count(3, "1h")), raw(at_times("10:40", "10:50", "11:10", "11:20"))) == ["11:20:00"]
    across = [Event(BEGIN + minute * MINUTE, "SHOP-1", "shop") for minute in (-20, -10, 5, 15)]
    assert fired(workflow(count(3, "1h")), raw(across)) == ["00:15:00"]


def test_each_issue_is_counted_alone_and_has_its_own_throttle() -> None:
    events = at_times("10:00", "10:01") + at_times("10:00:30", "10:01:30", issue="SHOP-2")
    assert workflow_firings(workflow(count(1, "5m")), raw(events), {"shop"}) == [
        Firing(clock("10:01"), "SHOP-1"),
        Firing(clock("10:01:30"), "SHOP-2"),
    ]
    assert fired(workflow(count(3, "5m")), raw(events)) == []


def test_people_are_counted_once_and_nobody_is_nobody() -> None:
    events = [
        *at_times("10:00", "10:01", "10:02", user="ann"),
        *at_times("10:03", user="ben"),
        *at_times("10:04"),
        *at_times("10:04:30", user="eve"),
    ]
    row = workflow(count(2, "1h", "event_unique_user_frequency_count"))
    assert fired(row, raw(events)) == ["10:04:30"]


def test_an_environment_restricts_the_events_and_the_count_and_makes_an_issue_new_in_it() -> None:
    staging = at_times("10:00", "10:01", "10:02", environment="staging")
    production = at_times("10:03", "10:05", environment="production")
    what = raw(staging + production)

    assert fired(workflow(count(1, "1h"), environment="production"), what) == ["10:05:00"]
    assert fired(workflow(triggers=[{"type": "first_seen_event", "comparison": True}]), what) == ["10:00:00"]
    new_there = workflow(triggers=[{"type": "first_seen_event", "comparison": True}], environment="production")
    assert fired(new_there, what) == ["10:03:00"]


def test_filters_restrict_the_count_and_a_tag_beside_it_only_the_event() -> None:
    american = at_times("10:00", "10:02", tags={"region": "us"})
    what = raw(american + at_times("10:01", "10:03", tags={"region": "eu"}))
    tag = {"key": "region", "match": "eq", "value": "EU"}

    assert fired(workflow(count(2, "1h", filters=[tag])), what) == []
    assert fired(workflow(count(1, "1h", filters=[tag])), what) == ["10:03:00"]
    gated = workflow(count(2, "1h"), {"type": "tagged_event", "comparison": tag})
    # The third event of all is an American one, which may not fire; the fourth may.
    assert fired(gated, what) == ["10:03:00"]


def test_the_share_of_sessions_is_of_the_last_hours_sessions_and_nothing_below_fifty() -> None:
    row = workflow(count(10, "5m", "percent_sessions_count"))
    events = even(3, "10:00", "10:05")

    def sessions(number: int) -> tuple[Sessions, ...]:
        return (Sessions(clock("09:30"), "shop", "production", number, 0),)

    # 120 an hour are 10 in five minutes: one event is 10 % and not more, two are 20 %.
    assert fired(row, raw(events, sessions=sessions(120)))[:1] == ["10:00:30"]
    assert fired(row, raw(events, sessions=sessions(49))) == []


def test_occurrences_are_at_least_so_many_of_all_time() -> None:
    row = workflow({"type": "issue_occurrences", "comparison": {"value": 3}}, frequency=0)
    assert fired(row, raw(at_times("08:00", "10:00", "12:00", "14:00"))) == ["12:00:00", "14:00:00"]


@pytest.mark.parametrize(
    ("comparison", "times"),
    [
        pytest.param("newer", ["10:00:00", "10:59:00"], id="newer"),
        pytest.param("older", ["11:01:00"], id="older"),
    ],
)
def test_an_age_of_exactly_an_hour_is_neither_newer_nor_older(comparison: str, times: list[str]) -> None:
    age = {"type": "age_comparison", "comparison": {"comparisonType": comparison, "value": 1, "time": "hour"}}
    what = raw(at_times("10:00", "10:59", "11:00", "11:01"))
    assert fired(workflow(age, frequency=0), what) == times


# --- logic ----------------------------------------------------------------------------------------------------------

OFTEN = count(1, "1h")
NEVER = count(100, "1h")


@pytest.mark.parametrize(
    ("logic", "conditions", "passes"),
    [
        pytest.param("any", [OFTEN, NEVER], True, id="any of two"),
        pytest.param("all", [OFTEN, NEVER], False, id="all of two"),
        pytest.param("all", [OFTEN, OFTEN], True, id="all"),
        pytest.param("none", [NEVER], True, id="none"),
        pytest.param("none", [OFTEN, NEVER], False, id="none but one"),
        pytest.param("any-short", [NEVER], False, id="any of none that holds"),
        pytest.param("any", [], True, id="empty any"),
        pytest.param("all", [], True, id="empty all"),
        pytest.param("none", [], True, id="empty none"),
    ],
)
@pytest.mark.parametrize("where", ["filters", "triggers"])
def test_conditions_are_combined_as_the_group_says(
    logic: str, conditions: list[dict[str, Any]], passes: bool, where: str
) -> None:
    in_filters = workflow(*conditions, logic=logic, frequency=0)
    in_triggers = workflow(triggers=conditions, trigger_logic=logic, frequency=0)
    what = raw(at_times("10:00", "10:01"))
    assert ("10:01:00" in fired(in_filters if where == "filters" else in_triggers, what)) is passes


def test_without_a_block_or_without_an_active_action_nothing_happens() -> None:
    what = raw(at_times("10:00"))
    assert fired(workflow(), what) == ["10:00:00"]
    assert fired(workflow() | {"actionFilters": []}, what) == []
    assert fired(workflow(actions=()), what) == []
    assert fired(workflow(actions=[{"type": "email", "status": "deletion_in_progress"}]), what) == []


# --- throttle -------------------------------------------------------------------------------------------------------


def rule(*conditions: Mapping[str, Any], frequency: int = 30, **more: Any) -> dict[str, Any]:
    return {
        "conditions": list(conditions),
        "filters": [],
        "actions": [{"id": "sentry.mail.actions.NotifyEmailAction"}],
        "actionMatch": "any",
        "filterMatch": "all",
        "frequency": frequency,
        "environment": None,
        "projects": ["shop"],
        "status": "active",
        **more,
    }


def test_exactly_the_throttle_later_old_rules_fire_again_and_alerts_of_today_do_not() -> None:
    what = raw(at_times("10:00", "10:29:59", "10:30", "10:30:01"))

    assert fired(workflow(EVERY, frequency=30), what) == ["10:00:00", "10:30:01"]
    assert told(rule_firings(rule(), what)) == ["10:00:00", "10:30:00"]


def test_without_a_throttle_each_event_fires() -> None:
    assert fired(workflow(frequency=0), raw(at_times("10:00", "10:00", "10:00:01"))) == ["10:00:00"] * 2 + ["10:00:01"]


def test_old_rules_say_the_same_under_other_names() -> None:
    frequency = {
        "id": "sentry.rules.conditions.event_frequency.EventFrequencyCondition",
        "value": 100,
        "interval": "1h",
    }
    level = {"id": "sentry.rules.filters.level.LevelFilter", "level": "40", "match": "gte"}
    sessions = {
        "id": "sentry.rules.conditions.event_frequency.EventFrequencyPercentCondition",
        "value": 10,
        "interval": "5m",
    }

    assert told(rule_firings(rule(frequency, filters=[level]), A)) == ["10:34:03", "11:04:03"]
    assert told(rule_firings(rule(frequency, filters=[level | {"match": "lte", "level": "30"}]), A)) == []
    what = raw(even(3, "10:00", "10:05"), sessions=(Sessions(clock("09:30"), "shop", None, 120, 0),))
    assert told(rule_firings(rule(sessions), what)) == ["10:00:30"]


def test_an_old_rise_never_fires_on_an_issues_first_event() -> None:
    rise = {
        "id": "sentry.rules.conditions.event_frequency.EventFrequencyCondition",
        "comparisonType": "percent",
        "comparisonInterval": "5m",
        "value": 50,
        "interval": "5m",
    }
    assert told(rule_firings(rule(rise), raw(at_times("10:00")))) == []
    assert told(rule_firings(rule(rise), raw(at_times("10:00", "10:01")))) == ["10:01:00"]


# --- what became of the issue ---------------------------------------------------------------------------------------


def changed(*changes: tuple[str, str]) -> Issue:
    return Issue("SHOP-1", "shop", changes=tuple(Change(clock(time), kind, "Dana Ortiz") for time, kind in changes))


def trigger(kind: str) -> dict[str, Any]:
    return workflow(triggers=[{"type": kind, "comparison": True}], frequency=0)


def test_an_event_on_a_resolved_issue_is_a_regression_and_the_next_one_is_none() -> None:
    issue = changed(("10:30", "resolved"), ("11:00", "regressed"))
    what = raw(at_times("10:00", "11:00", "11:01"), issue)

    assert fired(trigger("regression_event"), what) == ["11:00:00"]
    assert fired(trigger("issue_resolved_trigger"), what) == ["10:30:00"]
    assert fired(trigger("issue_resolved_trigger") | {"environment": "production"}, what) == []


def test_no_event_on_an_archived_issue_fires_until_one_brings_it_back() -> None:
    issue = changed(("10:30", "archived"), ("12:00", "escalated"))
    what = raw(at_times("10:00", "11:00", "12:00", "12:01"), issue)

    assert fired(trigger("every_event"), what) == ["10:00:00", "12:00:00", "12:01:00"]
    assert fired(trigger("reappeared_event"), what) == ["12:00:00"]


def test_an_empty_trigger_is_every_event_and_no_resolve() -> None:
    what = raw(at_times("10:00"), changed(("10:30", "resolved")))
    assert fired(workflow(frequency=0), what) == ["10:00:00"]


def test_nothing_counted_ever_holds_when_an_issue_is_resolved() -> None:
    issue = changed(("10:30", "resolved"))
    row = trigger("issue_resolved_trigger")
    row["actionFilters"][0]["conditions"] = [OFTEN]
    assert fired(row, raw(at_times("10:00", "10:01"), issue)) == []


def test_what_depends_on_releases_or_priority_cannot_be_told() -> None:
    for kind in ("latest_release", "latest_adopted_release", "new_high_priority_issue", "of_tomorrow"):
        with pytest.raises(CannotTell):
            workflow_firings(workflow({"type": kind, "comparison": True}), raw(at_times("10:00")), {"shop"})


# --- tags and levels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "value", "found", "missing"),
    [
        pytest.param("eq", "EU-west", True, False, id="eq"),
        pytest.param("eq", "eu", False, False, id="not eq"),
        pytest.param("ne", "eu", True, True, id="ne"),
        pytest.param("ne", "eu-west", False, True, id="not ne"),
        pytest.param("co", "-w", True, False, id="co"),
        pytest.param("nc", "-w", False, True, id="nc"),
        pytest.param("sw", "eu", True, False, id="sw"),
        pytest.param("nsw", "eu", False, True, id="nsw"),
        pytest.param("ew", "west", True, False, id="ew"),
        pytest.param("new", "west", False, True, id="new"),
        pytest.param("is", "", True, False, id="is"),
        pytest.param("ns", "", False, True, id="ns"),
        pytest.param("in", "us, eu-west", True, False, id="in"),
        pytest.param("in", "us,eu", False, False, id="not in"),
    ],
)
def test_a_tag_is_matched(match: str, value: str, found: bool, missing: bool) -> None:
    row = workflow({"type": "tagged_event", "comparison": {"key": "region", "match": match, "value": value}})
    assert bool(fired(row, raw(at_times("10:00", tags={"region": "eu-west"})))) is found
    assert bool(fired(row, raw(at_times("10:00")))) is missing


@pytest.mark.parametrize(
    ("match", "levels"),
    [
        pytest.param("eq", ["error"], id="eq"),
        pytest.param("gte", ["error", "fatal"], id="gte"),
        pytest.param("lte", ["debug", "info", "warning", "error"], id="lte"),
    ],
)
def test_a_level_is_matched(match: str, levels: list[str]) -> None:
    row = workflow({"type": "level", "comparison": {"level": "40", "match": match}})
    names = ["debug", "info", "warning", "error", "fatal"]
    assert [level for level in names if fired(row, raw(at_times("10:00", level=level)))] == levels


def test_an_assignment_holds_from_its_instant_until_the_next() -> None:
    changes = (Change(clock("10:30"), "assigned", "Dana Ortiz", "team:12"), Change(clock("11:30"), "unassigned"))
    what = raw(at_times("10:00", "11:00", "12:00"), Issue("SHOP-1", "shop", changes=changes))
    for kind, identifier, times in (
        ("Team", "12", ["11:00:00"]),
        ("Team", "13", []),
        ("Member", "12", []),
        ("Unassigned", None, ["10:00:00", "12:00:00"]),
    ):
        row = {"type": "assigned_to", "comparison": {"targetType": kind, "targetIdentifier": identifier}}
        assert fired(workflow(row, frequency=0), what) == times


# --- metrics --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "minutes"),
    [(1, 1), (29, 1), (30, 2), (59, 2), (60, 3), (239, 3), (240, 5), (1439, 5), (1440, 15), (10080, 15)],
)
def test_the_longer_the_window_the_rarer_its_values(window: int, minutes: int) -> None:
    assert resolution_minutes(window) == minutes


def test_between_two_lines_the_state_stays() -> None:
    row = monitor(("gt", 100, 75), ("lte", 40, 0))
    # The sum falls by 9 a minute after 14:20: 48 at 14:28, 39 at 14:29.
    assert detector_states(row, B, "shop") == [Opened(clock("14:08"), "critical", clock("14:29"))]


def test_a_warning_turns_critical_and_both_are_changes() -> None:
    row = monitor(("gt", 100, 75), ("gt", 50, 50), ("lte", 50, 0))
    opened = detector_states(row, B, "shop")
    assert opened == [
        Opened(clock("14:03"), "warning", clock("14:08")),
        Opened(clock("14:08"), "critical", clock("14:23")),
        Opened(clock("14:23"), "warning", clock("14:28")),
    ]
    assert stretches(opened) == [(clock("14:03"), clock("14:28"))]


def test_without_a_line_for_well_it_never_closes() -> None:
    assert detector_states(monitor(("gt", 50, 75)), B, "shop") == [Opened(clock("14:03"), "critical", None)]


def test_values_lie_on_the_clock_whenever_events_begin() -> None:
    # 60 minutes are evaluated every third: the hour's sum exceeds 20 with the 21st event, at 10:20:30.
    what = raw(even(1, "10:00", "10:40"), until="10:40")
    assert detector_states(monitor(("gt", 20, 75), ("lte", 20, 0), window=60), what, "shop")[0].at == clock("10:21")


def old(window: int = 10, **more: Any) -> dict[str, Any]:
    return {
        "aggregate": "count()",
        "query": "",
        "timeWindow": window,
        "environment": None,
        "detectionType": "static",
        "comparisonDelta": None,
        "thresholdType": 0,
        "thresholdPeriod": 1,
        "resolveThreshold": None,
        "triggers": [{"label": "critical", "alertThreshold": 50}],
        **more,
    }


def test_an_old_metric_rule_opens_and_closes_as_todays_does() -> None:
    assert metric_rule_states(old(), B, "shop") == [Opened(clock("14:03"), "critical", clock("14:28"))]
    lower = metric_rule_states(old(resolveThreshold=40), B, "shop")
    assert lower == [Opened(clock("14:03"), "critical", clock("14:29"))]
    both = [{"label": "critical", "alertThreshold": 100}, {"label": "warning", "alertThreshold": 50}]
    assert [part.label for part in metric_rule_states(old(triggers=both), B, "shop")] == [
        "warning",
        "critical",
        "warning",
    ]


def test_an_old_rule_with_a_period_needs_so_many_values_in_a_row() -> None:
    opened = metric_rule_states(old(thresholdPeriod=3), B, "shop")
    assert opened[0].at == clock("14:05")


def test_an_old_rule_below_a_line() -> None:
    # Nothing from 10:00 on: at 10:07 the window holds the events of three minutes.
    what = raw(even(1, "09:00", "10:00") + even(1, "10:30", "11:00"), until="11:00")
    row = old(thresholdType=1, triggers=[{"label": "critical", "alertThreshold": 4}])
    # It begins below, too: nothing was there before the first event.
    assert [(part.at, part.closed) for part in metric_rule_states(row, what, "shop")] == [
        (clock("09:00"), clock("09:04")),
        (clock("10:07"), clock("10:34")),
    ]


def test_an_old_percentage_is_the_difference() -> None:
    # 240 an hour against 150 is 60 % more.
    before = [Event(clock("10:00") - DAY + (n * HOUR + HOUR // 2) // 150, "SHOP-1", "shop") for n in range(150)]
    what = raw([*before, *even(4, "10:00", "11:00")], until="11:00")
    for threshold, is_open in ((59, True), (60, False)):
        row = old(60, comparisonDelta=1440, triggers=[{"label": "critical", "alertThreshold": threshold}])
        opened = metric_rule_states(row, what, "shop")
        assert any(part.closed is None for part in opened) is is_open


def test_crash_free_sessions_and_failed_requests() -> None:
    sessions = (
        Sessions(clock("10:10") + 30_000, "shop", "production", 90, 0),
        Sessions(clock("10:20") + 30_000, "shop", "production", 10, 6),
    )
    row = monitor(
        ("lt", 95, 75),
        ("gte", 95, 0),
        window=60,
        aggregate="percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate",
    )
    # 6 of 100 crashed: 94 % from 10:21 to 11:11, when the 90 good ones have left the window; then 40 %; then none.
    opened = detector_states(row, raw([], sessions=sessions, until="13:00"), "shop")
    assert opened == [Opened(clock("10:21"), "critical", None)]

    requests = tuple(Request(clock("10:00") + n * 6_000 + 1, "shop", None, n >= 95) for n in range(100))
    failing = monitor(("gt", 0.04, 75), ("lte", 0.04, 0), window=10, aggregate="failure_rate()")
    assert detector_states(failing, raw([], requests=requests, until="10:10"), "shop") == [
        Opened(clock("10:10"), "critical", None)
    ]


def test_a_metric_counts_people_and_what_its_query_finds() -> None:
    events = even(12, "14:00", "14:20", user="ann") + even(3, "14:00", "14:20", user="ben", level="warning")
    row = monitor(("gt", 1, 75), ("lte", 1, 0), aggregate="count_unique(user)")
    assert detector_states(row, raw(events, until="14:20"), "shop")[0].at == clock("14:01")
    row = monitor(("gt", 1, 75), ("lte", 1, 0), aggregate="count_unique(user)", query="level:warning")
    assert detector_states(row, raw(events, until="14:20"), "shop") == []
    row = monitor(("gt", 29, 75), ("lte", 29, 0), query="level:warning")
    assert detector_states(row, raw(events, until="14:20"), "shop")[0].at == clock("14:10")
    row = monitor(("gt", 30, 75), ("lte", 30, 0), query="level:warning")
    assert detector_states(row, raw(events, until="14:20"), "shop") == []


def test_anomalies_cannot_be_told() -> None:
    row = monitor(("gt", 1, 75)) | {"config": {"detectionType": "dynamic"}}
    with pytest.raises(CannotTell):
        detector_states(row, B, "shop")
    with pytest.raises(CannotTell):
        metric_rule_states(old(detectionType="dynamic"), B, "shop")
