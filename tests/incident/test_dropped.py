"""Events that Sentry dropped: which outcomes count, in which hours, and what they do to severity, impact and texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_runbook.incident.metrics.dropped import DroppedCount, dropped_events, dropped_sentence
from sentry_runbook.incident.model.evidence import (
    NOT_ASKED,
    DroppedEvents,
    Evidence,
    Known,
    OutcomeSeries,
    Unknown,
)
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import DAY, HOUR, NOW, Seen, ago, burst, incident, known, read
from tests.incident.severity_cases import criterion, crowd, per_minute

HOURS = 24
QUIET_WINDOW = (ago(hours=3), NOW)
REFUSED = Unknown(why="Sentry answered 403")


def outcomes(**series: Sequence[int | None]) -> Known[DroppedEvents]:
    """The window's 24 hours by outcome; a shorter row is of the last hours, and hours before it have none."""
    rows = {name: (*[0] * (HOURS - len(values)), *values) for name, values in {"accepted": (), **series}.items()}
    return known(
        DroppedEvents(
            start=NOW - DAY,
            step_s=3600,
            outcomes=tuple(
                OutcomeSeries(outcome=name, total=sum(value or 0 for value in values), values=values)
                for name, values in rows.items()
            ),
        )
    )


def with_outcomes(part: Known[DroppedEvents] | Unknown, events: Sequence[Seen] = ()) -> Evidence:
    return incident(events, dropped=part)


def count(part: Known[DroppedEvents] | Unknown, start: timedelta = DAY, end: timedelta = timedelta(0)) -> DroppedCount:
    dropped = dropped_events(with_outcomes(part), NOW - start, NOW - end)
    assert isinstance(dropped, DroppedCount), dropped
    return dropped


# --- which outcomes count ------------------------------------------------------------------------------------------

STEADY = [100] * HOURS
FELL = [*[100] * 21, 5, 5, 5]
TAKE_ITS_PLACE = [0, 0, 0, 95, 95, 95]


@pytest.mark.parametrize("outcome", ["rate_limited", "abuse", "cardinality_limited"])
def test_what_a_limit_of_sentry_s_drops_counts_whatever_else_is_sent(outcome: str) -> None:
    assert count(outcomes(accepted=STEADY, **{outcome: [3, 0]})).events == 3


@pytest.mark.parametrize("outcome", ["filtered", "client_discard", "invalid", "a_new_word"])
@pytest.mark.parametrize(
    ("stored", "gone", "counted"),
    [
        pytest.param(FELL, TAKE_ITS_PLACE, 3 * 95, id="takes the place of stored events"),
        pytest.param(STEADY, TAKE_ITS_PLACE, 0, id="comes beside the usual events"),
        pytest.param(STEADY, [900] * HOURS, 0, id="is always more than half"),
        pytest.param([*[100] * 22, 5, 5], [40] * HOURS, 0, id="stays while the incident ends"),
        pytest.param([*[100] * 22, 0, 0], [5] * HOURS, 0, id="stays while all else is silent"),
        pytest.param([*[100] * 20, 900, 900, 100, 100], [*[900] * 20, 8100, 8100, 900, 900], 0, id="scales with it"),
        pytest.param(FELL, [0, 0, 0, 9, 9, 9], 0, id="too few to say"),
        pytest.param(FELL, [0, 0, 0, 10, 10, 10], 30, id="just enough to say"),
        pytest.param([0] * HOURS, [500], 0, id="nothing was stored before"),
        pytest.param([*[100] * 21, 50, 50, 50], [0, 0, 0, 51, 51, 51], 3 * 51, id="half is left, and more is gone"),
        pytest.param([*[100] * 21, 51, 51, 51], [0, 0, 0, 52, 52, 52], 0, id="more than half is left"),
        pytest.param([*[100] * 21, 40, 40, 40], [0, 0, 0, 40, 40, 40], 0, id="half of what is sent is stored"),
        pytest.param(FELL, [*[4] * 21, 12, 12, 12], 36, id="three times the usual"),
        pytest.param(FELL, [*[5] * 21, 14, 14, 14], 0, id="less than three times the usual"),
    ],
)
def test_what_always_goes_on_counts_only_where_it_takes_the_place_of_stored_events(
    outcome: str, stored: list[int], gone: list[int], counted: int
) -> None:
    assert count(outcomes(accepted=stored, **{outcome: gone})).events == counted


