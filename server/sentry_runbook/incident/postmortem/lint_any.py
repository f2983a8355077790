"""The linter's rules for a postmortem in another form: what any good one needs, by whatever name.

How to think about it: companies write postmortems as tables, as prose, under Markdown headings, under capitals, under
bold lines, and call the same part "Next steps", "Follow-ups", "Remediation and prevention" or "Corrective actions". So
the whole text is asked for five things: impact in figures, times, a cause, what is done about it, and who does it. What
is missing is said once for the text, never line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentry_runbook.incident.model.results.messages import LintFinding
from sentry_runbook.incident.postmortem.document import HEADING, PostmortemText, TextLine
from sentry_runbook.incident.postmortem.lint_structure import CheckedText

FIGURE = re.compile(
    r"\d\s?(?:%|percent\b)|[$€£]\s?\d"
    r"|\d[kKmM]?\s{1,3}(?:[\w-]{1,30}\s){0,2}"
    r"(?:users?|customers?|people|visitors?|accounts?|tenants?|organi[sz]ations?|sessions?"
    r"|requests?|calls?|errors?|events?|orders?|payments?|transactions?|messages?|e-?mails?|jobs?|builds?|records?|rows?"
    r"|projects?|files?|downloads?|tickets?|devices?|sites?|stores?|hours?|hrs?|minutes?|mins?|seconds?|days?)\b",
    re.IGNORECASE,
)
TIME = re.compile(r"\b(?:[01]?\d|2[0-3]):[0-5]\d|\b\d{1,2}\s?[ap]\.?m\b|\b\d{4}-\d\d-\d\d[T ]\d\d", re.IGNORECASE)
LENGTH = re.compile(r"\d\s?-?(?:hours?|hrs?|h|minutes?|mins?|m|days?)\b", re.IGNORECASE)
FEWEST_TIMES = 2
CAUSE_NAMES = re.compile(
    r"\bcauses?\b|\bwhys?\b|what (?:happened|went wrong)|analysis|trigger|contribut|explanation|technical|background"
    r"|details|how (?:did )?(?:it|this) happen",
    re.IGNORECASE,
)
CAUSE_WORDS = re.compile(
    r"\bcaus(?:e|ed|es|ing)\b|\bbecause\b|\bdue to\b|\btrigger(?:ed)?\b|\b(?:as )?a result of\b|\bled to\b|\broot of\b"
    r"|\bresulted (?:in|from)\b|\btraced\b|\breason\b",
    re.IGNORECASE,
)
ACTION_NAMES = re.compile(
    r"\bactions?\b|next steps|follow[- ]?ups?|corrective|prevent|remedia|improve|lessons|learn|to-?dos?|tasks?\b"
    r"|outcomes?|going forward|what(?:['’]s| is| comes) next|future|we(?:['’]re| are) doing|recommend|changes|measures",
    re.IGNORECASE,
)
ACTION_WORDS = re.compile(
    r"\bwe(?:['’]ll| will|['’]re| plan| are (?:now |also |currently )?\w{1,30}ing)\b"
    r"|\bwe have (?:since |now |already |also )?\w{1,30}ed\b"
    r"|\bto prevent\b|\bin (?:the )?future\b|\bgoing forward\b|\bfrom now on\b|\bwill be \w{1,30}ed\b",
    re.IGNORECASE,
)
TAKEN = re.compile(
    r"\b(?:owners?|assignees?|assigned|responsible|dri|due|deadline|by end of|eta|target)\b"
    r"|\b(?:status|done|completed?|in progress)\b"
    r"|@\w|\b[A-Z]{2,10}-\d+\b|#\d+\b|\b\d{4}-\d\d-\d\d\b|\bQ[1-4]\b|\[[xX]\]|https?://|✅|☑|\[\d+\]"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b"
    r"|\b(?:this|next) (?:week|month|quarter|sprint)\b",
    re.IGNORECASE,
)
GUESS = re.compile(
    r"\b(?:probably|presumably|perhaps|maybe|somehow|for some reason"
    r"|we (?:guess|assume|suspect)|(?:must|might) be because)\b",
    re.IGNORECASE,
)
GUESSED_CAUSE = re.compile(r"\bcaus|\bbecause\b|\bdue to\b|\btrigger|\breason\b|\bresult of\b", re.IGNORECASE)
PLACEHOLDER = re.compile(
    r"\bTBD\b|\bTODO\b|\?\?\?|\bHH:MM\b|\bYYYY-MM-DD\b|<<[^<>\n]{1,80}>>|\[(?:name|date|time|owner|insert|describe|add|link)\b[^\]\n]{0,80}\](?!\()",
    re.IGNORECASE,
)
LABEL = re.compile(r"^\s*(?:[*_]{2}[^*_]{2,60}[*_]{2}:?|[A-Z][A-Z &/,'’-]{3,60}|[A-Z][\w &/,'’?()-]{2,58}[:?]?)\s*$")
UNDERLINE = re.compile(r"^\s*(?:={3,}|-{3,})\s*$")
ROW = re.compile(r"^\s*\|.*\|\s*$")
RULE_OF_TABLE = re.compile(r"^[\s|:-]+$")


def no_impact(checked: CheckedText) -> Iterator[LintFinding]:
    """Nothing says in figures who was hurt, how much or how long."""
    if not any(FIGURE.search(line.text) for line in checked.document.lines):
        yield _missing(
            checked,
            "no_impact",
            "No figure says what the impact was.",
            "Give users, requests or a share, and how long.",
        )


def no_times(checked: CheckedText) -> Iterator[LintFinding]:
    """Fewer than two clock times in the whole text; how long it lasted counts as one."""
    times = sum(len(TIME.findall(line.text)) for line in checked.document.lines)
    has_length = any(LENGTH.search(line.text) for line in checked.document.lines)
    if times + has_length < FEWEST_TIMES:
        yield _missing(
            checked, "no_times", "There is no timeline with times.", "Say at what time it began, was noticed and ended."
        )


def no_cause(checked: CheckedText) -> Iterator[LintFinding]:
    """Neither a heading nor a sentence gives a cause."""
    document = checked.document
    if not _has_heading(document, CAUSE_NAMES) and not any(CAUSE_WORDS.search(line.words) for line in document.lines):
        yield _missing(
            checked,
            "no_cause",
            "No cause is given.",
            "Say what made it possible, or that it is not known and who will find out.",
        )


def no_actions(checked: CheckedText) -> Iterator[LintFinding]:
    """Neither a heading nor a sentence says what is done about it."""
    document = checked.document
    if not _has_heading(document, ACTION_NAMES) and not any(ACTION_WORDS.search(line.words) for line in document.lines):
        yield _missing(
            checked,
            "no_actions",
            "Nothing says what will be changed.",
            "Add what is done about it, by whom and until when.",
        )


def open_actions(checked: CheckedText) -> Iterator[LintFinding]:
    """A list or table of actions of which not one has an owner, a date or a ticket."""
    items = [line for line in _part(checked.document, ACTION_NAMES) if line.item is not None or ROW.match(line.text)]
    items = [line for line in items if not RULE_OF_TABLE.match(line.text)]
    if items and not any(TAKEN.search(line.text) for line in items):
        yield LintFinding(
            rule="open_actions",
            line=items[0].number,
            message="No action item has an owner, a date or a ticket.",
            suggestion="Name for each who does it and until when.",
        )


def guess(checked: CheckedText) -> Iterator[LintFinding]:
    """A cause that is guessed."""
    for line in checked.document.lines:
        match = GUESS.search(line.words)
        if match is not None and GUESSED_CAUSE.search(line.words):
            yield LintFinding(
                rule="guess",
                line=line.number,
                message=f'"{match.group()}" is a guess.',
                suggestion="Say what shows it, or that it is not known and who will find out.",
            )


def placeholder(checked: CheckedText) -> Iterator[LintFinding]:
    """A blank of a template that nobody filled in."""
    for line in checked.document.lines:
        if PLACEHOLDER.search(line.words):
            yield LintFinding(
                rule="placeholder",
                line=line.number,
                message="A blank is still open.",
                suggestion="Fill it in, or write that it is not known and who will find out.",
            )


def _missing(checked: CheckedText, rule: str, message: str, suggestion: str) -> LintFinding:
    return LintFinding(rule=rule, line=checked.document.last, message=message, suggestion=suggestion)


def _has_heading(document: PostmortemText, names: re.Pattern[str]) -> bool:
    return any(names.search(title) for title in map(_title, document.lines) if title)


def _part(document: PostmortemText, names: re.Pattern[str]) -> list[TextLine]:
    """The lines below the last heading with such a name, up to the next heading."""
    part: list[TextLine] = []
    is_inside = False
    for line in document.lines:
        title = _title(line)
        if title and names.search(title):
            part, is_inside = [], True
        elif title and (HEADING.match(line.text) or not line.item):
            is_inside = False
        elif is_inside:
            part.append(line)
    return part


def _title(line: TextLine) -> str | None:
    """The heading on a line: with number signs, in capitals, in bold, or a few words alone; else None."""
    heading = HEADING.match(line.text)
    if heading:
        return heading[1]
    is_label = line.item is None and LABEL.match(line.text) and not UNDERLINE.match(line.text)
    return line.text.strip(" *_:") if is_label else None
