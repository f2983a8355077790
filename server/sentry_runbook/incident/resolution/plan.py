"""Changes of an issue's status: what is asked, what would change, what to warn of, and whether it happened.

How to think about it: a write is planned here without a network. :func:`plan` says one of three things: the state is
already so, the wish is invalid, or this :class:`Change` is to be sent. After the write the issue is read again
and :func:`compare` says whether what was planned is what is there.
"""

from __future__ import annotations

from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import EventText, Frozen, Issue, quoted
from sentry_runbook.incident.model.results.resolution import Action, State
from sentry_runbook.incident.resolution.request import Change, Wish, change_of, refusals
from sentry_runbook.incident.resolution.state import expected, is_already, state_of
from sentry_runbook.incident.resolution.warnings import warnings_for


class ResolutionPlan(Frozen):
    """What a wish means for this issue.

    Attributes:
        change: what to send; None when nothing is to be sent.
        already: the state is already so, details included.
        refused: why the wish is invalid; None when it can.
        after: the state that the change should lead to.
        undo: what puts it back, and what is not restored exactly.
        must_confirm: also in ``direct`` mode (archived for ever).
    """

    action: Action
    change: Change | None = None
    already: bool = False
    refused: str | None = None
    before: State
    after: State
    warnings: tuple[EventText, ...] = ()
    undo: EventText = ""
    must_confirm: bool = False


def plan(wish: Wish, incident: Incident) -> ResolutionPlan:
    """What the wish means for this issue; decides, sends nothing."""
    issue, now = incident.evidence.issue, incident.now
    before = state_of(issue)
    refused = next(refusals(wish, issue), None)
    if refused is not None:
        return ResolutionPlan(action=wish.action, refused=refused, before=before, after=before)
    change = change_of(wish)
    after = expected(change, now)
    if is_already(change, issue, now):
        return ResolutionPlan(action=wish.action, already=True, before=before, after=before)
    return ResolutionPlan(
        action=wish.action,
        change=change,
        before=before,
        after=after,
        warnings=tuple(warnings_for(wish, incident)),
        undo=_undo(issue, before),
        must_confirm=change.is_for_ever,
    )


def _undo(issue: Issue, before: State) -> str:
    if before.status == "unresolved":
        lost = ""
        if issue.substatus is not None and issue.substatus != "ongoing":
            lost = f" Its substatus {quoted(issue.substatus)} becomes ongoing."
        return f"resolve_issue action=reopen puts it back to unresolved.{lost}"
    if before.status == "resolved":
        how = "action=resolve"
        if before.in_next_release:
            how = "action=resolve_in_next_release"
        elif before.in_release:
            how = f"action=resolve_in_release release={quoted(before.in_release)}"
        return f"resolve_issue {how} resolves it again; the time of the first resolve is not restored."
    return f"{_archive_again(before)} Counts and times then start anew: what had already passed is not restored."


def _archive_again(before: State) -> str:
    if before.substatus == "archived_until_escalating":
        return "resolve_issue action=archive_until_escalating archives it again."
    limits = [
        f"ignore_count={before.ignore_count}" if before.ignore_count else "",
        f"ignore_users={before.ignore_users}" if before.ignore_users else "",
        f"window_minutes={before.window_minutes}" if before.window_minutes else "",
        f"ignore_minutes=… (it would have ended {moment(before.ignore_until)})" if before.ignore_until else "",
    ]
    return f"resolve_issue {' '.join(['action=ignore', *filter(None, limits)])} archives it again."
