from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    AffectedEndpoint,
    Breakdown,
    Combination,
    EnvironmentScope,
    Evidence,
    Latency,
    Sessions,
    TagCount,
    Totals,
    Unknown,
    Widened,
    Window,
)
from sentry_runbook.incident.model.results.impact import BreakdownRow, Impact
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, POLICY, WINDOW, Seen, ago, burst, incident, known, sessions

DEAD = Unknown(why="Discover answered 429")
BEFORE = Window(start=NOW - 2 * DAY, end=NOW - DAY)


def measure(evidence: Evidence) -> Impact:
    return Incident(evidence, Stated(), POLICY, NOW).impact


def why(result: Impact, what: str) -> str:
    return next((entry.why for entry in result.missing if entry.what == what), "")


def shares(now: dict[str | None, int], before: dict[str | None, int] | None = None) -> Evidence:
    """An issue whose events are spread over these releases, now and before."""

    def part(counts: dict[str | None, int], window: Window) -> Breakdown:
        rows = tuple(Combination(tags={"release": name}, events=count) for name, count in counts.items())
        return Breakdown(combinations=rows)

    parts: dict[str, Any] = {"breakdown": known(part(now, WINDOW))}
    if before is not None:
        parts["breakdown_before"] = known(part(before, BEFORE))
    return incident(burst(ago(hours=1), 50, MINUTE, 5), **parts)


def row(evidence: Evidence, value: str) -> BreakdownRow:
    return next(entry for entry in measure(evidence).breakdown if entry.value == value)


def test_every_number_can_be_checked_by_hand() -> None:
    result = measure(
        incident(burst(ago(minutes=50), 600, timedelta(seconds=4), 320), sessions=known(sessions(2400, 0.97)))
    )
    assert (result.events, result.users, result.users_worst_hour) == (600, 320, 320)
    assert result.users_worst_hour_at_most is None
    assert result.unhandled_per_minute_peak == 15
    assert result.project_unhandled_per_minute_peak == 15
    assert result.crash_free_sessions_pct == 97.0
    assert result.baseline is not None
    assert result.baseline.events == 0
    assert result.reading == "320 users hit 600 errors in production in 24 h until 2026-11-23 15:00 UTC."
    assert result.trend is not None
    assert result.episode is not None
    assert result.episode.began == ago(minutes=50)


CRASHES = {7: (100, 1.0), 6: (100, 0.8), 5: (300, 0.9), 4: (0, 1.0), 3: (100, 0.5), 2: (100, 1.0), 1: (100, 1.0)}
"""Hours before now → sessions and the share without a crash; the incident lies in the hours six to three before now."""


def hours_of(crashes: dict[int, tuple[int, float]]) -> Sessions:
    return sessions(800, 0.97, {NOW - hours * HOUR: told for hours, told in crashes.items()})


def test_crash_free_sessions_of_the_incident_are_those_of_its_full_hours_by_their_sessions() -> None:
    seen = burst(ago(hours=5, minutes=50), 180, MINUTE, users=20)
    result = measure(incident(seen, sessions=known(hours_of(CRASHES))))
    # 20 + 30 + 50 of 500 sessions crashed.
    assert (result.crash_free_episode_pct, result.crash_free_worst_hour_pct) == (80.0, 50.0)


