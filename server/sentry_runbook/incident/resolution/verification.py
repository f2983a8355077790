"""After a write: is the issue, read again, in the state that was planned?

Servers differ: projects with ordered versions store "in the next release" as a concrete one, old servers drop the
conditions of an archive, servers without forecasts archive for ever. Sentry keeps the kind of an archive (until it
escalates, until a condition is met, for ever) until the issue is reopened, whatever a later change asks, and answers
200. What is there counts, not the answer to the write.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.issue_state import FOR_EVER, UNTIL_ESCALATING, state_of, summary
from sentry_runbook.incident.issue_status import last_resolve
from sentry_runbook.incident.model.evidence import EventText, Frozen, Issue, Snooze, quoted
from sentry_runbook.incident.release_versions import is_later, latest_version
from sentry_runbook.incident.resolution.request import StatusChange
from sentry_runbook.incident.resolution.state import (
    KIND_IS_KEPT,
    is_in_release,
    is_same_state,
    same_counts,
    same_end,
)

TOLERANCE_MINUTES = 10
"""So much may lie between our clock and the server's, and between sending and storing, when an end is compared."""
TOLERANCE_PART = 10
"""Of a long archive the tenth part may: a clock that is off by an hour is no reason to doubt a week."""


class Verification(Frozen):
    """What the issue shows after the write.

    Attributes:
        notes: how the state differs from what was sent, though it means the same; or what is missing.
    """

    outcome: Literal["applied", "not_applied"]
    notes: tuple[EventText, ...] = ()


def compare(planned: StatusChange, read_back: Issue, now: datetime, *, before: Issue | None = None) -> Verification:
    """Whether the issue, read again, is in the state that was planned.

    Args:
        planned: what was sent.
        read_back: the issue after it.
        now: when it was sent, by our clock, to check the end of an ``ignore_minutes``; the server's clock sets that
            end, so it is the same within the larger of TOLERANCE_MINUTES and the length by TOLERANCE_PART.
        before: the issue as it was before, to tell an archive that Sentry left as it was.
    """
    problem = _problem(planned, read_back, now, before)
    if problem is not None:
        shown = summary(state_of(read_back))
        return Verification(outcome="not_applied", notes=(f"Sentry shows the issue as {shown}{problem}",))
    note = _release_note(planned, read_back, before)
    return Verification(outcome="applied", notes=() if note is None else (note,))


def _problem(planned: StatusChange, issue: Issue, now: datetime, before: Issue | None) -> str | None:
    """What is wrong, as the end of a sentence about the state that is shown; None when nothing is."""
    if issue.status != planned.status:
        return "."
    if planned.status == "resolved":
        return _release_problem(planned, issue, before)
    if planned.status == "ignored":
        return _kind_problem(planned, issue, before) or _archive_problem(planned, issue, now)
    return None


def _release_problem(planned: StatusChange, issue: Issue, before: Issue | None) -> str | None:
    if planned.in_next_release:
        kept = issue.next_release or issue.status_release is not None
        return None if kept else f", without the next release: any new event reopens it.{_left_resolved(before)}"
    if planned.in_release is None:
        # A plain resolve deletes the release link; while it is there, older releases do not reopen the issue.
        return f" still.{_left_resolved(before)}" if issue.status_release or issue.next_release else None
    if planned.in_release == "latest":
        return None if issue.status_release else f", in no release.{_left_resolved(before)}"
    return (
        None
        if is_in_release(planned, issue)
        else f", not in release {quoted(planned.in_release)}.{_left_resolved(before)}"
    )


def _left_resolved(before: Issue | None) -> str:
    """What to do where the server left a resolved issue as it was, as newer ones do."""
    if before is None or before.status != "resolved":
        return ""
    return " Newer servers leave a resolved issue as it is: use action=reopen first, then resolve it anew."