def test_to_say_that_a_filter_began_takes_three_hours_before_it() -> None:
    for before, counted in ((2, 0), (3, 95)):
        stored, gone = [*[100] * before, 5], [*[0] * before, 95]
        part = DroppedEvents(
            start=NOW - (before + 1) * HOUR,
            step_s=3600,
            outcomes=(
                OutcomeSeries(outcome="accepted", values=tuple(stored)),
                OutcomeSeries(outcome="filtered", values=tuple(gone)),
            ),
        )
        assert count(known(part), start=HOUR).events == counted


def test_an_hour_of_which_nothing_is_known_says_nothing_of_a_filter() -> None:
    assert count(outcomes(accepted=[100, 100, 100, None, 5], filtered=[0, 0, 0, None, 95])).events == 95
    assert count(outcomes(accepted=[100, 100, 100, None], filtered=[0, 0, 0, 95])).events == 0


# --- when ----------------------------------------------------------------------------------------------------------


def test_the_whole_hours_that_overlap_the_stretch_are_counted() -> None:
    part = outcomes(accepted=STEADY, rate_limited=[7, 50, 60, 0])
    minute = timedelta(minutes=1)
    whole = count(part)
    assert (whole.events, whole.since, whole.until, whole.ongoing) == (117, ago(hours=4), ago(hours=1), False)
    assert (whole.sent, whole.share) == (417, 117 / 417)
    assert count(part, 3 * HOUR, 2 * HOUR).events == 50
    assert count(part, 3 * HOUR + minute, 2 * HOUR).events == 57
    assert count(part, 3 * HOUR, 2 * HOUR - minute).events == 110
    nothing = count(part, HOUR)
    assert (nothing.events, nothing.since, nothing.until, nothing.ongoing) == (0, None, None, False)


def test_it_goes_on_while_the_last_hour_drops_or_has_only_begun() -> None:
    assert count(outcomes(accepted=STEADY, rate_limited=[50, 50])).ongoing is True
    begun = outcomes(accepted=[*STEADY[1:], 0], rate_limited=[50, 0])
    assert count(begun, end=timedelta(minutes=1)).ongoing is True
    assert count(begun).ongoing is False
    assert count(outcomes(accepted=[0] * HOURS, rate_limited=[50, 0, 0]), end=timedelta(minutes=1)).ongoing is False


def test_it_ends_with_the_stretch_and_never_in_the_future() -> None:
    end = timedelta(minutes=20)
    assert count(outcomes(accepted=STEADY, rate_limited=[50]), end=end).until == NOW - end


@given(
    limited=st.lists(st.integers(0, 500), min_size=HOURS, max_size=HOURS),
    stored=st.lists(st.integers(0, 500), min_size=HOURS, max_size=HOURS),
    filtered=st.lists(st.integers(0, 500), min_size=HOURS, max_size=HOURS),
    first=st.integers(0, HOURS - 1),
)
def test_the_count_is_between_what_limits_dropped_and_all_that_is_gone(
    limited: list[int], stored: list[int], filtered: list[int], first: int
) -> None:
    part = outcomes(accepted=stored, rate_limited=limited, filtered=filtered)
    dropped = count(part, start=(HOURS - first) * HOUR)
    assert sum(limited[first:]) <= dropped.events <= sum(limited[first:]) + sum(filtered[first:])
    assert dropped.sent is None or dropped.events <= dropped.sent
    two = [count(part, start=DAY, end=(HOURS - first) * HOUR).events] if first else [0]
    assert count(part).events == sum(two) + dropped.events


# --- what is not known ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [REFUSED, NOT_ASKED])
def test_outcomes_that_were_not_read_are_unknown_and_never_zero(part: Unknown) -> None:
    assert dropped_events(with_outcomes(part), *QUIET_WINDOW) == part


