"""Comments on an issue: read, plan, confirm, record, send once, look for it (DESIGN §8.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sentry_runbook.collect import investigate
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.behind_link import read_reference
from sentry_runbook.errors import SentryError
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.incident.model.evidence.json_values import JsonObject, object_of, text_of
from sentry_runbook.incident.model.results.resolution import NoteResult, Outcome
from sentry_runbook.incident.resolution.others import seen_in
from sentry_runbook.progress import report
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.audit_lines import IntentLine
from sentry_runbook.safety.text import is_whole, whole_block
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.writing.change import UNCLEAR, read_for_writing, require_write_scope
from sentry_runbook.writing.plans import UNKNOWN, NotePlan
from sentry_runbook.writing.recording import recorded

MOST_CHARACTERS, MOST_LINES = 4_000, 60
"""Of a comment as it is shown: more a person does not read in a question."""


async def plan_note(run: Runtime, issue: str, text: str) -> NotePlan:
    """Read the issue and its comments, and plan.

    Raises:
        RunbookError: the issue cannot be read, or the token cannot write.
    """
    read_at = run.elapsed()
    (evidence, notes), owner = await read_for_writing(run, lambda: _issue_and_notes(run, issue))
    text = _without_blank_ends(text)
    shown, already = whole_block(text), _id_of_same(notes, text) is not None
    if not already:
        require_write_scope(owner.scopes)
    refused = None if already else _why_not_shown(shown)
    organization, who = evidence.organization or None, owner.name or UNKNOWN
    seen = seen_in(evidence.issue)
    return NotePlan(evidence.issue, organization, text, shown, already, who, refused, read_at, seen)


def _without_blank_ends(text: str) -> str:
    """The text as it is posted: blank lines around it say nothing, and nobody would see them in a question."""
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines).rstrip()


def _why_not_shown(shown: str) -> str | None:
    """Why nobody could agree to the whole comment; None when it can be shown."""
    lines = shown.count("\n") + 1
    if not is_whole(shown):
        return (
            "The comment holds many hidden characters in a row, which can only be counted and not be shown to whoever "
            "confirms it. Nothing was asked or posted: leave them out."
        )
    if len(shown) <= MOST_CHARACTERS and lines <= MOST_LINES:
        return None
    return (
        f"The comment takes {count(len(shown), 'character')} in {count(lines, 'line')} to show whole; at most "
        f"{MOST_CHARACTERS:,} in {MOST_LINES} can be shown to whoever confirms it. Nothing was asked or posted: "
        "shorten it, or post it in parts."
    )


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
    """Record it, post once, and record what came of it; when it is unclear whether it arrived, look for it.

    Raises:
        SentryError: Sentry refused; nothing was posted.
        AuditError: it could not be recorded beforehand, so it was not posted.
    """
    client, unclear, note_id = run.client(), "", None
    notes: tuple[str, ...] = ()
    reference = IssueRef(issue=planned.issue.id, organization=planned.organization)
    async with recorded(run, _intent(run, planned, confirmed)) as record:
        with client.deadline(run.settings.limits.call_s):
            try:
                report("posting the comment to Sentry", left=0)
                record.wait_to_send()
                with run.answers.invalidating():
                    posted = await client.add_note(reference, planned.text, leaving=record.leaving)
                note_id, record.outcome = text_of(posted.get("id")), "applied"
                stored = _text_of_note(posted)
                if stored is not None and _as_stored(stored) != _as_stored(planned.text):
                    notes = ("The server stored another text than was sent: look at the comment there.",)
            except UNCLEAR as exc:
                unclear = exc.what
                record.outcome, note_id = await _look_for(run, planned)
            except SentryError as exc:
                record.outcome = "not_applied"
                raise type(exc)(f"{exc.what} Nothing was posted.", exc.fix, status=exc.status) from exc
    if unclear:
        read_back = "The comments were read back."
        if record.outcome == "unknown":
            read_back = "Reading the comments back failed: look at the issue in Sentry before trying again."
        notes = (f"{unclear} {read_back}",)
    return note_result(planned, record.outcome, note_id=note_id, notes=notes + record.notes)


async def _look_for(run: Runtime, planned: NotePlan) -> tuple[Outcome, str | None]:
    report("looking for the comment in Sentry", left=0)
    try:
        notes = await run.client().notes(IssueRef(issue=planned.issue.id, organization=planned.organization))
    except SentryError:
        return "unknown", None
    note_id = _id_of_same(notes, planned.text)
    return ("applied", note_id) if note_id else ("not_applied", None)


def _id_of_same(notes: Iterable[JsonObject], text: str) -> str | None:
    """The comment that says the same. Compared whole, as it was written: masked and cut, two may look alike.

    Servers take blanks off the ends (Sentry) and may write line breaks as browsers do; nothing else is forgiven.
    """
    wanted = _as_stored(text)
    same = (note for note in notes if _as_stored(_text_of_note(note) or "") == wanted)
    return next((text_of(note.get("id")) for note in same), None)


def _text_of_note(note: JsonObject) -> str | None:
    return text_of(object_of(note.get("data")).get("text"))


def _as_stored(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _intent(run: Runtime, planned: NotePlan, confirmed: str) -> IntentLine:
    """The line before the request. The text itself stays in Sentry; its digest tells which one it was."""
    digest = hashlib.sha256(planned.text.encode("utf-8", "replace")).hexdigest()
    return IntentLine(
        when=run.clock(),
        what=f"add_note ({len(planned.text)} characters, sha256 {digest})",
        issue=planned.issue.name,
        confirmed=confirmed,
        who=planned.who,
    )


def note_result(
    planned: NotePlan,
    outcome: Outcome,
    *,
    note_id: str | None = None,
    token: str | None = None,
    notes: tuple[str, ...] = (),
) -> NoteResult:
    """The tool's result for an outcome."""
    reason = "The same comment stands on the issue already." if outcome == "already" else planned.refused
    return NoteResult(
        outcome=outcome,
        issue=planned.issue.name,
        note_id=note_id,
        text=None if outcome == "refused" else planned.shown,
        confirm_token=token,
        warnings=(*planned.warnings, *notes),
        reason=reason,
    )
