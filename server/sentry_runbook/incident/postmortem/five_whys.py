"""The five whys: the runbook's questions, what the evidence says to each, and what is left to people.

How to think about it: Sentry shows where and when, a person knows why. So every answer is a blank unless somebody
stated it, and under it stand the facts that the search for the answer starts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.causes.external_calls import failed_calls
from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.formatting import briefly, count, listed, moment, number, quoted_frame
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Breadcrumb, Event, Frame, Known, ThrownException, Unknown, quoted
from sentry_runbook.incident.releases import alignment
from sentry_runbook.incident.timeline.context import deployed
from sentry_runbook.incident.timeline.models import Timeline

MOST_STEPS = 4


@dataclass(frozen=True)
class Hint:
    """A fact that an answer can start from, and what tells it."""

    text: str
    source: str


@dataclass(frozen=True)
class Why:
    """One of the five questions.

    Attributes:
        answer: what a person stated; None leaves a blank.
        ask: what the blank asks for.
    """

    question: str
    ask: str
    hints: tuple[Hint, ...] = ()
    answer: str | None = None


def five_whys(incident: Incident, told: Timeline) -> tuple[Why, ...]:
    """The five questions in the runbook's order."""
    return (
        Why(
            "Why did the error occur?",
            "direct cause, confirmed by a person",
            tuple(_direct(incident)),
            excerpt(incident.stated.root_cause) if incident.stated.root_cause else None,
        ),
        Why("Why was that code path triggered?", "what led there", tuple(_triggered(incident))),
        Why("Why was it not caught in testing?", "gap in tests, review or staging", tuple(_testing(incident))),
        Why(
            _alert_question(incident), "what the alert rules look at, and since when", tuple(_alerting(incident, told))
        ),
        Why("Why is this class of error possible?", "systemic cause", tuple(_systemic(incident))),
    )


def the_event(incident: Incident) -> tuple[Event, str] | None:
    """The event that stands for the issue, and its name as a source."""
    part, sample = incident.evidence.event, incident.evidence.sample
    if isinstance(part, Known):
        return part.value, f"event {part.value.id[:12]}"
    if isinstance(sample, Known) and sample.value:
        return sample.value[0], f"event {sample.value[0].id[:12]}"
    return None


# --- why did the error occur ---------------------------------------------------------------------------------------


def _direct(incident: Incident) -> Iterator[Hint]:
    found = the_event(incident)
    if found is None:
        why = incident.evidence.event.why if isinstance(incident.evidence.event, Unknown) else "no event"
        yield Hint(f"No event could be read: {why}.", "Sentry")
        return
    event, source = found
    # The innermost exception comes first in the chain: it is the cause, the last one is what was reported.
    for place, thrown in enumerate(event.exceptions):
        what = quoted(thrown.type or "an error") + (f" with {excerpt(thrown.value)}" if thrown.value else "")
        own = [frame for frame in thrown.frames if frame.in_app] or list(thrown.frames)
        where = f" in {quoted_frame(own[-1])}" if own else ""
        yield Hint(f"{'Raised' if place == 0 else 'It became'}: {what}{where}.", f"stack trace of {source}")
    if not event.exceptions:
        yield Hint("The event has no exception and no stack trace.", source)
    line = _failing_line(event)
    if line is not None:
        yield Hint(f"The failing line: {excerpt(line)}.", f"source context of {source}")


def _failing_line(event: Event) -> str | None:
    for thrown in event.exceptions:
        for frame in reversed(thrown.frames):
            for line in (frame.context or "").splitlines():
                marker, _, code = line.strip().partition(f" {frame.line} ")
                if frame.line is not None and marker in (">", "›") and code.strip():
                    return code.strip()
    return None


# --- why was that code path triggered ------------------------------------------------------------------------------


def _triggered(incident: Incident) -> Iterator[Hint]:
    found = the_event(incident)
    if found is not None:
        event, source = found
        if event.transaction:
            yield Hint(f"It happened in the transaction {quoted(event.transaction)}.", source)
        steps = event.breadcrumbs[-MOST_STEPS:]
        if steps:
            told = " → ".join(step_of(step) for step in steps)
            yield Hint(f"The last steps before it: {told}.", f"breadcrumbs of {source}")
        else:
            yield Hint("The event carries no breadcrumbs.", source)
    calls = failed_calls(incident.evidence)
    if calls is not None:
        answers = ", ".join(calls.statuses)
        text = f"Calls to {quoted(calls.host)} fail ({answers}) in {calls.events} of {count(calls.read, 'event')} read."
        yield Hint(text, "breadcrumbs of the events read")
    yield from _release(incident)


def cause_of(event: Event) -> tuple[ThrownException, Frame | None] | None:
    """The innermost exception that our own code raised or met, and its frame; the chain is ordered cause first."""
    for thrown in event.exceptions:
        own = [frame for frame in thrown.frames if frame.in_app]
        if own:
            return thrown, own[-1]
    return (event.exceptions[-1], event.failing_frame) if event.exceptions else None


def step_of(step: Breadcrumb) -> str:
    """A breadcrumb in one quoted line."""
    call = " ".join(str(part) for part in (step.method, step.url, step.http_status) if part)
    return excerpt(call or step.message or step.category or "a step without words")


