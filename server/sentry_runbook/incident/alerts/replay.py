"""When an alert would have fired by its condition and the counts of the period. Pure.

Theory: the counts are buckets, and an alert looks at events. So at each bucket its condition is surely met for one of
the events, may be met, or is not (:mod:`.replay_truth`), and a firing is an interval (:mod:`.replay_throttle`). What
cannot be told from counts is not replayed at all, and says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sentry_runbook.incident.alerts.replay_cells import EVER, MANY, CountCells
from sentry_runbook.incident.alerts.replay_conditions import (
    NO_EVENT_NEEDED,
    IssueOnTrial,
    bounds_of,
    not_replayable,
    search_of,
    truths_of,
)
from sentry_runbook.incident.alerts.replay_metric import replay_metric
from sentry_runbook.incident.alerts.replay_rows import (
    EvaluationRow,
    RowKind,
    is_status_assumed,
    rows_of,
    state_truths,
    states,
)
from sentry_runbook.incident.alerts.replay_series import CountedPeriod, counted_period
from sentry_runbook.incident.alerts.replay_throttle import Evaluation, Firing, at_most, firings
from sentry_runbook.incident.alerts.replay_truth import (
    NEVER,
    POSSIBLE,
    Truths,
    all_of,
    combined,
    is_certain,
    is_possible,
)
from sentry_runbook.incident.alerts.replay_with import with_condition, with_threshold, with_throttle
from sentry_runbook.incident.alerts.replayed import LATE_EVENTS, ConditionMaximum, Replay, ReplayedFiring
from sentry_runbook.incident.model.evidence.alert_conditions import BY_TYPE, type_of
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition, ConditionGroup
from sentry_runbook.incident.model.evidence.alert_review import ALL_OTHERS, AlertReviewEvidence, IssueUnderReview

__all__ = ["replay", "with_condition", "with_threshold", "with_throttle"]
HISTORY_ALONE = {
    "cron": "a cron monitor watches check-ins, not events: its history alone tells when it fired",
    "uptime": "an uptime check watches an address, not events: its history alone tells when it fired",
    "glitchtip": "GlitchTip does not tell enough of its alerts to replay them",
}
STREAM = "issue_stream"
"""The monitor by which an alert looks at issues of every type."""
OF_ERRORS = frozenset(("error", STREAM))
"""Types of the monitors whose issues have events among the errors."""
MEASURES = ("metric_monitor", "metric_rule")
NOT_READ = "what it measures, or over how long, is not told in a way that is known here"
OTHER_MONITORS = "the monitors that it is connected to make issues of their own, whose events are not among the errors"
ASSUMED = "of some issues only today's status is known"
EDITED = "with today's settings: it was edited in the period"
FROM_NOTHING = "a rise from nothing counts 100 % an event; Sentry before 26.8 never fired there"
SESSIONS = "sessions of the last hour are estimated from clock hours"
NO_THROTTLE = "its throttle is not told, so none is assumed"
DAY_S = 86_400
LEAD_S = 7 * DAY_S
"""Longest throttle that is looked back for at the beginning of the period: counts by the hour begin a week earlier."""
MINUTE_S = 60
LONGEST_PART_S = 900
"""The longest step in which less than an hour is counted; a longer bucket is an hour, or the begun one up to now."""


def replay(alert: AlertDefinition, evidence: AlertReviewEvidence) -> Replay:
    """The firings of an alert in the period, by its condition and the counts.

    Args:
        alert: of any form; one that cannot be replayed says why.
        evidence: the period, with the counts that :func:`~sentry_runbook.incident.alerts.plan.plan_series` asked for.
    """
    if alert.form in HISTORY_ALONE:
        return Replay(why_not=HISTORY_ALONE[alert.form])
    period = counted_period(evidence)
    edited = (EDITED,) if alert.updated is not None and evidence.window.start <= alert.updated else ()
    if alert.metric is not None:
        return replay_metric(alert, alert.metric, period, edited)
    if alert.form in MEASURES:
        return Replay(why_not=NOT_READ)
    return _replayed(alert, period, edited)


@dataclass(frozen=True)
class IssueReplay:
    """The firings of one issue."""

    issue: str
    firings: list[Firing]


def _replayed(alert: AlertDefinition, period: CountedPeriod, edited: tuple[str, ...]) -> Replay:
    why = why_not(alert)
    if why is not None:
        return Replay(why_not=why)
    alert_on_issues = _IssueAlert(alert, period)
    trials = [trial for issue in alert_on_issues.candidates() if (trial := alert_on_issues.trial(issue)) is not None]
    found = [IssueReplay(trial.id, alert_on_issues.firings(trial)) for trial in trials]
    rows = [
        (firing, row.issue)
        for row in found
        for firing in row.firings
        if firing.latest > period.start and firing.earliest < period.end
    ]
    rows.sort(key=lambda pair: (pair[0].earliest, pair[0].latest, pair[1]))
    longest = max((firing.longest for firing, _ in rows), default=None)
    return Replay(
        firings=tuple(_told(firing, issue, period.start) for firing, issue in rows),
        approximate=(*_steps(longest), *alert_on_issues.limits(trials), *edited),
        step_s=longest or alert_on_issues.longest(trials),
        maximum=alert_on_issues.maximum(trials),
        covers_all_issues=not alert_on_issues.may_fire_for_others(),
    )


def groups_of(alert: AlertDefinition) -> tuple[ConditionGroup, ...]:
    """Its trigger and the filter blocks that have an active action."""
    return (*((alert.triggers,) if alert.triggers else ()), *(block for block in alert.filters if block.actions))


def conditions_of(alert: AlertDefinition) -> Iterator[AlertCondition]:
    """All conditions that decide whether it fires."""
    for group in groups_of(alert):
        yield from group.conditions


def why_not(alert: AlertDefinition) -> str | None:
    """Why an issue alert cannot be replayed, a phrase; None: it can be."""
    if alert.monitor_types and not OF_ERRORS & set(alert.monitor_types):
        return OTHER_MONITORS
    return next((why for condition in conditions_of(alert) if (why := not_replayable(condition))), None)


class _IssueAlert:
    """An alert on issues over a period."""

    def __init__(self, alert: AlertDefinition, period: CountedPeriod) -> None:
        self.alert, self.period = alert, period
        self.blocks = [block for block in alert.filters if block.actions]
        self.quiet_s = (alert.frequency_minutes or 0) * 60
        # One of two, so that alerts share what is computed of the same rows.
        self.lead_s = DAY_S if self.quiet_s <= DAY_S else LEAD_S
        self.environment = alert.raw_environment or alert.environment or None
        self.projects = {period.numbers.get(name, name) for name in alert.project_ids}
        triggers = alert.triggers.conditions if alert.triggers else ()
        self.has_resolve = self.environment is None and any(row.type in NO_EVENT_NEEDED for row in triggers)
        self.counts = any(
            type_of(row.type).needs in ("events", "users", "sessions", "total", "event") for row in conditions_of(alert)
        )

    @property
    def looks_at_others(self) -> bool:
        """Whether it looks at issues that are no errors, and needs no counts for it: there are none of those."""
        return STREAM in self.alert.monitor_types and not self.counts

    def candidates(self) -> Iterator[str]:
        """Issues of its projects."""
        if not self.blocks:
            return
        for issue in dict.fromkeys((*self.period.with_series, *self.period.issues)):
            row = self.period.issues.get(issue)
            if row is not None and not row.issue.is_error and not self.looks_at_others:
                continue
            if not self.projects or self.period.project_of(issue) in self.projects:
                yield issue

    def _own_issues(self) -> Iterator[IssueUnderReview]:
        for issue, row in self.period.issues.items():
            if not self.projects or self.period.project_of(issue) in self.projects:
                yield row

    def trial(self, issue: str) -> IssueOnTrial | None:
        """An issue with all the times at which the alert looks at it; None: at none."""
        key = ("trial", issue, self.environment, self.lead_s)
        kept = self.period.kept.get(key)
        if kept is None:
            kept = self.period.kept[key] = _trial(self.period, issue, self.environment, self.lead_s)
        trial = cast("IssueOnTrial", kept)
        return trial if trial.rows else None

    def firings(self, trial: IssueOnTrial) -> list[Firing]:
        """Of one issue."""
        codes = self.codes(trial)
        if codes.count(NEVER) == len(codes):
            return []
        hits = [(row, code) for row, code in zip(trial.rows, codes, strict=True) if code >= POSSIBLE]
        evaluations = (
            Evaluation(row.start, row.end, is_certain(code) and (row.low > 0 or row.kind is RowKind.RESOLVED), row.step)
            for row, code in hits
            if self.has_resolve or row.kind is not RowKind.RESOLVED
        )
        begun = self.period.start - self.lead_s
        is_unseen = self.quiet_s and trial.base.upper(begun - self.quiet_s, begun) > 0
        found = firings(evaluations, self.quiet_s, unseen_until=begun if is_unseen else None)
        return found if trial.id in self.period.own_series else at_most(found, self.period.most_of(trial.id))

    def codes(self, trial: IssueOnTrial) -> Truths:
        """What is known of the whole condition, a row each."""
        rows = len(trial.rows)
        triggers = self._group(self.alert.triggers, trial)
        if triggers.count(NEVER) == rows:
            return triggers
        blocks = combined("any", (self._group(block, trial) for block in self.blocks), rows)
        if blocks.count(NEVER) == rows:
            return blocks
        key = ("states", trial.key)
        known = self.period.kept.get(key)
        if known is None:
            known = self.period.kept[key] = state_truths(trial.rows, states(trial.row))
        return all_of(all_of(triggers, blocks), cast("Truths", known))

    def _group(self, group: ConditionGroup | None, trial: IssueOnTrial) -> Truths:
        conditions = group.conditions if group else ()
        return combined(
            group.logic if group else "any",
            (truths_of(condition, trial) for condition in conditions),
            len(trial.rows),
        )

    def limits(self, trials: Iterable[IssueOnTrial]) -> Iterator[str]:
        """What limits the replay, phrases."""
        kinds = {type_of(condition.type) for condition in conditions_of(self.alert)}
        if any(kind.needs == "sessions" for kind in kinds):
            yield SESSIONS
        if any(kind.is_percent for kind in kinds):
            yield FROM_NOTHING
        if self.counts:
            yield LATE_EVENTS
        if self.alert.frequency_minutes is None:
            yield NO_THROTTLE
        if any(trial.row is not None and is_status_assumed(trial.row) for trial in trials):
            yield ASSUMED

    def longest(self, trials: Iterable[IssueOnTrial]) -> int | None:
        """The longest bucket that was looked at."""
        return max((trial.longest for trial in trials if trial.longest is not None), default=None)

    def maximum(self, trials: Iterable[IssueOnTrial]) -> ConditionMaximum | None:
        """How far its first condition with a number came, of all issues."""
        numbered = [
            row
            for row in conditions_of(self.alert)
            if BY_TYPE[row.type].needs in ("events", "users", "sessions", "total")
        ]
        if not numbered or numbered[0].value is None:
            return None
        best: ConditionMaximum | None = None
        highest = 0.0
        for trial in trials:
            reached, row, high = _reached(numbered[0], trial)
            highest = max(highest, high)
            if row is not None and (best is None or reached > best.value):
                best = ConditionMaximum(reached, _at(row.end), numbered[0].value, trial.id)
        if best is None or highest <= best.value:
            return best
        most = float("inf") if highest >= MANY else highest
        return ConditionMaximum(best.value, best.at, best.limit, best.issue, most)

    def may_fire_for_others(self) -> bool:
        """Whether it may have fired for an issue that has no series and stands in no list."""
        if not self.blocks:
            return False
        # Whether a rule from before looks at issues that are no errors is not told; a stream's needs counts of them.
        is_unsure = not self.alert.monitor_types or STREAM in self.alert.monitor_types
        if is_unsure and not self.looks_at_others and any(not row.issue.is_error for row in self._own_issues()):
            return True
        if not self.period.has_unlisted:
            return False
        trial = self.trial(ALL_OTHERS)
        return trial is not None and any(is_possible(code) for code in self.codes(trial))


def _reached(condition: AlertCondition, trial: IssueOnTrial) -> tuple[float, EvaluationRow | None, float]:
    """The highest value that it surely had, at which evaluation, and the highest that it may have had."""
    key = ("reached", trial.key, condition.type, condition.interval_s, condition.comparison_s, search_of(condition))
    kept = trial.period.kept.get(key)
    if kept is None:
        bounds = bounds_of(condition, trial)
        start = trial.period.start
        inside = [index for index, row in enumerate(trial.rows) if row.end > start and row.kind is not RowKind.RESOLVED]
        if bounds is None or not inside:
            kept = (0.0, None, 0.0)
        else:
            # A bucket that may hold no event reaches nothing for certain.
            index = max(inside, key=lambda i: bounds.once[i] if trial.rows[i].low else 0)
            value = bounds.once[index] if trial.rows[index].low else 0.0
            kept = (value, trial.rows[index], max(bounds.high[i] for i in inside))
        trial.period.kept[key] = kept
    return cast("tuple[float, EvaluationRow | None, float]", kept)


def _trial(period: CountedPeriod, issue: str, environment: str | None, lead: int) -> IssueOnTrial:
    row: IssueUnderReview | None = period.issues.get(issue)
    if row is not None and not row.issue.is_error:
        # Its events are not among the errors: only what its log says is known of it.
        cells = CountCells([(-EVER, period.end, 0, 0)])
    else:
        cells = period.cells(environment, "", issue)
    everywhere = cells if environment is None else period.cells(None, "", issue)
    rows = rows_of(row, cells, period.start - lead, period.end, environment=environment, everywhere=everywhere)
    longest = max((one.step for one in rows if one.kind is RowKind.EVENTS), default=None)
    resolves = any(one.kind is RowKind.RESOLVED for one in rows)
    return IssueOnTrial(period, issue, row, environment, cells, rows, longest, resolves)


def _told(firing: Firing, issue: str, start: int) -> ReplayedFiring:
    # A firing that may lie before the period is none of the period for certain.
    is_sure = firing.is_certain and firing.earliest >= start
    return ReplayedFiring(_at(firing.earliest), _at(firing.latest), issue, is_sure)


def _steps(longest: int | None) -> Iterator[str]:
    if longest is not None and longest > LONGEST_PART_S:
        yield "counts by the hour"
    elif longest is not None and longest > MINUTE_S:
        yield f"counts by {longest // MINUTE_S} minutes"


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
