"""What round two asks: only what the counts by the hour leave open, once for all alerts, within a bound."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sentry_runbook.answer_points import points_of_each
from sentry_runbook.incident.alerts.plan import MOST_QUESTIONS, SeriesQuestion, plan_series
from sentry_runbook.incident.alerts.replay import replay, with_condition
from sentry_runbook.incident.model.evidence.alert_definition import (
    AlertCondition,
    AlertDefinition,
    ConditionGroup,
    MetricCondition,
    MetricThreshold,
)
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.incident.model.policy import default_policy
from tests.incident.alerts.counted import PROJECT, RawIssue, at, counted, every, minute_of

DAY = 24 * 60
BURST = RawIssue("7", every(10, 600, 620), before=9)


def planned(evidence: AlertReviewEvidence, *alerts: AlertDefinition) -> tuple[SeriesQuestion, ...]:
    """What is asked by issue, or of monitors: without the counts that tell whether an environment is empty."""
    questions = plan_series(evidence.model_copy(update={"alerts": alerts}), default_policy())
    has_monitors = any(alert.metric is not None for alert in alerts)
    return tuple(one for one in questions if one.population.by_issue or has_monitors)


def spans(questions: tuple[SeriesQuestion, ...]) -> list[tuple[float, float, int]]:
    return [(minute_of(one.start), minute_of(one.end), one.step_s) for one in questions]


def test_minutes_are_asked_for_the_hour_that_may_decide_and_the_window_before_it() -> None:
    (question,) = planned(counted([BURST]), with_condition(more_than=100))
    # The hour after it is that of the rise, for what a suggestion would do.
    assert spans((question,)) == [(540, 720, 60)]
    assert question.issues == ("7",)
    assert question.population.projects == (PROJECT,)


@pytest.mark.parametrize(("value", "asks"), [(29, True), (30, False)], ids=["open", "impossible"])
def test_an_hour_that_cannot_pass_the_number_is_not_asked_for(value: int, asks: bool) -> None:
    # Thirty an hour, all day: no rise, so that nothing is asked but for the alert.
    steady = RawIssue("7", [hour * 60 + 20 + index / 10 for hour in range(-48, 24) for index in range(30)], before=9)
    evidence = counted([steady], hours_from=-2 * DAY)
    # A window of an hour touches two of them.
    assert bool(planned(evidence, with_condition(more_than=value * 2, interval_s=3600))) is asks


def test_alerts_with_the_same_environment_and_search_ask_once() -> None:
    evidence = counted([BURST])
    once = planned(evidence, with_condition(more_than=50))
    assert planned(evidence, with_condition(more_than=50), with_condition(more_than=60, interval_s=900)) == once
    other = planned(evidence, with_condition(more_than=50), with_condition(more_than=50, environment="production"))
    assert {one.population.environment for one in other} == {None, "production"}


def counting(*numbers: int, logic: str) -> ConditionGroup:
    rows = tuple(AlertCondition(type="event_frequency_count", value=number, interval_s=3600) for number in numbers)
    return ConditionGroup.model_validate({"logic": logic, "conditions": rows, "actions": ("email",)})


def test_each_way_to_fire_asks_for_its_own_hours() -> None:
    # A steady forty an hour: nothing rises, so that nothing is asked but for the alert.
    steady = RawIssue("7", [hour * 60 + 20 + index / 10 for hour in range(-48, 24) for index in range(40)], before=9)
    evidence = counted([steady], hours_from=-2 * DAY)
    alert = with_condition(more_than=1)
    ways = {
        "either number": (counting(50, 5000, logic="any"),),
        "either block": (counting(50, logic="all"), counting(5000, logic="all")),
        "both numbers": (counting(50, 5000, logic="all"),),
    }
    asks = {
        name: bool(planned(evidence, alert.model_copy(update={"filters": groups}))) for name, groups in ways.items()
    }
    assert asks == {"either number": True, "either block": True, "both numbers": False}


def test_a_rise_is_asked_for_where_no_alert_asks_so_that_a_suggestion_can_be_tried() -> None:
    (question,) = planned(counted([BURST]))
    assert (question.start, question.end) == (at(540), at(720))
    assert planned(counted([RawIssue("7", every(1, 600, 609), before=9)])) == ()


def test_windows_of_a_day_are_replayed_by_the_hour() -> None:
    flood = RawIssue("7", every(10, 0, 600), before=9)
    questions = planned(counted([flood]), with_condition(more_than=100, interval_s=86_400, environment="production"))
    assert {one.step_s for one in questions if one.population.environment} == {3600}


def test_no_question_holds_more_than_one_answer_can_and_there_are_no_more_than_the_bound() -> None:
    issues = [RawIssue(str(number), every(1 + number / 40, -7 * DAY, 14 * DAY), before=9) for number in range(40)]
    evidence = counted(issues, end=14 * DAY)
    alerts = [
        with_condition(more_than=value, interval_s=interval, environment=environment)
        for value, interval in ((20, 300), (50, 900), (100, 3600))
        for environment in (None, "production", "staging")
    ]
    questions = planned(evidence, *alerts)
    assert 0 < len(questions) <= MOST_QUESTIONS
    for one in questions:
        buckets = (one.end - one.start) / timedelta(seconds=one.step_s)
        assert buckets <= points_of_each(len(one.issues))
    # No population is forgotten for another.
    assert {one.population.environment for one in questions} == {None, "production", "staging"}


def monitor(limit: float, *, comparison_s: int | None = None) -> AlertDefinition:
    thresholds = (
        MetricThreshold(label="critical", comparison="gt", limit=limit),
        MetricThreshold(label="ok", comparison="lte", limit=limit),
    )
    metric = MetricCondition(
        aggregate="count()",
        raw_aggregate="count()",
        dataset="events",
        window_s=600,
        step_s=60,
        comparison_s=comparison_s,
        thresholds=thresholds,
    )
    return AlertDefinition(id="41", form="metric_monitor", enabled=True, project_ids=(PROJECT,), metric=metric)


def test_a_monitor_asks_for_the_hours_in_which_all_events_may_pass_its_limit() -> None:
    evidence = counted([RawIssue("7", [*every(0.1, -DAY, DAY), *every(10, 600, 620)], before=9)], hours_from=-DAY)
    (question, *_) = planned(evidence, monitor(100))
    assert (question.population.by_issue, question.population.projects, question.step_s) == (False, (PROJECT,), 60)
    assert minute_of(question.start) <= 590
    assert 620 <= minute_of(question.end) <= 780


def test_a_monitor_in_percent_asks_for_the_time_before_too() -> None:
    first, *_ = planned(counted([BURST]), monitor(150, comparison_s=86_400))
    assert minute_of(first.start) <= -DAY - 10


def test_what_cannot_be_replayed_or_is_off_asks_for_nothing() -> None:
    quiet = counted([RawIssue("7", every(0.05, 0, DAY), before=9)])
    priority = AlertDefinition(
        id="5",
        form="workflow",
        enabled=True,
        filters=(ConditionGroup(conditions=(AlertCondition(type="new_high_priority_issue"),), actions=("email",)),),
    )
    off = with_condition(more_than=1).model_copy(update={"enabled": False})
    assert planned(quiet, priority, off) == ()


def test_a_new_issue_in_an_environment_is_told_by_its_hours() -> None:
    new = RawIssue("7", every(0.05, 600, 800), environments=["production"] * 10)
    questions = planned(counted([new]), with_condition(environment="production"))
    assert [(one.step_s, one.population.environment, one.issues) for one in questions] == [(3600, "production", ("7",))]
    answered = counted([new], minutes=[("production", "", 3600, 600, 840)])
    (firing,) = replay(with_condition(environment="production"), answered).firings
    assert (firing.earliest, firing.is_certain) == (at(600), True)
