"""A small organization that is watched: alerts, metric and cron monitors, uptime checks, and what they saw."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from bench.rounds import RoundCountingTransport

from sentry_runbook.collect.alert_target import resolve_target
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget
from sentry_runbook.runtime import Runtime, build_runtime
from sentry_runbook.settings import Settings
from sentry_runbook.simulator.app import ALL_SCOPES, Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DeploySpec,
    DetectorSpec,
    FiringSpec,
    IssueSpec,
    MonitorSpec,
    RawEventSpec,
    ReleaseSpec,
    Scenario,
    Stream,
    UptimeSpec,
)
from sentry_runbook.simulator.world import World
from tests.tools.support import SETTINGS

BASE = "http://localhost/organizations/acme"
TRACE = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
TODAY, BEFORE = Profile(), Profile(workflows=False, old_alerts="alive")
BROWN_OUT = Profile(workflows=False, old_alerts="gone")
NOW = ManualClock().now

PAY = AlertSpec(
    "Payments fail",
    id="77",
    rule_id="12",
    owner="team:payments",
    firings=(
        FiringSpec(-30, "SHOP-1"),
        FiringSpec(-12, "SHOP-1"),
        FiringSpec(-8, "SHOP-2"),
        FiringSpec(-60 * 24 * 20, "SHOP-2"),
    ),
)
ERRORS = DetectorSpec(
    "Many errors",
    id="41",
    rule_id="5",
    query="level:error",
    window=10,
    above=50,
    environment="production",
    opened=((-3000, -2900), (-14, None)),
    issue="SHOP-3",
    owner="user:Dana Ortiz",
)
TWIN = AlertSpec("Many errors", id="78", monitor="Many errors", triggered=-14)
NIGHTLY = MonitorSpec(
    "nightly-report",
    "Nightly report",
    every=10,
    outcomes=((-60, -40, "missed"), (-40, -5, "error")),
    failing_since=-60,
    owner="team:payments",
)
HEALTH = UptimeSpec("Shop is up", id="900", down=((-700, -690), (-25, None)), issue="SHOP-4")


def shop(**changes: object) -> Scenario:
    """The project ``shop`` with all that watches it."""
    trace = tuple(RawEventSpec(at, trace=TRACE) for at in (-9.0, -8.5))
    issues = (
        IssueSpec("SHOP-1", "Card refused", streams=(Stream(40, -31, -5),), raw=trace),
        IssueSpec("SHOP-2", "Basket lost", streams=(Stream(3, -9, -7, release="shop@1.2.0"),)),
        IssueSpec(
            "SHOP-3", "Many errors", category="metric", issue_type="metric_issue", streams=(Stream(1, -14, -14),)
        ),
        IssueSpec(
            "SHOP-4", "Downtime", category="uptime", issue_type="uptime_domain_failure", streams=(Stream(1, -25, -25),)
        ),
    )
    whole = Scenario(
        name="shop",
        project="shop",
        issues=issues,
        releases=(ReleaseSpec("shop@1.2.0", -300, deploys=(DeploySpec(-290),)),),
        alerts=(PAY, TWIN),
        detectors=(ERRORS,),
        monitors=(NIGHTLY,),
        uptime=(HEALTH,),
    )
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]  # of any field


def mail() -> Scenario:
    """Another project, with an event of the same trace."""
    issue = IssueSpec("MAIL-1", "Lost letter", raw=(RawEventSpec(-8.7, trace=TRACE),))
    alerts = (AlertSpec("Letters lost", id="90", rule_id="33"),)
    return Scenario(name="mail", project="mail", issues=(issue,), alerts=alerts)


def company(**changes: object) -> World:
    """Both."""
    return World([shop(**changes), mail()], ManualClock())


@dataclass
class Resolver:
    """A process of the product before an embedded Sentry, and what it asks there."""

    run: Runtime
    upstream: RoundCountingTransport
    world: World

    async def __call__(self, text: str) -> AlertTarget:
        """Resolve a link or name; requests and rounds count anew."""
        self.upstream.reset()
        return await resolve_target(self.run, text)

    @property
    def cost(self) -> tuple[int, int]:
        """Requests and rounds of the last call."""
        return len(self.upstream.requests), self.upstream.rounds

    @property
    def paths(self) -> list[str]:
        """Paths of its requests, below the organization where they are."""
        paths = [request.split()[1].partition("?")[0] for request in self.upstream.requests]
        return [path.removeprefix("/api/0/").removeprefix("organizations/acme/") for path in paths]


def resolver(
    world: World | None = None,
    *,
    profile: Profile = TODAY,
    scopes: Collection[str] = ALL_SCOPES,
    transport: httpx.AsyncBaseTransport | None = None,
    settings: Settings = SETTINGS,
) -> Resolver:
    """Make one; without a world, of the company."""
    world = world or company()
    inner = transport or httpx.ASGITransport(create_app(world, profile=profile, scopes=scopes))
    upstream = RoundCountingTransport(inner)
    return Resolver(build_runtime(settings, http_transport=upstream, clock=ManualClock()), upstream, world)


def ago(minutes: float) -> datetime:
    """The instant that many minutes before the world's start."""
    return NOW - timedelta(minutes=minutes)
