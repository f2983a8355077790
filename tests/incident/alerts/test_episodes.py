"""Episodes of a period on series whose truth is known: what was planted, and quiet rhythms with nothing in them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sentry_runbook.incident.alerts.episodes import ReviewEpisode, episodes_of
from sentry_runbook.incident.model.evidence import Unknown
from tests.incident.alerts.period_builder import (
    DAY,
    END,
    POLICY,
    PlayedIssue,
    act,
    at,
    daily,
    days,
    evidence_of,
    flat,
)

NEAR = timedelta(minutes=3)


def found(*issues: PlayedIssue) -> tuple[ReviewEpisode, ...]:
    return episodes_of(evidence_of(issues), POLICY)


@pytest.mark.parametrize("rate", [flat(2), flat(40), daily(5, 60), daily(0, 300)], ids=["rare", "busy", "daily", "big"])
@pytest.mark.parametrize("seed", range(6))
def test_a_rhythm_without_an_incident_has_no_episode(rate, seed: int) -> None:  # type: ignore[no-untyped-def]  # a rate of the table
    assert found(PlayedIssue("1").usually(rate, seed)) == ()


@pytest.mark.parametrize("rate", [flat(0), flat(6), daily(2, 40)], ids=["silent", "steady", "daily"])
@pytest.mark.parametrize("start", [days(3, 17), days(8, 640), days(12, 1003)], ids=["early", "middle", "late"])
def test_a_planted_burst_is_found_to_the_minute_where_minutes_were_read(rate, start: float) -> None:  # type: ignore[no-untyped-def]  # a rate of the table
    issue = PlayedIssue("1", fine=((start - 600, start + 600),)).usually(rate).burst(start, 90, 12)
    (episode,) = found(issue)
    assert abs(episode.began - at(start)) <= NEAR
    assert episode.earliest <= at(start) + timedelta(minutes=1)
    assert episode.ended is not None
    assert abs(episode.ended - at(start + 90)) <= timedelta(minutes=15)
    assert episode.events == pytest.approx(90 * 12, rel=0.15)
    assert not episode.is_coarse


@pytest.mark.parametrize("start", [days(3, 17), days(8, 655)], ids=["early", "middle"])
def test_by_the_hour_the_beginning_is_known_as_bounds_that_hold_it(start: float) -> None:
    (episode,) = found(PlayedIssue("1").usually(flat(6)).burst(start, 120, 12))
    assert episode.is_coarse
    assert episode.earliest <= at(start) <= episode.latest


def test_a_higher_rate_that_stays_is_one_episode_where_it_began() -> None:
    start = days(3, 40)
    (episode,) = found(PlayedIssue("1", fine=((start - 600, start + 600),)).usually(flat(10)).burst(start, days(11), 3))
    assert abs(episode.began - at(start)) <= NEAR


def test_a_new_issue_begins_with_its_first_event() -> None:
    start = days(5, 33)
    issue = PlayedIssue("1", was_there=False).burst(start, 60, 2).once(start)
    (episode,) = found(issue)
    assert episode.began == issue.first_seen
    assert episode.is_new
    assert not episode.is_coarse


@pytest.mark.parametrize(
    ("minutes", "count"),
    [
        ((5, 6), 0),
        (tuple(range(0, 45, 5)), 0),
        (tuple(range(0, 50, 5)), 1),
        (tuple(range(0, 9 * 60 * 3, 60 * 3)), 0),
    ],
    ids=["two", "nine", "ten", "scattered"],
)
def test_a_new_issue_with_few_events_is_small(minutes: tuple[int, ...], count: int) -> None:
    start = days(5, 60)
    assert len(found(PlayedIssue("1", was_there=False).once(*(start + minute for minute in minutes)))) == count


def test_issues_of_one_project_that_begin_within_three_minutes_are_one_episode() -> None:
    start = days(6, 300)
    fine = ((start - 600, start + 600),)
    one = PlayedIssue("1", fine=fine).usually(flat(3)).burst(start, 60, 20)
    other = PlayedIssue("2", was_there=False).burst(start + 2, 60, 3).once(start + 2)
    elsewhere = PlayedIssue("3", project="3", was_there=False).burst(start + 1, 60, 3).once(start + 1)
    later = PlayedIssue("4", was_there=False).burst(start + 20, 60, 3).once(start + 20)
    assert [(episode.project, episode.issues) for episode in found(one, other, elsewhere, later)] == [
        ("2", ("1", "2")),
        ("3", ("3",)),
        ("2", ("4",)),
    ]


def test_one_that_is_known_to_the_hour_joins_one_whose_minute_lies_in_it() -> None:
    start = days(6, 300)
    sharp = PlayedIssue("1", fine=((start - 600, start + 600),)).usually(flat(3)).burst(start, 60, 20)
    coarse = PlayedIssue("2").usually(flat(3)).burst(start, 60, 20)
    (episode,) = found(coarse, sharp)
    assert episode.id == "SHOP-1"
    assert abs(episode.began - at(start)) <= NEAR


def test_two_bursts_of_an_issue_far_apart_are_two_episodes_with_names_of_their_own() -> None:
    issue = PlayedIssue("1").usually(flat(4)).burst(days(4), 60, 20).burst(days(9, 300), 60, 20)
    assert [episode.id for episode in found(issue)] == ["SHOP-1", "SHOP-1#2"]


def test_what_began_before_the_period_is_not_judged() -> None:
    assert found(PlayedIssue("1").usually(flat(4)).burst(-120, days(1), 20)) == ()


def test_what_goes_on_at_the_end_has_no_end() -> None:
    (episode,) = found(PlayedIssue("1").usually(flat(4)).burst(days(14, -180), 180, 20))
    assert episode.ended is None


@pytest.mark.parametrize(
    ("log", "count"),
    [
        (None, 0),
        ((act("set_ignored", days(2)),), 0),
        ((act("set_ignored", days(6)),), 1),
        ((act("set_unresolved", days(3)), act("set_ignored", days(2)), act("set_ignored", days(6))), 1),
        ((), 0),
    ],
    ids=["unread", "before", "after", "reopened", "long-ago"],
)
def test_an_issue_that_was_archived_before_has_no_episode(log, count: int) -> None:  # type: ignore[no-untyped-def]  # a log of the table
    issue = PlayedIssue("1", status="ignored", log=log).usually(flat(4)).burst(days(4), 60, 20)
    assert len(found(issue)) == count


def test_without_hours_nothing_is_called_an_episode() -> None:
    evidence = evidence_of([PlayedIssue("1").burst(days(4), 60, 20)], hourly=Unknown(why="Sentry answered 429"))
    assert episodes_of(evidence, POLICY) == ()


def test_the_last_day_counts() -> None:
    issue = PlayedIssue("1", was_there=False).burst(days(13, 1300), 60, 5).once(days(13, 1300))
    (episode,) = found(issue)
    assert END - episode.began < DAY


@pytest.mark.parametrize(("events", "count"), [(5, 0), (6, 1), (7, 1)], ids=["five", "six", "seven"])
def test_a_few_events_together_of_an_old_issue_are_chance(events: int, count: int) -> None:
    issue = PlayedIssue("1").once(*(days(5, 60 + minute) for minute in range(events)))
    assert len(found(issue)) == count
