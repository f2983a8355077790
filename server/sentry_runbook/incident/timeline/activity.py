"""Timeline rows from the activity log, the notes on the issue, and stated times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.formatting import clock_time, listed, moment
from sentry_runbook.incident.model.evidence import Activity, Issue, Known, Note, quoted
from sentry_runbook.incident.model.results.messages import RowKind, TimelineRow
from sentry_runbook.incident.timeline.actors import ACTIVITY_WORDS, is_automation, name_of
from sentry_runbook.incident.timeline.context import TimelineContext

LOG = "activity log of the issue"
AUTOMATION = "activity log of the issue, entries of automation"
LEADS_TO_ISSUE = (LOG, AUTOMATION, "First Seen of the issue", "Last Seen of the issue")
HAVE_OWN_ROWS = ("first_seen", "note")
"""Kinds of activity that other rows show."""
NEAR = timedelta(minutes=10)
"""Entries of automation that follow each other within that time are one row."""
MOST_KINDS = 5


def activity_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """A row for each entry of the activity log that has no row of its own; automation that is near in one."""
    for issue in incident.evidence.members:
        yield from _rows_of_log(incident, issue)


def _rows_of_log(incident: TimelineContext, issue: Issue) -> Iterator[TimelineRow]:
    automation: dict[str, list[Activity]] = {}
    for entry in issue.activity:
        if entry.kind in HAVE_OWN_ROWS or not incident.opens <= entry.at <= incident.read_at:
            continue
        if is_automation(entry):
            automation.setdefault(name_of(entry), []).append(entry)
        else:
            yield timeline_row(incident, entry.at, activity_text(entry), LOG, issue=issue)
    for who, entries in automation.items():
        for group in _near_each_other(entries):
            text = activity_text(group[0]) if len(group) == 1 else _group_text(who, group)
            yield timeline_row(incident, group[0].at, text, AUTOMATION, issue=issue)


def _near_each_other(entries: Sequence[Activity]) -> Iterator[Sequence[Activity]]:
    first = 0
    for index in range(1, len(entries) + 1):
        if index == len(entries) or entries[index].at - entries[index - 1].at > NEAR:
            yield entries[first:index]
            first = index


def _group_text(who: str, entries: Sequence[Activity]) -> str:
    whose = "Sentry's automation" if who == "Sentry" else sentence_start(who)
    kinds = listed(dict.fromkeys(entry.kind for entry in entries), MOST_KINDS)
    first, last = entries[0].at, entries[-1].at
    if (first.date(), first.hour, first.minute) == (last.date(), last.hour, last.minute):
        when = f"at {clock_time(first)}"
    else:
        one_day = f"from {clock_time(first)} to {clock_time(last)}"
        when = one_day if first.date() == last.date() else f"up to {moment(last)}"
    return f"{whose} wrote {len(entries)} entries {when}: {kinds}"


def activity_text(entry: Activity) -> str:
    """Who did what, as a sentence without its point: ``"Dana Ortiz" resolved the issue in release "shop@2.4.2"``."""
    did = ACTIVITY_WORDS.get(entry.kind) or f"wrote an entry of the kind {quoted(entry.kind)}"
    if entry.kind == "set_resolved_in_release":
        did += f" in release {quoted(entry.version)}" if entry.version else " in the next release"
    elif entry.version:
        did += f", with release {quoted(entry.version)}"
    if entry.kind == "assigned" and entry.text:
        did += f" to {'themselves' if entry.text == entry.who else excerpt(entry.text)}"
    elif entry.text and entry.kind not in ("set_unresolved",):
        did += f" ({excerpt(entry.text)})"
    return f"{sentence_start(name_of(entry))} {did}"


def sentence_start(text: str) -> str:
    """The text with a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"


def notes_of(incident: TimelineContext) -> tuple[Note, ...]:
    """The comments on the issue: those that were read, else the notes of the activity log."""
    return tuple(note for _, note in _notes_by_issue(incident))


def _notes_by_issue(incident: TimelineContext) -> Iterator[tuple[Issue, Note]]:
    """Each with its issue; of several issues those of the first were read, and the others' stand in their logs."""
    for place, issue in enumerate(incident.evidence.members):
        if not place and isinstance(incident.evidence.notes, Known):
            yield from ((issue, note) for note in incident.evidence.notes.value)
            continue
        for entry in issue.activity:
            if entry.kind == "note":
                yield issue, Note(at=entry.at, who=entry.who, actor=entry.actor, text=entry.text or "")


def note_rows(incident: TimelineContext) -> Iterator[TimelineRow]:
    """A row for each note on the issue."""
    for issue, note in _notes_by_issue(incident):
        if note.at is not None and note.at >= incident.opens:
            who = name_of(note)
            kind: RowKind = "human" if note.actor == "person" else "observed"
            yield timeline_row(
                incident, note.at, f"Note of {who}: {excerpt(note.text)}", f"a note by {who}", kind, issue=issue
            )


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
    incident: TimelineContext,
    at: datetime,
    what: str,
    source: str,
    kind: RowKind = "observed",
    link: str | None = None,
    issue: Issue | None = None,
) -> TimelineRow:
    """A row; without a link of its own it links to the issue when its source is the issue.

    Of several issues it names the one that it is of; without one it is of all, or of the first one's project.
    """
    evidence = incident.evidence
    leads_to_issue = source in LEADS_TO_ISSUE or source.startswith("a note")
    own = (issue or evidence.issue).url if leads_to_issue else None
    if not evidence.together:
        return TimelineRow(at=at, what=what, kind=kind, source=source, link=link or own)
    if issue is not None:
        what = what if issue.name in what else f"{issue.name}: {what}"
        source = source.replace("of the issue", f"of {issue.name}")
    elif len(evidence.projects) > 1:
        source = source.replace("of the project", f"of the project {quoted(evidence.projects[0])}")
    name = issue.name if issue is not None else None
    return TimelineRow(at=at, what=what, kind=kind, source=source, link=link or own, issue=name)
