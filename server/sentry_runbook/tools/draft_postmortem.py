"""Draft the postmortem."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import collect_story
from sentry_runbook.incident.model.results.messages import Postmortem
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.messages import postmortem_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import Fix, Issue, Issues, Lead, OneLine, RootCause, past_moment
from sentry_runbook.tools.cuts import LEFT_OUT, Cut
from sentry_runbook.tools.registry import ToolDefinition

Moment = Annotated[str | None, Field(description="ISO 8601", max_length=40), OneLine]
TextToCheck = Annotated[str | None, Field(description="Text, for lint[]", max_length=60_000)]
MOST_FINDINGS, MOST_ROWS, FEWEST_ROWS = 30, 25, 8


async def draft_postmortem(
    issue: Issue,
    ctx: Context[Runtime],
    issues: Issues = None,
    lead: Lead = None,
    root_cause: RootCause = None,
    fix: Fix = None,
    mitigated_at: Moment = None,
    detected_at: Moment = None,
    acknowledged_at: Moment = None,
    check: TextToCheck = None,
) -> Postmortem:
    """When the incident is over: draft the postmortem, with timeline and sources, impact, five whys, action items.

    What only people know is a marked question in `unknowns`; state what you know. With check, a finished text is linted
    against the evidence.
    """
    from sentry_runbook.incident.messages.drafts import draft_postmortem as draft  # noqa: PLC0415  # as below
    from sentry_runbook.incident.postmortem.lint import lint_postmortem  # noqa: PLC0415  # with the first call (DESIGN §9)

    run = runtime(ctx)
    now = run.clock()
    stated = Stated(
        lead=lead,
        root_cause=root_cause,
        fix=fix,
        mitigated_at=past_moment(mitigated_at, "mitigated_at", now),
        detected_at=past_moment(detected_at, "detected_at", now),
        acknowledged_at=past_moment(acknowledged_at, "acknowledged_at", now),
    )
    incident = await collect_story(run, issue, beside=issues or (), stated=stated)
    postmortem = draft(incident, form=run.templates["postmortem"])
    if check is None:
        return postmortem
    return postmortem.model_copy(update={"lint": lint_postmortem(check, run.incident(incident.evidence))})


def _without_twins(result: Postmortem) -> Postmortem:
    """Without what the Markdown says as well: the questions, and the issue's own address on every row."""
    rows = (
        row if row.link and "/events/" in row.link else row.model_copy(update={"link": None}) for row in result.timeline
    )
    blanks = tuple(unknown for unknown in result.unknowns if not unknown.endswith("?"))
    return result.model_copy(update={"timeline": tuple(rows), "unknowns": blanks})


def _without_tags(result: Postmortem) -> Postmortem:
    impact = result.impact.model_copy(update={"breakdown": (), "endpoints": result.impact.endpoints[:1], "trend": None})
    return result.model_copy(update={"impact": impact})


def _fewer_rows(result: Postmortem) -> Postmortem:
    return result.model_copy(update={"timeline": result.timeline[:MOST_ROWS]})


def _without_intervals(result: Postmortem) -> Postmortem:
    return result.model_copy(update={"intervals": (), "gaps": ()})


def _without_milestones(result: Postmortem) -> Postmortem:
    return result.model_copy(update={"milestones": ()})


def _without_items(result: Postmortem) -> Postmortem:
    return result.model_copy(update={"action_items": ()})


def _without_blanks(result: Postmortem) -> Postmortem:
    return result.model_copy(update={"unknowns": ()})


def _fewest_rows(result: Postmortem) -> Postmortem:
    return result.model_copy(update={"timeline": result.timeline[:FEWEST_ROWS]})


def _fewer_findings(result: Postmortem) -> Postmortem:
    return result.model_copy(update={"lint": result.lint[:MOST_FINDINGS]})


def _without_draft(result: Postmortem) -> Postmortem:
    """Without the draft: when a text is checked, the findings matter more."""
    return result.model_copy(update={"markdown": f"[{LEFT_OUT}{WITHOUT_CHECK}]"}) if result.lint else result


def _how_many_more(before: Postmortem, after: Postmortem) -> str:
    return f"{len(before.lint) - len(after.lint)} more; change these and check again"


WITHOUT_CHECK = "call draft_postmortem without check for it"


def _in_the_draft(_: Postmortem, result: Postmortem) -> str:
    """The draft may be left out, too, beside the findings of a text."""
    return WITHOUT_CHECK if result.lint else "the markdown says it"


CUTS = (
    Cut(_fewer_findings, {"lint": f"all but {MOST_FINDINGS}"}, _how_many_more),
    Cut(_without_twins, {"unknowns": "the questions", "timeline.link": "of the issue itself"}, _in_the_draft),
    Cut(
        _without_tags,
        {"impact.breakdown": "", "impact.endpoints": "all but 1", "impact.trend": ""},
        "call discover_impact for it",
    ),
    Cut(_fewer_rows, {"timeline": f"all but {MOST_ROWS} rows"}, _in_the_draft),
    Cut(_without_draft, {"markdown": "the draft"}, WITHOUT_CHECK),
    Cut(_without_intervals, {"intervals": "", "gaps": ""}, _in_the_draft),
    Cut(_without_milestones, {"milestones": ""}, _in_the_draft),
    Cut(_without_items, {"action_items": ""}, _in_the_draft),
    Cut(_without_blanks, {"unknowns": ""}, _in_the_draft),
    Cut(_fewest_rows, {"timeline": f"all but {FEWEST_ROWS} rows"}, _in_the_draft),
)
"""Mildest first; what goes is in the Markdown too, or comes from another call."""


TOOL = ToolDefinition(
    function=draft_postmortem,
    result=Postmortem,
    render=postmortem_page,
    title="Draft the postmortem",
    hint=(
        "write the incident report, post-mortem, RCA, root cause analysis document, retrospective, lessons learned, "
        "five whys, what happened when, follow-ups, blameless review, after the incident or outage"
    ),
    shrink=CUTS,
    budget=20_000,
)
