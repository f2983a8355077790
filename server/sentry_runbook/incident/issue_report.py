"""The report of one issue (``get_issue``) and the view of one event."""

from __future__ import annotations

from collections.abc import Iterable

from sentry_runbook.incident.events.why_fired import KindWords, words_of
from sentry_runbook.incident.formatting import no_stack
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_state import status_details
from sentry_runbook.incident.issue_status import NO_LOG, is_regressed
from sentry_runbook.incident.model.evidence import (
    Breadcrumb,
    Event,
    Evidence,
    Frame,
    Known,
    Missing,
    Release,
    Stack,
    ThrownException,
    Unknown,
)
from sentry_runbook.incident.model.results.impact import Trend
from sentry_runbook.incident.model.results.issue import (
    FAILING,
    BreadcrumbView,
    EventView,
    ExceptionView,
    FrameView,
    IssueReport,
    RequestView,
    StackView,
    select_fields,
)
from sentry_runbook.incident.releases import latest_release

NO_USERS = "Sentry counts none: the events carry no user, or this server does not count users"
MOST_FRAMES = 12
MOST_BREADCRUMBS = 20
MOST_TAGS = 25


def read_issue(incident: Incident) -> IssueReport:
    """The report of one issue: its fields, trend, one event, suspect commits, and what is missing."""
    evidence, trend = incident.evidence, incident.trend
    issue, commits = evidence.issue, evidence.suspect_commits
    return select_fields(
        IssueReport,
        issue,
        regressed=is_regressed(issue),
        status_details=status_details(issue),
        category=None if issue.is_error else issue.category,
        first_release=_version(issue.first_release),
        last_release=latest_release(evidence),
        trend=trend if isinstance(trend, Trend) else None,
        event=view_event(evidence.event.value) if isinstance(evidence.event, Known) else None,
        suspect_commits=commits.value if isinstance(commits, Known) else None,
        warnings=incident.warnings or None,
        missing=(*_missing(evidence, trend), *incident.unread_outcomes),
        findings=evidence.findings,
    )


def _version(release: Release | None) -> str | None:
    return release.version if release else None


def _missing(evidence: Evidence, trend: Trend | Unknown) -> Iterable[Missing]:
    issue = evidence.issue
    if isinstance(trend, Unknown):
        yield Missing(what="trend", why=trend.why)
    if isinstance(evidence.history, Unknown) and evidence.history.asked and evidence.issue.is_error:
        yield Missing(what="usual_rate", why=evidence.history.why)
    for what, part in (("event", evidence.event), ("suspect_commits", evidence.suspect_commits)):
        if isinstance(part, Unknown) and (part.asked or what == "event"):
            yield Missing(what=what, why=part.why)
    if isinstance(evidence.suspect_commits, Unknown) and not evidence.suspect_commits.asked:
        yield Missing(what="suspect_commits", why="they are looked up by event, and no event could be read")
    server = "GlitchTip" if evidence.server_kind == "glitchtip" else "Sentry"
    silent = f"{server}'s answer does not say"
    for what, value in (
        ("short_id", issue.short_id),
        ("level", issue.level),
        ("status", issue.status),
        ("priority", issue.priority),
        ("unhandled", issue.unhandled),
        ("project", issue.project),
        ("first_seen", issue.first_seen),
        ("last_seen", issue.last_seen),
        ("events_total", issue.events_total),
        ("first_release", issue.first_release),
        ("last_release", latest_release(evidence)),
    ):
        if value is None:
            yield Missing(what=what, why=silent)
    if issue.users_total is None:
        yield Missing(what="users_total", why=NO_USERS)
    if issue.substatus is None:
        yield Missing(what="substatus", why="a resolved issue has none" if issue.status == "resolved" else silent)
    if issue.assigned_to is None:
        yield Missing(what="assigned_to", why="nobody is assigned" if issue.names_assignee else silent)
    if is_regressed(issue) is None:
        yield Missing(what="regressed", why=NO_LOG)
    if isinstance(evidence.event, Known):
        yield from _missing_of_event(evidence.event.value, words_of(evidence))


def _missing_of_event(event: Event, other: KindWords | None) -> Iterable[Missing]:
    """Parts that the event does not carry; what to do about them is the runbook's troubleshooting table."""
    if other is not None:
        yield from _not_of_an_error(event, other)
    else:
        yield from _missing_of_error(event)
    carried = {
        "when": event.when,
        "release": event.release,
        "environment": event.environment,
        "transaction": event.transaction,
        "tags": event.tags or None,
        "device": event.device,
        "browser": event.browser,
        "os": event.os,
        "request": _request(event),
    }
    yield from _left_out(event)
    # One entry for all: half of these are absent from an ordinary server-side event.
    absent = [f"event.{name}" for name, value in carried.items() if value is None]
    if absent:
        yield Missing(what=", ".join(absent), why="the event does not carry it")


