"""Derived times, releases and people of an incident, shared by timeline rows and milestones; each computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

from sentry_runbook.incident.episode.episode import Burst, FoundEpisode
from sentry_runbook.incident.formatting import duration, moment
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import Activity, Alert, Deploy, Issue, Known, Release, Unknown
from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection
from sentry_runbook.incident.model.results.impact import Episode, Recovery
from sentry_runbook.incident.recovery.metrics import MIN_ELAPSED, RecoveryMetrics, measure
from sentry_runbook.incident.recovery.recovery import assess_recovery
from sentry_runbook.incident.recovery.several import evidence_of, taken_together, with_each
from sentry_runbook.incident.releases import Start, deploys_of
from sentry_runbook.incident.timeline.actors import is_act_of_a_person

FAR_APART = timedelta(hours=24)
"""Issues of one incident may follow each other by hours; by days they hardly do."""
LEAD_IN = timedelta(hours=24)
"""How long before the start a deploy is still part of the incident."""
AT_THE_START = timedelta(minutes=5)
"""An alert up to that long before the first counted event is of this incident: it counts by another clock."""


@dataclass(frozen=True)
class TimelineContext(Measurements):
    """Measurements, recovery, and the derived times and releases that rows and milestones share."""

    @property
    def known_episode(self) -> Episode | None:
        """The incident; None when it is not known."""
        return self.episode if isinstance(self.episode, Episode) else None

    @property
    def why_no_onset(self) -> str:
        """Why the start is not known; empty when it is."""
        return self.episode.why if isinstance(self.episode, Unknown) else ""

    @property
    def began(self) -> datetime:
        """The onset, or the start of the window when the onset is not known."""
        return self.known_episode.began if self.known_episode else self.evidence.window.start

    @property
    def opens(self) -> datetime:
        """From when on things belong to the incident."""
        return self.began - LEAD_IN if self.known_episode else self.evidence.window.start

    @cached_property
    def mitigated(self) -> datetime | None:
        """The stated mitigation, when it can be true: within the incident and not in the future."""
        at = self.stated.mitigated_at
        return at if at is not None and self.began <= at < self.read_at else None

    # --- recovery

    @cached_property
    def recovery_metrics(self) -> RecoveryMetrics:
        """Rates and conditions since the stated fix or mitigation, else since the resolve, else since the peak."""
        metrics = measure(self, self.stated.fixed_at or self.mitigated, self.dated_later_deploys)
        return taken_together(metrics, [each.recovery_metrics for each in self.each_issue])

    @cached_property
    def recovery(self) -> Recovery:
        """Whether the incident is over."""
        recovery = assess_recovery(self, self.recovery_metrics)
        issues = zip(self.evidence.together, (each.recovery for each in self.each_issue), strict=True)
        return with_each(recovery, tuple(issues)) if self.each_issue else recovery

    @cached_property
    def each_issue(self) -> tuple[TimelineContext, ...]:
        """Each of several issues by itself, by its own counts, in order; empty of one issue."""
        return tuple(
            TimelineContext(evidence_of(self.evidence, issue), self.stated, self.policy, self.now)
            for issue in self.evidence.together
        )

    @cached_property
    def starts(self) -> tuple[tuple[Issue, Start | None], ...]:
        """When each of several issues began, by its own counts, the first to begin first; None: not known."""
        known = zip(self.evidence.together, (each.apparent_start for each in self.each_issue), strict=True)
        last = self.read_at + LEAD_IN
        return tuple(sorted(known, key=lambda pair: pair[1].at if pair[1] is not None else last))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What limits all numbers; and that the issues began so far apart that they may be no one incident."""
        return (*super().warnings, *_far_apart(self.starts))

    @cached_property
    def stable_since(self) -> datetime | None:
        """From when on the event rate has been the usual one; None when it is not, or for too short a time to say.

        Also None where the quiet is explained otherwise: Sentry dropped the events, or nobody used the service.
        """
        metrics = self.recovery_metrics
        at = metrics.quiet_from
        if at is None or at > self.read_at - MIN_ELAPSED or metrics.dropped or metrics.no_traffic:
            return None
        return at

    @property
    def bursts(self) -> tuple[Burst, ...]:
        """The bursts of the incident in order of time; empty when they are not known."""
        return self.found_episode.times if isinstance(self.found_episode, FoundEpisode) else ()

    @property
    def earlier_bursts(self) -> tuple[tuple[datetime, datetime], ...]:
        """Begin and end of the episodes before this one, as far as the counts reach; empty when they are not known."""
        return self.found_episode.earlier if isinstance(self.found_episode, FoundEpisode) else ()

    # --- releases and deploys

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """Every release that the evidence names, once each."""
        listed = self.evidence.releases.value if isinstance(self.evidence.releases, Known) else ()
        own = (self.evidence.issue.first_release, self.evidence.issue.last_release)
        return tuple({release.version: release for release in (*own, *listed) if release is not None}.values())

    @cached_property
    def deploys(self) -> tuple[Deploy, ...]:
        """Every deploy marker with a time from ``opens`` on, in order of time."""
        markers = dict.fromkeys(self._deploys())
        dated = [(at, deploy) for deploy in markers if (at := deployed(deploy)) and self.opens <= at <= self.read_at]
        return tuple(deploy for _, deploy in sorted(dated, key=lambda pair: (pair[0], pair[1].environment)))

    def _deploys(self) -> Iterator[Deploy]:
        if isinstance(self.evidence.deploys, Known):
            yield from self.evidence.deploys.value
        for release in self.releases:
            yield from deploys_of(self.evidence, release.version) or ()
            yield from release.deploys or ()

    @property
    def unknown_deploys(self) -> Unknown | None:
        """Why deploys are not known: of the releases, else of the suspect one where its deploys were asked for."""
        evidence = self.evidence
        asked = not isinstance(evidence.deploys, Unknown) or evidence.deploys.asked
        part = evidence.deploys if isinstance(evidence.releases, Known) and asked else evidence.releases
        return part if isinstance(part, Unknown) else None

    def is_live(self, deploy: Deploy) -> bool:
        """Whether the marker is of an environment that the incident is counted in."""
        scope = self.evidence.scope
        names = scope.names or scope.production
        return not names or deploy.environment in names

    @cached_property
    def later_deploys(self) -> tuple[Deploy, ...]:
        """Deploys of another release than the suspect one after the start: what may have ended the incident."""
        return tuple(
            deploy
            for deploy in self.deploys
            if self.is_live(deploy) and self._is_after_the_start(deployed(deploy)) and deploy.version != self.suspect
        )

    def _is_after_the_start(self, at: datetime | None) -> bool:
        if at is None or at <= self.began:
            return False
        episode = self.known_episode
        if episode is None or at > episode.began_latest:
            return True
        # Inside the hour of the start, which came first is not known: it ended what was over in that hour.
        return episode.ended is not None and episode.ended <= episode.began_latest

    @property
    def dated_later_deploys(self) -> tuple[tuple[datetime, Deploy], ...]:
        """``later_deploys`` with their times."""
        return tuple((at, deploy) for deploy in self.later_deploys if (at := deployed(deploy)) is not None)

    def is_older(self, version: str) -> bool | None:
        """Whether a release was created before the suspect one; None when that is not known."""
        created = {release.version: release.created for release in self.releases}
        own, suspect = created.get(version), created.get(self.suspect or "")
        return None if own is None or suspect is None or own == suspect else own < suspect

    # --- people and alerts

    @cached_property
    def people_activity(self) -> tuple[Activity, ...]:
        """What people did in Sentry from ``opens`` on, in order of time; nothing that a machine wrote."""
        return tuple(
            entry
            for entry in self.evidence.issue.activity
            if is_act_of_a_person(entry) and self.opens <= entry.at <= self.read_at
        )

    @cached_property
    def first_response(self) -> Activity | None:
        """The first thing that a person did in Sentry after the start."""
        return next((entry for entry in self.people_activity if entry.at >= self.began), None)

    def is_after_a_pause(self, at: datetime) -> bool:
        """Whether errors of this incident had paused or ended before ``at``."""
        ends = [self.stable_since, *(burst.ended for burst in self.bursts)]
        return any(end is not None and end <= at for end in ends)

    def with_alert_detection(self, part: Known[AlertDetection] | Unknown | None) -> Self:
        """The same incident, told what its alerts did; what was computed before it was known does not depend on it."""
        told = copy(self)
        object.__setattr__(told, "evidence", self.evidence.model_copy(update={"alert_detection": part}))
        return told

    @property
    def detection(self) -> AlertDetection | None:
        """What the project's alerts did in this incident; None where they could not be reviewed, or nobody asked."""
        part = self.evidence.alert_detection
        return part.value if isinstance(part, Known) else None

    @cached_property
    def first_alert(self) -> Alert | None:
        """The project's alert that fired first at the start or after it, by the last time that Sentry keeps."""
        part = self.evidence.alerts
        fired = [
            alert
            for alert in (part.value if isinstance(part, Known) else ())
            if alert.last_triggered is not None and self.began - AT_THE_START <= alert.last_triggered <= self.read_at
        ]
        return min(fired, key=lambda alert: (alert.last_triggered or self.began, alert.name), default=None)


def _far_apart(starts: Sequence[tuple[Issue, Start | None]]) -> Iterator[str]:
    known = [(issue, start) for issue, start in starts if start is not None]
    if len(known) > 1 and known[-1][1].earliest - known[0][1].latest >= FAR_APART:
        (first, began), (last, late) = known[0], known[-1]
        apart = duration(late.at - began.at)
        when = f"{moment(began.at)}, {moment(late.at)}"
        yield f"{first.name} and {last.name} began {apart} apart ({when}): are they one incident?"


def deployed(deploy: Deploy) -> datetime | None:
    """When a deploy was finished, or when it started when that is all that is known."""
    return deploy.finished or deploy.started
