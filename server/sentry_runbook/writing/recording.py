"""The record of a change: a line before its request leaves, and a line with its outcome (DESIGN §8.3).

The file blocks, so it is written in a worker thread; a disk that hangs costs this call only. A change whose intent
cannot be written is not sent. Once it may have been sent its outcome is written whatever happens to the call: an error,
a cancellation, a deadline. Only the end of the process leaves an intent without an outcome.

A call that is cancelled before its change leaves sends none, and has a line that says so. From the moment in which it
leaves the call cannot be cancelled any more: it is read back and recorded, even if the caller has gone away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import anyio
import anyio.to_thread

from sentry_runbook.errors import SentryError
from sentry_runbook.incident.model.results.resolution import Outcome
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import AuditedState, AuditError, AuditRecord, IntentLine, OutcomeLine

FILE_WITHIN_S = 10.0
"""Seconds in which a line must be on the disk: a file system that hangs is no reason to wait for ever."""


@dataclass
class RecordedOutcome:
    """What came of a change; it is ``unknown`` until something else is known.

    Attributes:
        outcome: as the tool tells it.
        after: the state read back.
        notes: what went wrong with the record itself; known at the end.
        scope: of the call from the intent to the outcome; shielded once the change leaves.
    """

    outcome: Outcome = "unknown"
    after: AuditedState = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def wait_to_send(self) -> None:
        """The change is about to be sent; until :meth:`leaving` the call may still be cancelled."""
        self.outcome = "not_applied"

    def leaving(self) -> None:
        """The change leaves now: from here on it is unknown whether it was made, and the call goes on to its end."""
        self.outcome, self.scope.shield = "unknown", True


@asynccontextmanager
async def recorded(run: Runtime, intent: IntentLine) -> AsyncIterator[RecordedOutcome]:
    """Write the intent, let the caller send and fill the result, and write the outcome.

    Raises:
        AuditError: the intent cannot be written; nothing was sent.
    """
    result = RecordedOutcome()
    with result.scope:
        if run.audit is None:
            yield result
            return
        async with _between_lines(run, run.audit, intent, result):
            yield result


@asynccontextmanager
async def _between_lines(
    run: Runtime, audit: AuditLog, intent: IntentLine, result: RecordedOutcome
) -> AsyncIterator[None]:
    try:
        # Shielded: a line that is being written when the call is cancelled would stand without an outcome.
        with anyio.CancelScope(shield=True):
            digest = await _append(audit, intent)
    except AuditError as exc:
        raise AuditError(
            f"{exc.what} Nothing was sent to Sentry: no change is made without its line.", exc.fix
        ) from exc
    try:
        try:
            yield
        finally:
            result.notes = await _finish(audit, OutcomeLine(run.clock(), digest, result.outcome, result.after))
    except SentryError as exc:
        if not result.notes:
            raise
        raise type(exc)(" ".join((exc.what, *result.notes)), exc.fix, status=exc.status) from exc


async def _finish(audit: AuditLog, outcome: OutcomeLine) -> tuple[str, ...]:
    """Write the outcome, also for a call that is being cancelled; a failure is a note: the change is made already."""
    notes: tuple[str, ...] = ()
    with anyio.CancelScope(shield=True):
        try:
            await _append(audit, outcome)
        except AuditError as exc:
            notes = (f"The line with the outcome could not be written; the one before it stands. {exc}",)
    return notes


async def _append(audit: AuditLog, record: AuditRecord) -> str:
    with anyio.move_on_after(FILE_WITHIN_S):
        return await anyio.to_thread.run_sync(partial(audit.append, record), abandon_on_cancel=True)
    raise AuditError(
        f"The audit file {audit.path} could not be written within {FILE_WITHIN_S:g} s.",
        "Look at the disk it is on, or start the server with another SENTRY_RUNBOOK_STATE.",
    )


def plain(values: Mapping[str, object]) -> AuditedState:
    """Values of a state as the audit file holds them."""
    return {key: value for key, value in values.items() if isinstance(value, str | int | bool)}
