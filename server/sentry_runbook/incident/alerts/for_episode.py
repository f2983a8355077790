"""What the alerts did in one incident: the review's judgement, of an episode that the caller knows.

A postmortem has its own beginning of the incident, from the issue's own counts. The alerts are judged against that one
and no other, so that no two numbers of one page disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.alerts.catches import interval_end
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.alerts.gaps import Witness, is_gap
from sentry_runbook.incident.alerts.review import JudgedPeriod, judged
from sentry_runbook.incident.alerts.suggestions import Suggestion
from sentry_runbook.incident.alerts.verdicts import Told
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection, AlertInIncident, SuggestedCondition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.incident.model.policy import Policy


@dataclass(frozen=True)
class IncidentEpisode:
    """An incident as its own evidence tells it.

    Attributes:
        issues: numbers, the first to begin first; ``short_ids`` in the same order.
        project: slug of the first one's project; None: not known.
        began: likeliest instant, in ``earliest`` to ``latest``.
        ended: None: it goes on.
        events: in it, of all issues.
        is_new: it began with an issue's first event.
    """

    issues: tuple[str, ...]
    short_ids: tuple[str, ...]
    project: str | None
    began: datetime
    earliest: datetime
    latest: datetime
    ended: datetime | None
    peak_per_hour: int
    events: int = 0
    is_new: bool = False


def detection_of(incident: IncidentEpisode, evidence: AlertReviewEvidence, policy: Policy) -> AlertDetection | None:
    """What the alerts did in the incident; None where it lies outside of the period that was reviewed."""
    window = evidence.window
    if not window.start <= incident.began < window.end:
        return None
    episode = _episode(incident, evidence)
    period = judged(evidence, policy, (episode,))
    told = {each.alert.key: each.told for each in period.alerts}
    # Of an alert that is connected to nothing it is not known that it is this project's.
    witnesses = tuple(each for each in period.witnesses_of(episode) if each.is_placed)
    alerts = [_told(witness, told[witness.alert.key]) for witness in witnesses]
    alerts.sort(key=lambda alert: (alert.known_by is None, alert.known_by or window.end, alert.key))
    detection = AlertDetection(period=window, alerts=tuple(alerts), has_more=_has_more(evidence))
    return detection.model_copy(update={"suggestion": _suggestion(period, episode, witnesses, detection)})


def _episode(incident: IncidentEpisode, evidence: AlertReviewEvidence) -> ReviewEpisode:
    own = next((row.issue for row in evidence.issues if row.issue.id in incident.issues), None)
    listed = evidence.projects.value if isinstance(evidence.projects, Known) else ()
    number = own.project_id if own is not None else None
    number = number or next((project.id for project in listed if project.slug == incident.project), None)
    return ReviewEpisode(
        id=incident.short_ids[0],
        project=number or incident.project or "",
        project_slug=incident.project,
        issues=incident.issues,
        began=incident.began,
        earliest=incident.earliest,
        latest=incident.latest,
        ended=incident.ended,
        events=incident.events,
        peak_per_hour=incident.peak_per_hour,
        is_new=incident.is_new,
        short_ids=incident.short_ids,
    )


def _told(witness: Witness, told: Told) -> AlertInIncident:
    alert, catch, maximum = witness.alert, witness.catch, witness.replay.maximum
    first, replayed = catch.first, catch.replayed
    is_never_reached = maximum is not None and not maximum.is_reached
    return AlertInIncident(
        key=alert.key,
        name=alert.name or f"{alert.form} {alert.id}",
        is_monitor=alert.metric is not None,
        condition=witness.condition,
        fired=first.fired,
        fired_at=first.earliest if first.fired else None,
        fired_by=first.latest if first.fired and first.latest != first.earliest else None,
        reached_at=replayed.earliest if replayed is not None else None,
        reached_by=interval_end(replayed),
        most=maximum.value if maximum is not None and is_never_reached else None,
        limit=maximum.limit if maximum is not None and is_never_reached else None,
        why_not_replayed=witness.replay.why_not,
        why_dead=told.why_dead,
    )


def _has_more(evidence: AlertReviewEvidence) -> bool:
    """Whether there may be alerts that were not read: then that none fired is not known."""
    return evidence.has_more_alerts or any("alert" in entry.what for entry in evidence.unread)


def _suggestion(
    period: JudgedPeriod, episode: ReviewEpisode, witnesses: tuple[Witness, ...], detection: AlertDetection
) -> SuggestedCondition | None:
    """What would have caught it, where none surely did, or what would have been sooner than the first that fired."""
    best = period.ladder.best_for(episode)
    if best is None:
        return None
    first = detection.first
    if is_gap(witnesses) is False and first is not None and first.known_by is not None:
        return _shown(best) if best.firing.latest < first.known_by else None
    return _shown(best)


def _shown(best: Suggestion) -> SuggestedCondition:
    return SuggestedCondition(
        words=best.words,
        fires_at=best.firing.earliest,
        fires_by=interval_end(best.firing),
        extra=best.extra if best.is_sure else None,
        extra_at_most=None if best.is_sure else best.extra_at_most,
    )
