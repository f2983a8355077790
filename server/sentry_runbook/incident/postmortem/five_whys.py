"""The five whys: the runbook's questions, what the evidence says to each, and what is left to people.

How to think about it: Sentry shows where and when, a person knows why. So every answer is a blank unless it was
stated, and the facts that the search for an answer starts from are listed below it as hints.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.environments import placeholders
from sentry_runbook.incident.events.why_fired import why_fired, words_of
from sentry_runbook.incident.formatting import (
    between,
    briefly,
    count,
    elapsed,
    listed,
    moment,
    no_stack,
    number,
    quoted_frame,
)
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.model.evidence import (
    Breadcrumb,
    Event,
    Frame,
    Known,
    Stack,
    ThrownException,
    Unknown,
    quoted,
)
from sentry_runbook.incident.model.results.messages import Blank
from sentry_runbook.incident.postmortem.alert_why import QUICK, is_detected_quickly, late_alert
from sentry_runbook.incident.postmortem.hint import Hint, Why
from sentry_runbook.incident.releases import Start, alignment
from sentry_runbook.incident.timeline.context import deployed
from sentry_runbook.incident.together import reasons_of

MOST_STEPS = 4


def five_whys(incident: Incident) -> tuple[Why, ...]:
    """The five questions in the runbook's order."""
    cause = incident.stated.root_cause
    direct = excerpt(cause) if cause else Blank("direct cause, confirmed by a person")
    return (
        Why("Why did the error occur?", direct, tuple(_direct(incident))),
        Why("Why was that code path triggered?", Blank("what led there"), tuple(_triggered(incident))),
        Why("Why was it not caught in testing?", Blank("gap in tests, review or staging"), tuple(_testing(incident))),
        _harm(incident) if is_detected_quickly(incident) else late_alert(incident),
        Why("Why is this class of error possible?", Blank("systemic cause"), tuple(_systemic(incident))),
    )


def the_event(incident: Incident) -> tuple[Event, str] | None:
    """The representative event of the issue, and its name as a source."""
    part, sample = incident.evidence.event, incident.evidence.sample
    if isinstance(part, Known):
        return part.value, f"event {part.value.id[:12]}"
    if isinstance(sample, Known) and sample.value:
        return sample.value[0], f"event {sample.value[0].id[:12]}"
    return None


# --- why did the error occur ---------------------------------------------------------------------------------------


def _direct(incident: Incident) -> Iterator[Hint]:
    yield from _first_of_several(incident)
    sourced_event = the_event(incident)
    if sourced_event is None:
        why = incident.evidence.event.why if isinstance(incident.evidence.event, Unknown) else "no event"
        yield Hint(f"No event could be read: {why}.", "Sentry")
        return
    event, source = sourced_event
    chain, aside = _chain_and_aside(event)
    for index, thrown in enumerate(chain):
        yield Hint(f"{'It became' if index else 'Raised'}: {_raised(thrown)}.", f"stack trace of {source}")
    for thrown in aside:
        yield Hint(f"Beside it: {_raised(thrown)}.", f"stack trace of {source}")
    if not event.exceptions:
        frame = event.failing_frame
        found = (
            f"no exception; its stack ends in {quoted_frame(frame)}" if frame else f"no exception and {no_stack(event)}"
        )
        yield Hint(why_fired(incident.evidence) or f"The event has {found}.", source)
    line = _failing_line(event)
    if line is not None:
        yield Hint(f"The failing line: {excerpt(line)}.", f"source context of {source}")


def _first_of_several(incident: Incident) -> Iterator[Hint]:
    """That the questions are about the issue that began first, and what is known of the others."""
    if not incident.evidence.together:
        return
    issue = incident.evidence.issue
    where = f" in {quoted(issue.project)}" if issue.project else ""
    yield Hint(f"The first of the issues is {issue.name}{where}: {excerpt(issue.title)}.", "the issues in Sentry")
    yield from (Hint(f"{reason}.", "the issues in Sentry") for reason in reasons_of(incident))


def _chain_and_aside(event: Event) -> tuple[list[ThrownException], list[ThrownException]]:
    """The exceptions of which one became the next, the cause first, and those that only happened meanwhile.

    Siblings in a group of errors and suppressed ones did not become each other.
    """
    chain = [thrown for thrown in event.exceptions if not thrown.aside]
    return chain, [thrown for thrown in event.exceptions if thrown.aside]


def _raised(thrown: ThrownException) -> str:
    what = quoted(thrown.type or "an error") + (f" with {excerpt(thrown.value)}" if thrown.value else "")
    frame = thrown.failing_frame
    return what + (f" in {quoted_frame(frame)}" if frame is not None else "")


def _failing_line(event: Event) -> str | None:
    """The source line that failed first: the innermost exception comes first in the chain."""
    stacks: list[Stack] = [*_chain_and_aside(event)[0], *([event.stack] if event.stack is not None else [])]
    for frame in (stack.failing_frame for stack in stacks):
        if frame is None or frame.line is None:
            continue
        for line in (frame.context or "").splitlines():
            marker, _, code = line.strip().partition(f" {frame.line} ")
            if marker in (">", "›") and code.strip():
                return code.strip()
    return None


# --- why was that code path triggered ------------------------------------------------------------------------------


