"""The shipped incidents. To add one: a module with a ``SCENARIO``, and its line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.scenarios import (
    geocoding_503,
    payment_spike,
    typeerror_v2_4_1,
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        module.SCENARIO.name: module.SCENARIO
        for module in (
            payment_spike,
            geocoding_503,
            typeerror_v2_4_1,
        )
    }
)
"""Every shipped scenario by its name, the runbook's three examples first."""
