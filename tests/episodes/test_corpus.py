"""The product on labelled incidents over time: the bounds of issue 11."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import pytest

from sentry_runbook.incident.model.evidence import Unknown
from tests.episodes.incidents import BACKGROUNDS, BEGIN, LOOKS, NAMES, make_case, shapes
from tests.episodes.judge import judged
from tests.episodes.labels import label
from tests.episodes.score import all_looks, shares, table

QUICK = NAMES[::9]
"""Every background and nearly every shape once."""


def test_a_tenth_of_the_corpus_is_judged_right() -> None:
    scored = all_looks(QUICK)
    result = shares(scored)
    assert result["onset"] >= 0.95, "\n".join(table(scored))
    assert result["verdict"] >= 0.97, "\n".join(table(scored))
    assert result["confident_and_wrong"] == 0


@pytest.mark.matrix
def test_the_corpus_is_judged_right() -> None:
    scored = all_looks()
    assert len({look.case for look in scored}) >= 60
    result = shares(scored)
    assert result["onset"] >= 0.97, "\n".join(table(scored))
    assert result["verdict"] >= 0.97, "\n".join(table(scored))
    assert result["confident_and_wrong"] == 0


def by_clock_hours(names: Iterable[tuple[str, str]]) -> list[tuple[str, bool]]:
    """Verdicts where the series failed, at many minutes of the hour: in words, and whether they send people home."""
    no_series = Unknown(why="Sentry did not answer (500)")
    found = []
    for case in (make_case(background, shape) for background, shape in names):
        for hours in (2, 3, 4, 26):
            for minute in (0, 2, 5, 9, 17, 33, 50):
                look = (BEGIN + timedelta(hours=hours)).replace(minute=minute)
                recovery = judged(case, look, series=no_series).recovery
                words = f"{case.name} at {look:%d %H:%M}: {recovery.verdict}: {recovery.reading}"
                found.append((words, recovery.verdict in label(case, look).wrong))
    return found


def test_the_minutes_of_an_open_hour_do_not_pass_for_a_whole_one() -> None:
    """At two minutes past each hour a steady fire was "improving: going down", in one of five looks of the corpus."""
    assert [words for words, is_wrong in by_clock_hours(NAMES[::7]) if is_wrong] == []


@pytest.mark.matrix
def test_by_clock_hours_nobody_is_sent_home_while_it_burns() -> None:
    found = by_clock_hours(NAMES)
    wrong = [words for words, is_wrong in found if is_wrong]
    # A burst that began minutes ago is not seen by the hour.
    assert len(wrong) <= 0.001 * len(found), wrong


def test_the_corpus_has_every_background_and_shape() -> None:
    assert set(BACKGROUNDS) == {"new", "silent", "steady", "daily", "weekly", "noisy", "rare"}
    assert len(shapes(240.0)) == 15
    assert len(NAMES) == 105


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_the_events_follow_the_rates_that_made_them(background: str) -> None:
    """The truth is not the product's: the counts of the raw events are those of the parameters, within chance."""
    case = make_case(background, "plateau")
    for hours in range(1, 9):
        start, end = BEGIN + hours * LOOKS["+1 h"], BEGIN + (hours + 1) * LOOKS["+1 h"]
        counted = sum(start <= at < end for at in case.events)
        mean = sum(case.usual(hours + part / 60) + case.shape.rate(hours + part / 60) for part in range(60)) / 60
        assert abs(counted - mean) <= 5 * mean**0.5 + 1, hours


def test_the_events_are_in_order_and_the_same_at_every_run() -> None:
    case = make_case("noisy", "waves")
    assert all(earlier <= later for earlier, later in pairwise(case.events))
    assert case.events == make_case("noisy", "waves").events


def test_labels_follow_the_parameters() -> None:
    step, waves = make_case("steady", "step"), make_case("silent", "waves")
    assert label(step, BEGIN + LOOKS["+2 h"]).verdicts == {"ongoing"}
    assert label(step, BEGIN + LOOKS["+25 h"]).verdicts == {"recovered"}
    # Two hours after a wave, with pauses of three and a quarter, nothing is over.
    assert label(waves, BEGIN + 10.5 * LOOKS["+1 h"]).verdicts == {"improving"}
    assert label(waves, BEGIN + 10.5 * LOOKS["+1 h"]).is_live is False
    assert label(make_case("steady", "fix harms"), BEGIN + LOOKS["+2 h"]).verdicts == {"worse"}
    assert label(make_case("steady", "fix does nothing"), BEGIN + LOOKS["+2 h"]).wrong == {"recovered", "improving"}