def _triggered(incident: Incident) -> Iterator[Hint]:
    sourced_event = the_event(incident)
    if sourced_event is not None:
        event, source = sourced_event
        if event.transaction:
            yield Hint(f"It happened in the transaction {quoted(event.transaction)}.", source)
        steps = event.breadcrumbs[-MOST_STEPS:]
        if steps:
            path = " → ".join(step_of(step) for step in steps)
            yield Hint(f"The last steps before it: {path}.", f"breadcrumbs of {source}")
        elif words_of(incident.evidence) is None:
            yield Hint("The event carries no breadcrumbs.", source)
    calls = incident.failed_calls
    if calls is not None:
        answers = ", ".join(calls.statuses)
        text = f"Calls to {quoted(calls.host)} fail ({answers}) in {calls.events} of {count(calls.read, 'event')} read."
        yield Hint(text, "breadcrumbs of the events read")
    yield from _release(incident)


def cause_of(event: Event) -> tuple[ThrownException, Frame | None] | None:
    """The innermost exception that our own code raised or met, and its frame; the chain is ordered cause first."""
    for thrown in _chain_and_aside(event)[0]:
        frame = thrown.failing_frame
        if frame is not None and frame.in_app:
            return thrown, frame
    return (event.leading, event.failing_frame) if event.leading is not None else None


def step_of(step: Breadcrumb) -> str:
    """A breadcrumb in one quoted line."""
    return excerpt(step.call or step.message or step.category or "a step without words")


def _release(incident: Incident) -> Iterator[Hint]:
    if incident.suspect is None or incident.known_episode is None:
        return
    deploy = alignment(incident.evidence, incident.suspect, Start.of(incident.known_episode))
    name = quoted(incident.suspect)
    if deploy is None:
        yield Hint(f"The suspect release is {name}; nothing dates its deploy.", "releases of the project")
        return
    if deploy.lag is None:
        when = f"{between(deploy.start.earliest, deploy.start.latest)}, in the time of"
    else:
        when = f"{briefly(abs(deploy.lag))} {'after' if deploy.lag >= timedelta() else 'before'}"
    text = f"The errors began {when} release {name} ({deploy.source}, {moment(deploy.at)})."
    yield Hint(text, "deploys and releases in Sentry")


# --- why was it not caught in testing ------------------------------------------------------------------------------


def _is_outside_production(incident: Incident) -> bool:
    """Whether the issue was seen outside production only; not known of an environment that may be the production."""
    scope = incident.evidence.scope
    is_told = scope.lacks_production is False and not placeholders(scope.others)
    return scope.known and bool(scope.others) and not scope.production and is_told


def _testing(incident: Incident) -> Iterator[Hint]:
    scope, source = incident.evidence.scope, "environments of the issue, all time"
    if _is_outside_production(incident):
        yield Hint(f"It was caught before production: Sentry has its events from {listed(scope.others)} only.", source)
    else:
        yield from _staged(incident)
        if scope.known and scope.production:
            also = f"also from {listed(scope.others)}" if scope.others else "from production only"
            name = incident.evidence.issue.name if incident.evidence.together else "this issue"
            yield Hint(f"Sentry has events of {name} {also}.", source)
    commits = incident.evidence.suspect_commits
    for commit in commits.value[:1] if isinstance(commits, Known) else ():
        name = quoted(commit.pull_request or commit.id)
        when = f", made {moment(commit.at)}" if commit.at else ""
        yield Hint(f"The change to look at is {name}{when}.", "suspect commits of the event")


def _staged(incident: Incident) -> Iterator[Hint]:
    """How long the release was deployed to another environment before production."""
    own = [deploy for deploy in incident.deploys if deploy.version == incident.suspect]
    live = next(((at, deploy) for deploy in own if incident.is_live(deploy) and (at := deployed(deploy))), None)
    if live is None:
        return
    name, where = quoted(incident.suspect or ""), quoted(live[1].environment)
    elsewhere = [deploy for deploy in own if not incident.is_live(deploy)]
    earlier = [(at, deploy) for deploy in elsewhere if (at := deployed(deploy)) and at < live[0]]
    if earlier:
        at, deploy = earlier[0]
        text = f"{name} was deployed to {quoted(deploy.environment)} {briefly(elapsed(at, live[0]))} before {where}."
    elif isinstance(incident.evidence.deploys, Known):
        text = f"No deploy marker shows {name} in another environment before {where}."
    else:
        return
    yield Hint(text, "deploy markers in Sentry")


# --- what is asked in place of a slow detection ---------------------------------------------------------------------


def _harm(incident: Incident) -> Why:
    """What is asked in place of a slow detection: what took time, else what let the harm grow."""
    started, mitigated = (incident.timeline.milestone(name) for name in ("started", "mitigated"))
    length = incident.timeline.between("started", "mitigated")
    if length is not None and length > QUICK and started.at and mitigated.at:
        unsure = " (a candidate, to be confirmed)" if mitigated.candidate else ""
        text = f"Started {moment(started.at)}, mitigated {moment(mitigated.at)}{unsure}."
        hint = Hint(text, mitigated.source or "")
        question = f"Why did it take {briefly(length)} until the mitigation?"
        return Why(question, Blank("where the response waited, and for what"), (hint,))
    users = incident.impact.users
    reached = f"it reach {count(users, 'user')}" if users else "nothing limit the harm earlier"
    return Why(f"Why did {reached}?", Blank("what lets the harm grow, and what limits it"))


# --- why is this class of error possible ---------------------------------------------------------------------------


def _systemic(incident: Incident) -> Iterator[Hint]:
    for cause in incident.causes[:1]:
        yield Hint(
            f"The evidence fits the pattern {pattern_named(cause.pattern).title} (confidence {cause.confidence}).",
            "root-cause patterns",
        )
    back = regressions(incident.evidence.issue)
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
    if issue.names_assignee:
        owner = f"is assigned to {quoted(issue.assigned_to)}" if issue.assigned_to else "has no assignee"
        name = issue.name if incident.evidence.together else "The issue"
        yield Hint(f"{name} {owner}.", "the issue in Sentry")
