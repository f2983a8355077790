"""What to do about an alert: the sentence follows from the verdict, and never claims more than was counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sentry_runbook.incident.alerts.next_steps import next_step
from sentry_runbook.incident.model.results.alert_review import EpisodeCatch, ReviewedAlert, ThresholdRow

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATE = EpisodeCatch(episode="A-1", began=BEGAN, outcome="late", after_minutes=20)
MISSED = EpisodeCatch(episode="A-2", began=BEGAN, outcome="missed")
MET = EpisodeCatch(episode="A-4", began=BEGAN, outcome="missed", would_have_fired_at=BEGAN)
UNKNOWN = EpisodeCatch(episode="A-5", began=BEGAN, outcome="unknown")
CAUGHT = EpisodeCatch(episode="A-3", began=BEGAN, outcome="caught", after_minutes=1)


def alert(**more: Any) -> ReviewedAlert:
    return ReviewedAlert(
        **{"name": "x", "id": "1", "kind": "issue_alert", "why": "", "condition": "an issue is new", **more}
    )


def row(change: str, firings: int, **more: Any) -> ThresholdRow:
    return ThresholdRow(**{"change": change, "caught": 2, "of": 2, "firings": firings, **more})


@pytest.mark.parametrize(
    ("at_most", "words"),
    [(None, "9 firings instead of 300"), (12, "at most 12 firings instead of 300")],
    ids=["certain", "bounds"],
)
def test_of_a_noisy_alert_the_setting_that_loses_nothing_is_proposed(at_most: int | None, words: str) -> None:
    rows = (row("as it is", 300), row("more than 20", 9, best=True, firings_at_most=at_most), row("more than 90", 1))
    said = next_step(alert(verdict="noisy", firings=300, thresholds=rows, episodes=(CAUGHT,)))
    assert said == f"Set it to more than 20: {words}, and the same incidents caught."


@pytest.mark.parametrize(
    ("rows", "episodes", "words"),
    [
        (None, (LATE, MISSED), "told of no incident in time"),
        (None, (), "Review a longer period"),
        (None, (LATE, UNKNOWN), "could not be tried"),
        ((row("as it is", 300), row("more than 90", 300)), (CAUGHT,), "no other threshold or pause that was tried"),
        (None, (CAUGHT,), "could not be tried"),
        (None, None, "could not be tried"),
    ],
    ids=["caught_none", "no_incident", "not_known_of_one", "nothing_helps", "no_replay", "incidents_not_known"],
)
def test_where_no_setting_is_better_none_is_proposed(rows: Any, episodes: Any, words: str) -> None:
    said = next_step(alert(verdict="noisy", firings=300, thresholds=rows, episodes=episodes)) or ""
    assert words in said and "Set it" not in said


@pytest.mark.parametrize(
    ("verdict", "episodes", "words"),
    [
        ("dead", (), "Repair it or delete it"),
        ("late", (LATE, CAUGHT, LATE), "too late in 2 incidents"),
        ("never_fired", (MISSED,), "it missed 1 incident."),
        ("never_fired", (MISSED, MET), "was met in 1 incident."),
        ("never_fired", (), "can still happen"),
        ("never_fired", None, "can still happen"),
    ],
    ids=["dead", "late", "missed_one", "condition_met", "nothing_to_miss", "not_known_whether_it_missed"],
)
def test_each_verdict_has_its_sentence(verdict: Any, episodes: Any, words: str) -> None:
    assert words in (next_step(alert(verdict=verdict, episodes=episodes)) or "")


@pytest.mark.parametrize("verdict", ["works", None], ids=["works", "not_judged"])
def test_of_an_alert_that_works_or_could_not_be_judged_nothing_is_asked(verdict: Any) -> None:
    assert next_step(alert(verdict=verdict, episodes=(MISSED,))) is None