def _release_note(planned: StatusChange, issue: Issue, before: Issue | None) -> str | None:
    """How the state differs from what was sent though it means the same (sentry-api rule 15)."""
    if issue.status_release is None:
        return None
    stored = quoted(issue.status_release)
    if planned.in_next_release and not issue.next_release:
        return f"{_next_release_note(issue)}.{_above_all_seen(issue, before)}"
    return f"The latest release is {stored}." if planned.in_release == "latest" else None


def _next_release_note(issue: Issue) -> str:
    """What reopens an issue whose "next release" is stored as a concrete one: the log says it, not the one shown."""
    resolve, shown = last_resolve(issue), issue.status_release or ""
    stored = f"Sentry stored it as resolved in {quoted(shown)}"
    current = resolve.current_release if resolve is not None else None
    if current is None and resolve is not None and resolve.version is not None:
        return f"The next release is there already: {stored}; that one and later ones reopen it"
    if current is None:
        return f"This project orders its releases: {stored}; later ones reopen it"
    itself = f", {quoted(shown)} itself too" if is_later(shown, current) else ""
    return f"{stored}; any release after {quoted(current)} reopens it{itself}"


def _above_all_seen(issue: Issue, before: Issue | None) -> str:
    """That no release that the issue was seen in reopens it, as a sentence: newer servers count from the project's."""
    resolve, first, last = last_resolve(issue), (before or issue).first_release, (before or issue).last_release
    current = resolve.current_release if resolve is not None else None
    latest = latest_version(release.version for release in (first, last) if release is not None)
    if current is None or latest is None or not is_later(current, latest):
        return ""
    return f" That is above all it was seen in: no event of {quoted(latest)} and none of its hotfixes reopens it."


def _kind_problem(planned: StatusChange, issue: Issue, before: Issue | None) -> str | None:
    """That the archive was left as it was, in its kind or in the end that it had before."""
    if before is None or before.status != "ignored":
        return None
    kind_kept = issue.substatus is not None and issue.substatus == before.substatus != planned.substatus
    old, new = before.snooze or Snooze(), issue.snooze or Snooze()
    end_kept = planned.ignore_minutes is not None and new.until is not None and new.until == old.until
    if not kind_kept and not end_kept:
        return None
    was = state_of(before)
    how = " still" if is_same_state(was, state_of(issue)) else f", neither as asked nor as before ({was.summary})"
    return f"{how}. {KIND_IS_KEPT}"


def _archive_problem(planned: StatusChange, issue: Issue, now: datetime) -> str | None:
    snooze = issue.snooze or Snooze()
    if planned.substatus == UNTIL_ESCALATING:
        kept = issue.substatus == UNTIL_ESCALATING
        return None if kept else ": this server keeps no forecast, so the issue will not come back by itself."
    if planned.substatus == FOR_EVER:
        # Older servers tell no substatus: then no condition at all is for ever.
        return None if snooze == Snooze() and issue.substatus in (FOR_EVER, None) else "."
    if snooze == Snooze():
        return ": it dropped the conditions, so this may be for ever."
    return None if _are_limits_kept(planned, snooze, now) else ": other conditions than were sent."


def _are_limits_kept(planned: StatusChange, snooze: Snooze, now: datetime) -> bool:
    tolerance = max(TOLERANCE_MINUTES, (planned.ignore_minutes or 0) // TOLERANCE_PART)
    # Events may have come between the write and the reading: Sentry shows what remains of the number.
    restored = {
        "count": _restored(planned.ignore_count, snooze.count),
        "users": _restored(planned.ignore_users, snooze.users),
    }
    return same_end(planned, snooze, now, tolerance) and same_counts(planned, snooze.model_copy(update=restored))


def _restored(sent: int | None, shown: int | None) -> int | None:
    """``sent`` if ``shown`` can be what remains of it (0..sent), else ``shown``."""
    return sent if sent is not None and shown is not None and 0 <= shown <= sent else shown
