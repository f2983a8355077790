"""Lists of alerts and monitors: the search of their names and kinds, their orders, and their pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.alert_ids import connected, workflow_id
from sentry_runbook.simulator.params import ApiError, answer, page
from sentry_runbook.simulator.records import ProjectRecord
from sentry_runbook.simulator.scenario import AlertSpec
from sentry_runbook.simulator.scenario.watchers import WHOLE_ORGANIZATION
from sentry_runbook.simulator.watch_payloads import Row

R = TypeVar("R")
Order = Callable[[Row], int | str | None]

_TERM = re.compile(r'(\w+):(?:"([^"]*)"|(\S+))')
_DETECTOR_TYPES = {"metric": "metric_issue", "uptime": "uptime_domain_failure", "cron": "monitor_check_in_failure"}


def _id(row: Row) -> int:
    return int(str(row["id"]))


def _text(key: str) -> Order:
    return lambda row: None if row[key] is None else str(row[key]).lower()


def _size(key: str) -> Order:
    def size(row: Row) -> int:
        held = row[key]
        return len(held) if isinstance(held, list) else 0

    return size


def _actions(row: Row) -> int:
    return str(row["actionFilters"]).count("'status':")


ALERT_ORDERS: Mapping[str, Order] = {
    "id": _id,
    "name": _text("name"),
    "dateCreated": _text("dateCreated"),
    "dateUpdated": _text("dateUpdated"),
    "connectedDetectors": _size("detectorIds"),
    "actions": _actions,
    "lastTriggered": _text("lastTriggered"),
}
MONITOR_ORDERS: Mapping[str, Order] = {
    "id": _id,
    "name": _text("name"),
    "type": _text("type"),
    "connectedWorkflows": _size("workflowIds"),
    "latestGroup": lambda row: str(held.get("lastSeen")) if isinstance(held := row["latestGroup"], dict) else None,
    "openIssues": lambda row: int(str(row["openIssues"])),
}


def sorted_page(request: Request, rows: Sequence[Row], orders: Mapping[str, Order]) -> Response:
    """Answer with a page of the rows in the order that ``sortBy`` names (default: by id); 400 for an unknown order.

    What has no value comes last, whichever way is sorted.
    """
    asked = request.query_params.get("sortBy", "id")
    order = orders.get(asked.removeprefix("-"))
    if order is None:
        raise ApiError(400, {"sortBy": ["Invalid sort field"]})
    ranked = [(order(row), row) for row in rows]
    told: list[tuple[int | str, Row]] = [(value, row) for value, row in ranked if value is not None]
    told.sort(key=lambda pair: pair[0], reverse=asked.startswith("-"))
    shown, links = page(request, [row for _, row in told] + [row for value, row in ranked if value is None])
    return answer(list(shown), links)


def split_query(query: str) -> tuple[str, dict[str, list[str]]]:
    """Split a search into its words and the values of its terms (``key:value``, ``key:[one,other]``), in lower case."""
    terms: dict[str, list[str]] = {}
    for match in _TERM.finditer(query):
        value = (match[2] or match[3] or "").lower()
        any_of = value[1:-1].split(",") if value.startswith("[") and value.endswith("]") else [value]
        terms.setdefault(match[1].lower(), []).extend(any_of)
    return " ".join(_TERM.sub(" ", query).lower().split()), terms


def is_wanted_alert(request: Request, project: ProjectRecord, alert: AlertSpec, *, is_own: bool) -> bool:
    """Return whether a question for alerts means this one.

    Args:
        request: the question.
        project: whose the alert is.
        alert: the alert.
        is_own: whether the question means the project.
    """
    query = request.query_params
    if not alert.connected and "project" in query:
        return False  # An alert without a monitor belongs to no project: with a filter it is not listed.
    if not is_own and not (alert.connected and WHOLE_ORGANIZATION in alert.monitors):
        return False
    ids, monitors = query.getlist("id"), query.getlist("detector")
    if ids and workflow_id(project, alert) not in ids:
        return False
    if monitors and not set(monitors) & set(connected(project, alert)):
        return False
    words, terms = split_query(query.get("query", ""))
    name = alert.name.lower()
    kinds = {str(action.get("type")) for block in alert.filters for action in block.actions if alert.acts}
    return all(text in name for text in (words, *terms.get("name", ()))) and kinds.issuperset(terms.get("action", ()))


def wanted_monitors(request: Request, rows: Sequence[Row]) -> list[Row]:
    """Keep the monitors that a question means."""
    ids = request.query_params.getlist("id")
    words, terms = split_query(request.query_params.get("query", ""))
    kinds = [_DETECTOR_TYPES.get(kind, kind) for kind in terms.get("type", ())]

    def is_wanted(row: Row) -> bool:
        name, alerts = str(row["name"]).lower(), row["workflowIds"]
        return (
            (not ids or row["id"] in ids)
            and (not kinds or row["type"] in kinds)
            and all(text in name for text in (*words.split(), *terms.get("name", ())))
            and all(isinstance(alerts, list) and alert in alerts for alert in terms.get("workflow", ()))
        )

    return [row for row in rows if is_wanted(row)]
