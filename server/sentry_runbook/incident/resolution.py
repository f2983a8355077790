"""Changes of an issue's status: what is asked, what would change, what to warn of, and whether it happened.

How to think about it: a write is planned here without a network. :func:`plan` says one of three things: the state is
already so, the wish cannot be meant, or this :class:`Change` is to be sent. After the write the issue is read again
and :func:`compare` says whether what was planned is what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sentry_runbook.incident.evidence import Answer, EventText, Evidence, Frozen, Issue
from sentry_runbook.incident.policy import Policy

Action = Literal[
    "resolve", "resolve_in_next_release", "resolve_in_release", "ignore", "archive_until_escalating", "reopen"
]
Outcome = Literal["planned", "needs_confirmation", "applied", "already", "refused", "not_applied", "unknown"]


class Wish(Frozen):
    """What the caller asks of an issue's status.

    Attributes:
        release: for ``resolve_in_release`` only; ``latest`` is Sentry's newest.
        ignore_count: for ``ignore``: that many MORE events from now.
        ignore_minutes: for ``ignore``: that long from now.
        ignore_users: for ``ignore``: that many MORE users from now.
        window_minutes: the stretch in which the count or the users are counted; at most a week.
    """

    action: Action
    release: str | None = None
    ignore_count: int | None = None
    ignore_minutes: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None


@dataclass(frozen=True)
class Change:
    """What is sent to Sentry, in our words; what is None is left out of the request."""

    status: Literal["resolved", "ignored", "unresolved"]
    substatus: str | None = None
    in_next_release: bool = False
    in_release: str | None = None
    ignore_count: int | None = None
    ignore_minutes: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None
    user_window_minutes: int | None = None


class State(Frozen):
    """The status of an issue with its details.

    Attributes:
        summary: the same in one sentence.
    """

    summary: EventText
    status: str | None = None
    substatus: str | None = None
    in_release: EventText | None = None
    in_next_release: bool | None = None
    ignore_count: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None
    ignore_until: datetime | None = None


class ResolutionPlan(Frozen):
    """What a wish means for this issue.

    Attributes:
        change: what to send; None when nothing is to be sent.
        already: the state is already so, details included.
        refused: why the wish cannot be meant; None when it can.
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


class ReadBack(Frozen):
    """What the issue shows after the write.

    Attributes:
        notes: how the state differs from what was sent, though it means the same; or what is missing.
    """

    outcome: Literal["applied", "not_applied"]
    notes: tuple[EventText, ...] = ()


class ResolutionResult(Answer):
    """The result of ``resolve_issue`` (DESIGN §6)."""

    action: Action
    outcome: Outcome
    issue: str
    before: State | None = None
    after: State | None = None
    warnings: tuple[EventText, ...] = ()
    reason: EventText | None = None
    confirm_token: str | None = None
    undo: EventText | None = None


class NoteResult(Answer):
    """The result of ``add_note`` (DESIGN §6)."""

    outcome: Outcome
    issue: str
    note_id: str | None = None
    text: EventText | None = None
    confirm_token: str | None = None
    warnings: tuple[EventText, ...] = ()
    reason: EventText | None = None


def state_of(issue: Issue) -> State:
    """The issue's status with its details."""
    raise NotImplementedError


def plan(wish: Wish, evidence: Evidence, policy: Policy, now: datetime) -> ResolutionPlan:
    """What the wish means for this issue; decides, sends nothing."""
    raise NotImplementedError


def compare(planned: Change, read_back: Issue) -> ReadBack:
    """Whether the issue, read again, is in the state that was planned."""
    raise NotImplementedError
