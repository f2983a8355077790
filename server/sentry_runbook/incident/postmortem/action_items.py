"""Action items from the evidence: a verb, an object, how to know it is done, and the fact that asks for it.

Owner and due date are left blank: only people give them. An item appears when a fact asks for it, so the list is
short and every line of it can be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.events.why_fired import words_of
from sentry_runbook.incident.formatting import briefly, count, duration, elapsed, moment, quoted_frame
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.model.evidence import Frame, Known, Unknown, quoted
from sentry_runbook.incident.model.results.messages import ActionItem
from sentry_runbook.incident.postmortem.alert_items import reviewed_items
from sentry_runbook.incident.postmortem.alert_why import QUICK, is_detected_quickly
from sentry_runbook.incident.postmortem.five_whys import cause_of, the_event
from sentry_runbook.incident.releases import deploys_of
from sentry_runbook.incident.timeline.alerting import after_the_start


def action_items(incident: Incident) -> tuple[ActionItem, ...]:
    """The action items that follow from the evidence, the cause first."""
    items = [item for propose in PROPOSALS for item in propose(incident)]
    return tuple({item.action: item for item in items}.values())


def _finish_the_fix(incident: Incident) -> Iterator[ActionItem]:
    issue, names = incident.evidence.issue, incident.evidence.names
    if issue.status == "resolved" and not incident.recovery_metrics.came_back:
        return
    is_recovered = incident.recovery.verdict == "recovered"
    suspect = quoted(incident.suspect or "")
    if incident.stated.fix:
        action = f"Resolve {names} in Sentry in the release that holds the fix"
    elif any(incident.is_older(deploy.version) for deploy in incident.later_deploys):
        action = f"Fix the cause of {names} before release {suspect} is deployed again, and resolve it there"
    else:
        action = f"Fix the cause of {names} and resolve it in the release that holds the fix"
    yield ActionItem(
        action=action,
        done_when=f"check_recovery says recovered for {names} and no event comes from the fixing release",
        why=f"the event rate is {'' if is_recovered else 'not known to be '}back to usual, and the issue is "
        f"{issue.status or 'of unknown status'} in Sentry",
    )


def _came_back(incident: Incident) -> Iterator[ActionItem]:
    back = regressions(incident.evidence.issue)
    if back:
        yield ActionItem(
            action=f"Compare the earlier fix of {incident.evidence.issue.name} with what brought it back",
            done_when="the postmortem names the case that the earlier fix left open, and a test covers it",
            why=f"{count(len(back), 'regression')} on record, the last {moment(back[-1].at)}",
        )


def _test(incident: Incident) -> Iterator[ActionItem]:
    sourced_event = the_event(incident)
    if sourced_event is None or words_of(incident.evidence) is not None:
        return
    event, source = sourced_event
    exception, frame = cause_of(event) or (None, None)
    frame = _readable(incident, frame)
    where = f" in {quoted_frame(frame)}" if frame is not None else ""
    name = excerpt(exception.type if exception is not None and exception.type else incident.evidence.issue.title)
    steps = "the breadcrumbs" if event.breadcrumbs else "the request"
    on = f"on {quoted(incident.suspect)}" if incident.suspect else "without the fix"
    yield ActionItem(
        action=f"Add a regression test for {name}{where} that repeats {steps} of {source}",
        done_when=f"the test fails {on}, passes with the fix, and runs in the pipeline",
        why="the runbook asks for a test of the scenario",
    )


def _prevent(incident: Incident) -> Iterator[ActionItem]:
    for cause in incident.causes[:1]:
        pattern = pattern_named(cause.pattern)
        if pattern.prevention is not None:
            prevention = pattern.prevention(incident)
            why = f"the evidence fits the pattern {pattern.title} (confidence {cause.confidence})"
            yield ActionItem(action=prevention.action, done_when=prevention.done_when, why=why)


def _alert(incident: Incident) -> Iterator[ActionItem]:
    """A slow detection has two causes: the alert came late, or it came and reached nobody."""
    if is_detected_quickly(incident):
        return
    length, first = incident.timeline.between("started", "detected"), incident.first_alert
    known = "is not known" if length is None else f"was {briefly(length)}"
    detection = incident.detection
    if detection is not None and detection.tells:
        yield from reviewed_items(incident, detection, known)
    elif first is None or first.last_triggered is None:
        yield _alert_rule(incident, known)
    elif incident.is_after_a_pause(first.last_triggered):
        yield ActionItem(
            action=f"Review in Sentry when the alert {quoted(first.name)} fired first in this incident",
            done_when=f"it is known whether it fired within {duration(QUICK)} of the start",
            why=f"Sentry tells its last firing only, which came after a pause, and the time to detect {known}",
        )
    elif elapsed(incident.began, first.last_triggered) > QUICK:
        yield _alert_rule(incident, known, first.name)
    elif length is not None:
        yield ActionItem(
            action=f"Route the Sentry alert {quoted(first.name)} to the person on call",
            done_when=f"a trial alert reaches the person on call within {duration(QUICK)}",
            why=f"it fired {after_the_start(incident, first.last_triggered)}, and the time to detect {known}",
        )


def _alert_rule(incident: Incident, known: str, name: str | None = None) -> ActionItem:
    alerts = incident.evidence.alerts
    has_none = isinstance(alerts, Known) and not alerts.value
    what = "Add a Sentry alert rule" if has_none else "Update the Sentry alert rules"
    what = f"Update the Sentry alert {quoted(name)}" if name is not None else what
    return ActionItem(
        action=f"{what} so that an incident like {incident.evidence.issue.name} fires within {duration(QUICK)}",
        done_when="a trial with the event rate of the first minutes of this incident fires in that time",
        why=f"the project has no alert, and the time to detect {known}" if has_none else f"the time to detect {known}",
    )


def _owner(incident: Incident) -> Iterator[ActionItem]:
    issue = incident.evidence.issue
    if not issue.names_assignee:
        return  # whether a rule assigned it is not known
    if any(entry.kind == "assigned" and entry.actor == "sentry" for entry in issue.activity):
        return  # a rule did assign it
    sourced_event = the_event(incident)
    frame = _readable(incident, sourced_event[0].failing_frame) if sourced_event is not None else None
    file = (frame.file or frame.module) if frame is not None else None
    what = quoted(file or issue.project or issue.name)
    by = f"assigned to {quoted(issue.assigned_to)}" if issue.assigned_to else "without an assignee"
    yield ActionItem(
        action=f"{'Review the' if issue.assigned_to else 'Add an'} ownership rule for {what} in Sentry",
        done_when="a new issue from there is assigned to its team without anybody's help",
        why=f"the issue is {by}",
    )


def _readable(incident: Incident, frame: Frame | None) -> Frame | None:
    """A line of minified code tells nobody where to look."""
    unread = any(gap.kind in ("minified", "processing") for gap in incident.gaps)
    return None if unread else frame


def _instrument(incident: Incident) -> Iterator[ActionItem]:
    if incident.gaps:
        yield ActionItem(
            action=f"Set up in the SDK of {quoted(incident.evidence.issue.project or 'the project')}: "
            + ", ".join(dict.fromkeys(gap.setting for gap in incident.gaps)),
            done_when="a new event of the project lacks none of these in Sentry",
            why="; ".join(gap.text.rstrip(".") for gap in incident.gaps),
        )


def _record_deploys(incident: Incident) -> Iterator[ActionItem]:
    # Deploys that Sentry did not tell of (None) may well be recorded.
    if incident.suspect is not None and deploys_of(incident.evidence, incident.suspect) == ():
        yield ActionItem(
            action="Record a deploy marker in Sentry at the end of each deploy",
            done_when="the next release shows a deploy with its environment and time in Sentry",
            why=f"no deploy marker says when {quoted(incident.suspect)} went live",
        )


def _associate_commits(incident: Incident) -> Iterator[ActionItem]:
    commits = incident.evidence.suspect_commits
    if incident.suspect is not None and not isinstance(commits, Unknown) and not commits.value:
        yield ActionItem(
            action="Associate commits with releases in the pipeline (sentry-cli releases set-commits VERSION --auto)",
            done_when="the next release lists its commits in Sentry",
            why="Sentry names no suspect commit, though a release is suspect",
        )


PROPOSALS: tuple[Callable[[Incident], Iterator[ActionItem]], ...] = (
    _finish_the_fix,
    _came_back,
    _prevent,
    _test,
    _alert,
    _owner,
    _record_deploys,
    _associate_commits,
    _instrument,
)
"""In this order; a new kind of action is a function and its name here."""
