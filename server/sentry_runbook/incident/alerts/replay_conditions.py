"""What is known of each condition at each evaluation of an issue: one function a kind of condition, in one table.

The kinds are those of the table of condition types (``needs`` of a ``ConditionType``). A kind without a function here
cannot be replayed, and :data:`NOT_REPLAYABLE` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sentry_runbook.incident.alerts import replay_bounds
from sentry_runbook.incident.alerts.replay_bounds import ValueBounds
from sentry_runbook.incident.alerts.replay_cells import CountCells, second
from sentry_runbook.incident.alerts.replay_rows import EvaluationRow, RowKind, Rows, activity_of
from sentry_runbook.incident.alerts.replay_series import CountedPeriod
from sentry_runbook.incident.alerts.replay_truth import (
    ALWAYS,
    MAYBE,
    NEVER,
    NOT_KNOWN,
    ONE,
    Truths,
    truth,
)
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_conditions import BY_TYPE, Needs, type_of
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition
from sentry_runbook.incident.model.evidence.alert_review import IssueUnderReview

NOT_REPLAYABLE: Mapping[Needs, str] = {
    "priority": "Sentry does not keep what an issue's priority was when its events came",
    "release": "Sentry does not keep which release was the newest, or adopted, when an event came",
    "unknown": "a condition of a type that is not known here",
}


@dataclass(frozen=True)
class IssueOnTrial:
    """An issue, when an alert looks at it, and where its counts are.

    Attributes:
        id: its number.
        row: what is known of it; None: only its series.
        environment: of the alert.
        base: its events that are looked at.
    """

    period: CountedPeriod
    id: str
    row: IssueUnderReview | None
    environment: str | None
    base: CountCells
    rows: Rows
    longest: int | None
    """Seconds of the longest bucket that is looked at; None: there is none."""
    resolves: bool
    """Whether a resolve is among the rows."""

    @property
    def key(self) -> tuple[str, str | None, int]:
        """What it is looked up by: the same issue has other rows where it was looked at for longer."""
        return self.id, self.environment, self.rows[0].start if self.rows else 0

    def cells(self, search: str) -> CountCells:
        """Its events in the environment that meet a search."""
        return self.period.cells(self.environment, search, self.id)


def not_replayable(condition: AlertCondition) -> str | None:
    """Why a condition cannot be replayed, a phrase; None: it can be."""
    kind = type_of(condition.type)
    why = NOT_REPLAYABLE.get(kind.needs)
    if why is not None:
        told = condition.told if kind.needs == "unknown" else None
        return f"{why}: {quoted(told)}" if told else why
    if kind.needs == "event" and condition.search is None:
        return "no search says exactly which events meet its filter"
    if any(part.search is None for part in condition.filters):
        return "no search says exactly which events its count is of"
    if kind.parts == "frequency" and (condition.value is None or not condition.interval_s):
        return "its number or its interval is not told"
    if kind.is_percent and not condition.comparison_s:
        return "the time that it is compared with is not told"
    return None


def search_of(condition: AlertCondition) -> str:
    """The search for the events that a count is of."""
    return " ".join(part.search for part in condition.filters if part.search)


def truths_of(condition: AlertCondition, issue: IssueOnTrial) -> Truths:
    """What is known of a condition at each evaluation."""
    bounds = bounds_of(condition, issue)
    if bounds is not None:
        # Of a total the number is reached, of all others passed; both are whole numbers.
        limit = (condition.value or 0) - (BY_TYPE[condition.type].needs == "total")
        found = bounds.more_than(limit)
        if not issue.resolves:
            return found
        slow = BY_TYPE[condition.type].is_slow
        return [
            NEVER if slow and row.kind is RowKind.RESOLVED else code
            for row, code in zip(issue.rows, found, strict=True)
        ]
    return TRUTHS[condition.type](condition, issue)


# --- conditions with a number --------------------------------------------------------------------------------------


def bounds_of(condition: AlertCondition, issue: IssueOnTrial) -> ValueBounds | None:
    """Of the number that a condition compares; None: it compares none."""
    kind = type_of(condition.type)
    measure = MEASURES.get(kind.needs)
    if measure is None:
        return None
    key = (issue.key, kind.type, condition.interval_s, condition.comparison_s, search_of(condition))
    kept = issue.period.kept.get(key)
    if isinstance(kept, ValueBounds):
        return kept
    bounds = measure(condition, issue, 0)
    if kind.is_percent and condition.comparison_s:
        bounds = replay_bounds.rise(bounds, measure(condition, issue, condition.comparison_s))
    issue.period.kept[key] = bounds
    return bounds


def _events(condition: AlertCondition, issue: IssueOnTrial, earlier: int) -> ValueBounds:
    search = search_of(condition)
    length = condition.interval_s or 1
    return replay_bounds.events(issue.cells(search), issue.rows, length, earlier=earlier, counts_all=not search)


def _users(condition: AlertCondition, issue: IssueOnTrial, earlier: int) -> ValueBounds:
    search = search_of(condition)
    by_step = issue.period.users(issue.environment, search, issue.id)
    return replay_bounds.users(issue.cells(search), by_step, issue.rows, condition.interval_s or 1, earlier=earlier)


def _sessions(condition: AlertCondition, issue: IssueOnTrial, earlier: int) -> ValueBounds:
    project = issue.period.project_of(issue.id)
    hours = issue.period.sessions(project, issue.environment)
    counted = _events(condition, issue, earlier)
    return replay_bounds.share_of_sessions(counted, issue.rows, hours, condition.interval_s or 1, earlier)


def _total(condition: AlertCondition, issue: IssueOnTrial, earlier: int) -> ValueBounds:
    del condition, earlier
    all_time = None if issue.row is None else issue.row.issue.events_total
    return replay_bounds.total(
        issue.period.cells(None, "", issue.id),
        issue.rows,
        all_time,
        until=second(issue.period.evidence.collected_at),
        looks_at_all=issue.environment is None,
    )


MEASURES: Mapping[Needs, Callable[[AlertCondition, IssueOnTrial, int], ValueBounds]] = {
    "events": _events,
    "users": _users,
    "sessions": _sessions,
    "total": _total,
}
"""What decides a condition → its value, so many seconds before each evaluation."""


# --- conditions without a number -----------------------------------------------------------------------------------


def _always(condition: AlertCondition, issue: IssueOnTrial) -> Truths:
    del condition
    return [ALWAYS] * len(issue.rows)


def _only(kind: RowKind) -> Callable[[AlertCondition, IssueOnTrial], Truths]:
    """It holds for the events of one kind alone."""

    def truths(condition: AlertCondition, issue: IssueOnTrial) -> Truths:
        del condition
        is_logged = kind is RowKind.FIRST or (issue.row is not None and activity_of(issue.row) is not None)
        otherwise = NEVER if is_logged and not _is_first_unknown(kind, issue) else MAYBE
        return [
            ALWAYS if row.kind is kind else NEVER if row.kind is not RowKind.EVENTS else otherwise for row in issue.rows
        ]

    return truths


def _is_first_unknown(kind: RowKind, issue: IssueOnTrial) -> bool:
    return (
        kind is RowKind.FIRST
        and issue.environment is None
        and (issue.row is None or issue.row.issue.first_seen is None)
    )


def _age(condition: AlertCondition, issue: IssueOnTrial) -> Truths:
    first = None if issue.row is None else issue.row.issue.first_seen
    if first is None or condition.age_s is None or condition.is_older is None:
        return [MAYBE] * len(issue.rows)
    turns = second(first) + condition.age_s
    before, after = (NEVER, ALWAYS) if condition.is_older else (ALWAYS, NEVER)
    return [before if row.end <= turns else after if row.start > turns else MAYBE for row in issue.rows]


def _assigned(condition: AlertCondition, issue: IssueOnTrial) -> Truths:
    """Whom an entry names is not told in the words of a condition: only whether it was anybody is known."""
    entries = None if issue.row is None else activity_of(issue.row)
    if entries is None:
        return [MAYBE] * len(issue.rows)
    changes = [
        (second(entry.at), entry.kind == "assigned") for entry in entries if entry.kind in ("assigned", "unassigned")
    ]
    is_unassigned = condition.text == "unassigned"
    return [_assignment(row, changes, is_unassigned=is_unassigned) for row in issue.rows]


def _assignment(row: EvaluationRow, changes: list[tuple[int, bool]], *, is_unassigned: bool) -> int:
    before = [is_assigned for at, is_assigned in changes if at < row.start]
    states = {before[-1] if before else bool(changes and not changes[0][1])}
    states |= {is_assigned for at, is_assigned in changes if row.start <= at < row.end}
    if states == {False}:
        return ALWAYS if is_unassigned else NEVER
    return NEVER if is_unassigned and states == {True} else MAYBE


CATEGORIES = {
    "1": "error",
    "2": "performance",
    "3": "profile",
    "4": "cron",
    "5": "replay",
    "6": "feedback",
    "7": "uptime",
}
"""Sentry's numbers of an issue's category."""
ERROR = "error"


def _choice(condition: AlertCondition, issue: IssueOnTrial) -> Truths:
    """An issue's category or type: only those of errors are counted, so only "error" is surely theirs."""
    category = ERROR if issue.row is None else issue.row.issue.category
    asked = condition.text or ""
    asked = CATEGORIES.get(asked, asked) if condition.type == "issue_category" else asked
    if condition.type == "issue_category" or asked == ERROR:
        is_equal = asked == category
        return [ALWAYS if is_equal is (condition.match != "ne") else NEVER] * len(issue.rows)
    return [MAYBE] * len(issue.rows)


