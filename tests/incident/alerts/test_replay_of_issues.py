"""What decides whether an alert looks at an issue at all: its state, its project, its first event, its environment."""

from __future__ import annotations

import pytest

from sentry_runbook.incident.alerts.replay import replay, with_condition, with_threshold, with_throttle
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.model.evidence.alert_conditions import CONDITION_TYPES
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition, ConditionGroup
from tests.incident.alerts.counted import RawIssue, at, counted, every, minute_of

DAY = 24 * 60
BURST = every(10, 600, 620)


def spans(result: Replay) -> list[tuple[float, float, bool]]:
    assert result.why_not is None
    return [(minute_of(row.earliest), minute_of(row.latest), row.is_certain) for row in result.firings]


def on(*conditions: AlertCondition, **more: object) -> AlertDefinition:
    filters = (ConditionGroup(logic="all", conditions=conditions, actions=("email",)),)
    fields = {"id": "5", "form": "workflow", "enabled": True, "frequency_minutes": 30, "filters": filters, **more}
    return AlertDefinition.model_validate(fields)


def minutes_of(environment: str | None = None, search: str = "") -> list[tuple[str | None, str, int, float, float]]:
    return [(environment, search, 60, -DAY, DAY)]


def test_an_archived_issue_is_not_looked_at_and_one_that_waits_no_more_is() -> None:
    archived = RawIssue("7", BURST, before=9, activity=((500, "set_ignored"), (610, "set_unresolved")))
    fired = spans(replay(with_condition(more_than=5), counted([archived], minutes=minutes_of())))
    assert fired == [(610, 611, True)]


def test_an_event_on_a_resolved_issue_reopens_it_first() -> None:
    resolved = RawIssue("7", BURST, before=9, activity=((500, "set_resolved"), (600, "set_regression")))
    evidence = counted([resolved], minutes=minutes_of())
    assert spans(replay(with_condition(more_than=5), evidence)) == [(600, 601, True)]
    assert spans(replay(on(AlertCondition(type="regression_event")), evidence)) == [(600, 600 + 1 / 60, True)]


def test_a_resolve_alone_fires_what_waits_for_it_and_in_an_environment_nothing() -> None:
    resolved = RawIssue("7", BURST, before=9, activity=((700, "set_resolved"),))
    trigger = ConditionGroup(conditions=(AlertCondition(type="issue_resolved_trigger"),))
    evidence = counted([resolved], minutes=minutes_of())
    assert spans(replay(on(triggers=trigger), evidence)) == [(700, 700 + 1 / 60, True)]
    assert spans(replay(on(triggers=trigger, environment="staging", raw_environment="staging"), evidence)) == []
    # A count is asked of events alone.
    counting = on(AlertCondition(type="event_frequency_count", value=1, interval_s=3600), triggers=trigger)
    assert spans(replay(counting, evidence)) == []


def test_a_new_issue_fires_at_its_first_event_and_an_old_one_does_not() -> None:
    new, old = RawIssue("7", BURST), RawIssue("8", BURST, before=9)
    result = replay(with_condition(), counted([new, old]))
    assert [(row.issue, row.earliest, row.is_certain) for row in result.firings] == [("7", at(600), True)]


def test_a_new_issue_never_has_two_events_at_its_first_one() -> None:
    both = on(AlertCondition(type="first_seen_event"), AlertCondition(type="issue_occurrences", value=2))
    assert spans(replay(both, counted([RawIssue("7", BURST)], minutes=minutes_of()))) == []


@pytest.mark.parametrize(("value", "fires"), [(10, [(600, 601, True)]), (201, [])], ids=["reached", "never"])
def test_occurrences_are_reached_and_not_passed(value: int, fires: list[tuple[float, float, bool]]) -> None:
    total = on(AlertCondition(type="issue_occurrences", value=value), frequency_minutes=1440)
    assert spans(replay(total, counted([RawIssue("7", BURST)], minutes=minutes_of()))) == fires


