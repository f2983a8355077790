"""What a metric monitor does, step by step over the raw data, straight from the reference (``alerts.md``, section 3).

Every R minutes, at instants that R divides, the value over ``(t - W, t]``: the highest threshold that it crosses is the
new state, none leaves the state as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.alerts.conditions import CannotTell, Row
from tests.alerts.raw import MINUTE, Event, Raw, Request, Sessions

T = TypeVar("T")

LABELS = {75: "critical", 50: "warning", 0: "ok"}
_CROSSES: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda value, limit: value > limit,
    "gte": lambda value, limit: value >= limit,
    "lt": lambda value, limit: value < limit,
    "lte": lambda value, limit: value <= limit,
}
_TERM = re.compile(r"(!?)([\w.]+):(\S+)")
_CRASH_FREE = re.compile(r"sessions_crashed|users_crashed")


@dataclass(frozen=True, slots=True)
class Opened:
    """A change to ``critical`` or ``warning``: when, and when that ended (None: it lasts)."""

    at: int
    label: str
    closed: int | None = None


def resolution_minutes(window_minutes: float) -> int:
    """Return R, the minutes from one value to the next."""
    for below, minutes in ((30, 1), (60, 2), (240, 3), (1440, 5)):
        if window_minutes < below:
            return minutes
    return 15


# --- the measure ----------------------------------------------------------------------------------------------------


class Measure:
    """The value of an aggregate over ``(start, end]``; None where it has none."""

    def __init__(self, raw: Raw, project: str, source: Row) -> None:
        self.aggregate = str(source["aggregate"])
        environment = source.get("environment")
        query = str(source.get("query") or "")

        def is_here(item: Event | Sessions | Request) -> bool:
            return item.project == project and environment in (None, item.environment)

        errors = {issue.short_id for issue in raw.issues if issue.category != "error"}
        events = [
            event for event in raw.events if is_here(event) and _found(query, event) and event.issue not in errors
        ]
        self._events = [event.at for event in events], events
        sessions = [part for part in raw.sessions if is_here(part)]
        self._sessions = [part.at for part in sessions], sessions
        requests = [request for request in raw.requests if is_here(request)]
        self._requests = [request.at for request in requests], requests

    def first(self) -> int | None:
        """The instant of the first of all that is measured."""
        return min((at[0] for at in (self._events[0], self._sessions[0], self._requests[0]) if at), default=None)

    def finds_any_of(self, events: Iterable[Event]) -> bool:
        """Whether any of these events is among those that are counted."""
        return not {id(event) for event in self._events[1]}.isdisjoint(map(id, events))

    def __call__(self, start: int, end: int) -> float | None:
        """Return the value over ``(start, end]``."""
        if self.aggregate == "count()":
            at, _ = self._events
            return bisect_right(at, end) - bisect_right(at, start)
        if self.aggregate == "count_unique(user)":
            return len({event.user for event in _cut(*self._events, start, end)} - {None})
        if self.aggregate == "failure_rate()":
            requests = _cut(*self._requests, start, end)
            return sum(request.failed for request in requests) / len(requests) if requests else None
        if _CRASH_FREE.search(self.aggregate):
            sessions = _cut(*self._sessions, start, end)
            total = sum(part.count for part in sessions)
            return (1 - sum(part.crashed for part in sessions) / total) * 100 if total else None
        raise CannotTell(self.aggregate)


def _cut(at: list[int], items: list[T], start: int, end: int) -> list[T]:
    return items[bisect_right(at, start) : bisect_right(at, end)]


def _found(query: str, event: Event) -> bool:
    """Whether an event is found by a search of terms ``key:value`` and ``!key:value``."""
    for negated, key, value in _TERM.findall(query):
        is_equal = event.level == value if key == "level" else event.tags.get(key) == value
        if is_equal is bool(negated):
            return False
    return True


# --- the two forms --------------------------------------------------------------------------------------------------


def detector_states(row: Row, raw: Raw, project: str) -> list[Opened]:
    """Return when a metric monitor of today opened and closed.

    Raises:
        CannotTell: it looks for anomalies, or measures what is not known here.
    """
    config, source = row["config"], row["dataSources"][0]["queryObj"]["snubaQuery"]
    if config["detectionType"] == "dynamic":
        raise CannotTell("dynamic")
    if not row["enabled"]:
        return []
    lines = [
        (int(condition["conditionResult"]), str(condition["type"]), float(condition["comparison"]))
        for condition in row["conditionGroup"]["conditions"]
    ]
    delta = config.get("comparisonDelta")
    window = int(source["timeWindow"])
    return _states(
        Measure(raw, project, source),
        raw.now,
        window * 1000,
        resolution_minutes(window / 60) * MINUTE,
        None if delta is None else int(delta) * 1000,
        lines,
        1,
    )


def metric_rule_states(row: Row, raw: Raw, project: str) -> list[Opened]:
    """Return when a metric rule from before 2026 opened and closed; its times are minutes.

    Raises:
        CannotTell: as above.
    """
    if row["detectionType"] == "dynamic":
        raise CannotTell("dynamic")
    delta, window = row.get("comparisonDelta"), int(row["timeWindow"])
    is_above = row["thresholdType"] == 0

    def limit(threshold: float) -> float:
        # In percent the old rows show the difference: 50 is 50 % more, or 50 % less.
        return threshold if delta is None else 100 + threshold if is_above else 100 - threshold

    alert = {trigger["label"]: limit(float(trigger["alertThreshold"])) for trigger in row["triggers"]}
    resolve = row.get("resolveThreshold")
    well = limit(float(resolve)) if resolve is not None else alert.get("warning", alert.get("critical", 0.0))
    breach, healthy = ("gt", "lte") if is_above else ("lt", "gte")
    numbers = {label: number for number, label in LABELS.items()}
    return _states(
        Measure(raw, project, row),
        raw.now,
        window * MINUTE,
        resolution_minutes(window) * MINUTE * (1 if delta is None else 2),
        None if delta is None else int(delta) * MINUTE,
        [*((numbers[label], breach, line) for label, line in alert.items()), (0, healthy, well)],
        int(row["thresholdPeriod"]),
    )


def _states(
    measure: Measure,
    now: int,
    window: int,
    step: int,
    delta: int | None,
    lines: Sequence[tuple[int, str, float]],
    in_a_row: int,
) -> list[Opened]:
    first = measure.first()
    if first is None:
        return []
    state, rows, opened = 0, dict[int, int](), list[Opened]()
    for at in range(first // step * step, now + 1, step):
        value = _compared(measure, at, window, delta)
        if value is None:
            continue
        crossed = {result for result, kind, limit in lines if _CROSSES[kind](value, limit)}
        rows = {result: rows.get(result, 0) + 1 for result in crossed}
        lasting = [result for result, count in rows.items() if count >= in_a_row]
        new = max(lasting, default=state)
        if new != state:
            _note(opened, at, new)
            state = new
    return opened


def _compared(measure: Measure, at: int, window: int, delta: int | None) -> float | None:
    value = measure(at - window, at)
    if delta is None or value is None:
        return value
    before = measure(at - delta - window, at - delta)
    return value / before * 100 if before else None


def _note(opened: list[Opened], at: int, state: int) -> None:
    if opened and opened[-1].closed is None:
        opened[-1] = replace(opened[-1], closed=at)
    if state:
        opened.append(Opened(at, LABELS[state]))


def stretches(opened: Sequence[Opened]) -> list[tuple[int, int | None]]:
    """Return from when to when it was open at all, whatever its label."""
    found: list[tuple[int, int | None]] = []
    for part in opened:
        if found and found[-1][1] == part.at:
            found[-1] = (found[-1][0], part.closed)
        else:
            found.append((part.at, part.closed))
    return found
