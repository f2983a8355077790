"""On how many of the issues that an alert fired for a person acted within a day of a firing.

What counts is an entry of the issue's log: who is assigned now, or that an issue is resolved by now, says neither when
it was done nor by whom, so that of an issue without a log nothing is certain. Of an issue that was fired for more than
once only the last firing is known to the second; an act after an hour in which the alert fired for some issue may be
an answer to another one's firing. Then it is not known, unless the replay places a firing of this issue there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.alerts.replayed import ReplayedFiring
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Activity, Known
from sentry_runbook.incident.model.evidence.alert_review import AlertFirings, IssueUnderReview
from sentry_runbook.incident.model.evidence.alert_target import TargetIssue
from sentry_runbook.incident.model.evidence.issue import MAX_ACTIVITY

DAY = timedelta(hours=24)
ACTS = frozenset(
    {
        "assigned",
        "note",
        "set_ignored",
        "set_resolved",
        "set_resolved_in_release",
        "set_resolved_in_commit",
        "set_resolved_in_pull_request",
    }
)
"""Assigned, commented, archived, resolved: kinds of entries of an issue's log."""


@dataclass(frozen=True)
class ActedOn:
    """Of ``of`` issues, whose logs tell it, a person acted on ``issues``."""

    issues: int
    of: int

    @property
    def pct(self) -> float:
        """In percent; 100 of none, so that nothing is said of it."""
        return 100 * self.issues / self.of if self.of else 100.0


def acted_on(
    firings: AlertFirings,
    issues: Mapping[str, IssueUnderReview],
    replayed: Mapping[str | None, Sequence[ReplayedFiring]],
    now: datetime,
) -> ActedOn:
    """On how many of the issues that were fired for a person acted within 24 hours.

    Args:
        firings: of the alert.
        issues: by number, with their logs as far as they were read.
        replayed: the alert's replayed firings by issue.
        now: where the logs end. An issue without an act is not counted while the day after its firings goes on.
    """
    logs = {id_: row.activity.value for id_, row in issues.items() if isinstance(row.activity, Known)}
    told = [
        _is_acted_on(row, firings, logs[row.id], replayed.get(row.id, ()), now)
        for row in firings.issues
        if row.id in logs
    ]
    return ActedOn(issues=told.count(True), of=len(told) - told.count(None))


def _is_acted_on(
    row: TargetIssue,
    firings: AlertFirings,
    log: Sequence[Activity],
    replayed: Iterable[ReplayedFiring],
    now: datetime,
) -> bool | None:
    acts = [entry.at for entry in log if entry.actor == "person" and entry.kind in ACTS]
    last = row.last_fired
    if last is not None and any(last <= act <= last + DAY for act in acts):
        return True
    sure = [firing for firing in replayed if firing.is_certain]
    if any(firing.latest <= act <= firing.earliest + DAY for act in acts for firing in sure):
        return True
    is_cut = len(log) >= MAX_ACTIVITY and (last is None or min(entry.at for entry in log) > last)
    if row.firings == 1 and last is not None:
        return None if is_cut or now < last + DAY else False
    hours = [hour.start for hour in firings.hours or () if hour.firings and (last is None or hour.start <= last)]
    if len(firings.issues) == 1 and not firings.has_more_issues and _follows(acts, hours):
        return True
    if hours and now < min(hours) + DAY:
        return None
    may = acts if firings.hours is None else [act for act in acts if _follows([act], hours)]
    return None if is_cut or any(last is None or act <= last + DAY for act in may) else False


def _follows(acts: Iterable[datetime], hours: Sequence[datetime]) -> bool:
    """Whether one of the acts may be within a day after a firing of one of the hours."""
    return any(hour <= act <= hour + HOUR + DAY for act in acts for hour in hours)
