"""What to do about an alert: the sentence follows from the verdict, and never claims more than was counted."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.incident.alerts.next_steps import next_step
from sentry_runbook.incident.model.results.alert_review import EpisodeCatch, ReviewedAlert, ThresholdRow

LATE = EpisodeCatch(episode="A-1", outcome="late", after_minutes=20)
MISSED = EpisodeCatch(episode="A-2", outcome="missed")
CAUGHT = EpisodeCatch(episode="A-3", outcome="caught", after_minutes=1)


def alert(**more: Any) -> ReviewedAlert:
    return ReviewedAlert(
        **{"name": "x", "id": "1", "kind": "issue_alert", "why": "", "condition": "an issue is new", **more}
    )


def row(change: str, caught: int, firings: int, of: int = 2) -> ThresholdRow:
    return ThresholdRow(change=change, caught=caught, of=of, firings=firings)


def test_of_a_noisy_alert_the_threshold_that_loses_nothing_and_says_least_is_proposed() -> None:
    rows = (row("more than 10", 2, 40), row("more than 20", 2, 9), row("more than 90", 1, 1))
    said = next_step(alert(verdict="noisy", firings=300, thresholds=rows))
    assert said == (
        "Set it to more than 20: it would have fired 9 times instead of 300, and would have caught the same "
        "2 incidents."
    )


@pytest.mark.parametrize(
    "rows",
    [None, (row("more than 90", 1, 1),), (row("more than 10", 2, 300),)],
    ids=["none_tried", "each_loses_one", "none_says_less"],
)
def test_where_no_threshold_is_better_none_is_proposed(rows: tuple[ThresholdRow, ...] | None) -> None:
    said = next_step(alert(verdict="noisy", firings=300, thresholds=rows)) or ""
    assert "no threshold that was tried" in said and "Set it" not in said


def test_a_noisy_alert_that_caught_nothing_is_told_so() -> None:
    said = next_step(alert(verdict="noisy", firings=300, thresholds=(row("more than 20", 0, 9, of=0),))) or ""
    assert said.endswith("and it caught no incident.")


@pytest.mark.parametrize(
    ("verdict", "episodes", "words"),
    [
        ("dead", (), "Repair it or delete it"),
        ("late", (LATE, CAUGHT, LATE), "too late in 2 incidents"),
        ("never_fired", (MISSED,), "missed 1 incident "),
        ("never_fired", (), "can still happen"),
        ("never_fired", None, "can still happen"),
    ],
    ids=["dead", "late", "missed_one", "nothing_to_miss", "not_known_whether_it_missed"],
)
def test_each_verdict_has_its_sentence(verdict: Any, episodes: Any, words: str) -> None:
    assert words in (next_step(alert(verdict=verdict, episodes=episodes)) or "")


@pytest.mark.parametrize("verdict", ["works", None], ids=["works", "not_judged"])
def test_of_an_alert_that_works_or_could_not_be_judged_nothing_is_asked(verdict: Any) -> None:
    assert next_step(alert(verdict=verdict, episodes=(MISSED,))) is None
