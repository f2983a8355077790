"""What is no news is none, in every situation and in every quiet window: counted over the raw events."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.situations.drawn import drawn_situations
from tests.situations.quiet import WINDOWS, quiet_worlds
from tests.situations.raw import PERIOD, Situation
from tests.situations.situations import situations
from tests.situations.truth import Counted
from tests.situations.usual import is_usual

ALL = situations()
DAY = 1_440.0


def assert_quiet(situations: Iterable[Situation]) -> None:
    """Hold that no issue of them is news that the label calls none."""
    for situation in situations:
        for short_id in situation.quiet:
            issue = situation.raw.issues[short_id]
            assert issue.first < -2 * PERIOD, f"{situation.name}: {short_id} is new"
            assert is_usual(issue), f"{situation.name}: {short_id} is more than usual"


def test_what_is_no_news_is_old_and_as_always() -> None:
    assert_quiet(ALL)


def test_what_is_no_news_in_a_drawn_situation_is_old() -> None:
    for situation in drawn_situations(range(8)):
        assert all(situation.raw.issues[short_id].first < -2 * PERIOD for short_id in situation.quiet)


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
                assert len(counted.production) <= 2 or len(people) == 1 or levels == {"info"}


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
