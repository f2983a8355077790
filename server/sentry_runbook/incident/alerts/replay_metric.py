"""When a metric monitor would have opened and closed, from the values at its steps (reference: alerts, 3). Pure.

How to think about it: at each step the value meets some of the thresholds; the highest that holds is the new state, and
where none does the state stays. The value is known as bounds, so at a step several outcomes may be possible, and the
monitor is in a set of possible states. A state remembers whether a firing led to it, and how many values in a row met
each threshold. It surely fired once all states that are left remember one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf, nextafter
from operator import eq, ge, gt, le, lt, ne

from sentry_runbook.incident.alerts.replay_runs import ValueRun, runs_of
from sentry_runbook.incident.alerts.replay_series import CountedPeriod
from sentry_runbook.incident.alerts.replay_values import (
    CRASH_FREE,
    HOUR_S,
    MetricValue,
    aggregate_of,
    population_of,
    why_not_metric,
)
from sentry_runbook.incident.alerts.replayed import LATE_EVENTS, ConditionMaximum, Replay, ReplayedFiring
from sentry_runbook.incident.model.evidence.alert_definition import (
    AlertDefinition,
    Comparison,
    MetricCondition,
    MetricThreshold,
)

COMPARES: Mapping[Comparison, Callable[[float, float], bool]] = {
    "gt": gt,
    "gte": ge,
    "lt": lt,
    "lte": le,
    "eq": eq,
    "ne": ne,
}
ORDER = ("critical", "warning", "ok")
"""The highest first."""
OK = "ok"
NO_SERIES = "the counts that it measures could not be read"
SESSIONS_BY_THE_HOUR = "sessions are counted by the hour: it is replayed at full hours"
CLOSED_AT_FIRST = "it is taken for closed at the beginning of the period"
Met = tuple[bool, ...]
"""For each threshold whether a value meets it."""


@dataclass(frozen=True)
class MonitorState:
    """A state that the monitor may be in.

    Attributes:
        label: ``ok``, ``warning`` or ``critical``.
        in_a_row: for each threshold how many values met it, up to as many as it takes.
        fired: to what it turned on the way, by firings that are not told yet.
    """

    label: str
    in_a_row: tuple[int, ...]
    fired: frozenset[str] = frozenset()


def meets(threshold: MetricThreshold, value: float) -> bool:
    """Whether a value is on the threshold's side."""
    return COMPARES[threshold.comparison](value, threshold.limit)


def outcomes(value: MetricValue, thresholds: tuple[MetricThreshold, ...]) -> set[Met | None]:
    """What a value may meet; None: nothing was measured, and nothing changes."""
    if value.is_skipped:
        return {None}
    candidates = {value.low, value.high}
    for threshold in thresholds:
        around = (nextafter(threshold.limit, -inf), threshold.limit, nextafter(threshold.limit, inf))
        candidates |= {number for number in around if value.low <= number <= value.high}
    found: set[Met | None] = {tuple(meets(row, number) for row in thresholds) for number in candidates}
    return found | {None} if value.may_skip else found


def next_state(state: MonitorState, met: Met | None, metric: MetricCondition) -> MonitorState:
    """The state after a value."""
    if met is None:
        return state
    most = max(metric.consecutive, 1)
    in_a_row = tuple(min(before + 1, most) if is_met else 0 for before, is_met in zip(state.in_a_row, met, strict=True))
    held = {row.label for row, count in zip(metric.thresholds, in_a_row, strict=True) if count >= most}
    label = next((label for label in ORDER if label in held), state.label)
    turned = frozenset((label,)) if label not in (state.label, OK) else frozenset[str]()
    return MonitorState(label, in_a_row, state.fired | turned)


@dataclass
class MonitorReplay:
    """Walks through the steps of a monitor."""

    metric: MetricCondition
    states: set[MonitorState] = field(default_factory=set)
    firings: list[ReplayedFiring] = field(default_factory=list)
    since: int | None = None
    """When a firing that is not told yet was possible first."""
    is_assumed: bool = False
    """Nothing told what the monitor was at first."""
    _unmoved_by: frozenset[Met | None] | None = None
    """What may be met without that anything changes any more: the most values, two weeks of them, are like the last."""

    def begin(self, met: Iterable[Met | None]) -> None:
        """The first value: what the monitor was before is not known, and that it is open then is no firing.

        Where the value says nothing of the state the monitor is taken for closed, as monitors begin.
        """
        none = (0,) * len(self.metric.thresholds)
        outcomes_here = list(met)
        if not any(one is not None and any(one) for one in outcomes_here):
            self.states, self.is_assumed = {MonitorState(OK, none)}, True
            return
        unknown = [MonitorState(label, none) for label in ORDER]
        reached = {next_state(state, one, self.metric) for state in unknown for one in outcomes_here}
        self.states = {MonitorState(state.label, state.in_a_row) for state in reached}

    def is_unmoved_by(self, met: frozenset[Met | None]) -> bool:
        """Whether one more such value changes nothing."""
        return met == self._unmoved_by

    def step(self, at: int, before: int, met: frozenset[Met | None]) -> None:
        """One more value, at ``at``; the one before it was at ``before``."""
        states, since = self.states, self.since
        self._walk(at, before, met)
        self._unmoved_by = met if (self.states, self.since) == (states, since) else None

    def _walk(self, at: int, before: int, met: frozenset[Met | None]) -> None:
        self.states = {next_state(state, one, self.metric) for state in self.states for one in met}
        fired = [state.fired for state in self.states]
        if not any(fired):
            self.since = None
        elif self.since is None:
            self.since = before
        labels = {state.label for state in self.states}
        if self.since is not None and (frozenset.intersection(*fired) or len(labels) == 1):
            self._tell(self.since, at)
        if labels == {OK}:
            self.firings = [firing if firing.closed is not None else _closed(firing, at) for firing in self.firings]

    def _tell(self, since: int, at: int) -> None:
        """The firings of the states that are left: sure are those of all of them."""
        fired = [state.fired for state in self.states]
        for label in ORDER:
            if any(label in turned for turned in fired):
                is_sure = all(label in turned for turned in fired)
                self.firings.append(ReplayedFiring(_at(since), _at(at), None, is_sure, label=label))
        self.states = {MonitorState(state.label, state.in_a_row) for state in self.states}
        self.since = None

    def finish(self, at: int) -> list[ReplayedFiring]:
        """All firings; one that is still not sure at the end is possible."""
        if self.since is not None:
            self._tell(self.since, at)
        return self.firings


