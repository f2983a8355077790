"""What the events lack because the SDK or the build is not set up for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.causes.event_texts import whole_events
from sentry_runbook.incident.model.evidence import Event, Evidence, Frame, Known, quoted

NEARLY_ALL = 0.9
SOURCE_ERRORS = re.compile(r"source|sourcemap|js_|minified|dsym|proguard|symbol|debug.?file", re.IGNORECASE)
NO_TITLE = re.compile(r"^\W*(?:unlabeled event|unknown|Script error\.?|\(no title\))\W*$", re.IGNORECASE)
MINIFIED_FILE = re.compile(
    r"[.\-_][0-9a-f]{6,}\.(?:m?js)\b|\.min\.js\b|/(?:main|app|vendor|bundle|chunk)[.\-][\w-]*\.js\b"
)


@dataclass(frozen=True)
class Gap:
    """Something missing.

    Attributes:
        kind: what is missing, in a word.
        points: how much it says for a misconfigured SDK.
        text: the sentence.
        setting: what to look at.
    """

    kind: str
    points: int
    text: str
    setting: str


def instrumentation_gaps(evidence: Evidence) -> tuple[Gap, ...]:
    """The gaps that most of the events show."""
    events = whole_events(evidence)
    return (*_of_the_rows(evidence), *_of_the_events(events))


def _of_the_rows(evidence: Evidence) -> Iterator[Gap]:
    """Release, environment and user, by the event rows; by the one event where there are no rows."""
    rows: Sequence[tuple[object, object, object]] = ()
    if isinstance(evidence.rows, Known):
        rows = [(row.release, row.environment, row.user) for row in evidence.rows.value]
    elif isinstance(evidence.event, Known):
        event = evidence.event.value
        rows = [(event.release, event.environment, event.user)]
    if not rows:
        return
    for place, kind, points, setting in (
        (0, "release", 2, "release"),
        (1, "environment", 2, "environment"),
        (2, "user", 1, "user context"),
    ):
        lacking = sum(1 for row in rows if not row[place])
        if lacking >= NEARLY_ALL * len(rows):
            yield Gap(kind, points, f"{lacking} of {len(rows)} events carry no {kind}.", setting)


def _of_the_events(events: Sequence[Event]) -> Iterator[Gap]:
    if not events:
        return
    many = f"{len(events)} events read" if len(events) > 1 else "the event read"
    if not any(event.breadcrumbs or event.breadcrumbs_omitted for event in events):
        yield Gap("breadcrumbs", 2, f"No breadcrumbs in {many}.", "breadcrumb integrations and maxBreadcrumbs")
    errors = list(dict.fromkeys(error for event in events for error in event.processing_errors))
    if errors:
        shown = ", ".join(quoted(error) for error in errors[:3])
        maps = any(SOURCE_ERRORS.search(error) for error in errors)
        setting = "upload of source maps (or debug files) for the release" if maps else "what the SDK sends"
        yield Gap("processing", 3, f"Sentry could not process parts of the events: {shown}.", setting)
    elif any(_minified(event.failing_frame) for event in events):
        yield Gap("minified", 2, "The failing frame is minified code.", "upload of source maps for the release")
    if any(event.title and NO_TITLE.match(event.title) for event in events):
        yield Gap("title", 2, "The error has no type and no message of its own.", "how errors are captured")
    if not any(event.contexts or event.os or event.browser or event.device for event in events):
        yield Gap("contexts", 1, f"No runtime, browser, OS or device context in {many}.", "default integrations")


def _minified(frame: Frame | None) -> bool:
    if frame is None or frame.line is None:
        return False
    short = len(frame.function or "") <= 2
    return bool(
        short and frame.file and (MINIFIED_FILE.search(frame.file) or (frame.line == 1 and ".js" in frame.file))
    )
