"""Which release was live when, and when each release was seen: looked up, not searched for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sentry_runbook.simulator.log import FAR

if TYPE_CHECKING:  # a project holds its logs
    from sentry_runbook.simulator.event_record import EventLog
    from sentry_runbook.simulator.session_log import SessionLog


class LiveReleases:
    """Which release was live when.

    Args:
        since: epoch milliseconds at which something may have changed, in their order.
        versions: what was live from each of them on.
    """

    __slots__ = ("_since", "_versions")

    def __init__(self, since: Sequence[int], versions: Sequence[str | None]) -> None:
        self._since = since
        self._versions = versions

    def at(self, instant: int) -> str | None:
        """Return the version that was live at an instant."""
        place = bisect_right(self._since, instant)
        return self._versions[place - 1] if place else None


class ReleaseIndex:
    """When each release was seen in the events and the sessions of a project."""

    __slots__ = ("_events", "_first", "size")

    def __init__(self, events: EventLog, sessions: SessionLog) -> None:
        self.size = len(events) + len(sessions)
        self._events: dict[str, list[int]] = {}
        self._first: dict[tuple[str, str | None], int] = {}
        for event in events.window(0, FAR):
            release = event.release
            if release:
                self._events.setdefault(release, []).append(event.at)
                self._first.setdefault((release, event.environment), event.at)
        for minute in sessions.window(0, FAR):
            if minute.release:
                key = (minute.release, minute.environment)
                self._first[key] = min(minute.at, self._first.get(key, minute.at))

    def event_times(self, version: str, now: int) -> Sequence[int]:
        """Return the instants of a release's events up to now, in order."""
        times = self._events.get(version, [])
        return times[: bisect_right(times, now)]

    def is_seen(self, version: str, environment: str | None, now: int) -> bool:
        """Return whether an event or a session of a release had come from an environment by now."""
        return self._first.get((version, environment), FAR) <= now
