"""Events: one read whole, and rows of the list."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from sentry_runbook.incident.model.evidence.values import EventText, Frozen


class Frame(Frozen):
    """One stack frame. ``variables`` and ``context`` are for the failing frame only."""

    function: EventText | None = None
    file: EventText | None = None
    line: int | None = None
    module: EventText | None = None
    in_app: bool = False
    context: EventText | None = None
    variables: dict[str, EventText] = Field(default_factory=dict)


class ThrownException(Frozen):
    """One exception of the chain; the list is ordered cause first, outermost last, as Sentry sends it.

    ``frames`` are ordered oldest call first; the failing one is last.
    """

    type: EventText | None = None
    value: EventText | None = None
    handled: bool | None = None
    mechanism: EventText | None = None
    frames: tuple[Frame, ...] = ()
    frames_omitted: int = 0


class Breadcrumb(Frozen):
    """One step before the error, oldest first.

    Attributes:
        host: the host that an HTTP breadcrumb spoke to, lower case, without port.
        http_status: its answer; None when there was none.
        failed: an HTTP call that did not succeed (status ≥ 400, or no answer and level error).
    """

    at: datetime | None = None
    category: EventText | None = None
    level: str | None = None
    message: EventText | None = None
    method: EventText | None = None
    url: EventText | None = None
    host: EventText | None = None
    http_status: int | None = None
    failed: bool = False


class Event(Frozen):
    """One event, read whole and cut to what a responder needs.

    Attributes:
        scrubbed: places that Sentry itself emptied ("request.data"): scrubbed, not missing.
        processing_errors: what Sentry could not process (``js_no_source`` …).
        user: an id without personal data, else ``user-1`` …; None when the event has no user context.
        contexts: context name → key → value, as ``{"runtime": {"name": "node"}}``; device, browser, os apart.
        request_host: host that the request came in on (the project's own).
    """

    id: str
    when: datetime | None = None
    release: EventText | None = None
    environment: EventText | None = None
    transaction: EventText | None = None
    title: EventText | None = None
    message: EventText | None = None
    platform: str | None = None
    exceptions: tuple[ThrownException, ...] = ()
    exceptions_omitted: int = 0
    breadcrumbs: tuple[Breadcrumb, ...] = ()
    breadcrumbs_omitted: int = 0
    tags: dict[EventText, EventText] = Field(default_factory=dict)
    tags_omitted: int = 0
    user: EventText | None = None
    device: EventText | None = None
    browser: EventText | None = None
    os: EventText | None = None
    request_method: EventText | None = None
    request_url: EventText | None = None
    request_host: EventText | None = None
    request_data: EventText | None = None
    contexts: dict[EventText, dict[EventText, EventText]] = Field(default_factory=dict)
    extra: dict[EventText, EventText] = Field(default_factory=dict)
    sdk: EventText | None = None
    processing_errors: tuple[EventText, ...] = ()
    occurrence: tuple[tuple[EventText, EventText], ...] = ()
    """Evidence of a non-error issue, name and value, important first."""
    trace_id: str | None = None
    scrubbed: tuple[str, ...] = ()

    @property
    def failing_frame(self) -> Frame | None:
        """The last in-app frame of the outermost exception that has frames, else its last frame (sentry-api §4.2)."""
        for exception in reversed(self.exceptions):
            if exception.frames:
                own = [frame for frame in exception.frames if frame.in_app]
                return own[-1] if own else exception.frames[-1]
        return None


class EventRow(Frozen):
    """One row of the event list: what the tags and the user of an event say."""

    id: str
    when: datetime | None = None
    release: EventText | None = None
    environment: EventText | None = None
    user: EventText | None = None
    """None: the event carries no user context."""
    transaction: EventText | None = None
    title: EventText | None = None
    handled: bool | None = None
    ip: EventText | None = None
    """A stand-in for the sender's address (``<ip 1>``), the same for the same address within the answer."""
