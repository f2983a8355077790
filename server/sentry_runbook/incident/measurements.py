"""The metrics of one incident, each computed once and shared by the severity rules, the causes and the impact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sentry_runbook.incident.episode.baseline import find_baseline
from sentry_runbook.incident.episode.onset import find_onset
from sentry_runbook.incident.episode.trend import find_trend
from sentry_runbook.incident.metrics.crash_free import CrashFree, crash_free
from sentry_runbook.incident.metrics.unhandled import MinutePeak, minute_peak
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Baseline, Onset, Trend
from sentry_runbook.incident.model.stated import Stated


@dataclass(frozen=True)
class Measurements:
    """Evidence, what people stated, the policy, and the measurements that follow from them.

    Every property is computed at most once. An ``Unknown`` says why there is no value.

    Attributes:
        now: the time of reading, aware UTC; what lies after ``evidence.collected_at`` is not known.
    """

    evidence: Evidence
    stated: Stated
    policy: Policy
    now: datetime

    @cached_property
    def crash_free(self) -> CrashFree | Unknown:
        """Crash-free sessions of production."""
        return crash_free(self.evidence, self.policy)

    @cached_property
    def own_peak(self) -> MinutePeak | Unknown:
        """The issue's busiest minute of unhandled events."""
        return minute_peak(self.evidence.unhandled, self.evidence, self.policy)

    @cached_property
    def project_peak(self) -> MinutePeak | Unknown:
        """The project's busiest minute of unhandled events."""
        return minute_peak(self.evidence.project_unhandled, self.evidence, self.policy)

    @cached_property
    def users(self) -> UsersWorstHour | Unknown:
        """Bounds for the distinct users of the worst rolling hour."""
        return users_worst_hour(self.evidence)

    @cached_property
    def onset(self) -> Onset | Unknown:
        """When the incident began."""
        return find_onset(self.evidence, self.policy)

    @cached_property
    def baseline(self) -> Baseline | Unknown:
        """The usual rate before the onset."""
        return find_baseline(self.evidence, self.onset, self.events)

    @cached_property
    def trend(self) -> Trend | Unknown:
        """Where the event rate is going."""
        return find_trend(self.evidence, self.policy, self.baseline)

    @property
    def events(self) -> int | None:
        """Events in the window; None when unknown."""
        return self.evidence.totals.value.events if isinstance(self.evidence.totals, Known) else None

    @property
    def apparent_start(self) -> datetime | None:
        """When the incident began: the onset, else the issue's first event; None when neither is known."""
        return self.onset.at if isinstance(self.onset, Onset) else self.evidence.issue.first_seen
