"""What is going on: the incidents of an organization, worst first, and what is as usual (DESIGN section 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sentry_runbook.incident.formatting import count, moment, span
from sentry_runbook.incident.model.evidence import Known, Missing, Unknown
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget
from sentry_runbook.incident.model.evidence.situation import ListedIssue, SituationEvidence
from sentry_runbook.incident.model.policy import Policy, rank
from sentry_runbook.incident.model.results.issue import SearchPeriod
from sentry_runbook.incident.model.results.situation import (
    AlertLink,
    FiringAlert,
    IncidentIssue,
    Situation,
    SituationIncident,
    SituationScope,
)
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.situation.alert_link import alert_link
from sentry_runbook.incident.situation.around import around_of, changes_of
from sentry_runbook.incident.situation.facts import ENVIRONMENT, IssueFacts, read_facts
from sentry_runbook.incident.situation.firing import firing_alerts
from sentry_runbook.incident.situation.grouping import IssueGroup, group_issues
from sentry_runbook.incident.situation.news import News, find_news, listed_issues
from sentry_runbook.incident.situation.quiet import project_states, quiet_sentences, without_hours
from sentry_runbook.incident.situation.severity import IncidentSeverity, severity_of_group
from sentry_runbook.incident.situation.suspect import suspect_of
from sentry_runbook.incident.situation.ties import Surroundings
from sentry_runbook.incident.situation.users import users_of_issue
from sentry_runbook.incident.situation.wording import counter_reasons, headline, next_step, projects_of, reasons

STILL_GOING = timedelta(minutes=10)
"""An incident without an event in so long is not called ongoing."""


def assess(
    evidence: SituationEvidence, policy: Policy, stated: Stated | None = None, target: AlertTarget | None = None
) -> Situation:
    """Say what is going on.

    Args:
        evidence: of the organization.
        policy: thresholds and words.
        stated: what people said of the impact.
        target: what the caller's alert stands for.
    """
    news, listed = find_news(evidence, policy), listed_issues(evidence)
    groups, around = groups_of(evidence, policy, news, listed)
    lacks = _lacks_production(evidence, policy)
    judged = [
        (group, severity_of_group(group, evidence, policy, stated or Stated(), lacks_production=lacks))
        for group in groups
        if not all(facts.news.is_small for facts in group.issues)
    ]
    judged.sort(key=lambda entry: (-rank(entry[1].level), -sum(facts.news.events for facts in entry[0].issues)))
    incidents = tuple(_incident(group, verdict, evidence, policy, around) for group, verdict in judged)
    names = _project_names(evidence, listed)
    hit = [facts.news.issue.project_id or "" for group, _ in judged for facts in group.issues]
    states = project_states(evidence, policy, names, list(dict.fromkeys(hit)))
    firing = firing_alerts(evidence, target)
    began = min((incident.began for incident in incidents), default=evidence.window.start)
    return Situation(
        headline=_headline(incidents, evidence),
        incidents=incidents,
        alert=None if target is None else _with_firing(alert_link(target), firing),
        window=SearchPeriod(start=evidence.window.start, end=evidence.window.end),
        scope=_scope(evidence, listed),
        changes=changes_of(evidence, policy, began),
        projects=states,
        alerts=firing,
        quiet=tuple(quiet_sentences(evidence, listed, news, states)),
        warnings=evidence.warnings or None,
        missing=(
            *_missing(evidence),
            *_without_hours(without_hours(evidence, listed, news)),
            *(entry for _, verdict in judged for entry in verdict.missing),
        ),
        findings=evidence.findings,
    )


def _with_firing(link: AlertLink, firing: Sequence[FiringAlert]) -> AlertLink:
    """The link with when it fired, where only the list of all alerts tells."""
    at = next((alert.fired_at for alert in firing if alert.asked), None)
    return link if at is None or link.fired_at is not None else link.model_copy(update={"fired_at": at})


def groups_of(
    evidence: SituationEvidence, policy: Policy, news: Sequence[News], listed: Mapping[str, ListedIssue]
) -> tuple[tuple[IssueGroup, ...], Surroundings]:
    """The news in groups, and what they were judged by."""
    read = read_facts(evidence, news, listed)
    around = around_of(evidence, policy, read.background, [entry.onset.at for entry in news])
    return group_issues(read.issues, around), around


def _lacks_production(evidence: SituationEvidence, policy: Policy) -> bool:
    """Whether environments were seen, and none of them counts as production: then none is taken for staging."""
    if not isinstance(evidence.builds, Known):
        return False
    rows = evidence.builds.value.rows
    names = {row.values[ENVIRONMENT] or "" for row in rows if ENVIRONMENT in row.values}
    return bool(names) and not any(map(policy.is_production, names))


def _project_names(evidence: SituationEvidence, listed: Mapping[str, ListedIssue]) -> dict[str, str]:
    projects = evidence.projects.value if isinstance(evidence.projects, Known) else ()
    names = {project.id: project.slug for project in projects if project.slug}
    return {**names, **{i.project_id: i.project for i in listed.values() if i.project_id and i.project}}


def _headline(incidents: Sequence[SituationIncident], evidence: SituationEvidence) -> str:
    when = span(evidence.window)
    if not incidents:
        if not any(isinstance(part, Known) for part in (evidence.new, evidence.busy, evidence.rising)):
            return "Unknown: no issue list could be read"
        return f"Nothing new and nothing far above its usual rate in the {when}"
    rest = f"; and {count(len(incidents) - 1, 'more incident')}" if len(incidents) > 1 else ""
    return f"{incidents[0].headline}{rest}"


def _incident(
    group: IssueGroup, verdict: IncidentSeverity, evidence: SituationEvidence, policy: Policy, around: Surroundings
) -> SituationIncident:
    suspect = suspect_of(group, evidence, around)
    events = [facts.news.issue.events for facts in group.issues]
    last = [facts.news.issue.last_seen for facts in group.issues if facts.news.issue.last_seen is not None]
    users = verdict.users
    return SituationIncident(
        id=group.issues[0].name,
        began=group.issues[0].news.onset.at,
        ongoing=not last or max(last) >= evidence.window.end - STILL_GOING,
        last_event=max(last, default=None),
        severity=verdict.level,
        label=policy.words(verdict.level).label,
        decided_by=verdict.decided_by,
        because=verdict.because,
        could_be=verdict.could_be,
        headline=headline(group, verdict, suspect),
        projects=projects_of(group),
        issues=tuple(map(_issue, group.issues)),
        issues_total=len(group.issues),
        users=None if users is None else users.at_least,
        users_at_least=True if users is not None and users.exact is None else None,
        events=sum(number for number in events if number is not None) if None not in events else None,
        reasons=tuple(reasons(group)),
        against=tuple(counter_reasons(group, _ties_read(evidence))),
        suspect=suspect,
        next_step=next_step(group, suspect),
    )


def _issue(facts: IssueFacts) -> IncidentIssue:
    issue, rise = facts.news.issue, facts.news.rise
    return IncidentIssue(
        short_id=issue.name,
        title=issue.title,
        project=issue.project,
        began=facts.news.onset.at,
        how=facts.news.onset.how,
        events=issue.events,
        users=users_of_issue(facts),
        times_usual=None if rise is None else round(rise.times_usual, 1),
        status=issue.status if issue.status != "unresolved" else None,
        url=issue.url,
    )


def _ties_read(evidence: SituationEvidence) -> frozenset[str]:
    """Kinds of ties that could be looked at; texts always tell of calls, dependencies and transactions."""
    parts = {
        "trace": evidence.traces,
        "release": evidence.builds,
        "host": evidence.places,
        "tenant": evidence.places,
        "users": evidence.shared_users,
        "flag": evidence.flagged,
    }
    read = {kind for kind, part in parts.items() if isinstance(part, Known)}
    if evidence.together:
        read.add("users")
    if isinstance(evidence.flag_changes, Known) and not evidence.flag_changes.value:
        read.add("flag")
    return frozenset({*read, "calls", "dependency", "transaction"})


def _scope(evidence: SituationEvidence, listed: Mapping[str, ListedIssue]) -> SituationScope:
    part = evidence.projects
    # With a note the list was cut: there are more than it holds.
    projects = len(part.value) if isinstance(part, Known) and not part.note else None
    return SituationScope(
        project=", ".join(evidence.asked_projects) or "all",
        projects=projects,
        environments=evidence.environments,
        issues_read=len(listed),
        one_by_one=evidence.one_by_one or None,
        not_searched=evidence.not_searched or None,
    )


PARTS = {
    "new": "new issues",
    "busy": "busy issues",
    "rising": "rising issues",
    "volumes": "events of each project",
    "sessions": "sessions",
    "releases": "deploys and releases",
    "flag_changes": "flag changes",
    "alerts": "alerts",
    "monitors": "monitors that are open",
    "projects": "the list of projects",
    "builds": "releases of the issues",
    "places": "hosts and customers of the issues",
    "traces": "traces",
    "minutes": "counts by the minute",
    "history": "counts of the days before",
    "flagged": "flags of the issues",
}
"""Parts of the evidence, as a reader knows them."""
LISTS = frozenset(PARTS[name] for name in ("new", "busy"))
"""Those without which it cannot be said that nothing is wrong; the rising ones are not listed by every server."""


def _without_hours(issues: Sequence[ListedIssue]) -> Iterator[Missing]:
    if issues:
        why = "this server's list tells no counts of the hours before"
        if any(issue.hourly for issue in issues):
            why = "a list tells the hours of the last day, too few of them before this window: ask for a shorter one"
        yield Missing(what=f"whether {count(len(issues), 'further issue')} rose", why=why)


def _missing(evidence: SituationEvidence) -> Iterator[Missing]:
    for field, what in PARTS.items():
        part = getattr(evidence, field)
        if isinstance(part, Unknown) and part.asked:
            yield Missing(what=what, why=part.why)
    if isinstance(evidence.new, Known) and not evidence.new.value.complete:
        read, total = len(evidence.new.value.issues), evidence.new.value.total
        of = f" of {total:,}" if total is not None else ""
        why = f"{read}{of} issues first seen since {moment(evidence.new_since)} were read, those with most events"
        yield Missing(what="further new issues", why=why)
    if isinstance(evidence.projects, Known) and evidence.projects.note:
        yield Missing(what="how many projects", why=evidence.projects.note)
    if isinstance(evidence.projects, Known):
        closed = [project.slug or project.id for project in evidence.projects.value if project.is_closed]
        if closed:
            why = "Sentry calls them closed to this token: add its person or integration to a team of theirs"
            yield Missing(what=f"projects {', '.join(closed[:5])}{' …' if len(closed) > 5 else ''}", why=why)
