from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    EnvironmentCount,
    EnvironmentScope,
    Evidence,
    Series,
    SessionHour,
    Sessions,
    Totals,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.policy import LEVELS, CoreFlow, EdgeCase, Policy, Thresholds, rank
from sentry_runbook.incident.model.results.triage import Criterion, Met, Verdict
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.severity.rules import RULES, could_be, decide
from tests.incident.builder import (
    DAY,
    HOUR,
    MINUTE,
    NOTHING_STATED,
    NOW,
    POLICY,
    WINDOW,
    Seen,
    ago,
    burst,
    incident,
    known,
    series,
    sessions,
)

DEAD = Unknown(why="Discover answered 429")


def verdict(evidence: Evidence, stated: Stated = NOTHING_STATED, policy: Policy = POLICY) -> Verdict:
    return Incident(evidence, stated, policy, NOW).severity


def criterion(result: Verdict, name: str) -> Criterion:
    return next(entry for entry in result.criteria if entry.id == name)


def crowd(users: int, minutes: int = 50) -> list[Seen]:
    """That many different people within less than an hour, ending ten minutes ago."""
    return burst(ago(minutes=minutes + 10), users, timedelta(minutes=minutes) / max(users, 1), users)


def per_minute(count: int) -> list[Seen]:
    """That many unhandled events in one elapsed clock minute, of one user."""
    return [Seen(at=ago(minutes=30) + n * MINUTE / (count + 1), user="one") for n in range(count)]


# --- thresholds, both sides ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crash_free", "severity"),
    [(0.9499, "P0"), (0.94999, "P0"), (0.95, "P2"), (0.9501, "P2"), (0.0, "P0"), (1.0, "P2")],
)
def test_crash_free_below_95_percent_is_p0_and_exactly_95_is_not(crash_free: float, severity: str) -> None:
    result = verdict(incident(crowd(5), sessions=known(sessions(24_000, crash_free))))
    assert result.severity == severity
    assert result.decided_by == ("crash_free" if severity == "P0" else "default")


def test_crash_free_counts_crashed_and_unhandled_sessions() -> None:
    split = Sessions(window=WINDOW, sessions=2200, crash_rate=0.001, unhandled_rate=0.12)
    assert verdict(incident(crowd(5), sessions=known(split))).severity == "P0"
    at_95 = Sessions(window=WINDOW, sessions=2200, crash_rate=0.03, unhandled_rate=0.02)
    assert verdict(incident(crowd(5), sessions=known(at_95))).severity == "P2"


def test_one_bad_full_hour_is_enough_and_is_named() -> None:
    hours = {ago(hours=number): (1000, 0.999) for number in range(24, 0, -1)} | {ago(hours=5): (1000, 0.91)}
    result = verdict(incident(crowd(5), sessions=known(sessions(24_000, 0.995, hours))))
    assert (result.severity, result.decided_by) == ("P0", "crash_free")
    entry = criterion(result, "crash_free")
    assert entry.observed == 91.0
    assert entry.window is not None
    assert "worst full hour" in entry.window
    assert "10:00" in entry.window


def test_an_open_hour_and_an_hour_with_few_sessions_are_not_judged() -> None:
    hours = (
        SessionHour(start=ago(hours=3), sessions=49, crash_rate=0.5, unhandled_rate=0.0),
        SessionHour(start=ago(hours=2), sessions=900, crash_rate=0.0, unhandled_rate=0.0),
        SessionHour(start=ago(hours=1), sessions=900, crash_rate=0.5, unhandled_rate=0.0, complete=False),
    )
    period = Sessions(window=WINDOW, sessions=1849, crash_rate=0.01, unhandled_rate=0.0, hours=hours)
    assert verdict(incident(crowd(5), sessions=known(period))).severity == "P2"
    fifty = (hours[0].model_copy(update={"sessions": 50}), *hours[1:])
    assert verdict(incident(crowd(5), sessions=known(period.model_copy(update={"hours": fifty})))).severity == "P0"


@pytest.mark.parametrize(("count", "met"), [(0, "unknown"), (49, "unknown"), (50, True)])
def test_fewer_than_fifty_sessions_leave_crash_free_unknown(count: int, met: bool | str) -> None:
    result = verdict(incident(crowd(5), sessions=known(Sessions(window=WINDOW, sessions=count, crash_rate=0.9))))
    assert criterion(result, "crash_free").met == met
    if met == "unknown":
        assert result.severity == "P2"
        assert result.could_be.highest == "P0"
        assert any(entry.what == "crash_free" and "50" in entry.why for entry in result.missing)


