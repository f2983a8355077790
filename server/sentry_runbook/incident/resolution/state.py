"""The status of an issue with its details: in words, compared with a change, and read back after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.model.evidence import Issue, Snooze, quoted
from sentry_runbook.incident.model.results.resolution import State
from sentry_runbook.incident.resolution.request import Change, same_release

KIND_IS_KEPT = (
    "Sentry keeps how an issue is archived until it is reopened: use action=reopen first, then archive it anew."
)
"""Seen on Sentry 24.2 (sentry-api, appendix): the change answers 200, and substatus and end stay as they were."""


def state_of(issue: Issue) -> State:
    """The issue's status with its details."""
    snooze = issue.snooze if issue.status == "ignored" and issue.snooze is not None else Snooze()
    resolved = issue.status == "resolved"
    state = State(
        summary="",
        status=issue.status,
        substatus=issue.substatus,
        in_release=issue.status_release if resolved else None,
        in_next_release=(issue.next_release or None) if resolved else None,
        ignore_count=snooze.count,
        ignore_users=snooze.users,
        window_minutes=snooze.window_minutes or snooze.user_window_minutes,
        ignore_until=snooze.until,
    )
    return state.model_copy(update={"summary": summary(state)})


def is_same_state(before: State, now: State) -> bool:
    """Whether nobody changed the state in between; that less remains of a limit after more events is no change."""

    def shrank(old: int | None, new: int | None) -> bool:
        return old is not None and new is not None and 0 <= new <= old

    rest = {
        name: getattr(before, name)
        for name in ("ignore_count", "ignore_users")
        if shrank(getattr(before, name), getattr(now, name))
    }
    return now.model_copy(update={**rest, "summary": before.summary}) == before


def summary(state: State) -> str:
    """The state in one sentence."""
    if state.status == "resolved":
        return f"resolved{_in_what(state)}"
    if state.status == "ignored":
        return f"archived {_until(state)}"
    if state.status == "unresolved":
        return f"unresolved ({state.substatus})" if state.substatus else "unresolved"
    return state.status or "not known"


def _in_what(state: State) -> str:
    if state.in_next_release:
        return " in the next release"
    return f" in release {quoted(state.in_release)}" if state.in_release else ""


def _until(state: State) -> str:
    within = f" within {state.window_minutes} minutes" if state.window_minutes else ""
    conditions = [
        f"{count(state.ignore_count, 'more event')}{within}" if state.ignore_count is not None else "",
        f"{count(state.ignore_users, 'more user')}{within}" if state.ignore_users is not None else "",
        moment(state.ignore_until) if state.ignore_until is not None else "",
    ]
    named = " or ".join(condition for condition in conditions if condition)
    if named:
        return f"until {named}"
    if state.substatus == "archived_until_escalating":
        return "until it escalates"
    if state.substatus == "archived_until_condition_met":
        return "until a condition is met that Sentry does not tell"
    return "for ever"


def expected(change: Change, now: datetime) -> State:
    """The state that a change should lead to."""
    state = State(
        summary="",
        status=change.status,
        substatus="ongoing" if change.status == "unresolved" else change.substatus,
        in_release=change.in_release,
        in_next_release=change.in_next_release or None,
        ignore_count=change.ignore_count,
        ignore_users=change.ignore_users,
        window_minutes=change.window_minutes or change.user_window_minutes,
        ignore_until=now + timedelta(minutes=change.ignore_minutes) if change.ignore_minutes is not None else None,
    )
    return state.model_copy(update={"summary": summary(state)})


# --- already so ----------------------------------------------------------------------------------------------------


def is_already(change: Change, issue: Issue, now: datetime) -> bool:
    """Whether the issue is in that state with the same details, so that writing would only move times and counts."""
    if issue.status != change.status:
        return False
    if change.status == "resolved":
        return _same_release(change, issue)
    if change.status == "ignored":
        return _same_snooze(change, issue, now)
    return True


def _same_release(change: Change, issue: Issue) -> bool:
    if change.in_next_release:
        return issue.next_release or _was_next_release(issue)
    if change.in_release is not None:
        # "latest" is whatever is newest now; whether the stored one is that, only Sentry knows.
        return same_release(issue.status_release, change.in_release) and not _was_next_release(issue)
    return issue.status_release is None and not issue.next_release


def _was_next_release(issue: Issue) -> bool:
    """Semver projects store "in the next release" as the release that was current (sentry-api rule 15)."""
    done = [entry for entry in issue.activity if entry.kind.startswith("set_resolved")]
    last = max(done, key=lambda entry: entry.at, default=None)
    pending = last is not None and last.kind == "set_resolved_in_release" and last.version is None
    return issue.status_release is not None and pending


def _same_snooze(change: Change, issue: Issue, now: datetime) -> bool:
    snooze = issue.snooze or Snooze()
    if change.substatus == "archived_until_escalating":
        return issue.substatus == "archived_until_escalating"
    if change.substatus == "archived_forever":
        # Older servers tell no substatus: then no condition at all is for ever.
        return issue.substatus == "archived_forever" or (issue.substatus is None and snooze == Snooze())
    return fits(change, snooze, now, minutes_off=1)


def keeps_kind(change: Change, issue: Issue) -> bool:
    """Whether the change asks for another kind of archive than the issue has, which Sentry does not grant."""
    if change.status != "ignored" or issue.status != "ignored" or issue.substatus is None:
        return False
    return change.substatus != issue.substatus


def fits(change: Change, snooze: Snooze, now: datetime, minutes_off: int) -> bool:
    """Whether the stored conditions are those of the change."""
    until = None if change.ignore_minutes is None else now + timedelta(minutes=change.ignore_minutes)
    if (until is None) != (snooze.until is None):
        return False
    if until is not None and snooze.until is not None and abs(until - snooze.until) > timedelta(minutes=minutes_off):
        return False
    wanted = (change.ignore_count, change.window_minutes, change.ignore_users, change.user_window_minutes)
    return wanted == (snooze.count, snooze.window_minutes, snooze.users, snooze.user_window_minutes)
