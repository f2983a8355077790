"""Values of a metric monitor at each of its steps, as bounds: from the series of what it measures. Pure.

A value covers ``(t - W, t]``. Where the buckets end at both edges it is exact for counts; where they do not, it lies
between the buckets inside the window and all that it touches. Distinct users are at least those of the fullest bucket,
at most the sum. Of a rate the failures are summed; of a mean, or a percentile, the value of several buckets together
lies between those of the buckets.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf

from sentry_runbook.incident.alerts.replay_cells import MANY, CountCells, SeriesPiece, compose, piece_of, second
from sentry_runbook.incident.alerts.replay_series import ERRORS, EVENTS, USERS, CountedPeriod
from sentry_runbook.incident.model.evidence import Series
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, MetricCondition
from sentry_runbook.incident.model.evidence.alert_review import ALL_OTHERS, Population

HOUR_S = 3600
EVENTS_DATASET = "events"
"""Sentry's word for the errors, in a monitor."""
FAILURE_RATE = "failure_rate()"
MEAN_LIKE = re.compile(r"(?:p\d{2,3}|percentile|avg|apdex)\(.{0,200}\)")
CRASH_FREE = re.compile(r"(?:sessions|users)_crashed")
CRASHED_USERS = "users_crashed"


@dataclass(frozen=True)
class MetricValue:
    """Bounds of a value; ``may_skip``: there may have been nothing to measure, ``is_skipped``: there was nothing."""

    low: float
    high: float
    may_skip: bool = False
    is_skipped: bool = False


SKIPPED = MetricValue(0, 0, may_skip=True, is_skipped=True)
NOT_KNOWN = MetricValue(-inf, inf, may_skip=True)
ValueAt = Callable[[int], MetricValue]
"""Value of the window that ends at an instant."""


@dataclass(frozen=True)
class Measure:
    """How the value of a window comes about.

    Attributes:
        edges: instants at which the value may be another than at the one before; None: at any.
    """

    value: ValueAt
    edges: frozenset[int] | None = None


def population_of(
    alert: AlertDefinition, metric: MetricCondition, numbers: dict[str, str], aggregate: str
) -> Population:
    """The events that a monitor measures."""
    return Population(
        projects=tuple(sorted(numbers.get(name, name) for name in alert.project_ids)),
        environment=alert.raw_environment or alert.environment or None,
        search=metric.raw_query,
        aggregate=aggregate,
        dataset=ERRORS if metric.dataset in (None, EVENTS_DATASET) else metric.dataset or ERRORS,
        by_issue=False,
    )


def aggregate_of(metric: MetricCondition) -> str:
    """What it measures, as it goes into a request."""
    return metric.raw_aggregate or metric.aggregate


def aggregates_of(metric: MetricCondition) -> tuple[str, ...]:
    """The series that its values are made of."""
    aggregate = aggregate_of(metric)
    return (aggregate, EVENTS) if aggregate == FAILURE_RATE else (aggregate,)


def why_not_metric(metric: MetricCondition) -> str | None:
    """Why a monitor cannot be replayed, a phrase; None: it can be."""
    aggregate = aggregate_of(metric)
    if metric.is_dynamic:
        return "anomaly detection runs outside Sentry's own rules"
    if metric.is_partial:
        return "a part of its condition could not be read"
    if not metric.thresholds:
        return "its thresholds are not told"
    if CRASH_FREE.search(aggregate):
        return _why_not_crash_free(metric, aggregate)
    if aggregate not in (EVENTS, USERS, FAILURE_RATE) and not MEAN_LIKE.fullmatch(aggregate):
        return "what it measures is not known here"
    return None


def _why_not_crash_free(metric: MetricCondition, aggregate: str) -> str | None:
    if metric.window_s < HOUR_S:
        return "sessions are counted by the hour, and its window is shorter"
    if CRASHED_USERS in aggregate:
        return "crashed users are not counted by time"
    return "sessions that meet a search are not counted by time" if metric.raw_query else None


