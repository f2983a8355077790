"""Each replayed condition fires when brute force over the raw events does, to the step of the counts, and only then."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.alerts.compared import differences, instant, told_surely
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
def test_when_it_would_have_fired_is_when_brute_force_fires(name: str) -> None:
    here = played(name)
    for _, alert in here.built.world.alerts:
        row, truth = here.row(alert.name), here.built.truths[alert.name]
        if "would_have_fired_at" not in row or alert.dead is not None:
            continue
        fired = [one.at for one in truth.firings or ()] + [one.at for one in truth.opened or ()]
        times = [instant(at) for at in fired]
        step = timedelta(seconds=here.replays[alert.name].step_s or 60)
        first = datetime.fromisoformat(row["would_have_fired_at"])
        last = datetime.fromisoformat(row.get("would_have_fired_by", row["would_have_fired_at"]))
        assert any(first <= at <= last + step for at in times), (alert.name, row["would_have_fired_at"])


def test_most_firings_are_told_for_certain() -> None:
    # Intervals that are merely possible prove nothing. People in a window and tags beside a count leave some open.
    told = [told_surely(played(name), alert) for name in QUICK for _, alert in played(name).built.world.alerts]
    sure, together = (sum(numbers) for numbers in zip(*told, strict=True))
    assert sure >= 0.9 * together > 0


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
