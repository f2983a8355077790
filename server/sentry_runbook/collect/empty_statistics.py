"""Statistics that count nothing where events were seen: they are unknown, not zero.

A store that lags, an index that was lost, a dataset that the plan does not fill answer 200 with zeros. The other counts
tell, and the events that were read (a count that is only too low beside these: :mod:`listed_events`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.listed_events import ListedEvent, events_between, is_unhandled
from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.metrics.timeseries import in_window, total
from sentry_runbook.incident.model.evidence import (
    Breakdown,
    IssueSeries,
    Known,
    Series,
    Totals,
    Unknown,
    Window,
)

Part = Known[Any] | Unknown


def without_empty_statistics(collection: Collection) -> dict[str, Part]:
    """The parts of the evidence, by field: those that count nothing though events were seen are unknown."""
    built = dict(collection.built)
    for field, is_empty in EMPTY.items():
        part = built.get(field)
        if not isinstance(part, Known) or not is_empty(part.value, collection.question.window):
            continue
        why = _why(field, collection)
        if why is not None:
            built[field] = Unknown(why=f"Sentry counts nothing there, though {why}")
    return built


# --- what was seen -------------------------------------------------------------------------------------------------


def _why(field: str, collection: Collection) -> str | None:
    """What shows that there were such events, as the end of a sentence; None when nothing does."""
    window, built = collection.question.window, collection.built
    seen = events_between(collection, window.start, window.end)
    wanted = [event.when for event in seen if event.when is not None and _is_wanted(field, event)]
    if wanted:
        return f"an event of {moment(max(wanted))} was read"
    if seen and field not in OF_ANY_EVENT:
        return None
    others = (_counted(name, built.get(name), window) for name in WITNESSES.get(field, ()))
    events = max(filter(None, others), default=0)
    return f"another count has {count(events, 'event')}" if events else None


def _is_wanted(field: str, event: ListedEvent) -> bool:
    if field in ("unhandled", "project_unhandled"):
        return is_unhandled(event)
    return event.user is not None if field == "users_per_hour" else True


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
