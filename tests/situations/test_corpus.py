"""The labels hold: counted over the raw events alone, every situation is what it claims to be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import pytest

from tests.situations.quiet import WINDOWS, quiet_worlds
from tests.situations.raw import PERIOD, TOGETHER, Issue, Situation
from tests.situations.situations import situations
from tests.situations.truth import CRASH_FREE_PCT, Counted, Ties, dependencies, is_connected, is_production
from tests.situations.world import world

ALL = situations()
DAY = 1_440.0
KINDS = {kind: [one for one in ALL if one.kind == kind] for kind in dict.fromkeys(one.kind for one in ALL)}
of_each_kind = pytest.mark.parametrize("kind", KINDS)
TIES = ("trace", "users", "release", "server_name", "tenant", "flag", "dependency", "transaction")


def ties_of(situation: Situation) -> Ties:
    """The ties of its issues."""
    return Ties(situation.raw, {issue: at for made in situation.made for issue, at in made.onsets.items()})


def named(name: str) -> Situation:
    """A situation by its name."""
    return next(situation for situation in ALL if situation.name == name)


# --- the corpus as a whole


def test_there_are_enough_situations_of_each_kind() -> None:
    kinds = [situation.kind for situation in ALL]
    assert len(ALL) >= 48
    assert {"single", "cascade", "dependency", "release", "flag", "tenant", "host", "storm", "calm"} <= set(kinds)
    assert sum(situation.coincidence for situation in ALL) >= 15
    assert sum(situation.is_quiet for situation in ALL) >= 10
    assert max(len(made.issues) for situation in ALL for made in situation.made) == 300


def test_each_tie_is_somewhere_the_only_one() -> None:
    only = set()
    for situation in ALL:
        ties = ties_of(situation)
        for made in situation.incidents:
            if len(made.issues) == 2:
                between = set(ties.between(*sorted(made.issues)))
                only |= between if len(between) == 1 else set()
    assert only == set(TIES)


def test_each_severity_and_both_sides_of_each_threshold_are_there() -> None:
    counted = [Counted(situation.raw, made.issues) for situation in ALL for made in situation.incidents]
    assert {one.severity.level for one in counted} == {"P0", "P1", "P2"}
    assert {100, 101} <= {one.users_in_the_worst_hour() for one in counted}
    assert {500, 501} <= {one.unhandled_peak() for one in counted}
    rates = [rate for one in counted for rate in one.crash_free_pct()]
    assert sorted(rate < CRASH_FREE_PCT for rate in rates) == [False, True, True]
    assert max(rates) < 97


def test_each_kind_of_suspect_is_right_somewhere_and_innocent_somewhere() -> None:
    kinds = {suspect.kind for situation in ALL for made in situation.incidents for suspect in made.suspects}
    assert kinds == {"none", "release", "flag", "dependency"}
    for name in (
        "a database fails just after a deploy that is innocent",
        "a fault while another project is deployed",
        "a flag that was switched and is innocent",
    ):
        situation = named(name)
        recent = [r.version for p in situation.raw.projects for r in p.releases if r.created > -PERIOD]
        recent += [change.flag for project in situation.raw.projects for change in project.flag_changes]
        assert recent
        assert not {suspect.name for made in situation.made for suspect in made.suspects} & set(recent)


# --- each label


@of_each_kind
def test_no_issue_stands_in_two_incidents_and_none_is_made_up(kind: str) -> None:
    for situation in KINDS[kind]:
        told = [issue for made in situation.made for issue in (*made.issues, *made.loose)]
        assert len(told) == len(set(told))
        assert set(told) <= set(situation.raw.issues)
        assert len(situation.raw.issues) == sum(len(project.issues) for project in situation.raw.projects)


@of_each_kind
def test_an_onset_is_where_the_events_begin(kind: str) -> None:
    for situation in KINDS[kind]:
        for made in situation.made:
            assert made.began == min(made.onsets.values())
            for short_id, onset in made.onsets.items():
                issue = situation.raw.issues[short_id]
                assert any(abs(event.at - onset) < 0.001 for event in issue.events)
                if not issue.usual_per_hour:
                    earlier = [event for event in issue.events if event.at < onset - 0.001]
                    assert all(event.at < -3 * DAY for event in earlier), "an issue that was there before, and resolved"


@of_each_kind
def test_an_old_issue_that_is_news_is_five_times_its_usual_rate(kind: str) -> None:
    for situation in KINDS[kind]:
        for made in situation.made:
            for short_id in made.issues:
                issue = situation.raw.issues[short_id]
                events = issue.within(made.onsets[short_id])
                expected = issue.usual_per_hour / 60 * -made.onsets[short_id]
                assert len(events) >= 5 * expected


@of_each_kind
def test_the_issues_of_an_incident_begin_within_three_minutes_and_are_tied(kind: str) -> None:
    for situation in KINDS[kind]:
        ties = ties_of(situation)
        for made in situation.made:
            assert max(made.onsets.values()) - made.began <= TOGETHER
            assert is_connected(made, ties, TOGETHER)


@of_each_kind
def test_nothing_ties_issues_of_two_incidents(kind: str) -> None:
    for situation in KINDS[kind]:
        ties = ties_of(situation)
        group = [(made, issue) for made in situation.made for issue in sorted(made.issues)]
        for index, (made, one) in enumerate(group):
            for other, two in group[index + 1 :]:
                assert made is other or list(ties.between(one, two)) == []


@of_each_kind
def test_a_coincidence_is_one(kind: str) -> None:
    for situation in KINDS[kind]:
        began = sorted(made.began for made in situation.incidents)
        close = any(second - first <= TOGETHER for first, second in itertools.pairwise(began))
        deploys = [r.deployed for p in situation.raw.projects for r in p.releases if r.deployed is not None]
        decoy = any(0 <= at - deploy <= TOGETHER for at in began for deploy in deploys)
        assert close or decoy if situation.coincidence else not close


@of_each_kind
def test_a_latecomer_is_late_and_of_the_same_cause(kind: str) -> None:
    for situation in KINDS[kind]:
        for made in situation.made:
            for late in made.loose:
                onset = situation.raw.issues[late].first
                assert onset - max(made.onsets.values()) > TOGETHER
                ties = Ties(situation.raw, {**made.onsets, late: onset})
                assert any(list(ties.between(late, issue)) for issue in made.issues)


@of_each_kind
def test_the_severity_is_the_same_by_every_reading_of_the_rules(kind: str) -> None:
    for situation in KINDS[kind]:
        for made in situation.made:
            counted = Counted(situation.raw, made.issues)
            whole = Counted(situation.raw, made.issues, min(-PERIOD, made.began - 0.01))
            more = Counted(situation.raw, made.issues | made.loose)
            assert counted.severity == whole.severity == more.severity
            hours = [rate < CRASH_FREE_PCT for rate in counted.crash_free_of_hours()]
            assert any(hours) == (counted.severity.decided_by == "crash_free")
            assert more.users == counted.users or made.loose


@of_each_kind
def test_a_suspect_is_seen_in_the_events(kind: str) -> None:
    for situation in KINDS[kind]:
        for made in situation.incidents:
            issues = [situation.raw.issues[issue] for issue in sorted(made.issues)]
            for suspect in made.suspects:
                assert any(_shows(suspect.kind, suspect.name, issue, made.onsets[issue.short_id]) for issue in issues)


def _shows(kind: str, name: str, issue: Issue, onset: float) -> bool:
    events = issue.within(onset)
    if kind == "release":
        return all(event.release == name for event in events)
    if kind == "flag":
        return all(event.flags.get(name) for event in events)
    if kind == "dependency":
        words = (issue.title, *(call.url for call in issue.calls), *(e.tags.get("server_name", "") for e in events))
        return any(name in word for word in words)
    return True


# --- what is no news


def poisson_tail(count: int, expected: float) -> float:
    """The chance of at least so many events."""
    if not count:
        return 1.0
    return 1 - sum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(count))


def same_hours_before(issue: Issue) -> list[int]:
    """Events of the same hour of the days before, and of its neighbours, as many days as the issue goes back."""
    days = int(-issue.first // DAY)
    ends = [shift - DAY * day for day in range(1, days + 1) for shift in (-PERIOD, 0, PERIOD)]
    return [len(issue.within(end - PERIOD, end)) for end in ends]


def is_usual(issue: Issue) -> bool:
    """Whether an issue's last hour is one that it often has."""
    count = len(issue.within(-PERIOD))
    before = same_hours_before(issue)
    if count <= 1 or (before and count <= max(before)):
        return True
    return poisson_tail(count, issue.usual_per_hour) > 0.002