def test_a_server_without_an_unhandled_rate_is_judged_by_crashes_and_says_so() -> None:
    old = Sessions(window=WINDOW, sessions=2000, crash_rate=0.04, has_unhandled_rate=False)
    result = criterion(verdict(incident(crowd(5), sessions=known(old))), "crash_free")
    assert result.met is False
    assert "no unhandled rate" in (result.note or "")


def test_an_unknown_number_of_sessions_is_no_small_number() -> None:
    unknown = Sessions(window=WINDOW, sessions=None)
    result = verdict(incident(crowd(5), sessions=known(unknown)))
    assert (criterion(result, "crash_free").met, result.could_be.highest) == ("unknown", "P0")
    why = "Sentry gave no number of sessions for the period"
    assert [entry.why for entry in result.missing if entry.what == "crash_free"] == [why]


@pytest.mark.parametrize(
    ("hour", "crash_rate", "met"),
    [
        pytest.param({"sessions": None}, 0.01, "unknown", id="any hour may be the worst"),
        pytest.param({"sessions": None}, 0.06, True, id="the period trips by itself"),
        pytest.param({"sessions": None, "complete": False}, 0.01, False, id="an open hour is not judged"),
        pytest.param({"sessions": 0}, 0.01, False, id="a measured zero"),
    ],
)
def test_an_hour_with_an_unknown_number_of_sessions_clears_nothing(
    hour: dict[str, Any], crash_rate: float, met: bool | str
) -> None:
    hours = (SessionHour(start=ago(hours=2), **hour),)
    part = Sessions(window=WINDOW, sessions=900, crash_rate=crash_rate, unhandled_rate=0.0, hours=hours)
    entry = criterion(verdict(incident(crowd(5), sessions=known(part))), "crash_free")
    assert entry.met == met
    is_unknown = hour == {"sessions": None}
    assert ("no usable numbers for 1 full hour" in (entry.note or "")) is is_unknown


def test_a_missing_unhandled_rate_can_trip_and_cannot_clear() -> None:
    def met(crash_rate: float) -> object:
        entry = Sessions(window=WINDOW, sessions=2000, crash_rate=crash_rate, unhandled_rate=None)
        return criterion(verdict(incident(crowd(5), sessions=known(entry))), "crash_free").met

    assert met(0.06) is True
    assert met(0.01) == "unknown"


@pytest.mark.parametrize(("count", "severity"), [(499, "P2"), (500, "P2"), (501, "P0")])
def test_more_than_500_unhandled_in_one_minute_is_p0_and_exactly_500_is_not(count: int, severity: str) -> None:
    result = verdict(incident(per_minute(count)))
    assert result.severity == severity
    assert criterion(result, "unhandled_rate").observed == count


def test_the_whole_projects_unhandled_rate_counts_and_names_this_issues_share() -> None:
    result = verdict(incident(crowd(5), others=per_minute(600)))
    assert (result.severity, result.decided_by) == ("P0", "unhandled_rate")
    assert result.share_of_project == round(5 / 605, 3)
    assert "0.8 %" in result.because
    assert any(entry.kind == "little_contribution" for entry in result.findings)


def test_501_handled_exceptions_do_not_trip() -> None:
    events = [Seen(at=entry.at, user=entry.user, handled=True) for entry in per_minute(501)]
    assert verdict(incident(events)).severity == "P2"


def test_501_spread_over_two_minutes_do_not_trip() -> None:
    events = [Seen(at=ago(minutes=30) + n * 2 * MINUTE / 502, user="one") for n in range(501)]
    assert verdict(incident(events)).severity == "P2"


@pytest.mark.parametrize(("count", "severity"), [(500, "P2"), (501, "P0")])
def test_a_minute_still_open_trips_only_when_already_above(count: int, severity: str) -> None:
    now = NOW + timedelta(seconds=40)
    window = Window(start=now - DAY, end=now)
    open_minute = known(
        Series(start=NOW - MINUTE, step_s=60, values=(3.0, float(count)), complete_until=now), "unhandled a minute"
    )
    evidence = incident(crowd(5), window=window, unhandled=open_minute, project_unhandled=open_minute)
    result = verdict(evidence.model_copy(update={"collected_at": now}))
    assert result.severity == severity


