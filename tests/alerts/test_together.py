"""All worlds of today as one organization: of more than one call can count less is told, and nothing wrong."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import anyio
import pytest

from tests.alerts.compared import differences
from tests.alerts.played import Played, play
from tests.alerts.worlds import all_worlds
from tests.alerts.worlds.building import built
from tests.alerts.worlds.labels import NOW, AlertWorld, Part

pytestmark = pytest.mark.matrix


@cache
def organization() -> Played:
    """The projects of all worlds that are looked at at the same moment, their alerts told apart by their project."""
    worlds = [world for world in all_worlds() if world.generation == "today" and world.now == NOW]
    parts = [_named(part) for world in worlds for part in world.parts if not world.name.startswith("drawn")]
    return anyio.run(play, built(AlertWorld("organization", tuple(parts))))


def _named(part: Part) -> Part:
    alerts = [replace(one, spec=replace(one.spec, name=f"{part.slug}: {one.name}")) for one in part.alerts]
    return replace(part, alerts=tuple(alerts))


def test_no_replay_is_wrong() -> None:
    here = organization()
    told = {
        alert.name: list(differences(here, part, alert))
        for part, alert in here.built.world.alerts
        # Connected to nothing it has no project: it would look at all of them.
        if alert.dead != "unconnected"
    }
    assert {name: lines for name, lines in told.items() if lines} == {}


def test_no_verdict_is_wrong_and_few_are_unknown() -> None:
    here = organization()
    labels = {alert.name: alert.verdict for _, alert in here.built.world.alerts if alert.verdict}
    told = {name: here.row(name).get("verdict") for name in labels}
    assert len(labels) >= 100
    assert {name: said for name, said in told.items() if said not in (None, labels[name])} == {}
    assert sum(said is None for said in told.values()) <= len(labels) / 8


def test_every_incident_is_found() -> None:
    here = organization()
    found = {frozenset(here.short_ids[number] for number in episode.issues) for episode in here.episodes}
    assert found == {frozenset(episode.issues) for episode in here.built.world.episodes}
