"""Events that Sentry lists, beside numbers that do not count them: then the numbers are wrong, and not the events.

Lists and counts come from different places of Sentry. After an outage, a lost partition or a merge a count can be 0
while the events are there to be read: that is unknown, and never "none".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import EVENT, ROWS
from sentry_runbook.collect.request_values import first_seen, last_seen
from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.model.evidence import Event, EventRow, Known, Unknown
from sentry_runbook.sentry.counts import TimeSeries

ListedEvent = Event | EventRow
NOT_YET_COUNTED = timedelta(minutes=5)
"""An event this young may be listed and not yet counted."""
AT_THE_EDGE = timedelta(minutes=1)
"""Whether an event this near to the beginning is counted, rounding decides."""


def not_counted(collection: Collection, counted: float | None, start: datetime, end: datetime) -> Unknown | None:
    """Why a number of events between two instants is unknown, where more of them are listed; else None."""
    return _contradicted(collection, counted, start, end)


def not_in_series(
    collection: Collection, series: TimeSeries, is_counted: Callable[[ListedEvent], bool] | None = None
) -> Unknown | None:
    """Why a series is unknown, where events of the window are listed that are in none of its buckets; else None.

    Args:
        collection: the window and what was read.
        series: events a bucket.
        is_counted: which of the listed events the series counts; all when left out.
    """
    window, step = collection.question.window, timedelta(seconds=series.step_s)
    first = max(window.start, series.start)
    inside = series.values[(first - series.start) // step :]
    if None in inside:
        return None
    return _contradicted(collection, sum(filter(None, inside)), first, window.end, is_counted)


def _contradicted(
    collection: Collection,
    counted: float | None,
    start: datetime,
    end: datetime,
    is_counted: Callable[[ListedEvent], bool] | None = None,
) -> Unknown | None:
    if counted is None or (counted and counted >= len(_listed(collection))):
        return None
    seen = _seen(collection, start, end, is_counted)
    if not is_more(seen, int(counted)):
        return None
    told = "no event" if counted == 0 else count(int(counted), "event")
    return Unknown(why=f"Sentry counts {told} in the period, but shows at least {number(seen)}")


def _seen(
    collection: Collection, start: datetime, end: datetime, is_counted: Callable[[ListedEvent], bool] | None = None
) -> int:
    """How many events are known to be there between two instants, in the environments that count."""
    listed = sum(is_counted is None or is_counted(event) for event in events_between(collection, start, end))
    if collection.scope.names or is_counted is not None:
        return listed
    # The issue's own first and last event are of any environment.
    own = (last_seen(collection.issue), first_seen(collection.issue))
    return max(listed, int(any(_is_within(collection, at, start, end) for at in own)))


def events_between(collection: Collection, start: datetime, end: datetime) -> list[ListedEvent]:
    """The events that were read, between two instants, in the environments that count, and old enough to be counted."""
    names = {collection.name(name) for name in collection.scope.names}
    return [
        event
        for event in _listed(collection)
        if _is_within(collection, event.when, start, end) and (not names or (event.environment or "") in names)
    ]


def _is_within(collection: Collection, at: datetime | None, start: datetime, end: datetime) -> bool:
    until = min(end, collection.now - NOT_YET_COUNTED)
    return at is not None and start + AT_THE_EDGE <= at < until


def is_unhandled(event: ListedEvent) -> bool:
    """Whether an event's row says that nothing caught the error."""
    return isinstance(event, EventRow) and event.handled is False


def _listed(collection: Collection) -> Sequence[ListedEvent]:
    """The latest events, else the one that was read: both are read before any count is."""
    rows, event = collection.built.get(ROWS.field), collection.built.get(EVENT.field)
    listed: Sequence[ListedEvent] = ()
    if isinstance(rows, Known):
        listed = rows.value
    elif isinstance(event, Known):
        listed = (event.value,)
    return listed
