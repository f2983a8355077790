"""Comments on an issue: read, plan, confirm, send once, look for it, record (DESIGN §8.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sentry_runbook.collect import investigate
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.behind_link import read_reference
from sentry_runbook.errors import SentryError
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.incident.model.evidence.json_values import JsonObject, object_of, text_of
from sentry_runbook.incident.model.results.resolution import NoteResult, Outcome
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.audit import AuditRecord
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.writing.change import UNCLEAR, append_to, read_for_writing, require_write_scope
from sentry_runbook.writing.plans import UNKNOWN, NotePlan

SHOWN = 4_000
"""Characters of the comment that are shown before it is posted: all that the tool takes."""


async def plan_note(run: Runtime, issue: str, text: str) -> NotePlan:
    """Read the issue and its comments, and plan.

    Raises:
        RunbookError: the issue cannot be read, or the token cannot write.
    """
    (evidence, notes), owner = await read_for_writing(run, lambda: _issue_and_notes(run, issue))
    shown = Sanitizer(mask=False).block(text, SHOWN)
    already = _id_of_same(notes, text) is not None
    if not already:
        require_write_scope(owner.scopes)
    return NotePlan(evidence.issue, evidence.organization or None, text, shown, already, owner.name or UNKNOWN)


async def _issue_and_notes(run: Runtime, issue: str) -> tuple[Evidence, Sequence[JsonObject]]:
    """The issue, and its comments as they are: none when they cannot be read, for then nothing speaks against posting.

    Raises:
        RunbookError: the issue cannot be read.
    """
    reference = await read_reference(run, issue)
    batch = RequestBatch()
    evidence = batch.add(lambda: investigate(run, issue, frozenset(), fresh=True))
    notes = batch.add(lambda: run.client().notes(reference))
    return await batch.send_until(evidence), notes.value or ()


async def post_note(run: Runtime, planned: NotePlan, confirmed: str) -> NoteResult:
    """Post once; when it is unclear whether it arrived, look for it.

    Raises:
        SentryError: Sentry refused; nothing was posted.
        AuditError: it could not be recorded beforehand, so it was not posted.
    """
    if run.audit is not None:
        run.audit.ensure_writable()
    client, unclear, note_id = run.client(), "", None
    reference = IssueRef(issue=planned.issue.id, organization=planned.organization)
    outcome: Outcome = "applied"
    with client.deadline(run.settings.limits.call_s):
        try:
            with run.answers.invalidating():
                note_id = text_of((await client.add_note(reference, planned.text)).get("id"))
        except UNCLEAR as exc:
            unclear = exc.what
        except SentryError as exc:
            _record(run, planned, confirmed, "not_applied")
            raise type(exc)(f"{exc.what} Nothing was posted.", exc.fix, status=exc.status) from exc
        if unclear:
            outcome, note_id = await _look_for(run, planned)
    read_back = "The comments were read back."
    if outcome == "unknown":
        read_back = "Reading the comments back failed: look at the issue in Sentry before trying again."
    notes = (f"{unclear} {read_back}",) if unclear else ()
    return note_result(planned, outcome, note_id=note_id, notes=notes + _record(run, planned, confirmed, outcome))


async def _look_for(run: Runtime, planned: NotePlan) -> tuple[Outcome, str | None]:
    try:
        notes = await run.client().notes(IssueRef(issue=planned.issue.id, organization=planned.organization))
    except SentryError:
        return "unknown", None
    note_id = _id_of_same(notes, planned.text)
    return ("applied", note_id) if note_id else ("not_applied", None)


def _id_of_same(notes: Iterable[JsonObject], text: str) -> str | None:
    """The comment that says the same. Compared as it was written: masked and cut, two comments may look alike."""
    same = (note for note in notes if (text_of(object_of(note.get("data")).get("text")) or "").strip() == text.strip())
    return next((text_of(note.get("id")) for note in same), None)


def _record(run: Runtime, planned: NotePlan, confirmed: str, outcome: str) -> tuple[str, ...]:
    if run.audit is None:
        return ()
    record = AuditRecord(
        when=run.clock(),
        what=f"add_note ({len(planned.text)} characters)",
        issue=planned.issue.name,
        confirmed=confirmed,
        outcome=outcome,
        who=planned.who,
    )
    return append_to(run.audit, record)


def note_result(
    planned: NotePlan,
    outcome: Outcome,
    *,
    note_id: str | None = None,
    token: str | None = None,
    notes: tuple[str, ...] = (),
) -> NoteResult:
    """The tool's result for an outcome."""
    reason = "The same comment stands on the issue already." if outcome == "already" else None
    return NoteResult(
        outcome=outcome,
        issue=planned.issue.name,
        note_id=note_id,
        text=planned.shown,
        confirm_token=token,
        warnings=(*planned.warnings, *notes),
        reason=reason,
    )
