"""The worked examples of the reference (alerts, 7), with all their numbers."""

from __future__ import annotations

import pytest

from sentry_runbook.incident.alerts.replay import replay, with_condition
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.model.evidence.alert_definition import (
    AlertCondition,
    AlertDefinition,
    ConditionGroup,
    MetricCondition,
    MetricThreshold,
)
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries, Population
from tests.incident.alerts.counted import PROJECT, RawIssue, at, counted, every, minute_of, series

HALF_PAST_TEN = 10 * 60 + 30
ISSUE = RawIssue("7", [*every(2, 600, 630), *every(10, 630, 760)], before=50)
DAY = 24 * 60


def spans(result: Replay) -> list[tuple[float, float, bool]]:
    assert result.why_not is None
    return [(minute_of(row.earliest), minute_of(row.latest), row.is_certain) for row in result.firings]


def evidence_of_a(step_s: int) -> AlertReviewEvidence:
    return counted([ISSUE], minutes=[(None, "", step_s, 0, DAY)])


def test_more_than_a_hundred_in_an_hour_fires_in_the_minute_of_event_101() -> None:
    result = replay(with_condition(more_than=100), evidence_of_a(60))
    # The second one comes more than thirty minutes after 10:34, wherever in that minute the first one was.
    assert spans(result)[:2] == [(634, 635, True), (664, 666, True)]
    assert result.step_s == 60
    assert [row.issue for row in result.firings][:1] == ["7"]


def test_in_buckets_of_five_minutes_the_same_is_an_interval_of_five() -> None:
    result = replay(with_condition(more_than=100), evidence_of_a(300))
    assert spans(result)[0] == (630, 635, True)
    assert "counts by 5 minutes" in result.approximate


def test_a_hundred_events_are_not_more_than_a_hundred() -> None:
    hundred = RawIssue("7", [*every(2, 600, 630), *every(10, 630, 634)], before=50)
    reached = replay(with_condition(more_than=100), counted([hundred], minutes=[(None, "", 60, 0, DAY)]))
    assert spans(reached) == []
    assert reached.maximum is not None
    assert (reached.maximum.value, reached.maximum.limit) == (100, 100)
    passed = replay(with_condition(more_than=99), counted([hundred], minutes=[(None, "", 60, 0, DAY)]))
    assert spans(passed) == [(633, 634, True)]


def test_a_thousand_is_never_reached_and_the_maximum_is_six_hundred() -> None:
    result = replay(with_condition(more_than=1000), evidence_of_a(60))
    assert spans(result) == []
    assert result.maximum is not None
    assert (result.maximum.value, result.maximum.limit, result.maximum.issue) == (600, 1000, "7")
    assert minute_of(result.maximum.at) == 690


def monitor(
    *thresholds: MetricThreshold, window_s: int = 600, step_s: int = 60, comparison_s: int | None = None
) -> AlertDefinition:
    return AlertDefinition(
        id="41",
        form="metric_monitor",
        enabled=True,
        project_ids=(PROJECT,),
        metric=MetricCondition(
            aggregate="count()",
            raw_aggregate="count()",
            dataset="events",
            window_s=window_s,
            step_s=step_s,
            comparison_s=comparison_s,
            thresholds=thresholds,
        ),
    )


def evidence_of_totals(minutes: list[float], step_s: int, *, days: int = 1) -> AlertReviewEvidence:
    events = series(minutes, -DAY * 2, days * DAY, step_s)
    total = CountedSeries(population=Population(projects=(PROJECT,), by_issue=False), events=events)
    return counted([], end=days * DAY, totals=[total])


CRITICAL, OK = (
    MetricThreshold(label="critical", comparison="gt", limit=50),
    MetricThreshold(label="ok", comparison="lte", limit=50),
)
EVENTS_OF_B = [*every(3, -DAY, 840), *every(12, 840, 860), *every(3, 860, DAY)]


def test_a_metric_monitor_opens_in_the_minute_that_passes_fifty_and_closes_at_fifty() -> None:
    result = replay(monitor(CRITICAL, OK), evidence_of_totals(EVENTS_OF_B, 60))
    (firing,) = result.firings
    assert (minute_of(firing.earliest), minute_of(firing.latest), firing.is_certain) == (843, 843, True)
    assert firing.closed == at(868)
    assert (firing.label, firing.issue) == ("critical", None)
    assert result.maximum is not None
    assert result.maximum.value == 120


def test_on_a_grid_of_five_minutes_the_monitor_has_opened_by_the_next_edge() -> None:
    result = replay(monitor(CRITICAL, OK), evidence_of_totals(EVENTS_OF_B, 300))
    (firing,) = [row for row in result.firings if row.is_certain]
    assert minute_of(firing.earliest) <= 843 <= minute_of(firing.latest) == 845
    assert firing.closed == at(870)


def test_a_limit_of_150_is_never_passed() -> None:
    limit = MetricThreshold(label="critical", comparison="gt", limit=150)
    result = replay(monitor(limit, OK), evidence_of_totals(EVENTS_OF_B, 60))
    assert result.firings == ()
    assert result.maximum is not None
    assert (result.maximum.value, result.maximum.limit, result.maximum.at_most) == (120, 150, None)


PERCENT = (
    MetricThreshold(label="critical", comparison="gt", limit=150),
    MetricThreshold(label="ok", comparison="lte", limit=150),
)


@pytest.mark.parametrize(
    ("now", "then", "fires"), [(240, 150, True), (225, 150, False), (240, 0, False)], ids=["above", "equal", "empty"]
)
def test_a_monitor_in_percent_compares_with_the_same_hour_of_the_day_before(now: int, then: int, fires: bool) -> None:
    minutes = (
        [*every(then / 60, 600 - DAY, 660 - DAY), *every(now / 60, 600, 660)] if then else every(now / 60, 600, 660)
    )
    evidence = evidence_of_totals(minutes, 60)
    step = monitor(*PERCENT, window_s=3600, step_s=3600, comparison_s=86_400)
    assert [(minute_of(row.latest), row.is_certain) for row in replay(step, evidence).firings] == (
        [(660, True)] if fires else []
    )


def rise(value: float) -> AlertDefinition:
    condition = AlertCondition(type="event_frequency_percent", value=value, interval_s=3600, comparison_s=86_400)
    return AlertDefinition(
        id="5",
        form="workflow",
        enabled=True,
        frequency_minutes=30,
        filters=(ConditionGroup(logic="all", conditions=(condition,), actions=("email",)),),
    )


@pytest.mark.parametrize(
    ("now", "then", "limit", "fires"),
    [(226, 150, 50, False), (227, 150, 50, True), (3, 0, 299, True), (3, 0, 300, False)],
    ids=["truncated", "above", "new", "new_equal"],
)
def test_a_rise_is_truncated_and_from_nothing_counts_a_hundred_an_event(
    now: int, then: int, limit: float, fires: bool
) -> None:
    # Each within a minute in the middle of the hour, so that no window cuts them.
    minutes = [*every(150, 610 - DAY, 610 - DAY + then / 150), *[630 + index / 1000 for index in range(now)]]
    issue = RawIssue("7", minutes, before=50)
    evidence = counted([issue], minutes=[(None, "", 60, -2 * DAY, DAY)])
    result = replay(rise(limit), evidence)
    assert any(certain for _, _, certain in spans(result)) is fires
    assert (spans(result) == []) is not fires
    assert "a rise from nothing counts 100 % an event; Sentry before 26.8 never fired there" in result.approximate
