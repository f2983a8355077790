"""The runbook's eleven triage steps, each with its finding in one short sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.episode.episode import is_new
from sentry_runbook.incident.events.why_fired import is_hydration_error, why_fired, words_of
from sentry_runbook.incident.formatting import (
    between,
    count,
    duration,
    listed,
    moment,
    no_stack,
    number,
    percent_of,
    trend_sentence,
)
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_status import is_regressed, regression_by_date
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import Event, Known, ThrownException, Unknown, quoted
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.model.results.triage import ChecklistStep, State
from sentry_runbook.incident.releases import alignment, releases_seen

StepResult = tuple[str, State]
"""The finding as a sentence, and whether it asks for attention."""
HYDRATION_NOTE = " A hydration error: what the server rendered differs from what the browser renders first."


def checklist(incident: Incident) -> tuple[ChecklistStep, ...]:
    """All eleven steps, in the runbook's order."""
    steps = []
    for number_of_step, (name, check) in enumerate(STEPS, start=1):
        finding, state = check(incident)
        steps.append(ChecklistStep(step=f"{number_of_step}. {name}", finding=finding, state=state))
    return tuple(steps)


def _issue(incident: Incident) -> StepResult:
    issue = incident.evidence.issue
    facts = ", ".join(word for word in (issue.level, issue.status, issue.substatus, issue.priority) if word)
    renamed = f" {issue.why_other_name}." if issue.why_other_name else ""
    return f"{issue.name} {quoted(issue.title)} ({facts}).{renamed}", "attention" if renamed else "ok"


def _frequency(incident: Incident) -> StepResult:
    trend = incident.trend
    if isinstance(trend, Unknown):
        return f"Not known: {trend.why}.", "unknown"
    sentence = trend_sentence(trend)
    return f"{sentence[:1].upper()}{sentence[1:]}.", "attention" if trend.direction == "spiking" else "ok"


def _age(incident: Incident) -> StepResult:
    issue = incident.evidence.issue
    if issue.first_seen is None or issue.last_seen is None:
        return "Sentry gave no first-seen and last-seen times.", "unknown"
    times = f"First seen {moment(issue.first_seen)}, last seen {moment(issue.last_seen)}"
    if is_regressed(issue):
        by_date = regression_by_date(issue)
        return f"{times}: a regression, it came back after a resolve.{f' {by_date}.' if by_date else ''}", "attention"
    if is_new(incident.evidence, incident.policy):
        return f"{times}: new.", "attention"
    began = f"; this incident began {moment(incident.episode.began)}" if isinstance(incident.episode, Episode) else ""
    escalating = issue.substatus == "escalating"
    kind = "escalating" if escalating else "an old issue"
    return f"{times}: {kind}{began}.", "attention" if escalating or began else "ok"


def _users(incident: Incident) -> StepResult:
    users, limit = incident.users, incident.policy.thresholds.users_per_hour_above
    if isinstance(users, Unknown):
        return f"Not known: {users.why}.", "unknown"
    # Where the window holds none, the impact counts a longer time: its users stand beside no hour of the window.
    in_window = incident.impact.users if incident.impact.window.widened_from is None else None
    total = f"{count(in_window, 'user')} in the window; " if in_window is not None else ""
    most = f" to {number(users.at_most)}" if users.at_most is not None and not users.exact else ""
    finding = f"{total}{number(users.at_least)}{most} in the worst rolling hour."
    return finding, "attention" if _may_exceed(users, limit) else "ok"


def _may_exceed(users: UsersWorstHour, limit: int) -> bool:
    return users.at_most is None or users.at_most > limit


def _environment(incident: Incident) -> StepResult:
    criterion = next(entry for entry in incident.severity.criteria if entry.id == "non_production")
    if criterion.met == "unknown":
        return f"Not known: {criterion.note}.", "unknown"
    if criterion.met:
        return f"Not production: {criterion.observed}.", "attention"
    scope = incident.evidence.scope
    if scope.basis == "asked":
        observed = f": {criterion.observed}" if criterion.observed is not None else ""
        return f"Judged in {listed(scope.names)}, as asked{observed}.", "ok"
    if scope.lacks_production:
        return "No environment with data is called production: all events count.", "attention"
    return f"Production: {criterion.observed}.", "ok"


def _release(incident: Incident) -> StepResult:
    version = incident.suspect
    if version is None:
        running = releases_seen(incident.evidence)
        if running:
            return f"No release stands out; the events are on {listed(running)}.", "ok"
        other = words_of(incident.evidence)
        if other is not None:
            return f"Does not apply: {other.name} carries no release here.", "ok"
        if isinstance(incident.evidence.rows, Known) and incident.evidence.rows.value:
            return "The events carry no release.", "attention"
        return "Not known: no release was seen.", "unknown"
    start = incident.apparent_start
    deploy = alignment(incident.evidence, version, start) if start else None
    if deploy is None:
        return f"Suspect release {quoted(version)}; nothing dates its deploy.", "attention"
    when = between(deploy.start.earliest, deploy.start.latest)
    if deploy.lag is not None:
        when = f"{duration(abs(deploy.lag))} {'later' if deploy.lag >= timedelta() else 'earlier'}"
    dated = f"{deploy.source} {moment(deploy.at)}"
    text = f"Suspect release {quoted(version)} ({dated}); errors began {when}."
    return text, "attention" if deploy.aligned else "ok"


