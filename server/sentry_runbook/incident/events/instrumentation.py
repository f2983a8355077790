"""What the events lack because the SDK or the build is not set up for it.

Release, environment and user are judged by up to 100 event rows, the rest by the few events that were read whole. A
gap counts only when (nearly) all events show it: one event without a user is a visitor who was not logged in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.events.why_fired import words_of
from sentry_runbook.incident.model.evidence import Event, Evidence, Frame, Known, quoted

NEARLY_ALL = 0.9
"""The part of the event rows that must lack a field."""
MOST_SHOWN = 3
"""Processing errors that are named."""
SHORT_NAME = 2
"""Minifiers give functions names of one or two letters."""
SOURCE_ERRORS = re.compile(r"source|sourcemap|js_|minified|dsym|proguard|symbol|debug.?file", re.IGNORECASE)
NO_TITLE = re.compile(r"^\W*(?:unlabeled event|unknown|Script error\.?|\(no title\))\W*$", re.IGNORECASE)
MINIFIED_FILE = re.compile(
    r"[.\-_][0-9a-f]{6,}\.(?:m?js)\b|\.min\.js\b|/(?:main|app|vendor|bundle|chunk)[.\-][\w-]*\.js\b"
)


@dataclass(frozen=True)
class Gap:
    """Something that the events lack.

    Attributes:
        kind: what is missing, in a word.
        points: how much it says for a misconfigured SDK.
        text: the sentence.
        setting: what to look at in the SDK or the build, to stand in a list.
    """

    kind: str
    points: int
    text: str
    setting: str


def instrumentation_gaps(evidence: Evidence) -> tuple[Gap, ...]:
    """The gaps that most of the events show; of errors only: no SDK of the application sent anything else."""
    if words_of(evidence) is not None:
        return ()
    return (*_row_gaps(evidence), *_event_gaps(whole_events(evidence)))


def _row_gaps(evidence: Evidence) -> Iterator[Gap]:
    """Release, environment and user, by the event rows; by the one event where there are no rows."""
    rows: Sequence[tuple[object, object, object]] = ()
    if isinstance(evidence.rows, Known):
        rows = [(row.release, row.environment, row.user) for row in evidence.rows.value]
    elif isinstance(evidence.event, Known):
        event = evidence.event.value
        rows = [(event.release, event.environment, event.user)]
    if not rows:
        return
    for column, kind, points, setting in (
        (0, "release", 2, "release"),
        (1, "environment", 2, "environment"),
        (2, "user", 1, "user context"),
    ):
        lacking = sum(1 for row in rows if not row[column])
        if lacking >= NEARLY_ALL * len(rows):
            yield Gap(kind, points, f"{lacking} of {len(rows)} events carry no {kind}.", setting)


def _event_gaps(events: Sequence[Event]) -> Iterator[Gap]:
    if not events:
        return
    number_read = f"{len(events)} events read" if len(events) > 1 else "the event read"
    if not any(event.breadcrumbs or event.breadcrumbs_omitted for event in events):
        yield Gap("breadcrumbs", 2, f"No breadcrumbs in {number_read}.", "breadcrumb integrations and maxBreadcrumbs")
    yield from _unreadable(events)
    if any(event.title and NO_TITLE.match(event.title) for event in events):
        yield Gap("title", 2, "The error has no type and no message of its own.", "how errors are captured")
    if not any(event.contexts or event.os or event.browser or event.device for event in events):
        yield Gap("contexts", 1, f"No runtime, browser, OS or device context in {number_read}.", "default integrations")


def _unreadable(events: Sequence[Event]) -> Iterator[Gap]:
    """Stack traces that Sentry could not translate: by its own processing errors, else by the look of the frame."""
    errors = list(dict.fromkeys(error for event in events for error in event.processing_errors))
    if errors:
        shown = ", ".join(quoted(error) for error in errors[:MOST_SHOWN])
        lacks_maps = any(SOURCE_ERRORS.search(error) for error in errors)
        setting = "upload of source maps (or debug files) for the release" if lacks_maps else "what the SDK sends"
        yield Gap("processing", 3, f"Sentry could not process parts of the events: {shown}.", setting)
    elif any(_is_minified(event.failing_frame) for event in events):
        yield Gap("minified", 2, "The failing frame is minified code.", "upload of source maps for the release")


def _is_minified(frame: Frame | None) -> bool:
    """Whether a frame has a minifier's function name and lies in a bundle, or on the only line of a script."""
    if frame is None or frame.line is None or frame.file is None or len(frame.function or "") > SHORT_NAME:
        return False
    return MINIFIED_FILE.search(frame.file) is not None or (frame.line == 1 and ".js" in frame.file)
