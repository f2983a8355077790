"""Both sides of each threshold by which issues are one incident, or news at all: hand-counted facts, no simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.events.dependency import dependency_of_text
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.situation import ListedIssue
from sentry_runbook.incident.situation.facts import Background, IssueFacts
from sentry_runbook.incident.situation.grouping import group_issues
from sentry_runbook.incident.situation.news import News
from sentry_runbook.incident.situation.onset import Onset
from sentry_runbook.incident.situation.rise import rise_of
from sentry_runbook.incident.situation.ties import Surroundings, ties_between

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WINDOW = Window(start=NOON - timedelta(hours=1), end=NOON)


def surroundings(**starts: datetime) -> Surroundings:
    return Surroundings(Background((), {}), starts, frozenset(), (), {})


def listed(number: str, project: str, **more: object) -> ListedIssue:
    given = {"id": number, "url": f"https://sentry.example.com/{number}/", "title": "Boom", "project": project, **more}
    return ListedIssue.model_validate(given)


def facts(number: str, project: str, seconds: float = 0, **more: Any) -> IssueFacts:
    """An issue that began so many seconds after a quarter to twelve."""
    at = NOON - timedelta(minutes=15) + timedelta(seconds=seconds)
    own = {"traces": frozenset(), "users": frozenset(), "values": {}, **more}
    return IssueFacts(News(listed(number, project), "new", Onset(at, at, at, "first_event")), **own)


def names(count: int, shared: int, prefix: str) -> frozenset[str]:
    return frozenset([*(f"same-{n}" for n in range(shared)), *(f"{prefix}-{n}" for n in range(count - shared))])


def kinds(one: IssueFacts, other: IssueFacts, around: Surroundings | None = None) -> list[str]:
    return [tie.kind for tie in ties_between(one, other, around or surroundings())]


@pytest.mark.parametrize(
    ("count", "shared", "tied"), [(10, 1, False), (10, 2, True), (11, 2, False), (2, 1, True), (3, 1, False)]
)
def test_traces_tie_from_two_and_a_fifth_on_or_one_of_hardly_any(count: int, shared: int, tied: bool) -> None:
    one, other = (facts(p, p, traces=names(count, shared, p)) for p in ("a", "b"))
    assert kinds(one, other) == (["trace"] if tied else [])


@pytest.mark.parametrize(("count", "shared", "tied"), [(4, 2, False), (6, 3, True), (7, 3, False)])
def test_users_tie_from_three_and_half_on(count: int, shared: int, tied: bool) -> None:
    one, other = (facts(p, p, users=names(count, shared, p)) for p in ("a", "b"))
    assert kinds(one, other) == (["users"] if tied else [])


@pytest.mark.parametrize(("minutes", "tied"), [(60, True), (61, False), (-10, True), (-11, False)])
def test_a_release_ties_where_it_began_to_run_within_the_hour_before(minutes: int, tied: bool) -> None:
    one, other = (facts(p, p, values={"release": "v2"}) for p in ("a", "b"))
    start = one.news.onset.at - timedelta(minutes=minutes)
    assert kinds(one, other, surroundings(v2=start)) == (["release"] if tied else [])


@pytest.mark.parametrize(("projects", "tied"), [(("a", "a"), True), (("a", "b"), False)])
def test_one_transaction_ties_within_one_project(projects: tuple[str, str], tied: bool) -> None:
    values = {"transaction": "POST /orders"}
    one, other = (facts(str(n), project, values=values) for n, project in enumerate(projects))
    assert kinds(one, other) == (["transaction"] if tied else [])


@pytest.mark.parametrize(("seconds", "groups"), [(180, 1), (181, 2)])
def test_tied_issues_are_one_incident_up_to_three_minutes_apart(seconds: int, groups: int) -> None:
    traces = frozenset({"t1", "t2"})
    issues = [facts("1", "a", traces=traces), facts("2", "b", seconds, traces=traces)]
    assert len(group_issues(issues, surroundings())) == groups


@pytest.mark.parametrize(("seconds", "tied"), [(30, True), (31, False)])
def test_a_call_that_names_a_service_and_no_path_ties_what_began_within_half_a_minute(
    seconds: float, tied: bool
) -> None:
    text = "ConnectionError: connection to payments.internal:8080 refused"
    caller = replace(facts("1", "web", seconds), dependency=dependency_of_text(text))
    caller = replace(caller, news=replace(caller.news, issue=listed("1", "web", message=text)))
    assert kinds(caller, facts("2", "payments")) == (["calls"] if tied else [])


@pytest.mark.parametrize(("events", "small"), [(2, True), (3, False), (None, False)])
def test_a_new_issue_is_no_incident_by_itself_with_one_or_two_events(events: int | None, small: bool) -> None:
    assert replace(facts("1", "a").news, issue=listed("1", "a", events=events)).is_small is small


def test_issues_of_one_second_with_nothing_in_common_are_two() -> None:
    assert len(group_issues([facts("1", "a"), facts("2", "b")], surroundings())) == 2


def test_a_staging_issue_is_tied_to_production_by_a_trace_alone() -> None:
    shared: dict[str, Any] = {"users": names(6, 6, ""), "traces": frozenset({"t1", "t2"})}
    one = facts("1", "a", environments=frozenset({"production"}), **shared)
    other = facts("2", "a", environments=frozenset({"staging"}), **shared)
    assert kinds(one, other) == ["trace"]


def hours(*counts: int) -> tuple[tuple[datetime, int], ...]:
    """Hourly counts, the last of them the window's."""
    first = NOON - timedelta(hours=len(counts))
    return tuple((first + timedelta(hours=n), count) for n, count in enumerate(counts))


@pytest.mark.parametrize(
    ("before", "now", "risen"),
    [
        ([20] * 23, 60, True),
        ([20] * 23, 59, False),
        ([100] * 22 + [250], 500, True),
        ([100] * 22 + [250], 499, False),
        ([1] * 23, 8, False),
        ([1] * 23, 9, True),
        ([0] * 23, 6, False),
        ([0] * 23, 7, True),
        ([2, 2, 2, 2, 2, 2, 60, *[2] * 16], 30, False),
    ],
    ids=[
        "three_times",
        "just_less",
        "twice_the_highest",
        "less_than_twice",
        "chance",
        "no_chance",
        "rare",
        "not_rare",
        "bursty",
    ],
)
def test_an_old_issue_rises_by_factor_highest_chance_and_its_own_bursts(
    before: list[int], now: int, risen: bool
) -> None:
    issue = listed("1", "a", hourly=hours(*before, now), events=now)
    assert (rise_of(issue, WINDOW, 3.0) is not None) is risen
