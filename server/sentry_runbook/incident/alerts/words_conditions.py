"""The conditions of issue alerts in words: one table, keyed by Sentry's type of condition (reference: alerts, 2).

Each phrase is a clause that can stand after "fires when". A value of n means *more than* n, as Sentry counts it; only
``issue_occurrences`` means at least. What strangers named (tags, values, releases) stands in quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sentry_runbook.incident.formatting import duration, number
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_conditions import UNKNOWN, WITHOUT_VALUE
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition

MATCHES: Mapping[str, str] = {
    "eq": "is",
    "ne": "is not",
    "co": "contains",
    "nc": "does not contain",
    "sw": "begins with",
    "nsw": "does not begin with",
    "ew": "ends with",
    "new": "does not end with",
    "is": "is set",
    "ns": "is not set",
    "in": "is one of",
}
"""Sentry's word of a comparison of texts → ours."""
LEVEL_MATCHES: Mapping[str, str] = {"eq": "is", "gte": "is at least", "lte": "is at most"}
PRIORITIES: Mapping[float, str] = {75: "high", 50: "medium", 25: "low"}
UNASSIGNED = "unassigned"
NOT_TOLD = "a value (not told)"
MOST_FILTERS = 5
"""Filters of a count that are named; more are counted."""


def value_words(value: float | None) -> str:
    """A number, or that it was not told."""
    return "a number (not told)" if value is None else number(value)


def seconds_words(seconds: int | None) -> str:
    """``1 h``, or that it was not told."""
    return "a time (not told)" if seconds is None else duration(timedelta(seconds=seconds))


def text_words(condition: AlertCondition) -> str:
    """What the condition compares with, in quotes."""
    return quoted(condition.text) if condition.text else NOT_TOLD


def filters_words(condition: AlertCondition) -> str:
    """Which events a count is restricted to, in brackets; empty where it counts all."""
    if not condition.filters:
        return ""
    named = [clause(entry) for entry in condition.filters[:MOST_FILTERS]]
    left = len(condition.filters) - len(named)
    more = [f"{left} more"] if left else []
    return f" (counted only where {' and '.join([*named, *more])})"


def _counted(noun: str) -> Callable[[AlertCondition], str]:
    """More than so many in a window."""

    def words(condition: AlertCondition) -> str:
        within = seconds_words(condition.interval_s)
        counted = f"{value_words(condition.value)} {noun if condition.value == 1 else f'{noun}s'} of the issue"
        return f"more than {counted} in {within}{filters_words(condition)}"

    return words


def _rise(noun: str) -> Callable[[AlertCondition], str]:
    """More than so many percent above an earlier window of the same length."""

    def words(condition: AlertCondition) -> str:
        window, earlier = condition.interval_s, condition.comparison_s
        within = seconds_words(window)
        then = (
            f"the {within} before" if window == earlier else f"the {within} that ended {seconds_words(earlier)} before"
        )
        rise = f"more than {value_words(condition.value)} % above {then}"
        return f"{noun} in {within} {rise}{filters_words(condition)}"

    return words


def _sessions(condition: AlertCondition) -> str:
    share = f"more than {value_words(condition.value)} % of the project's sessions"
    return f"events of the issue in {share} in {seconds_words(condition.interval_s)}{filters_words(condition)}"


def _occurrences(condition: AlertCondition) -> str:
    return f"the issue has at least {value_words(condition.value)} events since it was first seen"


def _age(condition: AlertCondition) -> str:
    than = {True: "older than", False: "newer than", None: "older or newer (not told) than"}[condition.is_older]
    return f"the issue is {than} {seconds_words(condition.age_s)}"


def _assigned(condition: AlertCondition) -> str:
    kind, _, who = (condition.text or "").partition(":")
    if kind == UNASSIGNED:
        return "the issue is assigned to nobody"
    return (
        f"the issue is assigned to {kind} {quoted(who)}" if who else f"the issue is assigned to {text_words(condition)}"
    )


def _is_text(subject: str) -> Callable[[AlertCondition], str]:
    """A property of the issue or event, compared with a text; "is" where the row does not tell how."""

    def words(condition: AlertCondition) -> str:
        return f"{subject} {compared(condition, 'eq')}"

    return words


def compared(condition: AlertCondition, default: str | None = None) -> str:
    """``is "EU"``, ``does not contain "test"``, ``is set``."""
    match = condition.match or default or ""
    verb = MATCHES.get(match, "compares (not told how) with")
    return verb if match in WITHOUT_VALUE else f"{verb} {text_words(condition)}"


def _tag(condition: AlertCondition) -> str:
    named = quoted(condition.key) if condition.key else "with a name that was not told"
    return f"the event's tag {named} {compared(condition)}"


def _attribute(condition: AlertCondition) -> str:
    named = quoted(condition.key) if condition.key else "property with a name that was not told"
    return f"the event's {named} {compared(condition)}"


def _level(condition: AlertCondition) -> str:
    verb = LEVEL_MATCHES.get(condition.match or "", "compares (not told how) with")
    return f"the event's level {verb} {text_words(condition)}"


def _priority(condition: AlertCondition) -> str:
    known = PRIORITIES.get(condition.value) if condition.value is not None else None
    return known or text_words(condition)


def _adopted(condition: AlertCondition) -> str:
    which = condition.key if condition.key in ("oldest", "newest") else "oldest or newest (not told)"
    than = condition.match if condition.match in ("older", "newer") else "older or newer (not told)"
    where = f" in {quoted(condition.text)}" if condition.text else ""
    return f"the issue's {which} release is {than} than the newest adopted one{where}"


CONDITIONS: Mapping[str, Callable[[AlertCondition], str]] = {
    "first_seen_event": lambda _: "an issue is new",
    "regression_event": lambda _: "a resolved issue comes back",
    "reappeared_event": lambda _: "an archived issue escalates",
    "every_event": lambda _: "an event comes in",
    "issue_resolved_trigger": lambda _: "an issue is resolved",
    "new_high_priority_issue": lambda _: "an issue is new and of high priority",
    "existing_high_priority_issue": lambda _: "an issue that is not new escalates and is of high priority",
    "event_frequency_count": _counted("event"),
    "event_frequency_percent": _rise("events of the issue"),
    "event_unique_user_frequency_count": _counted("user"),
    "event_unique_user_frequency_percent": _rise("users of the issue"),
    "percent_sessions_count": _sessions,
    "percent_sessions_percent": _rise("the issue's events per session"),
    "issue_occurrences": _occurrences,
    "age_comparison": _age,
    "assigned_to": _assigned,
    "issue_category": _is_text("the issue's category"),
    "issue_type": _is_text("the issue's type"),
    "latest_release": lambda _: "the event is of the newest release",
    "latest_adopted_release": _adopted,
    "level": _level,
    "tagged_event": _tag,
    "event_attribute": _attribute,
    "issue_priority_greater_or_equal": lambda condition: f"the issue's priority is at least {_priority(condition)}",
    "issue_priority_deescalating": lambda condition: (
        f"the issue's priority was at least {_priority(condition)} and no longer is, or it is resolved"
    ),
}
"""Sentry's type → its words: one row for each of :data:`CONDITION_TYPES`. Another is named as Sentry names it."""


def clause(condition: AlertCondition) -> str:
    """One condition in words; of an unknown type Sentry's own name, as such."""
    words = CONDITIONS.get(condition.type)
    if words is not None:
        return words(condition)
    told = condition.told or (condition.type if condition.type != UNKNOWN else "")
    return f"a condition that is not known here: {quoted(told)}" if told else "a condition of a type that was not told"
