"""An event of an issue: its instant, and what it says, which is worked out when somebody asks.

Ten million events could be described in a line, and a few are read: an event is its instant and its place in a source
(``EventSource``) that knows what the event at each place says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentry_runbook.simulator.log import Log
from sentry_runbook.simulator.scenario import Crumb

if TYPE_CHECKING:  # an issue holds its events
    from sentry_runbook.simulator.records import IssueRecord


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone who met an error."""

    id: str
    email: str
    username: str
    ip: str
    country: str


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What one event says.

    Attributes:
        id: 32 hexadecimal digits.
        number: its place among the events that were described together, from 1.
        flags: results of feature flags, by name, as text.
        trace: id of its trace, 32 hexadecimal digits; None: it has no trace context.
    """

    id: str
    number: int
    release: str | None
    environment: str | None
    handled: bool | None
    user: Visitor | None
    tags: Mapping[str, str]
    transaction: str | None
    breadcrumbs: tuple[Crumb, ...]
    flags: Mapping[str, str]
    trace: str | None


class EventSource(ABC):
    """Knows what the event at each place says; what is often asked may be answered without all the rest."""

    __slots__ = ()

    @abstractmethod
    def facts(self, place: int) -> EventFacts:
        """Return all that the event at a place says."""

    def id(self, place: int) -> str:
        """Return the event's id."""
        return self.facts(place).id

    def trace(self, place: int) -> str | None:
        """Return the id of the event's trace."""
        return self.facts(place).trace

    def release(self, place: int) -> str | None:
        """Return the event's release."""
        return self.facts(place).release

    def environment(self, place: int) -> str | None:
        """Return the event's environment."""
        return self.facts(place).environment

    def handled(self, place: int) -> bool | None:
        """Return whether the event's exception was handled."""
        return self.facts(place).handled

    def transaction(self, place: int) -> str | None:
        """Return the event's transaction."""
        return self.facts(place).transaction

    def user(self, place: int) -> Visitor | None:
        """Return whom the event met."""
        return self.facts(place).user

    def tags(self, place: int) -> Mapping[str, str]:
        """Return all tags of the event."""
        return self.facts(place).tags

    def tag(self, place: int, key: str) -> str | None:
        """Return the event's value of a tag."""
        return self.tags(place).get(key)


class ToldEvents(EventSource):
    """Events whose facts are told one by one."""

    __slots__ = ("_facts",)

    def __init__(self, *facts: EventFacts) -> None:
        self._facts = facts

    def facts(self, place: int) -> EventFacts:
        """Return what was told."""
        return self._facts[place]


class EventRecord:
    """One event of an issue.

    Args:
        at: epoch milliseconds.
        issue: whose event it is.
        source: knows what it says.
        place: where in the source it stands.
    """

    __slots__ = ("_place", "_source", "at", "issue")

    def __init__(self, at: int, issue: IssueRecord, source: EventSource, place: int = 0) -> None:
        self.at = at
        self.issue = issue
        self._source = source
        self._place = place

    @property
    def facts(self) -> EventFacts:
        """All that the event says."""
        return self._source.facts(self._place)

    def retell(self, facts: EventFacts) -> None:
        """Let the event say something else; its instant and its issue stay."""
        self._source, self._place = ToldEvents(facts), 0

    @property
    def id(self) -> str:
        """The event's id, 32 hexadecimal digits."""
        return self._source.id(self._place)

    @property
    def number(self) -> int:
        """The event's place among those described together, from 1."""
        return self.facts.number

    @property
    def release(self) -> str | None:
        """The version that sent the event."""
        return self._source.release(self._place)

    @property
    def environment(self) -> str | None:
        """The environment that sent the event."""
        return self._source.environment(self._place)

    @property
    def handled(self) -> bool | None:
        """Whether the exception was handled."""
        return self._source.handled(self._place)

    @property
    def user(self) -> Visitor | None:
        """Whom the event met; None: it carries no user context."""
        return self._source.user(self._place)

    @property
    def tags(self) -> Mapping[str, str]:
        """All tags."""
        return self._source.tags(self._place)

    def tag(self, key: str) -> str | None:
        """Return the value of one tag; None where the event has no such tag."""
        return self._source.tag(self._place, key)

    @property
    def transaction(self) -> str | None:
        """The transaction during which the event happened."""
        return self._source.transaction(self._place)

    @property
    def breadcrumbs(self) -> tuple[Crumb, ...]:
        """What happened before."""
        return self.facts.breadcrumbs

    @property
    def flags(self) -> Mapping[str, str]:
        """Feature flags that were evaluated before, with their results."""
        return self.facts.flags

    @property
    def trace(self) -> str | None:
        """The id of the event's trace; None: it has no trace context."""
        return self._source.trace(self._place)


_MOST_KNOWN = 64


class EventLog(Log[EventRecord]):
    """Events, with the number of people of the windows that are asked for again and again."""

    __slots__ = ("_people",)

    def __init__(self) -> None:
        super().__init__()
        self._people: dict[tuple[int, int, str], int] = {}

    def add(self, items: Iterable[EventRecord]) -> None:
        """Put records in."""
        super().add(items)
        self._people = {}

    def people(self, start: int, end: int, environments: Collection[str | None] | None) -> int:
        """Count the different people of the records that ``within`` returns for the same arguments."""
        # The same events make the same window, wherever exactly it begins and ends.
        names = "" if environments is None else repr(sorted(environments, key=str))
        key = (self.count(0, start), self.count(0, end), names)
        known = self._people.get(key)
        if known is None:
            people = {event.user for event in self.within(start, end, environments)} - {None}
            if len(self._people) >= _MOST_KNOWN:
                self._people.clear()
            known = self._people[key] = len({person.id for person in people if person})
        return known
