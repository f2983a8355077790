"""The evidence without its suspect events, for the severity that would remain.

Only some rows of the event list are read, so the counts are reduced by the suspects' share of those rows: an estimate.
Sessions, and all else that is not counted from the issue's events, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sentry_runbook.incident.model.evidence import Evidence, Known, Series, Totals, Unknown
from sentry_runbook.incident.severity.anomalies import Anomaly


@dataclass(frozen=True)
class Suspects:
    """Events that may be forged or part of a flood, among the rows that were read.

    Attributes:
        row_ids: their ids.
        event_share: their share of the rows, 0..1.
        user_share: the share of the rows' users that sent no other event, 0..1.
    """

    row_ids: frozenset[str]
    event_share: float
    user_share: float


def find_suspects(evidence: Evidence, anomalies: Iterable[Anomaly]) -> Suspects | None:
    """The suspect events among the rows, by the anomalies of the rows; None when nothing looks forged."""
    ids = frozenset(row_id for anomaly in anomalies for row_id in anomaly.row_ids)
    if not ids or not isinstance(evidence.rows, Known):
        return None
    rows = evidence.rows.value
    users = {row.user for row in rows if row.user}
    other_users = {row.user for row in rows if row.user and row.id not in ids}
    return Suspects(
        row_ids=ids,
        event_share=sum(row.id in ids for row in rows) / len(rows),
        user_share=1 - len(other_users) / len(users) if users else 0.0,
    )


def excluding(evidence: Evidence, suspects: Suspects) -> Evidence:
    """The evidence without the suspect events: their rows are left out, every count is reduced by their share."""
    keep, keep_users = 1 - suspects.event_share, 1 - suspects.user_share
    changes: dict[str, object] = {}
    if isinstance(evidence.rows, Known):
        rows = tuple(row for row in evidence.rows.value if row.id not in suspects.row_ids)
        changes["rows"] = evidence.rows.model_copy(update={"value": rows})
    if isinstance(evidence.totals, Known):
        totals = _scaled_totals(evidence.totals.value, keep, keep_users)
        changes["totals"] = evidence.totals.model_copy(update={"value": totals})
    if isinstance(evidence.series, Known):
        series = evidence.series.value
        users = None if series.users is None else _scaled(series.users, keep_users)
        scaled = series.model_copy(update={"events": _scaled(series.events, keep), "users": users})
        changes["series"] = evidence.series.model_copy(update={"value": scaled})
    if isinstance(evidence.users_per_hour, Known):
        hours = _scaled(evidence.users_per_hour.value, keep_users)
        changes["users_per_hour"] = evidence.users_per_hour.model_copy(update={"value": hours})
    changes["users_in"] = tuple(
        count.model_copy(update={"users": round(count.users * keep_users)}) for count in evidence.users_in
    )
    changes |= _scaled_unhandled(evidence, keep)
    return evidence.model_copy(update=changes)


def _scaled_totals(totals: Totals, keep: float, keep_users: float) -> Totals:
    users = None if totals.users is None else round(totals.users * keep_users)
    return totals.model_copy(update={"events": round(totals.events * keep), "users": users})


def _scaled(series: Series, keep: float) -> Series:
    return series.model_copy(
        update={"values": tuple(None if value is None else round(value * keep) for value in series.values)}
    )


def _scaled_unhandled(evidence: Evidence, keep: float) -> dict[str, object]:
    """The issue's unhandled events reduced, and the project's by as many: the other issues keep theirs."""
    own, project = evidence.unhandled, evidence.project_unhandled
    if isinstance(own, Unknown):
        return {}
    changes: dict[str, object] = {"unhandled": own.model_copy(update={"value": _scaled(own.value, keep)})}
    if isinstance(project, Known) and project.value.start == own.value.start:
        pairs = zip(project.value.values, own.value.values, strict=False)
        remaining = tuple(None if whole is None else whole - (part or 0) * (1 - keep) for whole, part in pairs)
        series = project.value.model_copy(update={"values": remaining})
        changes["project_unhandled"] = project.model_copy(update={"value": series})
    return changes
