"""Incidents of several issues in several projects, from raw events; what is true of them is counted from these."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    IssueSpec,
    Level,
    NoteSpec,
    RawEventSpec,
    Scenario,
    SessionsSpec,
    StateChange,
)
from sentry_runbook.simulator.world import World

HOUR = 60.0
"""Minutes."""
PRODUCTION = (None, "production", "prod-eu")
"""Environments that count; None is an event without one."""


@dataclass(frozen=True)
class Member:
    """One issue of the incident.

    Attributes:
        events: its raw events; times are minutes before the present (negative).
    """

    short_id: str
    project: str
    events: tuple[RawEventSpec, ...]
    title: str = "OperationalError: too many connections"
    history: tuple[StateChange, ...] = ()
    notes: tuple[NoteSpec, ...] = ()
    level: Level = "error"


@dataclass(frozen=True)
class Several:
    """An incident of several issues."""

    members: tuple[Member, ...]
    sessions: tuple[tuple[str, SessionsSpec], ...] = ()

    @property
    def short_ids(self) -> tuple[str, ...]:
        """In the order in which they were made."""
        return tuple(member.short_id for member in self.members)

    def scenario(self) -> Scenario:
        """The projects, each with its issues; the first one holds the others beside it."""
        projects = dict.fromkeys(member.project for member in self.members)
        scenarios = [
            Scenario(
                name=project,
                project=project,
                issues=tuple(
                    IssueSpec(
                        member.short_id,
                        member.title,
                        raw=member.events,
                        transaction="GET /checkout",
                        history=member.history,
                        notes=member.notes,
                        level=member.level,
                    )
                    for member in self.members
                    if member.project == project
                ),
                sessions=tuple(spec for name, spec in self.sessions if name == project),
            )
            for project in projects
        ]
        first, *others = scenarios
        return Scenario(
            name=first.name,
            project=first.project,
            issues=first.issues,
            sessions=first.sessions,
            beside=tuple(others),
        )

    def world(self, clock: ManualClock) -> World:
        """The embedded Sentry's world."""
        return World(self.scenario(), clock)

    # --- the truth, by brute force

    def events(self, minutes: float | None = None) -> list[RawEventSpec]:
        """All events that count, of the last minutes, in order of time."""
        chosen = (
            event
            for member in self.members
            for event in member.events
            if event.environment in PRODUCTION and (minutes is None or event.at >= -minutes)
        )
        return sorted(chosen, key=lambda event: event.at)

    def users(self, minutes: float | None = None) -> int:
        """Distinct people of all issues together."""
        return len({event.user for event in self.events(minutes) if event.user is not None})

    def users_worst_hour(self, minutes: float | None = None) -> int:
        """Distinct people in the worst rolling hour: of the hours that begin with an event."""
        events = self.events(minutes)
        return max(
            (
                len({other.user for other in events if event.at <= other.at < event.at + HOUR and other.user})
                for event in events
            ),
            default=0,
        )

    def busiest_minute(self, now: datetime) -> int:
        """Events of all issues in the fullest clock minute that has ended."""
        minutes = Counter(self._minute(event, now) for event in self.events())
        return max((events for at, events in minutes.items() if at + timedelta(minutes=1) <= now), default=0)

    @staticmethod
    def _minute(event: RawEventSpec, now: datetime) -> datetime:
        return (now + timedelta(minutes=event.at)).replace(second=0, microsecond=0)


def burst(
    rng: random.Random,
    *,
    start: float,
    end: float,
    events: int,
    users: Sequence[str],
    environment: str | None = "production",
) -> tuple[RawEventSpec, ...]:
    """Events between two minutes, each of somebody of ``users``; the first one at the start."""
    times = [start, *(rng.uniform(start, end) for _ in range(events - 1))]
    return tuple(
        RawEventSpec(at=round(at, 3), user=rng.choice(users) if users else None, environment=environment)
        for at in sorted(times)
    )


def people(first: int, last: int) -> tuple[str, ...]:
    """Ids of people; the same number is the same person in every project."""
    return tuple(f"user{number}" for number in range(first, last))


def all_events(*parts: Iterable[RawEventSpec]) -> tuple[RawEventSpec, ...]:
    """Events of several bursts as those of one issue."""
    return tuple(sorted((event for part in parts for event in part), key=lambda event: event.at))


def cascade() -> Several:
    """The database of ``payments`` ran out of connections 40 minutes ago; ``web`` and ``edge`` met its errors.

    Somebody resolved the web issue too early, and noted on the edge issue. Web's sessions crash, those of edge do not.
    """
    rng = random.Random(41)  # noqa: S311  # draws of a test
    crowd = people(0, 150)
    payments = burst(rng, start=-40, end=-2, events=160, users=crowd[:90])
    web = burst(rng, start=-39.4, end=-2, events=120, users=crowd[40:140])
    edge = burst(rng, start=-38.7, end=-3, events=60, users=crowd[60:150])
    return Several(
        (
            Member("PAY-1", "payments", payments),
            Member("WEB-1", "web", web, "HTTPError: 502 from payments", history=(StateChange(-20, "resolved"),)),
            Member(
                "EDGE-1",
                "edge",
                edge,
                "UpstreamError: /checkout of web answered 502",
                notes=(NoteSpec(-15, "The pool of payments is full.", author="Sam Lee"),),
            ),
        ),
        sessions=(
            ("web", SessionsSpec(4_000, crashed=260, release=None)),
            ("edge", SessionsSpec(3_000, crashed=3, release=None)),
        ),
    )