def _commits(incident: Incident) -> StepResult:
    commits = incident.evidence.suspect_commits
    if isinstance(commits, Unknown):
        return f"Not known: {commits.why}.", "unknown"
    if not commits.value:
        return "Sentry names no suspect commit.", "ok"
    first = commits.value[0]
    by = f" by {quoted(first.author)}" if first.author else ""
    more = f", and {len(commits.value) - 1} more" if len(commits.value) > 1 else ""
    return f"{quoted(first.message or first.id)}{by}{more}.", "attention"


def _stack(incident: Incident) -> StepResult:
    """Where it broke; in its place why it fired, of an issue that no thrown error opened."""
    event = _event(incident)
    if event is None:
        return _no_event(incident)
    fired = why_fired(incident.evidence)
    if fired is not None:
        return fired, "attention" if event.occurrence else "unknown"
    note = HYDRATION_NOTE if is_hydration_error(incident.texts) else ""
    frame = event.failing_frame
    if frame is None:
        leading = f"; {_thrown(event.leading)}" if event.leading is not None else ""
        return f"The event has {no_stack(event)}{leading}{_root(event)}.{note}", "unknown"
    foreign = ", in a library" if frame.in_app is False else ""
    thrown = event.leading.type if event.leading is not None else None
    what = f"{quoted(thrown)} in " if thrown else ""
    where = f"{quoted(frame.function or '?')} at {quoted(frame.location)}{foreign}"
    return f"{what}{where}{_root(event)}.{note}", "ok"


def _root(event: Event) -> str:
    """What the leading exception came from, when it is another one."""
    return f"; its root: {_thrown(event.root)}" if event.root is not None else ""


def _thrown(thrown: ThrownException) -> str:
    return excerpt(": ".join(part for part in (thrown.type, thrown.value) if part) or "an error without words")


def _breadcrumbs(incident: Incident) -> StepResult:
    event = _event(incident)
    if event is None:
        return _no_event(incident)
    other = words_of(incident.evidence)
    if not event.breadcrumbs and other is not None:
        return f"Does not apply: {other.name} carries none.", "ok"
    if not event.breadcrumbs:
        return "The event carries none: check the SDK's breadcrumb integrations.", "unknown"
    calls = incident.failed_calls
    if calls is not None:
        answers = ", ".join(calls.statuses)
        return (
            f"Calls to {quoted(calls.host)} fail ({answers}) in {calls.events} of {calls.read} events{calls.each}.",
            "attention",
        )
    last = event.breadcrumbs[-1]
    shown = quoted(last.call or last.message or last.category or "?")
    return f"{count(len(event.breadcrumbs), 'step')}; the last: {shown}.", "ok"


def _context(incident: Incident) -> StepResult:
    event = _event(incident)
    if event is None:
        return _no_event(incident)
    facts = [quoted(fact) for fact in (event.device, event.browser, event.os) if fact]
    other = words_of(incident.evidence)
    if other is not None and not facts and not event.user:
        return f"Does not apply: {other.name} carries neither user nor device.", "ok"
    user = f"User {quoted(event.user)}" if event.user else "The event carries no user"
    return f"{user}; {', '.join(facts) or 'no device, browser or OS'}.", "ok" if event.user else "attention"


def _tags(incident: Incident) -> StepResult:
    rows = incident.impact.breakdown
    if not rows:
        return "Not known: no tags were read.", "unknown"
    lifted = [row for row in rows if row.lift is not None and row.lift > 1]
    if lifted:
        facts = "; ".join(
            f"{quoted(row.tag)} {quoted(row.value)}: {percent_of(row.share)}, "
            f"{percent_of(row.share_before or 0)} before"
            for row in lifted[:2]
        )
        return f"{facts}.", "attention"
    most = "; ".join(
        f"{quoted(row.tag)} {quoted(row.value)} {percent_of(row.share)}"
        for row in [row for row in rows if row.tag != "environment"][:3]
    )
    compared = any(row.share_before is not None for row in rows)
    lead = "Nothing stands out against before" if compared else "No share from before to compare with"
    return f"{lead}; most frequent: {most}.", "ok"


def _event(incident: Incident) -> Event | None:
    return incident.evidence.event.value if isinstance(incident.evidence.event, Known) else None


def _no_event(incident: Incident) -> StepResult:
    why = incident.evidence.event.why if isinstance(incident.evidence.event, Unknown) else "no event"
    return f"Not known: {why}.", "unknown"


STEPS: tuple[tuple[str, Callable[[Incident], StepResult]], ...] = (
    ("Open the issue from the alert", _issue),
    ("Error frequency", _frequency),
    ("First and last seen", _age),
    ("Users", _users),
    ("Environment", _environment),
    ("Release", _release),
    ("Suspect commits", _commits),
    ("Stack trace", _stack),
    ("Breadcrumbs", _breadcrumbs),
    ("User context", _context),
    ("Tags", _tags),
)
"""Name and check of each step; names and order are the runbook's."""