class MetricSeries:
    """Buckets of a number that is no count: values of those that lie in a window, as bounds."""

    def __init__(self, series: Series) -> None:
        self.start, self.step = second(series.start), series.step_s
        self.values = series.values

    def inside(self, start: int, end: int) -> list[float | None] | None:
        """The buckets of a window that they fill exactly; None: they do not."""
        if (start - self.start) % self.step or (end - self.start) % self.step:
            return None
        first, last = (start - self.start) // self.step, (end - self.start) // self.step
        return None if first < 0 or last > len(self.values) else list(self.values[first:last])


def measure_of(alert: AlertDefinition, metric: MetricCondition, period: CountedPeriod) -> Measure | None:
    """How the value of a window comes about; None: the series for it are not there."""
    aggregate = aggregate_of(metric)
    if CRASH_FREE.search(aggregate):
        crash_free = _crash_free(alert, metric, period)
        return None if crash_free is None else Measure(crash_free)
    population = population_of(alert, metric, dict(period.numbers), aggregate)
    series = period.totals(population)
    if aggregate == EVENTS:
        return _counted(compose(_pieces(series), until=_end(series, period)), period, population, metric.window_s)
    if aggregate == USERS:
        return _distinct(series, period, population, metric.window_s)
    return _of_rates(series, period, population, metric) if series else None


def _distinct(series: list[Series], period: CountedPeriod, population: Population, window: int) -> Measure | None:
    # There are no more users than events: where those are too few, users were not asked for.
    bound = bound_of(period, population)
    by_step = (*_by_step(series, period), *((bound,) if bound is not None else ()))
    return Measure(lambda end: _users(by_step, end - window, end), _edges(by_step, window)) if by_step else None


def _of_rates(series: list[Series], period: CountedPeriod, population: Population, metric: MetricCondition) -> Measure:
    rows, window = [MetricSeries(one) for one in series], metric.window_s
    if aggregate_of(metric) == FAILURE_RATE:
        counts = [MetricSeries(one) for one in period.totals(population.model_copy(update={"aggregate": EVENTS}))]
        if counts:
            return Measure(lambda end: _rate(rows, counts, end - window, end))
    return Measure(lambda end: _mean(rows, end - window, end))


def _edges(counted: Iterable[CountCells], window: int) -> frozenset[int]:
    """Where a cell that may hold events enters a window that ends there, in part or whole, or leaves it."""
    bounds = {
        bound
        for cells in counted
        for start, end, high in zip(cells.starts, cells.ends, cells.highs, strict=True)
        if high
        for bound in (start, end)
    }
    # An end at a bound and one just after it touch other cells.
    return frozenset(bound + shift for bound in bounds for shift in (0, 1, window, window + 1))


def _pieces(series: list[Series]) -> Iterator[SeriesPiece]:
    return (piece_of(one) for one in series)


def _end(series: list[Series], period: CountedPeriod) -> int:
    return (
        max(period.end, *(second(one.start) + one.step_s * len(one.values) for one in series)) if series else period.end
    )


def _by_step(series: list[Series], period: CountedPeriod) -> tuple[CountCells, ...]:
    steps = sorted({one.step_s for one in series})
    return tuple(
        compose((piece_of(one) for one in series if one.step_s == step), until=_end(series, period)) for step in steps
    )


def _counted(cells: CountCells, period: CountedPeriod, population: Population, window: int) -> Measure:
    bound = bound_of(period, population)

    def value(end: int) -> MetricValue:
        low, high = cells.lower(end - window, end), cells.upper(end - window, end)
        if high >= MANY and bound is not None:
            high = max(low, bound.upper(end - window, end))
        return MetricValue(low, inf if high >= MANY else high)

    return Measure(value, _edges((cells, *((bound,) if bound is not None else ())), window))


def bound_of(period: CountedPeriod, population: Population) -> CountCells | None:
    """All errors of its projects, of any environment: no count of a part of them is higher. None: not known."""
    if population.dataset != ERRORS:
        return None
    key = ("bound", population.projects)
    kept = period.kept.get(key)
    if kept is None:
        kept = period.kept[key] = _bound(period, frozenset(population.projects))
    return kept if isinstance(kept, CountCells) else None


