"""What is written down about a world: its incidents, its alerts, and what is right to say of each.

Times are minutes from the moment of looking, as in the embedded Sentry's scenarios: ``-60`` is an hour ago.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, FiringSpec, Scenario

DAY = 24 * 60.0
PERIOD = 14 * DAY
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""A Friday noon."""

Verdict = Literal["dead", "noisy", "late", "never_fired", "works"]
Generation = Literal["today", "before", "both"]
"""A server with today's alerts alone, with those from before alone, or one that has both APIs."""


@dataclass(frozen=True)
class Episode:
    """An incident: the issues that rose together.

    Attributes:
        issues: short ids.
        began: minute of the first event that the fault made; ``ended`` of the last.
        within: minutes by which the product may find another beginning.
    """

    issues: tuple[str, ...]
    began: float
    ended: float
    within: float = 3.0

    @property
    def events_from(self) -> tuple[float, float]:
        """From when to when the fault lasted."""
        return self.began, self.ended


@dataclass(frozen=True)
class Labelled:
    """An alert and what is right to say of it.

    Attributes:
        spec: without firings: these follow from ``history``.
        verdict: None: not judged here.
        replayable: whether its condition can be replayed at all.
        dead: why it is dead, in a word.
        history: what Sentry recorded: what the condition gives (``replayed``), nothing (``none``), or what is
            ``given`` by the spec itself.
        delay: minutes by which Sentry was late.
    """

    spec: AlertSpec | DetectorSpec
    verdict: Verdict | None
    replayable: bool = True
    dead: str | None = None
    history: Literal["replayed", "none", "given"] = "replayed"
    delay: float = 0.0

    @property
    def name(self) -> str:
        """The alert's name."""
        return self.spec.name

    @property
    def is_of_today(self) -> bool:
        """Whether today's API has it."""
        return self.spec.migrated

    @property
    def given(self) -> tuple[FiringSpec, ...]:
        """The firings that the spec tells."""
        return self.spec.firings if isinstance(self.spec, AlertSpec) else ()


@dataclass(frozen=True)
class Part:
    """A project of a world: what happened, which incidents these were, and its alerts.

    Attributes:
        episodes: None: what is an incident here is not judged.
    """

    scenario: Scenario
    episodes: tuple[Episode, ...] | None
    alerts: tuple[Labelled, ...]

    @property
    def slug(self) -> str:
        """The project."""
        return self.scenario.slug


@dataclass(frozen=True)
class AlertWorld:
    """A world with its labels.

    Attributes:
        generation: which alerts its server has.
        now: the moment of looking, at a full minute.
    """

    name: str
    parts: tuple[Part, ...]
    generation: Generation = "today"
    now: datetime = field(default=NOW)

    def __repr__(self) -> str:
        return f"AlertWorld({self.name!r})"

    @property
    def alerts(self) -> list[tuple[Part, Labelled]]:
        """Every alert with its project."""
        return [(part, alert) for part in self.parts for alert in part.alerts]

    @property
    def episodes(self) -> list[Episode]:
        """Every labelled incident."""
        return [episode for part in self.parts for episode in part.episodes or ()]
