"""The values of a metric monitor at its steps, those in a row that are equal as one run. Pure.

Two weeks hold twenty thousand steps, and a value only changes where an event enters or leaves its window: only there it
is computed. Monitors that measure the same over the same window share their runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf

from sentry_runbook.incident.alerts.replay_series import CountedPeriod
from sentry_runbook.incident.alerts.replay_values import (
    HOUR_S,
    SKIPPED,
    Measure,
    MetricValue,
    aggregate_of,
    measure_of,
    population_of,
)
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, MetricCondition


@dataclass(frozen=True)
class ValueRun:
    """A value that several steps in a row have: from the step at ``first`` to that at ``last``, epoch seconds."""

    first: int
    last: int
    value: MetricValue


def runs_of(
    alert: AlertDefinition, metric: MetricCondition, period: CountedPeriod, step: int
) -> tuple[ValueRun, ...] | None:
    """The values from an hour before the period: what was open at its beginning is no firing of it.

    Returns:
        None where the series for it are not there.
    """
    population = population_of(alert, metric, dict(period.numbers), aggregate_of(metric))
    key = ("runs", population, metric.window_s, metric.comparison_s, step)
    if key not in period.kept:
        measure = measure_of(alert, metric, period)
        found = None if measure is None else tuple(_joined(_valued(metric, measure, period, step)))
        period.kept[key] = found
    kept = period.kept[key]
    return kept if isinstance(kept, tuple) else None


def _valued(metric: MetricCondition, measure: Measure, period: CountedPeriod, step: int) -> Iterator[ValueRun]:
    first = -(-(period.start - HOUR_S) // step) * step
    steps = range(first, period.end + 1, step)
    if not steps:
        return
    places = list(steps) if measure.edges is None else _places(measure.edges, metric.comparison_s or 0, steps)
    for at, following in zip(places, [*places[1:], steps[-1] + step], strict=True):
        now = measure.value(at)
        yield ValueRun(
            at,
            following - step,
            now if metric.comparison_s is None else _compared(now, measure.value(at - metric.comparison_s)),
        )


def _places(edges: Iterable[int], shift: int, steps: range) -> list[int]:
    """The first step at or after each edge, of the window itself and of the one that it is compared with."""
    shifted = ((edge, edge + shift) if shift else (edge,) for edge in edges)
    rounded = {-(-at // steps.step) * steps.step for both in shifted for at in both}
    return sorted({steps[0], *(at for at in rounded if steps[0] <= at <= steps[-1])})


def _joined(runs: Iterable[ValueRun]) -> Iterator[ValueRun]:
    """Runs of equal values as one."""
    last: ValueRun | None = None
    for run in runs:
        if last is not None and last.value == run.value:
            last = ValueRun(last.first, run.last, last.value)
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def _compared(now: MetricValue, then: MetricValue) -> MetricValue:
    """In percent of the value before; without one the step is skipped."""
    if now.is_skipped or then.is_skipped or then.high <= 0:
        return SKIPPED
    high = inf if then.low <= 0 else now.high / then.low * 100
    low = max(now.low, 0) / then.high * 100 if then.high < inf else 0
    return MetricValue(low, high, may_skip=now.may_skip or then.may_skip or then.low <= 0)