def _bound(period: CountedPeriod, projects: frozenset[str]) -> CountCells | str:
    sums: dict[int, int] = {}
    steps = {row.events.step_s for row in period.hourly}
    covered = {name for row in period.hourly for name in row.population.projects}
    if not period.hourly or len(steps) != 1 or any(row.is_partial for row in period.hourly):
        return "not known"
    if "-1" not in covered and not (projects and projects <= covered):
        return "not known"
    (step,) = steps
    for row in period.hourly:
        project = period.project_of(row.issue) if row.issue and row.issue != ALL_OTHERS else None
        if projects and project is not None and project not in projects:
            continue
        if projects and not {"-1", *projects} & set(row.population.projects):
            continue
        start = second(row.events.start)
        for index, count in enumerate(row.events.values):
            at = start + index * step
            sums[at] = sums.get(at, 0) + (MANY if count is None else round(count))
    first, last = min(sums, default=0), max(sums, default=0)
    cells = [(at, at + step, 0, sums.get(at, MANY)) for at in range(first, last + step, step)]
    return CountCells([(first - 10**9, first, 0, MANY), *cells])


def _users(by_step: tuple[CountCells, ...], start: int, end: int) -> MetricValue:
    low = max(cells.highest(start, end) for cells in by_step)
    high = min(cells.upper(start, end) for cells in by_step)
    return MetricValue(low, inf if high >= MANY else max(low, high))


def _rate(rates: list[MetricSeries], counts: list[MetricSeries], start: int, end: int) -> MetricValue:
    for rate, count in ((rate, count) for rate in rates for count in counts if rate.step == count.step):
        shares, numbers = rate.inside(start, end), count.inside(start, end)
        if shares is None or numbers is None or None in numbers:
            continue
        pairs = [(share, number or 0) for share, number in zip(shares, numbers, strict=True)]
        if any(share is None and number for share, number in pairs):
            continue
        total = sum(number for _, number in pairs)
        # Whether a rate of nothing is 0, or no value, is not known.
        if not total:
            return MetricValue(0, 0, may_skip=True)
        exact = sum((share or 0) * number for share, number in pairs) / total
        return MetricValue(exact, exact)
    return _mean(rates, start, end)


def _mean(rows: list[MetricSeries], start: int, end: int) -> MetricValue:
    for row in rows:
        values = row.inside(start, end)
        if values is None:
            continue
        known = [value for value in values if value is not None]
        if known:
            return MetricValue(min(known), max(known), may_skip=len(known) < len(values))
    return NOT_KNOWN


def _crash_free(alert: AlertDefinition, metric: MetricCondition, period: CountedPeriod) -> ValueAt | None:
    """(1 - crashed / all) * 100, of the hours of the window; only at full hours."""
    hours = _session_hours(alert, period)
    if hours is None:
        return None
    starts = sorted(hours)

    def value(end: int) -> MetricValue:
        start = end - metric.window_s
        inside = starts[bisect_left(starts, start) : bisect_right(starts, end - HOUR_S)]
        if start % HOUR_S or len(inside) * HOUR_S != metric.window_s:
            return NOT_KNOWN
        total = sum(hours[at][0] for at in inside)
        if not total:
            return SKIPPED
        free = 100 * (1 - sum(hours[at][1] for at in inside) / total)
        return MetricValue(free, free)

    return value


def _session_hours(alert: AlertDefinition, period: CountedPeriod) -> dict[int, tuple[float, float]] | None:
    """Sessions and crashed ones by the start of the hour, of all its projects; None: those of one are not known."""
    environment = alert.raw_environment or alert.environment or None
    projects = {period.numbers.get(name, name) for name in alert.project_ids}
    hours: dict[int, tuple[float, float]] = {}
    known: set[str] = set()
    for row in period.all_sessions:
        if row.project not in projects or row.raw_environment != environment:
            continue
        known.add(row.project)
        for hour in row.hours:
            if hour.sessions is None or (hour.sessions and hour.crash_rate is None):
                return None
            crashed = hour.sessions * (hour.crash_rate or 0)
            sessions, before = hours.get(second(hour.start), (0.0, 0.0))
            hours[second(hour.start)] = sessions + hour.sessions, before + crashed
    return hours if projects and known == projects else None
