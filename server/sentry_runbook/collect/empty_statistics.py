"""Statistics that count nothing where events were seen: they are unknown, not zero.

A store that lags, an index that was lost, a dataset that the plan does not fill answer 200 with zeros. The events
themselves (the list, the whole event) and the other counts tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sentry_runbook.collect.collection import Collection
from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.metrics.timeseries import in_window, total
from sentry_runbook.incident.model.evidence import (
    Breakdown,
    Event,
    EventRow,
    IssueSeries,
    Known,
    Series,
    Totals,
    Unknown,
    Window,
)

SETTLED = timedelta(minutes=5)
"""A younger event may not be counted yet."""
Part = Known[Any] | Unknown


@dataclass(frozen=True)
class SeenEvent:
    """An event of the window that was read itself."""

    at: datetime
    is_unhandled: bool
    has_user: bool


def without_empty_statistics(collection: Collection) -> dict[str, Part]:
    """The parts of the evidence, by field: those that count nothing though events were seen are unknown."""
    built = dict(collection.built)
    seen = sorted(_seen(collection), key=lambda event: event.at)
    for field, is_empty in EMPTY.items():
        part = built.get(field)
        if not isinstance(part, Known) or not is_empty(part.value, collection.question.window):
            continue
        why = _why(field, seen, built, collection.question.window)
        if why is not None:
            built[field] = Unknown(why=f"Sentry counts nothing there, though {why}")
    return built


# --- what was seen -------------------------------------------------------------------------------------------------


def _seen(collection: Collection) -> Iterator[SeenEvent]:
    """The events of the window, in the environments that count, that were read themselves and long enough ago."""
    window, names = collection.question.window, set(map(collection.name, collection.scope.names))
    last = min(window.end, collection.now - SETTLED)
    for event in _read(collection.built):
        is_counted = not names or (event.environment or "") in names
        if event.when is not None and window.start <= event.when < last and is_counted:
            is_unhandled = isinstance(event, EventRow) and event.handled is False
            yield SeenEvent(event.when, is_unhandled, event.user is not None)


def _read(built: Mapping[str, Part]) -> Iterator[EventRow | Event]:
    rows, event = built.get("rows"), built.get("event")
    if isinstance(rows, Known):
        yield from rows.value
    if isinstance(event, Known):
        yield event.value


def _why(field: str, seen: list[SeenEvent], built: Mapping[str, Part], window: Window) -> str | None:
    """What shows that there were such events, as the end of a sentence; None when nothing does."""
    wanted = [event for event in seen if _is_wanted(field, event)]
    if wanted:
        return f"an event of {moment(wanted[-1].at)} was read"
    if seen and field not in OF_ANY_EVENT:
        return None
    others = (_counted(name, built.get(name), window) for name in WITNESSES.get(field, ()))
    events = max(filter(None, others), default=0)
    return f"another count has {count(events, 'event')}" if events else None


def _is_wanted(field: str, event: SeenEvent) -> bool:
    if field in ("unhandled", "project_unhandled"):
        return event.is_unhandled
    return event.has_user if field == "users_per_hour" else True


def _counted(field: str, part: Part | None, window: Window) -> int | None:
    """The events of the window by a part; None when it does not tell."""
    if not isinstance(part, Known):
        return None
    if isinstance(part.value, Totals):
        return part.value.events
    series = part.value.events if isinstance(part.value, IssueSeries) else part.value
    return total(in_window(series, window.start, window.end)) if isinstance(series, Series) else None


# --- what is empty -------------------------------------------------------------------------------------------------


def _is_empty_series(series: Series, window: Window) -> bool:
    return total(in_window(series, window.start, window.end)) == 0


EMPTY: Mapping[str, Callable[[Any, Window], bool]] = {
    "totals": lambda totals, _: totals.events == 0,
    "series": lambda series, window: _is_empty_series(series.events, window),
    "history": _is_empty_series,
    "unhandled": _is_empty_series,
    "project_unhandled": _is_empty_series,
    "users_per_hour": _is_empty_series,
    "breakdown": lambda breakdown, _: isinstance(breakdown, Breakdown) and not breakdown.combinations,
}
"""Field of the evidence → whether its value counts nothing in the window."""
WITNESSES: Mapping[str, tuple[str, ...]] = {
    "totals": ("series",),
    "series": ("totals",),
    "history": ("totals", "series"),
    "project_unhandled": ("unhandled",),
    "breakdown": ("totals", "series"),
}
"""Field → the fields whose events must be among its own."""
OF_ANY_EVENT = frozenset({"totals", "series", "history", "breakdown", "project_unhandled"})
"""Fields that must count the events of their witnesses whatever was read."""
