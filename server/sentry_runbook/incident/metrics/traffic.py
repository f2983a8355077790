"""Whether the errors follow the traffic.

Traffic is the sessions that start in an hour: Sentry counts them exactly, and they are fetched for the crash-free rate
anyway. Events are added up in the same clock hours. Left out are hours that are still open on either side, and those
in which part of the events was not measured. A few hours go together by chance, so the fewer there are, the closer
they must (the 5 % point of Pearson's coefficient is near 2/√n).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from statistics import StatisticsError, correlation, median

from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.metrics.timeseries import HOUR, between, end_of
from sentry_runbook.incident.model.evidence import Evidence, Known, Series, SessionHour, Unknown

FEWEST_HOURS = 6
FOLLOWS = 0.6
ROSE = 1.5
FLAT = 1.2
NO_ERROR_DATA = "rates over time exist for error events only"


@dataclass(frozen=True)
class TrafficCorrelation:
    """How errors and traffic go together.

    Attributes:
        coefficient: Pearson's, -1..1; 0 when one of the two never changed.
        rise: the traffic's busiest hour against its median.
        errors_rise: the same of the errors; infinite when most hours had none.
        hours: full hours in which both were measured.
    """

    coefficient: float
    rise: float
    errors_rise: float
    hours: int

    @property
    def follows(self) -> bool:
        """Errors rise and fall with a traffic that rose."""
        return self.coefficient >= max(FOLLOWS, 2 / sqrt(self.hours)) and self.rise >= ROSE

    @property
    def flat(self) -> bool:
        """The traffic hardly changed while the errors did."""
        return self.rise < FLAT and self.errors_rise >= ROSE


def traffic_correlation(evidence: Evidence) -> TrafficCorrelation | Unknown:
    """The issue's events against the sessions of its project, hour by hour; unknown when too few were measured."""
    if not evidence.issue.is_error:
        return Unknown(why=NO_ERROR_DATA)
    if not isinstance(evidence.sessions, Known):
        return evidence.sessions
    if not isinstance(evidence.series, Known):
        return evidence.series
    pairs = list(_measured_hours(evidence.sessions.value.hours, evidence.series.value.events))
    if len(pairs) < FEWEST_HOURS:
        measured = count(len(pairs), "full hour")
        return Unknown(why=f"sessions and events were both measured in {measured}, of at least {FEWEST_HOURS} needed")
    sessions, events = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if not any(sessions):
        return Unknown(why="no session started in the window")
    try:
        coefficient = correlation(sessions, events)
    except StatisticsError:
        # One of the two is constant: then there is nothing to follow.
        coefficient = 0.0
    return TrafficCorrelation(coefficient, rise=_rise(sessions), errors_rise=_rise(events), hours=len(pairs))


def _measured_hours(hours: tuple[SessionHour, ...], events: Series) -> Iterator[tuple[float, float]]:
    """Sessions and events of each full hour in which both were counted."""
    for hour in hours:
        end = hour.start + HOUR
        if not hour.complete or end > events.complete_until or hour.start < events.start or end > end_of(events):
            continue
        counts = between(events, hour.start, end).values
        measured = [events for events in counts if events is not None]
        if hour.sessions is not None and counts and len(measured) == len(counts):
            yield float(hour.sessions), sum(measured)


def _rise(counts: list[float]) -> float:
    """The largest count against the median: 1 when none changed, infinite when most are 0 and one is not."""
    middle, most = median(counts), max(counts)
    if middle:
        return most / middle
    return float("inf") if most else 1.0