def test_longer_buckets_trip_by_their_average_and_clear_by_their_sum() -> None:
    def met(value: float) -> object:
        part = known(Series(start=ago(hours=1), step_s=300, values=(value,), complete_until=NOW))
        return criterion(verdict(incident(crowd(5), unhandled=part, project_unhandled=part)), "unhandled_rate").met

    assert met(2501) is True
    assert met(500) is False
    assert met(2500) == "unknown"


def test_the_issues_own_rate_alone_cannot_clear_the_rule() -> None:
    result = verdict(incident(per_minute(20), project_unhandled=DEAD))
    assert criterion(result, "unhandled_rate").met == "unknown"
    assert result.could_be.highest == "P0"
    assert verdict(incident(per_minute(501), project_unhandled=DEAD)).severity == "P0"


@pytest.mark.parametrize(("users", "severity"), [(99, "P2"), (100, "P2"), (101, "P1")])
def test_more_than_100_users_in_an_hour_is_p1_and_exactly_100_is_not(users: int, severity: str) -> None:
    result = verdict(incident(crowd(users)))
    assert result.severity == severity
    assert criterion(result, "users_per_hour").observed == users


def test_users_straddling_the_clock_hour_count_as_one_rolling_hour() -> None:
    early = burst(ago(hours=1, minutes=20), 60, timedelta(seconds=15), 60)
    late = [Seen(at=entry.at + 25 * MINUTE, user=f"late-{number}") for number, entry in enumerate(early)]
    assert verdict(incident(early + late)).severity == "P1"


def test_101_users_over_two_hours_are_not_101_users_an_hour() -> None:
    assert verdict(incident(burst(ago(hours=4), 101, timedelta(minutes=2), 101))).severity == "P2"


def test_old_issues_are_judged_by_the_same_rules_as_new_ones() -> None:
    old = verdict(incident(crowd(101), issue={"first_seen": NOW - 90 * DAY}))
    assert old.severity == "P1"
    assert criterion(old, "new").met is False
    fresh = verdict(incident(crowd(101)))
    assert criterion(fresh, "new").met is True


# --- what people state ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        (Stated(), "P1"),
        (Stated(workaround=True), "P2"),
        (Stated(workaround=False), "P1"),
        (Stated(core_flow=False), "P2"),
        (Stated(core_flow=True), "P1"),
        (Stated(data_loss_risk=True), "P0"),
        (Stated(data_loss_risk=False), "P1"),
        (Stated(workaround=True, data_loss_risk=True), "P0"),
        (Stated(core_flow="blocked_for_all"), "P0"),
        (Stated(workaround=True, core_flow="blocked_for_all"), "P0"),
    ],
)
def test_stated_facts_decide_as_the_runbook_says(stated: Stated, severity: str) -> None:
    result = verdict(incident(crowd(320)), stated)
    assert result.severity == severity
    assert result.could_be.lowest == result.could_be.highest == severity


def test_a_flag_left_out_neither_counts_nor_widens() -> None:
    result = verdict(incident(crowd(20)))
    for name in ("data_loss", "core_flow_blocked"):
        entry = criterion(result, name)
        assert (entry.met, entry.observed, entry.state, entry.note) == ("unknown", "not asked", "not asked", None)
    assert (result.could_be.lowest, result.could_be.highest) == ("P2", "P2")
    assert [entry.what for entry in result.missing] == ["respond_by"]


def test_a_stated_workaround_settles_the_rule_even_when_users_are_unknown() -> None:
    blind = incident(crowd(320), totals=DEAD, series=DEAD, users_per_hour=DEAD, rows=DEAD)
    assert verdict(blind).could_be.highest == "P1"
    assert verdict(blind, Stated(workaround=True)).could_be.highest == "P2"


def test_a_risk_of_data_loss_outside_production_stays_p3() -> None:
    events = [Seen(at=entry.at, user=entry.user, environment="staging") for entry in crowd(320)]
    assert verdict(incident(events), Stated(data_loss_risk=True)).severity == "P3"


# --- environments --------------------------------------------------------------------------------------------------


def in_environment(name: str, users: int = 320) -> list[Seen]:
    return [Seen(at=entry.at, user=entry.user, environment=name) for entry in crowd(users)]


