from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour, windows_to_count
from sentry_runbook.incident.model.evidence import (
    EventRow,
    Evidence,
    IssueSeries,
    Known,
    Series,
    Totals,
    Unknown,
    UsersIn,
    Window,
)
from sentry_runbook.incident.model.policy import Policy, Thresholds
from tests.incident.builder import (
    HOUR,
    MINUTE,
    NOW,
    POLICY,
    WINDOW,
    Seen,
    ago,
    burst,
    incident,
    known,
    series,
    users_of,
)

NO_ROWS = Unknown(why="not asked", asked=False)
SHORT = Window(start=NOW - 6 * HOUR, end=NOW)


def bounds(evidence: Evidence) -> UsersWorstHour:
    result = users_worst_hour(evidence)
    assert isinstance(result, UsersWorstHour), result
    return result


def above(users: int) -> Policy:
    return POLICY.model_copy(update={"thresholds": Thresholds(users_per_hour_above=users)})


def people(start: datetime, count: int, first: int = 0, every: timedelta = timedelta(seconds=10)) -> list[Seen]:
    return [Seen(at=start + number * every, user=f"person-{first + number}") for number in range(count)]


def truth(events: list[Seen], window: Window) -> int:
    """The worst of all rolling hours that begin on a whole minute, counted one by one."""
    starts = (window.start + number * MINUTE for number in range(int(window.length / MINUTE)))
    return max(users_of([event for event in events if start <= event.at < start + HOUR]) for start in starts)


def test_users_straddling_the_clock_hour_count_as_one_rolling_hour() -> None:
    events = people(ago(hours=2, minutes=30) + 20 * MINUTE, 60) + people(ago(hours=2) + 5 * MINUTE, 60, first=60)
    result = bounds(incident(events, rows=NO_ROWS))
    assert result.exact
    assert result.at_least == 120


def test_all_events_in_one_hour_settle_the_number_from_the_total_alone() -> None:
    evidence = incident(people(ago(minutes=90), 250), rows=NO_ROWS, users_per_hour=NO_ROWS)
    result = bounds(evidence)
    assert (result.at_least, result.at_most) == (250, 250)


def test_the_same_people_in_every_minute_are_not_added_up() -> None:
    events = burst(ago(hours=3), 1800, timedelta(seconds=5), users=40)
    result = bounds(incident(events, rows=NO_ROWS))
    assert (result.at_least, result.at_most) == (40, 40)


def test_few_rows_that_are_all_events_give_the_exact_number() -> None:
    events = people(ago(hours=5), 30, every=timedelta(minutes=4))
    result = bounds(incident(events))
    assert result.exact
    assert result.at_least == 15
    assert "all 30 events" in result.how


def test_an_event_exactly_one_hour_later_is_not_in_the_same_hour() -> None:
    entry = [Seen(at=ago(hours=3), user="a"), Seen(at=ago(hours=2), user="b")]
    assert bounds(incident(entry)).at_least == 1
    near = [Seen(at=ago(hours=3), user="a"), Seen(at=ago(hours=2, seconds=1), user="b")]
    assert bounds(incident(near)).at_least == 2


def test_no_events_are_no_users() -> None:
    result = bounds(incident([]))
    assert (result.at_least, result.at_most) == (0, 0)


def test_events_without_any_user_are_unknown_and_not_zero() -> None:
    result = users_worst_hour(incident(burst(ago(hours=1), 300, timedelta(seconds=5), users=0)))
    assert isinstance(result, Unknown)
    assert "no event" in result.why
    assert "user" in result.why


def test_users_on_some_events_only_are_a_lower_bound_and_said_so() -> None:
    events = people(ago(minutes=50), 40) + burst(ago(minutes=50), 300, timedelta(seconds=5), users=0)
    result = bounds(incident(events))
    assert result.at_least == 40
    assert result.at_most == 340
    assert "lower bound" in result.how


def test_users_on_some_of_few_events_are_bounded_by_the_events() -> None:
    events = people(ago(minutes=50), 3) + burst(ago(minutes=50), 7, timedelta(seconds=5), users=0)
    result = bounds(incident(events))
    assert (result.at_least, result.at_most) == (3, 10)


def test_a_discover_that_did_not_answer_leaves_the_reason() -> None:
    dead = Unknown(why="Discover answered 429")
    result = users_worst_hour(incident([], totals=dead, series=dead, users_per_hour=dead, rows=dead))
    assert result == Unknown(why="Discover answered 429")


