"""What the raw events say of an incident, counted one by one: severity, users, peaks, crash-free sessions.

The severity is DESIGN section 5 over all issues of the incident together. Nothing is shared with the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import floor

from tests.situations.raw import PERIOD, Event, Issue, Raw, Sessions

FEWEST_SESSIONS = 50
CRASH_FREE_PCT, UNHANDLED_PER_MINUTE, USERS_PER_HOUR = 95.0, 500, 100
HOUR = 60.0


def is_production(event: Event) -> bool:
    """Whether an event counts as production; one without environment does."""
    return event.environment in {None, "production"}


@dataclass(frozen=True)
class Severity:
    """A level, and the rule that gave it."""

    level: str
    decided_by: str


class Counted:
    """The figures of an incident over a time.

    Args:
        raw: all that happened.
        issues: short ids of the incident.
        start: minutes at which the time begins that is looked at; it ends now.
    """

    def __init__(self, raw: Raw, issues: Collection[str], start: float = -PERIOD) -> None:
        self.raw, self.start = raw, start
        self.issues = [raw.issues[short_id] for short_id in issues]
        self.projects = list({raw.project_of[short_id].slug: raw.project_of[short_id] for short_id in issues}.values())
        self.events = [event for issue in self.issues for event in issue.within(start)]
        self.production = [event for event in self.events if is_production(event)]

    @cached_property
    def users(self) -> frozenset[int] | None:
        """Distinct people: in production, and in all environments; None where no event names one."""
        named = [{event.user for event in events if event.user} for events in (self.production, self.events)]
        return frozenset(len(people) for people in named) if named[1] else None

    def users_in_the_worst_hour(self) -> int | None:
        """The most distinct people of production in any rolling hour; None where no event names one."""
        events = sorted((event for event in self.production if event.user), key=lambda event: event.at)
        if not events:
            return None
        return max(len({event.user for event in events if last.at - HOUR < event.at <= last.at}) for last in events)

    def unhandled_peak(self) -> int:
        """The most unhandled exceptions of production in a clock minute: of the issues, or of one of the projects."""
        groups: list[Iterable[Issue]] = [self.issues, *(project.issues for project in self.projects)]
        return max(self._peak(group) for group in groups)

    def _peak(self, issues: Iterable[Issue]) -> int:
        minutes = Counter(
            floor(event.at)
            for issue in issues
            if not issue.handled
            for event in issue.within(self.start)
            if is_production(event)
        )
        return max(minutes.values(), default=0)

    def crash_free_pct(self) -> tuple[float, ...]:
        """Crash-free sessions of each project with enough of them, over the period in whole hours."""
        first = self._hour_begin(self.start)
        return tuple(rate for project in self.projects if (rate := crash_free(project.sessions, first)) is not None)

    def crash_free_of_hours(self) -> tuple[float, ...]:
        """The same of each clock hour of it, the one that is not over included."""
        first = self._hour_begin(self.start)
        rates = []
        while first < 0:
            for project in self.projects:
                rate = crash_free(project.sessions, first, first + HOUR)
                rates += [] if rate is None else [rate]
            first += HOUR
        return tuple(rates)

    def _hour_begin(self, minute: float) -> float:
        moment = self.raw.now + timedelta(minutes=minute)
        return minute - moment.minute - moment.second / 60

    @cached_property
    def severity(self) -> Severity:
        """The first rule of DESIGN section 5 that holds."""
        if self.events and not self.production:
            return Severity("P3", "non_production")
        if min(self.crash_free_pct(), default=100.0) < CRASH_FREE_PCT:
            return Severity("P0", "crash_free")
        if self.unhandled_peak() > UNHANDLED_PER_MINUTE:
            return Severity("P0", "unhandled_rate")
        if (self.users_in_the_worst_hour() or 0) > USERS_PER_HOUR:
            return Severity("P1", "users_per_hour")
        if all(issue.level in {"info", "debug"} for issue in self.issues):
            return Severity("P3", "edge_case")
        return Severity("P2", "default")


def crash_free(sessions: Iterable[Sessions], start: float, end: float = 0.0) -> float | None:
    """Percentage of the sessions of a time that did not crash; None of fewer than fifty."""
    chosen = [part for part in sessions if start - 1e-6 <= part.start < end - 1e-6]
    count, crashed = sum(part.count for part in chosen), sum(part.crashed for part in chosen)
    return None if count < FEWEST_SESSIONS else 100 * (1 - crashed / count)
