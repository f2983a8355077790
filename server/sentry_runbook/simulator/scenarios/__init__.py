"""The shipped incidents. To add one: a module in this folder with a ``SCENARIO``; nothing else lists them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from sentry_runbook.simulator.scenario import Scenario

__all__ = ["SCENARIOS"]

_FIRST = ("payment-spike", "geocoding-503", "typeerror-v2.4.1")
"""The runbook's three examples, which stand before all others."""


def discovered() -> Mapping[str, Scenario]:
    """Return the scenario of every module of this folder by its name: the runbook's three, then the others by name.

    Raises:
        ValueError: two modules give their scenarios the same name.
    """
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    scenarios: list[Scenario] = [module.SCENARIO for module in modules]
    ranks = {name: rank for rank, name in enumerate(_FIRST)}
    scenarios.sort(key=lambda scenario: (ranks.get(scenario.name, len(ranks)), scenario.name))
    named = {scenario.name: scenario for scenario in scenarios}
    if len(named) < len(scenarios):
        msg = f"two scenarios share a name: {[scenario.name for scenario in scenarios]}"
        raise ValueError(msg)
    return MappingProxyType(named)


SCENARIOS: Mapping[str, Scenario] = discovered()
"""Every shipped scenario by its name, the runbook's three examples first."""