def _event(condition: AlertCondition, issue: IssueOnTrial) -> Truths:
    """A filter on the event itself, by the counts of the events that meet it beside those of all."""
    met = issue.cells(condition.search or "")
    return [_gate(row, met, issue.base) for row in issue.rows]


def _gate(row: EvaluationRow, met: CountCells, base: CountCells) -> int:
    start, end = row.cell
    high = met.upper(start, end)
    if high == 0:
        return NEVER
    low = met.lower(start, end)
    if low >= base.upper(start, end):
        return ALWAYS
    if row.is_single or row.kind is not RowKind.EVENTS or row.cell != (row.start, row.end):
        return MAYBE
    # The events of the bucket that have a row of their own may be those that meet it.
    some = ONE if low > row.without else NOT_KNOWN
    others = ONE if base.lower(start, end) - high > row.without else NOT_KNOWN
    return truth(some, others)


TRUTHS: Mapping[str, Callable[[AlertCondition, IssueOnTrial], Truths]] = {
    "every_event": _always,
    "first_seen_event": _only(RowKind.FIRST),
    "regression_event": _only(RowKind.REOPENED),
    "reappeared_event": _only(RowKind.ESCALATED),
    "issue_resolved_trigger": _only(RowKind.RESOLVED),
    "age_comparison": _age,
    "assigned_to": _assigned,
    "issue_category": _choice,
    "issue_type": _choice,
    "level": _event,
    "tagged_event": _event,
    "event_attribute": _event,
}
"""Type of a condition without a number → what is known of it."""
NO_EVENT_NEEDED = frozenset(("issue_resolved_trigger",))
"""Triggers that a change of the issue sets off, and no event."""
