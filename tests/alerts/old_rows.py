"""Rules from before 2026 in today's words: the same conditions under other names (reference 2)."""

from __future__ import annotations

import re
from typing import Any

from tests.alerts.conditions import Row

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMES = {
    "event_frequency": "event_frequency",
    "event_unique_user_frequency": "event_unique_user_frequency",
    "event_unique_user_frequency_with_conditions": "event_unique_user_frequency",
    "event_frequency_percent": "percent_sessions",
}
_SAME_KEYS = {
    "age_comparison": ("comparison_type", "value", "time"),
    "assigned_to": ("targetType", "targetIdentifier"),
    "issue_occurrences": ("value",),
    "issue_category": ("value",),
    "level": ("level", "match"),
    "tagged_event": ("key", "match", "value"),
    "event_attribute": ("attribute", "match", "value"),
}
_TODAY = {"comparison_type": "comparisonType"}


def of_today(row: Row) -> Row:
    """Return a condition or filter of an old rule as today's rows have it."""
    name = str(row["id"]).rpartition(".")[2]
    kind = _WORDS.sub("_", name.removesuffix("Condition").removesuffix("Filter")).lower()
    if kind in _NAMES:
        form = "percent" if row.get("comparisonType") == "percent" else "count"
        comparison: dict[str, Any] = {"value": float(row["value"]), "interval": row["interval"]}
        if form == "percent":
            comparison["comparisonInterval"] = row.get("comparisonInterval") or "5m"
        return {"type": f"{_NAMES[kind]}_{form}", "comparison": comparison}
    keys = _SAME_KEYS.get(kind)
    if keys is None:
        return {"type": kind, "comparison": True}
    return {"type": kind, "comparison": {_TODAY.get(key, key): row[key] for key in keys if key in row}}
