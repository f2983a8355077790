"""Records in the order of time, with windows cut out by bisection, for all environments or for some."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import Generic, Protocol, TypeVar


class Dated(Protocol):
    """Anything that happened at an instant."""

    @property
    def at(self) -> int:
        """Epoch milliseconds."""


class Placed(Dated, Protocol):
    """Anything that happened at an instant in an environment."""

    @property
    def environment(self) -> str | None:
        """The environment's name; None when none was sent."""


P = TypeVar("P", bound=Placed)

FAR = 2**62
"""Later than anything, in epoch milliseconds."""


class Log(Generic[P]):
    """Records in the order of time; equal instants keep their order of arrival.

    Records are put in order when they are read, and kept apart by environment when one environment is asked for, so
    that a large world is made quickly and answers quickly.
    """

    __slots__ = ("_at", "_items", "_of_environment")

    def __init__(self) -> None:
        self._items: list[P] = []
        self._at: list[int] | None = []
        self._of_environment: dict[str | None, Log[P]] | None = None

    def add(self, items: Iterable[P]) -> None:
        """Put records in."""
        self._items.extend(items)
        self._at = self._of_environment = None

    def _ordered(self) -> list[int]:
        if self._at is None:
            self._items.sort(key=lambda item: item.at)
            self._at = [item.at for item in self._items]
        return self._at

    def window(self, start: int, end: int) -> list[P]:
        """Return the records with ``start <= at < end``, oldest first."""
        at = self._ordered()
        return self._items[bisect_left(at, start) : bisect_left(at, end)]

    def within(self, start: int, end: int, environments: Collection[str | None] | None) -> list[P]:
        """Return the records of a window that lie in one of the environments (None: in any), oldest first."""
        if environments is None:
            return self.window(start, end)
        if len(environments) == 1:
            return self.of_environment(*environments).window(start, end)
        return [item for item in self.window(start, end) if item.environment in environments]

    def of_environment(self, name: str | None) -> Log[P]:
        """Return the records of one environment; None: those that name none."""
        if self._of_environment is None:
            self._ordered()
            parts: dict[str | None, list[P]] = {}
            for item in self._items:
                parts.setdefault(item.environment, []).append(item)
            self._of_environment = {}
            for environment, items in parts.items():
                self._of_environment[environment] = log = Log[P]()
                log.add(items)
        return self._of_environment.get(name) or Log[P]()

    def environments(self) -> Collection[str | None]:
        """Return the environments that any record names, None among them where one names none."""
        self.of_environment(None)
        return self._of_environment or ()

    def until(self, now: int) -> list[P]:
        """Return every record that has happened by ``now``."""
        return self.window(0, now + 1)

    def count(self, start: int, end: int) -> int:
        """Count the records with ``start <= at < end``."""
        at = self._ordered()
        return max(0, bisect_left(at, end) - bisect_left(at, start))

    def first(self) -> P | None:
        """Return the first record; None when there is none."""
        self._ordered()
        return self._items[0] if self._items else None

    def __len__(self) -> int:
        """Return how many records there are, those of the future included."""
        return len(self._items)
