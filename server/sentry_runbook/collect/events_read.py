"""The events of an issue that were read from its list, the newest first, and what is counted in them. Pure.

How to think about it: the list has no gaps. Sentry orders it by the time of the event, GlitchTip by when it was
received, which is never earlier: so every event after the later of both times of the last one was read, whatever the
server keeps or hides before. Times are told to the second: of the last one's second more may follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import chain

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import rows_of
from sentry_runbook.collect.request_values import event_id_of, event_tag, event_time, received_at
from sentry_runbook.incident.metrics.breakdown import SINGLE
from sentry_runbook.incident.metrics.unique_users import most_users_in_an_hour
from sentry_runbook.incident.model.evidence import EventRow, Series, UsersIn, Window
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.tags import event_tags

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class ReadEvent:
    """One event of the list.

    Attributes:
        id: of the event.
        at: when; None where the row does not say.
        listed_at: the later of when it happened and when it was received.
        environment: raw; empty where it carries none.
        tags: raw, but for those that name a user or a request.
        row: as the evidence shows it; None outside the scope.
    """

    id: str
    at: datetime | None
    listed_at: datetime | None
    environment: str
    tags: Mapping[str, str]
    row: EventRow | None


def read_events(collection: Collection, page: Iterable[JsonObject]) -> list[ReadEvent]:
    """The events of a page: what is kept of each, for whole events may take 10 kB each."""
    return [
        ReadEvent(
            id=event_id_of(event),
            at=event_time(event),
            listed_at=max(filter(None, (event_time(event), received_at(event))), default=None),
            environment=event_tag(event, "environment"),
            tags={key: value for key, value in event_tags(event) if not _is_single(key)},
            row=next(iter(rows_of(collection, [event])), None),
        )
        for event in page
    ]


@lru_cache(maxsize=256)
def _is_single(key: str) -> bool:
    return SINGLE.fullmatch(key) is not None


@dataclass(frozen=True)
class EventsRead:
    """The latest events, the newest first.

    Attributes:
        events: of all environments.
        is_whole_life: no older event exists.
    """

    events: tuple[ReadEvent, ...] = ()
    is_whole_life: bool = False

    @cached_property
    def known_from(self) -> datetime | None:
        """From when on all events were read; None where there are none, or one does not say when it happened."""
        if any(event.at is None for event in self.events):
            return None
        if self.is_whole_life:
            return ALWAYS
        last = self.events[-1].listed_at if self.events else None
        return last + timedelta(seconds=1) if last is not None else None

    def covers(self, start: datetime) -> bool:
        """Whether all events from an instant on were read."""
        return self.known_from is not None and self.known_from <= start

    def in_window(self, window: Window) -> list[ReadEvent]:
        """The events of a window, of all environments."""
        return [event for event in self.events if event.at is not None and window.start <= event.at < window.end]

    def rows_in(self, window: Window) -> list[EventRow]:
        """The events of a window that lie in the scope."""
        return [event.row for event in self.in_window(window) if event.row is not None]


def series_of(rows: Iterable[EventRow], start: datetime, end: datetime, step_s: int, settled: datetime) -> Series:
    """Events a bucket of ``[start, end)``; the last bucket may reach beyond the end."""
    size = max(0, -((start - end) // timedelta(seconds=step_s)))
    counts = Counter(int((row.when - start).total_seconds()) // step_s for row in rows if row.when is not None)
    values = tuple(float(counts.get(index, 0)) for index in range(size))
    return Series(start=start, step_s=step_s, values=values, complete_until=settled)


def users_by_hour(rows: Sequence[EventRow], start: datetime, end: datetime, settled: datetime) -> Series | None:
    """Distinct users per clock hour; None where an event carries no user."""
    start = start.replace(minute=0, second=0, microsecond=0)
    size = max(0, -((start - end) // HOUR))
    users: list[set[str]] = [set() for _ in range(size)]
    for row in rows:
        if row.user is None or row.when is None:
            return None
        index = (row.when - start) // HOUR
        if 0 <= index < size:
            users[index].add(row.user)
    values = tuple(float(len(known)) for known in users)
    return Series(start=start, step_s=3600, values=values, complete_until=settled)


def distinct_users(rows: Iterable[EventRow]) -> tuple[int, int]:
    """Distinct users, and the events that carry none."""
    users = [row.user for row in rows]
    return len(set(users) - {None}), users.count(None)


def fullest_hour(rows: Sequence[EventRow], source: str) -> UsersIn | None:
    """The rolling hour with most distinct users among some events: a lower bound for the worst one."""
    dated = [(row.when, row.user) for row in rows if row.when is not None and row.user is not None]
    if not dated:
        return None
    users, start = most_users_in_an_hour(sorted(dated))
    return UsersIn(start=start, end=start + HOUR, users=users, is_lower_bound=True, source=source)


def tag_combinations(events: Iterable[ReadEvent], keys: Sequence[str]) -> Counter[tuple[str, ...]]:
    """Events by the values of these tags, raw; an empty text where an event carries none."""
    return Counter(tuple(event.tags.get(key, "") for key in keys) for event in events)


def environment_counts(events: Iterable[ReadEvent]) -> Counter[str]:
    """Events by environment, raw."""
    return Counter(event.environment for event in events)


def joined(pages: Iterable[Sequence[ReadEvent]], is_whole_life: bool) -> EventsRead:
    """Pages of the list in order; an event that moved from one to the next meanwhile counts once."""
    by_id = {event.id or str(number): event for number, event in enumerate(chain.from_iterable(pages))}
    return EventsRead(tuple(by_id.values()), is_whole_life)
