"""The status of an issue with its details: in words, as a change should leave it, and compared with a change."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.issue_status import is_logged_as_next_release, last_resolve
from sentry_runbook.incident.model.evidence import Issue, Snooze, quoted
from sentry_runbook.incident.model.results.resolution import State
from sentry_runbook.incident.resolution.request import (
    FOR_EVER,
    UNTIL_CONDITION_MET,
    UNTIL_ESCALATING,
    StatusChange,
    same_release,
)

ASKED_AGAIN_MINUTES = 1
"""An end that lies so near to the one asked for is the same end: the question was asked again."""
NEW_FOR = timedelta(days=7)
"""How long after its first event Sentry calls an unresolved issue new."""
KIND_IS_KEPT = (
    "Sentry keeps how an issue is archived until it is reopened: use action=reopen first, then archive it anew."
)
"""Seen on Sentry 24.2 (sentry-api, appendix): the change answers 200, and substatus and end stay as they were."""


def state_of(issue: Issue) -> State:
    """The issue's status with its details."""
    snooze = issue.snooze if issue.status == "ignored" and issue.snooze is not None else Snooze()
    resolved = issue.status == "resolved"
    resolve = last_resolve(issue) if resolved else None
    next_release = resolved and (issue.next_release or is_logged_as_next_release(resolve))
    state = State(
        summary="",
        status=issue.status,
        substatus=issue.substatus,
        in_release=issue.status_release if resolved else None,
        in_next_release=next_release or None,
        reopens_after=resolve.current_release if next_release and resolve else None,
        ignore_count=snooze.count,
        ignore_users=snooze.users,
        window_minutes=snooze.window_minutes or snooze.user_window_minutes,
        ignore_until=snooze.until,
    )
    return state.model_copy(update={"summary": summary(state)})


def is_same_state(before: State, now: State) -> bool:
    """Whether the two states are equal; that less remains of a limit after more events is no difference."""

    def shrank(old: int | None, new: int | None) -> bool:
        return old is not None and new is not None and 0 <= new <= old

    rest = {
        name: getattr(before, name)
        for name in ("ignore_count", "ignore_users")
        if shrank(getattr(before, name), getattr(now, name))
    }
    return now.model_copy(update={**rest, "summary": before.summary}) == before


def summary(state: State) -> str:
    """The state as a phrase: ``archived until 100 more events``."""
    if state.status == "resolved":
        return f"resolved{_in_what(state)}"
    if state.status == "ignored":
        return f"archived {_until(state)}"
    if state.status == "unresolved":
        return f"unresolved ({state.substatus})" if state.substatus else "unresolved"
    return state.status or "not known"


def _in_what(state: State) -> str:
    if state.in_next_release:
        after = f": any release after {quoted(state.reopens_after)} reopens it" if state.reopens_after else ""
        other = None if same_release(state.in_release, state.reopens_after) else state.in_release
        shown = f" (Sentry shows it as resolved in {quoted(other)})" if after and other else ""
        return f" in the next release{after}{shown}"
    return f" in release {quoted(state.in_release)}" if state.in_release else ""


def _until(state: State) -> str:
    within = f" within {state.window_minutes} minutes" if state.window_minutes else ""
    conditions = [
        f"{count(state.ignore_count, 'more event')}{within}" if state.ignore_count is not None else "",
        f"{count(state.ignore_users, 'more user')}{within}" if state.ignore_users is not None else "",
        moment(state.ignore_until) if state.ignore_until is not None else "",
    ]
    named = " or ".join(condition for condition in conditions if condition)
    kind = {UNTIL_ESCALATING: "until it escalates", FOR_EVER: "for ever"}.get(state.substatus or "")
    if kind is not None:
        # A limit outlives the reopening (recording 96), and then stands beside an archive of another kind.
        return f"{kind} (Sentry also shows a limit: {named})" if named else kind
    if named:
        return f"until {named}"
    if state.substatus == UNTIL_CONDITION_MET:
        return "until a condition is met that Sentry does not tell"
    return "for ever"


