"""What holds of any incident, whatever its rates and times."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.model.stated import Stated
from tests.episodes.incidents import BEGIN, HOUR, drawn
from tests.episodes.judge import POLICY, evidence

USUAL = st.sampled_from([0.0, 0.3, 6.0, 60.0])
FACTORS = st.floats(8, 40)
LENGTHS = st.floats(0.4, 8.0)
SEEDS = st.integers(0, 10_000).map(str)
SOME = settings(max_examples=40, deadline=None, derandomize=True)
"""Events come by chance, so once in thousands of examples chance alone makes an incident: each run draws the same."""
pytestmark = pytest.mark.matrix
"""Two weeks of events are drawn for each example: `.ci/run` has the time for it."""


def events(usual: float, level: float, length: float, seed: str, *, even: bool = False) -> list[datetime]:
    """Two weeks at the usual rate, and an incident of that level and length (hours) on top of it."""

    def rate(hours: float) -> float:
        return usual + (level if 0 <= hours < length else 0.0)

    return sorted([BEGIN - timedelta(days=60), *drawn(rate, -15 * 24, 8 * 24, seed, even=even)])


def judge(raw: list[datetime], at: datetime, fixed_at: datetime | None = None) -> Incident:
    return Incident(evidence(raw, at), Stated(fixed_at=fixed_at), POLICY, at)


def level_of(usual: float, factor: float) -> float:
    return max(usual * factor, 120.0)


@SOME
@given(usual=USUAL, factor=FACTORS, length=LENGTHS, hours=st.floats(0.1, 160), seed=SEEDS, new=st.booleans())
def test_nothing_began_before_the_first_event_nor_lies_in_the_future(
    usual: float, factor: float, length: float, hours: float, seed: str, new: bool
) -> None:
    raw = events(0.0 if new else usual, level_of(usual, factor), length, seed)
    raw = raw[1:] if new else raw
    at = BEGIN + hours * HOUR
    assume(raw and raw[0] < at)
    episode = judge(raw, at).episode
    if isinstance(episode, Episode):
        assert raw[0] <= episode.began_earliest <= episode.began <= episode.began_latest
        assert episode.began <= episode.peak_at <= at
        assert episode.ended is None or episode.ended <= at


@SOME
@given(
    usual=USUAL,
    factor=FACTORS,
    ratio=st.floats(0.8, 2.5),
    since=st.floats(0.05, 4),
    before=st.floats(0.5, 3),
    even=st.booleans(),
    seed=SEEDS,
)
def test_while_the_rate_after_the_fix_is_not_clearly_lower_nobody_is_sent_home(
    usual: float, factor: float, ratio: float, since: float, before: float, even: bool, seed: str
) -> None:
    level = level_of(usual, factor)

    def rate(hours: float) -> float:
        after = ratio * (usual + level) - usual
        return usual + (0.0 if hours < 0 else level if hours < before else max(after, 0.0))

    raw = sorted([BEGIN - timedelta(days=60), *drawn(rate, -15 * 24, 12, seed, even=even)])
    fix = BEGIN + before * HOUR
    now = fix + since * HOUR
    counted = [sum(start <= at < end for at in raw) for start, end in ((fix - (now - fix), fix), (fix, now))]
    # By chance a short stretch may hold clearly less: then the counts themselves say that it fell.
    assume(since > before or counted[1] >= 0.8 * counted[0])
    recovery = judge(raw, now, fix).recovery
    assert recovery.verdict not in ("improving", "recovered")
    assert all(action.decidable_at is None or action.decidable_at > now for action in recovery.actions)


@SOME
@given(usual=USUAL, factor=FACTORS, length=LENGTHS, seed=SEEDS)
def test_every_later_moment_shows_the_same_episode(usual: float, factor: float, length: float, seed: str) -> None:
    raw = events(usual, level_of(usual, factor), length, seed)
    found = [judge(raw, BEGIN + hours * HOUR).episode for hours in (1, 2, 5, 12, 25, 47, 100, 168)]
    grains = [(episode.began_earliest, episode.began_latest) for episode in found if isinstance(episode, Episode)]
    assert len(grains) == len(found)
    # Each grain overlaps every other one: one instant may be the beginning for all of them.
    assert max(earliest for earliest, _ in grains) <= min(latest for _, latest in grains)


@SOME
@given(
    factor=FACTORS,
    length=LENGTHS,
    hours=st.floats(0.5, 60),
    days=st.integers(-400, 400),
    minutes=st.integers(0, 59),
    seed=SEEDS,
)
def test_shifting_all_times_changes_no_verdict(
    factor: float, length: float, hours: float, days: int, minutes: int, seed: str
) -> None:
    raw, at = events(0.0, level_of(6, factor), length, seed), BEGIN + hours * HOUR
    shift = timedelta(days=days, minutes=minutes)
    plain, shifted = judge(raw, at), judge([event + shift for event in raw], at + shift)
    assert shifted.recovery.verdict == plain.recovery.verdict
    if not isinstance(plain.episode, Unknown):
        assert not isinstance(shifted.episode, Unknown)
        # Clock hours and five minutes do not shift with the events: the grains must overlap.
        assert shifted.episode.began_earliest - shift <= plain.episode.began_latest
        assert plain.episode.began_earliest <= shifted.episode.began_latest - shift


@SOME
@given(
    usual=st.sampled_from([0.0, 6.0, 60.0]), factor=st.floats(12, 40), length=st.floats(1, 6), look=st.floats(0.3, 50)
)
def test_doubling_all_counts_of_a_clear_case_changes_no_verdict(
    usual: float, factor: float, length: float, look: float
) -> None:
    # Near the end of a burst, or of the two hours after it, twice the events tell it sooner.
    assume(abs(look - length) > 0.75 and abs(look - length - 2) > 0.3)
    raw, at = events(usual, level_of(usual, factor), length, "even", even=True), BEGIN + look * HOUR
    doubled = sorted([*raw, *(event + timedelta(seconds=7) for event in raw[1:])])
    assert judge(doubled, at).recovery.verdict == judge(raw, at).recovery.verdict


@SOME
@given(usual=USUAL, factor=FACTORS, length=LENGTHS, look=st.floats(0.6, 20), seed=SEEDS)
def test_a_longer_window_changes_no_beginning(
    usual: float, factor: float, length: float, look: float, seed: str
) -> None:
    raw, at = events(usual, level_of(usual, factor), length, seed), BEGIN + look * HOUR
    grains = []
    for window in (timedelta(hours=24), timedelta(hours=36), timedelta(days=3), timedelta(days=7)):
        episode = Incident(evidence(raw, at, window), Stated(), POLICY, at).episode
        assert isinstance(episode, Episode)
        grains.append((episode.began_earliest, episode.began_latest))
    assert max(earliest for earliest, _ in grains) <= min(latest for _, latest in grains)
