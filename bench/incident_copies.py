"""Twenty incidents of equal size for the measurement of many callers: copies of the shipped payment incident.

Each copy has a project and short ids of its own (``SHOP03-1Z`` in ``shop03``), so that none of its requests is one of
another copy's. One copy more serves to warm a server up.
"""

from __future__ import annotations

from dataclasses import replace

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.scenarios.payment_spike import SCENARIO
from sentry_runbook.simulator.world import World

COPIES = 20
ISSUES = tuple(f"SHOP{number:02}-1Z" for number in range(1, COPIES + 1))
"""Short ids of the incidents."""
WARM_UP = "SHOP00-1Z"
"""The incident that nobody asks for while the clock runs."""


def world() -> World:
    """The Sentry that holds all of them."""
    return World([_copy(number) for number in range(COPIES + 1)], ManualClock())


def _copy(number: int) -> Scenario:
    issues = tuple(
        replace(issue, short_id=issue.short_id.replace("SHOP-", f"SHOP{number:02}-")) for issue in SCENARIO.issues
    )
    return replace(SCENARIO, name=f"payment copy {number}", issues=issues, project=f"shop{number:02}", project_id="")
