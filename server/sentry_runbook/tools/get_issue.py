"""Read one issue."""

from __future__ import annotations

from mcp.server.mcpserver import Context

from sentry_runbook.collect import READ, investigate
from sentry_runbook.incident.model.results.issue import IssueReport
from sentry_runbook.render.issue import issue_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import Environment, Issue, Which
from sentry_runbook.tools.output import name_cut
from sentry_runbook.tools.registry import ToolDefinition


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


def _cut(result: IssueReport, whole: str = "", part: str = "", **changes: object) -> IssueReport:
    """The report with a smaller event; what is gone is named: whole keys, or a part of one."""
    event = result.event
    if event is None:
        return result
    how = f"left out for length; the whole event is at {result.url}events/{event.id}/"
    gone = [f"event.{name}" for name in whole.split() if getattr(event, name)]
    kept = [entry for entry in result.missing if entry.what.partition(" (")[0] not in gone]
    if gone or part:
        kept = [*name_cut(kept, ", ".join(gone) or f"event.{part}", how)]
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


TOOL = ToolDefinition(
    function=get_issue,
    result=IssueReport,
    render=issue_page,
    title="Read an issue",
    shrink=(_no_contexts, _fewer_breadcrumbs, _fewer_tags, _shorter_stacks, _no_variables, _bare),
)
