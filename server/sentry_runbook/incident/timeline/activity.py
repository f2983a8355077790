"""Timeline rows from the activity log, the notes on the issue, and stated times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.model.evidence import Activity, Known, Note, quoted
from sentry_runbook.incident.model.results.messages import RowKind, TimelineRow
from sentry_runbook.incident.timeline.context import TimelineContext

LOG = "activity log of the issue"
LEADS_TO_ISSUE = (LOG, "First Seen of the issue", "Last Seen of the issue")
ACTIVITY_WORDS = {
    "assigned": "assigned the issue",
    "unassigned": "took the assignment back",
    "set_resolved": "resolved the issue",
    "set_resolved_in_release": "resolved the issue",
    "set_resolved_in_commit": "resolved the issue by a commit",
    "set_resolved_in_pull_request": "resolved the issue by a pull request",
    "set_resolved_by_age": "resolved the issue because of its age",
    "set_unresolved": "reopened the issue",
    "set_ignored": "archived the issue",
    "set_priority": "set the priority",
    "mark_reviewed": "reviewed the issue",
    "merge": "merged other issues into it",
    "create_issue": "made a ticket of it",
    "set_regression": "recorded a regression: the issue came back",
    "set_escalating": "recorded that the issue escalates",
    "auto_set_ongoing": "set the issue to ongoing",
}
HAVE_OWN_ROWS = ("first_seen", "note")
"""Kinds of activity that other rows show."""


def activity_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """A row for each entry of the activity log that has no row of its own."""
    for entry in incident.evidence.issue.activity:
        if entry.kind not in HAVE_OWN_ROWS and entry.at >= incident.opens:
            yield timeline_row(incident, entry.at, _activity_text(entry), LOG)


def _activity_text(entry: Activity) -> str:
    who = quoted(entry.who) if entry.who is not None else "Sentry"
    did = ACTIVITY_WORDS.get(entry.kind) or f"wrote an entry of the kind {quoted(entry.kind)}"
    if entry.kind == "set_resolved_in_release":
        did += f" in release {quoted(entry.version)}" if entry.version else " in the next release"
    elif entry.version:
        did += f", with release {quoted(entry.version)}"
    if entry.text and entry.kind not in ("set_unresolved",):
        did += f" ({excerpt(entry.text)})"
    return f"{who} {did}"


def notes_of(incident: TimelineContext) -> tuple[Note, ...]:
    """The comments on the issue: those that were read, else the notes of the activity log."""
    if isinstance(incident.evidence.notes, Known):
        return incident.evidence.notes.value
    entries = [entry for entry in incident.evidence.issue.activity if entry.kind == "note"]
    return tuple(Note(at=entry.at, who=entry.who, text=entry.text or "") for entry in entries)


def note_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """A row for each note on the issue."""
    for note in notes_of(incident):
        if note.at is not None and note.at >= incident.opens:
            who = quoted(note.who) if note.who else "somebody"
            yield timeline_row(incident, note.at, f"Note of {who}: {excerpt(note.text)}", f"a note by {who}", "human")


STATED = (
    ("alerted_at", "Alert fired"),
    ("detected_at", "Incident detected"),
    ("acknowledged_at", "On-call engineer acknowledged"),
    ("mitigated_at", "Mitigation in effect"),
)


def stated_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """A row for each time that a person stated."""
    for name, what in STATED:
        at = getattr(incident.stated, name)
        if at is not None:
            fix = f": {excerpt(incident.stated.fix)}" if name == "mitigated_at" and incident.stated.fix else ""
            yield timeline_row(incident, at, f"{what}{fix}", f"stated ({name})", "human")


def timeline_row(
    incident: TimelineContext, at: datetime, what: str, source: str, kind: RowKind = "observed", link: str | None = None
) -> TimelineRow:
    """A row; without a link of its own it links to the issue when its source is the issue."""
    own = incident.evidence.issue.url if source in LEADS_TO_ISSUE or source.startswith("a note") else None
    return TimelineRow(at=at, what=what, kind=kind, source=source, link=link or own)
