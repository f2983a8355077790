"""One issue with one event of it as Markdown, and the line of a suspect commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentry_runbook.incident.formatting import trend_sentence
from sentry_runbook.incident.model.evidence import Commit, quoted
from sentry_runbook.incident.model.results.issue import EventView, IssueReport
from sentry_runbook.render.markdown_page import MarkdownPage, format_value


def issue_page(result: IssueReport) -> MarkdownPage:
    """Render the issue and its event as Markdown."""
    page = MarkdownPage(f"{result.short_id or result.id}: {quoted(result.title)}")
    page.fact("Sentry", result.url)
    status = " / ".join(part for part in (result.status, result.substatus) if part)
    page.fact("Status", status + (" (regressed)" if result.regressed and result.substatus != "regressed" else ""))
    page.fact("Status in words", result.status_details)
    page.fact("Level", result.level).fact("Priority", result.priority).fact("Unhandled", result.unhandled)
    page.fact("Category", result.category).fact("Project", result.project).fact("Platform", result.platform)
    page.fact("Culprit", result.culprit and quoted(result.culprit))
    page.fact("First seen", result.first_seen).fact("Last seen", result.last_seen)
    page.fact("Events over all time", result.events_total).fact("Users over all time", result.users_total)
    page.fact("First release", result.first_release and quoted(result.first_release))
    page.fact("Last release", result.last_release and quoted(result.last_release))
    page.fact("Assigned to", result.assigned_to and quoted(result.assigned_to))
    if result.trend:
        page.fact("Trend", f"{trend_sentence(result.trend)} {result.trend.sparkline}")
    for commit in result.suspect_commits or ():
        page.fact("Suspect commit", commit_line(commit))
    if result.suspect_commits == ():
        page.fact("Suspect commit", "none: Sentry found no commit that touched the failing code")
    for warning in result.warnings or ():
        page.paragraph(warning)
    if result.event:
        _add_event(page, result.event)
    return page


def _add_event(page: MarkdownPage, event: EventView) -> None:
    page.heading(f"Event {event.id}")
    page.fact("When", event.when)
    for label, value in (
        ("Release", event.release),
        ("Environment", event.environment),
        ("Transaction", event.transaction),
        ("User", event.user),
        ("Browser", event.browser),
        ("OS", event.os),
        ("Device", event.device),
    ):
        page.fact(label, value and quoted(value))
    page.fact("Trace", event.trace_id)
    page.fact("Emptied by Sentry's own data scrubbing", event.scrubbed and ", ".join(map(quoted, event.scrubbed)))
    frame = event.failing_frame
    if frame:
        of = f", of {quoted(frame.exception)}" if frame.exception else ""
        page.fact("Failing frame", quoted(f"{frame.function or '?'} ({frame.at})") + of)
    for thrown in event.exceptions:
        heading = ": ".join(part for part in (thrown.type, thrown.value) if part)
        handled = {True: ", handled", False: ", unhandled", None: ""}[thrown.handled]
        lines = (heading, *_stack(thrown.stack, thrown.stack_omitted))
        beside = ", beside the failing one" if thrown.aside else ""
        page.untrusted(f"exception{beside}{handled}", "\n".join(lines))
    if event.stack:
        of = "a thread" if event.stack.thread else "the message"
        stack = _stack(event.stack.lines, event.stack.omitted)
        page.untrusted(f"stack of {of}", "\n".join(filter(None, (event.stack.thread, *stack))))
    if frame:
        page.untrusted("code at the failing frame", frame.context)
        page.untrusted("variables there", "\n".join(f"{key} = {val}" for key, val in (frame.variables or {}).items()))
    crumbs = [f"{crumb.at or ''} {crumb.category or ''} {crumb.text}".strip() for crumb in event.breadcrumbs]
    page.untrusted("breadcrumbs, oldest first", "\n".join(crumbs))
    page.untrusted("message", event.message)
    if event.request:
        request = event.request
        page.untrusted("request", " ".join(part for part in (request.method, request.url, request.data) if part))
    page.untrusted("tags", "\n".join(f"{key} = {value}" for key, value in (event.tags or {}).items()))
    page.untrusted("evidence", "\n".join(f"{key}: {value}" for key, value in (event.occurrence or {}).items()))
    for name, values in (event.contexts or {}).items():
        page.untrusted("context", f"{name}: " + ", ".join(f"{key}={value}" for key, value in values.items()))
    page.untrusted("extra", "\n".join(f"{key} = {value}" for key, value in (event.extra or {}).items()))
    page.untrusted("processing errors", "\n".join(event.processing_errors or ()))


def _stack(lines: Sequence[str], omitted: int | None) -> Iterator[str]:
    if omitted:
        yield f"  ({omitted} frames left out)"
    yield from (f"  at {line}" for line in lines)


def commit_line(commit: Commit) -> str:
    """A suspect commit in one line."""
    name = " ".join(quoted(part) for part in (commit.id, commit.message) if part)
    by = f" by {quoted(commit.author)}" if commit.author else ""
    at = f", {format_value(commit.at)}" if commit.at else ""
    request = f" ({quoted(commit.pull_request)})" if commit.pull_request else ""
    return f"{name}{request}{by}{at}"
