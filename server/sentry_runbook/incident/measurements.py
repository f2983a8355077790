"""The metrics of one incident, each computed once and shared by all that judges, tells or reports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sentry_runbook.incident.changes import changes_around, unseen_changes
from sentry_runbook.incident.episode.baseline import find_baseline
from sentry_runbook.incident.episode.episode import FoundEpisode, find_episode
from sentry_runbook.incident.episode.event_counts import EventCounts, event_counts
from sentry_runbook.incident.episode.trend import find_trend
from sentry_runbook.incident.events.attacks import Attack, find_attacks
from sentry_runbook.incident.events.dependency import FailedDependency, find_dependency
from sentry_runbook.incident.events.event_texts import all_texts, whole_events
from sentry_runbook.incident.events.external_calls import FailedCalls, failed_calls, host_in_error, unnamed_service
from sentry_runbook.incident.events.hosts import Whose
from sentry_runbook.incident.events.instrumentation import Gap, instrumentation_gaps
from sentry_runbook.incident.explanation.explanation import explain
from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.metrics.counter import counter_notes, estimate_note
from sentry_runbook.incident.metrics.crash_free import CrashFree, crash_free, crash_free_between
from sentry_runbook.incident.metrics.dropped import DroppedCount, dropped_events, dropped_sentence
from sentry_runbook.incident.metrics.traffic import TrafficCorrelation, traffic_correlation
from sentry_runbook.incident.metrics.unhandled import MinutePeak, minute_peak, share_of_project
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour
from sentry_runbook.incident.model.evidence import Event, Evidence, Known, Missing, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.explanation import (
    Change,
    Dependency,
    Explanation,
    ReleaseHealth,
)
from sentry_runbook.incident.model.results.impact import Baseline, Episode, Trend
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.platforms import runs_at_users
from sentry_runbook.incident.release_health import (
    CrashFreeChange,
    crash_free_change,
    release_health,
    usual_release_shares,
)
from sentry_runbook.incident.releases import Start
from sentry_runbook.incident.suspect import find_suspect

PART_OF_THE_INCIDENT = Unknown(why="the time before the period asked for is a part of the incident")
DROPPED = "dropped events"
"""Their name in ``missing``."""


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
    def read_at(self) -> datetime:
        """Up to when anything is known: the time of reading, at most the time of collection."""
        return min(self.now, self.evidence.collected_at)

    # --- rates and users

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
    def share_of_project(self) -> float | None:
        """The issue's share (0..1) of the project's unhandled events; None when either is unknown."""
        return share_of_project(self.evidence)

    @cached_property
    def users(self) -> UsersWorstHour | Unknown:
        """Bounds for the distinct users of the worst rolling hour."""
        return users_worst_hour(self.evidence)

    @cached_property
    def traffic(self) -> TrafficCorrelation | Unknown:
        """Whether the errors follow the traffic."""
        return traffic_correlation(self.evidence)

    # --- what was not stored

    @cached_property
    def dropped(self) -> DroppedCount | Unknown:
        """The project's error events that Sentry dropped in the window."""
        return dropped_events(self.evidence, self.evidence.window.start, self.evidence.window.end)

    @property
    def dropped_at_most(self) -> int:
        """How many events the window's counts may lack, at most; 0 where nothing was dropped or nothing is known."""
        return self.dropped.events if isinstance(self.dropped, DroppedCount) else 0

    @property
    def dropped_note(self) -> str:
        """That Sentry dropped events in the window, when and why, in one sentence; empty when it did not."""
        return dropped_sentence(self.dropped) if isinstance(self.dropped, DroppedCount) else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What limits all numbers: the collection's own warnings, what Sentry dropped, guessed or counts otherwise."""
        notes = (self.dropped_note, estimate_note(self.evidence))
        return (*self.evidence.warnings, *filter(None, notes), *counter_notes(self.evidence))

    @property
    def unread_outcomes(self) -> tuple[Missing, ...]:
        """That dropped events were asked for and are not known, for ``missing``; it changes no verdict."""
        if isinstance(self.dropped, DroppedCount) or not self.evidence.issue.is_error or not self.dropped.asked:
            return ()
        return (Missing(what=DROPPED, why=self.dropped.why),)

    # --- the episode

    @cached_property
    def counts(self) -> EventCounts | None:
        """All counts of the issue by time, and its usual rates; None when Sentry gave none."""
        return event_counts(self.evidence, self.policy, self.read_at)

    @cached_property
    def found_episode(self) -> FoundEpisode | Unknown:
        """The episode with its bursts."""
        return find_episode(self.evidence, self.policy, self.counts)

    @property
    def episode(self) -> Episode | Unknown:
        """What all tools call the incident."""
        return self.found_episode.result if isinstance(self.found_episode, FoundEpisode) else self.found_episode

    @cached_property
    def episode_crash_free_pct(self) -> float | None:
        """Crash-free sessions of production, in percent, in the full hours of the episode; None when not known."""
        if isinstance(self.episode, Unknown):
            return None
        return crash_free_between(
            self.evidence, self.policy, self.episode.began, self.episode.ended or self.evidence.collected_at
        )

    @cached_property
    def compared(self) -> Evidence:
        """The evidence, without the tags of the stretch before the window where that holds a part of the incident.

        They would not tell what was usual before it.
        """
        window, episode = self.evidence.window, self.episode
        if not isinstance(episode, Episode) or episode.began >= window.start:
            return self.evidence
        if episode.ended is not None and episode.ended <= window.start - window.length:
            return self.evidence
        return self.evidence.model_copy(update={"breakdown_before": PART_OF_THE_INCIDENT})

    @cached_property
    def baseline(self) -> Baseline | Unknown:
        """The issue's events in a stretch as long as the window, before the episode."""
        return find_baseline(self.evidence, self.counts, self.episode, self.events)

    @cached_property
    def trend(self) -> Trend | Unknown:
        """Where the event rate is going; its note says where dropped events make it a lower bound."""
        trend = find_trend(self.evidence, self.policy, self.counts, self.episode)
        if isinstance(trend, Unknown) or not self.dropped_at_most:
            return trend
        notes = (trend.note, "a lower bound: Sentry dropped events")
        return trend.model_copy(update={"note": "; ".join(filter(None, notes))})

    @property
    def events(self) -> int | None:
        """Events in the window; None when unknown."""
        return self.evidence.totals.value.events if isinstance(self.evidence.totals, Known) else None

    @property
    def apparent_start(self) -> Start | None:
        """When it began: the episode, else Sentry's record that it came back, else the issue's first event."""
        if isinstance(self.episode, Episode):
            return Start.of(self.episode)
        window = self.evidence.window
        back = [entry.at for entry in regressions(self.evidence.issue) if window.start <= entry.at <= self.read_at]
        first = min(back, default=self.evidence.issue.first_seen)
        return Start.exact(first) if first is not None else None

    # --- what explains it

    @cached_property
    def explanation(self) -> tuple[Explanation, ...]:
        """Sets of tag values that explain the events above usual, best first; empty when nothing does."""
        shares = usual_release_shares(self.evidence, self.policy, self.episode)
        return explain(self.compared, self.episode, self.apparent_start, shares)

    @cached_property
    def release_health(self) -> tuple[ReleaseHealth, ...]:
        """Sessions by release: the suspect first, then those beside it; empty when not known."""
        return release_health(self.evidence, self.policy, self.episode, self.suspect)

    @cached_property
    def crash_free_change(self) -> CrashFreeChange | None:
        """Crash-free sessions before the incident and in it; None when either is not known."""
        return crash_free_change(self.evidence, self.policy, self.episode)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What was changed shortly before the incident, the nearest first."""
        return changes_around(self.evidence, self.policy, self.apparent_start)

    @cached_property
    def unseen_changes(self) -> tuple[Missing, ...]:
        """Kinds of changes that could not be read, and why."""
        return unseen_changes(self.evidence, self.apparent_start, none_known=not self.changes)

    @cached_property
    def failed_dependency(self) -> FailedDependency | None:
        """What the failing code depends on and did not get, with what the actions need; None when nothing shows it."""
        if not self.evidence.issue.is_error:
            return None
        at_users = runs_at_users(self.evidence)
        return find_dependency(self.evidence, self.texts, self.failed_calls_of, from_device=at_users)

    @property
    def dependency(self) -> Dependency | None:
        """What the failing code depends on and did not get; None when nothing shows it."""
        return self.failed_dependency.result if self.failed_dependency is not None else None

    # --- what the events say

    @cached_property
    def suspect(self) -> str | None:
        """The release that came with the incident."""
        return find_suspect(self.compared, self.policy, self.episode, self.apparent_start)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Error texts of the events that were read whole, then the issue's title."""
        return all_texts(self.evidence)

    @cached_property
    def failed_calls_of(self) -> Mapping[Whose, FailedCalls]:
        """Failed calls to the one host that says most, of the project's own hosts, of external ones, and so on."""
        return failed_calls(self.evidence)

    @property
    def failed_calls(self) -> FailedCalls | None:
        """Failed calls to the external host that fails in most events; None when none does."""
        return self.failed_calls_of.get("external")

    @cached_property
    def host_in_error(self) -> tuple[str, str] | None:
        """An external host that the error of a failing call names, and that text; None when there is none."""
        return host_in_error(self.evidence, self.texts)

    @cached_property
    def unnamed_service(self) -> str | None:
        """The error text of a service that fails and is not named; None where a host is known, or there is none."""
        known = self.failed_calls is not None or self.host_in_error is not None
        return None if known else unnamed_service(self.evidence, self.texts)

    @property
    def events_read(self) -> tuple[Event, ...]:
        """The events that were read whole, the issue's main event first."""
        return whole_events(self.evidence)

    @cached_property
    def attacks(self) -> tuple[Attack, ...]:
        """Signs of an attack in the events; empty when there is none."""
        return find_attacks(self.evidence) if self.evidence.issue.is_error else ()

    @property
    def security_incident(self) -> bool:
        """Whether an injection reached the database: security is called, nothing archived, nothing published."""
        return any(attack.reached for attack in self.attacks)

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """What most of the events lack."""
        return instrumentation_gaps(self.evidence)
