"""Read one issue."""

from __future__ import annotations

from collections.abc import Callable

from mcp.server.mcpserver import Context

from sentry_runbook.collect import READ, investigate
from sentry_runbook.incident.model.results.issue import FAILING, ExceptionView, IssueReport
from sentry_runbook.render.issue import issue_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut, ends
from sentry_runbook.tools.arguments import Environment, Issue, Which
from sentry_runbook.tools.cuts import Cut
from sentry_runbook.tools.registry import ToolDefinition


async def get_issue(
    issue: Issue, ctx: Context[Runtime], environment: Environment = None, event: Which | None = None
) -> IssueReport:
    """When somebody asks what an error is, or for its stack trace: one issue with one event of it.

    Status, counts over all time, trend now, stack trace, breadcrumbs, tags, suspect commits. For counts in a period use
    discover_impact; for the whole first look triage_issue.
    """
    from sentry_runbook.incident.issue_report import read_issue  # noqa: PLC0415  # with the first call (DESIGN §9)

    run = runtime(ctx)
    evidence = await investigate(run, issue, READ, environment=environment, which=event)
    return read_issue(run.incident(evidence))


def _without(*names: str) -> Callable[[IssueReport], IssueReport]:
    """The report without these parts of its event."""

    def change(result: IssueReport) -> IssueReport:
        if result.event is None:
            return result
        empty = {name: () if isinstance(getattr(result.event, name), tuple) else None for name in names}
        return result.model_copy(update={"event": result.event.model_copy(update=empty)})

    return change


def _fewer_breadcrumbs(result: IssueReport) -> IssueReport:
    return _with(result, breadcrumbs=result.event.breadcrumbs[-8:]) if result.event else result


def _fewer_tags(result: IssueReport) -> IssueReport:
    tags = result.event.tags if result.event else None
    return _with(result, tags=dict(list(tags.items())[:8])) if tags else result


def _shorter_stacks(result: IssueReport) -> IssueReport:
    if result.event is None:
        return result
    thrown = result.event.exceptions
    root = next((place for place, one in enumerate(thrown) if not one.aside), 0)
    kept = [one for place, one in enumerate(thrown) if place in (root, len(thrown) - 1) or _failing(one) is not None]
    return _with(result, exceptions=tuple(_shorter(one) for one in kept))


def _shorter(thrown: ExceptionView) -> ExceptionView:
    """The exception with its last frames, the failing one among them; of one that does not lead only the very last."""
    failing = _failing(thrown)
    places = list(range(len(thrown.stack)))[-5 if failing is not None else -1 :]
    if failing is not None and failing not in places:
        places[0] = failing
    return thrown.model_copy(
        update={
            "value": thrown.value and ends(thrown.value, 300),
            "stack": tuple(cut(thrown.stack[place], 160) for place in places),
            "stack_omitted": (thrown.stack_omitted or 0) + len(thrown.stack) - len(places) or None,
        }
    )


def _failing(thrown: ExceptionView) -> int | None:
    return next((place for place, line in enumerate(thrown.stack) if line.endswith(FAILING)), None)


def _no_variables(result: IssueReport) -> IssueReport:
    frame = result.event.failing_frame if result.event else None
    return _with(result, failing_frame=frame.model_copy(update={"variables": None})) if frame else result


def _with(result: IssueReport, **parts: object) -> IssueReport:
    """The report with other parts of its event."""
    event = result.event
    return result if event is None else result.model_copy(update={"event": event.model_copy(update=parts)})


def _how(_: IssueReport, result: IssueReport) -> str:
    return f"the whole event is at {result.url}events/{result.event.id if result.event else 'latest'}/"


LEAST = ("breadcrumbs", "tags", "request", "message", "occurrence", "processing_errors")
CUTS = (
    Cut(_without("contexts", "extra"), {"event.contexts": "", "event.extra": ""}, _how),
    Cut(_fewer_breadcrumbs, {"event.breadcrumbs": "all but the last 8"}, _how),
    Cut(_fewer_tags, {"event.tags": "all but 8"}, _how),
    Cut(
        _shorter_stacks,
        {"event.exceptions": "all but root and outermost and leading one with at most 5 frames"},
        _how,
    ),
    Cut(_no_variables, {"event.failing_frame.variables": ""}, _how),
    Cut(_without(*LEAST), {f"event.{name}": "" for name in LEAST}, _how),
)
"""Mildest first."""


TOOL = ToolDefinition(
    function=get_issue,
    result=IssueReport,
    render=issue_page,
    title="Read an issue",
    hint=(
        "show the stack trace, traceback, exception details, error message, failing function, file and line number, "
        "breadcrumbs, tags, request, browser, device and OS of an error, status and assignee, details of one issue"
    ),
    shrink=CUTS,
)
