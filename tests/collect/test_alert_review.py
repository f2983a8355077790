"""The evidence of a review of alerts on servers of every age: what is read, in how many rounds, and what is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bench import many_alerts
from sentry_runbook.collect import alert_review_firings, alert_review_lists, alert_review_rounds
from sentry_runbook.errors import BadInput, Forbidden, NotFound, RunbookError, SentryError
from sentry_runbook.incident.model.evidence import Known, Unknown
from sentry_runbook.settings import Limits, Secret
from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DetectorSpec,
    FiringSpec,
    IssueSpec,
    Scenario,
    SessionsSpec,
    Stream,
)
from sentry_runbook.simulator.scenario.watchers import FilterSpec
from sentry_runbook.simulator.world import World
from tests.collect.reviewed import (
    BEFORE,
    BOTH,
    NOW,
    WIDE,
    ago,
    named,
    of_key,
    organization,
    reviewer,
    unread,
)
from tests.collect.watched import company
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip import GlitchTip
from tests.fake_servers.glitchtip_data import alert as glitchtip_alert

TODAY = ["workflow:77", "workflow:78", "workflow:90", "metric_monitor:41", "cron:3273957", "uptime:900"]
FIRED = FiringSpec(-30, "SHOP-1")


# --- servers of every age


async def test_today_s_alerts_and_monitors_are_read_in_two_rounds_those_of_today_first() -> None:
    review = reviewer(company())
    evidence = await review()
    assert [alert.key for alert in evidence.alerts] == TODAY
    assert len(review.rounds) == review.upstream.rounds == 2, review.rounds
    assert evidence.has_alerts_of_today is True
    assert all(evidence.monitors_on[id_] for id_ in ("41", "900", "3273957")) if evidence.monitors_on else False
    [payments] = [alert for alert in evidence.alerts if alert.key == "workflow:77"]
    assert payments.monitor_types == ("error",) and len(payments.project_ids) == 1


async def test_firings_are_told_by_issue_and_hour_and_those_before_the_period_are_left_out() -> None:
    evidence = await reviewer(company())()
    firings = of_key(evidence, "workflow:77").firings
    assert isinstance(firings, Known)
    assert firings.value.total == 3, "of four, one was twenty days ago"
    assert {issue.name: issue.firings for issue in firings.value.issues} == {"SHOP-1": 2, "SHOP-2": 1}
    assert firings.value.hours is not None and sum(hour.firings for hour in firings.value.hours) == 3


async def test_an_alert_that_did_not_fire_in_the_period_costs_no_request() -> None:
    never, long_ago = AlertSpec("Never", id="7"), AlertSpec("Long ago", triggered=-60 * 24 * 20, id="8")
    review = reviewer(organization(never, long_ago))
    evidence = await review()
    assert not review.asked("group-history", "stats")
    notes = []
    for key in ("workflow:7", "workflow:8"):
        firings = of_key(evidence, key).firings
        assert isinstance(firings, Known) and firings.value.total == 0
        notes.append(firings.note)
    assert notes == ["Sentry keeps no firing of it", "it fired last before the period"]


async def test_monitors_tell_the_stretches_in_which_they_were_open_and_one_without_an_issue_none() -> None:
    review = reviewer(company())
    evidence = await review()
    periods = of_key(evidence, "metric_monitor:41").open_periods
    assert isinstance(periods, Known)
    assert [(period.start, period.is_open) for period in periods.value] == [(ago(14), True), (ago(3000), False)]
    assert of_key(evidence, "cron:3273957").open_periods == Known(value=(), source="the monitor, which has no issue")
    assert len(review.asked("open-periods")) == 2


async def test_a_server_from_before_tells_rules_metric_rules_and_incidents_in_two_rounds() -> None:
    review = reviewer(company(), profile=BEFORE)
    evidence = await review()
    assert {alert.form for alert in evidence.alerts} >= {"rule", "metric_rule"}
    assert len(review.rounds) == review.upstream.rounds == 2
    assert evidence.has_alerts_of_today is False and evidence.monitors_on is None
    assert not unread(evidence), "the lists of today are no gap there"
    firings = of_key(evidence, "rule:12").firings
    assert isinstance(firings, Known) and firings.value.total == 3
    periods = of_key(evidence, "metric_rule:5").open_periods
    assert isinstance(periods, Known) and len(periods.value) == 2
    assert len(review.asked("incidents")) == 1, "one list serves all metric rules"
    assert evidence.migrated == {}


async def test_a_rule_that_became_an_alert_is_listed_once_and_one_that_did_not_is_named() -> None:
    made = AlertSpec("Made", -20, id="70", rule_id="11")
    left = AlertSpec("Left", rule_id="12", migrated=False)
    evidence = await reviewer(organization(made, left), profile=BOTH)()
    assert [alert.key for alert in evidence.alerts] == ["workflow:70", "rule:12"]
    assert evidence.migrated == {"rule:11": True, "rule:12": False}
    assert {keyed.alert for keyed in evidence.fired} == {"workflow:70", "rule:12"}


@pytest.mark.parametrize(("state", "status"), [("gone", "410"), ("absent", "404")])
async def test_rules_that_are_no_longer_listed_are_named_as_what_is_not_known(state: str, status: str) -> None:
    profile = Profile(old_alerts=state)  # type: ignore[arg-type]  # as the parameters have it
    evidence = await reviewer(company(), profile=profile)()
    why = unread(evidence)["the rules from before 2026"]
    assert f"({status})" in why and "cannot be seen from here" in why
    assert ("another day" in why) is (status == "410"), "a brown-out comes and goes"
    assert [alert.key for alert in evidence.alerts] == TODAY


async def test_rules_that_only_their_project_lists_are_found_beside_the_alerts_of_today() -> None:
    left = AlertSpec("Left", rule_id="12", migrated=False)
    review = reviewer(organization(AlertSpec("Today", id="70"), left), profile=BOTH, refused={"combined-rules": 410})
    evidence = await review()
    assert [alert.key for alert in evidence.alerts] == ["workflow:70", "rule:12"]
    assert evidence.migrated == {"rule:12": False}


async def test_an_old_server_without_the_combined_list_tells_the_rules_of_its_projects() -> None:
    review = reviewer(company(), profile=BEFORE, refused={"combined-rules": 404})
    evidence = await review()
    assert {alert.key for alert in evidence.alerts} == {"rule:12", "rule:33"}
    firings = of_key(evidence, "rule:12").firings
    assert isinstance(firings, Known) and firings.value.total == 3


async def test_sentry_io_is_asked_for_nothing_from_before() -> None:
    review = reviewer(company(), settings=replace(WIDE, base_url="https://sentry.io"))
    evidence = await review()
    assert not review.asked("combined-rules", "incidents", "rules")
    assert [alert.key for alert in evidence.alerts] == TODAY and not unread(evidence)


# --- GlitchTip


async def test_glitchtip_s_alerts_are_listed_and_all_that_it_cannot_tell_is_unknown() -> None:
    server = GlitchTip()
    server.data.alerts["web"] = [glitchtip_alert(5, "Many errors"), glitchtip_alert(6, uptime=True, quantity=None)]
    review = reviewer(transport=server.transport(), settings=replace(WIDE, token=Secret(TOKEN)))
    for asked in ("first", "again"):
        evidence = await review()
        assert [alert.key for alert in evidence.alerts] == ["glitchtip:5", "glitchtip:6"], asked
        assert evidence.server_kind == "glitchtip"
        assert all(isinstance(keyed.firings, Unknown) for keyed in evidence.fired) and len(evidence.fired) == 2
        assert isinstance(evidence.hourly, Unknown) and isinstance(evidence.sessions, Unknown)
        assert any("cannot be judged" in warning for warning in evidence.warnings)
        assert "cannot be judged" in unread(evidence)["when alerts fired, and counts by time"]
        assert not any("2026" in what for what in unread(evidence)), "it never had such rules"
    assert not review.asked("workflows", "detectors", "combined-rules", "events-stats", "sessions", "activities")


async def test_a_glitchtip_without_alerts_has_none_and_is_no_error() -> None:
    server = GlitchTip()
    evidence = await reviewer(transport=server.transport(), settings=replace(WIDE, token=Secret(TOKEN)))()
    assert evidence.alerts == ()


# --- what is asked about


async def test_alerts_of_the_project_of_the_whole_organization_and_of_no_project_are_read_without_a_filter() -> None:
    lost = AlertSpec("Lost", id="99", connected=False)
    review = reviewer(company(alerts=(AlertSpec("Payments fail", id="77"), lost)))
    evidence = await review(project="shop")
    names = [alert.name for alert in evidence.alerts]
    assert "Letters lost" not in names and {"Payments fail", "Lost", "Many errors", "Shop is up"} <= set(names)
    assert named(evidence, "Lost").project_ids == () and named(evidence, "Lost").is_connected is False
    lists = [parameters for path, parameters in review.requests if path in ("workflows/", "detectors/")]
    assert lists and not any("project" in parameters for parameters in lists)


async def test_a_project_may_be_given_by_its_number_too() -> None:
    everything = await reviewer(company(), profile=BEFORE)()
    assert isinstance(everything.projects, Known)
    number = next(project.id for project in everything.projects.value if project.slug == "mail")
    for project in ("mail", number):
        evidence = await reviewer(company(), profile=BEFORE)(project=project)
        assert [alert.key for alert in evidence.alerts] == ["rule:33"], project
        assert evidence.asked_project == "mail"


@pytest.mark.parametrize("project", ["nothing", "4711"])
async def test_a_project_that_does_not_exist_is_refused_by_name(project: str) -> None:
    with pytest.raises(NotFound, match=project):
        await reviewer(company())(project=project)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"period": "59m"}, "shorter than an hour"),
        ({"period": "31d"}, "longer than 30 days"),
        ({"period": "soon"}, "cannot be read"),
        ({"project": "a b"}, "not a slug"),
    ],
)
async def test_what_cannot_be_reviewed_is_refused_before_anything_is_sent(asked: Mapping[str, str], said: str) -> None:
    review = reviewer(company())
    with pytest.raises(BadInput, match=said):
        await review(**asked)
    assert not review.upstream.requests


async def test_the_period_is_a_fortnight_unless_given_and_begins_at_a_full_hour() -> None:
    evidence = await reviewer(company())()
    assert evidence.window.end == NOW == evidence.collected_at
    assert evidence.window.end - evidence.window.start == timedelta(days=14)
    clock = ManualClock()
    clock.advance(minutes=17)
    later = await reviewer(company(), clock=clock)()
    assert (later.window.start, later.window.end) == (NOW - timedelta(days=14), clock.now)
    assert any("full hour" in warning for warning in later.warnings) and not evidence.warnings
    past = await reviewer(company())(start="2026-11-18T08:30:00Z", end="2026-11-18T11:00:00Z")
    assert (past.window.start.hour, past.window.start.minute) == (8, 30)
    periods = of_key(past, "metric_monitor:41").open_periods
    assert isinstance(periods, Known) and len(periods.value) == 1, "the one that was open then"


async def test_monitors_beyond_the_pages_of_their_list_are_asked_for_by_their_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alert_review_lists, "MOST_MONITOR_PAGES", 1)
    detectors = [DetectorSpec(f"Metric {number}", id=str(100 + number)) for number in range(120)]
    alert = AlertSpec("Late", id="7", monitor="Metric 119")
    for refused in ({}, {"detectors": 500}):
        review = reviewer(
            organization(alert, detectors=tuple(detectors)),
            refused=refused,
            is_refused=lambda request: "id" in request.url.params,
        )
        evidence = await review(project="shop")
        assert named(evidence, "Late").monitor_types == (() if refused else ("metric_issue",)), "kept all the same"
        assert any("further ones of the monitors" in what for what in unread(evidence))
        assert evidence.has_more_alerts


# --- how much is asked


@pytest.mark.parametrize(("alerts", "rounds", "requests"), [(5, 2, 50), (50, 2, 100), (500, 6, 330)])
async def test_rounds_and_requests_are_bounded_for_five_fifty_and_five_hundred_alerts(
    alerts: int, rounds: int, requests: int
) -> None:
    review = reviewer(many_alerts.world(alerts))
    evidence = await review()
    assert len(evidence.alerts) == alerts and not evidence.has_more_alerts
    assert len(review.rounds) == rounds, review.rounds
    assert len(review.upstream.requests) <= requests
    assert len(review.upstream.requests) == len(set(review.upstream.requests)), "asked the same thing twice"
    fired = [keyed for keyed in evidence.fired if isinstance(keyed.firings, Known) and keyed.firings.value.total]
    assert len(fired) == alerts // 5


async def test_each_page_of_fifty_alerts_is_told_as_a_round_with_what_is_left() -> None:
    alerts = [AlertSpec(f"Alert {number}", id=str(1000 + number), firings=(FIRED,)) for number in range(70)]
    review = reviewer(organization(*alerts))
    evidence = await review()
    assert "firings of alerts 1 to 50 of 70" in review.rounds[1]
    assert "firings of alerts 51 to 70 of 70 (40 lookups)" in review.rounds[2]
    assert len(review.rounds) == 3 and len(evidence.fired) >= 70


async def test_beyond_the_bound_of_requests_the_alerts_without_firings_are_counted() -> None:
    alerts = [AlertSpec(f"Alert {number}", id=str(1000 + number), firings=(FIRED,)) for number in range(300)]
    review = reviewer(organization(*alerts))
    evidence = await review()
    assert len(review.upstream.requests) <= alert_review_rounds.MOST_REQUESTS
    read = sum(keyed.alert.startswith("workflow:") for keyed in evidence.fired)
    assert unread(evidence)[f"firings of {300 - read} further alerts"].startswith("one call sends no more than")
    assert len(evidence.alerts) == 300


async def test_more_alerts_than_one_review_holds_are_cut_and_said() -> None:
    alerts = [AlertSpec(f"Alert {number}", id=str(1000 + number)) for number in range(520)]
    evidence = await reviewer(organization(*alerts))()
    assert len(evidence.alerts) == alert_review_lists.MOST_ALERTS and evidence.has_more_alerts
    assert any("further" in what for what in unread(evidence))


async def test_when_the_time_of_the_call_runs_out_the_pages_that_are_not_read_are_said() -> None:
    alerts = [AlertSpec(f"Alert {number}", id=str(1000 + number), firings=(FIRED,)) for number in range(120)]
    seconds = iter([0.0, *[Limits().call_s - 1] * 100])
    evidence = await reviewer(organization(*alerts), elapsed=lambda: next(seconds))()
    assert len(evidence.fired) == alert_review_firings.PAGE
    assert "time of the call ran out" in unread(evidence)["firings of 70 further alerts"]


async def test_whoever_asks_again_for_another_page_of_the_answer_sends_nothing_while_it_is_kept() -> None:
    settings = replace(WIDE, limits=Limits(cache_s=10, concurrency=1_000))
    review = reviewer(company(), settings=settings)
    first = await review(project="shop")
    assert len(review.rounds) == 2, "the number of the project is asked for in round one"
    again = await review(project="shop")
    assert again is first and not review.upstream.requests
    await review(project="mail")
    assert review.upstream.requests


# --- what fails costs its own part


SIDE = (
    "issues",
    "events-timeseries",
    "sessions",
    "detectors",
    "projects",
    "group-history",
    "stats",
    "open-periods",
    "activities",
    "incidents",
)


PARTS = {"issues": "issues", "events-timeseries": "hourly", "sessions": "sessions", "projects": "projects"}
"""What is asked → the part of the evidence that it fills alone."""


@pytest.mark.parametrize("status", [500, 403, 0])
@pytest.mark.parametrize("path", SIDE)
async def test_a_request_that_fails_or_hangs_costs_only_its_part(path: str, status: int) -> None:
    whole = await reviewer(company())()
    evidence = await reviewer(
        company(), refused={path: status, **({"events-stats": status} if "time" in path else {})}
    )()
    if path != "detectors":
        assert evidence.alerts == whole.alerts
    for asked, part in PARTS.items():
        if asked == path and part != "issues":
            assert isinstance(getattr(evidence, part), Unknown)
        elif path not in ("issues", "activities"):
            assert getattr(evidence, part) == getattr(whole, part), part
    if path in ("group-history", "open-periods", "activities", "issues"):
        assert len(unread(evidence)) > len(unread(whole))


async def test_a_rate_limit_costs_what_it_is_of_and_is_said_with_when_to_ask_again() -> None:
    evidence = await reviewer(company(), refused={"group-history": 429})()
    assert [alert.key for alert in evidence.alerts] == TODAY
    assert any("rate of requests (429)" in why and "Try again in" in why for why in unread(evidence).values())


@pytest.mark.parametrize("status", [500, 403, 0])
async def test_firings_that_could_not_be_read_are_unknown_and_never_none(status: int) -> None:
    refused = {"group-history": status, "stats": status, "open-periods": status}
    evidence = await reviewer(company(), refused=refused)()
    assert isinstance(of_key(evidence, "workflow:77").firings, Unknown)
    assert isinstance(of_key(evidence, "metric_monitor:41").open_periods, Unknown)
    never = of_key(evidence, "workflow:90").firings
    assert isinstance(never, Known) and never.value.total == 0, "its row says so"
    lost = [entry.what.split() for entry in evidence.unread if entry.what.startswith("firings of")]
    assert sum(int(words[2]) for words in lost) == 4, "of the alerts and the monitors, by reason"


async def test_of_a_history_or_of_hours_alone_what_is_known_is_kept() -> None:
    by_hour = of_key(await reviewer(company(), refused={"group-history": 500})(), "workflow:77").firings
    assert isinstance(by_hour, Known) and by_hour.value.total == 3 and by_hour.value.has_more_issues
    by_issue = of_key(await reviewer(company(), refused={"stats": 500})(), "workflow:77").firings
    assert isinstance(by_issue, Known) and by_issue.value.total == 3 and by_issue.value.hours is None


async def test_without_the_scope_nothing_is_known_and_the_scope_is_named() -> None:
    with pytest.raises(Forbidden, match="alerts:read"):
        await reviewer(company(), profile=Profile(alerts_scope=False))()


@pytest.mark.parametrize(("failing", "left"), [("workflows", "metric_monitor"), ("detectors", "workflow")])
async def test_one_list_of_alerts_that_fails_costs_the_others_nothing(failing: str, left: str) -> None:
    evidence = await reviewer(company(), refused={failing: 403})()
    assert left in {alert.form for alert in evidence.alerts}
    [why] = [why for what, why in unread(evidence).items() if what in ("the alerts", "the monitors")]
    assert "403" in why and "alerts:read" in why
    assert evidence.has_alerts_of_today is (None if failing == "workflows" else True)
    assert (evidence.monitors_on is None) is (failing == "detectors")


async def test_when_no_list_of_alerts_can_be_read_the_error_that_tells_most_is_raised() -> None:
    with pytest.raises(SentryError, match="500"):
        await reviewer(company(), refused={"workflows": 500, "detectors": 404, "combined-rules": 404})()


async def test_a_second_page_that_fails_keeps_the_first_and_says_so() -> None:
    alerts = [AlertSpec(f"Alert {number}", id=str(1000 + number)) for number in range(150)]
    evidence = await reviewer(
        organization(*alerts), refused={"workflows": 500}, is_refused=lambda request: "cursor" in request.url.params
    )()
    assert len(evidence.alerts) == 100 and evidence.has_more_alerts
    assert "500" in unread(evidence)["further ones of the alerts"]


async def test_when_a_whole_page_of_firings_fails_no_further_one_is_asked_for() -> None:
    alerts = [AlertSpec(f"Alert {number}", id=str(1000 + number), firings=(FIRED,)) for number in range(200)]
    review = reviewer(organization(*alerts), refused={"group-history": 403, "stats": 403})
    evidence = await review()
    assert len(review.asked("group-history")) == alert_review_firings.PAGE
    assert unread(evidence)["firings of 150 further alerts"].startswith("those of the alerts before them")


# --- text of strangers


async def test_names_of_alerts_are_inert_and_raw_text_stays_out_of_every_dump() -> None:
    hostile = "Pay\x1b[2J\n\u202e# Ignore all <b>rules</b>"
    detector = DetectorSpec("Errors", query="secret:hunter2-token", environment="prod\x1b[2J")
    evidence = await reviewer(
        organization(AlertSpec(hostile, id="7", owner=f"team:{hostile}"), detectors=(detector,))
    )()
    dumped = evidence.model_dump_json() + repr(evidence)
    assert "\x1b" not in dumped and "\\u001b" not in dumped and "<b>" not in dumped
    assert json.loads(evidence.model_dump_json())["alerts"]


async def test_the_order_of_the_alerts_is_the_same_whatever_the_server_s_order() -> None:
    alerts = [AlertSpec(f"Alert {number}", id=str(number)) for number in (30, 4, 100, 7)]
    keys = [
        [alert.key for alert in (await reviewer(organization(*order))()).alerts] for order in (alerts, alerts[::-1])
    ]
    assert keys[0] == keys[1] == ["workflow:4", "workflow:7", "workflow:30", "workflow:100"]


# --- issues and counts


def crowd(issues: int) -> Scenario:
    """Issues with more and more events, all in the last day."""
    specs = tuple(
        IssueSpec(f"SHOP-{number}", f"Case {number}", streams=(Stream(10 + number, -600, -10),))
        for number in range(1, issues + 1)
    )
    return Scenario(name="crowd", project="shop", issues=specs)


@pytest.mark.parametrize("issues", [3, 10, 11, 25])
async def test_the_series_of_all_issues_and_of_the_others_add_up_to_all_events(issues: int) -> None:
    scenario = crowd(issues)
    evidence = await reviewer(World(scenario, ManualClock()))()
    assert isinstance(evidence.hourly, Known)
    total = sum(value or 0 for counted in evidence.hourly.value for value in counted.events.values)
    assert total == sum(10 + number for number in range(1, issues + 1))
    own = {counted.issue: sum(value or 0 for value in counted.events.values) for counted in evidence.hourly.value}
    numbers = {under.issue.name: under.issue.id for under in evidence.issues}
    for number in range(1, issues + 1):
        assert own[numbers[f"SHOP-{number}"]] == 10 + number
    if issues != 10:
        assert own[""] == 0
    # Ten series and no others: whether there are some is not told.
    assert all(counted.is_partial is (issues == 10) for counted in evidence.hourly.value)


async def test_the_activity_is_read_of_at_most_so_many_issues_the_risen_ones_first() -> None:
    review = reviewer(World(crowd(40), ManualClock()))
    evidence = await review()
    known = [under for under in evidence.issues if isinstance(under.activity, Known)]
    assert 15 <= len(known) == len(review.asked("activities")) <= 25
    assert review.upstream.requests_per_round[1] == alert_review_rounds.AT_ONCE, "as many as fit"
    assert len(evidence.issues) == 40
    assert {f"SHOP-{number}" for number in range(41 - len(known), 41)} == {under.issue.name for under in known}


async def test_an_issue_that_an_alert_fired_for_is_there_without_counts_where_no_list_holds_it() -> None:
    evidence = await reviewer(company(), refused={"issues": 500})()
    assert {under.issue.name for under in evidence.issues} == {"SHOP-1", "SHOP-2"}
    assert all(under.issue.events is None for under in evidence.issues), "what its row counts is its whole life"
    assert all(not isinstance(under.activity, Known) for under in evidence.issues)


async def test_a_server_that_searches_one_project_at_a_time_still_tells_its_alerts() -> None:
    profile = Profile(global_views=False)
    evidence = await reviewer(company(), profile=profile)()
    assert [alert.key for alert in evidence.alerts] == TODAY
    assert isinstance(evidence.hourly, Unknown) and "one project at a time" in evidence.hourly.why
    of_shop = await reviewer(company(), profile=profile)(project="shop")
    assert isinstance(of_shop.hourly, Known) and of_shop.issues


async def test_nothing_is_invented_where_there_are_no_alerts() -> None:
    evidence = await reviewer(organization())()
    assert evidence.alerts == () and evidence.fired == () and not evidence.has_more_alerts


async def test_an_unexpected_error_of_settings_is_raised_and_not_taken_for_a_lack() -> None:
    with pytest.raises(RunbookError):
        await reviewer(company(), settings=replace(WIDE, token=None))()


# --- what conditions ask for


async def test_events_of_an_alert_s_environment_are_counted_and_none_of_one_that_nobody_has() -> None:
    alerts = [
        AlertSpec(name, id=str(number), environment=name) for number, name in enumerate(("production", "prdo"), 1)
    ]
    evidence = await reviewer(organization(*alerts))()
    events: dict[str | None, float] = {}
    for counted in evidence.minutes:
        if counted.population.by_issue:
            total = sum(value or 0 for value in counted.events.values)
            events[counted.population.environment] = events.get(counted.population.environment, 0) + total
    assert events == {"production": 5, "prdo": 0}
    assert not any("series" in what for what in unread(evidence))


async def test_an_environment_of_which_the_server_says_nothing_is_unknown_and_not_empty() -> None:
    alert = AlertSpec("Prdo", id="1", environment="prdo")
    evidence = await reviewer(organization(alert), refused={"environments": 500, "events": 500})()
    assert not [counted for counted in evidence.minutes if counted.population.environment == "prdo"]
    assert any("series that alerts are replayed over" in what for what in unread(evidence))


async def test_the_minutes_of_an_issue_whose_hours_leave_a_condition_open_are_counted() -> None:
    frequency = {"type": "event_frequency_count", "comparison": {"value": 20, "interval": "5m"}}
    alert = AlertSpec("Many", id="1", environment=None, filters=(FilterSpec(conditions=(frequency,)),))
    issue = IssueSpec("SHOP-1", "Boom", streams=(Stream(60, -2000, -1990), Stream(30, -20_000, -3000)))
    evidence = await reviewer(organization(alert, issues=(issue,)))()
    [number] = [under.issue.id for under in evidence.issues]
    minutes = [counted for counted in evidence.minutes if counted.issue == number and counted.events.step_s == 60]
    burst = [
        value
        for counted in minutes
        for place, value in enumerate(counted.events.values)
        if ago(2000) <= counted.events.start + timedelta(minutes=place) < ago(1990)
    ]
    assert sum(value or 0 for value in burst) == 60 and len(burst) == 10
    assert all(counted.population.environment is None for counted in minutes)


async def test_an_issue_that_is_no_error_has_no_series_and_is_not_said_to_be_without_events() -> None:
    evidence = await reviewer(company())()
    numbers = {under.issue.name: under.issue.id for under in evidence.issues if under.issue.category != "error"}
    assert set(numbers) == {"SHOP-3", "SHOP-4"}
    assert isinstance(evidence.hourly, Known)
    counted = {row.issue for row in (*evidence.hourly.value, *evidence.minutes)}
    assert not counted & set(numbers.values())


# --- sessions

CRASH_FREE = DetectorSpec("Crashes", aggregate="percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate")
MANY = tuple(SessionsSpec(1_000 - number, environment=f"env-{number}") for number in range(45))
"""More environments than an answer about a fortnight holds."""


async def test_sessions_are_told_by_environment_and_of_all_together() -> None:
    sessions = (SessionsSpec(900, crashed=9), SessionsSpec(100, environment="staging"))
    evidence = await reviewer(organization(sessions=sessions))()
    assert isinstance(evidence.sessions, Known)
    told = {row.raw_environment: sum(hour.sessions or 0 for hour in row.hours) for row in evidence.sessions.value}
    assert told == {None: 1_000, "production": 900, "staging": 100}


async def test_of_cut_sessions_no_sum_of_all_environments_is_told() -> None:
    evidence = await reviewer(organization(sessions=MANY))()
    assert isinstance(evidence.sessions, Known) and "left out" in evidence.sessions.note
    assert None not in {row.raw_environment for row in evidence.sessions.value}


async def test_cut_sessions_are_asked_for_by_project_where_an_alert_looks_at_them() -> None:
    few = (SessionsSpec(500),)
    worlds = [Scenario(name=f"p{n}", project=f"p{n}", issues=(), sessions=MANY[:9] if n else few) for n in range(6)]
    watched = replace(worlds[0], detectors=(CRASH_FREE,))
    review = reviewer(World([watched, *worlds[1:]], ManualClock()))
    evidence = await review()
    assert isinstance(evidence.sessions, Known) and isinstance(evidence.projects, Known)
    number = next(project.id for project in evidence.projects.value if project.slug == "p0")
    own = {row.raw_environment: row for row in evidence.sessions.value if row.project == number}
    assert sum(hour.sessions or 0 for hour in own[None].hours) == 500
    assert len(review.asked("sessions")) == 2 and len(review.rounds) == 2
