"""Each suggested condition, evaluated over the raw events: it catches its incident, and fires else as often as told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.alerts.compared import instant
from tests.alerts.judged import IN_TIME, caught_by
from tests.alerts.played import Played, played
from tests.alerts.raw import MINUTE
from tests.alerts.suggested import outcome
from tests.alerts.test_replay_is_right import NAMES
from tests.alerts.worlds.labels import Episode, Part


def gaps_of(here: Played) -> list[tuple[Part, Episode, Mapping[str, Any]]]:
    """The gaps of an answer, each with the labelled incident that it is."""
    found = []
    for gap in here.first.get("gaps", ()):
        began = datetime.fromisoformat(gap["began"])
        labelled = [
            (part, episode, gap)
            for part in here.built.world.parts
            for episode in part.episodes or ()
            if part.slug == gap["project"]
            and abs(began - instant(here.built.origin + round(episode.began * MINUTE)))
            <= timedelta(minutes=episode.within)
        ]
        if any(part.episodes is None and part.slug == gap["project"] for part in here.built.world.parts):
            continue
        assert len(labelled) == 1, f"no incident began there: {gap}"
        found += labelled
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_gaps_are_the_incidents_that_no_alert_caught(name: str) -> None:
    here = played(name)
    uncaught = {
        episode.began
        for part in here.built.world.parts
        for episode in part.episodes or ()
        if not any(
            caught.outcome == "caught" and caught.episode == episode
            for alert in part.alerts
            for caught in caught_by(here.built, part, alert)
        )
    }
    assert {episode.began for _, episode, _ in gaps_of(here)} == uncaught


@pytest.mark.parametrize("name", NAMES)
def test_each_gap_has_a_suggestion(name: str) -> None:
    # What grows over hours is caught by nothing in the first fifteen minutes.
    gaps = [gap for _, episode, gap in gaps_of(played(name)) if episode.within <= 3]
    assert [gap for gap in gaps if "suggestion" not in gap] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_suggestion_catches_its_incident_and_little_else(name: str) -> None:
    here = played(name)
    for part, episode, gap in gaps_of(here):
        if "suggestion" not in gap:
            continue
        told = outcome(here.built, part.slug, gap["suggestion"], episode)
        assert told.after is not None, gap
        assert told.after <= IN_TIME + 1, gap
        exact, at_most = gap.get("extra_firings"), gap.get("extra_firings_at_most")
        assert exact is None or told.extra == exact, gap
        assert at_most is None or told.extra <= at_most, gap