def _not_of_an_error(event: Event, other: KindWords) -> Iterable[Missing]:
    """Parts that only errors have; the evidence stands in their place."""
    parts = {
        "exceptions": event.exceptions,
        "failing_frame": event.failing_frame,
        "breadcrumbs": event.breadcrumbs,
    }
    absent = [f"event.{name}" for name, value in parts.items() if not value]
    if absent:
        yield Missing(what=", ".join(absent), why=f"this is {other.name}, no thrown error: see event.occurrence")
    if not event.occurrence:
        yield Missing(what="event.occurrence", why="the event does not say why it fired")


def _missing_of_error(event: Event) -> Iterable[Missing]:
    if not event.breadcrumbs:
        why = "the event carries none: check that the SDK records console, HTTP and navigation breadcrumbs"
        yield Missing(what="event.breadcrumbs", why=why)
    if not event.exceptions and not event.occurrence:
        with_stack = "; its stack is in event.stack" if event.stack is not None else f" and {no_stack(event)}"
        yield Missing(what="event.exceptions", why=f"the event carries no exception{with_stack}")
    elif not event.exceptions:
        yield Missing(what="event.exceptions", why="this is no error issue: see event.occurrence")
    if event.failing_frame is None:
        yield Missing(what="event.failing_frame", why=f"the event has {no_stack(event)}")


def _left_out(event: Event) -> Iterable[Missing]:
    """Parts of which only some are shown."""
    breadcrumbs, tags = len(event.breadcrumbs) + event.breadcrumbs_omitted, len(event.tags) + event.tags_omitted
    for what, count, shown in (
        ("exceptions", len(event.exceptions) + event.exceptions_omitted, len(event.exceptions)),
        ("breadcrumbs", breadcrumbs, MOST_BREADCRUMBS),
        ("tags", tags, MOST_TAGS),
    ):
        if count > shown:
            why = f"only {shown} of {count:,} are shown; the event's page in Sentry has all"
            yield Missing(what=f"event.{what} (the rest)", why=why)


def view_event(event: Event) -> EventView:
    """The view of one event: stack frames and breadcrumbs as lines, the most recent ones only."""
    frame = event.failing_frame
    return EventView(
        id=event.id,
        when=event.when,
        release=event.release,
        environment=event.environment,
        transaction=event.transaction,
        message=event.message,
        user=event.user,
        exceptions=tuple(_exception(thrown, thrown is event.leading) for thrown in event.exceptions),
        stack=_stack(event.stack) if event.stack is not None else None,
        failing_frame=_frame(frame, event.leading) if frame else None,
        breadcrumbs=tuple(_breadcrumb(crumb) for crumb in event.breadcrumbs[-MOST_BREADCRUMBS:]),
        tags=dict(list(event.tags.items())[:MOST_TAGS]) or None,
        device=event.device,
        browser=event.browser,
        os=event.os,
        request=_request(event),
        contexts=event.contexts or None,
        extra=event.extra or None,
        occurrence=dict(event.occurrence) or None,
        processing_errors=event.processing_errors or None,
        scrubbed=event.scrubbed or None,
        trace_id=event.trace_id,
    )


def _exception(thrown: ThrownException, leads: bool) -> ExceptionView:
    stack = _stack(thrown, leads)
    return ExceptionView(
        type=thrown.type,
        value=thrown.value,
        handled=thrown.handled,
        aside=thrown.aside or None,
        thread=stack.thread,
        stack=stack.lines,
        stack_omitted=stack.omitted,
    )


def _stack(stack: Stack, leads: bool = True) -> StackView:
    """The last frames, the failing one always among them, and marked where the event is about it."""
    frames, failing = list(stack.frames[-MOST_FRAMES:]), stack.failing_frame
    if failing is not None and not any(frame is failing for frame in frames):
        frames[0] = failing
    return StackView(
        thread=stack.thread,
        lines=tuple(frame_line(frame) + (FAILING if leads and frame is failing else "") for frame in frames),
        omitted=(stack.frames_omitted + len(stack.frames) - len(frames)) or None,
    )


def frame_line(frame: Frame) -> str:
    """A frame as ``function (file:line)``."""
    return f"{frame.function or '?'} ({frame.location}){' [library]' if frame.in_app is False else ''}"


def _frame(frame: Frame, thrown: ThrownException | None) -> FrameView:
    return FrameView(
        exception=thrown.type if thrown is not None else None,
        function=frame.function,
        at=frame.location,
        file=frame.file or frame.module,
        line=frame.line,
        column=frame.column,
        package=frame.package,
        in_app=frame.in_app,
        context=frame.context,
        variables=frame.variables or None,
    )


def _breadcrumb(crumb: Breadcrumb) -> BreadcrumbView:
    text = " — ".join(part for part in (crumb.call, crumb.message) if part)
    return BreadcrumbView(at=crumb.at, category=crumb.category, level=crumb.level, text=text or "(empty)")


def _request(event: Event) -> RequestView | None:
    if event.request_method is None and event.request_url is None and event.request_data is None:
        return None
    return RequestView(method=event.request_method, url=event.request_url, data=event.request_data)
