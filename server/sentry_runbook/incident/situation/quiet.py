"""What was looked at and is as usual; the states of the projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sentry_runbook.incident.formatting import count, crash_free_percent, span
from sentry_runbook.incident.metrics.crash_free import crash_free_of
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Known, SessionHour, quoted
from sentry_runbook.incident.model.evidence.situation import ListedIssue, ProjectVolume, SituationEvidence
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.situation import ProjectState
from sentry_runbook.incident.situation.firing import silent_alerts
from sentry_runbook.incident.situation.news import News
from sentry_runbook.incident.situation.rise import FEWEST_HOURS

MOST_PROJECTS = 8
FAR_FROM_USUAL = 2.0
FEWEST_EVENTS = 50


def project_states(
    evidence: SituationEvidence, policy: Policy, names: Mapping[str, str], hit: Sequence[str]
) -> tuple[ProjectState, ...]:
    """The projects that are hit, and those whose events or sessions are far from usual.

    Args:
        evidence: of the organization.
        policy: for sessions that are too few, and what is low.
        names: number of a project → its slug.
        hit: numbers of the projects of incidents.
    """
    volumes = {row.project: row for row in evidence.volumes.value} if isinstance(evidence.volumes, Known) else {}
    sessions = (
        {row.project: row.hours for row in evidence.sessions.value} if isinstance(evidence.sessions, Known) else {}
    )
    numbers = list(dict.fromkeys((*hit, *volumes, *sessions)))
    states = [
        (
            project in hit,
            _state(names.get(project, project), volumes.get(project), sessions.get(project, ()), evidence, policy),
        )
        for project in numbers
    ]
    shown = [state for is_hit, state in states if is_hit or _is_far(state, policy)]
    return tuple(shown[:MOST_PROJECTS])


def _state(
    name: str,
    volume: ProjectVolume | None,
    hours: Sequence[SessionHour],
    evidence: SituationEvidence,
    policy: Policy,
) -> ProjectState:
    window = evidence.window
    now = [hour for hour in hours if hour.start + HOUR > window.start and hour.start < window.end]
    before = [hour for hour in hours if hour.start + HOUR <= window.start]
    events = None if volume is None else volume.accepted
    rate, rate_before = crash_free_of(now, policy)[1], crash_free_of(before, policy)[1]
    return ProjectState(
        project=name,
        events=events,
        usual_events=None if volume is None else volume.before,
        by_hour=True if events is not None else None,
        dropped=volume.dropped or None if volume is not None else None,
        crash_free_pct=None if rate is None else round(rate, 2),
        crash_free_before_pct=None if rate_before is None else round(rate_before, 2),
    )


def _is_far(state: ProjectState, policy: Policy) -> bool:
    events, usual = state.events, state.usual_events
    more = (
        events is not None
        and usual is not None
        and events >= FEWEST_EVENTS
        and events >= FAR_FROM_USUAL * max(usual, 1)
    )
    low = state.crash_free_pct is not None and state.crash_free_pct < policy.thresholds.crash_free_below_pct
    return more or low or bool(state.dropped)


def without_hours(
    evidence: SituationEvidence, listed: Mapping[str, ListedIssue], news: Sequence[News]
) -> tuple[ListedIssue, ...]:
    """Issues of which nothing tells whether they rose: they are not news, and not as usual either."""
    ids, start = {entry.id for entry in news}, evidence.window.start
    return tuple(
        issue
        for issue in listed.values()
        if issue.id not in ids and sum(at + HOUR <= start for at, _ in issue.hourly) < FEWEST_HOURS
    )


def quiet_sentences(
    evidence: SituationEvidence, listed: Mapping[str, ListedIssue], news: Sequence[News], states: Sequence[ProjectState]
) -> Iterator[str]:
    """What was looked at, and what of it is as usual."""
    projects = len(evidence.projects.value) if isinstance(evidence.projects, Known) else None
    is_cut = isinstance(evidence.projects, Known) and bool(evidence.projects.note)
    where = count(projects, "project") if projects is not None else "the projects that the token may read"
    where = f"more than {where}" if is_cut else where
    ids = {entry.id for entry in news}
    untold = {issue.id for issue in without_hours(evidence, listed, news)}
    steady = sorted(
        (issue for issue in listed.values() if issue.id not in ids | untold), key=lambda issue: -(issue.events or 0)
    )
    yield f"Looked at {where}, {count(len(listed), 'issue')} with events in the {span(evidence.window)}"
    if steady:
        busiest = steady[0]
        events = f" ({count(busiest.events, 'event')})" if busiest.events is not None else ""
        yield (
            f"{count(len(steady), 'issue')} at the usual rate or below what can be told from chance; the busiest is "
            f"{busiest.name} {quoted(busiest.title)}{events}"
        )
    small = [entry for entry in news if entry.is_small]
    if small:
        names = ", ".join(entry.issue.name for entry in small[:5])
        more = f" and {len(small) - 5} more" if len(small) > 5 else ""
        yield f"{count(len(small), 'new issue')} with one or two events, no incident by itself: {names}{more}"
    if isinstance(evidence.sessions, Known) and evidence.sessions.value:
        rates = [state.crash_free_pct for state in states if state.crash_free_pct is not None]
        if rates:
            least = crash_free_percent(min(rates))
            yield f"Crash-free sessions are {least} or more in every project listed that has enough of them"
    yield from silent_alerts(evidence)
