"""The runbook's triage in one call."""

from __future__ import annotations

from mcp.server.mcpserver import Context

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.render.triage import triage_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import CoreFlow, DataLossRisk, Environment, Issue, Period, Workaround, stated_flags
from sentry_runbook.tools.cuts import Cut
from sentry_runbook.tools.registry import ToolDefinition


async def triage_issue(
    issue: Issue,
    ctx: Context[Runtime],
    environment: Environment = None,
    workaround: Workaround = None,
    core_flow: CoreFlow = None,
    data_loss_risk: DataLossRisk = None,
    period: Period = None,
) -> Triage:
    """Call this first when paged, or given an issue: its whole triage in one call.

    Severity with reasons, impact, the eleven-step checklist, likely causes with evidence for and against, suspect
    release and commits, next steps. What is unknown is in `missing`.
    """
    run = runtime(ctx)
    evidence = await investigate(run, issue, TRIAGE, environment=environment, period=period)
    from sentry_runbook.incident.triage.triage import make_triage  # noqa: PLC0415  # loaded meanwhile (DESIGN §9)

    return make_triage(run.incident(evidence, stated_flags(workaround, core_flow, data_loss_risk)))


def _shorter_impact(result: Triage) -> Triage:
    impact = {"breakdown": result.impact.breakdown[:4], "endpoints": result.impact.endpoints[:2]}
    return result.model_copy(update={"impact": result.impact.model_copy(update=impact)})


def _telling_criteria(result: Triage) -> Triage:
    """The criterion that decides, the nearest miss beside it, and all that are met, unknown or not asked."""
    first, rest = result.severity.criteria[:2], result.severity.criteria[2:]
    kept = (*first, *(criterion for criterion in rest if criterion.met is not False))
    return result.model_copy(update={"severity": result.severity.model_copy(update={"criteria": kept})})


def _shorter_checklist(result: Triage) -> Triage:
    steps = tuple(step.model_copy(update={"finding": cut(step.finding, LONGEST_FINDING)}) for step in result.checklist)
    return result.model_copy(update={"checklist": steps})


def _shorter_causes(result: Triage) -> Triage:
    causes = tuple(
        cause.model_copy(
            update={"evidence_for": cause.evidence_for[:3], "evidence_against": cause.evidence_against[:2]}
        )
        for cause in result.causes[:3]
    )
    return result.model_copy(update={"causes": causes, "suspect_commits": result.suspect_commits[:2]})


def _shorter_lists(result: Triage) -> Triage:
    shorter = {name: getattr(result, name)[:most] for name, most in SHORTER.items()}
    return result.model_copy(update={**shorter, "impact": result.impact.model_copy(update={"breakdown": ()})})


def _shortest_causes(result: Triage) -> Triage:
    """The first cause with its evidence; the others by name, confidence and action."""
    others = tuple(
        cause.model_copy(update={"evidence_for": cause.evidence_for[:1], "evidence_against": ()})
        for cause in result.causes[1:2]
    )
    return result.model_copy(update={"causes": (*result.causes[:1], *others)})


def _met_criteria(result: Triage) -> Triage:
    """Without the unknown ones, whose reasons ``missing`` has, and those that people are asked in ``questions``."""
    first, rest = result.severity.criteria[:2], result.severity.criteria[2:]
    kept = (*first, *(criterion for criterion in rest if criterion.met is True))
    return result.model_copy(update={"severity": result.severity.model_copy(update={"criteria": kept})})


LONGEST_FINDING = 110
"""Characters of a checklist's finding in an answer that is too long."""
SHORTER = {
    "related": 3,
    "explanation": 3,
    "release_health": 2,
    "changes": 3,
    "also_started": 3,
    "owners": 3,
    "suspect_commits": 1,
}
"""Entries of these lists in an answer that is too long."""
CUTS = (
    Cut(
        _shorter_impact,
        {"impact.breakdown": "all but 4 rows", "impact.endpoints": "all but 2"},
        "discover_impact has all rows",
    ),
    Cut(
        _telling_criteria,
        {"severity.criteria": "those not met but the nearest"},
        "classify_severity has all",
    ),
    Cut(
        _shorter_checklist,
        {"checklist.finding": f"all but {LONGEST_FINDING} characters each"},
        "get_issue and discover_impact have the facts",
    ),
    Cut(
        _shorter_causes,
        {"causes": "all but 3 with 3 reasons for and 2 against each", "suspect_commits": "all but 2"},
        "draft_postmortem has the first cause whole, get_issue the commits",
    ),
    Cut(
        _shorter_lists,
        {**{name: f"all but {most}" for name, most in SHORTER.items()}, "impact.breakdown": ""},
        "discover_impact, draft_postmortem and assess_situation have them",
    ),
    Cut(
        _shortest_causes,
        {"causes": "all but 2 with one reason for the second"},
        "draft_postmortem has the first cause whole",
    ),
    Cut(
        _met_criteria,
        {"severity.criteria": "all but the nearest and those met"},
        "classify_severity has all",
    ),
)
"""Mildest first."""


TOOL = ToolDefinition(
    function=triage_issue,
    result=Triage,
    render=triage_page,
    title="Triage an issue",
    hint=(
        "paged, pager went off, on call, sentry alert: what now, where do I start, what to check first, investigate "
        "sentry error, debug error, why does it fail, likely cause, root cause of an exception or crash, which deploy "
        "or commit broke it, who owns it, what to do next, roll back"
    ),
    always_loaded=True,
    shrink=CUTS,
)
