"""What the rows and milestones of a timeline are told from: the case, its turning points, and its people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sentry_runbook.incident.metrics.metrics import Case
from sentry_runbook.incident.model.evidence import (
    Activity,
    Alert,
    Deploy,
    Evidence,
    Known,
    Release,
    Series,
    Stated,
    Unknown,
)
from sentry_runbook.incident.model.results.impact import Onset, Recovery
from sentry_runbook.incident.recovery.metrics import SHORTEST, Aftermath, calm_from, finest_series, measure
from sentry_runbook.incident.recovery.recovery import check_recovery
from sentry_runbook.incident.releases import deploys_of, suspect_release

LEAD_IN = timedelta(hours=24)
"""How long before the start a deploy is still part of the story."""


@dataclass(frozen=True)
class Plot:
    """One incident as its timeline tells it; each turning point is found once.

    Attributes:
        now: the time of reading; what lies after the evidence was collected is not known yet.
    """

    case: Case
    now: datetime

    @property
    def evidence(self) -> Evidence:
        """What is known."""
        return self.case.evidence

    @property
    def stated(self) -> Stated:
        """What people said."""
        return self.case.stated

    @cached_property
    def read_at(self) -> datetime:
        """Up to when anything is known."""
        return min(self.now, self.evidence.collected_at)

    @cached_property
    def onset(self) -> Onset | None:
        """How the incident began; None when that is not known."""
        return self.case.onset if isinstance(self.case.onset, Onset) else None

    @cached_property
    def why_no_onset(self) -> str:
        """Why the start is not known; empty when it is."""
        return self.case.onset.why if isinstance(self.case.onset, Unknown) else ""

    @cached_property
    def began(self) -> datetime:
        """The start, or the start of the window when it is not known."""
        return self.onset.at if self.onset else self.evidence.window.start

    @cached_property
    def opens(self) -> datetime:
        """From when on things belong to the story."""
        return self.began - LEAD_IN if self.onset else self.evidence.window.start

    @cached_property
    def mitigated(self) -> datetime | None:
        """The stated mitigation, when it can be true: in the incident, and not in the future."""
        at = self.stated.mitigated_at
        return at if at is not None and self.began <= at < self.read_at else None

    @cached_property
    def aftermath(self) -> Aftermath:
        """What came after the fix."""
        return measure(self.evidence, self.case.policy, self.mitigated, self.now)

    @cached_property
    def recovery(self) -> Recovery:
        """Whether it is over."""
        return check_recovery(self.evidence, self.case.policy, self.mitigated, self.now)

    @cached_property
    def rate(self) -> Series | None:
        """The finest event series that reaches up to now."""
        return finest_series(self.evidence, self.read_at)[0]

    @cached_property
    def calm_at(self) -> datetime | None:
        """From when on the event rate has been the usual one; None when it is not, or for too short a time to say."""
        if self.rate is None or self.onset is None:
            return None
        at = calm_from(self.rate, self.aftermath.allowed_per_hour)
        return at if self.began < at <= self.read_at - SHORTEST else None

    @cached_property
    def suspect(self) -> str | None:
        """The release that came with the incident."""
        return suspect_release(self.evidence)

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """Every release that anything tells of, once each."""
        listed = self.evidence.releases.value if isinstance(self.evidence.releases, Known) else ()
        own = (self.evidence.issue.first_release, self.evidence.issue.last_release)
        return tuple({release.version: release for release in (*own, *listed) if release is not None}.values())

    @cached_property
    def deploys(self) -> tuple[Deploy, ...]:
        """Every deploy marker of the story with a time, in order."""
        found = dict.fromkeys(self._deploys())
        dated = [(at, deploy) for deploy in found if (at := deployed(deploy)) and self.opens <= at <= self.read_at]
        return tuple(deploy for _, deploy in sorted(dated, key=lambda pair: (pair[0], pair[1].environment)))

    def _deploys(self) -> Iterator[Deploy]:
        if isinstance(self.evidence.deploys, Known):
            yield from self.evidence.deploys.value
        for release in self.releases:
            yield from deploys_of(self.evidence, release.version) or ()
            yield from release.deploys or ()

    def is_live(self, deploy: Deploy) -> bool:
        """Whether the marker is of an environment that the incident is counted in."""
        scope = self.evidence.scope
        names = scope.names or scope.production
        return not names or deploy.environment in names

    @cached_property
    def changes(self) -> tuple[Deploy, ...]:
        """Deploys of another release than the suspect one after the start: what may have ended it."""
        return tuple(
            deploy
            for deploy in self.deploys
            if self.is_live(deploy) and (deployed(deploy) or self.began) > self.began and deploy.version != self.suspect
        )

    def is_older(self, version: str) -> bool | None:
        """Whether a release was made before the suspect one; None when that is not known."""
        made = {release.version: release.created for release in self.releases}
        one, suspect = made.get(version), made.get(self.suspect or "")
        return None if one is None or suspect is None or one == suspect else one < suspect

    @cached_property
    def acts(self) -> tuple[Activity, ...]:
        """What people did in Sentry, of the whole story, in order."""
        return tuple(
            entry
            for entry in self.evidence.issue.activity
            if entry.who is not None and self.opens <= entry.at <= self.read_at
        )

    @cached_property
    def first_act(self) -> Activity | None:
        """The first act of a person after the start."""
        return next((entry for entry in self.acts if entry.at >= self.began), None)


def deployed(deploy: Deploy) -> datetime | None:
    """When a deploy was through, or began when that is all that is known."""
    return deploy.finished or deploy.started


def first_alert(plot: Plot) -> Alert | None:
    """The alert of the project that fired first after the start, by the last time that Sentry keeps."""
    part = plot.evidence.alerts
    fired = [
        alert
        for alert in (part.value if isinstance(part, Known) else ())
        if alert.last_triggered is not None and plot.began <= alert.last_triggered <= plot.read_at
    ]
    return min(fired, key=lambda alert: (alert.last_triggered or plot.began, alert.name), default=None)
