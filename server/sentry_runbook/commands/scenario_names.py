"""The incidents that can be played, by their names."""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.errors import BadInput
from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.scenarios import SCENARIOS


def facts_of(scenarios: Sequence[Scenario]) -> list[dict[str, str]]:
    """The scenarios for a program: the name that starts one, the issue to ask about, and what happens."""
    return [{"name": one.name, "issue": one.issue, "title": one.title} for one in scenarios]


def scenarios_named(names: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios of these names, once each; all of them when none is named.

    Raises:
        BadInput: an unknown name; says which are known.
    """
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise BadInput(f"There is no scenario {unknown[0]!r}.", f"Valid are: {', '.join(SCENARIOS)}.")
    return tuple(SCENARIOS[name] for name in dict.fromkeys(names or SCENARIOS))
