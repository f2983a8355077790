"""Sessions by the minute, and their sums by the hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sentry_runbook.simulator.clock import HOUR
from sentry_runbook.simulator.log import FAR, Log


@dataclass(slots=True, eq=False)
class SessionMinute:
    """The sessions of one environment and release that started within one minute; ``at`` is its middle."""

    at: int
    environment: str | None
    release: str | None
    count: int
    crashed: int
    unhandled: int
    errored: int
    users: int


class SessionLog(Log[SessionMinute]):
    """Sessions by the minute, which are added up once for all questions about whole hours."""

    __slots__ = ("_hours",)

    def __init__(self) -> None:
        super().__init__()
        self._hours: dict[int, list[SessionMinute]] | None = None

    def add(self, items: Iterable[SessionMinute]) -> None:
        """Put records in."""
        super().add(items)
        self._hours = None

    def sums(self, start: int, end: int) -> list[SessionMinute]:
        """Return the sessions of a period that begins at a full hour: summed hours, then the minutes of the rest."""
        if self._hours is None:
            self._hours = _hours(self.window(0, FAR))
        whole = range(start // HOUR, end // HOUR)
        hours = [hour for number in whole for hour in self._hours.get(number, ())]
        return hours + self.window(end // HOUR * HOUR, end)


def _hours(minutes: Iterable[SessionMinute]) -> dict[int, list[SessionMinute]]:
    sums: dict[tuple[int, str | None, str | None], SessionMinute] = {}
    for minute in minutes:
        hour = minute.at // HOUR
        total = sums.setdefault(
            (hour, minute.environment, minute.release),
            SessionMinute(hour * HOUR, minute.environment, minute.release, 0, 0, 0, 0, 0),
        )
        total.count += minute.count
        total.crashed += minute.crashed
        total.unhandled += minute.unhandled
        total.errored += minute.errored
        total.users += minute.users
    hours: dict[int, list[SessionMinute]] = {}
    for (hour, _, _), total in sums.items():
        hours.setdefault(hour, []).append(total)
    return hours
