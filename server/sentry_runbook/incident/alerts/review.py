"""Whether the alerts do their work: every alert with its verdict, and the episodes that none of them caught.

Two steps: :func:`judged` decides all of it once, and :func:`review` shows a page of it. Whoever needs more than the
page shows (a postmortem that asks about one incident) reads what was judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sentry_runbook.incident.alerts.alert_judge import AlertJudge, JudgedAlert
from sentry_runbook.incident.alerts.catches import (
    interval_end,
)
from sentry_runbook.incident.alerts.cursor import cursor_at
from sentry_runbook.incident.alerts.episodes import ReviewEpisode, fine_by_issue, known_episodes, left_out
from sentry_runbook.incident.alerts.gaps import Witness, gap_of, is_gap
from sentry_runbook.incident.alerts.replay import replay
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.alerts.suggestions import Ladder
from sentry_runbook.incident.alerts.verdicts import ORDER
from sentry_runbook.incident.alerts.words import condition_words
from sentry_runbook.incident.formatting import count, listed
from sentry_runbook.incident.model.evidence import Known, Missing, Unknown
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.alert_review import (
    AlertGap,
    AlertKind,
    AlertReview,
    ReviewedAlert,
    ReviewVerdict,
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
MOST_SUGGESTED = 10
"""For so many gaps, those with the most events, it is looked for what would have caught them."""
FURTHER = "further ones of "
LISTS, LISTS_BEFORE_2026 = ("the alerts", "the monitors", "further alerts"), ("the rules from before 2026",)
"""How what could not be read of the lists of alerts begins."""


@dataclass(frozen=True)
class JudgedPeriod:
    """All alerts, the worst first, and the episodes of the period."""

    evidence: AlertReviewEvidence
    policy: Policy
    alerts: tuple[JudgedAlert, ...]
    episodes: tuple[ReviewEpisode, ...] | Unknown

    @cached_property
    def _witnesses(self) -> Mapping[str, tuple[Witness, ...]]:
        found: dict[str, list[Witness]] = defaultdict(list)
        for judged in self.alerts:
            for catch in judged.told.catches or ():
                found[catch.episode.id].append(Witness(judged.alert, judged.verdict, judged.told.replay, catch))
        return {id_: tuple(witnesses) for id_, witnesses in found.items()}

    def witnesses_of(self, episode: ReviewEpisode) -> tuple[Witness, ...]:
        """What the alerts that are there for an episode did in it."""
        return self._witnesses.get(episode.id, ())

    @cached_property
    def ladder(self) -> Ladder:
        """What conditions that nobody has set up would have done."""
        evidence = self.evidence
        fine = fine_by_issue(evidence.minutes)
        within = timedelta(minutes=self.policy.alerts.caught_within_minutes)
        return Ladder(lambda alert: replay(alert, evidence), evidence.window, within, fine)

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
    judge = AlertJudge(evidence, policy, episodes, lambda alert: replay(alert, evidence))
    alerts = map(judge.judged, evidence.alerts)
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


# --- what is shown -------------------------------------------------------------------------------------------------


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
        condition=condition_words(alert),
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
        return "no alert was found" if period.knows_all_alerts else "no alert could be read"
    counts = Counter(judged.verdict for judged in alerts)
    words = {
        "dead": "cannot fire or tells nobody" if counts["dead"] == 1 else "cannot fire or tell nobody",
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
        were = "was" if gaps == 1 else "were"
        return f"{gaps} of {count(total, 'incident')} {were} caught by no alert within {minutes} minutes"
    if undecided or not period.knows_all_alerts:
        return f"{count(total, 'incident')}, and whether each was caught within {minutes} minutes is not known"
    return (
        f"the incident was caught within {minutes} minutes"
        if total == 1
        else f"all {total} incidents were caught within {minutes} minutes"
    )


def _missing(period: JudgedPeriod) -> tuple[Missing, ...]:
    evidence = period.evidence
    found = [*evidence.unread]
    if isinstance(period.episodes, Unknown):
        found.append(Missing(what="gaps, episodes_total", why=period.episodes.why))
    elif period.undecided:
        ids = listed([episode.id for episode in period.undecided])
        found.append(Missing(what="gaps", why=f"whether an alert told of {ids} in time is not known"))
    if archived := left_out(evidence):
        why = f"archived now, and their logs were not read: {listed(archived)} may have been incidents before"
        found.append(Missing(what="gaps", why=why))
    unjudged = sum(judged.verdict is None for judged in period.alerts)
    if unjudged:
        # Their names are strangers' text, and stand beside the reason of each.
        why = f"not known of {count(unjudged, 'alert')}: the why of each says the reason"
        found.append(Missing(what="alerts[].verdict", why=why))
    if not period.knows_all_alerts and not isinstance(period.episodes, Unknown):
        found.append(Missing(what="gaps", why="not all alerts were read: one of the others may have told in time"))
    return tuple(found)