def test_events_outside_production_only_are_p3_whatever_else_is_bad() -> None:
    result = verdict(incident(in_environment("staging"), sessions=known(sessions(24_000, 0.5))))
    assert (result.severity, result.decided_by) == ("P3", "non_production")


def test_one_production_event_makes_the_other_rules_count_production_only() -> None:
    result = verdict(incident([*in_environment("staging"), Seen(at=ago(minutes=5), user="a")]))
    assert result.severity == "P2"
    assert criterion(result, "users_per_hour").observed == 1
    assert criterion(result, "non_production").observed == "1 of 321 events in production"


def test_events_without_an_environment_count_as_production_and_are_noted() -> None:
    result = verdict(incident(in_environment("")))
    assert result.severity == "P1"
    assert "without an environment" in (criterion(result, "non_production").note or "")


@pytest.mark.parametrize(
    ("scope", "severity", "met"),
    [
        (EnvironmentScope(others=("staging",)), "P3", True),
        (EnvironmentScope(production=("production",), others=("staging",)), "P2", False),
        (EnvironmentScope(production=("production",)), "P2", False),
        (EnvironmentScope(), "P2", False),
        (EnvironmentScope(known=False), "P2", "unknown"),
    ],
)
def test_an_empty_period_is_judged_by_the_environments_of_all_time(
    scope: EnvironmentScope, severity: str, met: bool | str
) -> None:
    empty = incident([], environments=known(()))
    result = verdict(empty.model_copy(update={"scope": scope}))
    assert result.severity == severity
    assert criterion(result, "non_production").met == met


def test_unknown_environments_leave_the_rule_open() -> None:
    evidence = incident(crowd(320), environments=DEAD)
    result = verdict(evidence.model_copy(update={"scope": EnvironmentScope(known=False)}))
    assert result.severity == "P1"
    assert (result.could_be.lowest, result.could_be.highest) == ("P3", "P1")


def test_staging_is_judged_as_any_other_environment_when_a_caller_asked_for_it() -> None:
    scope = EnvironmentScope(names=("staging",), basis="asked", production=("production",), others=("staging",))
    counted = known((EnvironmentCount(name="staging", events=101),))
    evidence = incident(in_environment("staging", 101), environments=counted)
    assert verdict(evidence).severity == "P3"
    asked = verdict(evidence.model_copy(update={"scope": scope}))
    assert (criterion(asked, "non_production").met, asked.decided_by, asked.severity) == (False, "users_per_hour", "P1")


# --- edge cases and policy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "severity"), [("info", "P3"), ("debug", "P3"), ("warning", "P2"), ("fatal", "P2")])
def test_info_and_debug_are_p3(level: str, severity: str) -> None:
    assert verdict(incident(crowd(5), issue={"level": level})).severity == severity


def test_many_users_outrank_an_edge_case() -> None:
    assert verdict(incident(crowd(101), issue={"level": "info"})).severity == "P1"


def test_an_unknown_level_could_be_an_edge_case() -> None:
    result = verdict(incident(crowd(5), issue={"level": None}))
    assert result.severity == "P2"
    assert result.could_be.lowest == "P3"
    assert any(entry.what == "edge_case" for entry in result.missing)


def test_a_policy_may_call_titles_and_transactions_edge_cases() -> None:
    by_title = POLICY.model_copy(update={"edge_case": EdgeCase(titles=("^TypeError",))})
    assert verdict(incident(crowd(5)), policy=by_title).severity == "P3"
    by_transaction = POLICY.model_copy(update={"edge_case": EdgeCase(transactions=("/checkout$",))})
    assert verdict(incident(crowd(5)), policy=by_transaction).severity == "P3"
    mixed = [*crowd(5), Seen(at=ago(minutes=3), transaction="GET /cart")]
    assert verdict(incident(mixed), policy=by_transaction).severity == "P2"


def test_the_policys_core_flow_denies_p1_elsewhere_unless_someone_states_otherwise() -> None:
    policy = POLICY.model_copy(update={"core_flow": CoreFlow(transactions=("^POST /pay",))})
    assert verdict(incident(crowd(320)), policy=policy).severity == "P2"
    assert verdict(incident(crowd(320)), Stated(core_flow=True), policy).severity == "P1"
    on_it = [Seen(at=entry.at, user=entry.user, transaction="POST /pay") for entry in crowd(320)]
    assert verdict(incident(on_it), policy=policy).severity == "P1"
    unseen = [Seen(at=entry.at, user=entry.user, transaction=None) for entry in crowd(320)]
    assert verdict(incident(unseen), policy=policy).severity == "P1"


