"""Which episodes an alert is there for: by its projects, its environment, and filters that an issue itself can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sentry_runbook.incident.alerts.emptiness import EVENTS
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.metrics.timeseries import end_of, in_window, total
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_conditions import LEVELS, levels_meeting
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition, ConditionGroup
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries
from sentry_runbook.incident.model.evidence.situation import ListedIssue
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


def is_there_for(alert: AlertDefinition, episode: ReviewEpisode, evidence: AlertReviewEvidence, policy: Policy) -> bool:
    """Whether the alert covers the episode; of what is not known that it does.

    An environment that is no production and of whose events nothing is known is taken for another one's.
    """
    if not tells_of_episodes(alert) or not _has_project(alert, episode):
        return False
    if _has_fired_for(alert, episode, evidence):
        return True
    if alert.monitors and not alert.project_ids and not alert.monitor_types:
        # Its monitors say of which projects it is, and they could not be read.
        return False
    if not _has_environment(alert, episode, evidence, policy):
        return False
    if alert.metric is not None:
        return _metric_covers(alert, episode, evidence)
    issues = {row.issue.id: row.issue for row in evidence.issues}
    return not alert.filters or any(_may_pass(block, alert, episode, issues, evidence) for block in alert.filters)


def _has_project(alert: AlertDefinition, episode: ReviewEpisode) -> bool:
    return not alert.project_ids or bool({episode.project, episode.project_slug} & {*alert.project_ids})


def _has_fired_for(alert: AlertDefinition, episode: ReviewEpisode, evidence: AlertReviewEvidence) -> bool:
    firings = next((row.firings for row in evidence.fired if row.alert == alert.key), None)
    return isinstance(firings, Known) and any(issue.id in episode.issues for issue in firings.value.issues)


def _has_environment(
    alert: AlertDefinition, episode: ReviewEpisode, evidence: AlertReviewEvidence, policy: Policy
) -> bool:
    environment = alert.raw_environment if alert.raw_environment is not None else alert.environment
    if environment is None:
        return True
    rows = [row for row in _all_series(evidence) if row.population.environment == environment]
    events = events_in(episode, rows)
    if events is None:
        # Of a metric monitor's environment only all events together are counted: a few of them are no part of it.
        together = counted_in(episode, [row for row in rows if row.issue is None and not row.population.search])
        events = None if together is None else int(together >= episode.events * LEAST_SHARE)
    return policy.is_production(environment) if events is None else events > 0


def _metric_covers(alert: AlertDefinition, episode: ReviewEpisode, evidence: AlertReviewEvidence) -> bool:
    """A metric of errors whose search matches none of the episode's events does not watch it."""
    metric = alert.metric
    if metric is None or not metric.raw_query or metric.dataset not in ERRORS:
        return True
    rows = [
        row
        for row in evidence.minutes
        if row.population.search == metric.raw_query and row.population.aggregate == EVENTS and row.issue is None
    ]
    return counted_in(episode, rows) != 0


def _may_pass(
    block: ConditionGroup,
    alert: AlertDefinition,
    episode: ReviewEpisode,
    issues: Mapping[str, ListedIssue],
    evidence: AlertReviewEvidence,
) -> bool:
    """Whether an issue of the episode may pass what the block asks of issues and tags."""
    told = [_passes(condition, episode, issues, evidence) for condition in block.conditions]
    if block.logic == "all":
        return False not in told
    if block.logic == "none":
        return True not in told
    return not told or any(passes is not False for passes in told)


def _passes(
    condition: AlertCondition,
    episode: ReviewEpisode,
    issues: Mapping[str, ListedIssue],
    evidence: AlertReviewEvidence,
) -> bool | None:
    if condition.type == "level":
        told = [_level_passes(condition, issue.level) for id_ in episode.issues if (issue := issues.get(id_))]
        return _any(told)
    if condition.type in ("tagged_event", "event_attribute") and condition.search:
        rows = [row for row in _all_series(evidence) if row.population.search == condition.search]
        events = events_in(episode, rows)
        return None if events is None else events > 0
    return None


def _level_passes(condition: AlertCondition, level: str | None) -> bool | None:
    """Whether the issue's level meets the condition; None where one of both is not known."""
    meeting = levels_meeting(condition.match, condition.text)
    return None if meeting is None or level not in LEVELS else level in meeting


def _any(told: Sequence[bool | None]) -> bool | None:
    """Whether one is true; None where that is not known."""
    if True in told:
        return True
    return False if told and None not in told else None


def _all_series(evidence: AlertReviewEvidence) -> Iterable[CountedSeries]:
    yield from evidence.minutes
    if isinstance(evidence.hourly, Known):
        yield from evidence.hourly.value


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
