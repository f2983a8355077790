"""Reads the conditions and actions of an alert, of today's form and of the one before 2026, into one form. Pure.

What is returned are plain objects with the keys of :mod:`.alert_definition`'s models. Nothing is dropped: a condition
that is not known, or lacks what its type needs, becomes one of type ``unknown``, for without it an alert would seem to
fire where it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sentry_runbook.incident.model.evidence import alert_conditions as types
from sentry_runbook.incident.model.evidence.alert_conditions import ConditionType
from sentry_runbook.incident.model.evidence.alert_search import attribute_search, level_search, tag_search
from sentry_runbook.incident.model.evidence.alert_setup import ACTIVE
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    either,
    first_of,
    id_of,
    list_of,
    number_of,
    object_of,
    text_of,
)

MOST_CONDITIONS = 40
"""Of a group; what is beyond becomes one condition that is not known."""
MOST_BLOCKS = 20
MOST_ACTIONS = 100
LOGICS: Mapping[str, str] = {"any": "any", "any-short": "any", "all": "all", "none": "none"}
OLD_ACTIONS: Mapping[str, str] = {
    "NotifyEmailAction": "email",
    "SlackNotifyServiceAction": "slack",
    "MsTeamsNotifyServiceAction": "msteams",
    "DiscordNotifyServiceAction": "discord",
    "PagerDutyNotifyServiceAction": "pagerduty",
    "OpsgenieNotifyTeamAction": "opsgenie",
    "GitHubCreateTicketAction": "github",
    "GitHubEnterpriseCreateTicketAction": "github_enterprise",
    "JiraCreateTicketAction": "jira",
    "JiraServerCreateTicketAction": "jira_server",
    "AzureDevopsCreateTicketAction": "vsts",
    "NotifyEventServiceAction": "webhook",
    "NotifyEventSentryAppAction": "sentry_app",
    "NotifyEventAction": "plugin",
}
"""Class of an action from before → its kind in today's word."""
OTHER_ACTION = "other"
ReadCondition = Callable[[object], JsonObject]


# --- groups


def blocks_of_today(blocks: object) -> list[JsonObject]:
    """The filter blocks of an alert of today, each with its actions."""
    listed = list_of(blocks)
    read = [group_of_today(object_of(block)) for block in listed[:MOST_BLOCKS]]
    if len(listed) > MOST_BLOCKS:
        read.append(_group([_unknown(f"{len(listed) - MOST_BLOCKS} more blocks")], "all", ()))
    return read


def group_of_today(group: JsonObject) -> JsonObject:
    """A group of conditions of today. One without a list of conditions is not known."""
    conditions = _read_each(group.get("conditions"), condition_of_today)
    return _group(conditions, group.get("logicType"), list_of(group.get("actions")))


def triggers_of_before(rule: JsonObject) -> JsonObject:
    """When a rule from before looks at an event."""
    return _group(_read_each(rule.get("conditions"), _reader(rule)), rule.get("actionMatch", "all"), ())


def filters_of_before(rule: JsonObject) -> JsonObject:
    """What must hold then, and what is done."""
    conditions = _read_each(rule.get("filters") or [], _reader(rule))
    return _group(conditions, rule.get("filterMatch") or "all", list_of(rule.get("actions")))


def _reader(rule: JsonObject) -> ReadCondition:
    siblings = [*list_of(rule.get("conditions")), *list_of(rule.get("filters"))][: 2 * MOST_CONDITIONS]
    return lambda condition: condition_of_before(condition, siblings)


def _read_each(conditions: object, read: ReadCondition) -> list[JsonObject]:
    if not isinstance(conditions, list):
        return [_unknown(None)]
    kept = [read(condition) for condition in conditions[:MOST_CONDITIONS]]
    more = len(conditions) - MOST_CONDITIONS
    return [*kept, _unknown(f"{more} more conditions")] if more > 0 else kept