def test_thresholds_come_from_the_policy_and_the_verdict_names_it() -> None:
    policy = POLICY.model_copy(
        update={"name": "acme", "source": "acme.toml", "thresholds": Thresholds(users_per_hour_above=10)}
    )
    result = verdict(incident(crowd(11)), policy=policy)
    assert result.severity == "P1"
    assert result.policy == "acme (acme.toml)"
    assert criterion(result, "users_per_hour").threshold == "more than 10 in one rolling hour"


# --- clock, distance, reporting ------------------------------------------------------------------------------------


def test_words_for_people_keep_the_runbooks_text() -> None:
    result = verdict(incident(crowd(5)))
    assert (result.label, result.response, result.response_minutes) == ("Minor", "same business day", 480)
    assert result.escalation == "Slack #alerts-production"


def test_the_distance_to_the_next_level_is_given_per_criterion() -> None:
    result = verdict(incident(crowd(40)))
    needs = {entry.criterion: (entry.to, entry.needs) for entry in result.distance}
    assert needs["users_per_hour"] == ("P1", "61 more unique users in one hour")
    assert needs["crash_free"] == ("P0", "crash-free sessions to fall by more than 4.9 points")
    assert needs["unhandled_rate"][0] == "P0"


def test_the_deciding_rule_is_the_first_criterion_that_is_met() -> None:
    result = verdict(incident(per_minute(501), sessions=known(sessions(24_000, 0.9))))
    assert result.decided_by == "crash_free"
    assert criterion(result, "unhandled_rate").met is True
    assert [entry.id for entry in result.criteria][: len(RULES)] == [name for name, _ in RULES]


def test_new_regressed_and_escalating_are_reported_and_gate_nothing() -> None:
    for substatus in ("new", "regressed", "escalating", "ongoing"):
        result = verdict(incident(crowd(40), issue={"substatus": substatus}))
        assert result.severity == "P2"
        if substatus in ("regressed", "escalating"):
            assert criterion(result, substatus).met is True


def test_a_performance_issue_is_not_judged_by_error_data() -> None:
    issue = {"category": "performance", "users_total": 40, "substatus": "new"}
    result = verdict(incident([], issue=issue, totals=DEAD, series=DEAD, users_per_hour=DEAD, unhandled=DEAD))
    assert criterion(result, "unhandled_rate").met == "unknown"
    assert "does not apply" in (criterion(result, "unhandled_rate").note or "")
    assert criterion(result, "users_per_hour").met is False
    assert result.could_be.highest == "P2"
    many = verdict(
        incident(
            [], issue={**issue, "users_total": 4000}, totals=DEAD, series=DEAD, users_per_hour=DEAD, unhandled=DEAD
        )
    )
    assert criterion(many, "users_per_hour").met == "unknown"


def test_every_unknown_criterion_is_listed_as_missing_with_a_reason() -> None:
    parts = ("totals", "series", "users_per_hour", "rows", "unhandled", "project_unhandled", "sessions", "environments")
    unread: dict[str, Any] = dict.fromkeys(parts, DEAD)
    blind = incident(crowd(5), issue={"level": None}, **unread)
    result = verdict(blind.model_copy(update={"scope": EnvironmentScope(known=False)}))
    unknown = {entry.id for entry in result.criteria if entry.state == "unknown"}
    assert unknown == {"non_production", "crash_free", "unhandled_rate", "users_per_hour", "edge_case"}
    assert unknown <= {entry.what for entry in result.missing}
    assert all(entry.why for entry in result.missing)
    assert result.severity == "P2"
    assert (result.could_be.lowest, result.could_be.highest) == ("P3", "P0")


# --- properties ----------------------------------------------------------------------------------------------------

answers = st.sampled_from([True, False, "unknown"])
RULE_IDS = [name for name, _ in RULES if name != "default"]
cases = st.fixed_dictionaries(dict.fromkeys(RULE_IDS, answers))


def as_criteria(met: Mapping[str, Met]) -> list[Criterion]:
    return [Criterion(id=name, threshold="", met=value) for name, value in met.items()]


