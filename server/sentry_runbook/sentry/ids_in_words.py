"""Ids of issues and events among the words of a text. Pure.

A word is an id where it can hardly be anything else (``SHOP-1Z``, 32 hex digits), or where the word before it says so
(``issue 6114575469``). Names of standards and dates look like short ids (``UTF-8``, ``2026-11-20``): they count
where the text names no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentry_runbook.sentry.ids import SHORT, is_event, is_id, issue_of

SAYS_NUMBER = frozenset({"issue", "issue_id", "issueid", "issue.id", "issue-id", "groupid", "group_id"})
"""Words before an issue's number."""
SAYS_ISSUE = SAYS_NUMBER | {
    *("issues", "shortid", "short_id", "short-id", "fix", "fixes", "fixed", "resolve", "resolves", "sentry")
}
"""Words before a short id."""
SAYS_TRACE = frozenset(
    {"trace", "trace_id", "traceid", "trace-id", "span", "span_id", "replay", "replay_id", "replayid", "profile"}
)
"""Words before an id that looks like an event's."""
SAYS_ID = "id"
"""Says nothing alone: what kind of id it is tells the word before."""
STANDARDS = frozenset(
    {"ascii", "aes", "base", "covid", "cp", "cve", "es", "h", "http", "https", "ipv", "iso", "latin", "md", "p", "pep"}
    | {"pr", "q", "rfc", "rsa", "sha", "ssl", "tls", "ucs", "utf", "windows", "x"}
)
"""Beginnings of names that are written like short ids."""
START_OF_EVENT = re.compile(r"(?=[0-9a-f]*[a-f])[0-9a-f]{8}")
"""As much of an event's id as Sentry's pages show."""


@dataclass(frozen=True)
class NamedIds:
    """What the words name, each once.

    Attributes:
        issues: numbers and short ids.
        events: ids of events.
        trace: an id that the text calls a trace's, where it names nothing else.
        event_start: the beginning of an event's id, where the text is nothing else.
    """

    issues: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    trace: str | None = None
    event_start: str | None = None


def ids_among(words: Sequence[str]) -> NamedIds:
    """The ids that the words name: all of them, where the text is made of ids alone."""
    events = [word for place, word in enumerate(words) if is_event(word) and not _is_trace(words, place)]
    traces = [word for place, word in enumerate(words) if is_event(word) and _is_trace(words, place)]
    alone = len(words) == 1 and START_OF_EVENT.fullmatch(words[0].lower()) is not None
    return NamedIds(
        issues=tuple(dict.fromkeys(map(issue_of, _issues(words)))),
        events=tuple(dict.fromkeys(map(issue_of, events))),
        trace=issue_of(traces[0]) if traces else None,
        event_start=words[0].lower() if alone else None,
    )


def _issues(words: Sequence[str]) -> list[str]:
    if all(map(str.isdigit, words)):
        return [word for word in words if is_id(word)]
    told = list(_told(words))
    sure = [word for word in told if not _is_common(word)]
    # "SHOP-EQE: TypeError": without a digit it is told by its place alone.
    first = [word for word in words[:1] if SHORT.fullmatch(word) and is_id(word)]
    return sure or told or first


def _told(words: Sequence[str]) -> Iterator[str]:
    """Words that are an issue's id by their form, or by the word before; all, where there are no others than ids."""
    are_ids = all(map(is_id, words))
    for place, word in enumerate(words):
        if is_event(word) or not is_id(word):
            continue
        label, is_short = _label(words, place), SHORT.fullmatch(word) is not None
        has_digit = any(char.isdigit() for char in word.rpartition("-")[2])
        if word.isdigit():
            is_told = label in SAYS_NUMBER
        else:
            is_told = are_ids or (is_short and has_digit) or (label in SAYS_ISSUE and (has_digit or is_short))
        if is_told:
            yield word


def _is_common(word: str) -> bool:
    """Whether it may well be no id: the name of a standard, a date, a range of numbers."""
    project = word.rpartition("-")[0]
    return word.partition("-")[0].lower() in STANDARDS or not any(map(str.isalpha, project))


def _is_trace(words: Sequence[str], place: int) -> bool:
    return _label(words, place) in SAYS_TRACE


def _label(words: Sequence[str], place: int) -> str:
    """The word that says what kind of id stands there; an ``id`` at the beginning is the issue's."""
    label = words[place - 1].lower() if place else ""
    if label != SAYS_ID:
        return label
    return words[place - 2].lower() if place > 1 else "issue"
