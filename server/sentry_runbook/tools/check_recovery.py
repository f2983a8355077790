"""Is it over?"""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import RECOVERY, investigate, recovery_window
from sentry_runbook.incident.model.results.impact import Recovery
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import Issue, OneLine, stated_moment
from sentry_runbook.tools.output import Page, shown
from sentry_runbook.tools.registry import RunbookTool, runbook_tool


async def check_recovery(
    issue: Issue,
    ctx: Context[Runtime],
    since: Annotated[
        str | None,
        Field(description="When it was fixed, ISO 8601; else the resolve or the peak", max_length=40),
        OneLine,
    ] = None,
) -> Recovery:
    """Tell whether an incident is over: events per hour now, in the incident and before it.

    Also quiet since when, events since the fix, regression, crash-free. Quiet without a fix is mitigated, not resolved.
    """
    run = runtime(ctx)
    fixed = stated_moment(since, "since")
    evidence = await investigate(run, issue, RECOVERY, window_for=lambda found, now: recovery_window(found, now, fixed))
    return run.incident(evidence, Stated(fixed_at=fixed)).recovery


def page(result: Recovery) -> Page:
    """How a person reads it."""
    sheet = Page(f"Recovery of {result.issue}: {result.verdict}").say(result.reading)
    sheet.items(result.warnings or ())
    sheet.fact("Regressed", result.regressed).fact("A fix is known", result.fix_known)
    sheet.fact("Since", result.since and f"{result.since:%Y-%m-%d %H:%M} UTC ({result.since_basis})")
    sheet.fact("Events per hour in the incident", result.events_per_hour_before)
    sheet.fact("Events per hour before it", result.events_per_hour_baseline)
    sheet.fact("Events per hour now", result.events_per_hour_now)
    sheet.fact("Events since then", result.events_since)
    sheet.fact("Quiet since", result.quiet_since)
    sheet.fact("Crash-free sessions then", _percent(result.crash_free_before_pct))
    sheet.fact("Crash-free sessions now", _percent(result.crash_free_now_pct))
    sheet.items(f"Still needed: {need}" for need in result.needs)
    sheet.items(result.notes)
    return sheet


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{shown(value)} %"


def tool() -> RunbookTool[Recovery]:
    """The tool as the server lists it."""
    return runbook_tool(check_recovery, result=Recovery, page=page, title="Check the recovery")
