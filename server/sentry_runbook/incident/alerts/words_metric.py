"""What a metric monitor measures, opens at and closes at, in words (reference: alerts, 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sentry_runbook.incident.alerts.words_conditions import seconds_words
from sentry_runbook.incident.formatting import number
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_definition import MetricCondition, MetricThreshold

EVENTS = "events"
MEASURES: Mapping[str, str] = {
    "count()": EVENTS,
    "count_unique(user)": "distinct users",
    "failure_rate()": "the share of failed requests",
    "apdex()": "the apdex",
    "epm()": "events per minute",
}
"""Aggregates that have a name of their own; others are quoted."""
DATASETS: Mapping[str, str] = {
    "transactions": "transactions",
    "generic_metrics": "transactions",
    "events_analytics_platform": "spans",
    "spans": "spans",
    "logs": "logs",
    "ourlogs": "logs",
}
"""Sentry's word → what is counted, where it is not errors."""
CRASHES: Mapping[str, str] = {"sessions_crashed": "crash-free sessions", "users_crashed": "crash-free users"}
COMPARISONS: Mapping[str, str] = {
    "gt": "above",
    "gte": "at or above",
    "lt": "below",
    "lte": "at or below",
    "eq": "exactly at",
    "ne": "other than",
}
MINUTE = 60
AS_THEN = 100
"""Percent of the value before at which nothing has changed."""


def metric_words(metric: MetricCondition) -> Iterator[str]:
    """The parts of the condition: what opens it, what closes it, how often it looks."""
    values = f"{number(metric.consecutive)} values in a row: " if metric.consecutive > 1 else ""
    measured = f"{_measure(metric)} in {seconds_words(metric.window_s)}"
    if metric.is_dynamic:
        yield f"{measured} out of the ordinary, by Sentry's anomaly detection: no threshold is told"
    else:
        limits = [_limit(threshold, metric) for threshold in metric.thresholds if threshold.label != "ok"]
        yield f"{values}{measured} {' or '.join(limits) or 'beyond a threshold that was not told'}"
        yield from _closing(metric)
    if metric.is_partial:
        yield "a part of it could not be read"
    yield f"looked at every {'minute' if metric.step_s == MINUTE else seconds_words(metric.step_s)}"


def _measure(metric: MetricCondition) -> str:
    counted, name = DATASETS.get(metric.dataset or "", "events"), MEASURES.get(metric.aggregate)
    if (crashes := _crashes(metric)) is not None:
        measure = crashes
    elif name is None:
        measure = f"{quoted(metric.aggregate)} of {counted}"
    elif counted == EVENTS:
        measure = name
    else:
        measure = counted if name == EVENTS else f"{name} of {counted}"
    return f"{measure} that match {quoted(metric.query)}" if metric.query else measure


def _crashes(metric: MetricCondition) -> str | None:
    return next((words for key, words in CRASHES.items() if key in metric.aggregate), None)


def _limit(threshold: MetricThreshold, metric: MetricCondition) -> str:
    return f"{_crossed(threshold, metric)} ({threshold.label})"


def _crossed(threshold: MetricThreshold, metric: MetricCondition) -> str:
    """``above 50``; compared with before ``more than 50 % above the value 24 h before``."""
    words = COMPARISONS[threshold.comparison]
    if metric.comparison_s is None:
        return f"{words} {number(threshold.limit)}{'' if _crashes(metric) is None else ' %'}"
    then = f"the value {seconds_words(metric.comparison_s)} before"
    rises, change = threshold.comparison in ("gt", "gte"), threshold.limit - AS_THEN
    if threshold.comparison in ("eq", "ne") or (rises and change < 0) or (not rises and change > 0):
        return f"{words} {number(threshold.limit)} % of {then}"
    if not change:
        return f"{words} {then}"
    more = "at least" if threshold.comparison in ("gte", "lte") else "more than"
    return f"{more} {number(abs(change))} % {'above' if rises else 'below'} {then}"


def _closing(metric: MetricCondition) -> Iterator[str]:
    ends = [_crossed(threshold, metric) for threshold in metric.thresholds if threshold.label == "ok"]
    if ends:
        yield f"it closes {' or '.join(ends)}"
    elif not metric.closes_by_itself:
        yield "it never closes by itself"
