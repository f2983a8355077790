"""What a change looks like: the state before and after, and its outcome."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from sentry_runbook.incident.model.evidence import Answer, EventText, Frozen

Action = Literal[
    "resolve", "resolve_in_next_release", "resolve_in_release", "ignore", "archive_until_escalating", "reopen"
]


class State(Frozen):
    """The status of an issue with its details.

    Attributes:
        summary: the same in one sentence.
        in_release: the release that Sentry shows; it may show one for "in the next release", too (sentry-api rule 15).
        in_commit: resolved in this commit, whatever release holds it.
        reopens_after: resolved "in the next release": any release after this one reopens it, where Sentry says so.
    """

    summary: EventText
    status: str | None = None
    substatus: str | None = None
    in_release: EventText | None = None
    in_next_release: bool | None = None
    in_commit: EventText | None = None
    reopens_after: EventText | None = None
    ignore_count: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None
    ignore_until: datetime | None = None


Outcome = Literal["planned", "needs_confirmation", "applied", "already", "refused", "not_applied", "unknown"]


class ResolutionResult(Answer):
    """The result of ``resolve_issue`` (DESIGN §6)."""

    FIRST: ClassVar[tuple[str, ...]] = ("action", "outcome", "issue")

    action: Action
    outcome: Outcome
    issue: str
    before: State | None = None
    after: State | None = None
    warnings: tuple[EventText, ...] = ()
    reason: EventText | None = None
    stated_reason: EventText | None = None
    """Why, as the assistant stated it: not proven, and recorded as that."""
    confirm_token: str | None = None
    undo: EventText | None = None


class NoteResult(Answer):
    """The result of ``add_note`` (DESIGN §6)."""

    FIRST: ClassVar[tuple[str, ...]] = ("outcome", "issue")

    outcome: Outcome
    issue: str
    note_id: str | None = None
    text: EventText | None = None
    confirm_token: str | None = None
    warnings: tuple[EventText, ...] = ()
    reason: EventText | None = None