def test_only_events_in_the_environment_are_looked_at_and_counted() -> None:
    mixed = RawIssue("7", BURST, environments=["staging", "production"] * 100, before=9)
    production = with_condition(more_than=40, environment="production")
    evidence = counted([mixed], minutes=minutes_of("production"))
    # Five a minute: the 41st is in the ninth minute.
    assert spans(replay(production, evidence)) == [(608, 609, True)]
    # Without those counts all that is known is that all events together would be enough.
    assert [certain for _, _, certain in spans(replay(production, counted([mixed])))] == [False]


def test_a_filter_on_the_event_lets_pass_only_what_it_matches() -> None:
    level = AlertCondition(type="level", match="eq", text="fatal", search="level:fatal")
    some = RawIssue("7", BURST, before=9, meets={150: frozenset(("level:fatal",))})
    evidence = counted([some], minutes=[*minutes_of(), *minutes_of(search="level:fatal")])
    assert spans(replay(on(level), evidence)) == [(615, 616, True)]
    count = AlertCondition(type="event_frequency_count", value=100, interval_s=3600)
    assert spans(replay(on(level, count), evidence)) == [(615, 616, True)]
    too_many = AlertCondition(type="event_frequency_count", value=160, interval_s=3600)
    assert spans(replay(on(level, too_many), evidence)) == []


def test_a_window_reaches_across_the_hour() -> None:
    across = RawIssue("7", every(2, 655, 665), before=9)
    result = replay(with_condition(more_than=9, interval_s=300), counted([across], minutes=minutes_of()))
    assert spans(result)[0][1:] == (660, True)


def test_an_hour_that_holds_more_than_its_windows_could_fires_for_certain() -> None:
    # 200 events in an hour of twelve windows: one of them holds at least 17.
    evidence = counted([RawIssue("7", BURST, before=9)])
    assert spans(replay(with_condition(more_than=16, interval_s=300), evidence)) == [(600, 660, True)]
    assert [row[2] for row in spans(replay(with_condition(more_than=17, interval_s=300), evidence))] == [False]


def test_a_throttle_lets_it_fire_again_only_after_more_than_its_minutes() -> None:
    steady = RawIssue("7", every(1, 600, 720), before=9)
    evidence = counted([steady], minutes=minutes_of())
    hourly = with_throttle(with_condition(more_than=0), 60)
    assert spans(replay(hourly, evidence)) == [(600, 601, True), (660, 662, True)]
    assert len(replay(with_throttle(hourly, 1440), evidence).firings) == 1


def test_another_number_takes_the_place_of_the_only_one() -> None:
    alert = with_condition(more_than=5)
    other = with_threshold(alert, 50)
    assert other is not None
    evidence = counted([RawIssue("7", BURST, before=9)], minutes=minutes_of())
    assert spans(replay(other, evidence)) == [(605, 606, True)]
    assert with_threshold(with_condition(), 50) is None


def test_a_block_without_an_active_action_does_nothing() -> None:
    idle = on().model_copy(update={"filters": (ConditionGroup(logic="all", inactive=1),)})
    assert spans(replay(idle, counted([RawIssue("7", BURST)], minutes=minutes_of()))) == []


def test_users_are_bounded_by_the_fullest_bucket_and_the_sum() -> None:
    people = RawIssue("7", BURST, users=[str(index % 40) for index in range(200)], before=9)
    users = [(None, "", 60, -DAY, DAY), (None, "", 3600, -DAY, DAY)]
    evidence = counted([people], minutes=minutes_of(), users=users)

    def more_users_than(value: int) -> list[bool]:
        condition = AlertCondition(type="event_unique_user_frequency_count", value=value, interval_s=3600)
        return [certain for _, _, certain in spans(replay(on(condition), evidence))]

    # Forty people in all; ten in each minute, and the hour's own bucket ends after the last event.
    assert more_users_than(9) == [True]
    assert more_users_than(40) == []
    assert more_users_than(39) == [False]


