"""Draft the postmortem."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import STORY, investigate, story_window
from sentry_runbook.incident.model.results.messages import Postmortem
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.messages import postmortem_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import Fix, Issue, Lead, OneLine, RootCause, stated_moment
from sentry_runbook.tools.output import name_cut
from sentry_runbook.tools.registry import ToolDefinition

Moment = Annotated[str | None, Field(description="ISO 8601", max_length=40), OneLine]
TextToCheck = Annotated[str | None, Field(description="Finished text, for lint[]", max_length=60_000)]
MOST_FINDINGS, MOST_ROWS = 30, 25


async def draft_postmortem(
    issue: Issue,
    ctx: Context[Runtime],
    lead: Lead = None,
    root_cause: RootCause = None,
    fix: Fix = None,
    mitigated_at: Moment = None,
    detected_at: Moment = None,
    acknowledged_at: Moment = None,
    check: TextToCheck = None,
) -> Postmortem:
    """Draft the postmortem: timeline with sources, impact, five whys, action items.

    What only people know is a marked question in `unknowns`; state what you know. With check, a finished text is linted
    against the evidence.
    """
    from sentry_runbook.incident.messages.drafts import draft_postmortem as draft  # noqa: PLC0415  # as below
    from sentry_runbook.incident.postmortem.lint import lint_postmortem  # noqa: PLC0415  # with the first call (DESIGN §9)

    run = runtime(ctx)
    stated = Stated(
        lead=lead,
        root_cause=root_cause,
        fix=fix,
        mitigated_at=stated_moment(mitigated_at, "mitigated_at"),
        detected_at=stated_moment(detected_at, "detected_at"),
        acknowledged_at=stated_moment(acknowledged_at, "acknowledged_at"),
    )
    evidence = await investigate(run, issue, STORY, window_for=story_window)
    postmortem = draft(run.incident(evidence, stated), form=run.templates["postmortem"])
    if check is None:
        return postmortem
    return postmortem.model_copy(update={"lint": lint_postmortem(check, run.incident(evidence))})


def _without_twins(result: Postmortem) -> Postmortem:
    """Without what the Markdown says as well: the questions, and the issue's own address on every row."""
    rows = (
        row if row.link and "/events/" in row.link else row.model_copy(update={"link": None}) for row in result.timeline
    )
    blanks = tuple(unknown for unknown in result.unknowns if not unknown.endswith("?"))
    shorter = result.model_copy(update={"timeline": tuple(rows), "unknowns": blanks})
    return _said(shorter, "unknowns: the questions")


def _without_tags(result: Postmortem) -> Postmortem:
    impact = result.impact.model_copy(update={"breakdown": (), "endpoints": result.impact.endpoints[:1], "trend": None})
    shorter = result.model_copy(update={"impact": impact})
    return _said(shorter, "impact.breakdown, impact.trend", how="call discover_impact for it")


def _fewer_rows(result: Postmortem) -> Postmortem:
    if len(result.timeline) <= MOST_ROWS:
        return result
    shorter = result.model_copy(update={"timeline": result.timeline[:MOST_ROWS]})
    return _said(shorter, f"timeline after {MOST_ROWS} rows")


def _without_milestones(result: Postmortem) -> Postmortem:
    shorter = result.model_copy(update={"milestones": (), "intervals": (), "gaps": ()})
    return _said(shorter, "milestones, intervals, gaps")


def _said(shorter: Postmortem, what: str, how: str = "the markdown says it") -> Postmortem:
    """With the cut named, and where its content is."""
    missing = name_cut(shorter.missing, what, f"left out for length; {how}")
    return shorter.model_copy(update={"missing": missing})


def _fewer_findings(result: Postmortem) -> Postmortem:
    if len(result.lint) <= MOST_FINDINGS:
        return result
    more = len(result.lint) - MOST_FINDINGS
    shorter = result.model_copy(update={"lint": result.lint[:MOST_FINDINGS]})
    return _said(shorter, f"lint: {more} more", how="change these and check again")


def _without_draft(result: Postmortem) -> Postmortem:
    """Without the draft: when a text is checked, the findings matter more."""
    if not result.lint:
        return result
    how = "call draft_postmortem without check for it"
    shorter = result.model_copy(update={"markdown": f"[left out for length; {how}]"})
    return _said(shorter, "markdown: the draft", how=how)


STEPS = (_fewer_findings, _without_twins, _without_tags, _fewer_rows, _without_draft, _without_milestones)
"""Mildest first; what goes is in the Markdown too, or comes from another call."""


TOOL = ToolDefinition(
    function=draft_postmortem,
    result=Postmortem,
    render=postmortem_page,
    title="Draft the postmortem",
    shrink=STEPS,
    budget=20_000,
)