def _release(incident: Incident) -> Iterator[Hint]:
    if incident.suspect is None or incident.known_onset is None:
        return
    found = alignment(incident.evidence, incident.suspect, incident.known_onset.at)
    name = quoted(incident.suspect)
    if found is None:
        yield Hint(f"The suspect release is {name}; nothing dates its deploy.", "releases of the project")
        return
    lag = briefly(abs(found.lag))
    when = f"{lag} after" if found.lag >= timedelta() else f"{lag} before"
    text = f"The errors began {when} release {name} ({found.source}, {moment(found.at)})."
    yield Hint(text, "deploys and releases in Sentry")


# --- why was it not caught in testing ------------------------------------------------------------------------------


def _testing(incident: Incident) -> Iterator[Hint]:
    scope, source = incident.evidence.scope, "environments of the issue, all time"
    if scope.known and scope.others and not scope.production:
        yield Hint(f"It was caught before production: Sentry has its events from {listed(scope.others)} only.", source)
    else:
        yield from _staged(incident)
        if scope.known and scope.production:
            also = f"also from {listed(scope.others)}" if scope.others else "from production only"
            yield Hint(f"Sentry has events of this issue {also}.", source)
    commits = incident.evidence.suspect_commits
    for commit in commits.value[:1] if isinstance(commits, Known) else ():
        name = quoted(commit.pull_request or commit.id)
        when = f", made {moment(commit.at)}" if commit.at else ""
        yield Hint(f"The change to look at is {name}{when}.", "suspect commits of the event")


def _staged(incident: Incident) -> Iterator[Hint]:
    """How long the release stood in another environment before it went live."""
    own = [deploy for deploy in incident.deploys if deploy.version == incident.suspect]
    live = next(((at, one) for one in own if incident.is_live(one) and (at := deployed(one))), None)
    if live is None:
        return
    name, where = quoted(incident.suspect or ""), quoted(live[1].environment)
    early = [(at, one) for one in own if not incident.is_live(one) and (at := deployed(one)) and at < live[0]]
    if early:
        at, one = early[0]
        text = f"{name} was deployed to {quoted(one.environment)} {briefly(live[0] - at)} before {where}."
    else:
        text = f"No deploy marker shows {name} in another environment before {where}."
    yield Hint(text, "deploy markers in Sentry")


# --- why did the alert take so long --------------------------------------------------------------------------------


def _alert_question(incident: Incident) -> str:
    alert = incident.first_alert
    at = (
        incident.stated.alerted_at
        or (alert.last_triggered if alert is not None else None)
        or incident.stated.detected_at
    )
    if at is None or incident.known_onset is None or at < incident.began:
        return "Why did the alert take [X] minutes?"
    return f"Why did the alert take {briefly(at - incident.began)}?"


def _alerting(incident: Incident, told: Timeline) -> Iterator[Hint]:
    detected = told.milestone("detected")
    if detected.at is None:
        yield Hint(f"When it was detected is not known: {detected.why}.", "Sentry's alerts and the activity log")
    else:
        text = f"Started {moment(told.milestone('started').at or incident.began)}, detected {moment(detected.at)}."
        yield Hint(text, detected.source or "")
    alerts = incident.evidence.alerts
    if isinstance(alerts, Known):
        fired = [alert for alert in alerts.value if alert.last_triggered and alert.last_triggered >= incident.began]
        for alert in fired:
            length = (alert.last_triggered or incident.began) - incident.began
            text = f"{quoted(alert.name)} last fired {briefly(length)} after the start."
            yield Hint(text, "alerts of the project: last triggered")
        if not alerts.value:
            yield Hint("The project has no alert in Sentry.", "alerts of the project")
        elif not fired:
            text = f"No alert of the project ({number(len(alerts.value))} in all) fired after the start."
            yield Hint(text, "alerts of the project: last triggered")


# --- why is this class of error possible ---------------------------------------------------------------------------


def _systemic(incident: Incident) -> Iterator[Hint]:
    for cause in incident.causes[:1]:
        yield Hint(
            f"The evidence fits the pattern {pattern_named(cause.pattern).title} (confidence {cause.confidence}).",
            "root-cause patterns",
        )
    back = [entry for entry in incident.evidence.issue.activity if entry.kind == "set_regression"]
    if back:
        text = (
            f"It came back after a resolve: {count(len(back), 'regression')} on record, the last {moment(back[-1].at)}."
        )
        yield Hint(text, "activity log of the issue")
    issue = incident.evidence.issue
    if issue.first_seen is not None and issue.first_seen < incident.opens:
        text = f"The error has been known since {moment(issue.first_seen)}"
        usual = incident.recovery_metrics.usual_per_hour
        rate = f", with {number(usual)} events in a usual hour before the incident" if usual else ""
        yield Hint(f"{text}{rate}.", "First Seen of the issue")
    owner = (
        f"The issue is assigned to {quoted(issue.assigned_to)}" if issue.assigned_to else "The issue has no assignee"
    )
    yield Hint(f"{owner}.", "the issue in Sentry")