@pytest.mark.parametrize(("value", "fires"), [(19, True), (21, False)], ids=["above", "below"])
def test_a_share_of_sessions_takes_the_sessions_of_the_last_hour(value: int, fires: bool) -> None:
    # 200 events of 1,000 sessions in an hour are 20 %.
    share = AlertCondition(type="percent_sessions_count", value=value, interval_s=3600)
    sessions = dict.fromkeys(map(float, range(-DAY, DAY, 60)), 1000)
    result = replay(on(share), counted([RawIssue("7", BURST, before=9)], minutes=minutes_of(), sessions=sessions))
    assert [certain for _, _, certain in spans(result)] == ([True] if fires else [])
    assert "sessions of the last hour are estimated from clock hours" in result.approximate
    few = counted([RawIssue("7", BURST, before=9)], minutes=minutes_of(), sessions=dict.fromkeys(sessions, 49))
    assert spans(replay(on(share), few)) == []


@pytest.mark.parametrize(
    "row", [row for row in CONDITION_TYPES if row.needs in ("priority", "release")], ids=lambda row: row.type
)
def test_a_condition_that_cannot_be_replayed_claims_no_firing(row: object) -> None:
    kind = getattr(row, "type", "")
    result = replay(on(AlertCondition(type=kind, value=75)), counted([RawIssue("7", BURST)], minutes=minutes_of()))
    assert result.firings == ()
    assert result.why_not is not None


@pytest.mark.parametrize(
    "row",
    [row for row in CONDITION_TYPES if row.needs not in ("priority", "release", "unknown")],
    ids=lambda row: row.type,
)
def test_every_other_type_of_the_table_is_replayed(row: object) -> None:
    condition = AlertCondition(
        type=getattr(row, "type", ""),
        value=1,
        interval_s=3600,
        comparison_s=3600,
        age_s=60,
        is_older=True,
        search="a:b",
        text="error",
    )
    sessions = dict.fromkeys(map(float, range(-DAY, DAY, 60)), 1000)
    evidence = counted([RawIssue("7", BURST)], minutes=minutes_of(), sessions=sessions)
    assert replay(on(condition), evidence).why_not is None


def test_a_filter_that_no_search_can_say_is_not_replayed() -> None:
    result = replay(on(AlertCondition(type="tagged_event", key="a", match="eq")), counted([RawIssue("7", BURST)]))
    assert result.why_not == "no search says exactly which events meet its filter"
    counting = AlertCondition(
        type="event_frequency_count", value=1, interval_s=60, filters=(AlertCondition(type="tagged_event"),)
    )
    assert replay(on(counting), counted([])).why_not == "no search says exactly which events its count is of"


@pytest.mark.parametrize("form", ["cron", "uptime", "glitchtip"])
def test_what_watches_no_events_has_its_history_alone(form: str) -> None:
    result = replay(on(form=form), counted([RawIssue("7", BURST)]))
    assert result.why_not is not None
    assert result.firings == ()


def test_an_edit_in_the_period_is_said() -> None:
    edited = with_condition(more_than=5).model_copy(update={"updated": at(300)})
    said = "with today's settings: it was edited in the period"
    assert said in replay(edited, counted([])).approximate
    assert said not in replay(with_condition(more_than=5), counted([])).approximate


def test_an_issue_of_another_project_is_not_looked_at() -> None:
    evidence = counted([RawIssue("7", BURST)], minutes=minutes_of())
    assert spans(replay(with_condition(("shop",)), evidence)) != []
    assert spans(replay(with_condition(("2",)), evidence)) == []


@pytest.mark.parametrize(("value", "certain"), [(4, True), (5, False)], ids=["passed", "equal"])
def test_a_bucket_that_the_window_only_touches_makes_a_firing_possible_and_not_certain(
    value: int, certain: bool
) -> None:
    # Five in the minute that the hour before the last one begins in, and five in the last one.
    edge = RawIssue("7", [*every(10, 540, 540.5), *every(10, 600, 600.5)], before=9)
    fired = spans(replay(with_condition(more_than=value), counted([edge], minutes=minutes_of())))
    assert fired[-1] == (600, 601, certain)
