"""Why an issue fired that no thrown error opened: which kind it is, and its evidence as names and values, raw.

Sentry writes them in four places: ``occurrence`` (subtitle, ``evidenceDisplay`` for people, ``evidenceData`` for
machines), the entry ``csp`` of a browser's report, and the contexts ``monitor`` and ``feedback``. ``evidenceDisplay``
is often empty (metric monitors), so that the rest is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, object_of, text_of

Kind = Literal["error", "csp", "metric", "cron", "uptime", "feedback", "replay", "performance", "other"]
"""What opened an issue. ``csp`` stands for every report that a browser sends by itself."""
Pair = tuple[str, str]
MOST_PAIRS = 12
SENTENCE = 20
"""Characters from which a value is told once, whatever its name."""
MOST_LINES = 40
"""Lines of evidence that are looked at."""
REPORTS = ("csp", "hpkp", "expectct", "expectstaple")
ISSUE_TYPES: tuple[tuple[str, Kind], ...] = (
    *((name, "csp") for name in REPORTS),
    ("monitor_", "cron"),
    ("uptime", "uptime"),
    ("metric_issue", "metric"),
    ("feedback", "feedback"),
    ("replay_", "replay"),
    ("performance_", "performance"),
    ("profile_", "performance"),
    ("transaction", "performance"),
)
"""Beginnings of Sentry's ``issueType`` or ``type``; the sets are open."""
CATEGORIES: Mapping[str, Kind] = {
    "error": "error",
    "cron": "cron",
    "uptime": "uptime",
    "metric": "metric",
    "metric_alert": "metric",
    "feedback": "feedback",
    "replay": "replay",
    **dict.fromkeys(("performance", "db_query", "http_client", "mobile", "profile"), "performance"),
}
OCCURRENCE_TYPES: Mapping[int, Kind] = {
    1: "performance",
    2: "performance",
    4: "cron",
    5: "replay",
    6: "feedback",
    7: "uptime",
    8: "metric",
}
"""Thousands of ``occurrence.type`` → kind, where nothing else tells."""
EVENT_TYPES: Mapping[str, Kind] = {"feedback": "feedback", "transaction": "performance"}
"""``type`` of an event without an occurrence → kind."""
COMPARISONS = {
    "gt": "above",
    "gte": "at or above",
    "lt": "below",
    "lte": "at or below",
    "eq": "equal to",
    "ne": "other than",
}
PRIORITIES = {75: "high", 50: "medium", 25: "low"}
DISPOSITIONS = {"report": "report (only reported, nothing was blocked)", "enforce": "enforce (the browser blocked it)"}
SCALARS = re.compile(r"(?!.*(?:^id|Id|_id|Ids|_ids|[fF]ingerprint)$)[A-Za-z][A-Za-z0-9_]{0,40}")
"""Names of ``evidenceData`` that are worth showing: no ids."""


def kind_of_issue(json: JsonObject) -> Kind:
    """The kind by the issue's type and category; captures put the issue type into either place."""
    for name in (text_of(json.get("issueType")), text_of(json.get("type"))):
        for beginning, kind in ISSUE_TYPES:
            if name and name.startswith(beginning):
                return kind
    category = text_of(json.get("issueCategory"))
    return CATEGORIES.get(category, "other") if category else "error"


