"""The texts of an incident's events in which patterns look for words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentry_runbook.incident.model.evidence import Event, Evidence, Known

ABOUT_A_NAME = re.compile(
    r"\AKeyError: |has no attribute|cannot import name|No module named|Cannot find module|Can.t find variable"
    r"|\((?:reading|evaluating) '|is not (?:defined\b|a (?:function|constructor)\b)|uninitialized constant"
    r"|\bundefined (?:local variable or |instance )?method|Call to undefined|Undefined (?:array key|index|variable)"
    r"|NoClassDefFound|ClassNotFound|NoSuch(?:Method|Field)Error|Class \S+ not found",
)
"""An error about a name in the code: what that name means did not happen ("RateLimitError is not defined")."""
HEAD = 300
"""Characters in which an error says that it is about a name; a long text may quote code further below."""


def whole_events(evidence: Evidence) -> tuple[Event, ...]:
    """The events that were read with all their parts, each once; the issue's main event first."""
    events = [evidence.event.value] if isinstance(evidence.event, Known) else []
    events += evidence.sample.value if isinstance(evidence.sample, Known) else ()
    return tuple({event.id: event for event in events}.values())


def error_texts(event: Event) -> Iterator[str]:
    """All of what was thrown, the leading exception first, then from the root outwards; then message and title.

    What happened beside the leading exception comes after what led to it, and what only carries another one last.
    """
    leading = event.leading
    if leading is not None:
        yield leading.text
    others = [exception for exception in event.exceptions if exception is not leading]
    for exception in others:
        if not (exception.carries or exception.aside):
            yield exception.text
    yield from event.other_errors
    for exception in sorted(others, key=lambda exception: exception.carries):
        if exception.carries or exception.aside:
            yield exception.text
    for text in (event.whole_message or event.message, event.title):
        if text:
            yield text


def all_texts(evidence: Evidence) -> tuple[str, ...]:
    """Error texts of all whole events, then the issue's title; each once, and none that is about a name in the code."""
    texts = [text for event in whole_events(evidence) for text in error_texts(event)]
    return tuple(
        text for text in dict.fromkeys([*texts, evidence.issue.title]) if not ABOUT_A_NAME.search(text, 0, HEAD)
    )
