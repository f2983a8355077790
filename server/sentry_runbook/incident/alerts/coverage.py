"""Which episodes an alert is there for: by its projects, its environment, and filters that an issue itself can tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sentry_runbook.incident.alerts.emptiness import EVENTS
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.metrics.timeseries import end_of, in_window, total
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_conditions import LEVELS, levels_meeting
from sentry_runbook.incident.model.evidence.alert_definition import (
    AlertCondition,
    AlertDefinition,
    ConditionGroup,
    MetricCondition,
)
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries
from sentry_runbook.incident.model.policy import Policy

WATCHES_ISSUES = frozenset({"workflow", "rule"})
WATCHES_METRICS = frozenset({"metric_monitor", "metric_rule"})
"""Forms of alerts whose work is to tell of episodes: crons and uptime checks tell of other things."""
MAKES_ERROR_ISSUES = frozenset({"error", "issue_stream"})
ERRORS = frozenset({None, "errors", "events", "error", "default"})

LEAST_SHARE = 0.1
"""An environment with so much of an episode's events at the same time has a part in it."""


def tells_of_episodes(alert: AlertDefinition) -> bool:
    """Whether it watches events or issues."""
    return alert.form in WATCHES_ISSUES | WATCHES_METRICS


def hears_only_monitors(alert: AlertDefinition) -> bool:
    """Whether it is connected to metric monitors alone, so that the issues it fires for are theirs."""
    return bool(alert.monitor_types) and not MAKES_ERROR_ISSUES & {*alert.monitor_types}


class Coverage:
    """What the evidence tells of the reach of alerts: their firings, issues and counts, looked up once."""

    def __init__(self, evidence: AlertReviewEvidence, policy: Policy) -> None:
        self._policy = policy
        self._issues = {row.issue.id: row.issue for row in evidence.issues}
        self._fired_for = {
            row.alert: frozenset(issue.id for issue in row.firings.value.issues)
            for row in evidence.fired
            if isinstance(row.firings, Known)
        }
        self._of_environment: dict[str, list[CountedSeries]] = defaultdict(list)
        self._of_search: dict[str, list[CountedSeries]] = defaultdict(list)
        for row in evidence.minutes:
            if row.population.environment is not None:
                self._of_environment[row.population.environment].append(row)
            if row.population.search:
                self._of_search[row.population.search].append(row)

    def is_there_for(self, alert: AlertDefinition, episode: ReviewEpisode) -> bool:
        """Whether the alert covers the episode; of what is not known that it does.

        An environment that is no production and of whose events nothing is known is taken for another one's.
        """
        if not tells_of_episodes(alert) or not _has_project(alert, episode):
            return False
        if not self._fired_for.get(alert.key, frozenset()).isdisjoint(episode.issues):
            return True
        if alert.monitors and not alert.project_ids and not alert.monitor_types:
            # Its monitors say of which projects it is, and they could not be read.
            return False
        if not self._has_environment(alert, episode):
            return False
        if alert.metric is not None:
            return self._metric_covers(alert.metric, episode)
        return not alert.filters or any(self._may_pass(block, episode) for block in alert.filters)

    def _has_environment(self, alert: AlertDefinition, episode: ReviewEpisode) -> bool:
        environment = alert.raw_environment if alert.raw_environment is not None else alert.environment
        if environment is None:
            return True
        rows = self._of_environment.get(environment, ())
        events = events_in(episode, rows)
        if events is None:
            # Of a metric monitor's environment only all events together are counted: a few of them are no part of it.
            own = ("", alert.metric.raw_query) if alert.metric is not None else ("",)
            together = counted_in(episode, [row for row in rows if row.issue is None and row.population.search in own])
            events = None if together is None else int(together >= episode.events * LEAST_SHARE)
        return self._policy.is_production(environment) if events is None else events > 0

    def _metric_covers(self, metric: MetricCondition, episode: ReviewEpisode) -> bool:
        """A metric of errors whose search matches next to no event while the episode goes on does not watch it."""
        if not metric.raw_query or metric.dataset not in ERRORS:
            return True
        rows = [
            row
            for row in self._of_search.get(metric.raw_query, ())
            if row.population.aggregate == EVENTS and row.issue is None
        ]
        counted = counted_in(episode, rows)
        return counted is None or counted >= episode.events * LEAST_SHARE

    def _may_pass(self, block: ConditionGroup, episode: ReviewEpisode) -> bool:
        """Whether an issue of the episode may pass what the block asks of issues and tags."""
        told = [self._passes(condition, episode) for condition in block.conditions]
        if block.logic == "all":
            return False not in told
        if block.logic == "none":
            return True not in told
        return not told or any(passes is not False for passes in told)

    def _passes(self, condition: AlertCondition, episode: ReviewEpisode) -> bool | None:
        if condition.type == "level":
            levels = [issue.level for id_ in episode.issues if (issue := self._issues.get(id_)) is not None]
            return _any([_level_passes(condition, level) for level in levels])
        if condition.type in ("tagged_event", "event_attribute") and condition.search:
            events = events_in(episode, self._of_search.get(condition.search, ()))
            return None if events is None else events > 0
        return None


def _has_project(alert: AlertDefinition, episode: ReviewEpisode) -> bool:
    return not alert.project_ids or bool({episode.project, episode.project_slug} & {*alert.project_ids})


def _level_passes(condition: AlertCondition, level: str | None) -> bool | None:
    """Whether the issue's level meets the condition; None where one of both is not known."""
    meeting = levels_meeting(condition.match, condition.text)
    return None if meeting is None or level not in LEVELS else level in meeting


def _any(told: Sequence[bool | None]) -> bool | None:
    """Whether one is true; None where that is not known."""
    if True in told:
        return True
    return False if told and None not in told else None


def events_in(episode: ReviewEpisode, rows: Iterable[CountedSeries]) -> int | None:
    """Events of its issues in the episode, by series of its issues; None where they do not cover its beginning."""
    return counted_in(episode, (row for row in rows if row.issue in episode.issues))


def counted_in(episode: ReviewEpisode, rows: Iterable[CountedSeries]) -> int | None:
    """Events in the episode by any of the series; None where they do not cover its beginning."""
    known = None
    for row in rows:
        series = row.events
        if series.start > episode.began or end_of(series) <= episode.began:
            continue
        counted = total(in_window(series, episode.earliest, episode.ended or end_of(series)))
        if counted is not None:
            known = (known or 0) + counted
    return known
