"""Organizations with 5, 50 and 500 alerts over the same two weeks, for what a review of them costs.

The alerts are of every form in fixed shares, their thresholds, windows and environments differ, and as many of them
fired as in teams that have many: most never did.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DetectorSpec,
    FiringSpec,
    IssueSpec,
    MonitorSpec,
    Raised,
    Scenario,
    Stream,
)
from sentry_runbook.simulator.scenario.watchers import FilterSpec
from sentry_runbook.simulator.world import World

SIZES = (5, 50, 500)
DAYS = 14
DAY = 1440.0
INTERVALS = ("1m", "5m", "15m", "1h", "1d")
VALUES = (5, 10, 20, 50, 100, 500)
SPIKES = (-9.3 * DAY, -5.1 * DAY, -1.4 * DAY)
"""Minutes at which an incident began."""


def world(alerts: int) -> World:
    """The Sentry with that many alerts."""
    specs = list(_specs(alerts))
    scenario = Scenario(
        name=f"many alerts {alerts}",
        issues=tuple(_issues()),
        alerts=tuple(spec for spec in specs if isinstance(spec, AlertSpec)),
        detectors=tuple(spec for spec in specs if isinstance(spec, DetectorSpec)),
        monitors=tuple(spec for spec in specs if isinstance(spec, MonitorSpec)),
    )
    return World([scenario], ManualClock())


def _issues() -> Iterator[IssueSpec]:
    """Issues at their usual rates, some of which rose in one of the incidents."""
    for number in range(1, 13):
        usual = Stream(20 * DAYS * 2, -2 * DAYS * DAY, -1.0, users=40)
        spike = SPIKES[number % len(SPIKES)]
        streams = (usual, Stream(150, spike, spike + 60, users=90)) if number <= 6 else (usual,)
        yield IssueSpec(f"SHOP-{number}", chain=(Raised("ValueError", f"case {number}"),), streams=streams)


def _specs(alerts: int) -> Iterator[AlertSpec | DetectorSpec | MonitorSpec]:
    for number in range(alerts):
        form = number % 10
        if form in (3, 6):
            yield DetectorSpec(f"metric {number}", window=(5, 10, 60)[number % 3], above=20.0 + number % 40)
        elif form == 9:
            yield MonitorSpec(slug=f"job-{number}", since=-2 * DAY)
        else:
            yield _alert(number)


def _alert(number: int) -> AlertSpec:
    comparison = {"value": VALUES[number % len(VALUES)], "interval": INTERVALS[number % len(INTERVALS)]}
    condition = {"type": "event_frequency_count", "comparison": comparison}
    fired = [FiringSpec(at + 10, f"SHOP-{number % 12 + 1}") for at in SPIKES] if number % 5 == 0 else []
    return AlertSpec(
        name=f"alert {number}",
        environment=(None, "production", "staging")[number % 3],
        triggers=(),
        filters=(FilterSpec(conditions=(condition,)),),
        firings=tuple(fired),
        connected=number % 25 != 7,
        enabled=number % 25 != 8,
    )