def test_the_total_alone_bounds_the_worst_hour_on_both_sides() -> None:
    totals = known(Totals(events=5000, users=480))
    result = bounds(incident([], totals=totals, series=NO_ROWS, users_per_hour=NO_ROWS, rows=NO_ROWS))
    assert (result.at_least, result.at_most) == (20, 480)


def test_a_period_shorter_than_an_hour_has_its_total_as_the_worst_hour() -> None:
    window = Window(start=ago(minutes=15), end=NOW)
    result = bounds(incident(people(ago(minutes=14), 70), window=window, rows=NO_ROWS))
    assert (result.at_least, result.at_most) == (70, 70)


def test_clock_hours_alone_bound_by_the_sum_of_neighbours() -> None:
    hours = Series(start=ago(hours=3), step_s=3600, values=(60.0, 70.0, 10.0), complete_until=NOW)
    evidence = incident(
        [],
        window=Window(start=ago(hours=3), end=NOW),
        totals=known(Totals(events=900, users=139)),
        users_per_hour=known(hours),
        series=NO_ROWS,
        rows=NO_ROWS,
    )
    result = bounds(evidence)
    assert (result.at_least, result.at_most) == (70, 130)
    assert result.start == ago(hours=2)


def repeated() -> list[Seen]:
    """Two crowds that overlap in part, on both sides of a clock hour, and many who came back all day long."""
    early = [Seen(at=ago(minutes=90) + n * MINUTE // 4, user=f"p{n % 70}") for n in range(100)]
    late = [Seen(at=ago(minutes=58) + n * MINUTE // 4, user=f"p{n % 65 + 25}") for n in range(100)]
    back = [Seen(at=ago(hours=14) + n * 2 * MINUTE, user=f"p{n % 90}") for n in range(300)]
    return early + late + back


def test_bounds_that_straddle_the_threshold_name_hours_to_count_and_counting_settles_it() -> None:
    events = repeated()
    evidence = incident(events, rows=NO_ROWS)
    result = bounds(evidence)
    assert result.at_most is not None
    assert result.at_least <= 85 < result.at_most
    hours = windows_to_count(evidence, above(85))
    assert 0 < len(hours) <= 6
    assert all(end - start == HOUR and WINDOW.start <= start for start, end in hours)
    counted = tuple(
        UsersIn(start=start, end=end, users=users_of([entry for entry in events if start <= entry.at < end]))
        for start, end in hours
    )
    settled = bounds(evidence.model_copy(update={"users_in": counted}))
    assert settled.at_least == truth(events, WINDOW)
    assert settled.at_least > 85


def test_no_hours_are_named_when_the_threshold_is_settled_or_nobody_can_count() -> None:
    evidence = incident(repeated(), rows=NO_ROWS)
    result = bounds(evidence)
    assert result.at_most is not None
    assert windows_to_count(evidence, above(result.at_most)) == ()
    assert windows_to_count(evidence, above(result.at_least - 1)) == ()
    nobody = incident(burst(ago(hours=1), 300, timedelta(seconds=5), users=0))
    assert windows_to_count(nobody, POLICY) == ()


events_anywhere = st.lists(
    st.builds(
        lambda second, user: Seen(at=SHORT.start + timedelta(seconds=second), user=f"u{user}"),
        st.integers(0, 6 * 3600 - 1),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=120,
)
UNASKED = st.sets(st.sampled_from(["totals", "series", "users_per_hour"]), max_size=2)


@settings(max_examples=150)
@given(events=events_anywhere, unasked=UNASKED, coarse=st.sampled_from([MINUTE, 5 * MINUTE, HOUR]), counted=st.data())
def test_the_true_worst_hour_always_lies_between_the_bounds(
    events: list[Seen], unasked: set[str], coarse: timedelta, counted: st.DataObject
) -> None:
    before = SHORT.start - SHORT.length
    parts: dict[str, Any] = dict.fromkeys(unasked, NO_ROWS)
    if "series" not in unasked:
        both = IssueSeries(
            events=series(events, before, NOW, coarse), users=series(events, before, NOW, coarse, users_of)
        )
        parts["series"] = known(both)
    starts = counted.draw(st.lists(st.integers(0, 5 * 60), max_size=3), label="hours counted on purpose")
    exact = []
    for minute in starts:
        start = SHORT.start + minute * MINUTE
        users = users_of([entry for entry in events if start <= entry.at < start + HOUR])
        exact.append(UsersIn(start=start, end=start + HOUR, users=users))
    result = bounds(incident(events, window=SHORT, rows=NO_ROWS, users_in=tuple(exact), **parts))
    worst = truth(events, SHORT)
    assert result.at_least <= worst
    assert result.at_most is None or worst <= result.at_most


@settings(max_examples=60)
@given(events=events_anywhere, threshold=st.integers(3, 25))
def test_counting_the_named_hours_never_loosens_the_bounds(events: list[Seen], threshold: int) -> None:
    evidence = incident(events, window=SHORT, rows=NO_ROWS)
    before = bounds(evidence)
    counted = tuple(
        UsersIn(start=start, end=end, users=users_of([entry for entry in events if start <= entry.at < end]))
        for start, end in windows_to_count(evidence, above(threshold))
    )
    after = bounds(evidence.model_copy(update={"users_in": counted}))
    assert after.at_least >= before.at_least
    assert after.at_most is not None
    assert before.at_most is not None
    assert after.at_most <= before.at_most
    assert after.at_least <= truth(events, SHORT) <= after.at_most


@pytest.mark.parametrize(("rows", "known_"), [(99, True), (100, False)])
def test_a_hundred_rows_may_lack_older_events(rows: int, known_: bool) -> None:
    dead = Unknown(why="Discover answered 429")
    events = people(ago(minutes=50), rows)
    result = users_worst_hour(incident(events, totals=dead, series=dead, users_per_hour=dead))
    assert isinstance(result, UsersWorstHour) is known_
    assert not known_ or result == UsersWorstHour(
        at_least=99, at_most=99, start=events[0].at, how="counted in all 99 events"
    )


def test_fewer_rows_of_one_environment_may_lack_older_events_where_the_list_has_more() -> None:
    dead = Unknown(why="Discover answered 429")
    events = people(ago(minutes=50), 70)
    all_of_them = incident(events, totals=dead, series=dead, users_per_hour=dead)
    assert isinstance(all_of_them.rows, Known)
    rows = all_of_them.rows.model_copy(update={"note": "there are more"})
    assert users_worst_hour(all_of_them.model_copy(update={"rows": rows})) == dead


def test_hours_to_count_begin_at_least_five_minutes_apart() -> None:
    # Somebody in every minute, so any two hours differ; five minutes add too few people for a count of their own.
    window = Window(start=ago(hours=3), end=NOW)
    events = burst(window.start, 180, MINUTE, users=40)
    asked = windows_to_count(incident(events, window=window, rows=NO_ROWS, users_per_hour=NO_ROWS), above(30))
    assert [start for start, _ in asked] == [window.start + number * 5 * MINUTE for number in range(6)]


def test_the_best_lower_bound_may_come_from_an_hour_that_is_not_the_fullest() -> None:
    window = Window(start=ago(hours=6), end=NOW)
    one = [Seen(at=ago(hours=6) + number * timedelta(seconds=0.1), user="one") for number in range(500)]
    thirty, forty = people(ago(hours=4), 30, every=MINUTE), people(ago(hours=2), 40, first=100, every=MINUTE)
    evidence = incident([*one, *thirty, *forty], window=window, rows=NO_ROWS, users_per_hour=NO_ROWS)
    assert not isinstance(evidence.series, Unknown)
    both = evidence.series.value
    assert both.users is not None
    gap = int((ago(hours=4) - both.users.start) / MINUTE)
    users = both.users.model_copy(update={"values": (*both.users.values[:gap], None, *both.users.values[gap + 1 :])})
    result = bounds(evidence.model_copy(update={"series": known(both.model_copy(update={"users": users}))}))
    # Of the 71 people one came before and at most forty after the hour of thirty, whose own first minute is not known.
    # Seen from the fuller hour that minute has only events, 500 of them before it: that hour proves nothing.
    assert (result.at_least, result.start) == (30, ago(hours=4))
    assert result.at_most is not None
    assert result.at_least <= truth([*one, *thirty, *forty], window) <= result.at_most


def test_rows_that_are_not_all_events_are_not_taken_for_all() -> None:
    rows = known(tuple(EventRow(id=str(n), when=ago(minutes=n), user="a") for n in range(50)))
    evidence = incident(people(ago(minutes=50), 120), rows=rows)
    assert bounds(evidence).at_least == 120
