"""The labels are true: what is written down about each world holds in its raw events."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.alerts.judged import verdict_of
from tests.alerts.worlds import all_worlds, built_world
from tests.alerts.worlds.labels import PERIOD

NAMES = [world.name for world in all_worlds()]


def test_there_are_at_least_sixty_alerts_over_thirty_incidents() -> None:
    assert sum(len(world.episodes) for world in all_worlds()) >= 30
    assert sum(len(world.alerts) for world in all_worlds()) >= 60
    verdicts = Counter(alert.verdict for world in all_worlds() for _, alert in world.alerts)
    assert min(verdicts[verdict] for verdict in ("works", "late", "never_fired", "dead", "noisy")) >= 2
    kinds = {alert.dead for world in all_worlds() for _, alert in world.alerts}
    assert kinds >= {"disabled", "unconnected", "no action", "environment", "query", "snoozed", "not migrated"}


@pytest.mark.parametrize("name", NAMES)
def test_each_verdict_follows_from_the_raw_events(name: str) -> None:
    built = built_world(name)
    judged = {alert.name: verdict_of(built, part, alert) for part, alert in built.world.alerts if alert.verdict}
    assert judged == {alert.name: alert.verdict for _, alert in built.world.alerts if alert.verdict}


@pytest.mark.parametrize("name", NAMES)
def test_brute_force_can_tell_what_is_replayable(name: str) -> None:
    built = built_world(name)
    for _, alert in built.world.alerts:
        assert built.truths[alert.name].is_replayable or not alert.replayable, alert.name


@pytest.mark.parametrize("name", NAMES)
def test_no_event_lies_on_the_edge_of_a_bucket(name: str) -> None:
    assert not [event for event in built_world(name).raw.events if event.at % 10_000 == 0]


@pytest.mark.parametrize("name", NAMES)
def test_each_incident_begins_and_ends_with_an_event_inside_the_period(name: str) -> None:
    built = built_world(name)
    for episode in built.world.episodes:
        assert -PERIOD < episode.began < episode.ended < 0
        times = [built.minutes(event.at) for event in built.raw.events if event.issue in episode.issues]
        assert any(abs(at - episode.began) < 0.1 for at in times)
        assert any(episode.ended - 6 < at <= episode.ended + 0.1 for at in times)


def test_a_world_is_the_same_whenever_it_is_built() -> None:
    from tests.alerts.worlds.building import built

    world = next(world for world in all_worlds() if world.name == "tags")
    assert built(world).truths == built_world("tags").truths
