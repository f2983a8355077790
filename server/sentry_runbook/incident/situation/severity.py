"""The severity of an incident of several issues, by the same rules as of one (DESIGN section 5).

Users are the distinct ones of all issues together, the busiest minute that of all their unhandled events, the crash
rate that of each project they are in. An unknown input neither trips nor clears a rule: ``could_be`` tries both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.formatting import count, moment, number, percent
from sentry_runbook.incident.metrics.crash_free import crash_free_of, hours_touching, shown_pct
from sentry_runbook.incident.metrics.timeseries import HOUR, MINUTE_S, time_of
from sentry_runbook.incident.model.evidence import Known, Missing, Series, SessionHour
from sentry_runbook.incident.model.evidence.situation import ProjectVolume, SituationEvidence
from sentry_runbook.incident.model.policy import Level, Policy, matches_any
from sentry_runbook.incident.model.results.triage import NOT_ASKED, CouldBe, Criterion, Met
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.severity.rules import could_be_of, decide, is_open, met_by_id
from sentry_runbook.incident.situation.facts import IssueFacts
from sentry_runbook.incident.situation.grouping import IssueGroup
from sentry_runbook.incident.situation.news import listed_issues
from sentry_runbook.incident.situation.users import DistinctUsers, users_of, why_no_users


@dataclass(frozen=True)
class IncidentSeverity:
    """The verdict on an incident."""

    level: Level
    decided_by: str
    because: str
    could_be: CouldBe
    users: DistinctUsers | None
    missing: tuple[Missing, ...]


def severity_of_group(
    group: IssueGroup, evidence: SituationEvidence, policy: Policy, stated: Stated, *, lacks_production: bool
) -> IncidentSeverity:
    """Judge an incident.

    Args:
        group: its issues.
        evidence: of the organization.
        policy: thresholds and words.
        stated: what people said of the impact.
        lacks_production: no environment that was seen counts as production, so none is taken for staging.
    """
    users = users_of(group, evidence, policy)
    criteria = (
        _non_production(group, evidence, policy, lacks_production=lacks_production),
        _crash_free(group, evidence, policy),
        _unhandled(group, evidence, policy),
        _stated("data_loss", stated.data_loss_risk),
        _stated("core_flow_blocked", None if stated.core_flow is None else stated.core_flow == "blocked_for_all"),
        _users(group, evidence, policy, users, stated),
        _edge_case(group, policy),
    )
    decided_by, level = decide(met_by_id(criteria))
    open_ = [criterion for criterion in criteria if is_open(criterion)]
    return IncidentSeverity(
        level=level,
        decided_by=decided_by,
        because=f"{_reason(criteria, decided_by)}: {level}.",
        could_be=could_be_of(met_by_id(criteria), [criterion.id for criterion in open_]),
        users=users,
        missing=tuple(
            Missing(what=f"{group.issues[0].name}: {criterion.id}", why=criterion.note or "not measured")
            for criterion in open_
        ),
    )


def _non_production(
    group: IssueGroup, evidence: SituationEvidence, policy: Policy, *, lacks_production: bool
) -> Criterion:
    blank = Criterion(id="non_production", threshold="no event in production", met="unknown")
    known = [facts.environments for facts in group.issues if facts.environments is not None]
    names = sorted(frozenset[str]().union(*known))
    if lacks_production or any(map(policy.is_production, names)):
        return blank.model_copy(update={"met": False, "observed": "events in production"})
    if len(known) < len(group.issues):
        return blank.model_copy(update={"note": "the environments of its events were not read"})
    if not all(_are_all_read(facts, evidence) for facts in group.issues):
        return blank.model_copy(update={"note": "the environments of only a part of its events were read"})
    return blank.model_copy(update={"met": True, "observed": ", ".join(names)})


def _are_all_read(facts: IssueFacts, evidence: SituationEvidence) -> bool:
    """Whether no event of the issue lies in a row that was cut off: it might be one of production."""
    is_whole = isinstance(evidence.builds, Known) and evidence.builds.value.complete
    return is_whole or sum(row.events for row in facts.rows) >= facts.news.events


# --- crash-free sessions -------------------------------------------------------------------------------------------


def _crash_free(group: IssueGroup, evidence: SituationEvidence, policy: Policy) -> Criterion:
    limit = policy.thresholds.crash_free_below_pct
    blank = Criterion(id="crash_free", threshold=f"below {percent(limit)} of sessions", met="unknown")
    if not isinstance(evidence.sessions, Known):
        return blank.model_copy(update={"note": f"sessions: {evidence.sessions.why}"})
    ids = {facts.news.issue.project_id for facts in group.issues}
    rates = [
        (rate, _slug(group, row.project))
        for row in evidence.sessions.value
        if row.project in ids
        for rate in _rates(row.hours, evidence.window.start, evidence.window.end, policy)
    ]
    if not rates:
        return blank.model_copy(update={"met": "unknown", "note": "too few sessions, or none, in its projects"})
    worst, project = min(rates)
    return blank.model_copy(
        update={"met": worst < limit, "observed": shown_pct(worst), "note": f"of project {project}"}
    )


def _rates(hours: Iterable[SessionHour], start: datetime, end: datetime, policy: Policy) -> Iterator[float]:
    """Crash-free rates of the period and of its full hours."""
    known = [hour for hour in hours if hour.start + HOUR > start and hour.start < end]
    full = hours_touching(known, start, end)
    for part in (known, *([hour] for hour in full)):
        _, rate = crash_free_of(part, policy)
        if rate is not None:
            yield rate


def _slug(group: IssueGroup, project: str) -> str:
    return next((facts.project for facts in group.issues if facts.news.issue.project_id == project), project)


# --- unhandled exceptions ------------------------------------------------------------------------------------------


def _unhandled(group: IssueGroup, evidence: SituationEvidence, policy: Policy) -> Criterion:
    limit = policy.thresholds.unhandled_per_minute_above
    blank = Criterion(id="unhandled_rate", threshold=f"more than {number(limit)} in one minute", met="unknown")
    minutes = {row.issue: row.events for row in evidence.minutes.value} if isinstance(evidence.minutes, Known) else {}
    for whose, issues in _unhandled_issues(group, evidence):
        at, peak = _peak([minutes[issue] for issue in issues if issue in minutes], evidence.window.start)
        if peak > limit:
            window = f"minute from {moment(at)}" if at is not None else None
            return blank.model_copy(update={"met": True, "observed": round(peak), "window": window, "note": whose})
    at_most = _at_most(group, evidence, minutes)
    if at_most is None:
        why = "its events by the minute were not read, nor all events of its projects"
        return blank.model_copy(update={"note": why})
    if at_most <= limit:
        return blank.model_copy(update={"met": False, "observed": f"at most {number(at_most)}"})
    why = f"its projects have up to {number(at_most)} events in one minute, handled ones among them"
    return blank.model_copy(update={"note": why})


def _unhandled_issues(group: IssueGroup, evidence: SituationEvidence) -> Iterator[tuple[str, list[str]]]:
    """Issues that are known to be unhandled: of the incident, and all that were listed of each of its projects."""
    yield "of this incident", [facts.id for facts in group.issues if facts.news.issue.unhandled]
    listed = listed_issues(evidence).values()
    for project in dict.fromkeys(facts.news.issue.project_id for facts in group.issues):
        of_project = [issue.id for issue in listed if issue.project_id == project and issue.unhandled]
        yield f"of the whole project {_slug(group, project or '')}", of_project


def _peak(series: Sequence[Series], start: datetime) -> tuple[datetime | None, float]:
    """The minute with the most events of these series together, from the window's start on."""
    sums: dict[datetime, float] = {}
    for one in series:
        for index, value in enumerate(one.values):
            if value and (at := time_of(one, index)) >= start.replace(second=0, microsecond=0):
                sums[at] = sums.get(at, 0.0) + value * 60 / one.step_s
    return max(sums.items(), key=lambda entry: entry[1], default=(None, 0.0))


