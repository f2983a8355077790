"""Labelled worlds: incidents, alerts over them, and what is right to say of each."""

from __future__ import annotations

from functools import cache

from tests.alerts.worlds.building import Built, built
from tests.alerts.worlds.labels import AlertWorld

QUICK = frozenset(
    {
        "burst of 480",
        "staging burst",
        "cannot be replayed",
        "twelve a minute",
        "dead alerts",
        "old rules",
        "nobody was told",
    }
)
"""Worlds that are played in the quick suite; all others in the matrix."""


@cache
def all_worlds() -> tuple[AlertWorld, ...]:
    """Return every world, in the order of its module."""
    from tests.alerts.worlds import before, counts, drawn, gaps, lifecycle, logic, metrics, quiet, scopes

    modules = (counts, scopes, logic, lifecycle, metrics, quiet, before, gaps, drawn)
    made = [world() for module in modules for world in module.WORLDS]
    names = [world.name for world in made]
    assert len(set(names)) == len(names), "two worlds share a name"
    return tuple(made)


@cache
def built_world(name: str) -> Built:
    """Return a world by its name, built once."""
    return built(next(world for world in all_worlds() if world.name == name))