def reopened_substatus(status: str | None, issue: Issue, now: datetime) -> str | None:
    """The substatus that Sentry gives the issue when it is reopened from a status; None when that is not known.

    Seen on Sentry 24.2: from the archive an issue of the last seven days is ``new`` again, an older one ``ongoing``;
    from resolved it is ``ongoing`` at any age.
    """
    if status == "resolved":
        return "ongoing"
    if status != "ignored" or issue.first_seen is None:
        return None
    return "new" if now - issue.first_seen < NEW_FOR else "ongoing"


def expected(change: StatusChange, issue: Issue, now: datetime) -> State:
    """The state that a change of the issue should lead to."""
    reopens = change.status == "unresolved"
    state = State(
        summary="",
        status=change.status,
        substatus=reopened_substatus(issue.status, issue, now) if reopens else change.substatus,
        in_release=change.in_release,
        in_next_release=change.in_next_release or None,
        ignore_count=change.ignore_count,
        ignore_users=change.ignore_users,
        window_minutes=change.window_minutes or change.user_window_minutes,
        ignore_until=now + timedelta(minutes=change.ignore_minutes) if change.ignore_minutes is not None else None,
    )
    return state.model_copy(update={"summary": summary(state)})


# --- already so ----------------------------------------------------------------------------------------------------


def is_already(change: StatusChange, issue: Issue, now: datetime) -> bool:
    """Whether the issue is in that state with the same details, so that writing would only move times and counts."""
    if issue.status != change.status:
        return False
    if change.status == "resolved":
        return _same_release(change, issue)
    if change.status == "ignored":
        return _same_snooze(change, issue, now)
    return True


def _same_release(change: StatusChange, issue: Issue) -> bool:
    if change.in_next_release:
        return issue.next_release or _was_next_release(issue)
    if change.in_release is not None:
        # "latest" is whatever is newest now; whether the stored one is that, only Sentry knows.
        return same_release(issue.status_release, change.in_release) and not _was_next_release(issue)
    return issue.status_release is None and not issue.next_release


def _was_next_release(issue: Issue) -> bool:
    """Whether the release that the issue names is how Sentry stored "in the next release" (sentry-api rule 15)."""
    return issue.status_release is not None and is_logged_as_next_release(last_resolve(issue))


def _same_snooze(change: StatusChange, issue: Issue, now: datetime) -> bool:
    snooze = issue.snooze or Snooze()
    if change.substatus == UNTIL_ESCALATING:
        return issue.substatus == UNTIL_ESCALATING
    if change.substatus == FOR_EVER:
        # Older servers tell no substatus: then no condition at all is for ever.
        return issue.substatus in (FOR_EVER, None) and snooze == Snooze()
    if issue.substatus not in (UNTIL_CONDITION_MET, None):
        return False
    return same_counts(change, snooze) and same_end(change, snooze, now, ASKED_AGAIN_MINUTES)


def same_counts(change: StatusChange, snooze: Snooze) -> bool:
    """Whether Sentry stores the change's numbers of events and users, and their windows."""
    wanted = (change.ignore_count, change.window_minutes, change.ignore_users, change.user_window_minutes)
    return wanted == (snooze.count, snooze.window_minutes, snooze.users, snooze.user_window_minutes)


def same_end(change: StatusChange, snooze: Snooze, now: datetime, minutes_off: int) -> bool:
    """Whether it ends by itself when the change says, if that is sent at ``now``; ``minutes_off`` may lie between."""
    if change.ignore_minutes is None or snooze.until is None:
        return change.ignore_minutes is None and snooze.until is None
    until = now + timedelta(minutes=change.ignore_minutes)
    return abs(until - snooze.until) <= timedelta(minutes=minutes_off)


def keeps_kind(change: StatusChange, issue: Issue) -> bool:
    """Whether the change asks for another kind of archive than the issue has, which Sentry does not grant."""
    if change.status != "ignored" or issue.status != "ignored" or issue.substatus is None:
        return False
    return change.substatus != issue.substatus
