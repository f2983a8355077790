"""One alert judged: its history, its replay, what it did in each episode, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sentry_runbook.incident.alerts.acted_on import acted_on
from sentry_runbook.incident.alerts.catches import (
    NONE_FIRED,
    Catch,
    FirstFiring,
    by_issue,
    first_by_history,
    first_opened,
    first_surely,
    narrowed,
    replayed_in,
    stretch_of,
)
from sentry_runbook.incident.alerts.coverage import Coverage, hears_only_monitors, tells_of_episodes
from sentry_runbook.incident.alerts.dead import why_dead
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.alerts.issue_rises import FEWEST_PER_HOUR
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.alerts.thresholds import other_settings
from sentry_runbook.incident.alerts.verdicts import ORDER, AlertJudgement, Told, judge
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.model.evidence import Known, Unknown, Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import (
    ALL_OTHERS,
    AlertFirings,
    AlertReviewEvidence,
    KeyedFirings,
)
from sentry_runbook.incident.model.evidence.alert_row import OpenPeriod
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.alert_review import ReviewVerdict, ThresholdRow

HAS_OPEN_PERIODS = ("metric_monitor", "metric_rule", "cron", "uptime")
NO_HISTORY = KeyedFirings(alert="")
"""Of an alert whose firings nobody asked for: its row says that it never fired, or there is nothing to ask."""


@dataclass(frozen=True)
class JudgedAlert:
    """One alert with all that was decided about it."""

    told: Told
    judgement: AlertJudgement
    thresholds: tuple[ThresholdRow, ...] | None = None

    @property
    def alert(self) -> AlertDefinition:
        """Its definition."""
        return self.told.alert

    @property
    def verdict(self) -> ReviewVerdict | None:
        """None: it could not be judged."""
        return self.judgement.verdict

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        """The worst first; of equals those that missed more, then those that fire more, then by name."""
        told = self.told
        fired = told.firings if told.firings is not None else told.firings_at_least
        return ORDER.index(self.verdict), -told.missed, -fired, self.alert.name or "", self.alert.key


class AlertJudge:
    """Judges alerts by one evidence; what is looked up for each of them is indexed once.

    Args:
        evidence: what was collected.
        policy: what noisy and in time mean.
        episodes: the incidents of the period, unknown where they are.
        replayed: replays an alert over the evidence.
    """

    def __init__(
        self,
        evidence: AlertReviewEvidence,
        policy: Policy,
        episodes: tuple[ReviewEpisode, ...] | Unknown,
        replayed: Callable[[AlertDefinition], Replay],
    ) -> None:
        self._evidence = evidence
        self._policy = policy
        self._episodes = episodes
        self._replayed = replayed
        self._within = timedelta(minutes=policy.alerts.caught_within_minutes)
        self._coverage = Coverage(evidence, policy)
        self._histories = {row.alert: row for row in evidence.fired}
        self._issues = {row.issue.id: row for row in evidence.issues}
        hourly = evidence.hourly.value if isinstance(evidence.hourly, Known) else ()
        self._counted = {row.issue for row in hourly}
        self._has_uncounted = any(
            row.is_partial or (row.issue == ALL_OTHERS and any(row.events.values)) for row in hourly
        )

    def judged(self, alert: AlertDefinition) -> JudgedAlert:
        """The verdict on one alert, with all that it rests on."""
        history = self._history_of(alert)
        told = self._told(alert, history, self._replayed(alert))
        fired = told.firings_at_least or told.firings
        told = replace(told, catches=self._catches(told, history), why_dead=why_dead(alert, self._evidence, fired))
        judgement = judge(told)
        if judgement.verdict != "noisy":
            return JudgedAlert(told, judgement)
        table = other_settings(alert, told.replay, told.catches, told.window, self._replayed)
        return JudgedAlert(told, replace(judgement, why=f"{judgement.why}; {table.why}"), table.rows or None)

    # --- what is known of it

    def _history_of(self, alert: AlertDefinition) -> KeyedFirings:
        """What Sentry keeps of its firings; of one without any, beside a row that names one, neither is certain."""
        history, at, window = self._histories.get(alert.key, NO_HISTORY), alert.last_triggered, self._evidence.window
        is_empty = isinstance(history.firings, Known) and history.firings.value.total == 0
        if not is_empty or at is None or not window.start <= at <= window.end:
            return history
        why = f"its history holds no firing of the period, and its own row one of {moment(at)}"
        return history.model_copy(update={"firings": Unknown(why=why)})

    def _told(self, alert: AlertDefinition, history: KeyedFirings, replayed: Replay) -> Told:
        window, rules = self._evidence.window, self._policy.alerts
        told = Told(alert, window, rules, replayed, tells_of_episodes=tells_of_episodes(alert))
        if alert.form in HAS_OPEN_PERIODS and isinstance(history.open_periods, Known):
            opened = opened_in(history.open_periods.value, window)
            return replace(told, firings=len(opened), firings_at_least=len(opened), fired_at=max(opened, default=None))
        if isinstance(history.firings, Unknown):
            why = history.firings if history.firings.asked else history.open_periods
            return replace(told, why_unread=why.why if isinstance(why, Unknown) and why.asked else None)
        return self._told_by_firings(told, history.firings.value)

    def _told_by_firings(self, told: Told, firings: AlertFirings) -> Told:
        known = [(row.firings, row.name) for row in firings.issues if row.firings is not None]
        acted = acted_on(firings, self._issues, by_issue(told.replay.firings), told.window.end)
        busiest = max(known, default=None)
        at_least = firings.total if firings.total is not None else sum(number for number, _ in known)
        return replace(
            told,
            firings=firings.total,
            firings_at_least=at_least,
            issues=None if firings.has_more_issues else len(firings.issues),
            busiest=None if busiest is None else (busiest[1], busiest[0]),
            fired_at=max((row.last_fired for row in firings.issues if row.last_fired is not None), default=None),
            acted_on=acted if acted.of else None,
            uncounted=sum(self._is_uncounted(row.id) for row in firings.issues),
        )

    def _is_uncounted(self, issue: str) -> bool:
        """Whether an issue of errors with enough events for an episode has no counts of its own by the hour."""
        row = self._issues.get(issue)
        if not self._has_uncounted or row is None or not row.issue.is_error or issue in self._counted:
            return False
        return row.issue.events is not None and row.issue.events >= FEWEST_PER_HOUR

    # --- what it did in each episode

    def _catches(self, told: Told, history: KeyedFirings) -> tuple[Catch, ...] | None:
        """None where the episodes are not known, or are none of its business."""
        if not told.tells_of_episodes or isinstance(self._episodes, Unknown):
            return None
        return tuple(
            self._catch(told, history, episode)
            for episode in self._episodes
            if self._coverage.is_there_for(told.alert, episode)
        )

    def _catch(self, told: Told, history: KeyedFirings, episode: ReviewEpisode) -> Catch:
        alert = told.alert
        is_metric = alert.form in HAS_OPEN_PERIODS
        start, end = stretch_of(episode, told.window.end)
        # A monitor that opened shortly before tells of it, too: it counts what rises together.
        start = episode.began - self._within if is_metric else start
        issues = None if is_metric or hears_only_monitors(alert) else frozenset(episode.issues)
        first = _first(told, history, issues, start, end)
        replayed = replayed_in(told.replay, issues, start, end)
        sure = first_surely(replayed, start)
        # Before its last edit another condition may have been in force: then its history stands alone.
        is_as_now = alert.updated is None or alert.updated <= episode.began
        if is_as_now and told.replay.why_not is None and not isinstance(_known_history(told, history), Unknown):
            first = narrowed(first, replayed, sure)
        return Catch(episode, first, self._within, sure)


def opened_in(periods: tuple[OpenPeriod, ...], window: Window) -> list[datetime]:
    """When a monitor opened in the period."""
    return [
        period.start for period in periods if period.start is not None and window.start <= period.start < window.end
    ]


def _known_history(told: Told, history: KeyedFirings) -> Known[AlertFirings] | Known[tuple[OpenPeriod, ...]] | Unknown:
    if told.alert.form in HAS_OPEN_PERIODS and isinstance(history.open_periods, Known):
        return history.open_periods
    return history.firings


def _first(
    told: Told, history: KeyedFirings, issues: frozenset[str] | None, start: datetime, end: datetime
) -> FirstFiring:
    if told.firings == 0:
        return NONE_FIRED
    if told.alert.form in HAS_OPEN_PERIODS and isinstance(history.open_periods, Known):
        return first_opened(history.open_periods.value, start, end)
    if isinstance(history.firings, Unknown):
        return FirstFiring(None, start, None)
    return first_by_history(history.firings.value, issues, start, end, _apart(told.alert, told.window))


def _apart(alert: AlertDefinition, window: Window) -> timedelta:
    """How far two firings for one issue surely lie apart: not known of several blocks, or of one edited meanwhile."""
    was_edited = alert.updated is not None and alert.updated >= window.start
    if was_edited or sum(bool(block.actions) for block in alert.filters) != 1:
        return timedelta()
    return timedelta(minutes=alert.frequency_minutes or 0)
