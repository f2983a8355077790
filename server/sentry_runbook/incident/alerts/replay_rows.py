"""When an alert looks at an issue: rows of evaluations, and the issue's states meanwhile.

An alert looks at every event, so a bucket with events is a row. Some events are known by themselves: the issue's first
one, those that reopened it, and its last one; they are rows of a single event. A resolve is a row without an event.
Only unresolved issues are looked at: an event on a resolved issue reopens it first, on an archived one it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from sentry_runbook.incident.alerts.replay_cells import EVER, CountCells, second
from sentry_runbook.incident.alerts.replay_truth import (
    ALWAYS,
    MAYBE,
    NEVER,
    NOT_KNOWN,
    THE_LAST,
    Truths,
    truth,
)
from sentry_runbook.incident.model.evidence import Activity, Known
from sentry_runbook.incident.model.evidence.alert_review import IssueUnderReview
from sentry_runbook.incident.model.evidence.issue import MAX_ACTIVITY

LONGEST_S = 86_400
"""A longer stretch is no bucket, but one that nobody counted."""
LATE_S = 60
"""The log of an issue may name a change that an event made up to a minute after the event."""


class RowKind(IntEnum):
    """What is looked at."""

    EVENTS = 0
    FIRST = 1
    REOPENED = 2
    ESCALATED = 3
    RESOLVED = 4


@dataclass(frozen=True)
class EvaluationRow:
    """Evaluations in ``[start, end)``, seconds since the epoch.

    Attributes:
        low: at least so many events.
        high: at most so many.
        cell: start and end of the bucket that it lies in; its own where it is a bucket.
        without: events of its bucket that have a row of their own.
    """

    start: int
    end: int
    kind: RowKind
    low: int
    high: int
    cell: tuple[int, int]
    without: int = 0

    @property
    def is_single(self) -> bool:
        """Whether it is one event, or none, of which the time is known."""
        return self.kind is not RowKind.EVENTS and self.cell != (self.start, self.end)

    @property
    def step(self) -> int:
        """Seconds of its bucket, which the period's edge may cut; of a single event those of the row."""
        length = self.cell[1] - self.cell[0]
        return length if self.kind is RowKind.EVENTS and length <= LONGEST_S else self.end - self.start


Rows = Sequence[EvaluationRow]


def rows_of(
    row: IssueUnderReview | None,
    cells: CountCells,
    start: int,
    end: int,
    *,
    environment: str | None,
    everywhere: CountCells,
) -> list[EvaluationRow]:
    """All evaluations of an issue in a period, in order of time.

    Args:
        row: the issue; None: it is only known by its series.
        cells: its events in the alert's environment.
        start: of the period.
        end: of the period.
        environment: of the alert.
        everywhere: its events in all environments.
    """
    singles = [] if row is None else list(_singles(row, cells, start, end, environment))
    candidates = frozenset[int]() if environment is None else _first_cells(cells)
    rows = [*singles]
    for index, (a, b, low, high) in enumerate(zip(cells.starts, cells.ends, cells.lows, cells.highs, strict=True)):
        if high == 0 or b <= start or a >= end:
            continue
        begin, finish = max(a, start), min(b, end)
        low_here = low if (begin, finish) == (a, b) else 0
        of_log = sum(one.kind in WITH_EVENT and a < one.end and one.start - LATE_S < b for one in singles)
        first = sum(one.kind is RowKind.FIRST and a <= one.start < b for one in singles)
        if index in candidates:
            first = int(low_here > 0 and len(candidates) == 1)
            rows.append(
                _first_row(row, (begin, finish), (a, b), is_sure=first > 0, is_all=low >= everywhere.upper(a, b))
            )
        if high > first:
            low_here = max(0, low_here - first - of_log)
            rows.append(EvaluationRow(begin, finish, RowKind.EVENTS, low_here, high - first, (a, b), first + of_log))
    rows.sort(key=lambda one: (one.start, one.kind is RowKind.EVENTS, one.end))
    return rows


def _first_row(
    row: IssueUnderReview | None, span: tuple[int, int], cell: tuple[int, int], *, is_sure: bool, is_all: bool
) -> EvaluationRow:
    """The first event in an environment, in a bucket; where all of the bucket's are in it, it is the first of all."""
    born = None if row is None or row.issue.first_seen is None else second(row.issue.first_seen)
    if is_sure and is_all and born is not None and cell[0] <= born < cell[1]:
        span = born, born + 1
    return EvaluationRow(*span, RowKind.FIRST, int(is_sure), 1, cell)


def _first_cells(cells: CountCells) -> frozenset[int]:
    """The cells that may hold the first event of all: up to the first one that surely holds some."""
    found: list[int] = []
    for index, (low, high) in enumerate(zip(cells.lows, cells.highs, strict=True)):
        if high > 0:
            found.append(index)
        if low > 0:
            break
    return frozenset(found)


