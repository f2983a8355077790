"""The raw data of a situation and its label: what happened, event by event, and what an on-call engineer should hear.

Nothing here knows the product or the embedded Sentry. Times are minutes from the moment of looking: ``-25`` is 25
minutes ago, fractions are seconds, and nothing lies in the future. ``world`` makes the embedded Sentry of it, ``truth``
counts over it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

PERIOD = 60.0
"""Minutes that are looked at, up to now."""
TOGETHER = 3.0
"""Issues whose episodes begin further apart than this many minutes are not one incident (DESIGN section 10)."""


Level = Literal["debug", "info", "warning", "error", "fatal"]


class Suspect(NamedTuple):
    """What is to blame: a ``release``, a ``flag``, a ``dependency`` or ``none``, and its name."""

    kind: str
    name: str = ""


NOBODY = Suspect("none")


@dataclass(frozen=True, slots=True)
class Event:
    """One error event as an SDK sends it.

    Attributes:
        at: minutes from now.
        user: id; the same id in two projects is the same person; None: the event names none.
        trace: 32 hex digits.
        tags: ``server_name`` and ``tenant`` among them.
        flags: evaluated before the event.
    """

    at: float
    user: str | None
    trace: str | None
    release: str | None
    environment: str | None = "production"
    transaction: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A failed call of another service, as the breadcrumb of an event shows it."""

    method: str
    url: str
    status: int | str
    reason: str = ""


@dataclass(frozen=True)
class Issue:
    """One issue: what is shown of it, and all its events, oldest first.

    Attributes:
        type: of the exception.
        value: its message.
        function: in which it was raised.
        calls: breadcrumbs of each event.
        resolved_at: minutes at which somebody resolved it, before it came back.
        usual_per_hour: how many events were expected in the last hour by the process that makes them, without any
            fault; 0 for a new issue.
    """

    short_id: str
    type: str
    value: str
    events: tuple[Event, ...]
    function: str
    transaction: str
    level: Level = "error"
    handled: bool = False
    calls: tuple[Call, ...] = ()
    resolved_at: float | None = None
    usual_per_hour: float = 0.0

    def __repr__(self) -> str:
        return f"Issue({self.short_id}, {self.title!r}, {len(self.events)} events)"

    @property
    def title(self) -> str:
        """The title as Sentry makes it."""
        return f"{self.type}: {self.value}"

    @property
    def first(self) -> float:
        """Minutes of the first event."""
        return self.events[0].at

    def within(self, start: float, end: float = 0.0) -> list[Event]:
        """The events of a time, ``start`` included."""
        return [event for event in self.events if start <= event.at < end]


@dataclass(frozen=True)
class Release:
    """A version, when it was created and when its deploy to an environment was recorded (None: never)."""

    version: str
    created: float
    deployed: float | None = None
    environment: str = "production"


@dataclass(frozen=True)
class FlagChange:
    """An entry of the log of feature flags."""

    at: float
    flag: str


@dataclass(frozen=True)
class Sessions:
    """Sessions of one release in production that began between two minutes."""

    start: float
    end: float
    count: int
    crashed: int
    release: str


@dataclass(frozen=True)
class Project:
    """One project: a service that reports its errors."""

    slug: str
    platform: str
    issues: tuple[Issue, ...]
    releases: tuple[Release, ...]
    flag_changes: tuple[FlagChange, ...] = ()
    sessions: tuple[Sessions, ...] = ()


@dataclass(frozen=True)
class Raw:
    """All that Sentry was sent."""

    now: datetime
    projects: tuple[Project, ...]

    def __repr__(self) -> str:
        return f"Raw({self.now.isoformat()}, {[project.slug for project in self.projects]})"

    @cached_property
    def issues(self) -> dict[str, Issue]:
        """Every issue by its short id."""
        return {issue.short_id: issue for project in self.projects for issue in project.issues}

    @cached_property
    def project_of(self) -> dict[str, Project]:
        """The project of each issue, by the issue's short id."""
        return {issue.short_id: project for project in self.projects for issue in project.issues}

    def events(self) -> Iterator[Event]:
        """Every event."""
        for issue in self.issues.values():
            yield from issue.events


@dataclass(frozen=True)
class Made:
    """An incident as it was made: one cause and the issues that it raised.

    Attributes:
        name: the cause in words.
        issues: short ids that belong together.
        began: minutes at which the cause made its first event.
        suspects: those that are right to name.
        onsets: minutes of the first event that the cause made, by short id.
        loose: further issues of the same cause that began too late for the rule: alone or with it, both are right.
        either: whether not to list it at all is right, too (a one-event issue, staging alone).
    """

    name: str
    issues: frozenset[str]
    began: float
    suspects: frozenset[Suspect]
    onsets: Mapping[str, float]
    loose: frozenset[str] = frozenset()
    either: bool = False


@dataclass(frozen=True)
class Situation:
    """A situation with its label; what is counted of it stands in ``truth``."""

    name: str
    kind: str
    raw: Raw
    made: tuple[Made, ...]
    coincidence: bool = False

    def __repr__(self) -> str:
        return f"Situation({self.name!r})"

    @property
    def incidents(self) -> tuple[Made, ...]:
        """Those that must be listed."""
        return tuple(made for made in self.made if not made.either)

    @property
    def quiet(self) -> frozenset[str]:
        """Short ids of the issues that are no news."""
        told = {short_id for made in self.made for short_id in made.issues | made.loose}
        return frozenset(self.raw.issues) - told

    @property
    def is_quiet(self) -> bool:
        """Whether nothing needs to be listed."""
        return not self.incidents
