"""The runbook's triage in one call."""

from __future__ import annotations

from mcp.server.mcpserver import Context

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools import classify_severity, discover_impact, get_issue
from sentry_runbook.tools.arguments import CoreFlow, DataLossRisk, Environment, Issue, Period, Workaround, stated_flags
from sentry_runbook.tools.output import Page, cut_missing
from sentry_runbook.tools.registry import RunbookTool, runbook_tool


async def triage_issue(
    issue: Issue,
    ctx: Context[Runtime],
    environment: Environment = None,
    workaround: Workaround = None,
    core_flow: CoreFlow = None,
    data_loss_risk: DataLossRisk = None,
    period: Period = None,
) -> Triage:
    """Start here when paged: the whole triage of an issue in one call.

    Severity with reasons, impact, the eleven-step checklist, likely causes with evidence for and against, suspect
    release and commits, next steps. What is unknown is in `missing`.
    """
    from sentry_runbook.incident.triage.triage import make_triage  # noqa: PLC0415  # with the first call (DESIGN §9)

    run = runtime(ctx)
    evidence = await investigate(run, issue, TRIAGE, environment=environment, period=period)
    return make_triage(run.incident(evidence, stated_flags(workaround, core_flow, data_loss_risk)))


def page(result: Triage) -> Page:
    """How a person reads it."""
    verdict, issue = result.severity, result.issue
    sheet = Page(f"{verdict.severity} {verdict.label}: {issue.short_id or issue.id} {quoted(issue.title)}")
    sheet.say(issue.url)
    for warning in result.warnings or ():
        sheet.say(warning)
    classify_severity.describe(sheet, verdict)
    sheet.head("Next steps").items(result.next_steps)
    sheet.head("Likely causes")
    for cause in result.causes:
        sheet.items([f"**{cause.pattern}** ({cause.confidence}). {cause.action}"])
        sheet.items(f"for: {text}" for text in cause.evidence_for)
        sheet.items(f"against: {text}" for text in cause.evidence_against)
    if not result.causes:
        sheet.say("None of the runbook's patterns holds on this evidence.")
    sheet.fact("Suspect release", result.suspect_release and quoted(result.suspect_release))
    for commit in result.suspect_commits:
        sheet.fact("Suspect commit", get_issue.named_commit(commit))
    discover_impact.describe(sheet.head("Impact"), result.impact)
    sheet.head("Checklist").items(f"[{step.state}] {step.step}: {step.finding}" for step in result.checklist)
    return sheet


def _shorter_impact(result: Triage) -> Triage:
    impact = result.impact.model_copy(
        update={"breakdown": result.impact.breakdown[:4], "endpoints": result.impact.endpoints[:2]}
    )
    how = "left out for length; discover_impact has all rows"
    return result.model_copy(
        update={"impact": impact, "missing": cut_missing(result.missing, "impact.breakdown (all but 4)", how)}
    )


def _shorter_severity(result: Triage) -> Triage:
    criteria = tuple(
        c.model_copy(update={"source": None, "window": None, "note": None}) for c in result.severity.criteria
    )
    severity = result.severity.model_copy(update={"criteria": criteria, "distance": ()})
    how = "left out for length; classify_severity has them"
    return result.model_copy(
        update={
            "severity": severity,
            "missing": cut_missing(result.missing, "severity.criteria (sources, notes), distance", how),
        }
    )


def _shorter_causes(result: Triage) -> Triage:
    causes = tuple(
        c.model_copy(update={"evidence_for": c.evidence_for[:3], "evidence_against": c.evidence_against[:2]})
        for c in result.causes[:3]
    )
    return result.model_copy(update={"causes": causes, "suspect_commits": result.suspect_commits[:2]})


def _shorter_findings(result: Triage) -> Triage:
    steps = tuple(s.model_copy(update={"finding": cut(s.finding, 140)}) for s in result.checklist)
    impact = result.impact.model_copy(update={"breakdown": ()})
    return result.model_copy(update={"checklist": steps, "impact": impact})


def tool() -> RunbookTool[Triage]:
    """The tool as the server lists it."""
    return runbook_tool(
        triage_issue,
        result=Triage,
        page=page,
        title="Triage an issue",
        shrink=(_shorter_impact, _shorter_severity, _shorter_causes, _shorter_findings),
    )
