"""Reads what a metric monitor of today, or a metric rule from before, measures and when it opens and closes. Pure.

Today's times are seconds, those of before minutes. Where the value is compared with a time before, today's limits are
percent of the value then (``gt 150``: 50 % more), those of before the change in percent (``50``): they are read as
today's (reference: alerts, 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    either,
    list_of,
    number_of,
    object_of,
    text_of,
)

MOST_THRESHOLDS = 40
MINUTE_S = 60
LONGEST_S = 90 * 86_400
"""No window and no comparison is longer."""
STEPS = ((1_800, 60), (3_600, 120), (14_400, 180), (86_400, 300))
"""Windows shorter than so many seconds have a value every so many."""
LONGEST_STEP_S = 900
LABELS: Mapping[int, str] = {75: "critical", 50: "warning", 0: "ok"}
"""``conditionResult`` → what the monitor is then."""
COMPARED = frozenset(("gt", "gte", "lt", "lte", "eq", "ne"))
ANOMALY = "anomaly_detection"
OLD_COMPARISONS: Mapping[int, tuple[str, str]] = {0: ("gt", "lte"), 1: ("lt", "gte")}
"""``thresholdType`` → how it opens, how it closes. At a ``resolveThreshold`` of its own a server from before monitors
closed only beyond it, one of today that still shows the old row closes at it: read as the latter."""
ERROR_TYPES = frozenset(("error", "default"))
"""Types of the events in the dataset of errors, but for reports of browsers."""


def step_of(window_s: int) -> int:
    """Seconds between two values of a monitor with this window."""
    return next((step for below, step in STEPS if window_s < below), LONGEST_STEP_S)


def metric_of_today(detector: JsonObject) -> JsonObject | None:
    """Of a detector of type ``metric_issue``; None where it tells no aggregate or window."""
    sources = list_of(either(detector, "dataSources"))
    queries = [object_of(either(object_of(either(object_of(source), "queryObj")), "snubaQuery")) for source in sources]
    query, config = queries[0] if queries else {}, object_of(detector.get("config"))
    window = _length(either(query, "timeWindow"))
    measured = _measured(query, window)
    if measured is None or window is None:
        return None
    group = object_of(either(detector, "conditionGroup"))
    conditions = [object_of(part) for part in list_of(group.get("conditions"))]
    thresholds = [_threshold(part) for part in conditions[:MOST_THRESHOLDS]]
    kind, delta = either(config, "detectionType"), either(config, "comparisonDelta")
    is_dynamic = kind == "dynamic" or any(part.get("type") == ANOMALY for part in conditions)
    lacks = len(queries) != 1 or not thresholds or None in thresholds or len(conditions) > MOST_THRESHOLDS
    return {
        **measured,
        "step_s": step_of(window),
        "is_dynamic": is_dynamic,
        "comparison_s": _length(delta),
        **_closing([threshold for threshold in thresholds if threshold is not None]),
        **({"is_partial": True} if not is_dynamic and (lacks or _is_unread(group, kind, delta)) else {}),
    }


def metric_of_before(rule: JsonObject) -> JsonObject | None:
    """Of a metric rule from before; None where it tells no aggregate or window."""
    window = _length(rule.get("timeWindow"), MINUTE_S)
    measured = _measured(rule, window)
    if measured is None or window is None:
        return None
    delta = rule.get("comparisonDelta")
    is_dynamic = rule.get("detectionType") == "dynamic"
    thresholds = list(_old_thresholds(rule, is_compared=delta is not None))
    period = count_of(rule.get("thresholdPeriod")) if rule.get("thresholdPeriod") is not None else 1
    step = _length(rule.get("resolution"), MINUTE_S) or step_of(window) * (2 if delta is not None else 1)
    lacks = not thresholds or None in thresholds or not period or (delta is not None and _length(delta) is None)
    return {
        **measured,
        "step_s": step,
        "is_dynamic": is_dynamic,
        "consecutive": period or 1,
        "comparison_s": _length(delta, MINUTE_S),
        **_closing([threshold for threshold in thresholds if threshold is not None]),
        **({"is_partial": True} if lacks and not is_dynamic else {}),
    }


def _measured(query: JsonObject, window: int | None) -> JsonObject | None:
    aggregate, search = text_of(query.get("aggregate")), text_of(query.get("query")) or ""
    if not aggregate or window is None:
        return None
    return {
        "aggregate": aggregate,
        "dataset": query.get("dataset"),
        "query": search or None,
        "window_s": window,
        "raw_aggregate": aggregate,
        "raw_query": _with_types(search, query),
    }


def _with_types(search: str, query: JsonObject) -> str:
    """The search with the types of events that the monitor counts, where it does not count all errors."""
    listed = [type_ for type_ in list_of(either(query, "eventTypes")) if isinstance(type_, str)]
    types = [type_ for type_ in dict.fromkeys(listed) if type_ in ERROR_TYPES]
    if len(types) != 1 or len(listed) != 1:
        return search
    return f"event.type:{types[0]} ({search})" if search.strip() else f"event.type:{types[0]}"


def _threshold(condition: JsonObject) -> JsonObject | None:
    """A condition as a threshold; None where it is not one that we know."""
    kind, limit = text_of(condition.get("type")), number_of(condition.get("comparison"))
    result = count_of(either(condition, "conditionResult"))
    label = LABELS.get(result) if result is not None else None
    if kind not in COMPARED or limit is None or label is None:
        return None
    return {"label": label, "comparison": kind, "limit": limit}


def _is_unread(group: JsonObject, kind: object, delta: object) -> bool:
    is_logic = group.get("logicType") in ("any", "any-short", None)
    return not is_logic or (delta is not None and _length(delta) is None) or (kind == "percent" and delta is None)


def _closing(thresholds: list[JsonObject]) -> JsonObject:
    return {
        "thresholds": thresholds,
        "closes_by_itself": any(threshold["label"] == "ok" for threshold in thresholds),
    }


def _old_thresholds(rule: JsonObject, *, is_compared: bool) -> Iterator[JsonObject | None]:
    """The triggers, and when it closes: at its own limit, else at the warning's, else at the critical one."""
    side = count_of(rule.get("thresholdType"))
    comparisons = OLD_COMPARISONS.get(side) if side is not None else None
    if comparisons is None:
        yield None
        return
    opens, closes = comparisons

    def limit_of(value: object) -> float | None:
        number = number_of(value)
        if number is None or not is_compared:
            return number
        return 100 + number if opens == "gt" else 100 - number

    limits = {}
    for trigger in map(object_of, list_of(rule.get("triggers"))[:MOST_THRESHOLDS]):
        label, limit = trigger.get("label"), limit_of(trigger.get("alertThreshold"))
        if label not in ("critical", "warning") or limit is None:
            yield None
            continue
        limits[label] = limit
        yield {"label": label, "comparison": opens, "limit": limit}
    own = limit_of(rule.get("resolveThreshold"))
    closing = own if own is not None else limits.get("warning", limits.get("critical"))
    if closing is not None:
        yield {"label": "ok", "comparison": closes, "limit": closing}


def _length(value: object, unit: int = 1) -> int | None:
    """Seconds of a length that is told in ``unit`` seconds; None for none, and for an impossible one."""
    number = count_of(value)
    return number * unit if number and number * unit <= LONGEST_S else None