@settings(max_examples=200)
@given(met=cases)
def test_could_be_holds_the_verdict_and_every_completion_of_the_unknowns(met: dict[str, Met]) -> None:
    result = could_be(as_criteria(met))
    _, severity = decide(met)
    low, high = rank(result.lowest), rank(result.highest)
    assert low <= rank(severity) <= high
    reached = set()
    unknown = [name for name, value in met.items() if value == "unknown"]
    for bits in range(2 ** len(unknown)):
        filled: dict[str, Met] = {**met, **{name: bool(bits >> index & 1) for index, name in enumerate(unknown)}}
        reached.add(rank(decide(filled)[1]))
    assert (min(reached), max(reached)) == (low, high)


@st.composite
def measured(draw: st.DrawFn) -> Evidence:
    """Evidence with any numbers, any part of it unknown."""
    per_hour = draw(st.sampled_from([0, 1, 40, 99, 100, 101, 320]))
    rate = draw(st.sampled_from([0, 3, 499, 500, 501, 5000]))
    crash_free = draw(st.sampled_from([0.0, 0.9, 0.9499, 0.95, 0.9501, 0.999, 1.0]))
    count = draw(st.sampled_from([0, 49, 50, 24_000]))
    places = draw(st.sampled_from(["production", "staging", ""]))
    level = draw(st.sampled_from(["error", "info", "fatal", None]))
    minute = known(Series(start=ago(minutes=30), step_s=60, values=(float(rate),), complete_until=NOW))
    parts: dict[str, Any] = {
        "sessions": known(sessions(count, crash_free, {})),
        "unhandled": minute,
        "project_unhandled": minute,
    }
    names = ("sessions", "unhandled", "project_unhandled", "environments", "totals", "series", "users_per_hour", "rows")
    parts |= dict.fromkeys(draw(st.sets(st.sampled_from(names), max_size=4)), DEAD)
    events = [Seen(at=entry.at, user=entry.user, environment=places) for entry in crowd(per_hour)]
    return incident(events, issue={"level": level}, **parts)


flags = st.builds(
    Stated,
    workaround=st.sampled_from([True, False, None]),
    core_flow=st.sampled_from([True, False, "blocked_for_all", None]),
    data_loss_risk=st.sampled_from([True, False, None]),
)


@settings(max_examples=150)
@given(evidence=measured(), stated=flags)
def test_classification_is_total_pure_and_consistent(evidence: Evidence, stated: Stated) -> None:
    result = verdict(evidence, stated)
    assert result == verdict(evidence, stated)
    assert result.severity in LEVELS
    assert rank(result.could_be.lowest) <= rank(result.severity) <= rank(result.could_be.highest)
    first_met = next(entry.id for entry in result.criteria if entry.met is True)
    assert result.decided_by == first_met
    named = {entry.what for entry in result.missing}
    assert {entry.id for entry in result.criteria if entry.state == "unknown"} <= named
    unasked = {entry.id for entry in result.criteria if entry.state == "not asked"}
    asked = {"data_loss": stated.data_loss_risk, "core_flow_blocked": stated.core_flow}
    assert unasked == {name for name, flag in asked.items() if flag is None}
    assert not unasked & named


Worse = Callable[[Evidence], Evidence]


def more_users(evidence: Evidence) -> Evidence:
    events = crowd(320)
    return evidence.model_copy(
        update={
            "totals": known(Totals(events=320, users=320)),
            "users_per_hour": known(series(events, WINDOW.start, NOW, HOUR)),
            "users_in": (),
            "rows": DEAD,
            "series": DEAD,
        }
    )


def more_unhandled(evidence: Evidence) -> Evidence:
    minute = known(Series(start=ago(minutes=30), step_s=60, values=(6000.0,), complete_until=NOW))
    return evidence.model_copy(update={"unhandled": minute, "project_unhandled": minute})


def lower_crash_free(evidence: Evidence) -> Evidence:
    return evidence.model_copy(update={"sessions": known(sessions(24_000, 0.0))})


@settings(max_examples=150)
@given(evidence=measured(), stated=flags, worse=st.sampled_from([more_users, more_unhandled, lower_crash_free]))
def test_more_users_more_crashes_or_a_lower_crash_free_rate_never_lower_the_severity(
    evidence: Evidence, stated: Stated, worse: Worse
) -> None:
    assert rank(verdict(worse(evidence), stated).severity) >= rank(verdict(evidence, stated).severity)
