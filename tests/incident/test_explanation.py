"""What explains an incident, source by source: both sides of each limit, and nothing where nothing was planted."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.explanation.rows import explain_rows, with_rest
from sentry_runbook.incident.explanation.schedule import MINUTE_CYCLES, find_schedule
from sentry_runbook.incident.model.evidence import (
    Breakdown,
    Combination,
    Evidence,
    Series,
    TagCount,
    Totals,
)
from sentry_runbook.incident.model.results.explanation import Explanation
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, Seen, ago, burst, incident, known, read, series

BEGAN = ago(hours=3)
CYCLES = [minutes * 60 for minutes in MINUTE_CYCLES]


def numbers(seed: int) -> random.Random:
    """Numbers by chance, the same in every run."""
    return random.Random(seed)  # noqa: S311  # nothing secret


def values(entry: Explanation) -> dict[str, str]:
    return {value.tag: value.value for value in entry.values}


def tag(key: str, **counts: int) -> TagCount:
    return TagCount(key=key, total=sum(counts.values()), values=tuple(counts.items()))


def new_issue(*tags: TagCount, events: int = 200, **parts: Any) -> Evidence:
    """A new issue with these tags over all time, of many users."""
    return incident(burst(BEGAN, events, timedelta(seconds=50), 80), tags=known(tags), **parts)


def found(*tags: TagCount, **parts: Any) -> list[dict[str, str]]:
    return [values(entry) for entry in read(new_issue(*tags, **parts)).explanation]


# --- tags over all time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "listed"),
    [
        ({"acme": 194, "globex": 6}, True),
        ({"acme": 160, "globex": 40}, True),
        ({"acme": 159, "globex": 41}, False),
        ({"acme": 100, "globex": 100}, False),
    ],
)
def test_a_customer_counts_from_four_fifths_of_the_events(counts: Mapping[str, int], listed: bool) -> None:
    assert found(tag("customer", **counts)) == ([{"customer": "acme"}] if listed else [])


@pytest.mark.parametrize(("counts", "listed"), [({"US": 180, "CA": 20}, True), ({"US": 179, "CA": 21}, False)])
@pytest.mark.parametrize("key", ["geo.city", "os.version", "browser", "device.model"])
def test_what_is_often_uneven_needs_more(key: str, counts: Mapping[str, int], listed: bool) -> None:
    assert bool(found(tag(key, **counts))) is listed


@pytest.mark.parametrize("key", ["customer", "tenant_id", "org.slug", "server_name", "host", "pod", "k8s.node.name"])
def test_one_of_many_is_named_though_no_other_one_has_been_seen(key: str) -> None:
    (entry,) = read(new_issue(tag(key, only=200))).explanation
    assert values(entry) == {key: "only"}
    assert entry.note == "all time; no other value seen in this issue"


@pytest.mark.parametrize(
    "key", ["region", "level", "runtime", "sdk.name", "build", "mechanism", "handled", "logger", "cloud.zone"]
)
def test_a_tag_with_one_value_is_a_constant(key: str) -> None:
    assert found(tag(key, only=200)) == []


@pytest.mark.parametrize("key", ["level", "handled", "environment", "transaction", "url", "release", "runtime.name"])
def test_what_an_issue_has_by_its_nature_is_no_finding(key: str) -> None:
    assert found(tag(key, most=195, other=5)) == []


@pytest.mark.parametrize("key", ["trace", "request_id", "session_id", "ip_address"])
def test_single_requests_and_people_are_no_tags_to_explain_by(key: str) -> None:
    assert found(tag(key, most=195, other=5)) == []


def test_a_tag_of_any_name_counts_where_it_has_had_other_values() -> None:
    (entry,) = read(new_issue(tag("app.version", **{"5.2.0": 190, "5.1.0": 10}))).explanation
    assert (values(entry), entry.share, entry.events, entry.note) == ({"app.version": "5.2.0"}, 0.95, 190, "all time")


def test_one_fact_in_several_tags_is_said_once() -> None:
    same = {"a": 190, "b": 10}
    tags = (tag("os.version", **same), tag("os.name", **same), tag("client_os", **same), tag("tier", **same))
    assert found(*tags) == [{"os.version": "a"}]
    assert found(tag("os.version", **same), tag("tier", a=180, b=20)) == [{"os.version": "a"}, {"tier": "a"}]


def test_a_tag_of_the_rows_is_not_told_again_over_all_time() -> None:
    rows = Breakdown(
        combinations=(
            Combination(tags={"browser.name": "Safari"}, events=150),
            Combination(tags={"browser.name": "Chrome"}, events=50),
        )
    )
    assert found(tag("browser", **{"Safari 26": 190, "Chrome 141": 10}), breakdown=known(rows)) == []


def test_of_an_old_issue_all_time_is_the_incident_only_where_most_of_it_lies_in_the_window() -> None:
    old = {"issue": {"first_seen": NOW - 30 * DAY}}
    customer = tag("customer", acme=190, globex=10)

    def of(events_total: int) -> list[dict[str, str]]:
        return found(customer, issue={**old["issue"], "events_total": events_total})

    assert of(250) == [{"customer": "acme"}]
    assert of(251) == []


@pytest.mark.parametrize(("events", "listed"), [(9, False), (10, True)])
def test_few_events_explain_nothing(events: int, listed: bool) -> None:
    assert bool(found(tag("host", only=events), events=events)) is listed


def test_an_issue_that_is_no_error_is_not_explained() -> None:
    assert found(tag("customer", acme=200), issue={"category": "performance"}) == []


# --- one user ------------------------------------------------------------------------------------------------------


def of_users(*counts: int, rows: bool = True, **parts: Any) -> Sequence[Explanation]:
    """A new issue with that many events of each user, in turn as far as they reach."""
    order = [number for number, count in enumerate(counts) for _ in range(count)]
    numbers(4).shuffle(order)
    events = [Seen(at=BEGAN + number * 5 * timedelta(seconds=1), user=f"u{user}") for number, user in enumerate(order)]
    made = {} if rows else {"rows": known(())}
    return read(incident(events, **{**made, **parts})).explanation


def test_one_user_of_nearly_all_events_is_told_by_the_latest_rows() -> None:
    (entry,) = of_users(900, 1, 1)
    latest = Counter({"u0": 100})
    assert values(entry) == {"user": "u0"}
    assert entry.events <= latest["u0"] and (entry.share or 0) >= 0.98 and entry.users == 3
    assert entry.note == "of the latest 100 events"


def test_by_the_tag_the_figures_are_of_all_events() -> None:
    (entry,) = of_users(900, 1, 1, tags=known((tag("user", u0=900, u1=1, u2=1),)))
    assert (entry.events, entry.share, entry.users, entry.note) == (900, 0.998, 3, None)


@pytest.mark.parametrize(("counts", "listed"), [((90, 5, 5), True), ((89, 6, 5), False), ((10,), True), ((9,), False)])
def test_a_user_counts_from_nine_tenths_of_ten_events(counts: Sequence[int], listed: bool) -> None:
    assert bool(of_users(*counts)) is listed


def test_a_late_user_is_not_taken_for_all_when_there_were_many_others() -> None:
    early = burst(BEGAN, 400, timedelta(seconds=10), 300)
    late = [Seen(at=BEGAN + 2 * HOUR + number * timedelta(seconds=1), user="loop") for number in range(150)]
    assert read(incident([*early, *late])).explanation == ()


def test_without_users_there_is_none() -> None:
    assert read(incident(burst(BEGAN, 200, MINUTE, 0))).explanation == ()


def test_a_user_of_an_old_issue_counts_only_where_the_window_must_be_theirs() -> None:
    tags = known((tag("user", u0=900, u1=100),))
    old = {"first_seen": NOW - 30 * DAY, "events_total": 1000}
    events = burst(BEGAN, 150, MINUTE, 80)
    parts: dict[str, Any] = {"tags": tags, "rows": known(()), "issue": old}
    # The 850 events before may all have been theirs: 50 of the 150 are certain.
    assert read(incident(events, **parts)).explanation == ()
    theirs = {**parts, "totals": known(Totals(events=1000, users=90))}
    assert [values(entry) for entry in read(incident(events, **theirs)).explanation] == [{"user": "u0"}]


def test_a_user_stands_out_of_the_events_that_others_have_anyway() -> None:
    usual = [Seen(at=NOW - 15 * DAY + number * 6 * MINUTE, user=f"w{number}") for number in range(15 * 240)]
    theirs = [Seen(at=NOW - 50 * MINUTE + number * timedelta(seconds=20), user="loop") for number in range(149)]
    old = {"first_seen": NOW - 15 * DAY}
    assert [values(entry) for entry in read(incident([*usual, *theirs], issue=old)).explanation] == [{"user": "loop"}]
    others = [Seen(at=event.at, user=f"x{number}") for number, event in enumerate(theirs)]
    assert read(incident([*usual, *others], issue=old)).explanation == ()


# --- a schedule ----------------------------------------------------------------------------------------------------


def at_the_hour(hours: int, minute: int = 0, count: int = 30) -> list[Seen]:
    first = NOW - hours * HOUR
    return [
        Seen(at=first + number * HOUR + minute * MINUTE + second * timedelta(seconds=4), user=f"u{second}")
        for number in range(hours)
        for second in range(count)
    ]


def schedules(events: Sequence[Seen], **parts: Any) -> list[tuple[str, str | None, int]]:
    entries = read(incident(events, **parts)).explanation
    return [(each["schedule"], entry.note, entry.events) for entry in entries if "schedule" in (each := values(entry))]


@pytest.mark.parametrize(("hours", "told"), [(8, True), (4, True), (3, False)])
def test_bursts_at_the_same_minute_of_four_hours_are_a_schedule(hours: int, told: bool) -> None:
    expected = [("every hour at :07", "next 15:07 UTC", 30 * hours)] if told else []
    assert schedules(at_the_hour(hours, 7)) == expected


def test_a_schedule_that_has_stopped_has_no_next_time() -> None:
    ended = [event for event in at_the_hour(8) if event.at < NOW - 3 * HOUR]
    assert schedules(ended) == [("every hour at :00", "the last ones were missed", 30 * 5)]


def test_stray_events_beside_it_do_not_hide_it_nor_move_it() -> None:
    stray = [Seen(at=NOW - 8 * HOUR + number * 37 * MINUTE, user="x") for number in range(12)]
    assert [each[0] for each in schedules([*at_the_hour(8), *stray])] == ["every hour at :00"]


def test_every_half_hour_and_every_six_hours_are_named_by_their_length() -> None:
    halves = [*at_the_hour(8, 5), *at_the_hour(8, 35)]
    assert [each[0] for each in schedules(halves)] == ["every 30 min from :05"]
    sixths = [Seen(at=NOW - 24 * HOUR + (6 * number + 2) * HOUR + n * timedelta(seconds=5), user=f"u{n}")
              for number in range(4) for n in range(40)]  # fmt: skip
    assert [each[0] for each in schedules(sixths)] == ["every 6 h from 05:00 UTC"]


def test_events_at_the_usual_rate_between_the_bursts_do_not_hide_them() -> None:
    usual = [Seen(at=NOW - 15 * DAY + number * 5 * MINUTE, user=f"w{number}") for number in range(15 * 288)]
    found = schedules([*usual, *at_the_hour(6, 7, 40)], issue={"first_seen": NOW - 15 * DAY})
    assert [each[0] for each in found] == ["every hour at :07"]
    assert schedules(usual, issue={"first_seen": NOW - 15 * DAY}) == []


def test_single_events_evenly_spaced_are_a_timer_and_no_schedule() -> None:
    assert schedules([Seen(at=NOW - 6 * HOUR + number * 10 * MINUTE, user=f"u{number}") for number in range(36)]) == []


def test_one_event_at_each_full_hour_is_a_schedule() -> None:
    events = [Seen(at=NOW - number * HOUR, user=f"u{number}") for number in range(1, 24)]
    assert [each[0] for each in schedules(events)] == ["every hour at :00"]


def buckets_of(instants: Sequence[float]) -> list[tuple[int, float]]:
    counts = Counter(int(at) // 60 * 60 for at in instants)
    return [(at, float(count)) for at, count in sorted(counts.items())]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(12, 400), st.integers(2, 40))
def test_events_by_chance_have_no_schedule(seed: int, events: int, hours: int) -> None:
    source = numbers(seed)
    assert find_schedule(buckets_of([source.uniform(0, hours * 3600) for _ in range(events)]), CYCLES) is None


def test_random_bursts_have_no_schedule() -> None:
    """Of two thousand rows of random bursts, nearly none."""
    source, told = numbers(7), 0
    for _ in range(2000):
        starts = [source.uniform(0, 24 * 3600) for _ in range(source.randint(2, 12))]
        events = [start + source.uniform(0, 600) for start in starts for _ in range(source.randint(5, 60))]
        told += find_schedule(buckets_of(events), CYCLES) is not None
    assert told <= 10


def test_a_schedule_is_found_whatever_its_cycle_and_minute() -> None:
    source = numbers(3)
    for minutes in (30, 60, 120, 240):
        offset = source.randrange(minutes) * 60
        cycles = max(6, 24 * 60 // minutes)
        events = [number * minutes * 60 + offset + source.uniform(0, 90) for number in range(cycles) for _ in range(20)]
        schedule = find_schedule(buckets_of(events), CYCLES)
        assert schedule is not None
        assert (schedule.cycle_s, schedule.offset_s) == (minutes * 60, offset)


def test_a_job_of_every_night_is_told_by_the_hours() -> None:
    nights = [Seen(at=NOW.replace(hour=3) - number * DAY + n * timedelta(seconds=9), user=f"u{n}")
              for number in range(6) for n in range(40)]  # fmt: skip
    coarse = series(nights, NOW - 15 * DAY, NOW, HOUR)
    assert schedules(nights, history=known(coarse)) == [
        ("every day at 03:00 UTC", "next 2026-11-24 03:00 UTC", 240),
    ]


def test_a_series_of_nothing_has_no_schedule() -> None:
    empty = Series(start=datetime(2026, 11, 22, tzinfo=UTC), step_s=60, values=(None,) * 100, complete_until=NOW)
    assert schedules(burst(BEGAN, 30, MINUTE, 9), history=known(empty)) == []


# --- rows, of an issue or of a project -----------------------------------------------------------------------------


def rows(counts: Mapping[tuple[str, str, str], int]) -> Breakdown:
    """Events by release, browser and country."""
    names = ("release", "browser.name", "geo.country_code")
    return Breakdown(
        combinations=tuple(
            Combination(tags=dict(zip(names, key, strict=True)), events=events) for key, events in counts.items()
        )
    )


GRID = [(release, browser, country) for release in ("1", "2") for browser in ("Chrome", "Safari", "Firefox")
        for country in ("DE", "US", "FR")]  # fmt: skip


def test_a_pair_that_carries_the_excess_of_a_whole_project_stands_first() -> None:
    before = rows(dict.fromkeys(GRID, 30))
    now = rows({key: 30 + (400 if key[:2] == ("2", "Safari") else 0) for key in GRID})
    first = explain_rows(now, before)[0]
    assert values(first) == {"browser.name": "Safari", "release": "2"}
    assert (first.rank, first.events) == (1, 1290)
    assert first.share == round(1290 / 1740, 3)
    assert first.usual_share == round(90 / 540, 3)
    assert first.explains is not None and first.explains > 0.95


def test_rows_as_before_are_explained_by_nothing() -> None:
    source = numbers(1)
    for _ in range(60):
        before = rows({key: source.randint(20, 40) for key in GRID})
        now = rows({key: sum(source.random() < 0.5 for _ in range(60)) for key in GRID})
        assert explain_rows(now, before) == ()


def test_a_project_that_fails_three_times_as_much_everywhere_is_explained_by_nothing() -> None:
    assert explain_rows(rows(dict.fromkeys(GRID, 90)), rows(dict.fromkeys(GRID, 30))) == ()


def test_a_stretch_twice_as_long_is_compared_by_its_length() -> None:
    assert explain_rows(rows(dict.fromkeys(GRID, 60)), rows(dict.fromkeys(GRID, 30)), length_ratio=2.0) == ()


def test_of_a_new_issue_values_that_the_same_events_carry_are_one_finding() -> None:
    now = rows({("2", "Safari", "DE"): 290, ("2", "Chrome", "US"): 5, ("1", "Chrome", "FR"): 5})
    first, *others = explain_rows(now)
    assert values(first) == {"browser.name": "Safari", "geo.country_code": "DE", "release": "2"}
    assert (first.events, first.share, first.explains, others) == (290, 0.967, None, [])
    apart = rows({("2", "Safari", "DE"): 275, ("2", "Chrome", "DE"): 20, ("1", "Firefox", "FR"): 5})
    # One browser of three is the rarer coincidence than one country of two.
    assert [values(entry) for entry in explain_rows(apart)] == [
        {"browser.name": "Safari"},
        {"geo.country_code": "DE", "release": "2"},
    ]
    uneven = rows({("1", "Safari", "DE"): 260, ("2", "Chrome", "DE"): 25, ("3", "Chrome", "FR"): 35})
    assert [values(entry) for entry in explain_rows(uneven)] == [{"browser.name": "Safari", "release": "1"}]
    usual = rows({("1", "Safari", "DE"): 90, ("2", "Safari", "US"): 80, ("3", "Safari", "FR"): 80, GRID[0]: 40})
    assert explain_rows(usual) == ()


def test_fewer_than_ten_events_of_a_project_are_explained_by_nothing() -> None:
    assert explain_rows(rows({GRID[0]: 9})) == ()


# --- in order ------------------------------------------------------------------------------------------------------


def test_one_users_browser_and_customer_are_not_told_beside_the_user() -> None:
    tags = known((tag("user", u0=900, u1=1, u2=1), tag("customer", acme=900, globex=2)))
    assert [values(entry) for entry in of_users(900, 1, 1, tags=tags)] == [{"user": "u0"}]


def test_at_most_five_are_listed_and_ranks_count_up() -> None:
    tags = [tag(f"key{number}", a=190 - number, b=10 + number) for number in range(9)]
    entries = read(new_issue(*tags)).explanation
    assert [entry.rank for entry in entries] == [1, 2, 3, 4, 5]


def test_what_cannot_be_told_apart_has_one_rank() -> None:
    entries = read(new_issue(tag("host", only=200), tag("customer", only=200))).explanation
    assert [(values(entry), entry.rank) for entry in entries] == [({"host": "only"}, 1), ({"customer": "only"}, 1)]


def test_rows_cut_at_a_hundred_are_held_against_all_the_events() -> None:
    cut = rows(dict.fromkeys(GRID, 10)).model_copy(update={"complete": False})
    whole = with_rest(cut, 400)
    assert sum(row.events for row in whole.combinations) == 400
    assert whole.combinations[-1].tags == {"release": None, "browser.name": None, "geo.country_code": None}
    alike = cut.model_copy(
        update={"combinations": tuple(row for row in cut.combinations if row.tags["release"] == "1")}
    )
    assert with_rest(alike, 400).combinations[-1].tags["release"] == "1"
    assert with_rest(cut, 150) is cut and with_rest(rows(dict.fromkeys(GRID, 10)), 400).complete


def test_of_rows_that_hold_a_part_of_the_events_all_time_tells_the_shares() -> None:
    """The fullest hundred rows may hold one customer only, who then looks like a constant."""
    held = Breakdown(combinations=(Combination(tags={"customer": "acme"}, events=150),), complete=False)
    assert found(tag("customer", acme=190, globex=10), breakdown=known(held)) == [{"customer": "acme"}]
    evened = Breakdown(
        combinations=(Combination(tags={"customer": "a"}, events=100), Combination(tags={"customer": "b"}, events=100))
    )
    assert found(tag("customer", a=100, b=100), breakdown=known(evened)) == []
