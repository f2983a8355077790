"""Labelled worlds: incidents, alerts over them, and what is right to say of each."""

from __future__ import annotations

from functools import cache

from tests.alerts.worlds.building import Built, built
from tests.alerts.worlds.labels import AlertWorld


def all_worlds() -> tuple[AlertWorld, ...]:
    """Return every world, in the order of its module."""
    from tests.alerts.worlds import before, counts, lifecycle, logic, metrics, quiet, scopes

    made = [world() for module in (counts, scopes, logic, lifecycle, metrics, quiet, before) for world in module.WORLDS]
    names = [world.name for world in made]
    assert len(set(names)) == len(names), "two worlds share a name"
    return tuple(made)


@cache
def built_world(name: str) -> Built:
    """Return a world by its name, built once."""
    return built(next(world for world in all_worlds() if world.name == name))
