"""Read one issue."""

from __future__ import annotations

from mcp.server.mcpserver import Context

from sentry_runbook.collect import READ, investigate
from sentry_runbook.incident.formatting import trend_sentence
from sentry_runbook.incident.model.evidence import Commit, quoted
from sentry_runbook.incident.model.results.issue import EventView, IssueReport
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import Environment, Issue, Which
from sentry_runbook.tools.output import Page, cut_missing, shown
from sentry_runbook.tools.registry import RunbookTool, runbook_tool


async def get_issue(
    issue: Issue, ctx: Context[Runtime], environment: Environment = None, event: Which | None = None
) -> IssueReport:
    """Read one issue with one event of it.

    Status, counts over all time, trend now, stack trace, breadcrumbs, tags, suspect commits. For counts in a period use
    discover_impact; for the whole first look triage_issue.
    """
    from sentry_runbook.incident.issue_report import read_issue  # noqa: PLC0415  # with the first call (DESIGN §9)

    run = runtime(ctx)
    evidence = await investigate(run, issue, READ, environment=environment, which=event)
    return read_issue(run.incident(evidence))


def page(result: IssueReport) -> Page:
    """How a person reads it."""
    sheet = Page(f"{result.short_id or result.id}: {quoted(result.title)}")
    sheet.fact("Sentry", result.url)
    status = " / ".join(part for part in (result.status, result.substatus) if part)
    sheet.fact("Status", status + (" (regressed)" if result.regressed and result.substatus != "regressed" else ""))
    sheet.fact("Level", result.level).fact("Priority", result.priority).fact("Unhandled", result.unhandled)
    sheet.fact("Category", result.category).fact("Project", result.project).fact("Platform", result.platform)
    sheet.fact("Culprit", result.culprit and quoted(result.culprit))
    sheet.fact("First seen", result.first_seen).fact("Last seen", result.last_seen)
    sheet.fact("Events over all time", result.events_total).fact("Users over all time", result.users_total)
    sheet.fact("First release", result.first_release and quoted(result.first_release))
    sheet.fact("Last release", result.last_release and quoted(result.last_release))
    sheet.fact("Assigned to", result.assigned_to and quoted(result.assigned_to))
    if result.trend:
        sheet.fact("Trend", f"{trend_sentence(result.trend)} {result.trend.sparkline}")
    for commit in result.suspect_commits or ():
        sheet.fact("Suspect commit", named_commit(commit))
    if result.suspect_commits == ():
        sheet.fact("Suspect commit", "none: Sentry found no commit that touched the failing code")
    for warning in result.warnings or ():
        sheet.say(warning)
    if result.event:
        _event(sheet, result.event)
    return sheet


def _event(sheet: Page, event: EventView) -> None:
    sheet.head(f"Event {event.id}")
    sheet.fact("When", event.when)
    for label, value in (
        ("Release", event.release),
        ("Environment", event.environment),
        ("Transaction", event.transaction),
        ("User", event.user),
        ("Browser", event.browser),
        ("OS", event.os),
        ("Device", event.device),
    ):
        sheet.fact(label, value and quoted(value))
    sheet.fact("Trace", event.trace_id)
    sheet.fact("Emptied by Sentry's own data scrubbing", event.scrubbed and ", ".join(map(quoted, event.scrubbed)))
    for thrown in event.exceptions:
        heading = ": ".join(part for part in (thrown.type, thrown.value) if part)
        handled = {True: ", handled", False: ", unhandled", None: ""}[thrown.handled]
        left_out = [f"  ({thrown.stack_omitted} earlier frames left out)"] if thrown.stack_omitted else []
        lines = (heading, *left_out, *(f"  at {line}" for line in thrown.stack))
        sheet.untrusted(f"exception{handled}; the failing frame is last", "\n".join(lines))
    frame = event.failing_frame
    if frame:
        sheet.untrusted("code at the failing frame", frame.context)
        sheet.untrusted("variables there", "\n".join(f"{key} = {val}" for key, val in (frame.variables or {}).items()))
    crumbs = [f"{crumb.at or ''} {crumb.category or ''} {crumb.text}".strip() for crumb in event.breadcrumbs]
    sheet.untrusted("breadcrumbs, oldest first", "\n".join(crumbs))
    sheet.untrusted("message", event.message)
    if event.request:
        request = event.request
        sheet.untrusted("request", " ".join(part for part in (request.method, request.url, request.data) if part))
    sheet.untrusted("tags", "\n".join(f"{key} = {value}" for key, value in (event.tags or {}).items()))
    sheet.untrusted("evidence", "\n".join(f"{key}: {value}" for key, value in (event.occurrence or {}).items()))
    for name, values in (event.contexts or {}).items():
        sheet.untrusted("context", f"{name}: " + ", ".join(f"{key}={value}" for key, value in values.items()))
    sheet.untrusted("extra", "\n".join(f"{key} = {value}" for key, value in (event.extra or {}).items()))
    sheet.untrusted("processing errors", "\n".join(event.processing_errors or ()))


