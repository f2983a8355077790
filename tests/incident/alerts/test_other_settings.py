"""What a noisy alert could be set to, by the replay of each candidate; and what would have caught a gap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from sentry_runbook.incident.alerts.catches import Catch, FirstFiring
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.alerts.gaps import Witness, gap_of, is_gap
from sentry_runbook.incident.alerts.replay_with import number_of
from sentry_runbook.incident.alerts.replayed import ConditionMaximum, Replay, ReplayedFiring
from sentry_runbook.incident.alerts.suggestions import Ladder
from sentry_runbook.incident.alerts.thresholds import NO_INCIDENT, NOTHING_HELPS, other_settings, rounded
from sentry_runbook.incident.alerts.words import condition_words
from sentry_runbook.incident.model.evidence.alert_definition import (
    AlertCondition,
    AlertDefinition,
    ConditionGroup,
    MetricCondition,
    MetricThreshold,
)
from tests.incident.alerts.period_builder import MINUTE, PERIOD, PlayedIssue, alert, at, days

NOON = days(6)
WITHIN = timedelta(minutes=15)
EPISODE = ReviewEpisode(
    "SHOP-1", "2", "shop", ("1",), at(NOON), at(NOON), at(NOON), at(NOON + 90), 900, 600, short_ids=("SHOP-1",)
)
IN_TIME = Catch(EPISODE, FirstFiring(True, at(NOON + 4), at(NOON + 4)), WITHIN)
LATE = Catch(EPISODE, FirstFiring(True, at(NOON + 40), at(NOON + 40)), WITHIN)


def frequent(value: float, *, frequency: int = 30) -> AlertDefinition:
    condition = AlertCondition(type="event_frequency_count", value=value, interval_s=3600)
    block = ConditionGroup(logic="all", conditions=(condition,), actions=("email",))
    return alert(filters=(block,), frequency_minutes=frequency)


def firing(minute: float, *, issue: str = "1", is_certain: bool = True) -> ReplayedFiring:
    return ReplayedFiring(at(minute), at(minute + 1), issue, is_certain)


def noise(count: int, first: float = days(1)) -> list[ReplayedFiring]:
    return [firing(first + 60 * number, issue="9") for number in range(count)]


def gives(firings: Iterable[ReplayedFiring]) -> Replay:
    return Replay(firings=tuple(firings))


def by_value(alert: AlertDefinition) -> Replay:
    """The incident is seen up to more than 50, late with more; the noise goes with the value and with the throttle."""
    condition = number_of(alert)
    value = condition.value if condition is not None else None
    assert value is not None
    assert alert.frequency_minutes is not None
    kept = [firing(NOON + (5 if value <= 50 else 30))]
    return gives([*kept, *noise(int(2000 / value * 30 / alert.frequency_minutes))])


def test_the_best_row_keeps_what_was_caught_with_the_fewest_firings() -> None:
    table = other_settings(frequent(10), by_value(frequent(10)), [IN_TIME], PERIOD, by_value)
    assert [(row.change, row.caught, row.of, row.firings, row.best) for row in table.rows] == [
        ("as it is", 1, 1, 201, None),
        ("more than 20 events in 1 h", 1, 1, 101, None),
        ("more than 50 events in 1 h", 1, 1, 41, None),
        ("more than 100 events in 1 h", 0, 1, 21, None),
        ("at most once in 1 h", 1, 1, 101, None),
        ("at most once in 6 h", 1, 1, 17, None),
        ("at most once in 24 h", 1, 1, 5, True),
    ]
    assert table.why == "at most once in 24 h would have kept the incident it caught with 5 firings"


def test_a_throttle_that_is_longer_already_is_not_tried() -> None:
    table = other_settings(frequent(10, frequency=360), Replay(), [IN_TIME], PERIOD, by_value)
    assert [row.change for row in table.rows if "once" in row.change] == ["at most once in 24 h"]


def test_where_each_candidate_loses_an_incident_nothing_helps() -> None:
    table = other_settings(frequent(10), by_value(frequent(10)), [IN_TIME], PERIOD, lambda _: gives(noise(3)))
    assert table.why == NOTHING_HELPS
    assert all(row.best is None for row in table.rows)


def test_firings_that_may_be_are_told_as_at_most() -> None:
    def may(alert: AlertDefinition) -> Replay:
        del alert
        return gives([firing(NOON + 5), *noise(4), firing(days(9), issue="9", is_certain=False)])

    table = other_settings(frequent(10), by_value(frequent(10)), [IN_TIME], PERIOD, may)
    assert {(row.firings, row.firings_at_most) for row in table.rows[1:]} == {(5, 6)}
    assert table.why.endswith("with at most 6 firings")


@pytest.mark.parametrize(
    ("catches", "replay", "why"),
    [
        ([LATE], Replay(), NO_INCIDENT),
        ([], Replay(), NO_INCIDENT),
        (None, Replay(), "the incidents of the period are not known"),
        (
            [IN_TIME],
            Replay(why_not="it asks for the newest release"),
            "cannot be tried: it asks for the newest release",
        ),
    ],
    ids=["late", "none", "unknown", "not-replayed"],
)
def test_what_cannot_be_tried_is_said(catches: list[Catch] | None, replay: Replay, why: str) -> None:
    table = other_settings(frequent(10), replay, catches, PERIOD, by_value)
    assert table.rows == ()
    assert table.why.endswith(why)


@pytest.mark.parametrize(
    ("comparison", "limit", "ok", "changes"),
    [
        ("gt", 50, "lte", ["above 100", "above 250", "above 500"]),
        ("lt", 90, "gte", ["below 45", "below 18", "below 9"]),
    ],
    ids=["above", "below"],
)
def test_the_limits_of_a_monitor_are_moved_together(comparison: str, limit: float, ok: str, changes: list[str]) -> None:
    lines = (
        MetricThreshold.model_validate({"label": "critical", "comparison": comparison, "limit": limit}),
        MetricThreshold.model_validate({"label": "ok", "comparison": ok, "limit": limit}),
    )
    metric = MetricCondition(aggregate="count()", window_s=600, step_s=60, thresholds=lines)
    monitor = alert(form="metric_monitor", triggers=None, filters=(), metric=metric, frequency_minutes=None)
    seen: list[AlertDefinition] = []

    def replayed(alert: AlertDefinition) -> Replay:
        seen.append(alert)
        return gives([firing(NOON + 5)])

    table = other_settings(monitor, gives(noise(9)), [IN_TIME], PERIOD, replayed)
    assert [row.change for row in table.rows[1:]] == changes
    assert all(len({line.limit for line in each.metric.thresholds}) == 1 for each in seen if each.metric)


@pytest.mark.parametrize(
    ("value", "told"), [(246, 250), (1234, 1200), (7, 7), (0.123, 0.12), (0, 0), (99.6, 100)], ids=str
)
def test_numbers_are_rounded_to_what_somebody_would_set(value: float, told: float) -> None:
    assert rounded(value) == told


# --- gaps ------------------------------------------------------------------------------------------------------------


def witness(catch: Catch, replay: Replay | None = None) -> Witness:
    return Witness(frequent(100), None, replay or Replay(), catch)


UNKNOWN = Catch(EPISODE, FirstFiring(None, at(NOON)), WITHIN)
MISSED = Catch(EPISODE, FirstFiring(False), WITHIN)


@pytest.mark.parametrize(
    ("catches", "told"),
    [
        ([], True),
        ([MISSED], True),
        ([LATE, MISSED], True),
        ([IN_TIME, UNKNOWN], False),
        ([UNKNOWN, MISSED], None),
    ],
    ids=["no-alert", "missed", "late", "caught", "unknown"],
)
def test_a_gap_is_what_surely_none_caught(catches: list[Catch], told: bool | None) -> None:
    assert is_gap([witness(catch) for catch in catches]) is told


def test_the_nearest_alert_is_told_with_how_far_it_was() -> None:
    late = Catch(EPISODE, FirstFiring(True, at(NOON + 26.5), at(NOON + 26.5)), WITHIN)
    reached = Catch(EPISODE, FirstFiring(False), WITHIN, firing(NOON + 30))
    most = Replay(maximum=ConditionMaximum(value=60, at=at(NOON + 60), limit=100))
    name = f'"Checkout errors" ({condition_words(frequent(100))})'
    assert gap_of(EPISODE, [witness(late), witness(MISSED)], None).nearest == f"{name} fired 27 minutes after the start"
    told = gap_of(EPISODE, [witness(reached), witness(MISSED, most)], None).nearest
    assert told == f"{name}: its condition was met 31 minutes after the start, but it did not fire"
    told = gap_of(EPISODE, [witness(MISSED), witness(MISSED, most)], None).nearest
    assert told is not None
    assert told.startswith(f"{name} did not fire: the most was 60, 2026-11-15 13:00 UTC")
    assert gap_of(EPISODE, [], None).nearest == "no alert is there for it"
    lost = witness(reached)
    lost = replace(lost, alert=lost.alert.model_copy(update={"is_connected": False, "project_ids": ()}))
    assert gap_of(EPISODE, [lost], None).nearest == "no alert is there for it", "it may be another project's"
    assert gap_of(EPISODE, [witness(MISSED)], None).nearest == "1 alert is there for it; none fired in it"


BUSY = {"1": (PlayedIssue("1").burst(NOON - 30, 120, 12).series(at(NOON - 60), at(NOON + 90), MINUTE),)}
"""Some 60 events in 5 min, 180 in 15 min, 540 in the hour."""
Rung = tuple[str, float | None, int | None]
Rungs = dict[Rung, list[ReplayedFiring]]


def ladder(seen: Rungs) -> Ladder:
    """A ladder on which only the conditions named fire: (kind, value, interval)."""

    def replayed(alert: AlertDefinition) -> Replay:
        if alert.metric is not None:
            key: Rung = "metric", alert.metric.thresholds[0].limit, alert.metric.window_s
        else:
            condition = number_of(alert)
            key = ("new", None, None) if condition is None else ("count", condition.value, condition.interval_s)
        return gives(seen.get(key, ()))

    return Ladder(replayed, PERIOD, WITHIN, BUSY)


def test_of_conditions_that_catch_it_the_one_with_the_fewest_extra_firings_is_suggested() -> None:
    told = gap_of(
        EPISODE,
        [],
        ladder(
            {
                ("count", 20, 300): [firing(NOON + 3), *noise(2)],
                ("count", 10, 300): [firing(NOON + 2), *noise(1)],
                ("count", 50, 900): [firing(NOON + 9), *noise(1)],
                ("count", 200, 3600): [firing(NOON + 40)],
                ("metric", 50, 300): [firing(NOON + 6), *noise(4)],
            }
        ),
    )
    assert told.suggestion == "more than 50 events of an issue in 15 min"
    assert (told.would_have_fired_at, told.would_have_fired_by) == (at(NOON + 9), None)
    assert (told.extra_firings, told.extra_firings_at_most) == (1, None)


def test_of_equal_ones_the_simpler_is_suggested() -> None:
    new = ReviewEpisode("SHOP-1", "2", "shop", ("1",), at(NOON), at(NOON), at(NOON), None, 900, 600, is_new=True)
    rungs: Rungs = {("new", None, None): [firing(NOON)], ("count", 20, 300): [firing(NOON + 3)]}
    assert gap_of(new, [], ladder(rungs)).suggestion == "a new issue"
    assert gap_of(EPISODE, [], ladder(rungs)).suggestion == "more than 20 events of an issue in 5 min"


def test_extra_firings_that_may_be_are_told_as_at_most() -> None:
    rungs: Rungs = {("count", 20, 300): [firing(NOON + 3), *noise(2), firing(days(9), issue="9", is_certain=False)]}
    told = gap_of(EPISODE, [], ladder(rungs))
    assert (told.extra_firings, told.extra_firings_at_most) == (None, 3)


@pytest.mark.parametrize(
    "firings",
    [
        [firing(NOON + 15)],
        [firing(NOON + 3, is_certain=False)],
        [firing(NOON + 3, issue="9")],
        [firing(NOON - 6)],
    ],
    ids=["too-late", "not-sure", "another-issue", "too-early"],
)
def test_what_does_not_surely_catch_it_is_not_suggested(firings: list[ReplayedFiring]) -> None:
    told = gap_of(EPISODE, [], ladder({("count", 20, 300): firings}))
    assert (told.suggestion, told.would_have_fired_at, told.extra_firings) == (None, None, None)


def test_each_condition_is_replayed_once_for_all_episodes_of_a_project() -> None:
    seen: list[str] = []

    def replayed(alert: AlertDefinition) -> Replay:
        seen.append(repr(alert))
        return Replay()

    steps = Ladder(replayed, PERIOD, WITHIN, BUSY)
    steps.best_for(EPISODE)
    steps.best_for(EPISODE)
    assert len(seen) == len(set(seen))