def _at_most(group: IssueGroup, evidence: SituationEvidence, minutes: dict[str, Series]) -> int | None:
    """No minute of these projects had more events than that; None where nothing bounds it."""
    projects = {facts.news.issue.project_id for facts in group.issues}
    if "" in minutes and not any(None in series.values for series in minutes.values()):
        # All events of the projects were asked for by the minute: the largest issues apart, the others together.
        return round(_peak(list(minutes.values()), evidence.window.start)[1])
    volumes = evidence.volumes.value if isinstance(evidence.volumes, Known) else ()
    bounds = {row.project: _most_in_a_minute(row) for row in volumes if row.project in projects}
    known = [bounds.get(project or "") for project in projects]
    own = [facts.news.issue.events for facts in group.issues]
    if not known or None in known or None in own:
        return None
    # In one minute there cannot be more than all events: those of the issues together, or those of one project.
    together = _most_together(group, evidence, minutes)
    if together is None:
        together = sum(number or 0 for number in own)
    return max(together, *(bound or 0 for bound in known))


def _most_together(group: IssueGroup, evidence: SituationEvidence, minutes: dict[str, Series]) -> int | None:
    """The most events of the issues in one minute; None where not all of them were counted by the minute."""
    start, end, series = evidence.window.start, evidence.window.end, []
    for facts in group.issues:
        issue, counts = facts.news.issue, minutes.get(facts.id)
        since, until = max(start, issue.first_seen or start), min(end, issue.last_seen or end)
        if counts is None or counts.step_s > MINUTE_S or None in counts.values:
            return None
        if counts.start > since or time_of(counts, len(counts.values)) < until:
            return None
        series.append(counts)
    return round(_peak(series, start)[1])