def _singles(
    row: IssueUnderReview, cells: CountCells, start: int, end: int, environment: str | None
) -> Iterator[EvaluationRow]:
    """Events, and resolves, that are known by themselves. Of one environment it is not known whether it had them."""
    low = int(environment is None)
    known: list[tuple[int, RowKind]] = []
    if environment is None and row.issue.first_seen is not None:
        known.append((second(row.issue.first_seen), RowKind.FIRST))
    for entry in activity_of(row) or ():
        kind = KINDS.get(entry.kind)
        if kind is not None:
            known.append((second(entry.at), kind))
        elif entry.kind.startswith("set_resolved"):
            known.append((second(entry.at), RowKind.RESOLVED))
    for at, kind in known:
        if start <= at < end:
            index = cells.index_of(at)
            cell = (at, at + 1) if index is None else (cells.starts[index], cells.ends[index])
            yield EvaluationRow(at, at + 1, kind, low, 1, cell)


WITH_EVENT = frozenset((RowKind.REOPENED, RowKind.ESCALATED))
"""Of these the event has a row of its own, and is in a bucket, too: the log may be up to :data:`LATE_S` late."""
BY_LOG = frozenset((RowKind.REOPENED, RowKind.ESCALATED, RowKind.RESOLVED))
"""What the log itself tells was looked at, whatever the state before."""
KINDS = {"set_regression": RowKind.REOPENED, "set_escalating": RowKind.ESCALATED}


def activity_of(row: IssueUnderReview) -> list[Activity] | None:
    """The log, the oldest entry first; None: it was not read."""
    return sorted(row.activity.value, key=lambda entry: entry.at) if isinstance(row.activity, Known) else None


ACTIVE, SLEEPING, UNSURE = "active", "sleeping", "unsure"
AFTER = {
    "set_unresolved": ACTIVE,
    "set_regression": ACTIVE,
    "set_escalating": ACTIVE,
    "auto_set_ongoing": ACTIVE,
    "set_ignored": SLEEPING,
}
"""Entry of the log → whether the issue's events are looked at from then on. A resolved issue sleeps: what reopens it is
an entry of its own."""
BEFORE = {"set_regression": SLEEPING, "set_escalating": UNSURE, "set_unresolved": UNSURE}
"""What it was before its first entry of that kind; before all others it was active, as issues begin."""
STATUSES = {"unresolved": ACTIVE}


def states(row: IssueUnderReview | None) -> list[tuple[int, str, bool]]:
    """Since when the issue was in which state, and whether an event made it so; the first since ever."""
    entries = None if row is None else activity_of(row)
    if row is None or entries is None:
        # Of an issue that is unresolved now it is not known whether it was archived meanwhile; that is said.
        return [(-EVER, ACTIVE if row is None else STATUSES.get(row.issue.status or "", UNSURE), False)]
    changes = [
        (entry, AFTER.get(entry.kind) or (SLEEPING if entry.kind.startswith("set_resolved") else None))
        for entry in entries
    ]
    kept = [(entry, state) for entry, state in changes if state is not None]
    if not kept:
        return [(-EVER, STATUSES.get(row.issue.status or "", UNSURE), False)]
    is_cut = len(entries) >= MAX_ACTIVITY
    before = BEFORE.get(kept[0][0].kind, UNSURE if is_cut else ACTIVE)
    return [
        (-EVER, before, False),
        *((second(entry.at), state, entry.kind == "set_regression") for entry, state in kept),
    ]


def is_status_assumed(row: IssueUnderReview) -> bool:
    """Whether its state is only known as it is now."""
    return activity_of(row) is None


def state_truths(rows: Rows, changes: Sequence[tuple[int, str, bool]]) -> Truths:
    """Whether the events of each row are looked at, by the issue's states."""
    if len(changes) == 1:
        code = ALWAYS if changes[0][1] == ACTIVE else MAYBE if changes[0][1] == UNSURE else NEVER
        return [ALWAYS if row.kind in BY_LOG else code for row in rows]
    result, first = [], 0
    for row in rows:
        while first + 1 < len(changes) and changes[first + 1][0] <= row.start:
            first += 1
        if row.kind in BY_LOG:
            result.append(ALWAYS)
            continue
        result.append(_state_in(row, changes, first))
    return result


def _state_in(row: EvaluationRow, changes: Sequence[tuple[int, str, bool]], first: int) -> int:
    inside = [changes[first]]
    after = first + 1
    while after < len(changes) and changes[after][0] < row.end:
        inside.append(changes[after])
        after += 1
    kinds = {state for _, state, _ in inside}
    if kinds == {ACTIVE}:
        return ALWAYS
    if kinds == {SLEEPING}:
        is_reopened = after < len(changes) and changes[after][2] and changes[after][0] < row.end + LATE_S
        return MAYBE if is_reopened else NEVER
    # What reopened it was an event of this bucket, so that its last one was looked at.
    if inside[-1][1] == ACTIVE and inside[-1][2] and inside[-1][0] >= row.start:
        return truth(THE_LAST, NOT_KNOWN)
    return MAYBE
