"""The labels hold: counted over the raw events alone, every situation is what it claims to be."""

from __future__ import annotations

import itertools
from functools import cache

import pytest

from tests.situations.drawn import DEVELOPMENT, HELD_OUT, drawn_situations
from tests.situations.raw import PERIOD, TOGETHER, Issue, Situation
from tests.situations.situations import situations
from tests.situations.ties import Ties, is_connected
from tests.situations.truth import CRASH_FREE_PCT, Counted, is_production
from tests.situations.world import world

ALL = situations()
DAY = 1_440.0
KINDS = tuple(dict.fromkeys(situation.kind for situation in ALL))
DRAWN = {"drawn": range(12), "development": DEVELOPMENT, "held out": HELD_OUT}
of_each_kind = pytest.mark.parametrize(
    "kind", [*KINDS, "drawn", *(pytest.param(half, marks=pytest.mark.matrix) for half in ("development", "held out"))]
)


@cache
def group(kind: str) -> list[Situation]:
    """The situations of a kind, or some of those drawn."""
    return drawn_situations(DRAWN[kind]) if kind in DRAWN else [one for one in ALL if one.kind == kind]


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
    for situation in group(kind):
        told = [issue for made in situation.made for issue in (*made.issues, *made.loose)]
        assert len(told) == len(set(told))
        assert set(told) <= set(situation.raw.issues)
        assert len(situation.raw.issues) == sum(len(project.issues) for project in situation.raw.projects)


@of_each_kind
def test_an_onset_is_where_the_events_begin(kind: str) -> None:
    for situation in group(kind):
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
    for situation in group(kind):
        for made in situation.made:
            for short_id in made.issues:
                issue = situation.raw.issues[short_id]
                events = issue.within(made.onsets[short_id])
                expected = issue.usual_per_hour / 60 * -made.onsets[short_id]
                assert len(events) >= 5 * expected


@of_each_kind
def test_the_issues_of_an_incident_begin_within_three_minutes_and_are_tied(kind: str) -> None:
    for situation in group(kind):
        ties = ties_of(situation)
        for made in situation.made:
            assert max(made.onsets.values()) - made.began <= TOGETHER
            assert is_connected(made, ties, TOGETHER)


@of_each_kind
def test_nothing_ties_issues_of_two_incidents(kind: str) -> None:
    for situation in group(kind):
        ties = ties_of(situation)
        members = [(made, issue) for made in situation.made for issue in sorted(made.issues)]
        for index, (made, one) in enumerate(members):
            for other, two in members[index + 1 :]:
                assert made is other or list(ties.between(one, two)) == []


@of_each_kind
def test_a_coincidence_is_one(kind: str) -> None:
    for situation in group(kind):
        began = sorted(made.began for made in situation.incidents)
        close = any(second - first <= TOGETHER for first, second in itertools.pairwise(began))
        deploys = [r.deployed for p in situation.raw.projects for r in p.releases if r.deployed is not None]
        decoy = any(0 <= at - deploy <= TOGETHER for at in began for deploy in deploys)
        assert close or decoy if situation.coincidence else not close


@of_each_kind
def test_a_latecomer_is_late_and_of_the_same_cause(kind: str) -> None:
    for situation in group(kind):
        for made in situation.made:
            for late in made.loose:
                onset = situation.raw.issues[late].first
                assert onset - max(made.onsets.values()) > TOGETHER
                ties = Ties(situation.raw, {**made.onsets, late: onset})
                assert any(list(ties.between(late, issue)) for issue in made.issues)


@of_each_kind
def test_the_severity_is_the_same_by_every_reading_of_the_rules(kind: str) -> None:
    for situation in group(kind):
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
    for situation in group(kind):
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
