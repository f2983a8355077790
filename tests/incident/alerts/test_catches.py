"""When an alert fired first in an episode: bounds by what Sentry keeps, narrowed by the replay; history stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sentry_runbook.incident.alerts.catches import (
    Catch,
    FirstFiring,
    first_by_history,
    first_opened,
    first_surely,
    narrowed,
    replayed_in,
)
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.alerts.replayed import Replay, ReplayedFiring
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_review import AlertFirings
from sentry_runbook.incident.model.evidence.alert_row import OpenPeriod
from tests.incident.alerts.period_builder import at, days, fired_for

NOON = days(6)
"""A full hour."""
START, END = at(NOON + 10), at(NOON + 170)
ONE = frozenset({"1"})


def history(rows, hours=None, **more) -> AlertFirings:  # type: ignore[no-untyped-def]  # as of fired_for
    firings = fired_for("workflow:1", rows, hours, **more).firings
    assert isinstance(firings, Known)
    return firings.value


def minutes(first: FirstFiring) -> tuple[bool | None, int | None, int | None]:
    def after(moment: datetime | None) -> int | None:
        return None if moment is None else int((moment - at(NOON)) / timedelta(minutes=1))

    return first.fired, after(first.earliest), after(first.latest)


@pytest.mark.parametrize(
    ("rows", "hours", "told"),
    [
        ([], None, (False, None, None)),
        ([("2", 5, NOON + 30)], None, (False, None, None)),
        ([("1", 1, NOON + 30)], None, (True, 30, 30)),
        ([("1", 1, NOON + 5)], None, (False, None, None)),
        ([("1", 1, NOON + 171)], None, (False, None, None)),
        ([("1", 2, NOON + 30)], None, (True, 10, 30)),
        ([("1", 2, NOON + 400)], None, (None, 10, None)),
        ([("1", 2, NOON + 5)], None, (False, None, None)),
        ([("1", 2, NOON + 400)], [(NOON + 65, 1), (NOON + 400, 1)], (True, 60, 120)),
        ([("1", 2, NOON + 400)], [(NOON + 300, 1), (NOON + 400, 1)], (False, None, None)),
        ([("1", 2, NOON + 400)], [(NOON, 1), (NOON + 400, 1)], (None, 10, None)),
        ([("1", 2, NOON + 400), ("2", 1, NOON + 90)], [(NOON + 60, 1), (NOON + 400, 2)], (None, 60, None)),
        ([("1", 2, NOON + 400), ("2", 1, NOON + 90)], [(NOON + 60, 2), (NOON + 400, 1)], (True, 60, 120)),
        ([("1", 2, NOON + 400), ("2", 9, NOON + 50)], [(NOON + 60, 1), (NOON + 400, 1)], (True, 60, 120)),
        ([("1", 3, NOON + 130)], [(NOON + 60, 1), (NOON + 120, 2)], (True, 60, 120)),
        ([("1", 3, NOON + 61)], [(NOON + 60, 3)], (True, 60, 61)),
    ],
    ids=[
        "nothing",
        "another-issue",
        "once",
        "once-before",
        "once-after",
        "twice-last-in-it",
        "twice-last-after-it",
        "twice-before",
        "hour-in-it",
        "hours-after-it",
        "hour-of-the-start",
        "hour-of-another",
        "hour-of-both",
        "another-that-was-over",
        "first-hour",
        "last-in-the-hour",
    ],
)
def test_the_first_firing_is_bounded_by_counts_and_hours(rows, hours, told) -> None:  # type: ignore[no-untyped-def]  # a row of the table
    assert minutes(first_by_history(history(rows, hours), ONE, START, END)) == told


def test_where_more_issues_were_fired_for_than_read_an_hour_may_be_of_any() -> None:
    firings = history([("2", 1, NOON + 65)], [(NOON + 60, 4)], has_more_issues=True)
    assert minutes(first_by_history(firings, ONE, START, END)) == (None, 60, None)


def new(firings: AlertFirings, first_seen: float) -> AlertFirings:
    """The same, of issues that had their first event then."""
    issues = tuple(row.model_copy(update={"first_seen": at(NOON + first_seen)}) for row in firings.issues)
    return firings.model_copy(update={"issues": issues})


@pytest.mark.parametrize(
    ("first_seen", "apart", "told"),
    [(15, 30, (True, 15, 16)), (15, 0, (True, 15, 46)), (5, 30, (True, 10, 46))],
    ids=["throttle", "no-throttle", "old"],
)
def test_of_a_new_issue_its_first_event_and_the_throttle_bound_the_first_firing(
    first_seen: float, apart: float, told: tuple[bool, int, int]
) -> None:
    firings = new(history([("1", 2, NOON + 46)], [(NOON, 2)]), first_seen)
    assert minutes(first_by_history(firings, ONE, START, END, timedelta(minutes=apart))) == told


def test_a_throttle_bounds_by_the_firings_that_are_surely_of_the_stretch() -> None:
    firings = history([("1", 9, NOON + 165)], [(NOON - 300, 6), (NOON + 60, 2), (NOON + 120, 1)])
    assert minutes(first_by_history(firings, ONE, START, END, timedelta(minutes=30))) == (True, 60, 105)


@pytest.mark.parametrize(("start", "told"), [(9, False), (10, True), (170, True), (171, False)])
def test_a_monitor_opens_within_the_stretch(start: float, told: bool) -> None:
    periods = [OpenPeriod(id="1", start=at(NOON + start)), OpenPeriod(id="2", start=None)]
    assert first_opened(periods, START, END).fired is told


def firing(earliest: float, latest: float, *, issue: str = "1", is_certain: bool = True) -> ReplayedFiring:
    return ReplayedFiring(at(NOON + earliest), at(NOON + latest), issue, is_certain)


@pytest.mark.parametrize(
    ("first", "firings", "told"),
    [
        ((True, 60, 120), [firing(72, 73)], (True, 72, 73)),
        ((True, 60, 120), [firing(72, 73, is_certain=False)], (True, 72, 120)),
        ((True, 60, 120), [firing(40, 45)], (True, 60, 120)),
        ((True, 60, 120), [firing(130, 135)], (True, 60, 120)),
        ((True, 60, 120), [], (True, 60, 120)),
        ((True, 60, 60), [firing(20, 25)], (True, 60, 60)),
        ((None, 10, None), [firing(72, 73)], (True, 72, 73)),
        ((None, 10, None), [firing(72, 73, is_certain=False)], (None, 72, None)),
        ((None, 10, None), [], (False, None, None)),
        ((False, None, None), [firing(72, 73)], (False, None, None)),
    ],
    ids=[
        "agree",
        "possible",
        "before",
        "after",
        "not-replayed",
        "exact",
        "silent-and-sure",
        "silent-and-possible",
        "silent-and-not",
        "history-says-no",
    ],
)
def test_the_replay_narrows_what_the_history_leaves_open(first, firings, told) -> None:  # type: ignore[no-untyped-def]  # a row of the table
    fired, earliest, latest = first
    known = FirstFiring(
        fired, None if earliest is None else at(NOON + earliest), None if latest is None else at(NOON + latest)
    )
    within = replayed_in(Replay(firings=tuple(firings)), ONE, START, END)
    assert minutes(narrowed(known, within, first_surely(within, START))) == told


def test_replayed_firings_of_other_issues_and_other_times_are_no_part_of_it() -> None:
    firings = (firing(5, 9), firing(20, 21, issue="2"), firing(30, 31), firing(180, 181))
    assert replayed_in(Replay(firings=firings), ONE, START, END) == (firings[2],)
    assert replayed_in(Replay(firings=firings), None, START, END) == firings[1:3]


def episode(earliest: float, latest: float) -> ReviewEpisode:
    began = at(NOON + 10)
    return ReviewEpisode("SHOP-1", "2", "shop", ("1",), began, at(NOON + earliest), at(NOON + latest), None, 500, 300)


@pytest.mark.parametrize(
    ("bounds", "fired", "outcome"),
    [
        ((10, 11), (25, 25), "caught"),
        ((10, 11), (26, 26), "late"),
        ((10, 11), (20, 26), "unknown"),
        ((0, 30), (15, 15), "caught"),
        ((0, 30), (16, 16), "unknown"),
        ((0, 30), (45, 45), "unknown"),
        ((0, 30), (46, 46), "late"),
    ],
    ids=["sharp", "sharp-late", "bounds", "coarse", "coarse-open", "coarse-still-open", "coarse-late"],
)
def test_in_time_is_judged_from_a_beginning_that_may_be_bounds(
    bounds: tuple[float, float], fired: tuple[float, float], outcome: str
) -> None:
    first = FirstFiring(True, at(NOON + fired[0]), at(NOON + fired[1]))
    assert Catch(episode(*bounds), first, timedelta(minutes=15)).outcome == outcome
