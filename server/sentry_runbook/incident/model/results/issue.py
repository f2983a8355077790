"""Issues and events as tools return them.

An issue is declared once, as the evidence's :class:`.Issue`. The forms here select fields of it: a field with the same
name has the same type (a test holds that), and :func:`select_fields` copies them. Each lists its own, because the order
of keys is part of what is published. Of an event the views differ in every part from the evidence: a frame is one line,
a breadcrumb one text, request fields are grouped.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, TypeVar

from sentry_runbook.incident.model.evidence import Answer, Commit, EventRow, EventText, Frozen, Issue
from sentry_runbook.incident.model.results.impact import Trend

Form = TypeVar("Form", bound=Frozen)


class FrameView(Frozen):
    """The failing stack frame.

    Attributes:
        exception: type of the exception that failed there.
        at: ``file:line:column``, or library and address of a native frame.
        package: library or executable of a native frame.
        in_app: absent: neither SDK nor Sentry said whether it is the application's own.
    """

    exception: EventText | None = None
    function: EventText | None = None
    at: EventText | None = None
    file: EventText | None = None
    line: int | None = None
    column: int | None = None
    package: EventText | None = None
    in_app: bool | None = None
    context: EventText | None = None
    variables: dict[EventText, EventText] | None = None


FAILING = " ← failing"
"""Ends the line of the failing frame, in the stack of the exception that the event is about."""


class StackView(Frozen):
    """A stack outside the exceptions; ``lines`` as in :class:`ExceptionView`.

    Attributes:
        thread: the thread's name; absent: it is the message's own.
        omitted: frames that are not shown.
    """

    thread: EventText | None = None
    lines: tuple[EventText, ...] = ()
    omitted: int | None = None


class ExceptionView(Frozen):
    """One exception of the chain; ``stack`` lists ``function (file:line)``, oldest call first, the failing one marked.

    Attributes:
        aside: true: it neither led to the failing exception nor came of it (suppressed meanwhile, a diagnostic, or its
            sibling in a group).
        thread: the thread that the stack was taken of, where the exception has none of its own.
        stack_omitted: frames that are not shown, those that Sentry left out included.
    """

    type: EventText | None = None
    value: EventText | None = None
    handled: bool | None = None
    aside: bool | None = None
    thread: EventText | None = None
    stack: tuple[EventText, ...] = ()
    stack_omitted: int | None = None


class BreadcrumbView(Frozen):
    """One step before the error."""

    at: datetime | None = None
    category: EventText | None = None
    level: str | None = None
    text: EventText


class RequestView(Frozen):
    """The request that failed; query values and bodies are masked."""

    method: EventText | None = None
    url: EventText | None = None
    data: EventText | None = None


class EventView(Frozen):
    """One event, cut to what a responder reads. Exceptions: cause first, outermost last."""

    id: str
    when: datetime | None = None
    release: EventText | None = None
    environment: EventText | None = None
    transaction: EventText | None = None
    message: EventText | None = None
    user: EventText | None = None
    exceptions: tuple[ExceptionView, ...] = ()
    stack: StackView | None = None
    failing_frame: FrameView | None = None
    breadcrumbs: tuple[BreadcrumbView, ...] = ()
    tags: dict[EventText, EventText] | None = None
    device: EventText | None = None
    browser: EventText | None = None
    os: EventText | None = None
    request: RequestView | None = None
    contexts: dict[EventText, dict[EventText, EventText]] | None = None
    extra: dict[EventText, EventText] | None = None
    occurrence: dict[EventText, EventText] | None = None
    processing_errors: tuple[EventText, ...] | None = None
    scrubbed: tuple[str, ...] | None = None
    trace_id: str | None = None


class IssueSummary(Frozen):
    """The issue in a triage; its totals are over all time."""

    short_id: str | None = None
    id: str
    url: str
    title: EventText
    project: str | None = None
    level: str | None = None
    status: str | None = None
    substatus: str | None = None
    unhandled: bool | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    events_total: int | None = None
    users_total: int | None = None
    assigned_to: EventText | None = None

    @property
    def name(self) -> str:
        """Short id, or the numeric id when Sentry gave no short one."""
        return self.short_id or self.id


class IssueReport(Answer):
    """One issue: counts over all time, trend now, and one event of it.

    Attributes:
        status_details: the status in words, where it waits for something: a release, a commit, a number of events.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("short_id", "title", "url", "status", "substatus", "level", "trend")

    short_id: str | None = None
    id: str
    url: str
    title: EventText
    level: str | None = None
    status: str | None = None
    substatus: str | None = None
    status_details: EventText | None = None
    priority: str | None = None
    unhandled: bool | None = None
    regressed: bool | None = None
    category: str | None = None
    project: str | None = None
    platform: str | None = None
    culprit: EventText | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    events_total: int | None = None
    users_total: int | None = None
    first_release: EventText | None = None
    last_release: EventText | None = None
    assigned_to: EventText | None = None
    trend: Trend | None = None
    event: EventView | None = None
    suspect_commits: tuple[Commit, ...] | None = None
    warnings: tuple[EventText, ...] | None = None


class EventList(Answer):
    """Events of one issue, newest first. ``common`` holds values that every row shares and that the rows leave out."""

    FIRST: ClassVar[tuple[str, ...]] = ("issue", "truncated", "next_cursor")

    issue: str
    events: tuple[EventRow, ...]
    common: dict[str, EventText] | None = None
    next_cursor: str | None = None
    truncated: bool = False
    warnings: tuple[EventText, ...] | None = None


class IssueRow(Frozen):
    """One row of an issue list.

    Attributes:
        events: in the period; in the whole life, where the server tells no totals beside.
        users: as ``events``.
        events_matching: in the period, of those that match the query's own conditions, where the server tells them.
        users_matching: as ``events_matching``.
        events_total: in the issue's whole life.
        users_total: as ``events_total``.
        first_seen: first event of the issue's whole life.
        last_seen: last event of the issue's whole life.
    """

    short_id: str
    title: EventText
    level: str | None = None
    events: int | None = None
    users: int | None = None
    events_matching: int | None = None
    users_matching: int | None = None
    events_total: int | None = None
    users_total: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    substatus: str | None = None
    status: str | None = None
    project: str | None = None
    url: str


class SearchPeriod(Frozen):
    """The period of a search, start included, end excluded."""

    start: datetime
    end: datetime


class SearchScope(Frozen):
    """What a search covered.

    Attributes:
        project: slug or number; ``all``: every project that the token may read.
        environments: any of these; empty: all.
        period: issues with events in it.
        query: as it was sent.
        one_by_one: projects that were searched one by one, for this Sentry searches no several at once.
        not_searched: projects that were not searched, or that Sentry calls closed to the token where nothing was found.
    """

    project: str
    environments: tuple[str, ...]
    period: SearchPeriod
    query: str
    one_by_one: tuple[str, ...] | None = None
    not_searched: tuple[str, ...] | None = None


class IssueList(Answer):
    """Issues that match, in the order asked for; without ``issues`` none of the projects could be searched."""

    FIRST: ClassVar[tuple[str, ...]] = ("scope", "next_cursor")

    scope: SearchScope
    issues: tuple[IssueRow, ...] = ()
    next_cursor: str | None = None


def select_fields(form: type[Form], issue: Issue, **others: object) -> Form:
    """``form`` with every field that the issue has under the same name, and with ``others``, which win."""
    same = {name: getattr(issue, name) for name in form.model_fields if name in Issue.model_fields}
    return form.model_validate({**same, **others})
