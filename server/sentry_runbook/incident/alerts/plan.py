"""Which counts the replay of the alerts needs: questions for round two, from the lists of round one. Pure.

Theory: counts by the hour of all events are there; no count of a part of them, or in a shorter window, is higher. So
finer counts are asked only for the hours in which they leave a condition open. Alerts with the same environment and
search ask the same; their hours are joined. An answer holds 10,000 numbers: that is a week of minutes of one issue, or
sixteen hours of ten; the cheapest form is taken, and where minutes take too many requests, coarser buckets. What alerts
need stands before what only suggestions need (rises of issues without an alert of theirs).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product

from sentry_runbook.answer_points import MOST_POINTS, MOST_SERIES, points_of_each
from sentry_runbook.incident.alerts.emptiness import populations_to_count
from sentry_runbook.incident.alerts.plan_hours import Hours, IssueHours, hours_of, rise_hours
from sentry_runbook.incident.alerts.replay import conditions_of, why_not
from sentry_runbook.incident.alerts.replay_conditions import search_of
from sentry_runbook.incident.alerts.replay_metric import OK
from sentry_runbook.incident.alerts.replay_series import EVENTS, USERS, CountedPeriod, counted_period
from sentry_runbook.incident.alerts.replay_values import (
    CRASH_FREE,
    aggregate_of,
    aggregates_of,
    bound_of,
    population_of,
    why_not_metric,
)
from sentry_runbook.incident.model.evidence.alert_conditions import type_of
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition, ConditionGroup
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, Population
from sentry_runbook.incident.model.policy import Policy

MOST_QUESTIONS = 24
"""Requests of one round, where nothing else is asked in it: as many as are sent at once."""
TOGETHER = (1, 2, 3, 5, MOST_SERIES)
"""Issues of an answer: the fewer there are, the longer the stretch that it holds."""
STEPS = (60, 300, 900, 3600)
Way = list[tuple[AlertCondition, int]]
PLAIN = Population(projects=())
"""All events, before it is known of which issues."""
HOUR_S, DAY_S = 3600, 86_400


@dataclass(frozen=True)
class SeriesQuestion:
    """One stretch of counts to ask for, small enough for one answer.

    An issue that was asked for and has no event in it has a series of zeros in the evidence: otherwise it is not known.

    Attributes:
        step_s: seconds of a bucket.
        issues: numbers of the issues that it is about; empty: the busiest (by issue), or all together.
    """

    population: Population
    start: datetime
    end: datetime
    step_s: int
    issues: tuple[str, ...] = ()


@dataclass
class WantedCounts:
    """Hours of a population that conditions leave open.

    Attributes:
        hours: by issue; under ``""`` those of all together.
        asked_by: how many alerts need it; 0: only suggestions.
        steps: buckets that would do, the finest first.
    """

    population: Population
    hours: dict[str, Hours] = field(default_factory=dict)
    asked_by: int = 0
    steps: tuple[int, ...] = STEPS

    def is_of(self, period: CountedPeriod) -> bool:
        """Whether all events of the period are wanted, of all issues together."""
        return self.hours.get("", set()) >= set(range(period.start // HOUR_S, -(-period.end // HOUR_S)))

    def add(self, found: IssueHours) -> None:
        """More hours of some issues."""
        for issue, hours in found.items():
            if hours:
                self.hours.setdefault(issue, set()).update(hours)


def plan_series(
    evidence: AlertReviewEvidence,
    policy: Policy,
    *,
    most: int = MOST_QUESTIONS,
    known: Collection[Population] = (),
) -> tuple[SeriesQuestion, ...]:
    """What to ask in round two, the most important first.

    Args:
        evidence: of round one: alerts, issues, counts by the hour.
        policy: the factor from which on an issue counts as risen.
        most: so many questions; where they do not suffice for minutes of all, coarser buckets are asked.
        known: populations of which it is known by now whether they had events at all.
    """
    period = counted_period(evidence)
    wanted: dict[tuple[object, ...], WantedCounts] = {}
    for alert in evidence.alerts:
        for want in _of_alert(alert, period, policy.trend.spiking):
            key = (want.population, want.steps)
            kept = wanted.setdefault(key, WantedCounts(want.population, steps=want.steps))
            kept.add(want.hours)
            kept.asked_by += 1
    rises = {issue: rise_hours(period, issue, policy.trend.spiking) for issue in _issues(period, set())}
    shared = wanted.get((PLAIN, STEPS))
    if shared is not None:
        # Where an alert asks for the same events, the rises cost no requests of their own.
        shared.add(rises)
    needed = sorted((want for want in wanted.values() if want.hours), key=_importance)
    # Whether a monitor's events exist at all is told by its own counts, where all of the period is asked for.
    told = {*known, *(want.population for want in needed if want.is_of(period))}
    window = evidence.window
    existing = [
        SeriesQuestion(population, window.start, window.end, HOUR_S)
        for population in populations_to_count(evidence)
        if population not in told
    ][: max(most // 4, most - len(needed))]
    questions: list[SeriesQuestion] = []
    for index, want in enumerate(needed):
        share = max(1, (most - len(existing) - len(questions)) // (len(needed) - index))
        questions += _questions(want, period, share)
    questions = [*questions[: most - len(existing)], *existing]
    asked = shared.hours if shared is not None else {}
    questions += _suggestions(period, rises, asked, most - len(questions))
    return tuple(questions[:most])


def _importance(want: WantedCounts) -> tuple[bool, int]:
    """Without its own counts a monitor is not replayed at all; of an issue the counts by the hour say something."""
    return want.population.by_issue, -want.asked_by


# --- what alerts need ----------------------------------------------------------------------------------------------


def _of_alert(alert: AlertDefinition, period: CountedPeriod, factor: float) -> Iterator[WantedCounts]:
    if alert.enabled is False:
        return
    if alert.metric is not None:
        yield from _of_metric(alert, period)
    elif alert.form in ("workflow", "rule") and why_not(alert) is None:
        yield from _of_issue_alert(alert, period, factor)


def _of_issue_alert(alert: AlertDefinition, period: CountedPeriod, factor: float) -> Iterator[WantedCounts]:
    """Counts in its environment, of all events that are looked at, and of those that a filter lets pass."""
    if not any(block.actions for block in alert.filters):
        return
    projects = {period.numbers.get(name, name) for name in alert.project_ids}
    issues = list(_issues(period, projects))
    conditions = list(conditions_of(alert))
    counting = [row for row in conditions if type_of(row.type).needs in ("events", "users", "sessions")]
    ways = list(_ways(alert, counting))
    if all(ways):
        hours = {issue: set[int]().union(*(hours_of(period, issue, way) for way in ways)) for issue in issues}
        yield from _populations(alert, conditions, hours, _steps_for(counting))
    elif counting or alert.environment or any(type_of(row.type).needs == "event" for row in conditions):
        # It looks at every event: the hours tell which have one that it fires for, the minutes of a rise when.
        yield from _populations(alert, conditions, {issue: hours_of(period, issue, ()) for issue in issues}, STEPS[-1:])
        risen = {issue: rise_hours(period, issue, factor) for issue in issues}
        yield from _populations(alert, conditions, risen, STEPS)


def _populations(
    alert: AlertDefinition, conditions: Sequence[AlertCondition], hours: IssueHours, steps: tuple[int, ...]
) -> Iterator[WantedCounts]:
    """All that its conditions count, for the same hours."""
    environment = alert.raw_environment or alert.environment or None
    searches = {search_of(row) for row in conditions if type_of(row.type).needs in ("events", "users", "sessions")}
    gates = {row.search for row in conditions if type_of(row.type).needs == "event" and row.search}
    for search in sorted({"", *searches, *gates}):
        # Of all events the counts by the hour are there.
        if environment or search or steps != STEPS[-1:]:
            yield _want(environment, search, EVENTS, hours, steps)
    for row in conditions:
        if type_of(row.type).needs == "users":
            window = max((one for one in STEPS if one <= (row.interval_s or 0)), default=STEPS[0])
            yield _want(environment, search_of(row), USERS, hours, steps)
            yield _want(environment, search_of(row), USERS, hours, (window,))


def _want(
    environment: str | None, search: str, aggregate: str, hours: IssueHours, steps: tuple[int, ...]
) -> WantedCounts:
    # The projects follow from the issues: an issue's own series counts it whole.
    population = Population(projects=(), environment=environment, search=search, aggregate=aggregate)
    return WantedCounts(population, {issue: set(found) for issue, found in hours.items() if found}, steps=steps)


def _steps_for(counting: Sequence[AlertCondition]) -> tuple[int, ...]:
    """Windows of a day and longer need no minutes."""
    shortest = min((row.interval_s or 0 for row in counting), default=0)
    return STEPS if shortest < DAY_S else (HOUR_S,)


def _ways(alert: AlertDefinition, counting: Sequence[AlertCondition]) -> Iterator[Way]:
    """Each way to fire, by the counts that it needs, with the seconds of their windows; empty: it needs none."""
    for block in alert.filters:
        if block.actions:
            for first, then in product(_options(alert.triggers, counting), _options(block, counting)):
                yield [(row, row.interval_s or 1) for row in (*first, *then)]


def _options(group: ConditionGroup | None, counting: Sequence[AlertCondition]) -> list[list[AlertCondition]]:
    """What of a group must hold together, for each way in which it passes."""
    inside = [row for row in group.conditions if row in counting] if group else []
    if group is None or not inside or group.logic == "none":
        return [[]]
    if group.logic == "all":
        return [inside]
    return [[row] for row in inside] if len(inside) == len(group.conditions) else [[]]


def _issues(period: CountedPeriod, projects: set[str]) -> Iterator[str]:
    for issue in dict.fromkeys((*period.with_series, *period.issues)):
        row = period.issues.get(issue)
        if (row is None or row.issue.is_error) and (not projects or period.project_of(issue) in projects):
            yield issue


def _of_metric(alert: AlertDefinition, period: CountedPeriod) -> Iterator[WantedCounts]:
    """The whole period, or the hours in which all events of its projects leave its threshold open."""
    metric = alert.metric
    if metric is None or why_not_metric(metric) is not None or CRASH_FREE.search(aggregate_of(metric)):
        return
    numbers = dict(period.numbers)
    steps = tuple(step for step in STEPS if metric.step_s % step == 0 and metric.window_s % step == 0) or STEPS[:1]
    lead = metric.window_s + HOUR_S + (metric.comparison_s or 0)
    first, last = (period.start - lead) // HOUR_S, -(-period.end // HOUR_S)
    hours = set(range(first, last))
    for aggregate in aggregates_of(metric):
        population = population_of(alert, metric, numbers, aggregate)
        bound = bound_of(period, population) if aggregate in (EVENTS, USERS) and metric.comparison_s is None else None
        limits = [row.limit for row in metric.thresholds if row.label != OK]
        is_above = all(row.comparison in ("gt", "gte") for row in metric.thresholds if row.label != OK)
        wanted = hours
        if bound is not None and is_above and limits:
            crossed = {
                hour
                for hour in hours
                if bound.upper(hour * HOUR_S - metric.window_s, (hour + 1) * HOUR_S) >= min(limits)
            }
            back = -(-metric.window_s // HOUR_S)
            wanted = {hour - ago for hour in crossed for ago in range(-1, back + 1)} & hours
        yield WantedCounts(population, {"": set(wanted)}, steps=_coarsest_exact(steps))


def _coarsest_exact(steps: tuple[int, ...]) -> tuple[int, ...]:
    """The coarsest bucket of which both edges of every window are edges, then coarser ones."""
    exact = steps[-1]
    return tuple(step for step in STEPS if step >= exact)


# --- what suggestions need -----------------------------------------------------------------------------------------

LADDER = ((20, 300), (50, 900), (100, 3600))
"""More than so many events in so many seconds: what is suggested where no alert told of an episode."""


def _suggestions(period: CountedPeriod, rises: IssueHours, asked: IssueHours, room: int) -> list[SeriesQuestion]:
    """Counts of the issues that rose, all environments; then those of every hour in which a suggestion might fire."""
    risen, every_hour = WantedCounts(PLAIN), WantedCounts(PLAIN)
    for issue, hours in rises.items():
        risen.add({issue: hours - asked.get(issue, set())})
        if hours:
            fired = set[int]()
            for limit, window in LADDER:
                condition = AlertCondition(type="event_frequency_count", value=limit, interval_s=window)
                fired |= hours_of(period, issue, [(condition, window)])
            every_hour.add({issue: fired - hours - asked.get(issue, set())})
    questions: list[SeriesQuestion] = []
    for want in (risen, every_hour):
        if want.hours and room > len(questions):
            questions += _questions(want, period, room - len(questions))
    return questions


# --- from hours to questions ---------------------------------------------------------------------------------------


def _questions(want: WantedCounts, period: CountedPeriod, share: int) -> list[SeriesQuestion]:
    """The finest buckets for which the questions fit their share; else as many as fit of the coarsest."""
    found: list[SeriesQuestion] = []
    for step in want.steps:
        found = list(_cheapest(want, period, step))
        if len(found) <= share:
            return found
    return found[:share]


def _cheapest(want: WantedCounts, period: CountedPeriod, step: int) -> Sequence[SeriesQuestion]:
    """Each issue by itself, or ten at a time: whichever takes fewer requests."""
    if not want.population.by_issue:
        return _stretches(want.population, want.hours.get("", set()), step, MOST_POINTS, ())
    issues = sorted(want.hours, key=lambda issue: (-period.events_of(issue), issue))
    found = (_together(want, period, step, issues, most) for most in TOGETHER if most <= max(1, len(issues)) * 2)
    return min(found, key=len)


def _together(
    want: WantedCounts, period: CountedPeriod, step: int, issues: Sequence[str], most: int
) -> list[SeriesQuestion]:
    """Stretches of so many issues at a time."""
    questions: list[SeriesQuestion] = []
    for first in range(0, len(issues), most):
        some = tuple(issues[first : first + most])
        hours = set[int]().union(*(want.hours[issue] for issue in some))
        questions += _stretches(_population(want, period, some), hours, step, points_of_each(len(some)), some)
    return questions


def _population(want: WantedCounts, period: CountedPeriod, issues: Iterable[str]) -> Population:
    projects = sorted({project for issue in issues if (project := period.project_of(issue))})
    return want.population.model_copy(update={"projects": tuple(projects) or ("-1",)})


def _stretches(
    population: Population, hours: Hours, step: int, buckets: int, issues: tuple[str, ...]
) -> list[SeriesQuestion]:
    """The fewest stretches of at most so many buckets that hold all hours."""
    most = max(1, buckets * step // HOUR_S)
    found: list[list[int]] = []
    for hour in sorted(hours):
        if found and hour - found[-1][0] < most:
            found[-1][1] = hour
        else:
            found.append([hour, hour])
    return [
        SeriesQuestion(population, _at(first * HOUR_S), _at((last + 1) * HOUR_S), step, issues) for first, last in found
    ]


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
