"""Reviews of the alerts of small organizations: the evidence, the rounds that were told, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
from bench.rounds import RoundCountingTransport

from sentry_runbook.collect.alert_review import collect_alert_review
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, KeyedFirings
from sentry_runbook.progress import Progress, reporting_to
from sentry_runbook.runtime import Runtime, build_runtime
from sentry_runbook.settings import Limits, Settings
from sentry_runbook.simulator.app import ALL_SCOPES, Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import AlertSpec, IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import SETTINGS

NOW = ManualClock().now
WIDE = replace(SETTINGS, limits=Limits(cache_s=0, concurrency=1_000))
"""Without a limit on requests at once, rounds are those that wait for each other's answers."""
BOTH = Profile(old_alerts="alive")
BEFORE = Profile(workflows=False, old_alerts="alive")


@dataclass
class Refusing(httpx.AsyncBaseTransport):
    """A server that refuses some paths, by their last part: with a status, or by never answering (0)."""

    inner: httpx.AsyncBaseTransport
    refused: Mapping[str, int] = field(default_factory=dict)
    is_refused: Callable[[httpx.Request], bool] = lambda _: True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        status = self.refused.get(request.url.path.rstrip("/").rpartition("/")[2])
        if status is None or not self.is_refused(request):
            return await self.inner.handle_async_request(request)
        if not status:
            raise httpx.ReadTimeout("never answered", request=request)
        if status == 404:
            return httpx.Response(404)  # without words: the server has no such endpoint
        return httpx.Response(status, json={"detail": "No."}, headers={"retry-after": "60"})


@dataclass
class Reviewer:
    """A process of the product before a Sentry, and what it asks there.

    Attributes:
        rounds: as they are told while a review runs.
    """

    run: Runtime
    upstream: RoundCountingTransport
    rounds: list[str] = field(default_factory=list)

    async def __call__(self, **asked: str | None) -> AlertReviewEvidence:
        """Review; requests and rounds count anew."""
        self.upstream.reset()
        self.rounds.clear()
        progress = Progress()
        with progress.listening(lambda step: self.rounds.append(step.message)), reporting_to(progress):
            return await collect_alert_review(self.run, **asked)

    @property
    def requests(self) -> list[tuple[str, dict[str, list[str]]]]:
        """Path below the organization, and the parameters, of each request."""
        parts = [urlsplit(request.split()[1]) for request in self.upstream.requests]
        return [(_below(part.path), parse_qs(part.query, keep_blank_values=True)) for part in parts]

    def asked(self, *endings: str) -> list[str]:
        """The paths with one of these last parts."""
        return [path for path, _ in self.requests if path.rstrip("/").rpartition("/")[2] in endings]


def _below(path: str) -> str:
    return path.removeprefix("/api/0/").removeprefix("organizations/acme/")


def reviewer(
    world: World | None = None,
    *,
    profile: Profile = Profile(),  # noqa: B008  # a frozen value
    scopes: Collection[str] = ALL_SCOPES,
    refused: Mapping[str, int] | None = None,
    is_refused: Callable[[httpx.Request], bool] = lambda _: True,
    transport: httpx.AsyncBaseTransport | None = None,
    settings: Settings = WIDE,
    elapsed: Callable[[], float] = lambda: 0.0,
    clock: ManualClock | None = None,
) -> Reviewer:
    """Make one."""
    inner = transport or httpx.ASGITransport(create_app(world or organization(), profile=profile, scopes=scopes))
    upstream = RoundCountingTransport(Refusing(inner, refused or {}, is_refused))
    run = build_runtime(settings, http_transport=upstream, clock=clock or ManualClock(), elapsed=elapsed)
    return Reviewer(run, upstream)


def organization(*alerts: AlertSpec, **more: object) -> World:
    """One project with an issue and these alerts."""
    issue = IssueSpec("SHOP-1", "Boom", streams=(Stream(5, -30),))
    scenario = Scenario(name="x", project="shop", issues=(issue,), alerts=alerts)
    return World(replace(scenario, **more), ManualClock())  # type: ignore[arg-type]  # of any field


def of_key(evidence: AlertReviewEvidence, key: str) -> KeyedFirings:
    """What is known of when one alert fired."""
    return next(keyed for keyed in evidence.fired if keyed.alert == key)


def named(evidence: AlertReviewEvidence, name: str) -> AlertDefinition:
    """The alert of this name."""
    return next(alert for alert in evidence.alerts if alert.name == name)


def unread(evidence: AlertReviewEvidence) -> dict[str, str]:
    """What could not be read, and why."""
    return {entry.what: entry.why for entry in evidence.unread}


def ago(minutes: float) -> datetime:
    """The instant that many minutes before the world's start."""
    return NOW - timedelta(minutes=minutes)
