"""What fell with an act, and in which group: the events that explain the incident, and all others, before and after it.

How to think about it: a rate that falls may be the incident's, or that of something beside it. Only the event rows tell
both the instant and the group of an event, and they are the latest ones, so the counts are told only for stretches that
the rows reach back to. The group is what explains the incident best, where rows tell it (release, user, transaction,
environment), else the release that came with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import count, duration, number
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import EventRow, Evidence, Known, quoted
from sentry_runbook.incident.model.results.explanation import TagValue
from sentry_runbook.incident.recovery.metrics import MIN_ELAPSED, RecoveryMetrics

LONGEST = timedelta(hours=2)
ACTS = ("stated", "deploy", "resolve", "archive", "flag")
"""What the reference time must be: an act, and not the peak or the last event."""
OF_A_ROW: Mapping[str, Callable[[EventRow], str | None]] = {
    "release": lambda row: row.release,
    "environment": lambda row: row.environment,
    "transaction": lambda row: row.transaction,
    "user": lambda row: row.user,
}
"""Tags that a row tells."""


@dataclass(frozen=True)
class GroupCount:
    """Events of the group and of all others in one stretch."""

    group: int
    others: int


def group_effect(incident: Measurements, metrics: RecoveryMetrics) -> str | None:
    """The counts of the group and of the others in equal stretches before and after the act; None when not known."""
    values = _group(incident)
    if metrics.since is None or metrics.basis not in ACTS or metrics.episode is None or not values:
        return None
    at, began = metrics.since, metrics.episode.result.began
    length = min(incident.read_at - at, at - began, LONGEST)
    length -= length % timedelta(minutes=1)
    rows = _rows(incident.evidence, at - length)
    if length < MIN_ELAPSED or rows is None:
        return None
    before, after = (_count(rows, values, start, start + length) for start in (at - length, at))
    if not before.group + before.others:
        return None
    name = " and ".join(f"{quoted(value.tag)} {quoted(value.value)}" for value in values)
    group = f"{count(before.group, 'event')} in the {duration(length)} before, {number(after.group)} after"
    others = f"; all others: {number(before.others)} before, {number(after.others)} after"
    return f"With {name}: {group}{others if before.others or after.others else ', and no other event'}."


def _group(incident: Measurements) -> tuple[TagValue, ...]:
    """What explains the incident, where rows tell it; else the suspect release."""
    best = incident.explanation[0].values if incident.explanation else ()
    if best and all(value.tag in OF_A_ROW for value in best):
        return best
    return (TagValue(tag="release", value=incident.suspect),) if incident.suspect else ()


def _rows(evidence: Evidence, since: datetime) -> Sequence[tuple[datetime, EventRow]] | None:
    """The rows with their times; None where they do not reach back to ``since``."""
    if not isinstance(evidence.rows, Known) or evidence.together:
        return None  # of several issues they are the first one's
    rows = [(row.when, row) for row in evidence.rows.value if row.when is not None]
    oldest = min((at for at, _ in rows), default=None)
    reaches = not evidence.has_older_rows or (oldest is not None and oldest <= since)
    return rows if reaches and len(rows) == len(evidence.rows.value) else None


def _count(
    rows: Sequence[tuple[datetime, EventRow]], values: Sequence[TagValue], start: datetime, end: datetime
) -> GroupCount:
    inside = [row for at, row in rows if start <= at < end]
    group = sum(all(OF_A_ROW[value.tag](row) == value.value for value in values) for row in inside)
    return GroupCount(group, len(inside) - group)
