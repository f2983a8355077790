"""What two unrelated issues have in common is really there, and is no tie."""

from __future__ import annotations

import pytest

from tests.situations.raw import Issue, Situation
from tests.situations.situations import situations
from tests.situations.ties import dependencies


def pair(name: str) -> tuple[list[Issue], Situation]:
    """The issues of a coincidence of two."""
    situation = next(situation for situation in situations() if situation.name == name)
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


def test_two_unrelated_issues_have_one_trace_in_common() -> None:
    issues, _ = pair("two unrelated issues and one trace that meets both")
    traces = [{event.trace for event in issue.events} for issue in issues]
    assert len(traces[0] & traces[1]) == 1


def test_two_unrelated_issues_of_a_small_town_have_as_many_people_in_common_as_chance_gives() -> None:
    issues, situation = pair("two unrelated issues of a small town")
    people = [{event.user for event in issue.events} for issue in issues]
    town = len({event.user for event in situation.raw.events()})
    expected = len(people[0]) * len(people[1]) / town
    assert 3 < len(people[0] & people[1]) < 2.5 * expected
