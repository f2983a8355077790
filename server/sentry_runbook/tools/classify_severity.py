"""Judge the severity by the runbook's rules."""

from __future__ import annotations

from mcp.server.mcpserver import Context

from sentry_runbook.collect import SEVERITY, investigate
from sentry_runbook.incident.model.results.triage import Verdict
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
from sentry_runbook.tools.output import Page
from sentry_runbook.tools.registry import RunbookTool, runbook_tool


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
    """Judge P0 to P3 by the runbook's rules, from measured production numbers and what people stated.

    Shows every criterion, and what the unknown could change. Leave flags out unless a person said so.
    """
    run = runtime(ctx)
    evidence = await investigate(run, issue, SEVERITY, environment=environment, period=period, start=start, end=end)
    return run.incident(evidence, stated_flags(workaround, core_flow, data_loss_risk)).severity


def page(result: Verdict) -> Page:
    """How a person reads it."""
    sheet = Page(f"{result.severity} {result.label}: {result.issue}")
    return describe(sheet.items(result.warnings or ()), result)


def describe(sheet: Page, result: Verdict) -> Page:
    """The verdict's facts, on a page of its own or on the triage's."""
    sheet.say(result.because)
    sheet.fact(
        "Respond", f"{result.response}" + (f", by {result.respond_by:%Y-%m-%d %H:%M} UTC" if result.respond_by else "")
    )
    sheet.fact("Escalate", result.escalation)
    sheet.fact("Decided by", result.decided_by)
    possible = result.could_be
    if possible.lowest != possible.highest:
        sheet.fact("Could be", f"{possible.lowest} to {possible.highest}, depending on what is not known")
    if result.share_of_project is not None:
        sheet.fact("This issue's share of the project's unhandled events", f"{result.share_of_project:.0%}")
    if result.severity_without_suspects:
        sheet.fact("Without the suspicious events", result.severity_without_suspects)
    sheet.fact("Policy", result.policy)
    for criterion in result.criteria:
        met = {True: "met", False: "not met"}.get(criterion.met, "unknown") if criterion.met != "unknown" else "unknown"
        observed = "" if criterion.observed is None else f"{criterion.observed}, "
        note = f" ({criterion.note})" if criterion.note else ""
        sheet.fact(f"{criterion.id}", f"{met}: {observed}threshold {criterion.threshold}{note}")
    for step in result.distance:
        sheet.fact(f"To {step.to}", f"{step.criterion}: {step.needs}")
    return sheet


def _without_distance(result: Verdict) -> Verdict:
    return result.model_copy(update={"distance": ()})


def tool() -> RunbookTool[Verdict]:
    """The tool as the server lists it."""
    return runbook_tool(
        classify_severity, result=Verdict, page=page, title="Classify the severity", shrink=(_without_distance,)
    )
