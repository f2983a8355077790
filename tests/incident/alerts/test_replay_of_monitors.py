"""Metric monitors step by step: hysteresis, several thresholds, values in a row, what cannot be measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_runbook.incident.alerts.replay import replay
from sentry_runbook.incident.model.evidence import Series, SessionHour
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, MetricCondition, MetricThreshold
from sentry_runbook.incident.model.evidence.alert_review import CountedSeries, Population
from tests.incident.alerts.counted import PROJECT, RawIssue, at, counted, every, minute_of, series

DAY = 24 * 60
CRITICAL = MetricThreshold(label="critical", comparison="gt", limit=100)
WARNING = MetricThreshold(label="warning", comparison="gt", limit=50)
OK = MetricThreshold(label="ok", comparison="lte", limit=20)


def monitor(*thresholds: MetricThreshold, **more: object) -> AlertDefinition:
    fields = {"aggregate": "count()", "dataset": "events", "window_s": 600, "step_s": 60, **more}
    metric = MetricCondition.model_validate({**fields, "raw_aggregate": fields["aggregate"], "thresholds": thresholds})
    return AlertDefinition(id="41", form="metric_monitor", enabled=True, project_ids=(PROJECT,), metric=metric)


def test_a_monitor_whose_measure_is_not_told_is_not_replayed_as_an_alert_on_issues() -> None:
    unread = AlertDefinition(id="41", form="metric_monitor", enabled=True, project_ids=(PROJECT,))
    told = replay(unread, counted([RawIssue("1", every(1, 0, 60))]))
    assert told.why_not == "what it measures, or over how long, is not told in a way that is known here"


def total(events: Series, aggregate: str = "count()") -> CountedSeries:
    return CountedSeries(population=Population(projects=(PROJECT,), aggregate=aggregate, by_issue=False), events=events)


def turns(alert: AlertDefinition, *rows: CountedSeries) -> list[tuple[float, str | None, float | None]]:
    """When it surely turned to what, and when it closed."""
    result = replay(alert, counted([], totals=rows))
    assert result.why_not is None
    return [
        (minute_of(row.latest), row.label, None if row.closed is None else minute_of(row.closed))
        for row in result.firings
        if row.is_certain
    ]


def steps(*levels: tuple[float, float, float]) -> CountedSeries:
    """A rate a minute from one minute to another, each."""
    events = [minute for rate, start, end in levels for minute in every(rate, start, end)]
    return total(series(events, -DAY, DAY, 60))


def test_each_change_to_warning_or_critical_is_a_firing_and_between_the_thresholds_nothing_changes() -> None:
    # Ten minutes hold 60, 120, 30 (neither: what it was on the way down stays), 10.
    counts = steps((6, 100, 200), (12, 200, 300), (3, 300, 400), (1, 400, 500))
    changes = [(109, "warning", 405), (207, "critical", 405), (303, "warning", 405)]
    assert turns(monitor(CRITICAL, WARNING, OK), counts) == changes


def test_a_monitor_without_an_ok_condition_never_closes() -> None:
    assert turns(monitor(CRITICAL), steps((12, 200, 300))) == [(209, "critical", None)]


def test_three_values_in_a_row_must_pass_where_the_monitor_says_so() -> None:
    counts = steps((12, 200, 300))
    once, thrice = monitor(CRITICAL, OK), monitor(CRITICAL, OK, consecutive=3)
    assert [minute for minute, _, _ in turns(thrice, counts)] == [turns(once, counts)[0][0] + 2]


def test_a_monitor_that_looks_for_too_little_opens_below() -> None:
    low = MetricThreshold(label="critical", comparison="lt", limit=20)
    well = MetricThreshold(label="ok", comparison="gte", limit=20)
    counts = steps((5, -DAY, 600), (1, 600, 700), (5, 700, DAY))
    assert turns(monitor(low, well), counts) == [(608, "critical", 703)]
    result = replay(monitor(low, well), counted([], totals=[counts]))
    assert result.maximum is not None
    assert result.maximum.value == 10


def test_a_monitor_that_was_open_before_the_period_does_not_fire_at_its_beginning() -> None:
    assert turns(monitor(CRITICAL, OK), steps((20, -DAY, 300))) == []


def test_distinct_users_are_certain_where_a_bucket_is_the_window() -> None:
    users = total(series(every(1, 600, 660), -DAY, DAY, 3600), "count_unique(user)")
    passed = MetricThreshold(label="critical", comparison="gt", limit=59)
    closed = MetricThreshold(label="ok", comparison="lte", limit=59)
    hourly = monitor(passed, closed, aggregate="count_unique(user)", window_s=3600, step_s=3600)
    assert turns(hourly, users) == [(660, "critical", 720)]


def test_there_are_no_more_users_than_events() -> None:
    evidence = counted([RawIssue("7", every(1, 600, 620), before=9)])
    users = {"aggregate": "count_unique(user)", "window_s": 3600}
    few = replay(monitor(CRITICAL, OK, **users), evidence)
    assert (few.why_not, few.firings) == (None, ())
    low = MetricThreshold(label="critical", comparison="gt", limit=19)
    assert [row.is_certain for row in replay(monitor(low, OK, **users), evidence).firings] == [False]


def test_a_failure_rate_is_weighed_by_the_counts() -> None:
    # 1 % of 1,000 and 50 % of 10 are 1.5 % of all, and neither the mean of both nor the higher one.
    rates, counts = [0.0] * 576, [0.0] * 576
    rates[400:402], counts[400:403] = [0.01, 0.5], [1000, 10, 100_000]
    rows = [
        total(Series(start=at(-DAY), step_s=300, values=tuple(values), complete_until=at(DAY)), name)
        for values, name in ((rates, "failure_rate()"), (counts, "count()"))
    ]
    both = -DAY + 402 * 5
    for limit, expected in ((0.0148, [(both, "critical", both + 5)]), (0.0149, [])):
        above = MetricThreshold(label="critical", comparison="gt", limit=limit)
        below = MetricThreshold(label="ok", comparison="lte", limit=limit)
        alert = monitor(above, below, aggregate="failure_rate()", window_s=600, step_s=300)
        assert turns(alert, *rows) == expected


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"is_dynamic": True}, "anomaly detection runs outside Sentry's own rules"),
        (
            {"aggregate": "percentage(sessions_crashed, sessions)", "window_s": 1800},
            "sessions are counted by the hour, and its window is shorter",
        ),
        ({"aggregate": "sum(measurements.frames)"}, "what it measures is not known here"),
        ({"aggregate": "p95(transaction.duration)"}, "the counts that it measures could not be read"),
    ],
    ids=["anomaly", "short_sessions", "unknown_aggregate", "no_series"],
)
def test_what_cannot_be_replayed_says_why_and_claims_no_firing(fields: dict[str, object], why: str) -> None:
    result = replay(monitor(CRITICAL, OK, **fields), counted([]))
    assert (result.why_not, result.firings) == (why, ())


def test_crash_free_sessions_are_judged_at_full_hours() -> None:
    hours = [
        SessionHour(start=at(minute), sessions=1000, crash_rate=0.03 if minute == 600 else 0.001)
        for minute in range(-DAY, DAY, 60)
    ]
    below = MetricThreshold(label="critical", comparison="lt", limit=98)
    well = MetricThreshold(label="ok", comparison="gte", limit=98)
    aggregate = "percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate"
    result = replay(monitor(below, well, aggregate=aggregate, window_s=3600), counted([], session_hours=hours))
    (firing,) = result.firings
    assert (minute_of(firing.earliest), minute_of(firing.latest), firing.closed) == (600, 660, at(720))
    assert result.maximum is not None
    assert result.maximum.value == pytest.approx(97.0)


@given(
    st.lists(st.integers(0, 6 * 60 * 60 - 1), max_size=150),
    st.sampled_from((60, 300, 900, 3600)),
    st.sampled_from((300, 600, 3600)),
    st.integers(1, 20),
    st.booleans(),
)
def test_a_monitor_turns_when_the_raw_events_turn_it(
    seconds: list[int], step: int, window: int, limit: int, gap: bool
) -> None:
    passed = MetricThreshold(label="critical", comparison="gt", limit=limit)
    closed = MetricThreshold(label="ok", comparison="lte", limit=max(0, limit - 3 * gap))
    state, opened = "ok", []
    for now in range(0, 6 * 3600 + 1, 60):
        # The buckets count what lies before their end: an event of the very second of a step is the next one's.
        value = sum(now - window <= second < now for second in seconds)
        after = "critical" if value > passed.limit else "ok" if value <= closed.limit else state
        if (state, after) == ("ok", "critical") and now > 0:
            opened.append(now / 60)
        state = after
    counts = total(series([second / 60 for second in seconds], -DAY, 6 * 60, step))
    result = replay(monitor(passed, closed, window_s=window), counted([], end=6 * 60, totals=[counts]))
    spans = [(minute_of(row.earliest), minute_of(row.latest), row.is_certain) for row in result.firings]
    for minute in opened:
        assert any(first <= minute <= last for first, last, _ in spans), (minute, spans)
    for first, last, is_certain in spans:
        assert not is_certain or any(first <= minute <= last for minute in opened), ((first, last), opened)
    if step == 60:
        assert [one for one in spans if not one[2]] == []
