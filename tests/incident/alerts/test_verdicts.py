"""The verdict on an alert: both sides of each rule, their order, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.alerts import review as review_module
from sentry_runbook.incident.alerts.cursor import first_of
from sentry_runbook.incident.alerts.replayed import ConditionMaximum, Replay
from sentry_runbook.incident.alerts.review import review
from sentry_runbook.incident.model.evidence import Missing, Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import KeyedFirings
from sentry_runbook.incident.model.results.alert_review import AlertReview, ReviewedAlert
from tests.incident.alerts.period_builder import (
    POLICY,
    UNREAD,
    PlayedIssue,
    act,
    alert,
    at,
    days,
    evidence_of,
    fired_for,
    flat,
    opened,
)

START = days(6, 301)
KEY = "workflow:77"
SILENT = Replay(why_not="not replayed here")


@pytest.fixture(autouse=True)
def _no_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_module, "replay", lambda alert, evidence: SILENT)


def incident(**more: Any) -> PlayedIssue:
    return PlayedIssue("1", fine=((START - 600, START + 600),), **more).usually(flat(3)).burst(START, 90, 12)


def reviewed(
    alerts: Iterable[AlertDefinition], fired: Iterable[KeyedFirings], *issues: PlayedIssue, **more: Any
) -> AlertReview:
    return review(evidence_of(issues or (incident(),), alerts, fired, **more), POLICY)


def one(
    fired: KeyedFirings | None, *issues: PlayedIssue, by: AlertDefinition | None = None, **more: Any
) -> ReviewedAlert:
    (only,) = reviewed([by or alert()], [] if fired is None else [fired], *issues, **more).alerts
    return only


# --- late and works --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "verdict", "outcome", "minutes"),
    [
        (-5, "works", "caught", 0),
        (0, "works", "caught", 0),
        (14, "works", "caught", 14),
        (15, "works", "caught", 15),
        (16, "late", "late", 16),
        (80, "late", "late", 80),
        (-6, "works", "missed", None),
        (300, "works", "missed", None),
    ],
    ids=["shortly-before", "at-once", "fourteen", "fifteen", "sixteen", "eighty", "long-before", "long-after"],
)
def test_a_firing_in_the_first_quarter_of_an_hour_is_in_time(
    after: float, verdict: str, outcome: str, minutes: int | None
) -> None:
    told = one(fired_for(KEY, [("1", 1, START + after)]))
    assert told.episodes is not None
    (catch,) = told.episodes
    assert (told.verdict, catch.outcome, catch.after_minutes) == (verdict, outcome, minutes)


def test_late_in_one_and_in_time_in_another_is_no_late_alert() -> None:
    second = days(10, 301)
    issue = incident().burst(second, 90, 12)
    issue.fine = (*issue.fine, (second - 600, second + 600))
    fired = fired_for(KEY, [("1", 2, second + 5)], hours=[(START + 70, 1), (second + 5, 1)])
    told = one(fired, issue)
    assert told.verdict == "works"
    assert [catch.outcome for catch in told.episodes or ()] == ["caught", "late"]


def test_a_firing_for_another_issue_tells_of_nothing() -> None:
    told = one(fired_for(KEY, [("9", 1, START + 5)]))
    assert told.verdict == "works"
    assert [catch.outcome for catch in told.episodes or ()] == ["missed"]


def test_where_sentry_keeps_the_hour_alone_the_time_is_a_bound() -> None:
    fired = fired_for(KEY, [("1", 3, days(9))], hours=[(START + 59, 2), (days(9), 1)])
    told = one(fired)
    assert told.verdict == "late"
    (catch,) = told.episodes or ()
    assert (catch.outcome, catch.after_minutes) == ("late", None)
    assert catch.at_most_minutes is not None
    assert catch.at_most_minutes > 59


def test_bounds_on_both_sides_of_the_quarter_give_no_verdict() -> None:
    fired = fired_for(KEY, [("1", 3, days(9))], hours=[(START, 2), (days(9), 1)])
    answer = reviewed([alert()], [fired])
    (told,) = answer.alerts
    assert told.verdict is None
    assert "whether it fired in time is not known" in told.why
    assert answer.counts == {"unknown": 1}
    assert answer.gaps == ()
    assert {missing.what for missing in answer.missing} == {"gaps", "alerts[].verdict"}


# --- never fired -----------------------------------------------------------------------------------------------------


def test_no_firing_is_never_fired_with_what_it_missed() -> None:
    told = one(fired_for(KEY, [], hours=[]))
    assert told.verdict == "never_fired"
    assert told.why == "it did not fire in 14 d; it missed 1 of 1 incident"
    assert (told.firings, told.issues) == (0, 0)


def test_no_firing_is_told_with_the_most_that_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    most = Replay(maximum=ConditionMaximum(value=600, at=at(START + 60), limit=1000))
    monkeypatch.setattr(review_module, "replay", lambda alert, evidence: most)
    assert "it needs more than 1,000, the most was 600" in one(fired_for(KEY, [], hours=[])).why


def test_a_number_that_was_reached_is_not_told_as_what_was_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    most = Replay(maximum=ConditionMaximum(value=161, at=at(START + 60), limit=1))
    monkeypatch.setattr(review_module, "replay", lambda alert, evidence: most)
    why = one(fired_for(KEY, [], hours=[])).why
    assert "its number alone was reached (more than 1: 161)" in why
    assert "it needs" not in why


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (ConditionMaximum(90, at(START), 100, at_most=97), "it needs more than 100, the most was 90 to 97"),
        (ConditionMaximum(98, at(START), 95, at_most=96.5, is_below=True), "less than 95, the least was 96.5 to 98"),
        (ConditionMaximum(161, at(START), 1), None),
        (ConditionMaximum(90, at(START), 100, at_most=103), None),
        (ConditionMaximum(90, at(START), 95, is_below=True), None),
    ],
    ids=["bounds", "below", "beyond", "may-be-beyond", "below-beyond"],
)
def test_what_was_reached_or_may_have_been_is_not_told_as_the_reason(
    monkeypatch: pytest.MonkeyPatch, most: ConditionMaximum, words: str | None
) -> None:
    monkeypatch.setattr(review_module, "replay", lambda alert, evidence: Replay(maximum=most))
    why = one(fired_for(KEY, [], hours=[])).why
    assert words in why if words is not None else "it needs" not in why


@pytest.mark.parametrize("firings", [None, KeyedFirings(alert=KEY, firings=UNREAD)], ids=["not-asked", "failed"])
def test_unknown_firings_give_no_verdict(firings: KeyedFirings | None) -> None:
    told = one(firings)
    assert told.verdict is None
    assert told.firings is None
    assert told.why.startswith("how often it fired is not known")


def test_what_could_not_be_read_is_said_with_its_reason() -> None:
    assert "Sentry answered 429" in one(KeyedFirings(alert=KEY, firings=UNREAD)).why


# --- noisy -----------------------------------------------------------------------------------------------------------


def noisy(firings: int, acted: int, of: int) -> ReviewedAlert:
    """An alert that fired so often for so many issues, on some of which a person acted."""
    last = days(13)
    issues = [
        PlayedIssue(str(number), log=(act("assigned", last + 60),) if number <= acted else ()).once(last)
        for number in range(1, of + 1)
    ]
    rows = [(str(number), firings - of + 1 if number == 1 else 1, last) for number in range(1, of + 1)]
    return one(fired_for(KEY, rows, hours=[(last, firings)]), *issues)


@pytest.mark.parametrize(
    ("firings", "acted", "of", "verdict"),
    [
        (140, 0, 5, "noisy"),
        (139, 0, 5, "works"),
        (140, 1, 11, "noisy"),
        (140, 1, 10, "works"),
    ],
    ids=["ten-a-day", "below", "nine-percent", "ten-percent"],
)
def test_noisy_is_often_and_hardly_acted_on(firings: int, acted: int, of: int, verdict: str) -> None:
    told = noisy(firings, acted, of)
    assert (told.verdict, told.firings, told.acted_on, told.acted_on_of) == (verdict, firings, acted, of)


def test_a_firing_in_an_hour_is_no_day_of_noise() -> None:
    begin = at(days(13))
    log = PlayedIssue("1", log=()).once(days(13))
    short = Window(start=begin, end=begin + timedelta(hours=1))
    told = one(fired_for(KEY, [("1", 9, days(13) + 50)], hours=[(days(13), 9)]), log, window=short)
    assert (told.verdict, told.acted_on_of) == ("works", None)  # somebody may act within the day yet
    hours_unread = fired_for(KEY, [("1", 9, days(13) + 50)], hours=None)
    assert one(hours_unread, log, window=short).verdict == "works"


def test_a_noisy_alert_names_numbers_and_the_issue_that_makes_the_noise() -> None:
    why = noisy(212, 0, 3).why
    assert why.startswith(
        "fired 212 times in 14 d, 15 a day, for 3 issues; 0 of 3 were acted on within 24 h; "
        "99 % of the firings are for SHOP-1"
    )


def test_where_no_log_is_known_nothing_is_called_noisy() -> None:
    last = days(13)
    assert one(fired_for(KEY, [("1", 300, last)], hours=[(last, 300)]), PlayedIssue("1").once(last)).verdict == "works"


# --- dead ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("set_up", "why"),
    [
        ({"enabled": False}, "it is switched off"),
        ({"is_connected": False}, "it cannot fire: connected to no monitor"),
        ({"actions": 0}, "it tells nobody: it has no action that is active"),
        ({"snoozed": True}, "it tells nobody: snoozed for everyone"),
        ({"monitors": ("5", "6")}, "it cannot fire: each of its monitors is switched off"),
    ],
    ids=["off", "unconnected", "mute", "snoozed", "monitors-off"],
)
def test_a_set_up_that_cannot_tell_anybody_is_dead(set_up: dict[str, Any], why: str) -> None:
    told = one(
        fired_for(KEY, [("1", 400, START + 5)], hours=[(START + 5, 400)]),
        by=alert(**set_up),
        monitors_on={"5": False, "6": False},
    )
    assert (told.verdict, told.why) == ("dead", why)


@pytest.mark.parametrize(
    ("set_up", "more"),
    [
        ({"enabled": None}, {}),
        ({"monitors": ("5", "6")}, {"monitors_on": {"5": False, "6": True}}),
        ({"monitors": ("5", "6")}, {"monitors_on": {"5": False}}),
        ({"monitors": ("5",)}, {"monitors_on": None}),
    ],
    ids=["state-untold", "one-monitor-on", "one-monitor-unknown", "monitors-unread"],
)
def test_unknown_is_never_dead(set_up: dict[str, Any], more: dict[str, Any]) -> None:
    assert one(fired_for(KEY, [("1", 1, START + 5)]), by=alert(**set_up), **more).verdict == "works"


@pytest.mark.parametrize(
    ("migrated", "has_today", "verdict"),
    [
        ({"rule:77": False}, True, "dead"),
        ({"rule:77": True}, True, "works"),
        ({}, True, "works"),
        ({"rule:77": False}, None, "works"),
    ],
    ids=["not-migrated", "migrated", "untold", "server-untold"],
)
def test_a_rule_of_before_that_no_alert_of_today_was_made_of_is_dead(
    migrated: dict[str, bool], has_today: bool | None, verdict: str
) -> None:
    told = one(
        fired_for("rule:77", [("1", 1, START + 5)]),
        by=alert(form="rule", is_connected=None),
        migrated=migrated,
        has_alerts_of_today=has_today,
    )
    assert told.verdict == verdict
    assert told.form == "before_2026"


# --- other forms -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "outcome", "minutes"),
    [(-15, "caught", 0), (-16, "missed", None), (3, "caught", 3), (16, "late", 16)],
    ids=["open-since", "open-too-long", "soon", "late"],
)
def test_a_monitor_tells_of_an_episode_by_opening(after: float, outcome: str, minutes: int | None) -> None:
    monitor = alert(form="metric_monitor", triggers=None, filters=(), is_connected=None)
    told = one(opened("metric_monitor:77", START + after), by=monitor)
    (catch,) = told.episodes or ()
    assert (catch.outcome, catch.after_minutes, told.firings, told.kind) == (outcome, minutes, 1, "metric_alert")


def test_a_cron_monitor_is_not_judged_by_the_errors() -> None:
    told = one(opened("cron:77", START + 200), by=alert(form="cron", triggers=None, filters=(), is_connected=None))
    assert (told.verdict, told.episodes, told.kind) == ("works", None, "cron_monitor")


def test_without_incidents_that_are_known_no_alert_that_fired_is_judged() -> None:
    answer = reviewed([alert()], [fired_for(KEY, [("1", 1, START + 5)])], hourly=UNREAD)
    assert [told.verdict for told in answer.alerts] == [None]
    assert answer.episodes_total is None
    assert "Sentry answered 429" in {missing.why for missing in answer.missing}


# --- the answer ------------------------------------------------------------------------------------------------------


def test_the_worst_stands_first_and_of_equals_what_missed_more() -> None:
    names = {"1": "off", "2": "late", "3": "never", "4": "unknown", "5": "works", "6": "never elsewhere"}
    alerts = [
        alert(name, id=id_, enabled=id_ != "1", project_ids=("3",) if id_ == "6" else ("2",))
        for id_, name in names.items()
    ]
    fired = [
        fired_for("workflow:2", [("1", 1, START + 40)]),
        fired_for("workflow:3", [], hours=[]),
        fired_for("workflow:5", [("1", 1, START + 4)]),
        fired_for("workflow:6", [], hours=[]),
    ]
    answer = reviewed(reversed(alerts), fired)
    assert [told.name for told in answer.alerts] == ["off", "late", "never", "never elsewhere", "unknown", "works"]
    assert answer.counts == {"dead": 1, "late": 1, "never_fired": 2, "unknown": 1, "works": 1}
    assert answer.headline.startswith(
        "1 of 6 alerts cannot fire or tells nobody, 1 told too late, 2 never fired, 1 could not be judged; "
    )


def test_a_long_list_comes_in_pages_and_each_alert_once() -> None:
    alerts = [alert(f"alert {number}", id=str(number)) for number in range(60)]
    evidence = evidence_of((incident(),), alerts, [fired_for(each.key, [], hours=[]) for each in alerts])
    names, first, pages = [], 0, 0
    while True:
        page = review(evidence, POLICY, first=first)
        names += [told.name for told in page.alerts]
        pages += 1
        if page.next_cursor is None:
            break
        first = first_of(page.next_cursor) or 0
    assert (len(names), len(set(names)), pages) == (60, 60, 3)


def test_no_alert_and_no_incident_is_an_answer() -> None:
    answer = reviewed([], [], PlayedIssue("1").usually(flat(3)))
    assert (answer.headline, answer.alerts, answer.gaps) == ("no alert was found; no incident in the period", (), ())


@pytest.mark.parametrize(
    ("what", "headline"),
    [("the rules from before 2026", "no alert was found"), ("the alerts", "no alert could be read")],
    ids=["rules-retired", "list-refused"],
)
def test_a_list_that_is_empty_was_read(what: str, headline: str) -> None:
    unread = (Missing(what=what, why="the server said no"),)
    answer = reviewed([], [], PlayedIssue("1").usually(flat(3)), unread=unread, has_alerts_of_today=True)
    assert answer.headline.startswith(headline)


def test_an_empty_history_beside_a_row_that_names_a_firing_gives_no_verdict() -> None:
    fired = alert().model_copy(update={"last_triggered": at(START + 90)})
    told = one(fired_for(KEY, [], hours=[]), by=fired)
    assert (told.verdict, told.firings) == (None, None)
    assert "its own row one of" in told.why
