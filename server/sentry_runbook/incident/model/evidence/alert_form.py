"""Which of the forms of alerts a row is of, and the parts of a definition that each form has. Pure.

Owner, project and environment are read alike of all; how the condition is read is a row of :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from sentry_runbook.incident.model.evidence.alert_condition_reading import (
    actions_of,
    blocks_of_today,
    filters_of_before,
    group_of_today,
    kinds_of,
    triggers_of_before,
)
from sentry_runbook.incident.model.evidence.alert_metric import metric_of_before, metric_of_today
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    either,
    first_of,
    list_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.watchers import Pairs, metric_of, monitor_of, uptime_of

DefinitionForm = Literal["workflow", "rule", "metric_monitor", "metric_rule", "cron", "uptime", "glitchtip"]
"""Whose keys the row had: an alert of today or an issue rule from before; a metric monitor or a metric rule from
before; a cron monitor, an uptime check; an alert of GlitchTip's."""
BY_TYPE: Mapping[str, DefinitionForm] = {
    "metric_issue": "metric_monitor",
    "uptime_domain_failure": "uptime",
    "monitor_check_in_failure": "cron",
    "rule": "rule",
    "alert_rule": "metric_rule",
    "uptime": "uptime",
    "monitor": "cron",
}
"""``type`` of a detector, or of a row of the combined list → form."""
BY_KEY: Mapping[str, DefinitionForm] = {
    "detectorIds": "workflow",
    "actionFilters": "workflow",
    "aggregate": "metric_rule",
    "actionMatch": "rule",
    "timespan_minutes": "glitchtip",
    "timespanMinutes": "glitchtip",
    "alertRecipients": "glitchtip",
    "intervalSeconds": "uptime",
    "checkin_margin": "cron",
    "slug": "cron",
}
"""A key that only one form has, the surest first."""
DEFAULT_MONITORS = frozenset(("error", "issue_stream"))
"""Types of the monitors that every project has, which have no condition: they are no alerts."""
OLD_FREQUENCY = 30
"""Minutes, of a rule from before that names none."""
MOST_PROJECTS = 1_000


def form_of_row(row: JsonObject, listed: DefinitionForm | None = None) -> DefinitionForm | None:
    """The form of a row of any list.

    Args:
        row: as the server sent it.
        listed: what the list holds, where its rows do not say it; a row's own ``type`` outranks it.

    Returns:
        None for a default monitor, and where nothing tells it.
    """
    type_ = text_of(row.get("type")) or ""
    if type_ in DEFAULT_MONITORS:
        return None
    # The type of a cron monitor in its own list says what its job is.
    return BY_TYPE.get(type_) or listed or next((form for key, form in BY_KEY.items() if key in row), None)


def parts_of(form: object, row: JsonObject) -> JsonObject:
    """What a definition has beside its set-up, with the keys of its fields."""
    read = READERS.get(form) if isinstance(form, str) else None
    environment = next(filter(None, map(text_of, _environments_of(row))), None)
    owner = row.get("owner")
    return {
        "project_ids": list(_projects_of(row))[:MOST_PROJECTS],
        "environment": environment,
        "raw_environment": environment,
        "owner": first_of(owner, "name", "id") if isinstance(owner, dict) else owner,
        "workflow_ids": row.get("workflowIds"),
        "dateCreated": row.get("dateCreated"),
        "dateUpdated": first_of(row, "dateUpdated", "dateModified"),
        **(read(row) if read is not None else {}),
    }


def _environments_of(row: JsonObject) -> Iterator[object]:
    """Where an environment may stand: in a monitor's query, in the row itself, in an uptime monitor's settings."""
    yield _query_of(row).get("environment")
    yield row.get("environment")
    yield object_of(row.get("config")).get("environment")


def _query_of(row: JsonObject) -> JsonObject:
    """The query of a metric monitor, which has its environment."""
    source = object_of(next(iter(list_of(either(row, "dataSources"))), None))
    return object_of(either(object_of(either(source, "queryObj")), "snubaQuery"))


def _projects_of(row: JsonObject) -> Iterator[object]:
    for project in (row.get("projectId"), row.get("project"), row.get("projectSlug"), *list_of(row.get("projects"))):
        known = first_of(project, "id", "slug") if isinstance(project, dict) else project
        if known is not None:
            yield known


# --- conditions, by form


def _workflow(row: JsonObject) -> JsonObject:
    triggers, blocks = row.get("triggers"), row.get("actionFilters")
    # Of an alert without triggers Sentry sends null: every event. Without the key they are not known.
    when = group_of_today(
        triggers if isinstance(triggers, dict) else {"conditions": triggers or [], "logicType": "any"}
    )
    return {
        "triggers": when if "triggers" in row else None,
        "filters": blocks_of_today(blocks),
        "frequency_minutes": count_of(object_of(row.get("config")).get("frequency")),
        "notifies": kinds_of([object_of(block) for block in list_of(blocks)]) if isinstance(blocks, list) else None,
    }


def _rule(row: JsonObject) -> JsonObject:
    actions, minutes = row.get("actions"), row.get("frequency")
    return {
        "triggers": triggers_of_before(row) if "conditions" in row else None,
        "filters": [filters_of_before(row)],
        "frequency_minutes": OLD_FREQUENCY if minutes is None else count_of(minutes),
        "is_quiet_inclusive": True,
        "notifies": actions_of(actions)[0] if isinstance(actions, list) else None,
    }


def _metric_monitor(row: JsonObject) -> JsonObject:
    metric = metric_of_today(row)
    conditions = object_of(either(row, "conditionGroup")).get("conditions")
    return {"metric": metric, "words": [] if metric else _lines(metric_of({**row, "conditions": conditions}))}


def _metric_rule(row: JsonObject) -> JsonObject:
    triggers = row.get("triggers")
    kinds = kinds_of([object_of(trigger) for trigger in list_of(triggers)]) if isinstance(triggers, list) else None
    return {"metric": metric_of_before(row), "notifies": kinds}


def _cron(row: JsonObject) -> JsonObject:
    """A detector holds the monitor as its source; a row of the list of monitors, or of the combined one, is it."""
    source = object_of(next(iter(list_of(either(row, "dataSources"))), None))
    return {"words": _lines(monitor_of(object_of(either(source, "queryObj")) or row))}


def _uptime(row: JsonObject) -> JsonObject:
    is_detector = either(row, "dataSources") is not None
    return {"words": _lines(uptime_of(row if is_detector else {"dataSources": [{"queryObj": row}], "config": row}))}


def _glitchtip(row: JsonObject) -> JsonObject:
    """So many events of one issue within so many minutes; or, beside that, uptime checks that fail."""
    events, minutes = count_of(row.get("quantity")), count_of(either(row, "timespan_minutes"))
    recipients = either(row, "alert_recipients")
    counted = f"{events} of one issue within {minutes} min" if events and minutes else None
    told = [("events", counted), ("uptime checks", "also when one fails" if row.get("uptime") is True else None)]
    return {
        "words": _lines(iter(told)),
        # Without a recipient the team gets a mail.
        "notifies": actions_of(recipients)[0] or ["email"] if isinstance(recipients, list) else None,
    }


def _lines(pairs: Pairs) -> list[str]:
    return [f"{name}: {text}" for name, text in pairs if text]


READERS: Mapping[str, Callable[[JsonObject], JsonObject]] = {
    "workflow": _workflow,
    "rule": _rule,
    "metric_monitor": _metric_monitor,
    "metric_rule": _metric_rule,
    "cron": _cron,
    "uptime": _uptime,
    "glitchtip": _glitchtip,
}
"""By :data:`DefinitionForm`."""
