"""Draft the postmortem."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.incident.evidence import Stated
from sentry_runbook.incident.postmortem import Postmortem
from sentry_runbook.incident.postmortem import draft_postmortem as draft
from sentry_runbook.investigate import STORY, investigate, story_window
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.answer import Page, cut_missing
from sentry_runbook.tools.arguments import Fix, Issue, Lead, OneLine, RootCause, stated_moment
from sentry_runbook.tools.registry import RunbookTool, runbook_tool

Moment = Annotated[str | None, Field(description="ISO 8601", max_length=40), OneLine]


async def draft_postmortem(
    issue: Issue,
    ctx: Context[Runtime],
    lead: Lead = None,
    root_cause: RootCause = None,
    fix: Fix = None,
    mitigated_at: Moment = None,
    detected_at: Moment = None,
    acknowledged_at: Moment = None,
) -> Postmortem:
    """Draft the postmortem in the runbook's form: timeline with sources, impact, five whys, action items.

    Every number says its query; what only people know is a marked question in `unknowns`. State what you know by the
    arguments.
    """
    run = runtime(ctx)
    stated = Stated(
        lead=lead,
        root_cause=root_cause,
        fix=fix,
        mitigated_at=stated_moment(mitigated_at, "mitigated_at"),
        detected_at=stated_moment(detected_at, "detected_at"),
        acknowledged_at=stated_moment(acknowledged_at, "acknowledged_at"),
    )
    evidence = await investigate(run, issue, STORY, choose=story_window)
    return draft(evidence, run.safe(stated), run.policy, evidence.collected_at, form=run.templates["postmortem"])


def page(result: Postmortem) -> Page:
    """How a person reads it."""
    sheet = Page("Postmortem draft").say(result.markdown)
    if result.unknowns:
        sheet.head("Questions to people").items(result.unknowns)
    return sheet


def _fewer_rows(result: Postmortem) -> Postmortem:
    how = "left out for length; the markdown has every row"
    impact = result.impact.model_copy(update={"breakdown": result.impact.breakdown[:4]})
    return result.model_copy(
        update={
            "timeline": result.timeline[:25],
            "impact": impact,
            "missing": cut_missing(result.missing, "timeline after 25 rows, impact.breakdown after 4", how),
        }
    )


def tool() -> RunbookTool[Postmortem]:
    """The tool as the server lists it."""
    return runbook_tool(
        draft_postmortem,
        result=Postmortem,
        page=page,
        title="Draft the postmortem",
        shrink=(_fewer_rows,),
        budget=20_000,
    )
