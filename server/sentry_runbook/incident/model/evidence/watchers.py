"""What Sentry's own watchers measured, raw: metric alerts, cron monitors, uptime checks, slow spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, either, list_of, object_of, text_of
from sentry_runbook.incident.model.policy import largest_unit

Pairs = Iterator[tuple[str, str | None]]
MOST_CONDITIONS = 40
LONGEST_S = 10**9
"""Seconds from which a length is none."""
COMPARISONS = {
    "gt": "above",
    "gte": "at or above",
    "lt": "below",
    "lte": "at or below",
    "eq": "equal to",
    "ne": "other than",
}
PRIORITIES = {75: "high", 50: "medium", 25: "low"}


def metric_of(data: JsonObject) -> Pairs:
    """The value measured and the thresholds; of an anomaly the value stands in an object of its own."""
    value = data.get("value")
    yield "value", text_of(object_of(value).get("value") if isinstance(value, dict) else value)
    for condition in list_of(data.get("conditions"))[:MOST_CONDITIONS]:
        if isinstance(condition, dict):
            yield "threshold", _threshold(condition)
    for source in _sources(data):
        yield "measured", _query(object_of(either(source, "snubaQuery")))
    config = object_of(data.get("config"))
    delta = _length(either(config, "comparisonDelta"))
    yield "compared with", f"the same time {delta} before, in percent" if delta else None


def _sources(data: JsonObject) -> Iterator[JsonObject]:
    """What a watcher looks at: its address, or its query."""
    for source in list_of(either(data, "dataSources"))[:3]:
        yield object_of(either(object_of(source), "queryObj"))


def _threshold(condition: JsonObject) -> str | None:
    result = count_of(either(condition, "conditionResult"))
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
    seconds = count_of(either(query, "timeWindow"))
    if aggregate is None:
        return None
    where = f" where {search}" if search else ""
    return f"{aggregate}{where}{f' over {seconds // 60} min' if seconds else ''}"


def uptime_of(data: JsonObject) -> Pairs:
    """The address that is called, how often, and how many failures open an issue."""
    for source in _sources(data):
        yield "address", text_of(source.get("url"))
        yield "interval", _length(either(source, "intervalSeconds"))
    yield "failures before an issue", text_of(either(object_of(data.get("config")), "downtimeThreshold"))


def monitor_of(monitor: JsonObject) -> Pairs:
    """A cron monitor: when it should run, how late and how long it may be."""
    config = object_of(monitor.get("config"))
    yield "monitor", text_of(monitor.get("slug")) or text_of(monitor.get("name"))
    yield "schedule", _schedule(config)
    for name, key in (("check-in margin", "checkin_margin"), ("longest run", "max_runtime")):
        minutes = count_of(either(config, key))
        yield name, f"{minutes} min" if minutes else None
    failures = count_of(either(config, "failure_issue_threshold"))
    yield "failures before an issue", str(failures) if failures and failures > 1 else None
    yield "monitor status", text_of(monitor.get("status"))
    for name, value in monitor.items():
        if "check" in name.lower():
            yield name, text_of(value)


def offending_spans(data: JsonObject, spans: Sequence[object]) -> str | None:
    """How many spans it is about, and how long they took together where the event still has them all."""
    ids = {text for id_ in list_of(either(data, "offenderSpanIds")) if (text := text_of(id_))}
    offending = [span for span in map(object_of, spans) if text_of(span.get("span_id")) in ids]
    times = [(span.get("start_timestamp"), span.get("timestamp")) for span in offending]
    known = [(start, end) for start, end in times if isinstance(start, int | float) and isinstance(end, int | float)]
    lasted = [end - start for start, end in known if start <= end]
    if not ids:
        return None
    return f"{len(ids)}, {sum(lasted) * 1000:,.0f} ms together" if len(lasted) == len(ids) else str(len(ids))


def _schedule(config: JsonObject) -> str | None:
    """A crontab line with its zone, or ``every 5 minute``."""
    schedule = config.get("schedule")
    if isinstance(schedule, list):
        every = [text for part in schedule[:2] if (text := text_of(part))]
        return f"every {' '.join(every)}" if every else None
    line, zone = text_of(schedule), text_of(config.get("timezone"))
    return f"{line} ({zone})" if line and zone else line


def _length(seconds: object) -> str | None:
    """Seconds in their largest unit; None for none, and for less than a minute's whole number."""
    known = count_of(seconds)
    return largest_unit(timedelta(seconds=known)) if known and known % 60 == 0 and known < LONGEST_S else None
