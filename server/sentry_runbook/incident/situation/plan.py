"""What round two asks of the issues that are news (see :mod:`.questions`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.situation import SituationEvidence
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.situation.around import around_of, flags_around
from sentry_runbook.incident.situation.facts import IssueFacts, read_facts
from sentry_runbook.incident.situation.grouping import group_issues
from sentry_runbook.incident.situation.news import News, find_news, listed_issues
from sentry_runbook.incident.situation.questions import Questions

MOST_ISSUES, MOST_CONTROLS, CONTROLS_A_PROJECT, MOST_MINUTES, MOST_FLAGS, MOST_UNIONS = 100, 10, 2, 10, 1, 2
MOST_STORMING = 3
LEAD = timedelta(minutes=90)
"""Counts by the minute begin so long before the first of the issues: the usual rate must show, too."""
LONGEST = timedelta(hours=12)


def plan_questions(evidence: SituationEvidence, policy: Policy) -> Questions:
    """The questions of round two; empty ones where nothing is news."""
    news = find_news(evidence, policy)
    more = isinstance(evidence.new, Known) and not evidence.new.value.complete
    if not news:
        return Questions()
    groups = sorted(_began_together(news), key=lambda group: -_events(group))
    ordered = list(dict.fromkeys((*(entry for group in groups for entry in group), *news)))
    first = groups[0] if groups else []
    users = [entry.issue.users for entry in first]
    controls = _controls(evidence, ordered)
    changed = flags_around(evidence, [entry.onset.at for entry in news])
    listed = listed_issues(evidence)
    asked = [entry.id for entry in ordered][:MOST_ISSUES]
    projects = [listed[issue].project_id for issue in (*asked, *controls)]
    known = [number for number in users if number is not None]
    nameless = sorted(_nameless(policy, groups, ordered), key=lambda entry: not entry[1])
    whole = _may_trip(evidence, policy, ordered)
    is_busy = whole or any(_events(group) > policy.thresholds.unhandled_per_minute_above for group in groups)
    return Questions(
        issues=tuple(asked),
        controls=controls,
        projects=tuple(dict.fromkeys(project for project in projects if project)),
        groups=tuple(tuple(entry.id for entry in group) for group in groups),
        minutes=_minutes(ordered, is_busy=is_busy),
        whole_projects=whole,
        minutes_projects=tuple(dict.fromkeys(entry.issue.project_id for entry in ordered if entry.issue.project_id)),
        minutes_from=max(min(entry.onset.earliest for entry in news) - LEAD, evidence.window.end - LONGEST),
        began=min((entry.onset.earliest for group in groups for entry in group), default=None),
        flags=tuple(dict.fromkeys(change.flag for change in changed))[:MOST_FLAGS],
        history=tuple(entry.id for entry in ordered if entry.kind == "risen")[:MOST_MINUTES],
        unions=tuple(_unions(evidence, policy, groups))[:MOST_UNIONS],
        nameless=tuple(issue for issue, _ in nameless)[:MOST_ISSUES],
        nameless_decide=any(decides for _, decides in nameless),
        most_users=sum(known) if first and len(known) == len(users) else None,
        more_new=more,
        more_projects=_storming(evidence) if more else (),
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


def _storming(evidence: SituationEvidence) -> tuple[str, ...]:
    """The projects whose new issues are listed by themselves: those with most of them, then those with most events.

    Empty where a second page holds all that there are.
    """
    page = evidence.new.value if isinstance(evidence.new, Known) else None
    if page is None or page.total is None or page.total <= 2 * MOST_ISSUES:
        return ()
    counts = Counter(issue.project_id for issue in page.issues if issue.project_id)
    volumes = evidence.volumes.value if isinstance(evidence.volumes, Known) else ()
    busiest = (row.project for row in sorted(volumes, key=lambda row: -(row.accepted or 0)))
    return tuple(dict.fromkeys((*(project for project, _ in counts.most_common()), *busiest)))[:MOST_STORMING]


def _events(news: Sequence[News]) -> int:
    return sum(entry.events for entry in news)


def _minutes(news: Sequence[News], *, is_busy: bool) -> tuple[str, ...]:
    """Risen issues first: of a new one the first event tells the beginning, unless it trickled before it jumped.

    Where so many events came that one minute of them may trip a rule, all are asked for.
    """
    needed = [entry for entry in news if entry.kind == "risen" or _may_have_trickled(entry)]
    if not needed and not is_busy:
        return ()
    ordered = sorted(news, key=lambda entry: (entry not in needed, -entry.events))
    return tuple(entry.id for entry in ordered[:MOST_MINUTES])


def _may_have_trickled(entry: News) -> bool:
    """Whether the hour with the most events is not the one of the first event, nor the next."""
    hours = [(events, at) for at, events in entry.issue.hourly if events]
    return bool(hours) and max(hours)[1] > entry.onset.at + HOUR


def _unions(evidence: SituationEvidence, policy: Policy, groups: Sequence[Sequence[News]]) -> Iterator[tuple[str, ...]]:
    """Likely incidents whose users together may be more than the limit though no issue has so many.

    First those that the texts of the errors, or one project, hold together; then all that began together.
    """
    limit, listed = policy.thresholds.users_per_hour_above, listed_issues(evidence)
    parts: list[tuple[News, ...]] = []
    for group in groups:
        read = read_facts(evidence, group, listed)
        around = around_of(evidence, policy, read.background, [entry.onset.at for entry in group])
        tied = group_issues(read.issues, around, also=_of_one_project)
        parts += [tuple(facts.news for facts in part.issues) for part in tied if len(part.issues) > 1]
    parts.sort(key=lambda part: -sum(entry.issue.users or 0 for entry in part))
    for part in dict.fromkeys((*parts, *map(tuple, groups))):
        # An issue that has more by itself needs no others; those beside it may still be an incident of their own.
        users = [number for entry in part if (number := entry.issue.users or 0) <= limit]
        if sum(users) > limit:
            yield tuple(sorted(entry.id for entry in part))


def _nameless(policy: Policy, groups: Sequence[Sequence[News]], news: Sequence[News]) -> Iterator[tuple[str, bool]]:
    """Issues with more events than users, and whether those without a user may decide a severity.

    They cannot where the users are many anyway, nor where no more events began together than the limit: each is of
    one person at most.
    """
    limit = policy.thresholds.users_per_hour_above
    grouped = {entry.id: group for group in groups for entry in group}
    for entry in news:
        if entry.issue.may_have_nameless:
            is_open = (entry.issue.users or 0) <= limit
            yield entry.id, is_open and _events(grouped.get(entry.id, [entry])) > limit


def _of_one_project(one: IssueFacts, other: IssueFacts) -> bool:
    return one.project == other.project


def _may_trip(evidence: SituationEvidence, policy: Policy, news: Sequence[News]) -> bool:
    """Whether one of the projects has so many events in an hour that a minute may trip the rule of unhandled ones."""
    limit = policy.thresholds.unhandled_per_minute_above
    if not isinstance(evidence.volumes, Known):
        return _events(news) > limit
    projects = {entry.issue.project_id for entry in news}
    return any((row.accepted or 0) > limit for row in evidence.volumes.value if row.project in projects)
