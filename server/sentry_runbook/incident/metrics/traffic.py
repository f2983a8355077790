"""Whether the errors follow the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import StatisticsError, correlation, median

from sentry_runbook.incident.metrics.timeseries import between, end_of, resample
from sentry_runbook.incident.model.evidence import Evidence, Known, Series

FEWEST_BUCKETS = 6
STEP_S = 300
FOLLOWS = 0.6
ROSE = 1.5
FLAT = 1.2


@dataclass(frozen=True)
class TrafficCorrelation:
    """How errors and traffic go together.

    Attributes:
        coefficient: Pearson's, -1..1.
        rise: the traffic's highest bucket against its median.
    """

    coefficient: float
    rise: float

    @property
    def follows(self) -> bool:
        """Errors rise and fall with a traffic that rose."""
        return self.coefficient >= FOLLOWS and self.rise >= ROSE

    @property
    def flat(self) -> bool:
        """The traffic hardly changed while the errors did."""
        return self.rise < FLAT


def traffic_correlation(evidence: Evidence) -> TrafficCorrelation | None:
    """Errors against the traffic of the main endpoint; None when either was not measured well enough."""
    traffic = evidence.latency.value.traffic if isinstance(evidence.latency, Known) else None
    if traffic is None or not isinstance(evidence.series, Known):
        return None
    step = max(STEP_S, traffic.step_s, evidence.series.value.events.step_s)
    calls = resample(traffic, step)
    errors = resample(between(evidence.series.value.events, calls.start, end_of(calls)), step)
    pairs = [(a, b) for a, b in zip(calls.values, errors.values, strict=False) if a is not None and b is not None]
    if len(pairs) < FEWEST_BUCKETS or not _usable(calls):
        return None
    try:
        coefficient = correlation([a for a, _ in pairs], [b for _, b in pairs])
    except StatisticsError:
        # One of the two is constant: then there is nothing to follow.
        coefficient = 0.0
    middle = median(a for a, _ in pairs)
    return TrafficCorrelation(coefficient=coefficient, rise=max(a for a, _ in pairs) / middle if middle else 1.0)


def _usable(calls: Series) -> bool:
    return any(value for value in calls.values)
