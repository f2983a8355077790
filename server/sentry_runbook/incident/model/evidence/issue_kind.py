"""What opened an issue: a thrown error, a browser's report, or one of Sentry's own watchers.

Sentry says it in three places, each an open set: the issue's type and category, the event's type, and the number of
its ``occurrence``. Newer servers file the same types under other categories (a cron monitor under ``outage``, a rage
click under ``frontend``), so the type comes before the category.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, object_of, text_of

Kind = Literal[
    "error",
    "csp",
    "certificate",
    "network",
    "metric",
    "cron",
    "uptime",
    "feedback",
    "replay",
    "hydration",
    "performance",
    "regression",
    "other",
]
"""What opened an issue: ``csp``, ``certificate`` and ``network`` are reports that a browser sends by itself."""
REPORTS: Mapping[str, Kind] = {
    "csp": "csp",
    **dict.fromkeys(("hpkp", "expectct", "expectstaple"), "certificate"),
    "nel": "network",
}
"""Type and entry of an event that is a browser's report."""
AMONG_ERRORS: frozenset[Kind] = frozenset({"error", *REPORTS.values()})
"""Kinds that Sentry keeps among the errors: Discover counts them."""
ISSUE_TYPES: tuple[tuple[str, Kind], ...] = (
    ("monitor_", "cron"),
    ("uptime", "uptime"),
    ("metric_issue", "metric"),
    ("feedback", "feedback"),
    ("replay_hydration", "hydration"),
    ("replay_", "replay"),
    ("performance_p95_endpoint_regression", "regression"),
    ("performance_duration_regression", "regression"),
    ("profile_function_regression", "regression"),
    ("performance_", "performance"),
    ("profile_", "performance"),
    ("query_injection", "performance"),
    ("web_vitals", "performance"),
    ("transaction", "performance"),
)
"""Beginnings of Sentry's ``issueType`` or ``type``, the first that fits; the sets are open."""
CATEGORIES: Mapping[str, Kind] = {
    "error": "error",
    "cron": "cron",
    "uptime": "uptime",
    "metric": "metric",
    "metric_alert": "metric",
    "feedback": "feedback",
    "replay": "replay",
    **dict.fromkeys(("performance", "db_query", "http_client", "frontend", "mobile", "profile"), "performance"),
}
OCCURRENCE_TYPES: Mapping[int, Kind] = {
    1: "performance",
    2: "performance",
    4: "cron",
    5: "replay",
    6: "feedback",
    7: "uptime",
    8: "metric",
    10: "performance",
}
"""Thousands of ``occurrence.type`` → kind, where nothing else tells."""
EVENT_TYPES: Mapping[str, Kind] = {"feedback": "feedback", "transaction": "performance", "generic": "other"}
"""``type`` of an event without an occurrence → kind."""
THROWN = ("exception", "threads", "stacktrace")
"""Entries that only an error has."""
OLD_MONITOR = ("Monitor failure", "Cron failure")
"""How the message of a cron monitor begins on servers that filed it as an error."""


def kind_of_issue(json: JsonObject) -> Kind:
    """The kind by the issue's type and category; captures put the issue type into either place."""
    event_type = text_of(json.get("type"))
    for name in (text_of(json.get("issueType")), event_type):
        if name and name in REPORTS:
            return REPORTS[name]
        for beginning, kind in ISSUE_TYPES:
            if name and name.startswith(beginning):
                return kind
    category = text_of(json.get("issueCategory"))
    if category:
        return CATEGORIES.get(category, "other")
    # No thrown error is of the type "generic": the watchers' events are.
    return "other" if event_type == "generic" else "error"


def issue_category(json: JsonObject) -> object:
    """Sentry's category; where a server gives none, what the issue's type tells."""
    kind = kind_of_issue(json)
    return json.get("issueCategory") or ("error" if kind in AMONG_ERRORS else kind)


def kind_of_event(event: JsonObject, entries: Mapping[str, JsonObject], contexts: Mapping[str, JsonObject]) -> Kind:
    """The kind by the event alone. An error of a cron job carries the context ``monitor``, too, and stays an error."""
    kind = text_of(event.get("type")) or text_of(event.get("event.type")) or ""
    report = next((name for name in (kind, *entries) if name in REPORTS), None)
    if report is not None:
        return REPORTS[report]
    occurrence = occurrence_of(event)
    if not occurrence:
        return "cron" if _is_old_monitor(event, entries, contexts) else EVENT_TYPES.get(kind, "error")
    number = count_of(occurrence.get("type"))
    known = OCCURRENCE_TYPES.get(number // 1000) if number is not None else None
    return known or ("cron" if "monitor" in contexts else "feedback" if "feedback" in contexts else "other")


def occurrence_of(event: JsonObject) -> JsonObject:
    """What the watcher wrote, empty for an error; of a transaction ``perfProblem`` on servers of 2022 and 2023."""
    return object_of(event.get("occurrence")) or object_of(event.get("perfProblem"))


def _is_old_monitor(event: JsonObject, entries: Mapping[str, object], contexts: Mapping[str, object]) -> bool:
    """Whether a cron monitor failed on a server that had no issues but errors (before 2023)."""
    texts = (text_of(event.get(key)) or "" for key in ("title", "message"))
    is_thrown = any(name in entries for name in THROWN)
    return "monitor" in contexts and not is_thrown and any(text.startswith(OLD_MONITOR) for text in texts)
