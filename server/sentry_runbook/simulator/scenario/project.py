"""What happens around the issues of a project: releases and deploys, sessions, transactions, losses, flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sentry_runbook.simulator.scenario.events import LATEST, Rates, check_rates


@dataclass(frozen=True, slots=True)
class CommitSpec:
    """A commit of a release; ``pull_request`` is its number, when it came by one."""

    message: str
    at: float
    author: str = "Robin Chen"
    email: str = "robin.chen@example.com"
    pull_request: int | None = None
    repository: str = "acme/shop"


@dataclass(frozen=True, slots=True)
class DeploySpec:
    """A deploy marker: when it finished, and how long the roll-out took (None: start not recorded)."""

    at: float
    environment: str = "production"
    took: float | None = 3.0


@dataclass(frozen=True, slots=True)
class ReleaseSpec:
    """A release, when it was created and where it was deployed."""

    version: str
    created: float
    deploys: tuple[DeploySpec, ...] = ()
    commits: tuple[CommitSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionsSpec:
    """Sessions of an environment; crashes and errors are spread as the sessions are, so that their rates stay even.

    Attributes:
        count: all sessions, exactly; ``crashed``, ``unhandled`` and ``errored`` are parts of it.
        rates: how busy each of several equal parts of the time was.
        crashed: ended in a crash.
        unhandled: ended in an uncaught error and were reported so (browser SDK 11), not as crashed.
        errored: met a handled error.
        users: distinct people among them; None is two thirds of the sessions.
    """

    count: int
    start: float = -1440.0
    end: float = 0.0
    crashed: int = 0
    unhandled: int = 0
    errored: int = 0
    environment: str | None = "production"
    release: str | None = LATEST
    users: int | None = None
    rates: Rates = ()

    def __post_init__(self) -> None:
        """Refuse parts that are more than the whole."""
        check_rates(self.rates)
        if self.crashed + self.unhandled + self.errored > self.count or self.end < self.start:
            msg = f"sessions: {self.crashed} + {self.unhandled} + {self.errored} of {self.count}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Transactions:
    """Traced requests of one endpoint whose 95th percentile is exactly ``p95_ms`` in any window of some dozens."""

    name: str
    count: int
    start: float = -1440.0
    end: float = 0.0
    p95_ms: float = 400.0
    typical_ms: float = 120.0
    failed: int = 0
    environment: str | None = "production"
    release: str | None = LATEST
    rates: Rates = ()

    def __post_init__(self) -> None:
        """Refuse rates that say nothing."""
        check_rates(self.rates)


@dataclass(frozen=True, slots=True)
class DroppedSpec:
    """Error events that were sent to the project and not stored, evenly from ``start`` to ``end``.

    Attributes:
        outcome: ``rate_limited``, ``abuse``, ``filtered``, ``client_discard`` … as ``stats_v2/`` names it.
    """

    count: int
    start: float
    end: float = 0.0
    outcome: str = "rate_limited"


@dataclass(frozen=True, slots=True)
class FlagChangeSpec:
    """A change of a feature flag, as the flag provider told it to Sentry."""

    at: float
    flag: str
    action: Literal["created", "updated", "deleted"] = "updated"
    by: str = "dana.ortiz@example.com"