def test_an_hour_without_a_number_is_unknown_unless_another_shows_a_drop() -> None:
    evidence = with_outcomes(outcomes(accepted=STEADY, rate_limited=[None, 0]))
    assert isinstance(dropped_events(evidence, *QUIET_WINDOW), Unknown)
    assert dropped_events(evidence, ago(hours=1), NOW) == DroppedCount(events=0)
    assert count(outcomes(accepted=STEADY, rate_limited=[None, 4]), 3 * HOUR).events == 4


@pytest.mark.parametrize(("start", "end"), [(ago(hours=25), NOW), (ago(hours=2), NOW + HOUR), (NOW, NOW + HOUR)])
def test_a_time_that_was_not_asked_about_is_unknown(start: datetime, end: datetime) -> None:
    evidence = with_outcomes(outcomes(accepted=STEADY))
    assert isinstance(dropped_events(evidence, start, end), Unknown)


def totals(**numbers: int | None) -> Known[DroppedEvents]:
    rows = tuple(OutcomeSeries(outcome=name, total=total) for name, total in numbers.items())
    return known(DroppedEvents(start=None, step_s=3600, outcomes=rows))


def test_totals_without_hours_count_for_any_part_of_the_window() -> None:
    dropped = count(totals(accepted=3000, rate_limited=140_000, filtered=500), HOUR)
    assert (dropped.events, dropped.sent, dropped.since, dropped.ongoing) == (140_000, 143_500, None, None)
    assert "in the time asked for, when is not known (rate limited)" in dropped_sentence(dropped)
    assert count(totals(accepted=3000, filtered=500)).events == 0
    assert count(totals(accepted=None, abuse=5)).share is None
    unknown = dropped_events(with_outcomes(totals(accepted=1, rate_limited=None)), *QUIET_WINDOW)
    assert isinstance(unknown, Unknown)


# --- the sentence --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (
            outcomes(accepted=STEADY, rate_limited=[1000, 400, 0], abuse=[0, 100, 0]),
            "Sentry dropped 1,500 of the project's error events (88.23 % of those sent) between 2026-11-23 12:00 and"
            " 14:00 UTC (rate limited, abuse limit): counts are a lower bound.",
        ),
        (
            outcomes(accepted=STEADY, rate_limited=[1000]),
            "Sentry dropped 1,000 of the project's error events (90.9 % of those sent) since 2026-11-23 14:00 UTC, and"
            " still does (rate limited): counts are a lower bound.",
        ),
        (
            outcomes(accepted=[0] * HOURS, rate_limited=[9, *[0] * 14, 1, 0]),
            "Sentry dropped 10 of the project's error events (100 % of those sent) between 2026-11-22 22:00 and"
            " 2026-11-23 14:00 UTC (rate limited): counts are a lower bound.",
        ),
        (outcomes(accepted=STEADY), ""),
    ],
    ids=["within a day", "still", "over midnight", "none"],
)
def test_one_sentence_says_how_many_when_and_why(part: Known[DroppedEvents], sentence: str) -> None:
    assert dropped_sentence(count(part)) == sentence
    assert read(with_outcomes(part)).warnings == ((sentence,) if sentence else ())


# --- severity ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "gone", "met", "observed"),
    [
        (40, 0, False, 40),
        (40, 60, False, "40 to 100"),
        (40, 61, "unknown", "40 or more"),
        (101, 61, True, "101 or more"),
    ],
)
def test_dropped_events_clear_the_rule_of_users_only_if_all_of_them_would_not_reach_it(
    users: int, gone: int, met: object, observed: object
) -> None:
    evidence = with_outcomes(outcomes(accepted=STEADY, rate_limited=[gone]), crowd(users))
    found = criterion("users_per_hour", evidence)
    assert (found.met, found.observed) == (met, observed)
    assert ("Sentry dropped events" in (found.note or "")) is bool(gone)


def test_a_stated_workaround_rules_the_rule_of_users_out_whatever_was_dropped() -> None:
    evidence = with_outcomes(outcomes(accepted=STEADY, rate_limited=[5000]), crowd(40))
    assert criterion("users_per_hour", evidence, Stated(workaround=True)).met is False


