"""The types of alert conditions: what each has, what decides it, its name before 2026 (reference: alerts, 2).

One row a type: reading, words and replay go by this table, so that a new type is a row here and a branch of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Parts = Literal[
    "flag", "frequency", "number", "age", "assignee", "choice", "adoption", "level", "tag", "attribute", "priority"
]
"""Which parts a condition has. All of them are there in a condition of a known type: one without is read as unknown.

- ``flag``: none.
- ``frequency``: ``value``, ``interval_s``, of a percentage ``comparison_s``; perhaps ``filters``.
- ``number``, ``priority``: ``value``.
- ``age``: ``age_s``, ``is_older``.
- ``assignee``: ``text``: ``unassigned``, ``team:12`` or ``member:9``.
- ``choice``: ``match`` (``eq`` or ``ne``) and ``text``, a category or type in Sentry's word or number.
- ``adoption``: ``key`` (``oldest`` or ``newest`` release), ``match`` (``older`` or ``newer``), ``text`` (environment).
- ``level``: ``match`` and ``text``, a name of :data:`LEVELS`.
- ``tag``, ``attribute``: ``key``, ``match``, and ``text`` but for ``is`` and ``ns``.
"""
Needs = Literal[
    "nothing",
    "first_seen",
    "activity",
    "priority",
    "events",
    "users",
    "sessions",
    "total",
    "issue",
    "release",
    "event",
    "unknown",
]
"""What decides a condition: nothing but an event; when the issue was first seen; what became of it (resolved, assigned,
reopened …); its priority; its events, users, or events and sessions in a window; all its events; what it is; releases;
the event itself; it is not known."""
UNKNOWN = "unknown"


@dataclass(frozen=True)
class ConditionType:
    """A type of conditions.

    Attributes:
        type: Sentry's word of today.
        needs: what decides it.
        parts: what it has beside its type.
        old: the stem of its old class, as ``EventFrequency`` of ``….EventFrequencyCondition``; None: it had none.
        is_percent: it compares with a window before.
        is_slow: it is evaluated in batches, up to a minute after the event, over a window that ends then.
        is_of_event: it looks at the event alone, so that a search can say it.
    """

    type: str
    needs: Needs
    parts: Parts
    old: str | None
    is_percent: bool = False
    is_slow: bool = False
    is_of_event: bool = False


def _row(type_: str, needs: Needs, parts: Parts = "flag", **more: bool) -> ConditionType:
    """A type whose old name is its own in camel case."""
    return ConditionType(type_, needs, parts, "".join(word.capitalize() for word in type_.split("_")), **more)


def _frequency(type_: str, needs: Needs, old: str) -> tuple[ConditionType, ConditionType]:
    """A count and its rise, which one old class told by ``comparisonType``."""
    count = ConditionType(f"{type_}_count", needs, "frequency", old, is_slow=True)
    return count, ConditionType(f"{type_}_percent", needs, "frequency", old, is_percent=True, is_slow=True)


CONDITION_TYPES = (
    _row("first_seen_event", "first_seen"),
    _row("regression_event", "activity"),
    _row("reappeared_event", "activity"),
    _row("every_event", "nothing"),
    ConditionType("issue_resolved_trigger", "activity", "flag", None),
    _row("new_high_priority_issue", "priority"),
    _row("existing_high_priority_issue", "priority"),
    *_frequency("event_frequency", "events", "EventFrequency"),
    *_frequency("event_unique_user_frequency", "users", "EventUniqueUserFrequency"),
    *_frequency("percent_sessions", "sessions", "EventFrequencyPercent"),
    _row("issue_occurrences", "total", "number"),
    _row("age_comparison", "first_seen", "age"),
    _row("assigned_to", "activity", "assignee"),
    _row("issue_category", "issue", "choice"),
    _row("issue_type", "issue", "choice"),
    _row("latest_release", "release"),
    _row("latest_adopted_release", "release", "adoption"),
    _row("level", "event", "level", is_of_event=True),
    _row("tagged_event", "event", "tag", is_of_event=True),
    _row("event_attribute", "event", "attribute", is_of_event=True),
    _row("issue_priority_greater_or_equal", "priority", "priority"),
    _row("issue_priority_deescalating", "priority", "priority"),
)
UNKNOWN_TYPE = ConditionType(UNKNOWN, "unknown", "flag", None)
BY_TYPE: Mapping[str, ConditionType] = {row.type: row for row in CONDITION_TYPES}
BY_OLD_CLASS: Mapping[tuple[str, bool], ConditionType] = {
    (row.old, row.is_percent): row for row in CONDITION_TYPES if row.old is not None
}
"""Stem of the old class, and whether it compares in percent → type."""
OLD_CLASS = re.compile(r"(?:.*\.)?(\w{1,80}?)(?:Condition|Filter|(ConditionWithConditions))", re.DOTALL)
DEFAULT_COMPARISON = "5m"
"""``comparisonInterval`` of a condition from before that names none."""

LEVELS: Mapping[str, int] = {"sample": 0, "debug": 10, "info": 20, "warning": 30, "error": 40, "fatal": 50}
MATCHES = frozenset(("eq", "ne", "co", "nc", "sw", "nsw", "ew", "new", "is", "ns", "in"))
"""How tags and attributes are compared: equals, contains, starts with, ends with, is set, is one of, and their
opposites."""
WITHOUT_VALUE = frozenset(("is", "ns"))
LEVEL_MATCHES = frozenset(("eq", "gte", "lte"))

UNITS: Mapping[str, int] = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""Unit of an interval → seconds."""
AGE_UNITS: Mapping[str, int] = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
INTERVAL = re.compile(r"([1-9][0-9]{0,3})([mhdw])")


def type_of(word: object) -> ConditionType:
    """The type of a condition of today; :data:`UNKNOWN_TYPE` for a word that is none."""
    return BY_TYPE.get(word, UNKNOWN_TYPE) if isinstance(word, str) else UNKNOWN_TYPE


def type_of_old(id_: object, *, is_percent: bool) -> ConditionType:
    """The type of a condition from before by its ``id``, a class of Sentry's code."""
    found = OLD_CLASS.fullmatch(id_) if isinstance(id_, str) else None
    if found is None:
        return UNKNOWN_TYPE
    return BY_OLD_CLASS.get((found[1], is_percent)) or BY_OLD_CLASS.get((found[1], False), UNKNOWN_TYPE)


def counts_filtered(id_: object) -> bool:
    """Whether a condition from before counts only what meets the rule's tag and attribute conditions."""
    found = OLD_CLASS.fullmatch(id_) if isinstance(id_, str) else None
    return found is not None and found[2] is not None


def interval_seconds(interval: object) -> int | None:
    """Seconds of an interval in Sentry's word, as ``1m``, ``5m``, ``15m``, ``1h``, ``1d``, ``1w``, ``30d``."""
    found = INTERVAL.fullmatch(interval) if isinstance(interval, str) else None
    return None if found is None else int(found[1]) * UNITS[found[2]]


def levels_meeting(match: str | None, level: str | None) -> tuple[str, ...] | None:
    """The levels that meet a level condition, the least first; None where it is not one."""
    number = LEVELS.get(level or "")
    if number is None or match not in LEVEL_MATCHES:
        return None
    if match == "eq":
        return (level,) if level else None
    is_upward = match == "gte"
    return tuple(name for name, other in LEVELS.items() if (other >= number if is_upward else other <= number))
