"""Judge the severity by the runbook's rules."""

from __future__ import annotations

from mcp.server.mcpserver import Context

from sentry_runbook.collect import SEVERITY, investigate
from sentry_runbook.incident.model.results.triage import Verdict
from sentry_runbook.render.severity import severity_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import (
    CoreFlow,
    DataLossRisk,
    End,
    Environment,
    Issue,
    Period,
    Start,
    Workaround,
    stated_flags,
)
from sentry_runbook.tools.cuts import Cut
from sentry_runbook.tools.registry import ToolDefinition


async def classify_severity(
    issue: Issue,
    ctx: Context[Runtime],
    workaround: Workaround = None,
    core_flow: CoreFlow = None,
    data_loss_risk: DataLossRisk = None,
    period: Period = None,
    start: Start = None,
    end: End = None,
    environment: Environment = None,
) -> Verdict:
    """When somebody asks how bad it is, or has stated a flag: P0 to P3 by the runbook's rules.

    From measured production numbers and what people stated. Shows every criterion, and what the unknown could change.
    Leave flags out, or null, unless a person said so.
    """
    run = runtime(ctx)
    evidence = await investigate(run, issue, SEVERITY, environment=environment, period=period, start=start, end=end)
    return run.incident(evidence, stated_flags(workaround, core_flow, data_loss_risk)).severity


def _without_distance(result: Verdict) -> Verdict:
    return result.model_copy(update={"distance": ()})


CUTS = (Cut(_without_distance, {"distance": ""}, "each criterion says its threshold and what was measured"),)


TOOL = ToolDefinition(
    function=classify_severity,
    result=Verdict,
    render=severity_page,
    title="Classify the severity",
    hint=(
        "how bad or serious is it, severity, priority, is this a P0, P1, P2 or P3, sev1, sev2, urgent, critical, "
        "major or minor, who should I wake, page, notify or escalate to, escalation, how urgent, how fast must we "
        "respond, can it wait until morning"
    ),
    shrink=CUTS,
)
