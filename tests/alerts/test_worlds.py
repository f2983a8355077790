"""The labels are true: what is written down about each world holds in its raw events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from sentry_runbook.simulator.alert_payloads import rule, workflow
from sentry_runbook.simulator.clock import to_ms
from sentry_runbook.simulator.detector_payloads import detectors, metric_rule
from sentry_runbook.simulator.scenario import AlertSpec
from tests.alerts.judged import verdict_of
from tests.alerts.rows import detector_row, metric_rule_row, rule_row, workflow_row
from tests.alerts.worlds import all_worlds, built_world
from tests.alerts.worlds.labels import PERIOD

NAMES = [
    pytest.param(world.name, marks=pytest.mark.matrix if world.name.startswith("drawn") else (), id=world.name)
    for world in all_worlds()
]


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


# --- the embedded Sentry says the same -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_embedded_sentrys_rows_say_what_brute_force_was_given(name: str) -> None:
    built = built_world(name)
    world, clock = built.sentry()
    now = to_ms(clock())
    for part, alert in built.world.alerts:
        project, spec = world.find_project(part.slug), built.recorded(alert)
        assert project is not None
        if isinstance(spec, AlertSpec):
            row = workflow(project, spec, world, now) if spec.migrated else rule(project, spec, world, now)
            own = workflow_row(spec) if spec.migrated else rule_row(spec, part.slug)
        elif spec.migrated:
            row = next(row for row in detectors(project, world, now, "") if row["name"] == spec.name)
            own = detector_row(spec)
            if spec.detection_type == "dynamic":
                del own["conditionGroup"]
        else:
            row, own = metric_rule(project, spec), metric_rule_row(spec)
        assert_holds(row, own)


def assert_holds(row: object, own: object) -> None:
    """Assert that a row has all that our own has, ids and dates aside."""
    if isinstance(own, Mapping):
        assert isinstance(row, Mapping)
        for key, value in own.items():
            if not (key == "snoozeForEveryone" and not value):
                assert_holds(row.get(key), value)
    elif isinstance(own, list):
        assert isinstance(row, list)
        assert len(row) == len(own)
        for theirs, ours in zip(row, own, strict=True):
            assert_holds(theirs, ours)
    else:
        assert row == own
