"""After a write: is the issue, read again, in the state that was planned?

Servers differ: projects with ordered versions store "in the next release" as a concrete one, old servers drop the
conditions of an archive, servers without forecasts archive for ever. Sentry keeps the kind of an archive (until it
escalates, until a condition is met, for ever) until the issue is reopened, whatever a later change asks, and answers
200. What is there counts, not the answer to the write.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from sentry_runbook.incident.model.evidence import EventText, Frozen, Issue, Snooze, quoted
from sentry_runbook.incident.resolution.request import Change, same_release
from sentry_runbook.incident.resolution.state import KIND_IS_KEPT, fits, state_of, summary

SENT_AND_READ_MINUTES = 2
"""So much may lie between the two clocks when an end is compared."""
EPOCH = datetime.fromtimestamp(0, UTC)


class ReadBack(Frozen):
    """What the issue shows after the write.

    Attributes:
        notes: how the state differs from what was sent, though it means the same; or what is missing.
    """

    outcome: Literal["applied", "not_applied"]
    notes: tuple[EventText, ...] = ()


def compare(planned: Change, read_back: Issue, now: datetime | None = None, *, before: Issue | None = None) -> ReadBack:
    """Whether the issue, read again, is in the state that was planned.

    Args:
        planned: what was sent.
        read_back: the issue after it.
        now: when it was sent, to check an ``ignore_minutes``; left out, only that there is an end at all is checked.
        before: the issue as it was before, to tell an archive that Sentry left as it was.
    """
    shown = f"Sentry shows the issue as {summary(state_of(read_back))}"
    note = ""
    if read_back.status != planned.status:
        problem = f"{shown}."
    elif planned.status == "resolved":
        problem, note = _release_problem(planned, read_back, shown), _release_note(planned, read_back)
    elif planned.status == "ignored":
        problem = _kind_problem(planned, read_back, before, shown) or _snooze_problem(planned, read_back, now, shown)
    else:
        problem = ""
    if problem:
        return ReadBack(outcome="not_applied", notes=(problem,))
    return ReadBack(outcome="applied", notes=(note,) if note else ())


def _release_problem(planned: Change, issue: Issue, shown: str) -> str:
    if planned.in_next_release:
        kept = issue.next_release or issue.status_release is not None
        return "" if kept else f"{shown}, without the next release: any new event reopens it."
    if planned.in_release is None:
        return f"{shown} still." if issue.status_release or issue.next_release else ""
    if planned.in_release == "latest":
        return "" if issue.status_release else f"{shown}, in no release."
    same = same_release(issue.status_release, planned.in_release)
    return "" if same else f"{shown}, not in release {quoted(planned.in_release)}."


def _release_note(planned: Change, issue: Issue) -> str:
    """How the state differs from what was sent though it means the same (sentry-api rule 15)."""
    if issue.status_release is None:
        return ""
    stored = quoted(issue.status_release)
    if planned.in_next_release and not issue.next_release:
        return f"This project orders its releases: Sentry stored it as resolved in {stored}; later ones reopen it."
    return f"The latest release is {stored}." if planned.in_release == "latest" else ""


def _kind_problem(planned: Change, issue: Issue, before: Issue | None, shown: str) -> str:
    """Whether the archive was left as it was: its kind, or the end that it had before."""
    if before is None or before.status != "ignored":
        return ""
    if issue.substatus is not None and issue.substatus == before.substatus != planned.substatus:
        return f"{shown} still. {KIND_IS_KEPT}"
    old, new = before.snooze or Snooze(), issue.snooze or Snooze()
    if planned.ignore_minutes is not None and new.until is not None and new.until == old.until:
        return f"{shown} still. {KIND_IS_KEPT}"
    return ""


def _snooze_problem(planned: Change, issue: Issue, now: datetime | None, shown: str) -> str:
    snooze = issue.snooze or Snooze()
    if planned.substatus == "archived_until_escalating":
        kept = issue.substatus == planned.substatus
        return "" if kept else f"{shown}: this server keeps no forecast, so the issue will not come back by itself."
    if planned.substatus == "archived_forever":
        kept = snooze == Snooze() and issue.substatus in ("archived_forever", None)
        return "" if kept else f"{shown}."
    if snooze == Snooze():
        return f"{shown}: it dropped the conditions, so this may be for ever."
    return "" if _kept(planned, snooze, now) else f"{shown}: other conditions than were sent."


def _kept(planned: Change, snooze: Snooze, now: datetime | None) -> bool:
    if (planned.ignore_minutes is None) != (snooze.until is None):
        return False
    if now is None:
        planned, snooze = replace(planned, ignore_minutes=None), snooze.model_copy(update={"until": None})
    # Events may have come between the write and the reading: Sentry shows what remains of the number.
    rest = {"count": _sent(planned.ignore_count, snooze.count), "users": _sent(planned.ignore_users, snooze.users)}
    return fits(planned, snooze.model_copy(update=rest), now or EPOCH, SENT_AND_READ_MINUTES)


def _sent(sent: int | None, shown: int | None) -> int | None:
    """The number that was sent, where what is shown is what remains of it."""
    return sent if sent is not None and shown is not None and 0 <= shown <= sent else shown
