"""From a labelled world to the embedded Sentry: raw events first, then what each alert did, by brute force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sentry_runbook.simulator.clock import ManualClock, to_ms
from sentry_runbook.simulator.profile import Profile
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DetectorSpec,
    FiringSpec,
    IssueSpec,
    OccurrenceSpec,
    RawEventSpec,
    Scenario,
)
from sentry_runbook.simulator.world import World
from tests.alerts.brute_force import CannotTell, Firing, rule_firings, workflow_firings
from tests.alerts.metrics import Opened, detector_states, metric_rule_states, stretches
from tests.alerts.raw import HOUR, MINUTE, Raw, raw_of
from tests.alerts.rows import detector_row, metric_rule_row, rule_row, workflow_row
from tests.alerts.worlds.labels import PERIOD, AlertWorld, Labelled, Part

PROFILES = {
    "today": Profile(),
    "before": Profile(workflows=False, old_alerts="alive"),
    "both": Profile(workflows=True, old_alerts="alive"),
}


@dataclass(frozen=True)
class Truth:
    """What an alert did by its condition.

    Attributes:
        firings: of an issue alert; ``opened``: of a metric monitor; both None: it cannot be replayed.
    """

    firings: tuple[Firing, ...] | None = None
    opened: tuple[Opened, ...] | None = None

    @property
    def is_replayable(self) -> bool:
        """Whether brute force could tell."""
        return self.firings is not None or self.opened is not None


@dataclass(frozen=True)
class Built:
    """A world as it is played: the raw events, what each alert did, and the scenario with these histories."""

    world: AlertWorld
    raw: Raw
    truths: Mapping[str, Truth]
    scenario: Scenario
    profile: Profile

    @property
    def origin(self) -> int:
        """Epoch milliseconds from which the scenario's minutes count."""
        return to_ms(self.world.now)

    @property
    def begin(self) -> int:
        """Epoch milliseconds at which the period begins: fourteen days ago, at the full hour."""
        return (self.origin - round(PERIOD * MINUTE)) // HOUR * HOUR

    def minutes(self, at: int) -> float:
        """Return a scenario's minute of an instant."""
        return (at - self.origin) / MINUTE

    def recorded(self, alert: Labelled) -> AlertSpec | DetectorSpec:
        """Return the alert with its history, as the embedded Sentry has it."""
        for part in self.scenario.all_projects():
            specs: tuple[AlertSpec | DetectorSpec, ...] = (*part.alerts, *part.detectors)
            for spec in specs:
                if spec.name == alert.name:
                    return spec
        raise KeyError(alert.name)

    def sentry(self) -> tuple[World, ManualClock]:
        """Return a new embedded Sentry of it, at the moment of looking."""
        clock = ManualClock(self.world.now)
        return World(self.scenario, clock), clock


def built(world: AlertWorld) -> Built:
    """Build a world: its events decide what its alerts did."""
    names = [alert.name for _, alert in world.alerts]
    assert len(set(names)) == len(names), f"two alerts of {world.name} share a name"
    raw = raw_of(World(_together([part.scenario for part in world.parts]), ManualClock(world.now)))
    truths = {alert.name: truth_of(alert, raw, part.slug) for part, alert in world.alerts}
    origin = to_ms(world.now)
    scenario = _together([_recorded(part, truths, origin) for part in world.parts])
    return Built(world, raw, truths, scenario, PROFILES[world.generation])


def truth_of(alert: Labelled, raw: Raw, project: str) -> Truth:
    """Return what an alert did by its condition, evaluated over the raw events."""
    spec = alert.spec
    try:
        if isinstance(spec, DetectorSpec):
            states = (
                detector_states(detector_row(spec), raw, project)
                if spec.migrated
                else metric_rule_states(metric_rule_row(spec), raw, project)
            )
            return Truth(opened=tuple(states))
        if not spec.migrated:
            return Truth(firings=tuple(rule_firings(rule_row(spec, project), raw)))
        is_watching = spec.connected and spec.monitor is None
        return Truth(firings=tuple(workflow_firings(workflow_row(spec), raw, {project} if is_watching else ())))
    except CannotTell:
        return Truth()


def _together(scenarios: Sequence[Scenario]) -> Scenario:
    first, *others = scenarios
    return replace(first, beside=tuple(others))


def _recorded(part: Part, truths: Mapping[str, Truth], origin: int) -> Scenario:
    alerts, detectors, issues = list[AlertSpec](), list[DetectorSpec](), list[IssueSpec]()
    for alert in part.alerts:
        spec, truth = alert.spec, truths[alert.name]
        if isinstance(spec, AlertSpec):
            alerts.append(_with_firings(spec, alert, truth, origin))
            continue
        opened = _with_opened(spec, alert, truth, origin)
        if opened.opened and spec.migrated:
            short_id = f"{part.slug.upper()}-M{len(detectors) + 1}"
            issues.append(_metric_issue(short_id, opened))
            opened = replace(opened, issue=short_id)
        detectors.append(opened)
        if spec.migrated:
            alerts.append(_notifying(opened))
    scenario = part.scenario
    return replace(
        scenario,
        alerts=(*scenario.alerts, *alerts),
        detectors=(*scenario.detectors, *detectors),
        issues=(*scenario.issues, *issues),
    )


def _with_firings(spec: AlertSpec, alert: Labelled, truth: Truth, origin: int) -> AlertSpec:
    if alert.history == "given":
        return spec
    fired = truth.firings if alert.history == "replayed" else None
    late = round(alert.delay * MINUTE)
    firings = [FiringSpec((firing.at + late - origin) / MINUTE, firing.issue) for firing in fired or ()]
    return replace(spec, firings=tuple(firings))


def _with_opened(spec: DetectorSpec, alert: Labelled, truth: Truth, origin: int) -> DetectorSpec:
    if alert.history == "given":
        return spec
    opened = stretches(truth.opened or ()) if alert.history == "replayed" else []
    return replace(
        spec,
        opened=tuple(
            ((start - origin) / MINUTE + alert.delay, None if end is None else (end - origin) / MINUTE + alert.delay)
            for start, end in opened
        ),
    )


def _notifying(spec: DetectorSpec) -> AlertSpec:
    """Return the alert that tells people of what a monitor found; without one it would notify nobody."""
    firings = tuple(FiringSpec(begin, spec.issue) for begin, _ in spec.opened) if spec.issue else ()
    return AlertSpec(f"Notify of {spec.name}", environment=None, monitor=spec.name, triggers=(), firings=firings)


def _metric_issue(short_id: str, spec: DetectorSpec) -> IssueSpec:
    """Return the issue that a metric monitor made, with an event at each opening."""
    return IssueSpec(
        short_id,
        title=spec.name,
        category="metric",
        issue_type="metric_issue",
        occurrence=OccurrenceSpec(spec.name, type=8001),
        raw=tuple(RawEventSpec(begin, environment=spec.environment) for begin, _ in spec.opened),
    )