def _group(conditions: Sequence[JsonObject], logic: object, actions: Sequence[object]) -> JsonObject:
    known = LOGICS.get(logic) if isinstance(logic, str) else None
    # Another word than these may be any logic: one condition that is not known says so, whatever the others are.
    alone = [_unknown(text_of(logic))] if known is None else conditions
    kinds, inactive = actions_of(actions)
    return {"logic": known or "all", "conditions": alone, "actions": kinds, "inactive": inactive}


# --- one condition


def condition_of_today(condition: object) -> JsonObject:
    """A condition with its ``comparison``: an object, or a number, or true where there is nothing to compare."""
    row = object_of(condition)
    type_, told = types.type_of(row.get("type")), text_of(row.get("type"))
    comparison = row.get("comparison")
    # The opposite of what the type says; no Sentry was seen to make such a condition.
    if comparison is False or row.get("conditionResult") is False:
        return _unknown(told)
    return _condition(type_, comparison if isinstance(comparison, dict) else {"value": comparison}, told)


def condition_of_before(condition: object, siblings: Sequence[object] = ()) -> JsonObject:
    """A condition or filter of a rule from before: an ``id`` and its values beside it.

    Args:
        condition: as Sentry sent it.
        siblings: all conditions of the rule: some counts take only what meets those of tags and attributes.
    """
    row = object_of(condition)
    id_ = row.get("id")
    type_ = types.type_of_old(id_, is_percent=either(row, "comparison_type") == "percent")
    told = (text_of(id_) or "").rpartition(".")[2] or None
    given = {**row, "filters": []}
    if types.counts_filtered(id_):
        given["filters"] = [other for other in map(object_of, siblings) if _is_of_event(other)]
    if type_.is_percent:
        given["comparisonInterval"] = either(row, "comparison_interval") or types.DEFAULT_COMPARISON
    return _condition(type_, given, told)


def _is_of_event(condition: JsonObject) -> bool:
    return types.type_of_old(condition.get("id"), is_percent=False).parts in ("tag", "attribute")


def _condition(type_: ConditionType, given: JsonObject, told: str | None) -> JsonObject:
    if type_ is types.UNKNOWN_TYPE:
        return _unknown(told)
    parts = READERS[type_.parts](given, type_)
    return _unknown(told) if parts is None else {"type": type_.type, **parts}


def _unknown(told: str | None) -> JsonObject:
    return {"type": types.UNKNOWN, "told": told}


# --- what the types have beside their name; None where something of it is missing


def _flag(_: JsonObject, __: ConditionType) -> JsonObject:
    return {}


def _frequency(given: JsonObject, type_: ConditionType) -> JsonObject | None:
    value, interval = _positive(given), types.interval_seconds(given.get("interval"))
    before = types.interval_seconds(either(given, "comparison_interval")) if type_.is_percent else None
    if value is None or interval is None or (type_.is_percent and before is None):
        return None
    filters = _filters(given.get("filters"))
    return {"value": value, "interval_s": interval, "comparison_s": before, "filters": filters}


def _filters(given: object) -> list[JsonObject]:
    """Those that can be read; what cannot, or is too much, restricts the count by what is not known here."""
    if given is None:
        return []
    if not isinstance(given, list):
        return [_unknown(None)]
    kept = [_filter(part) for part in given[: 2 * MOST_CONDITIONS]]
    more = len(given) - len(kept)
    return [*kept, _unknown(f"{more} more filters")] if more > 0 else kept


def _filter(part: object) -> JsonObject:
    """A condition that counted events must meet: of a tag, or of an attribute."""
    given = object_of(part)
    type_ = types.type_of("event_attribute" if "attribute" in given else "tagged_event")
    return _condition(type_, given, text_of(given.get("attribute") or given.get("key")))


def _number(given: JsonObject, _: ConditionType) -> JsonObject | None:
    value = _positive(given)
    return None if value is None else {"value": value}


def _priority(given: JsonObject, _: ConditionType) -> JsonObject | None:
    value = number_of(given.get("priority") if "priority" in given else given.get("value"))
    return None if value is None else {"value": value}


