"""Each replayed condition fires when brute force over the raw events does, to the step of the counts, and only then."""

from __future__ import annotations

import pytest

from tests.alerts.compared import differences
from tests.alerts.played import played
from tests.alerts.worlds import QUICK, all_worlds

NAMES = [
    pytest.param(world.name, marks=() if world.name in QUICK else pytest.mark.matrix, id=world.name)
    for world in all_worlds()
]


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_fires_when_brute_force_does(name: str) -> None:
    here = played(name)
    told = {alert.name: list(differences(here, part, alert)) for part, alert in here.built.world.alerts}
    assert {name: lines for name, lines in told.items() if lines} == {}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_would_have_fired_that_cannot_be_replayed(name: str) -> None:
    here = played(name)
    for _, alert in here.built.world.alerts:
        row = here.row(alert.name)
        episodes = row.get("episodes", ())
        if not alert.replayable:
            assert "would_have_fired_at" not in row, alert.name
            assert not [one for one in episodes if "would_have_fired_at" in one], alert.name
            assert "cannot be replayed" in row["replay"], alert.name
