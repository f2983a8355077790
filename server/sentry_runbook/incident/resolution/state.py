"""The status of an issue with its details, as a change should leave it, and compared with a change."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.issue_state import FOR_EVER, UNTIL_CONDITION_MET, UNTIL_ESCALATING, state_of, summary
from sentry_runbook.incident.issue_status import is_logged_as_next_release, last_resolve
from sentry_runbook.incident.model.evidence import Issue, Snooze
from sentry_runbook.incident.model.results.resolution import State
from sentry_runbook.incident.release_versions import same_release
from sentry_runbook.incident.resolution.request import StatusChange

ASKED_AGAIN_MINUTES = 1
"""An end that lies so near to the one asked for is the same end: the question was asked again."""
NEW_FOR = timedelta(days=7)
"""How long after its first event Sentry calls an unresolved issue new."""
KIND_IS_KEPT = (
    "Sentry keeps how an issue is archived until it is reopened: use action=reopen first, then archive it anew."
)
"""Seen on Sentry 24.2 (sentry-api, appendix): the change answers 200, and substatus and end stay as they were."""


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
        return is_in_release(change, issue) and not _was_next_release(issue)
    return issue.status_release is None and not issue.next_release


def is_in_release(change: StatusChange, issue: Issue) -> bool:
    """Whether the issue is resolved in the very release of the change: by its whole name, where both are known."""
    if change.in_release_digest is not None and issue.status_release_digest is not None:
        return change.in_release_digest == issue.status_release_digest
    return same_release(issue.status_release, change.in_release)


def is_same_status(before: Issue, now: Issue) -> bool:
    """Whether the issue is as it was, by whole values: what is shown of two releases may look alike."""
    return before.status_digest == now.status_digest and is_same_state(state_of(before), state_of(now))


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
