"""The linter's rules on form: sections, timeline rows, whys, action items, blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.results.messages import LintFinding
from sentry_runbook.incident.postmortem.document import PostmortemText, TextLine

Style = Literal["runbook", "any"]


@dataclass(frozen=True)
class CheckedText:
    """The input of a rule: the text, and the incident to compare it with where there is one.

    Attributes:
        style: ``runbook`` for our own form; ``any`` for a postmortem in another form, where what a team says of itself
            ("we should have") is no blame.
    """

    document: PostmortemText
    incident: Incident | None = None
    style: Style = "runbook"


SECTIONS: tuple[tuple[str, str], ...] = (
    ("Incident Postmortem", r"postmortem|post-mortem"),
    ("Summary", r"summary"),
    ("Timeline", r"timeline"),
    ("Impact", r"impact"),
    ("Detection", r"detection"),
    ("Root Cause (5 Whys)", r"root cause|whys"),
    ("Contributing Factors", r"contributing"),
    ("What Went Well", r"went (?:well|right)"),
    ("What Went Badly", r"went (?:badly|wrong|poorly)"),
    ("Where We Were Lucky", r"luck"),
    ("Action Items", r"action"),
)
"""The runbook's form, and the headings by which a section is known."""
TIMELINE, ACTIONS, CAUSE = r"timeline", r"action", r"root cause|whys"
CLOCK = re.compile(r"^[*\[(]{0,3}(?:\d{4}-\d\d-\d\d[ T])?(\d{1,2}):(\d\d)")
DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
BLANK_CLOCK = re.compile(r"^\[?(?:HH:MM|hh:mm)\]?")
SOURCE = re.compile(
    r"\b(?:observed|derived|human|stated|source|according to|sentry|deploy marker|activity log|note (?:of|by))\b"
    r"|\]\(|https?://",
    re.IGNORECASE,
)
GAP = re.compile(r"^\[?\d{1,2}:\d\d\]?\s*…")
BLANK = re.compile(r"\[(?![ xX]?\])(?!\d{1,2}:\d\d\])[^\[\]\n]{1,120}\](?!\()|\bTBD\b|\bTODO\b|\?\?\?")
OWNER, DUE = (
    re.compile(r"\bowner:\s*+(.*?)(?:(?<!\s)\s++—|$)", re.IGNORECASE),
    re.compile(r"\bdue:\s*+(.*?)(?:(?<!\s)\s++—|$)", re.IGNORECASE),
)
DONE = re.compile(r"\bdone when\b|\bdone:|\bverified (?:by|when)\b|\bacceptance\b", re.IGNORECASE)
VAGUE = re.compile(
    r"^(?:improve|investigate|look (?:in)?to|consider|think about|try(?: to)?|discuss|explore|"
    r"be (?:more |aware|careful)|make sure|ensure|communicate|raise awareness|"
    r"pay (?:more )?attention|remember|better|more|do better|avoid|"
    r"monitor (?:more|better)|follow up|learn|train|educate|remind)\b",
    re.IGNORECASE,
)
FEWEST_WORDS = 4
MILESTONES = re.compile(r"milestones|what the words mean|contradict", re.IGNORECASE)


def missing_section(checked: CheckedText) -> Iterator[LintFinding]:
    """A section of the form that is not there."""
    for name, pattern in SECTIONS:
        if checked.document.section(pattern) is None:
            yield LintFinding(
                rule="missing_section",
                line=checked.document.last,
                message=f"There is no section {name}.",
                suggestion=f"Add a heading {name}; write that nothing is known rather than leave it out.",
            )


def empty_section(checked: CheckedText) -> Iterator[LintFinding]:
    """A section of the form that says nothing."""
    for name, pattern in SECTIONS[1:]:
        section = checked.document.section(pattern)
        if section is not None and not section.has_content:
            yield LintFinding(
                rule="empty_section",
                line=section.line,
                message=f"The section {name} is empty.",
                suggestion="Say what is known, or that nothing is known and who will find out.",
            )


# --- timeline ------------------------------------------------------------------------------------------------------


def timeline_rows(document: PostmortemText) -> tuple[tuple[TextLine, str], ...]:
    """The rows: the list items of the timeline, without milestones and definitions below them."""
    section = document.section(TIMELINE)
    rows = []
    for line in section.lines if section else ():
        if line.item is None and MILESTONES.search(line.text):
            break
        if line.item is not None and (line.text[:1] in "-*+[" or line.text[:1].isdigit()):
            rows.append((line, line.item))
    return tuple(rows)


