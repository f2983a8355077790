"""Changes of an issue's status: what is asked, what would change, what to warn of, and whether it happened.

How to think about it: a write is planned here without a network. :func:`plan` says one of three things: the request is
invalid, the state is already so, or this :class:`.StatusChange` is to be sent. After the write the issue is read again
and :func:`.compare` says whether what was planned is what is there.
"""

from __future__ import annotations

from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_state import FOR_EVER, UNTIL_CONDITION_MET, UNTIL_ESCALATING, state_of
from sentry_runbook.incident.model.evidence import EventText, Frozen, quoted
from sentry_runbook.incident.model.results.resolution import Action, State
from sentry_runbook.incident.resolution.request import (
    ResolutionRequest,
    StatusChange,
    change_of,
    refusals,
)
from sentry_runbook.incident.resolution.servers import distortion
from sentry_runbook.incident.resolution.state import (
    KIND_IS_KEPT,
    expected,
    is_already,
    keeps_kind,
    reopened_substatus,
)
from sentry_runbook.incident.resolution.warnings import other_name, warnings_for


class ResolutionPlan(Frozen):
    """What a request means for this issue.

    Attributes:
        change: what to send; None when nothing is to be sent.
        already: the state is already so, details included.
        refused: why the request is invalid; None when it is valid.
        after: the state that the change should lead to.
        undo: what puts it back, and what is not restored exactly.
        must_confirm: also in ``direct`` mode (archived for ever, or an issue that was asked for under another name).
    """

    action: Action
    change: StatusChange | None = None
    already: bool = False
    refused: str | None = None
    before: State
    after: State
    warnings: tuple[EventText, ...] = ()
    undo: EventText = ""
    must_confirm: bool = False


def plan(request: ResolutionRequest, incident: Incident) -> ResolutionPlan:
    """What the request means for this issue; decides, sends nothing."""
    issue, now = incident.evidence.issue, incident.now
    before, renamed = state_of(issue), tuple(other_name(issue))
    refused = next(refusals(request, issue), None) or distortion(request, incident.evidence)
    if refused is not None:
        return ResolutionPlan(action=request.action, refused=refused, before=before, after=before, warnings=renamed)
    change = change_of(request)
    # Writing the same state again would move the time of the resolve and restart the counts (sentry-api §10).
    if is_already(change, issue, now):
        return ResolutionPlan(action=request.action, already=True, before=before, after=before, warnings=renamed)
    if keeps_kind(change, issue):
        # Sent, it would not become what was asked, and the limits that are there could be lost (recordings 89, 531).
        reason = f"The issue is {before.summary}. {KIND_IS_KEPT}"
        return ResolutionPlan(action=request.action, refused=reason, before=before, after=before, warnings=renamed)
    return ResolutionPlan(
        action=request.action,
        change=change,
        before=before,
        after=expected(change, issue, now),
        warnings=tuple(warnings_for(request, incident)),
        undo=_undo(change, incident, before),
        must_confirm=change.substatus == FOR_EVER or issue.asked_as is not None,
    )


# --- undo ----------------------------------------------------------------------------------------------------------


def _undo(change: StatusChange, incident: Incident, before: State) -> str:
    """The call that puts the earlier state back, and what Sentry does not restore."""
    if before.status == "unresolved":
        lost = _lost_substatus(change, incident)
        return f"resolve_issue action=reopen puts it back to unresolved.{lost}"
    if before.status == "resolved":
        how = f"resolve_issue {_resolve_again(before)}"
        lost = "the time of the first resolve" + (", and its link to the commit," if before.in_commit else "")
        return f"{how} resolves it again; {lost} is not restored."
    if before.status != "ignored":
        return ""
    return f"{_archive_again(before)} Counts and times then start anew: what had already passed is not restored."


def _lost_substatus(change: StatusChange, incident: Incident) -> str:
    issue = incident.evidence.issue
    then = reopened_substatus(change.status, issue, incident.now)
    if issue.substatus is None or issue.substatus == then:
        return ""
    return f" Its substatus {quoted(issue.substatus)} " + (f"becomes {then}." if then else "may change.")


def _resolve_again(before: State) -> str:
    if before.in_next_release:
        return "action=resolve_in_next_release"
    if before.in_release:
        return f"action=resolve_in_release release={quoted(before.in_release)}"
    return "action=resolve"


def _archive_again(before: State) -> str:
    if before.substatus == UNTIL_ESCALATING:
        return "resolve_issue action=archive_until_escalating archives it again."
    limits = [
        f"ignore_count={before.ignore_count}" if before.ignore_count else "",
        f"ignore_users={before.ignore_users}" if before.ignore_users else "",
        f"window_minutes={before.window_minutes}" if before.window_minutes else "",
        f"ignore_minutes=… (it would have ended {moment(before.ignore_until)})" if before.ignore_until else "",
    ]
    named = " ".join(filter(None, limits))
    if not named and before.substatus == UNTIL_CONDITION_MET:
        # Without a condition, action=ignore would archive it for ever.
        return "resolve_issue action=ignore ignore_count=N archives it again: Sentry tells no condition, so give one."
    return f"resolve_issue action=ignore{f' {named}' if named else ''} archives it again."
