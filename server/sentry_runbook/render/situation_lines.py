"""The facts of a situation as lines, for the page and for the terminal alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentry_runbook.incident.formatting import count, crash_free_percent, exact_moment, listed, moment, number, stretch
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.explanation import Change
from sentry_runbook.incident.model.results.situation import (
    AlertLink,
    FiringAlert,
    IncidentIssue,
    ProjectState,
    Situation,
    SituationIncident,
)
from sentry_runbook.render.triage_lines import change_line

BEGAN = {"first_event": "first event", "step": "rose", "hour": "rose in the hour from"}
"""How the beginning is known, before the time."""
OPEN = {True: "open", False: "closed again", None: "whether it is open is not told"}
"""What a monitor opened."""


def scope_line(result: Situation) -> str:
    """What was looked at: projects, environments, window, issues."""
    scope, window = result.scope, result.window
    projects = "all projects that the token may read" if scope.project == "all" else f"project {quoted(scope.project)}"
    if scope.project == "all" and scope.projects is not None:
        projects = f"{projects} ({number(scope.projects)})"
    if scope.one_by_one:
        projects = f"one by one: {listed(scope.one_by_one, 10)}"
    environments = ", ".join(map(quoted, scope.environments)) or "all environments"
    period = stretch(window.start, window.end)
    left = f"; not searched: {listed(scope.not_searched, 10)}" if scope.not_searched else ""
    return f"{projects}; {environments}; {period}; {count(scope.issues_read, 'issue')} read{left}"


def incident_title(incident: SituationIncident) -> str:
    """``P1 Major, ongoing since 2026-11-23 12:03 UTC: PAY-1 and 2 more issues``."""
    state = "ongoing" if incident.ongoing else "no event lately"
    rest = incident.issues_total - 1
    more = f" and {count(rest, 'more issue')}" if rest else ""
    return f"{incident.severity} {incident.label}, {state}, since {moment(incident.began)}: {incident.id}{more}"


def severity_line(incident: SituationIncident) -> str:
    """The deciding rule, and what unknown inputs still allow."""
    possible = incident.could_be
    if possible.lowest == possible.highest:
        return incident.because
    return f"{incident.because} Could be {possible.lowest} to {possible.highest}, depending on what is not known."


def who_line(incident: SituationIncident) -> str:
    """``143 distinct users, 1,204 events, in "payments" and "web"; last event 12:31 UTC``."""
    least = "at least " if incident.users_at_least else ""
    users = "users not known" if incident.users is None else f"{least}{count(incident.users, 'distinct user')}"
    events = "events not known" if incident.events is None else count(incident.events, "event")
    last = f"; last event {moment(incident.last_event)}" if incident.last_event is not None else ""
    return f"{users}, {events}, in {listed(incident.projects, 5)}{last}"


def suspect_line(incident: SituationIncident) -> str:
    """What most likely brought it, and why; that nothing stands out."""
    suspect = incident.suspect
    if suspect is None:
        return "none: no change and no dependency stands out"
    at = f", {moment(suspect.at)}" if suspect.at is not None else ""
    return f"{suspect.kind} {quoted(suspect.name)}{at}: {suspect.why}"


def issue_lines(issues: Sequence[IncidentIssue]) -> Iterator[str]:
    """The issues, their columns below each other."""
    rows = [_columns(issue) for issue in issues]
    widths = [max(len(row[column]) for row in rows) for column in range(4)] if rows else []
    for row, issue in zip(rows, issues, strict=True):
        aligned = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        project = f"{quoted(issue.project)} " if issue.project else ""
        status = f" ({issue.status})" if issue.status else ""
        yield f"{aligned}  {project}{quoted(issue.title)}{status}"


def _columns(issue: IncidentIssue) -> tuple[str, str, str, str]:
    began = moment(issue.began) if issue.how == "hour" else exact_moment(issue.began)
    times = f", {issue.times_usual:g} × usual" if issue.times_usual is not None else ""
    events = "" if issue.events is None else count(issue.events, "event")
    users = "" if issue.users is None else count(issue.users, "user")
    return issue.short_id, f"{BEGAN[issue.how]} {began}{times}", events, users


def alert_lines(alert: AlertLink) -> Iterator[str]:
    """What the caller's link or name stands for."""
    fired = f"; fired {moment(alert.fired_at)}" if alert.fired_at is not None else ""
    yield f"{alert.what}{fired}"
    yield from alert.facts
    if alert.issues:
        yield f"issues behind it: {', '.join(alert.issues)}"


def change_lines(result: Situation) -> Iterator[str]:
    """What was changed; how long before, where there is one incident to count from."""
    for change in result.changes:
        yield change_line(change) if len(result.incidents) == 1 else _alone(change)


def _alone(change: Change) -> str:
    project = f" ({quoted(change.project)})" if change.project else ""
    return f"{change.what} {moment(change.at)}{project}"


def project_line(state: ProjectState) -> str:
    """``"payments": 1,204 events, 88 usual (by the clock hours), 12 dropped; crash-free 91.00 %, 99.10 % before``."""
    facts = []
    if state.events is not None:
        usual = f", {number(state.usual_events)} in the same hours of the day before" if state.usual_events else ""
        hours = " in the clock hours of the window" if state.by_hour else ""
        facts.append(f"{count(state.events, 'event')}{hours}{usual}")
    if state.dropped:
        facts.append(f"{count(state.dropped, 'event')} dropped by Sentry: counts are a lower bound")
    if state.crash_free_pct is not None:
        before = state.crash_free_before_pct
        then = f", {crash_free_percent(before)} before" if before is not None else ""
        facts.append(f"crash-free sessions {crash_free_percent(state.crash_free_pct)}{then}")
    return f"{quoted(state.project)}: {'; '.join(facts) or 'no figures'}"


def fired_line(alert: FiringAlert) -> str:
    """``"Payments 5xx", 2026-11-23 12:05 UTC``, ``"Error rate", metric alert, open, PAY-9, last event 2026-…``."""
    asked = ["the one asked about"] if alert.asked else []
    if alert.kind == "issue_alert":
        at = [moment(alert.fired_at)] if alert.fired_at is not None else []
        return ", ".join([quoted(alert.name), *at, *asked]) + _needs(alert)
    since = f" since {moment(alert.open_since)}" if alert.open_since is not None else ""
    issue = [alert.issue] if alert.issue else []
    last = [f"last event {moment(alert.fired_at)}"] if alert.fired_at is not None else []
    kind = alert.kind.replace("_", " ")
    return ", ".join([quoted(alert.name), kind, f"{OPEN[alert.is_open]}{since}", *issue, *last, *asked]) + _needs(alert)


def _needs(alert: FiringAlert) -> str:
    return f" (fires when: {alert.condition})" if alert.condition else ""