def assert_quiet(situations: Iterable[Situation]) -> None:
    """Hold that no issue of them is news that the label calls none."""
    for situation in situations:
        for short_id in situation.quiet:
            issue = situation.raw.issues[short_id]
            assert issue.first < -2 * PERIOD, f"{situation.name}: {short_id} is new"
            assert is_usual(issue), f"{situation.name}: {short_id} is more than usual"


def test_what_is_no_news_is_old_and_as_always() -> None:
    assert_quiet(ALL)


def test_there_is_more_than_a_day_of_history() -> None:
    for situation in ALL:
        assert min(event.at for event in situation.raw.events()) < -DAY


def test_what_may_be_left_out_is_small() -> None:
    for situation in ALL:
        for made in situation.made:
            if made.either:
                counted = Counted(situation.raw, made.issues)
                people = {event.user for event in counted.events}
                levels = {issue.level for issue in counted.issues}
                assert len(counted.production) <= 1 or len(people) == 1 or levels == {"info"}


# --- quiet windows


@pytest.fixture(scope="module", params=[25, pytest.param(WINDOWS, marks=pytest.mark.matrix)])
def windows(request: pytest.FixtureRequest) -> list[Situation]:
    """The first quiet windows, or all of them."""
    return quiet_worlds(request.param)


