"""The rows of a timeline that people and Sentry itself wrote: the activity log, notes, and what was stated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.model.evidence import Activity, Known, Note, quoted
from sentry_runbook.incident.model.results.messages import RowKind, TimelineRow
from sentry_runbook.incident.timeline.context import TimelineContext

LOG = "activity log of the issue"
OF_THE_ISSUE = (LOG, "First Seen of the issue", "Last Seen of the issue")
ACTS = {
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
TOLD_ELSEWHERE = ("first_seen", "note")


def activity_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """The activity log; notes are told by themselves."""
    for entry in incident.evidence.issue.activity:
        if entry.kind not in TOLD_ELSEWHERE and entry.at >= incident.opens:
            yield row(incident, entry.at, _act(entry), LOG)


def _act(entry: Activity) -> str:
    who = quoted(entry.who) if entry.who is not None else "Sentry"
    did = ACTS.get(entry.kind) or f"wrote an entry of the kind {quoted(entry.kind)}"
    if entry.kind == "set_resolved_in_release":
        did += f" in release {quoted(entry.version)}" if entry.version else " in the next release"
    elif entry.version:
        did += f", with release {quoted(entry.version)}"
    if entry.text and entry.kind not in ("set_unresolved",):
        did += f" ({excerpt(entry.text)})"
    return f"{who} {did}"


def notes_of(incident: TimelineContext) -> tuple[Note, ...]:
    """The comments on the issue: read by themselves, else out of the activity log."""
    if isinstance(incident.evidence.notes, Known):
        return incident.evidence.notes.value
    entries = [entry for entry in incident.evidence.issue.activity if entry.kind == "note"]
    return tuple(
        Note(id=str(place), at=entry.at, who=entry.who, text=entry.text or "") for place, entry in enumerate(entries)
    )


def note_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """What people wrote on the issue."""
    for note in notes_of(incident):
        if note.at is not None and note.at >= incident.opens:
            who = quoted(note.who) if note.who else "somebody"
            yield row(incident, note.at, f"Note of {who}: {excerpt(note.text)}", f"a note by {who}", "human")


STATED = (
    ("alerted_at", "Alert fired"),
    ("detected_at", "Incident detected"),
    ("acknowledged_at", "On-call engineer acknowledged"),
    ("mitigated_at", "Mitigation in effect"),
)


def stated_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """What a person stated to us."""
    for name, what in STATED:
        at = getattr(incident.stated, name)
        if at is not None:
            fix = f": {excerpt(incident.stated.fix)}" if name == "mitigated_at" and incident.stated.fix else ""
            yield row(incident, at, f"{what}{fix}", f"stated ({name})", "human")


def row(
    incident: TimelineContext, at: datetime, what: str, source: str, kind: RowKind = "observed", link: str | None = None
) -> TimelineRow:
    """A row; what the issue itself tells leads to the issue."""
    own = incident.evidence.issue.url if source in OF_THE_ISSUE or source.startswith("a note") else None
    return TimelineRow(at=at, what=what, kind=kind, source=source, link=link or own)