def _age(given: JsonObject, _: ConditionType) -> JsonObject | None:
    side, value, unit = either(given, "comparison_type"), count_of(given.get("value")), given.get("time")
    seconds = types.AGE_UNITS.get(unit.removesuffix("s")) if isinstance(unit, str) else None
    if side not in ("older", "newer") or value is None or seconds is None:
        return None
    return {"age_s": value * seconds, "is_older": side == "older"}


def _assignee(given: JsonObject, _: ConditionType) -> JsonObject | None:
    kind, id_ = text_of(either(given, "target_type")), id_of(either(given, "target_identifier"))
    if kind == "Unassigned":
        return {"text": "unassigned"}
    return {"text": f"{kind.lower()}:{id_}"} if kind in ("Team", "Member") and id_ else None


def _choice(given: JsonObject, _: ConditionType) -> JsonObject | None:
    text = text_of(given.get("value"))
    return {"match": "ne" if given.get("include") is False else "eq", "text": text} if text else None


def _adoption(given: JsonObject, _: ConditionType) -> JsonObject | None:
    release = text_of(first_of(given, "releaseAgeType", "release_age_type", "oldest_or_newest"))
    side = text_of(first_of(given, "ageComparison", "age_comparison", "older_or_newer"))
    if release not in ("oldest", "newest") or side not in ("older", "newer"):
        return None
    return {"key": release, "match": side, "text": text_of(given.get("environment"))}


def _level(given: JsonObject, _: ConditionType) -> JsonObject | None:
    match, told = given.get("match"), text_of(given.get("level"))
    number = count_of(told)
    level = told if told in types.LEVELS else next((name for name, n in types.LEVELS.items() if n == number), None)
    if level is None or not isinstance(match, str) or match not in types.LEVEL_MATCHES:
        return None
    return {"match": match, "text": level, "search": level_search(match, level)}


def _of_event(given: JsonObject, type_: ConditionType) -> JsonObject | None:
    key, match, text = (text_of(given.get(name)) for name in (_key_of(type_), "match", "value"))
    text = None if match in types.WITHOUT_VALUE else text
    if not key or match not in types.MATCHES or (text is None and match not in types.WITHOUT_VALUE):
        return None
    search = attribute_search if type_.parts == "attribute" else tag_search
    return {"key": key, "match": match, "text": (key, text), "search": search(key, match, text)}


def _key_of(type_: ConditionType) -> str:
    return "attribute" if type_.parts == "attribute" else "key"


def _positive(given: JsonObject) -> float | None:
    value = number_of(given.get("value"))
    return value if value is not None and value >= 0 else None


READERS: Mapping[str, Callable[[JsonObject, ConditionType], JsonObject | None]] = {
    "flag": _flag,
    "frequency": _frequency,
    "number": _number,
    "priority": _priority,
    "age": _age,
    "assignee": _assignee,
    "choice": _choice,
    "adoption": _adoption,
    "level": _level,
    "tag": _of_event,
    "attribute": _of_event,
}
"""By :data:`.alert_conditions.Parts`."""


# --- actions


def actions_of(actions: Sequence[object]) -> tuple[list[str], int]:
    """Kinds of the active actions, without doubles, and how many are not active. Never addresses."""
    rows = [object_of(action) for action in actions[:MOST_ACTIONS]]
    active = [row for row in rows if row.get("status", ACTIVE) == ACTIVE]
    return list(dict.fromkeys(map(_kind_of, active))), len(rows) - len(active)


def kinds_of(groups: Sequence[JsonObject]) -> list[str]:
    """Kinds of the active actions of several groups."""
    return list(dict.fromkeys(_kinds_of(groups)))


def _kinds_of(groups: Sequence[JsonObject]) -> Iterator[str]:
    for group in groups:
        yield from actions_of(list_of(group.get("actions")))[0]


def _kind_of(action: JsonObject) -> str:
    """Of an action of today, or of a metric rule, its type; of a rule's its class; GlitchTip's say recipients."""
    type_ = text_of(first_of(action, "type", "recipientType", "recipient_type"))
    class_ = (text_of(action.get("id")) or "").rpartition(".")[2]
    return OLD_ACTIONS.get(class_) or type_ or OTHER_ACTION