@pytest.mark.parametrize(
    ("busiest", "gone", "met", "observed"),
    [(100, 0, False, 100), (100, 400, False, 100), (100, 401, "unknown", "100 or more"), (501, 401, True, 501)],
)
def test_dropped_events_clear_the_rule_of_unhandled_events_only_if_all_of_them_would_not_reach_it(
    busiest: int, gone: int, met: object, observed: object
) -> None:
    evidence = with_outcomes(outcomes(accepted=STEADY, rate_limited=[gone]), per_minute(busiest))
    found = criterion("unhandled_rate", evidence)
    assert (found.met, found.observed) == (met, observed)
    assert (found.note or "").endswith("Sentry dropped events") is bool(gone)


def test_no_event_of_production_was_stored_is_not_that_none_was_sent() -> None:
    staging = burst(ago(hours=2), 5, timedelta(minutes=1), 2, environment="staging")
    assert criterion("non_production", with_outcomes(outcomes(accepted=STEADY), staging)).met is True
    found = criterion("non_production", with_outcomes(outcomes(accepted=STEADY, rate_limited=[1]), staging))
    assert (found.met, found.note) == ("unknown", "Sentry dropped events, and does not say of which environment")


def test_the_range_of_what_it_could_be_follows() -> None:
    calm = read(with_outcomes(outcomes(accepted=STEADY), crowd(40))).severity
    assert (calm.could_be.lowest, calm.could_be.highest, calm.warnings) == ("P2", "P2", None)
    gone = read(with_outcomes(outcomes(accepted=STEADY, rate_limited=[140_000]), crowd(40))).severity
    assert (gone.severity, gone.could_be.lowest, gone.could_be.highest) == ("P2", "P2", "P0")
    assert {entry.what for entry in gone.missing} >= {"users_per_hour", "unhandled_rate"}


def test_outcomes_that_could_not_be_read_change_no_verdict_and_are_named_as_missing() -> None:
    known_none = read(with_outcomes(outcomes(accepted=STEADY), crowd(40)))
    refused = read(with_outcomes(REFUSED, crowd(40)))
    assert refused.severity.criteria == known_none.severity.criteria
    assert refused.severity.could_be == known_none.severity.could_be
    for missing in (refused.severity.missing, refused.impact.missing):
        assert [entry.why for entry in missing if entry.what == "dropped events"] == [REFUSED.why]
    assert not [entry for entry in known_none.severity.missing if entry.what == "dropped events"]
    assert refused.impact.events_lower_bound is None


# --- impact and trend ----------------------------------------------------------------------------------------------


def test_counts_of_the_impact_are_lower_bounds() -> None:
    impact = read(with_outcomes(outcomes(accepted=STEADY, rate_limited=[9]), crowd(40))).impact
    assert (impact.events_lower_bound, impact.users_lower_bound) == (True, True)
    assert impact.reading.startswith("At least 40 users hit at least 40 errors in production in 24 h")
    whole = read(with_outcomes(outcomes(accepted=STEADY), crowd(40))).impact
    assert (whole.events_lower_bound, whole.users_lower_bound) == (None, None)


def test_an_upper_bound_of_users_is_none_any_more() -> None:
    some_without = [*crowd(40), Seen(at=ago(hours=2), user=None)]
    assert read(with_outcomes(outcomes(accepted=STEADY), some_without)).impact.users_worst_hour_at_most == 41
    gone = read(with_outcomes(outcomes(accepted=STEADY, rate_limited=[9]), some_without)).impact
    assert gone.users_worst_hour_at_most is None


def test_no_stored_event_is_no_measured_zero() -> None:
    impact = read(with_outcomes(outcomes(accepted=STEADY, rate_limited=[9]))).impact
    assert impact.reading == (
        "No event in all environments in 24 h, but Sentry dropped events: the impact is unknown, not none."
    )
    assert "This is measured." in read(with_outcomes(outcomes(accepted=STEADY))).impact.reading


def test_the_trend_says_that_it_is_a_lower_bound() -> None:
    for gone, note in ((0, None), (9, "a lower bound: Sentry dropped events")):
        trend = read(with_outcomes(outcomes(accepted=STEADY, rate_limited=[gone]), crowd(40))).trend
        assert not isinstance(trend, Unknown)
        assert trend.note == note
