"""Conditions of issue alerts as Sentry's rows have them, met or not by one event: straight from the reference, 2.

Everything is looked up in the raw events by their instants; nothing is counted in advance, no bucket is made.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.alerts.raw import DAY, HOUR, MINUTE, Event, Issue, Raw

Row = Mapping[str, Any]
"""A condition, filter or alert as Sentry's JSON has it."""

INTERVALS = {
    "1m": MINUTE,
    "5m": 5 * MINUTE,
    "10m": 10 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "1d": DAY,
    "1w": 7 * DAY,
    "30d": 30 * DAY,
}
AGES = {"minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}
LEVELS = {"10": "debug", "20": "info", "30": "warning", "40": "error", "50": "fatal"}
_RANK = ["debug", "info", "warning", "error", "fatal"]
_CATEGORY = {1: "error", 2: "performance", 4: "cron", 5: "replay", 6: "feedback", 7: "uptime"}
CANNOT_BE_REPLAYED = frozenset(
    {
        "latest_release",
        "latest_adopted_release",
        "new_high_priority_issue",
        "existing_high_priority_issue",
        "issue_priority_greater_or_equal",
        "issue_priority_deescalating",
    }
)
SLOW = frozenset(
    {
        "event_frequency_count",
        "event_frequency_percent",
        "event_unique_user_frequency_count",
        "event_unique_user_frequency_percent",
        "percent_sessions_count",
        "percent_sessions_percent",
    }
)


class CannotTell(Exception):
    """The condition depends on what is not in the raw events."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An event at the instant at which an alert looks at it, and what it did to its issue.

    Attributes:
        event: None: the issue was resolved, nothing else happened.
    """

    at: int
    issue: Issue
    event: Event | None
    is_regression: bool = False
    is_reappearance: bool = False


class Counting:
    """The events of each issue by their instants, for one environment; those that meet filters are kept apart."""

    def __init__(self, raw: Raw, environment: str | None, *, is_old: bool = False) -> None:
        self.raw, self.environment, self.is_old = raw, environment, is_old
        self._of: dict[tuple[str, str], tuple[list[int], list[Event]]] = {}
        self._everything: dict[str, list[Event]] = {}
        self._sessions: dict[str, tuple[list[int], list[int]]] = {}
        for event in raw.events:
            self._everything.setdefault(event.issue, []).append(event)

    def everything(self, issue: str) -> Sequence[Event]:
        """All events of the issue, of every environment."""
        return self._everything[issue]

    def within(self, issue: str, start: int, end: int, filters: Sequence[Row] = ()) -> list[Event]:
        """The events of ``(start, end]`` that count."""
        key = issue, repr(filters)
        if key not in self._of:
            events = [event for event in self._everything[issue] if self.has_environment(event.environment)]
            events = [event for event in events if all(matches(row, event) for row in filters)]
            self._of[key] = [event.at for event in events], events
        at, events = self._of[key]
        return events[bisect_right(at, start) : bisect_right(at, end)]

    def has_environment(self, name: str | None) -> bool:
        """Whether the alert looks at events of an environment."""
        return self.environment is None or name == self.environment

    def sessions(self, project: str, start: int, end: int) -> int:
        """Sessions that began in ``(start, end]``."""
        if project not in self._sessions:
            own = [part for part in self.raw.sessions if part.project == project]
            own = sorted((part for part in own if self.has_environment(part.environment)), key=lambda part: part.at)
            self._sessions[project] = [part.at for part in own], [part.count for part in own]
        at, counts = self._sessions[project]
        return sum(counts[bisect_right(at, start) : bisect_right(at, end)])


def met(row: Row, moment: Moment, counting: Counting) -> bool:
    """Whether a condition, in today's form, is met at a moment.

    Raises:
        CannotTell: it cannot be replayed.
    """
    kind = str(row["type"])
    if kind in CANNOT_BE_REPLAYED or kind not in _MET:
        raise CannotTell(kind)
    # An activity is no event: nothing that is counted over events, or asks what an event says, holds for it.
    if moment.event is None and (kind in SLOW or kind in _OF_AN_EVENT):
        return False
    return _MET[kind](row["comparison"], moment, counting)


# --- what an event is to its issue ----------------------------------------------------------------------------------


def _first_seen(_: Any, moment: Moment, counting: Counting) -> bool:
    event = moment.event
    earlier = counting.within(moment.issue.short_id, -1, moment.at)
    return event is not None and bool(earlier) and earlier[0] is event


def _regression(_: Any, moment: Moment, counting: Counting) -> bool:
    return moment.is_regression


def _reappeared(_: Any, moment: Moment, counting: Counting) -> bool:
    return moment.is_reappearance


def _every(_: Any, moment: Moment, counting: Counting) -> bool:
    return moment.event is not None


def _resolved(_: Any, moment: Moment, counting: Counting) -> bool:
    return moment.event is None


# --- counts ---------------------------------------------------------------------------------------------------------


def _people(events: Sequence[Event]) -> int:
    return len({event.user for event in events} - {None})


def _rise(now: float, then: float) -> int:
    # Nothing before: the count itself, times a hundred (reference 2, since 2026-07-22).
    return int(now * 100) if then == 0 else max(0, int((now - then) / then * 100))


def _count_over(
    measure: Callable[[Sequence[Event]], float], is_percent: bool
) -> Callable[[Any, Moment, Counting], bool]:
    def condition(comparison: Any, moment: Moment, counting: Counting) -> bool:
        window, filters = INTERVALS[comparison["interval"]], comparison.get("filters") or ()
        issue, end = moment.issue.short_id, moment.at
        if counting.is_old and comparison["value"] > 1 and counting.everything(issue)[0] is moment.event:
            return False
        value: float = measure(counting.within(issue, end - window, end, filters))
        if is_percent:
            before = end - INTERVALS[comparison.get("comparisonInterval") or "5m"]
            value = _rise(value, measure(counting.within(issue, before - window, before, filters)))
        return bool(value > comparison["value"])

    return condition


def _share_of_sessions(comparison: Any, moment: Moment, counting: Counting) -> bool:
    return _session_share(comparison, moment.at, moment, counting) > float(comparison["value"])


def _rise_of_session_share(comparison: Any, moment: Moment, counting: Counting) -> bool:
    before = moment.at - INTERVALS[comparison.get("comparisonInterval") or "5m"]
    shares = (_session_share(comparison, at, moment, counting) for at in (moment.at, before))
    return _rise(*shares) > float(comparison["value"])


def _session_share(comparison: Any, end: int, moment: Moment, counting: Counting) -> float:
    window = INTERVALS[comparison["interval"]]
    sessions = counting.sessions(moment.issue.project, end - HOUR, end)
    if sessions < 50 or moment.issue.category != "error":
        return 0.0
    events = counting.within(moment.issue.short_id, end - window, end, comparison.get("filters") or ())
    return 100 * len(events) / (sessions * (window / MINUTE) / 60)


def _occurrences(comparison: Any, moment: Moment, counting: Counting) -> bool:
    seen = sum(event.at <= moment.at for event in counting.everything(moment.issue.short_id))
    return bool(seen >= int(comparison["value"]))


# --- the issue ------------------------------------------------------------------------------------------------------


def _age(comparison: Any, moment: Moment, counting: Counting) -> bool:
    line = counting.everything(moment.issue.short_id)[0].at + int(comparison["value"]) * AGES[comparison["time"]]
    return line < moment.at if comparison["comparisonType"] == "older" else line > moment.at


def _assigned(comparison: Any, moment: Moment, counting: Counting) -> bool:
    now: str | None = None
    for change in moment.issue.changes:
        if change.at <= moment.at and change.kind in ("assigned", "unassigned"):
            now = change.to if change.kind == "assigned" else None
    kind = comparison["targetType"]
    if kind == "Unassigned":
        return now is None
    return now == f"{'team' if kind == 'Team' else 'user'}:{comparison['targetIdentifier']}"


def _category(comparison: Any, moment: Moment, counting: Counting) -> bool:
    return _CATEGORY.get(int(comparison["value"])) == moment.issue.category


def _type(comparison: Any, moment: Moment, counting: Counting) -> bool:
    return bool(comparison["value"] == moment.issue.type)


# --- what an event says ---------------------------------------------------------------------------------------------


def _level(comparison: Any, moment: Moment, counting: Counting) -> bool:
    assert moment.event is not None
    rank = _RANK.index(moment.event.level)
    line = _RANK.index(LEVELS[str(comparison["level"])])
    return {"eq": rank == line, "gte": rank >= line, "lte": rank <= line}[comparison["match"]]


def _says(comparison: Any, moment: Moment, counting: Counting) -> bool:
    assert moment.event is not None
    return matches(comparison, moment.event)


def matches(row: Row, event: Event) -> bool:
    """Whether an event's tag (``key``) or attribute matches, without regard to case."""
    found = event.tags.get(row["key"]) if row.get("key") else event.attributes.get(row["attribute"])
    value, match = str(row.get("value", "")).lower(), str(row["match"])
    if match in ("is", "ns"):
        return bool(found) is (match == "is")
    is_negated = match in ("ne", "nc", "nsw", "new")
    if not found:
        return is_negated
    return _COMPARED[match](found.lower(), value)


_COMPARED: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda found, value: found == value,
    "ne": lambda found, value: found != value,
    "co": lambda found, value: value in found,
    "nc": lambda found, value: value not in found,
    "sw": lambda found, value: found.startswith(value),
    "nsw": lambda found, value: not found.startswith(value),
    "ew": lambda found, value: found.endswith(value),
    "new": lambda found, value: not found.endswith(value),
    "in": lambda found, value: found in [part.strip() for part in value.split(",")],
}
_OF_AN_EVENT = frozenset({"level", "tagged_event", "event_attribute"})
_MET: dict[str, Callable[[Any, Moment, Counting], bool]] = {
    "first_seen_event": _first_seen,
    "regression_event": _regression,
    "reappeared_event": _reappeared,
    "every_event": _every,
    "issue_resolved_trigger": _resolved,
    "event_frequency_count": _count_over(len, is_percent=False),
    "event_frequency_percent": _count_over(len, is_percent=True),
    "event_unique_user_frequency_count": _count_over(_people, is_percent=False),
    "event_unique_user_frequency_percent": _count_over(_people, is_percent=True),
    "percent_sessions_count": _share_of_sessions,
    "percent_sessions_percent": _rise_of_session_share,
    "issue_occurrences": _occurrences,
    "age_comparison": _age,
    "assigned_to": _assigned,
    "issue_category": _category,
    "issue_type": _type,
    "level": _level,
    "tagged_event": _says,
    "event_attribute": _says,
}