def _most_in_a_minute(volume: ProjectVolume) -> int | None:
    """No minute had more events than all hours that touch the window; None where events were dropped or not told."""
    return None if volume.dropped else volume.accepted


def _stated(name: str, met: bool | None) -> Criterion:
    if met is None:
        return Criterion(id=name, observed=NOT_ASKED, threshold="stated", met="unknown")
    return Criterion(id=name, observed="stated", threshold="stated", met=met)


# --- users ---------------------------------------------------------------------------------------------------------


def _users(
    group: IssueGroup, evidence: SituationEvidence, policy: Policy, users: DistinctUsers | None, stated: Stated
) -> Criterion:
    limit = policy.thresholds.users_per_hour_above
    blank = Criterion(id="users_per_hour", threshold=f"more than {number(limit)} in one rolling hour", met="unknown")
    if stated.workaround or stated.core_flow is False:
        return blank.model_copy(update={"met": False, "note": "stated: a workaround, or not the core flow"})
    if users is None:
        return blank.model_copy(update={"note": why_no_users(group)})
    began, last = group.issues[0].news.onset.at, _last_event(group)
    is_whole = began >= evidence.window.start
    start = max(began, evidence.window.start)
    in_an_hour = min(last or evidence.window.end, evidence.window.end) - start <= HOUR
    met: Met = "unknown"
    if in_an_hour and users.at_least > limit:
        met = True
    elif is_whole and users.at_most is not None and users.at_most <= limit:
        met = False
    observed: int | str = users.exact if users.exact is not None else _between(users)
    notes = [users.why]
    if not is_whole:
        notes.append(f"it began before the window, at {moment(began)}: an earlier hour may have had more")
    elif not in_an_hour:
        notes.append("over more than an hour: one hour may have had fewer")
    return blank.model_copy(update={"met": met, "observed": observed, "note": "; ".join(notes)})


def _between(users: DistinctUsers) -> str:
    if users.at_most is None:
        return f"{number(users.at_least)} or more"
    return f"{number(users.at_least)} to {number(users.at_most)}"


def _last_event(group: IssueGroup) -> datetime | None:
    known = [facts.news.issue.last_seen for facts in group.issues if facts.news.issue.last_seen is not None]
    return max(known) if len(known) == len(group.issues) else None


def _edge_case(group: IssueGroup, policy: Policy) -> Criterion:
    """Every issue of it is an edge case by the policy."""
    edge = policy.edge_case

    def is_edge(level: str | None, title: str) -> bool:
        return level in edge.levels or matches_any(edge.titles, title)

    met = all(is_edge(facts.news.issue.level, facts.news.issue.title) for facts in group.issues)
    level = group.issues[0].news.issue.level
    return Criterion(id="edge_case", threshold="by the policy", met=met, observed=f"level {level}" if met else None)


def _reason(criteria: Sequence[Criterion], decided_by: str) -> str:
    criterion = next((criterion for criterion in criteria if criterion.id == decided_by), None)
    if criterion is None:
        return "No rule for a higher or a lower severity holds"
    observed = criterion.observed
    reasons = {
        "non_production": f"Only outside production ({observed})",
        "crash_free": f"Crash-free sessions {criterion.note} at {observed} %, threshold {criterion.threshold}",
        "unhandled_rate": f"{observed} unhandled exceptions {criterion.note} in one minute ({criterion.window}), "
        f"threshold {criterion.threshold}",
        "data_loss": "A person stated a risk of data loss",
        "core_flow_blocked": "A person stated that the core flow is blocked for all",
        "users_per_hour": f"{_people(observed)} in one hour, threshold {criterion.threshold}",
        "edge_case": f"An edge case ({observed})",
    }
    return reasons[decided_by]


def _people(observed: object) -> str:
    return count(observed, "distinct user") if isinstance(observed, int) else f"{observed} distinct users"