def test_nothing_is_wrong_in_a_quiet_window(windows: list[Situation]) -> None:
    assert WINDOWS == 200
    assert all(window.is_quiet for window in windows)
    unusual = [
        (window.name, short_id)
        for window in windows
        for short_id in sorted(window.quiet)
        if not is_usual(window.raw.issues[short_id])
    ]
    # Of fourteen issues a window, some have an hour that one in 500 has: that is what chance is.
    assert len(unusual) <= 1 + len(windows) * 14 // 250
    assert all(window.raw.issues[s].first < -2 * PERIOD for window in windows for s in window.quiet)


def test_quiet_windows_lie_at_all_hours_and_hold_deploys_and_bots(windows: list[Situation]) -> None:
    assert len({window.raw.now.hour for window in windows}) >= min(24, len(windows) // 2)
    assert len({window.raw.now.weekday() for window in windows}) == 7
    deploys = [r for w in windows for p in w.raw.projects for r in p.releases if r.deployed and r.deployed > -PERIOD]
    assert len(deploys) > len(windows) // 4
    assert len(windows) // 10 < sum(bool(window.made) for window in windows) < len(windows) // 2


# --- decoys: what two unrelated issues have in common, and what is no tie


def pair(name: str) -> tuple[list[Issue], Situation]:
    """The issues of a coincidence of two."""
    situation = named(name)
    issues = [situation.raw.issues[issue] for made in situation.incidents for issue in sorted(made.issues)]
    assert len(issues) == 2
    return issues, situation


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("two unrelated issues on the only host there is", "server_name"),
        ("two unrelated issues of the only tenant", "tenant"),
    ],
)
def test_two_unrelated_issues_have_the_same_only_value(name: str, tag: str) -> None:
    issues, _ = pair(name)
    assert len({event.tags[tag] for issue in issues for event in issue.events}) == 1


@pytest.mark.parametrize(
    "name",
    [
        "two unrelated issues of one old release",
        "two unrelated issues of two projects with one old version name",
    ],
)
def test_two_unrelated_issues_have_the_same_old_release(name: str) -> None:
    issues, _ = pair(name)
    assert len({event.release for issue in issues for event in issue.events}) == 1


@pytest.mark.parametrize(
    "name",
    ["two unrelated issues with one generic title", "two unrelated issues with one generic timeout"],
)
def test_two_unrelated_issues_have_the_same_title(name: str) -> None:
    issues, _ = pair(name)
    assert issues[0].title == issues[1].title
    assert not dependencies(issues[0])


def test_two_unrelated_issues_have_one_bot_in_common() -> None:
    issues, _ = pair("two unrelated issues and one bot that meets both")
    people = [{event.user for event in issue.events} for issue in issues]
    assert people[0] & people[1] == {"synthetic-monitor"}


def test_two_unrelated_issues_evaluate_a_flag_that_is_on_everywhere() -> None:
    issues, situation = pair("two unrelated issues with a flag that is always on")
    assert all(event.flags["new-checkout"] for issue in issues for event in issue.events)
    assert all(event.flags["new-checkout"] for event in situation.raw.events())


# --- the embedded Sentry says the same


@pytest.mark.parametrize(
    "name",
    ["a cascade over three services", "one tenant fails in two services", "a flag hits two projects", "a quiet night"],
)
def test_the_embedded_sentry_holds_the_raw_events_and_nothing_else(name: str) -> None:
    raw = named(name).raw
    sentry = world(raw)
    now = sentry.now_ms()
    assert {issue.short_id for issue in sentry.issues()} == set(raw.issues)
    for record in sentry.issues():
        events, issue = record.events.until(now), raw.issues[record.short_id]
        assert [round(event.at - now) for event in events] == [round(event.at * 60_000) for event in issue.events]
        assert [event.user and event.user.id for event in events] == [event.user for event in issue.events]
        assert [event.release for event in events] == [event.release for event in issue.events]
        assert [event.tags.get("server_name") for event in events] == [
            event.tags.get("server_name") for event in issue.events
        ]


def test_an_event_without_environment_counts_as_production() -> None:
    events = [event for event in named("events without environment count").raw.events() if event.environment is None]
    assert events and all(map(is_production, events))
