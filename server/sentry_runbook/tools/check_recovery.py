"""Is it over?"""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import RECOVERY, investigate, recovery_window
from sentry_runbook.incident.model.results.impact import Recovery
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.recovery import recovery_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import Issue, Issues, OneLine, past_moment
from sentry_runbook.tools.registry import ToolDefinition


async def check_recovery(
    issue: Issue,
    ctx: Context[Runtime],
    since: Annotated[
        str | None,
        Field(description="When it was fixed, ISO 8601; else the resolve or the peak", max_length=40),
        OneLine,
    ] = None,
    issues: Issues = None,
) -> Recovery:
    """When somebody asks whether it is over, or after a fix: events per hour now, in the incident and before it.

    Also quiet since when, events since the fix, regression, crash-free. Quiet without a fix is mitigated, not resolved.
    """
    run = runtime(ctx)
    fixed = past_moment(since, "since", run.clock())
    evidence = await investigate(
        run,
        issue,
        RECOVERY,
        window_for=lambda read, now: recovery_window(read, now, fixed),
        beside=issues or (),
    )
    return run.incident(evidence, Stated(fixed_at=fixed)).recovery


TOOL = ToolDefinition(
    function=check_recovery,
    result=Recovery,
    render=recovery_page,
    title="Check the recovery",
    hint=(
        "is it over, still happening, has it stopped, is it stable, symptoms gone, did the fix, rollback, hotfix or "
        "deploy work or help, are errors back to normal, has the rate dropped since, did it come back, verify or "
        "monitor after a fix, all clear, stand down, back to bed"
    ),
)