def kind_of_event(event: JsonObject, entries: Mapping[str, JsonObject], contexts: Mapping[str, JsonObject]) -> Kind:
    """The kind by the event alone. An error of a cron job carries the context ``monitor``, too, and stays an error."""
    kind = text_of(event.get("type")) or text_of(event.get("event.type"))
    if kind in REPORTS or any(name in entries for name in REPORTS):
        return "csp"
    occurrence = event.get("occurrence")
    if not isinstance(occurrence, dict):
        return EVENT_TYPES.get(kind or "", "error")
    number = count_of(occurrence.get("type"))
    known = OCCURRENCE_TYPES.get(number // 1000) if number is not None else None
    return known or ("cron" if "monitor" in contexts else "feedback" if "feedback" in contexts else "other")


def evidence_of(event: JsonObject, entries: Mapping[str, JsonObject], contexts: Mapping[str, JsonObject]) -> list[Pair]:
    """Names and values that say why it fired, what matters most first; the values of one name are joined."""
    kind = kind_of_event(event, entries, contexts)
    values: dict[str, list[str]] = {}
    sentences: set[str] = set()
    for name, value in _pairs(kind, event, entries, contexts):
        label, text = (name or "").strip(), (value or "").strip()
        # The same sentence often stands in two places: as the subtitle and as the message.
        if not label or not text or text in sentences or (label not in values and len(values) == MOST_PAIRS):
            continue
        if len(text) >= SENTENCE:
            sentences.add(text)
        if text not in values.setdefault(label, []):
            values[label].append(text)
    return [(name, "; ".join(texts)) for name, texts in values.items()]


def _pairs(
    kind: Kind, event: JsonObject, entries: Mapping[str, JsonObject], contexts: Mapping[str, JsonObject]
) -> Iterator[tuple[str | None, str | None]]:
    occurrence = object_of(event.get("occurrence"))
    data = object_of(occurrence.get("evidenceData"))
    yield "subtitle", text_of(occurrence.get("subtitle"))
    if kind == "csp":
        yield from _report(next((entries[name] for name in REPORTS if name in entries), {}))
    elif kind == "feedback":
        yield from _feedback(object_of(contexts.get("feedback")))
    yield from _displayed(list_of(occurrence.get("evidenceDisplay"))[:MOST_LINES])
    if kind == "metric":
        yield from _metric(data)
    elif kind == "cron":
        yield from _monitor(object_of(contexts.get("monitor")))
    if kind not in ("error", "feedback"):
        yield from _scalars(data)


def _displayed(lines: Iterable[object]) -> Iterator[tuple[str | None, str | None]]:
    shown = [line for line in lines if isinstance(line, dict)]
    shown.sort(key=lambda line: line.get("important") is not True)
    for line in shown:
        yield text_of(line.get("name")), text_of(line.get("value"))


def _report(report: JsonObject) -> Iterator[tuple[str, str | None]]:
    """A browser's report: keys with ``_`` as Sentry writes them, or with ``-`` as browsers do."""

    def of(name: str) -> str | None:
        return text_of(report.get(name)) or text_of(report.get(name.replace("_", "-")))

    disposition = of("disposition")
    place = [part for part in (of("source_file"), of("line_number"), of("column_number")) if part]
    yield "directive", of("effective_directive") or of("violated_directive")
    yield "blocked", of("blocked_uri")
    yield "disposition", DISPOSITIONS.get(disposition or "", disposition)
    yield "source file", ":".join(place) if of("source_file") else None
    yield "page", of("document_uri")
    yield "sample", of("script_sample")
    yield "host", of("hostname")


def _feedback(feedback: JsonObject) -> Iterator[tuple[str, str | None]]:
    """What the customer wrote, and where; name and address are not needed to understand it."""
    yield "message", text_of(feedback.get("message"))
    yield "page", text_of(feedback.get("url"))


def _metric(data: JsonObject) -> Iterator[tuple[str, str | None]]:
    """The value measured and the thresholds; of an anomaly the value stands in an object of its own."""
    value = data.get("value")
    yield "value", text_of(object_of(value).get("value") if isinstance(value, dict) else value)
    for condition in list_of(data.get("conditions"))[:MOST_LINES]:
        if isinstance(condition, dict):
            yield "threshold", _threshold(condition)
    for source in list_of(_either(data, "dataSources"))[:3]:
        query = object_of(_either(object_of(_either(object_of(source), "queryObj")), "snubaQuery"))
        yield "measured", _query(query)


def _threshold(condition: JsonObject) -> str | None:
    result = count_of(_either(condition, "conditionResult"))
    # 0 is the condition under which the monitor is well again.
    if result == 0:
        return None
    kind, limit = text_of(condition.get("type")) or "", condition.get("comparison")
    words = f"{COMPARISONS.get(kind, kind)} {text_of(limit) or ''}".strip()
    if isinstance(limit, dict):
        words = "an anomaly" + "".join(f", {key} {text}" for key, part in limit.items() if (text := text_of(part)))
    priority = PRIORITIES.get(result) if result is not None else None
    return f"{words} ({priority} priority)" if words and priority else words or None


def _query(query: JsonObject) -> str | None:
    aggregate, search = text_of(query.get("aggregate")), text_of(query.get("query"))
    seconds = count_of(_either(query, "timeWindow"))
    if aggregate is None:
        return None
    where = f" where {search}" if search else ""
    return f"{aggregate}{where}{f' over {seconds // 60} min' if seconds else ''}"


def _monitor(monitor: JsonObject) -> Iterator[tuple[str, str | None]]:
    config = object_of(monitor.get("config"))
    yield "monitor", text_of(monitor.get("slug")) or text_of(monitor.get("name"))
    yield "schedule", _schedule(config)
    yield "monitor status", text_of(monitor.get("status"))
    for name, key in (("check-in margin", "checkin_margin"), ("longest run", "max_runtime")):
        minutes = count_of(_either(config, key))
        yield name, f"{minutes} min" if minutes else None


def _schedule(config: JsonObject) -> str | None:
    """A crontab line with its zone, or ``every 5 minute``."""
    schedule = config.get("schedule")
    if isinstance(schedule, list):
        every = [text for part in schedule[:2] if (text := text_of(part))]
        return f"every {' '.join(every)}" if every else None
    line, zone = text_of(schedule), text_of(config.get("timezone"))
    return f"{line} ({zone})" if line and zone else line


def _scalars(data: JsonObject) -> Iterator[tuple[str, str | None]]:
    """Single values for machines, last: what a kind that is not known here has besides."""
    for name, value in list(data.items())[:MOST_LINES]:
        if SCALARS.fullmatch(name):
            yield name, text_of(value)


def _either(data: JsonObject, name: str) -> object:
    """A value by its name in camel case or with underscores: servers write both."""
    snake = re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", name)
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
    return next((data[key] for key in (name, snake, camel) if key in data), None)
