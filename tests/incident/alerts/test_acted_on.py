"""On how many issues a person acted within a day of a firing: each act, both sides of the day, what is unknown."""

from __future__ import annotations

import pytest

from sentry_runbook.incident.alerts.acted_on import ACTS, ActedOn, acted_on
from sentry_runbook.incident.alerts.replayed import ReplayedFiring
from sentry_runbook.incident.model.evidence import Activity, Known
from tests.incident.alerts.period_builder import PlayedIssue, act, at, days, fired_for

LAST = days(5)
DAY = 24 * 60
LONG_AFTER = at(days(14))


def told(rows, logs, hours=None, replayed=None, now=LONG_AFTER) -> tuple[int, int]:  # type: ignore[no-untyped-def]  # a row of the table
    firings = fired_for("workflow:1", rows, hours).firings
    assert isinstance(firings, Known)
    issues = {number: PlayedIssue(number, log=log).once(LAST).listed() for number, log in logs.items()}
    found = acted_on(firings.value, issues, replayed or {}, now)
    return found.issues, found.of


@pytest.mark.parametrize("kind", sorted(ACTS))
def test_what_a_person_does_within_a_day_is_an_act(kind: str) -> None:
    assert told([("1", 1, LAST)], {"1": (act(kind, LAST + 60),)}) == (1, 1)


@pytest.mark.parametrize(
    ("log", "acted"),
    [
        ((act("assigned", LAST),), 1),
        ((act("assigned", LAST + DAY),), 1),
        ((act("assigned", LAST + DAY + 1),), 0),
        ((act("assigned", LAST - 1),), 0),
        ((act("assigned", LAST + 5, "machine"),), 0),
        ((act("set_resolved", LAST + 5, "sentry"),), 0),
        ((act("set_regression", LAST + 5),), 0),
        ((act("set_priority", LAST + 5),), 0),
        ((), 0),
    ],
    ids=["at-once", "a-day", "more-than-a-day", "before", "machine", "sentry", "regression", "priority", "nothing"],
)
def test_only_acts_of_people_in_the_day_after_count(log: tuple[Activity, ...], acted: int) -> None:
    assert told([("1", 1, LAST)], {"1": log}) == (acted, 1)


def test_issues_without_a_log_are_not_counted() -> None:
    assert told([("1", 1, LAST), ("2", 1, LAST)], {"1": (), "2": None}) == (0, 1)
    assert told([("1", 1, LAST)], {"1": None}) == (0, 0)
    assert ActedOn(0, 0).pct == 100


@pytest.mark.parametrize(
    ("hours", "acted"),
    [
        (None, (0, 0)),
        ([(LAST - 3 * DAY, 1), (LAST, 1)], (1, 1)),
        ([(LAST - 60, 1), (LAST, 1)], (0, 1)),
    ],
    ids=["hours-unread", "hour-before-the-act", "no-hour-before-the-act"],
)
def test_an_act_after_an_earlier_firing_is_known_by_the_hours(hours, acted: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]  # a row of the table
    log = (act("note", LAST - 3 * DAY + 90),)
    assert told([("1", 2, LAST)], {"1": log}, hours) == acted


def test_an_act_after_an_hour_that_may_be_of_another_issue_is_not_known() -> None:
    hours = [(LAST - 3 * DAY, 1), (LAST, 3)]
    logs = {"1": (act("note", LAST - 3 * DAY + 90),), "2": ()}
    rows = [("1", 2, LAST), ("2", 2, LAST)]
    assert told(rows, logs, hours) == (0, 1)
    placed = ReplayedFiring(at(LAST - 3 * DAY + 10), at(LAST - 3 * DAY + 11), "1")
    assert told(rows, logs, hours, {"1": (placed,)}) == (1, 2)


def test_a_log_that_was_cut_after_the_firing_does_not_tell() -> None:
    log = tuple(act("set_priority", LAST + 10 + minute) for minute in range(100))
    assert told([("1", 1, LAST)], {"1": log}) == (0, 0)
    assert told([("1", 1, LAST)], {"1": log[1:]}) == (0, 1)


@pytest.mark.parametrize(
    ("firings", "hours", "minutes", "acted"),
    [
        (1, None, DAY - 1, (0, 0)),
        (1, None, DAY, (0, 1)),
        (3, [(LAST - 60, 2), (LAST, 1)], DAY - 61, (0, 0)),
        (3, [(LAST - 60, 2), (LAST, 1)], DAY - 60, (0, 1)),
    ],
    ids=["day-goes-on", "day-is-over", "first-day-goes-on", "first-day-is-over"],
)
def test_while_the_day_after_the_firing_goes_on_it_is_not_known_that_nobody_acts(  # type: ignore[no-untyped-def]  # rows of the table
    firings: int, hours, minutes: int, acted: tuple[int, int]
) -> None:
    assert told([("1", firings, LAST)], {"1": ()}, hours, now=at(LAST + minutes)) == acted
    assert told([("1", firings, LAST)], {"1": (act("note", LAST + 1),)}, hours, now=at(LAST + minutes)) == (1, 1)