def row_without_time(checked: CheckedText) -> Iterator[LintFinding]:
    """A row that does not say when."""
    for line, item in timeline_rows(checked.document):
        if not CLOCK.match(item) and not BLANK_CLOCK.match(item):
            yield LintFinding(
                rule="row_without_time",
                line=line.number,
                message="A row of the timeline does not begin with a time.",
                suggestion="Begin it with [HH:MM] in UTC.",
            )


def unsourced_row(checked: CheckedText) -> Iterator[LintFinding]:
    """A row that does not say who or what says so."""
    for line, item in timeline_rows(checked.document):
        if not SOURCE.search(item) and not GAP.match(item):
            yield LintFinding(
                rule="unsourced_row",
                line=line.number,
                message="A row of the timeline names no source.",
                suggestion='Add where it comes from: "observed: …", "derived: …", "human: who said it", or a link.',
            )


def unordered_row(checked: CheckedText) -> Iterator[LintFinding]:
    """A row that is earlier than the one above it, on the same day."""
    section = checked.document.section(TIMELINE)
    rows = {line.number for line, _ in timeline_rows(checked.document)}
    before = -1
    for line in section.lines if section else ():
        if DATE.search(line.text):
            before = -1
        clock = CLOCK.match(line.item) if line.item is not None and line.number in rows else None
        if clock is None:
            continue
        minute = 60 * int(clock[1]) + int(clock[2])
        if minute < before:
            yield LintFinding(
                rule="unordered_row",
                line=line.number,
                message="A row of the timeline is earlier than the one above it.",
                suggestion="Put the rows in order of time, and a line with the date where a new day begins.",
            )
        before = minute


# --- causes and actions --------------------------------------------------------------------------------------------


def fewer_whys(checked: CheckedText) -> Iterator[LintFinding]:
    """Fewer than five whys."""
    section = checked.document.section(CAUSE)
    whys = sum(1 for line in (section.lines if section else ()) if re.search(r"\bwhy\b", line.words, re.IGNORECASE))
    if section is not None and whys < 5:
        yield LintFinding(
            rule="fewer_whys",
            line=section.line,
            message=f"The root cause asks why {whys} times, not five.",
            suggestion="Go on asking why until the answer is a condition that the team can change.",
        )


def actions(document: PostmortemText) -> tuple[tuple[TextLine, str], ...]:
    """The action items."""
    return document.items(ACTIONS)


def vague_action(checked: CheckedText) -> Iterator[LintFinding]:
    """An action without a concrete first step or a checkable end."""
    for line, item in actions(checked.document):
        task = re.split(r"(?<!\s)\s++—\s++", item)[0].strip(" *[]")
        if VAGUE.match(task) or len(task.split()) < FEWEST_WORDS:
            yield LintFinding(
                rule="vague_action",
                line=line.number,
                message="An action item is too vague to be begun.",
                suggestion='Begin with a verb that ends in a change: "Add a test for …", "Set the limit of … to …".',
            )


def action_without_done(checked: CheckedText) -> Iterator[LintFinding]:
    """An action that does not say how to know it is done."""
    for line, item in actions(checked.document):
        if not DONE.search(item):
            yield LintFinding(
                rule="action_without_done",
                line=line.number,
                message="An action item does not say how to know that it is done.",
                suggestion='Add "Done when: …" with something that can be seen.',
            )


def unowned_action(checked: CheckedText) -> Iterator[LintFinding]:
    """An action without an owner."""
    for line, item in actions(checked.document):
        if not _given(OWNER.search(item)):
            yield LintFinding(
                rule="unowned_action",
                line=line.number,
                message="An action item has no owner.",
                suggestion='Name one person or one team: "Owner: …".',
            )


def undated_action(checked: CheckedText) -> Iterator[LintFinding]:
    """An action without a date."""
    for line, item in actions(checked.document):
        if not _given(DUE.search(item)):
            yield LintFinding(
                rule="undated_action",
                line=line.number,
                message="An action item has no due date.",
                suggestion='Give a date: "Due: 2026-12-01".',
            )


def _given(match: re.Match[str] | None) -> bool:
    return match is not None and bool(BLANK.sub("", match[1]).strip(" @.[]"))


def blank(checked: CheckedText) -> Iterator[LintFinding]:
    """A blank that only people can fill."""
    for line in checked.document.lines:
        # Owner and date of an action have rules of their own.
        words = DUE.sub("", OWNER.sub("", line.words)) if line.item is not None else line.words
        if BLANK.search(words) or BLANK_CLOCK.match(line.item or ""):
            yield LintFinding(
                rule="blank",
                line=line.number,
                message="A blank is still open.",
                suggestion="Fill it in, or write that it is not known and who will find out.",
            )
