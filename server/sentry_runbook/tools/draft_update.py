"""Draft a message to people."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import HANDOFF, STORY, investigate, story_window
from sentry_runbook.incident.model.results.messages import FORMS, Audience, Draft, Format, Kind
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.messages import draft_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import Fix, Issue, Issues, Lead, OneLine, RootCause, past_moment
from sentry_runbook.tools.registry import ToolDefinition


async def draft_update(
    issue: Issue,
    ctx: Context[Runtime],
    kind: Annotated[Kind, Field(description="initial (alert) unless given; handoff is for engineers")] = "initial",
    audience: Annotated[Audience, Field(description="engineers unless given")] = "engineers",
    format: Annotated[Format, Field(description="markdown unless given")] = "markdown",  # noqa: A002  # the argument's public name
    lead: Lead = None,
    service: Annotated[str | None, Field(description="Name of the service", max_length=100), OneLine] = None,
    root_cause: RootCause = None,
    fix: Fix = None,
    since: Annotated[str | None, Field(description="Last message, ISO 8601", max_length=40), OneLine] = None,
    issues: Issues = None,
    fixed_at: Annotated[str | None, Field(description="When it was fixed, ISO 8601", max_length=40), OneLine] = None,
) -> Draft:
    """When people must be told: draft an alert, status update, resolution notice or handoff from facts.

    What is unknown stands as a marked blank and in `unknowns`: ask the user, never guess. A person sends it. With
    `nothing_to_say` none is due: tell the user why.
    """
    from sentry_runbook.incident.messages.drafts import draft_update as draft  # noqa: PLC0415  # with the first call (DESIGN §9)
    from sentry_runbook.incident.messages.handoff import check_audience  # noqa: PLC0415  # as above

    check_audience(kind, audience)
    run = runtime(ctx)
    last = past_moment(since, "since", run.clock())
    fixed = past_moment(fixed_at, "fixed_at", run.clock())
    stated = Stated(lead=lead, service=service, root_cause=root_cause, fix=fix, fixed_at=fixed)
    # Of several issues the caller has said which belong together.
    aspects = HANDOFF if kind == "handoff" and not issues else STORY
    evidence = await investigate(run, issue, aspects, window_for=story_window, beside=issues or ())
    return draft(
        run.incident(evidence, stated),
        form=run.templates[FORMS[kind]],
        kind=kind,
        audience=audience,
        format=format,
        since=last,
    )


TOOL = ToolDefinition(
    function=draft_update,
    result=Draft,
    render=draft_page,
    title="Draft a message",
    hint=(
        "text for status page, write status page post, text to tell customers, stakeholders, management, email, "
        "slack, executive summary, what do I say, initial alert, resolved notice, handoff for the next shift, brief "
        "who takes over"
    ),
    budget=20_000,
)
