"""Which episodes an alert is there for, and whether its environment or search finds anything in the period."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.incident.alerts.coverage import Coverage
from sentry_runbook.incident.alerts.dead import why_dead
from sentry_runbook.incident.alerts.emptiness import populations_to_count
from sentry_runbook.incident.alerts.episodes import episodes_of
from sentry_runbook.incident.model.evidence import Series
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, ConditionGroup, MetricCondition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries, Population
from tests.incident.alerts.period_builder import (
    END,
    PERIOD,
    POLICY,
    UNREAD,
    PlayedIssue,
    alert,
    days,
    evidence_of,
    fired_for,
)

START = days(6, 300)
ISSUE = PlayedIssue("1", fine=((START - 300, START + 300),)).burst(START, 60, 10)


def counted(population: Population, value: float, issue: str | None = "1", **more: Any) -> CountedSeries:
    """The same count in each hour of the period."""
    hours = round((END - PERIOD.start).total_seconds() / 3600)
    series = Series(start=PERIOD.start, step_s=3600, values=(value,) * hours, complete_until=END)
    return CountedSeries(population=population, issue=issue, events=series, **more)


def evidence(*series: CountedSeries, **more: Any) -> AlertReviewEvidence:
    known = evidence_of([ISSUE], **more)
    return known.model_copy(update={"minutes": (*known.minutes, *series)})


def covers(known: AlertReviewEvidence, **more: Any) -> bool:
    (episode,) = episodes_of(known, POLICY)
    return Coverage(known, POLICY).is_there_for(alert(**more), episode)


@pytest.mark.parametrize(
    ("set_up", "covered"),
    [
        ({"project_ids": ("2",)}, True),
        ({"project_ids": ("shop",)}, True),
        ({"project_ids": ("3",)}, False),
        ({"project_ids": ()}, True),
        ({"project_ids": (), "monitors": ("5",)}, False),
        ({"project_ids": (), "monitors": ("5",), "monitor_types": ("issue_stream",)}, True),
        ({"environment": "production"}, True),
        ({"environment": "staging"}, False),
        ({"form": "cron"}, False),
        ({"form": "uptime"}, False),
        ({"form": "glitchtip"}, False),
        ({"form": "rule"}, True),
    ],
    ids=[
        *("number", "slug", "another", "everything", "unread-monitors", "all-issues"),
        *("production", "staging", "cron", "uptime", "glitchtip", "rule"),
    ],
)
def test_project_environment_and_form_say_what_an_alert_is_there_for(set_up: dict[str, Any], covered: bool) -> None:
    assert covers(evidence(), **set_up) is covered


@pytest.mark.parametrize(("events", "covered"), [(0, False), (3, True)], ids=["none", "some"])
def test_counted_events_of_the_environment_outrank_its_name(events: int, covered: bool) -> None:
    for name in ("production", "staging"):
        rows = counted(Population(projects=("2",), environment=name), events)
        assert covers(evidence(rows), environment=name) is covered


def test_what_fired_for_the_issue_is_there_for_it() -> None:
    known = evidence(fired=[fired_for("workflow:77", [("1", 1, 5)])])
    assert covers(known, environment="staging")
    assert not covers(known, environment="staging", project_ids=("3",))


@pytest.mark.parametrize(
    ("logic", "match", "level", "covered"),
    [
        ("all", "gte", "error", True),
        ("all", "gte", "fatal", False),
        ("all", "eq", "warning", False),
        ("any", "eq", "warning", False),
        ("none", "eq", "error", False),
        ("none", "eq", "warning", True),
        ("all", "eq", "odd", True),
    ],
    ids=["at-least", "too-high", "another", "any", "none-of-it", "none-of-another", "unknown-level"],
)
def test_a_filter_of_levels_is_told_by_the_issue(logic: str, match: str, level: str, covered: bool) -> None:
    condition = AlertCondition(type="level", match=match, text=level)
    block = ConditionGroup.model_validate({"logic": logic, "conditions": (condition,), "actions": ("email",)})
    assert covers(evidence(), filters=(block,)) is covered


@pytest.mark.parametrize(("events", "covered"), [(0, False), (3, True), (None, True)], ids=["none", "some", "unread"])
def test_a_filter_of_tags_is_told_by_counts_alone(events: int | None, covered: bool) -> None:
    condition = AlertCondition(type="tagged_event", key="tier", match="eq", text="gold", search='tier:"gold"')
    block = ConditionGroup(logic="all", conditions=(condition,), actions=("email",))
    rows = [] if events is None else [counted(Population(projects=("2",), search='tier:"gold"'), events)]
    assert covers(evidence(*rows), filters=(block,)) is covered


# --- nothing that it could see ---------------------------------------------------------------------------------------

STAGING = Population(projects=("2",), search='environment:"staging"', by_issue=False)


@pytest.mark.parametrize(
    ("rows", "firings", "is_dead"),
    [
        ([counted(STAGING, 0, None)], 0, True),
        ([counted(STAGING, 0, None)], None, True),
        ([counted(STAGING, 0, None)], 3, False),
        ([counted(STAGING, 1, None)], 0, False),
        ([counted(STAGING, 0, None, is_partial=True)], 0, False),
        ([counted(STAGING.model_copy(update={"projects": ("3",)}), 0, None)], 0, False),
        ([counted(STAGING.model_copy(update={"search": "level:error"}), 0, None)], 0, False),
        ([counted(STAGING.model_copy(update={"search": 'environment:"production"'}), 0, None)], 0, False),
        ([], 0, False),
    ],
    ids=[
        *("nothing", "firings-unknown", "fired", "something", "partial"),
        *("another-project", "a-part", "another-environment", "unread"),
    ],
)
def test_an_environment_without_events_makes_an_alert_dead(
    rows: list[CountedSeries], firings: int | None, is_dead: bool
) -> None:
    why = why_dead(alert(environment="staging"), evidence(*rows), firings)
    assert (why is not None) is is_dead
    if why is not None:
        assert why == 'no event of the period is of its environment "staging"'


def test_an_environment_of_which_a_part_of_the_period_was_not_counted_is_not_called_empty() -> None:
    row = counted(STAGING, 0, None)
    shorter = row.model_copy(update={"events": row.events.model_copy(update={"values": row.events.values[:-1]})})
    unmeasured = row.events.model_copy(update={"values": (*row.events.values[:-1], None)})
    for each in (shorter, row.model_copy(update={"events": unmeasured})):
        assert why_dead(alert(environment="staging"), evidence(each), 0) is None


def test_stretches_together_cover_the_period() -> None:
    row = counted(STAGING, 0, None)
    middle = len(row.events.values) // 2
    first = row.events.model_copy(update={"values": row.events.values[:middle]})
    start = row.events.start + (END - PERIOD.start) / 2
    second = row.events.model_copy(update={"start": start, "values": row.events.values[middle:]})
    rows = [row.model_copy(update={"events": events}) for events in (second, first)]
    assert why_dead(alert(environment="staging"), evidence(*rows), 0) is not None


def test_without_events_in_the_project_nothing_is_dead_for_seeing_none() -> None:
    rows = [counted(STAGING, 0, None)]
    assert why_dead(alert(environment="staging"), evidence(*rows, hourly=UNREAD), 0) is None
    assert why_dead(alert(environment="staging", project_ids=("3",)), evidence(*rows), 0) is None


@pytest.mark.parametrize(("events", "is_dead"), [(0, True), (100, False)], ids=["nothing", "something"])
def test_a_search_of_a_metric_that_finds_nothing_makes_it_dead(events: int, is_dead: bool) -> None:
    search = "transaction:/gone"
    population = Population(projects=("2",), search=search, by_issue=False)
    metric = MetricCondition(aggregate="failure_rate()", query=search, window_s=600, step_s=60, raw_query=search)
    monitor = alert(form="metric_monitor", triggers=None, filters=(), is_connected=None, metric=metric)
    known = evidence(counted(population, events, None), alerts=[monitor])
    assert populations_to_count(known) == (population,)
    why = why_dead(monitor, known, 0)
    assert why == ('its search "transaction:/gone" finds nothing in the period' if is_dead else None)
    assert covers(known, form="metric_monitor", triggers=None, filters=(), metric=metric) is not is_dead


def test_only_what_alerts_that_did_not_fire_need_is_counted() -> None:
    fired = alert(id="1", environment="staging", last_triggered=END)
    off = alert(id="2", environment="qa", enabled=False)
    silent = alert(id="3", environment="preview")
    twin = alert(id="4", environment="preview")
    known = evidence(alerts=[fired, off, silent, twin])
    assert [population.search for population in populations_to_count(known)] == ['environment:"preview"']
