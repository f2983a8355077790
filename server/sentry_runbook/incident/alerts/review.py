"""Whether the alerts do their work: every alert with its verdict, and the episodes that none of them caught.

Two steps: :func:`judged` decides all of it once, and :func:`review` shows a page of it. Whoever needs more than the
page shows (a postmortem that asks about one incident) reads what was judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from sentry_runbook.incident.alerts.acted_on import acted_on
from sentry_runbook.incident.alerts.catches import (
    NONE_FIRED,
    Catch,
    FirstFiring,
    by_issue,
    first_by_history,
    first_opened,
    first_surely,
    interval_end,
    narrowed,
    replayed_in,
    stretch_of,
)
from sentry_runbook.incident.alerts.coverage import hears_only_monitors, is_there_for, tells_of_episodes
from sentry_runbook.incident.alerts.cursor import cursor_at
from sentry_runbook.incident.alerts.dead import why_dead
from sentry_runbook.incident.alerts.episodes import ReviewEpisode, fine_by_issue, known_episodes
from sentry_runbook.incident.alerts.gaps import Witness, gap_of, is_gap
from sentry_runbook.incident.alerts.replay import replay
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.alerts.suggestions import Ladder
from sentry_runbook.incident.alerts.thresholds import other_settings
from sentry_runbook.incident.alerts.verdicts import ORDER, AlertJudgement, Told, judge
from sentry_runbook.incident.alerts.words import condition_words
from sentry_runbook.incident.formatting import count, listed
from sentry_runbook.incident.model.evidence import Known, Missing, Unknown, Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertFirings, AlertReviewEvidence, KeyedFirings
from sentry_runbook.incident.model.evidence.alert_row import OpenPeriod
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.alert_review import (
    AlertGap,
    AlertKind,
    AlertReview,
    ReviewedAlert,
    ReviewVerdict,
    ThresholdRow,
)
from sentry_runbook.incident.model.results.issue import SearchPeriod

PAGE = 25
"""Alerts of one answer; the others by cursor."""
KINDS: Mapping[str, AlertKind] = {
    "workflow": "issue_alert",
    "rule": "issue_alert",
    "glitchtip": "issue_alert",
    "metric_monitor": "metric_alert",
    "metric_rule": "metric_alert",
    "cron": "cron_monitor",
    "uptime": "uptime_monitor",
}
BEFORE_2026 = ("rule", "metric_rule")
HAS_OPEN_PERIODS = ("metric_monitor", "metric_rule", "cron", "uptime")
MOST_SUGGESTED = 10
"""For so many gaps, those with the most events, it is looked for what would have caught them."""
FURTHER = "further ones of "
LISTS, LISTS_BEFORE_2026 = ("the alerts", "the monitors", "further alerts"), ("the rules from before 2026",)
"""How what could not be read of the lists of alerts begins."""
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


@dataclass(frozen=True)
class JudgedPeriod:
    """All alerts, the worst first, and the episodes of the period."""

    evidence: AlertReviewEvidence
    policy: Policy
    alerts: tuple[JudgedAlert, ...]
    episodes: tuple[ReviewEpisode, ...] | Unknown

    def witnesses_of(self, episode: ReviewEpisode) -> tuple[Witness, ...]:
        """What the alerts that are there for an episode did in it."""
        return tuple(
            Witness(judged.alert, condition_of(judged.alert), judged.verdict, judged.told.replay, catch)
            for judged in self.alerts
            for catch in judged.told.catches or ()
            if catch.episode == episode
        )

    @cached_property
    def ladder(self) -> Ladder:
        """What conditions that nobody has set up would have done."""
        evidence = self.evidence
        fine = fine_by_issue(evidence.minutes)
        return Ladder(lambda alert: replay(alert, evidence), evidence.window, _within(self.policy), fine)

    @cached_property
    def gaps(self) -> tuple[AlertGap, ...]:
        """The episodes that surely no alert caught in time, the newest first."""
        known = () if isinstance(self.episodes, Unknown) else self.episodes
        # Of an alert that is not known nothing is known: it may have caught them.
        if not self.knows_all_alerts:
            return ()
        told = [(episode, self.witnesses_of(episode)) for episode in reversed(known)]
        gaps = [(episode, witnesses) for episode, witnesses in told if is_gap(witnesses)]
        biggest = sorted((episode.events for episode, _ in gaps), reverse=True)[:MOST_SUGGESTED]
        return tuple(
            gap_of(episode, witnesses, self.ladder if episode.events >= biggest[-1] else None)
            for episode, witnesses in gaps
        )

    @cached_property
    def undecided(self) -> tuple[ReviewEpisode, ...]:
        """The episodes of which it is not known whether an alert told in time."""
        known = () if isinstance(self.episodes, Unknown) else self.episodes
        return tuple(episode for episode in known if is_gap(self.witnesses_of(episode)) is None)

    @property
    def knows_all_alerts(self) -> bool:
        """Whether every alert that may have told of an episode was read."""
        evidence = self.evidence
        # Where there are alerts of today, each rule from before that is still looked at is one of them.
        lists = LISTS if evidence.has_alerts_of_today else (*LISTS, *LISTS_BEFORE_2026)
        unread = any(missing.what.removeprefix(FURTHER).startswith(lists) for missing in evidence.unread)
        return not (unread or evidence.has_more_alerts)


def judged(evidence: AlertReviewEvidence, policy: Policy, of: tuple[ReviewEpisode, ...] | None = None) -> JudgedPeriod:
    """Judge every alert of the evidence against the episodes of its period, or against those that the caller knows."""
    episodes = known_episodes(evidence, policy) if of is None else of
    alerts = [_judged_alert(alert, evidence, episodes, policy) for alert in evidence.alerts]
    return JudgedPeriod(evidence, policy, tuple(sorted(alerts, key=lambda each: each.rank)), episodes)


def review(evidence: AlertReviewEvidence, policy: Policy, *, first: int = 0) -> AlertReview:
    """The result of ``review_alerts``.

    Args:
        evidence: what was collected.
        policy: gives what noisy and in time mean.
        first: so many of the worst alerts are left out, for they stood in answers before.
    """
    return shown(judged(evidence, policy), first=first)


def shown(period: JudgedPeriod, *, first: int = 0) -> AlertReview:
    """A page of what was judged. Gaps stand in the first one."""
    evidence, alerts = period.evidence, period.alerts
    gaps = period.gaps if first == 0 else ()
    counts = Counter[ReviewVerdict | str](judged.verdict or "unknown" for judged in alerts)
    page = alerts[first : first + PAGE]
    return AlertReview(
        headline=_headline(period),
        window=SearchPeriod(start=evidence.window.start, end=evidence.window.end),
        project=evidence.asked_project or "all",
        counts={
            verdict or "unknown": counts[verdict or "unknown"] for verdict in ORDER if counts[verdict or "unknown"]
        },
        alerts=tuple(_shown_alert(judged, evidence) for judged in page),
        gaps=gaps,
        episodes_total=None if isinstance(period.episodes, Unknown) else len(period.episodes),
        next_cursor=cursor_at(first + PAGE) if first + PAGE < len(alerts) else None,
        missing=_missing(period),
        findings=evidence.findings,
    )


# --- one alert -----------------------------------------------------------------------------------------------------


def _judged_alert(
    alert: AlertDefinition,
    evidence: AlertReviewEvidence,
    episodes: tuple[ReviewEpisode, ...] | Unknown,
    policy: Policy,
) -> JudgedAlert:
    history = next((row for row in evidence.fired if row.alert == alert.key), NO_HISTORY)
    replayed = replay(alert, evidence)
    told = _told(alert, evidence, history, replayed, policy)
    catches = None
    if tells_of_episodes(alert) and not isinstance(episodes, Unknown):
        catches = tuple(
            _catch(told, history, episode, policy)
            for episode in episodes
            if is_there_for(alert, episode, evidence, policy)
        )
    told = replace(told, catches=catches, why_dead=why_dead(alert, evidence, told.firings_at_least or told.firings))
    judgement = judge(told)
    if judgement.verdict != "noisy":
        return JudgedAlert(told, judgement)
    table = other_settings(alert, replayed, catches, evidence.window, lambda other: replay(other, evidence))
    return JudgedAlert(told, replace(judgement, why=f"{judgement.why}; {table.why}"), table.rows or None)


def _told(
    alert: AlertDefinition, evidence: AlertReviewEvidence, history: KeyedFirings, replayed: Replay, policy: Policy
) -> Told:
    told = Told(alert, evidence.window, policy.alerts, replayed, tells_of_episodes=tells_of_episodes(alert))
    if alert.form in HAS_OPEN_PERIODS and isinstance(history.open_periods, Known):
        opened = opened_in(history.open_periods.value, evidence)
        return replace(told, firings=len(opened), firings_at_least=len(opened), fired_at=max(opened, default=None))
    if isinstance(history.firings, Unknown):
        why = history.firings if history.firings.asked else history.open_periods
        return replace(told, why_unread=why.why if isinstance(why, Unknown) and why.asked else None)
    return _told_by_firings(told, history.firings.value, evidence)


def _told_by_firings(told: Told, firings: AlertFirings, evidence: AlertReviewEvidence) -> Told:
    by_number = {row.issue.id: row for row in evidence.issues}
    known = [(row.firings, row.name) for row in firings.issues if row.firings is not None]
    acted = acted_on(firings, by_number, by_issue(told.replay.firings))
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
    )


def opened_in(periods: tuple[OpenPeriod, ...], evidence: AlertReviewEvidence) -> list[datetime]:
    """When a monitor opened in the period."""
    window = evidence.window
    return [
        period.start for period in periods if period.start is not None and window.start <= period.start < window.end
    ]


def _catch(told: Told, history: KeyedFirings, episode: ReviewEpisode, policy: Policy) -> Catch:
    alert, within = told.alert, _within(policy)
    is_metric = alert.form in HAS_OPEN_PERIODS
    start, end = stretch_of(episode, told.window.end)
    # A monitor that opened shortly before tells of it, too: it counts what rises together.
    start = episode.began - within if is_metric else start
    issues = None if is_metric or hears_only_monitors(alert) else frozenset(episode.issues)
    first = _first(told, history, issues, start, end)
    replayed = replayed_in(told.replay, issues, start, end)
    sure = first_surely(replayed, start)
    # Before its last edit another condition may have been in force: then its history stands alone.
    is_as_now = alert.updated is None or alert.updated <= episode.began
    if is_as_now and told.replay.why_not is None and not isinstance(_known_history(told, history), Unknown):
        first = narrowed(first, replayed, sure)
    return Catch(episode, first, within, sure)


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


def _within(policy: Policy) -> timedelta:
    return timedelta(minutes=policy.alerts.caught_within_minutes)


# --- what is shown -------------------------------------------------------------------------------------------------


def condition_of(alert: AlertDefinition) -> str:
    """The condition in words."""
    return condition_words(alert)


def _shown_alert(judged_alert: JudgedAlert, evidence: AlertReviewEvidence) -> ReviewedAlert:
    told, alert = judged_alert.told, judged_alert.alert
    last = max(
        (firing for firing in told.replay.firings if firing.is_certain), key=lambda each: each.latest, default=None
    )
    is_old = alert.form in BEFORE_2026
    return ReviewedAlert(
        name=alert.name or f"{alert.form} {alert.id}",
        id=alert.id,
        kind=KINDS.get(alert.form, "issue_alert"),
        form="glitchtip" if alert.form == "glitchtip" else "before_2026" if is_old else "today",
        project=_project_of(alert, evidence),
        verdict=judged_alert.verdict,
        why=judged_alert.judgement.why,
        condition=condition_of(alert),
        owner=alert.owner,
        notifies=alert.notifies,
        firings=told.firings,
        issues=told.issues,
        acted_on=None if told.acted_on is None else told.acted_on.issues,
        acted_on_of=None if told.acted_on is None else told.acted_on.of,
        fired_at=told.fired_at,
        would_have_fired_at=None if last is None else last.earliest,
        would_have_fired_by=interval_end(last),
        replay=_replay_words(told.replay),
        episodes=None if told.catches is None else tuple(catch.shown() for catch in reversed(told.catches)),
        thresholds=judged_alert.thresholds,
    )


def _replay_words(replayed: Replay) -> str | None:
    if replayed.why_not is not None:
        return f"cannot be replayed: {replayed.why_not}"
    return "; ".join(replayed.approximate) or None


def _project_of(alert: AlertDefinition, evidence: AlertReviewEvidence) -> str | None:
    projects = evidence.projects.value if isinstance(evidence.projects, Known) else ()
    slugs = {project.id: project.slug for project in projects if project.slug}
    names = [slugs.get(id_, id_) for id_ in alert.project_ids]
    return None if not names else names[0] if len(names) == 1 else listed(names)


def _headline(period: JudgedPeriod) -> str:
    """``2 of 9 alerts cannot fire, 1 is noisy; 1 incident was caught by none in 15 minutes``."""
    minutes = period.policy.alerts.caught_within_minutes
    return f"{_of_alerts(period)}; {_of_episodes(period, minutes)}"


def _of_alerts(period: JudgedPeriod) -> str:
    alerts = period.alerts
    if not alerts:
        return "no alert was found" if not period.evidence.unread else "no alert could be read"
    counts = Counter(judged.verdict for judged in alerts)
    words = {
        "dead": "cannot fire or tell nobody",
        "noisy": "is noisy" if counts["noisy"] == 1 else "are noisy",
        "late": "told too late",
        "never_fired": "never fired",
        None: "could not be judged",
    }
    parts = [f"{counts[verdict]} {words[verdict]}" for verdict in ORDER if verdict in words and counts[verdict]]
    if not parts:
        return "the only alert works" if len(alerts) == 1 else f"all {len(alerts)} alerts work"
    number, _, rest = parts[0].partition(" ")
    return ", ".join([f"{number} of {count(len(alerts), 'alert')} {rest}", *parts[1:]])


def _of_episodes(period: JudgedPeriod, minutes: int) -> str:
    if isinstance(period.episodes, Unknown):
        return "the incidents of the period are not known"
    total, gaps, undecided = len(period.episodes), len(period.gaps), len(period.undecided)
    if not total:
        return "no incident in the period"
    if gaps:
        return (
            f"{count(gaps, 'incident')} of {total} {'was' if gaps == 1 else 'were'} caught by none in {minutes} minutes"
        )
    if undecided or not period.knows_all_alerts:
        return (
            f"{count(total, 'incident')}, of which it is not known for each whether it was caught in {minutes} minutes"
        )
    return (
        f"the incident was caught in {minutes} minutes"
        if total == 1
        else f"all {total} incidents were caught in {minutes} minutes"
    )


def _missing(period: JudgedPeriod) -> tuple[Missing, ...]:
    evidence = period.evidence
    found = [*evidence.unread]
    if isinstance(period.episodes, Unknown):
        found.append(Missing(what="gaps", why=period.episodes.why))
    elif period.undecided:
        ids = listed([episode.id for episode in period.undecided])
        found.append(Missing(what="gaps", why=f"whether an alert told of {ids} in time is not known"))
    unjudged = [judged.alert.name or judged.alert.id for judged in period.alerts if judged.verdict is None]
    if unjudged:
        found.append(Missing(what="alerts[].verdict", why=f"not known of {listed(unjudged)}: see why"))
    if not period.knows_all_alerts and not isinstance(period.episodes, Unknown):
        found.append(Missing(what="gaps", why="not all alerts were read: one of the others may have told in time"))
    return tuple(found)
