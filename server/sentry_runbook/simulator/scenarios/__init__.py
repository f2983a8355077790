"""The shipped incidents. To add one: a module with a ``SCENARIO``, and its name in the two lists here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.scenarios import (
    data_corruption,
    geocoding_503,
    payment_spike,
    resource_exhaustion,
    sdk_misconfiguration,
    staging_only,
    typeerror_v2_4_1,
)

__all__ = ["SCENARIOS"]

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        module.SCENARIO.name: module.SCENARIO
        for module in (
            payment_spike,
            geocoding_503,
            typeerror_v2_4_1,
            data_corruption,
            resource_exhaustion,
            sdk_misconfiguration,
            staging_only,
        )
    }
)
"""Every shipped scenario by its name, the runbook's three examples first."""