@pytest.mark.parametrize(
    "hours",
    [
        hours_of({**CRASHES, 5: (300, 0.9)}).model_copy(update={"window": Window(start=ago(hours=5), end=NOW)}),
        hours_of({hours: (sessions // 20, rate) for hours, (sessions, rate) in CRASHES.items()}),
    ],
    ids=["the sessions begin after the incident", "fewer sessions than are judged"],
)
def test_crash_free_sessions_of_the_incident_are_unknown_without_all_its_hours(hours: Sessions) -> None:
    seen = burst(ago(hours=5, minutes=50), 180, MINUTE, users=20)
    assert measure(incident(seen, sessions=known(hours))).crash_free_episode_pct is None


def test_an_hour_without_a_number_leaves_the_incidents_crash_free_sessions_unknown() -> None:
    seen = burst(ago(hours=5, minutes=50), 180, MINUTE, users=20)
    told = hours_of(CRASHES)
    hours = tuple(hour.model_copy(update={"sessions": None}) if hour.sessions == 300 else hour for hour in told.hours)
    result = measure(incident(seen, sessions=known(told.model_copy(update={"hours": hours}))))
    assert result.crash_free_episode_pct is None
    assert result.crash_free_sessions_pct == 97.0


def test_a_measured_zero_says_no_impact() -> None:
    result = measure(incident([]))
    assert (result.events, result.users, result.users_worst_hour) == (0, 0, 0)
    assert result.reading.startswith("No impact")
    assert "measured" in result.reading


def test_an_outage_says_unknown_and_is_not_zero() -> None:
    result = measure(incident([], totals=DEAD, series=DEAD, users_per_hour=DEAD, rows=DEAD))
    assert result.events is None
    assert result.users is None
    assert "unknown, which is not the same as none: Discover answered 429" in result.reading
    for what in ("events", "users", "users_worst_hour"):
        assert why(result, what) == "Discover answered 429"


def test_an_empty_period_is_widened_for_events_and_users_only() -> None:
    wide = Widened(window=Window(start=NOW - 7 * DAY, end=NOW), totals=Totals(events=57, users=12))
    result = measure(incident([], widened=known(wide)))
    assert (result.events, result.users) == (57, 12)
    assert (result.window.start, result.window.widened_from) == (NOW - 7 * DAY, "24 h")
    assert result.users_worst_hour is None
    assert result.baseline is None
    assert why(result, "users_worst_hour")
    assert result.reading == "No event in the 24 h asked for; in 7 d: 12 users hit 57 errors in all environments."


@pytest.mark.parametrize(
    ("basis", "where"),
    [("asked", "the environments asked for"), ("production", "production"), ("all", "all environments")],
)
def test_the_reading_says_in_which_environments_was_counted(basis: Any, where: str) -> None:
    scope = EnvironmentScope(names=("staging",), basis=basis)
    some, none = (incident(events).model_copy(update={"scope": scope}) for events in ([Seen(at=ago(hours=1))], []))
    assert measure(some).reading.startswith(f"1 user hit 1 error in {where} in 24 h")
    assert measure(none).reading.startswith(f"No impact: Sentry counted no event in {where} in 24 h.")


def test_an_empty_week_says_so() -> None:
    wide = Widened(window=Window(start=NOW - 7 * DAY, end=NOW), totals=Totals(events=0, users=0))
    result = measure(incident([], widened=known(wide)))
    assert "nor in 7 d" in result.reading


def test_events_without_users_leave_users_unknown() -> None:
    result = measure(incident(burst(ago(hours=1), 30, MINUTE, 0)))
    assert result.events == 30
    assert result.users is None
    assert "no event" in why(result, "users")


def test_users_on_some_events_are_called_a_lower_bound() -> None:
    result = measure(incident([*burst(ago(hours=1), 30, MINUTE, 4), Seen(at=ago(minutes=9), user=None)]))
    assert result.users == 4
    assert result.users_lower_bound is True
    assert "At least 4 users" in result.reading


def test_every_unknown_key_is_named_in_missing() -> None:
    parts: dict[str, Any] = dict.fromkeys(
        (
            "totals",
            "series",
            "users_per_hour",
            "rows",
            "unhandled",
            "project_unhandled",
            "sessions",
            "latency",
            "breakdown",
        ),
        DEAD,
    )
    result = measure(incident([], issue={"first_seen": NOW - 30 * DAY}, **parts))
    values = result.model_dump()
    named = {entry.what for entry in result.missing}
    for key in (
        "events",
        "users",
        "users_worst_hour",
        "unhandled_per_minute_peak",
        "project_unhandled_per_minute_peak",
        "crash_free_sessions_pct",
        "baseline",
        "p95_ms",
        "trend",
        "episode",
    ):
        assert values[key] is None
        assert key in named
    assert "breakdown" in named


def test_the_latency_of_the_main_transaction_stands_out_and_null_is_no_number() -> None:
    endpoints = (
        AffectedEndpoint(transaction="GET /geo", p95_ms=8200.04, count=51),
        AffectedEndpoint(transaction="GET /x", p95_ms=None, count=None),
    )
    evidence = incident(burst(ago(hours=1), 30, MINUTE, 4))
    result = measure(evidence.model_copy(update={"latency": known(Latency(endpoints=endpoints, main="GET /geo"))}))
    assert result.p95_ms == 8200.0
    assert result.endpoints[1].p95_ms is None
    null = measure(evidence.model_copy(update={"latency": known(Latency(endpoints=endpoints, main="GET /x"))}))
    assert null.p95_ms is None
    assert "p95" in why(null, "p95_ms")


# --- breakdown -----------------------------------------------------------------------------------------------------


def test_a_release_that_took_over_is_one_line_with_share_before_and_lift() -> None:
    evidence = shares({"shop@2.4.1": 970, "shop@2.4.0": 30}, {"shop@2.4.1": 3, "shop@2.4.0": 97})
    assert row(evidence, "shop@2.4.1") == BreakdownRow(
        tag="release", value="shop@2.4.1", share=0.97, share_before=0.03, lift=32.33, events=970
    )


def test_shares_that_chance_explains_have_no_lift() -> None:
    assert row(shares({"a": 52, "b": 48}, {"a": 48, "b": 52}), "a").lift is None


@pytest.mark.parametrize(("before", "known_before"), [(19, False), (20, True)])
def test_few_events_before_tell_no_share(before: int, known_before: bool) -> None:
    result = row(shares({"a": 100}, {"b": before}), "a")
    assert (result.share_before is not None) is known_before
    assert result.lift is None


@pytest.mark.parametrize(("now", "noted"), [(9, True), (10, False)])
def test_few_events_now_are_called_a_sample(now: int, noted: bool) -> None:
    assert bool(row(shares({"a": now}), "a").note) is noted


def test_events_without_the_tag_are_a_value_of_their_own() -> None:
    result = row(shares({"a": 60, None: 40}), "(not set)")
    assert result.share == 0.4
    assert measure(shares({None: 40})).breakdown == ()


def test_what_stands_out_comes_first() -> None:
    evidence = shares({"new": 90, "old": 10}, {"new": 5, "old": 95})
    assert [entry.value for entry in measure(evidence).breakdown] == ["new", "old"]


def test_without_a_breakdown_the_tags_of_all_time_stand_in_and_say_so() -> None:
    tag = TagCount(key="browser.name", total=200, values=(("Chrome", 150), (None, 50)))
    result = measure(incident([], breakdown=DEAD, tags=known((tag,))))
    assert [(entry.value, entry.share, entry.note) for entry in result.breakdown] == [
        ("Chrome", 0.75, "all time"),
        ("(not set)", 0.25, "all time"),
    ]
    assert why(result, "breakdown") == "Discover answered 429"


@pytest.mark.parametrize(
    ("total", "values", "shown"),
    [
        pytest.param(200, (("Chrome", None), ("Edge", 50)), [("Edge", 0.25)], id="no share without a number"),
        pytest.param(None, (("Chrome", None), ("Edge", 50)), [], id="no total of which one part is unknown"),
        pytest.param(None, (("Chrome", 150), ("Edge", 50)), [("Chrome", 0.75), ("Edge", 0.25)], id="all are known"),
    ],
)
def test_a_tag_value_without_a_number_has_no_share_and_leaves_the_total_unknown(
    total: int | None, values: tuple[tuple[str, int | None], ...], shown: list[tuple[str, float]]
) -> None:
    tag = TagCount(key="browser.name", total=total, values=values)
    result = measure(incident([], breakdown=DEAD, tags=known((tag,))))
    assert [(entry.value, entry.share) for entry in result.breakdown] == shown


# --- non-error issues ----------------------------------------------------------------------------------------------


def test_a_performance_issue_counts_itself_where_it_covers_the_window() -> None:
    issue = {"category": "performance", "events_total": 57, "users_total": 12, "first_seen": ago(hours=3)}
    result = measure(incident([], issue=issue, totals=DEAD, series=DEAD, users_per_hour=DEAD, unhandled=DEAD))
    assert (result.events, result.users) == (57, 12)
    assert "performance" in result.reading


def buckets(number: int, step: timedelta, events: int, last: datetime) -> tuple[tuple[datetime, int], ...]:
    """Buckets of the issue's own counts as Sentry sends them, the last of them still open."""
    return tuple((last - back * step, events) for back in range(number - 1, -1, -1))


HOURS = buckets(25, HOUR, 50, NOW - HOUR)
"""The clock hours up to NOW; the first begins 25 hours before it."""
DAYS = buckets(31, DAY, 1000, NOW.replace(hour=0))


def by_its_own_counts(length: timedelta, **rows: tuple[tuple[datetime, int], ...]) -> Impact:
    """The impact of an old performance issue, in the window of this length until NOW."""
    issue = {"category": "performance", "users_total": 900, "first_seen": NOW - 90 * DAY, **rows}
    window = Window(start=NOW - length, end=NOW)
    return measure(incident([], window=window, issue=issue, totals=DEAD, series=DEAD, users_per_hour=DEAD, rows=DEAD))


def test_an_old_performance_issue_counts_its_clock_hours_and_leaves_users_to_all_time() -> None:
    result = by_its_own_counts(DAY, hourly=buckets(25, HOUR, 2, NOW))
    assert result.events == 48
    assert "in full clock hours" in result.reading
    assert result.users is None
    assert result.users_all_time == 900
    assert "all time" in why(result, "users")


def test_the_hour_that_runs_when_the_window_begins_is_counted_in_full() -> None:
    assert by_its_own_counts(timedelta(hours=10), hourly=HOURS).events == 500
    result = by_its_own_counts(timedelta(hours=10, minutes=30), hourly=HOURS)
    assert result.events == 550
    assert "in full clock hours" in result.reading


@pytest.mark.parametrize("minutes", [15, 20, 599])
def test_clock_hours_do_not_answer_for_a_window_of_a_few_of_them(minutes: int) -> None:
    result = by_its_own_counts(minutes * MINUTE, hourly=HOURS, daily=DAYS)
    assert result.events is None
    assert why(result, "events") == "the issue's own hours and days are too long for the window, or do not cover it"
    assert result.reading.startswith("The impact is unknown, which is not the same as none: ")


def test_days_answer_from_two_days_on() -> None:
    assert by_its_own_counts(DAY, daily=DAYS).events is None
    assert by_its_own_counts(2 * DAY - MINUTE, daily=DAYS).events is None
    result = by_its_own_counts(2 * DAY, daily=DAYS)
    assert result.events == 3000
    assert "in full days, UTC" in result.reading


@pytest.mark.parametrize(
    "hourly",
    [HOURS[2:], HOURS[:-1], (*HOURS[:5], *HOURS[6:])],
    ids=["begins too late", "ends too early", "lacks an hour"],
)
def test_hours_that_do_not_cover_the_window_give_no_number(hourly: tuple[tuple[datetime, int], ...]) -> None:
    result = by_its_own_counts(DAY, hourly=hourly, daily=DAYS)
    assert result.events is None
    assert "do not cover it" in why(result, "events")


def test_hours_without_an_event_are_a_measured_none() -> None:
    result = by_its_own_counts(DAY, hourly=buckets(25, HOUR, 0, NOW - HOUR))
    assert result.events == 0
    assert "This is measured" in result.reading


def test_the_window_says_what_it_counts() -> None:
    both = incident([Seen(at=ago(hours=1)), Seen(at=ago(hours=1), environment="staging")])
    assert measure(both).window.environments == 'production: "production"'
    asked = both.model_copy(update={"scope": EnvironmentScope(names=("staging",), basis="asked")})
    assert measure(asked).window.environments == 'asked for: "staging"'
