"""What round two asks of the issues that are news (see :mod:`.questions`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.situation import SituationEvidence
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.situation.around import flags_around
from sentry_runbook.incident.situation.news import News, find_news, listed_issues
from sentry_runbook.incident.situation.questions import Questions

MOST_ISSUES, MOST_CONTROLS, CONTROLS_A_PROJECT, MOST_MINUTES, MOST_FLAGS = 100, 10, 2, 10, 3
LEAD = timedelta(minutes=90)
"""Counts by the minute begin so long before the first of the issues: the usual rate must show, too."""
LONGEST = timedelta(hours=12)


def plan_questions(evidence: SituationEvidence, policy: Policy) -> Questions:
    """The questions of round two; empty ones where nothing is news."""
    news = find_news(evidence, policy)
    if not news:
        return Questions()
    groups = sorted(_began_together(news), key=lambda group: -sum(entry.events for entry in group))
    ordered = list(dict.fromkeys((*(entry for group in groups for entry in group), *news)))
    first = groups[0] if groups else []
    began = min(entry.onset.earliest for entry in news)
    limit = policy.thresholds.users_per_hour_above
    users = [entry.issue.users for entry in first]
    controls = _controls(evidence, ordered)
    changed = flags_around(evidence, [entry.onset.at for entry in news])
    listed = listed_issues(evidence)
    asked = [entry.id for entry in ordered][:MOST_ISSUES]
    projects = [listed[issue].project_id for issue in (*asked, *controls)]
    known = [number for number in users if number is not None]
    return Questions(
        issues=tuple(asked),
        controls=controls,
        projects=tuple(dict.fromkeys(project for project in projects if project)),
        groups=tuple(tuple(entry.id for entry in group) for group in groups),
        minutes=_minutes(ordered),
        whole_projects=_may_trip(evidence, policy, ordered),
        minutes_projects=tuple(dict.fromkeys(entry.issue.project_id for entry in ordered if entry.issue.project_id)),
        minutes_from=max(began - LEAD, evidence.window.end - LONGEST),
        began=min((entry.onset.earliest for group in groups for entry in group), default=None),
        flags=tuple(dict.fromkeys(change.flag for change in changed))[:MOST_FLAGS],
        needs_union=bool(known) and max(known) <= limit < sum(known),
        most_users=sum(known) if first and len(known) == len(users) else None,
    )


def _began_together(news: Sequence[News]) -> list[list[News]]:
    """Issues of which each may have begun within three minutes of another one, two and more."""
    groups: list[list[News]] = []
    for entry in news:
        joined = [group for group in groups if any(entry.onset.may_be_near(other.onset) for other in group)]
        merged = [entry, *(other for group in joined for other in group)]
        groups = [*(group for group in groups if group not in joined), sorted(merged, key=_began)]
    return [group for group in groups if len(group) > 1]


def _began(entry: News) -> tuple[datetime, str]:
    return entry.onset.at, entry.id


def _controls(evidence: SituationEvidence, news: Sequence[News]) -> tuple[str, ...]:
    """The busiest other issues of the same projects: they show which releases and hosts run there."""
    own, projects = {entry.id for entry in news}, {entry.issue.project_id for entry in news}
    others = sorted(
        (issue for issue in listed_issues(evidence).values() if issue.id not in own and issue.project_id in projects),
        key=lambda issue: -(issue.events or 0),
    )
    taken: Counter[str | None] = Counter()
    controls: list[str] = []
    for issue in others:
        if taken[issue.project_id] < CONTROLS_A_PROJECT and len(controls) < MOST_CONTROLS:
            taken[issue.project_id] += 1
            controls.append(issue.id)
    return tuple(controls)


def _minutes(news: Sequence[News]) -> tuple[str, ...]:
    """Risen issues first: of a new one the first event tells the beginning."""
    ordered = sorted(news, key=lambda entry: (entry.kind != "risen", -entry.events))
    return tuple(entry.id for entry in ordered[:MOST_MINUTES])


def _may_trip(evidence: SituationEvidence, policy: Policy, news: Sequence[News]) -> bool:
    """Whether one of the projects has so many events in an hour that a minute may trip the rule of unhandled ones."""
    limit = policy.thresholds.unhandled_per_minute_above
    if not isinstance(evidence.volumes, Known):
        return sum(entry.events for entry in news) > limit
    projects = {entry.issue.project_id for entry in news}
    return any((row.accepted or 0) > limit for row in evidence.volumes.value if row.project in projects)
