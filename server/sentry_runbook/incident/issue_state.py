"""The status of an issue with its details, as Sentry shows it, and in words."""

from __future__ import annotations

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.issue_status import is_logged_as_next_release, last_resolve
from sentry_runbook.incident.model.evidence import Issue, Snooze, quoted
from sentry_runbook.incident.model.results.resolution import State
from sentry_runbook.incident.release_versions import same_release

UNTIL_CONDITION_MET = "archived_until_condition_met"
UNTIL_ESCALATING = "archived_until_escalating"
FOR_EVER = "archived_forever"


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
        in_commit=issue.status_commit if resolved else None,
        reopens_after=resolve.current_release if next_release and resolve else None,
        ignore_count=snooze.count,
        ignore_users=snooze.users,
        window_minutes=snooze.window_minutes or snooze.user_window_minutes,
        ignore_until=snooze.until,
    )
    by_itself = " (by Sentry, after a time without events)" if resolved and issue.auto_resolved else ""
    return state.model_copy(update={"summary": f"{summary(state)}{by_itself}"})


def status_details(issue: Issue) -> str | None:
    """The status in words, where it has details that the word alone does not tell; else None."""
    state = state_of(issue)
    is_plain = issue.status not in ("resolved", "ignored") or state.summary == issue.status
    return None if is_plain else state.summary


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
    if state.in_release:
        return f" in release {quoted(state.in_release)}"
    return f" in commit {quoted(state.in_commit)}" if state.in_commit else ""


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