def named_commit(commit: Commit) -> str:
    """A suspect commit in one line."""
    said = " ".join(quoted(part) for part in (commit.id, commit.message) if part)
    by = f" by {quoted(commit.author)}" if commit.author else ""
    at = f", {shown(commit.at)}" if commit.at else ""
    request = f" ({quoted(commit.pull_request)})" if commit.pull_request else ""
    return f"{said}{request}{by}{at}"


def _cut(result: IssueReport, whole: str = "", part: str = "", **changes: object) -> IssueReport:
    """The report with a smaller event; what is gone is named: whole keys, or a part of one."""
    event = result.event
    if event is None:
        return result
    how = f"left out for length; the whole event is at {result.url}events/{event.id}/"
    gone = [f"event.{name}" for name in whole.split() if getattr(event, name)]
    kept = [entry for entry in result.missing if entry.what.partition(" (")[0] not in gone]
    if gone or part:
        kept = [*cut_missing(kept, ", ".join(gone) or f"event.{part}", how)]
    return result.model_copy(update={"event": event.model_copy(update=changes), "missing": tuple(kept)})


def _no_contexts(result: IssueReport) -> IssueReport:
    return _cut(result, "contexts extra", contexts=None, extra=None)


def _fewer_breadcrumbs(result: IssueReport) -> IssueReport:
    crumbs = result.event.breadcrumbs if result.event else ()
    return _cut(result, part="breadcrumbs (all but the last 8)", breadcrumbs=crumbs[-8:]) if len(crumbs) > 8 else result


def _fewer_tags(result: IssueReport) -> IssueReport:
    tags = list(result.event.tags.items()) if result.event and result.event.tags else []
    return _cut(result, part="tags (all but 8)", tags=dict(tags[:8])) if len(tags) > 8 else result


def _shorter_stacks(result: IssueReport) -> IssueReport:
    event = result.event
    exceptions = tuple(
        thrown.model_copy(
            update={
                "value": thrown.value and cut(thrown.value, 300),
                "stack": tuple(cut(line, 160) for line in thrown.stack[-5:]),
                "stack_omitted": (thrown.stack_omitted or 0) + max(0, len(thrown.stack) - 5) or None,
            }
        )
        for thrown in (event.exceptions[-2:] if event else ())
    )
    return _cut(result, part="exceptions (the last two, 5 frames each)", exceptions=exceptions)


def _no_variables(result: IssueReport) -> IssueReport:
    frame = result.event.failing_frame if result.event else None
    if frame is None or not frame.variables:
        return result
    return _cut(result, part="failing_frame.variables", failing_frame=frame.model_copy(update={"variables": None}))


def _bare(result: IssueReport) -> IssueReport:
    return _cut(
        result,
        "breadcrumbs tags request message occurrence processing_errors",
        breadcrumbs=(),
        tags=None,
        request=None,
        message=None,
        occurrence=None,
        processing_errors=None,
    )


def tool() -> RunbookTool[IssueReport]:
    """The tool as the server lists it."""
    return runbook_tool(
        get_issue,
        result=IssueReport,
        page=page,
        title="Read an issue",
        shrink=(_no_contexts, _fewer_breadcrumbs, _fewer_tags, _shorter_stacks, _no_variables, _bare),
    )