def _closed(firing: ReplayedFiring, at: int) -> ReplayedFiring:
    return ReplayedFiring(firing.earliest, firing.latest, firing.issue, firing.is_certain, _at(at), firing.label)


def replay_metric(
    alert: AlertDefinition, metric: MetricCondition, period: CountedPeriod, edited: tuple[str, ...]
) -> Replay:
    """The firings of a metric monitor in the period."""
    why = why_not_metric(metric)
    if why is not None:
        return Replay(why_not=why)
    is_crash_free = bool(CRASH_FREE.search(aggregate_of(metric)))
    bucket = HOUR_S if is_crash_free else _bucket(alert, metric, period)
    step = HOUR_S if is_crash_free else max(metric.step_s, 60)
    runs = runs_of(alert, metric, period, step)
    if runs is None:
        return Replay(why_not=NO_SERIES)
    walk = _walked(metric, runs, step, starts_earlier=is_crash_free)
    start, end = _at(period.start), period.end
    firings = [firing for firing in walk.finish(runs[-1].last if runs else end) if firing.latest > start]
    return Replay(
        firings=tuple(firings),
        approximate=(
            *((SESSIONS_BY_THE_HOUR,) if is_crash_free else (LATE_EVENTS,)),
            *(
                (f"counts by {bucket // 60} minutes",)
                if bucket is not None and bucket > 60 and not is_crash_free
                else ()
            ),
            *((CLOSED_AT_FIRST,) if walk.is_assumed else ()),
            *edited,
        ),
        step_s=bucket,
        maximum=_maximum(metric, _after(runs, period.start, step)),
    )


def _walked(metric: MetricCondition, runs: Sequence[ValueRun], step: int, *, starts_earlier: bool) -> MonitorReplay:
    """The monitor after all values.

    Args:
        metric: what it measures.
        runs: in order of time.
        step: seconds between two values.
        starts_earlier: between two values others were looked at that are not known: a turn may lie there.
    """
    walk, known = MonitorReplay(metric), dict[MetricValue, frozenset[Met | None]]()
    for run in runs:
        met = known.get(run.value)
        if met is None:
            met = known[run.value] = frozenset(outcomes(run.value, metric.thresholds))
        for at in range(run.first, run.last + 1, step):
            if at == runs[0].first:
                walk.begin(met)
            elif walk.is_unmoved_by(met):
                break
            else:
                walk.step(at, at - step if starts_earlier else at, met)
    return walk


def _after(runs: Iterable[ValueRun], start: int, step: int) -> list[tuple[int, MetricValue]]:
    """The values of the steps after an instant, the first step of each run."""
    first = start // step * step + step
    return [(max(run.first, first), run.value) for run in runs if run.last > start]


def _bucket(alert: AlertDefinition, metric: MetricCondition, period: CountedPeriod) -> int | None:
    """Seconds of the finest series of what it measures."""
    population = population_of(alert, metric, dict(period.numbers), aggregate_of(metric))
    return min((series.step_s for series in period.totals(population)), default=HOUR_S if period.hourly else None)


def _maximum(metric: MetricCondition, values: list[tuple[int, MetricValue]]) -> ConditionMaximum | None:
    """How far the value came towards the threshold that opens it first; of one that opens below: the lowest."""
    opening = [row for row in metric.thresholds if row.label != OK]
    known = [(at, value) for at, value in values if not value.is_skipped and value.low > -inf]
    if not opening or not known:
        return None
    is_below = opening[0].comparison in ("lt", "lte")
    if is_below:
        limit = max(row.limit for row in opening)
        at, value = min(known, key=lambda pair: pair[1].high)
        lowest = min(value.low for _, value in known)
        furthest = lowest if lowest < value.high else None
        return ConditionMaximum(value.high, _at(at), limit, at_most=furthest, is_below=True)
    limit = min(row.limit for row in opening)
    at, value = max(known, key=lambda pair: pair[1].low)
    highest = max(value.high for _, value in known)
    return ConditionMaximum(value.low, _at(at), limit, at_most=highest if highest > value.low else None)


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
