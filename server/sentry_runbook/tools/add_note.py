"""Comment on an issue."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve
from pydantic import Field

from sentry_runbook.incident.model.results.resolution import NoteResult
from sentry_runbook.render.resolution import note_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import ConfirmToken, DryRun, Issue, SomeText
from sentry_runbook.tools.confirmation import (
    ANY_TOKEN,
    CALL_WITHIN_S,
    CONFIRMED_BY,
    Confirm,
    Decision,
    decide,
    decision_of,
    planned_on,
    seconds_left,
    spend_token,
)
from sentry_runbook.tools.output import MOST_CHARACTERS
from sentry_runbook.tools.registry import ToolDefinition
from sentry_runbook.writing.plans import TOO_LONG_TO_SHOW, NotePlan


async def planned(issue: str, text: str, confirm_token: str | None, ctx: Context[Runtime]) -> NotePlan:
    """The plan, made on a fresh read; refused where a person or a token could not be shown all of it."""
    from sentry_runbook.writing.note import note_result, plan_note  # noqa: PLC0415  # with the first call (DESIGN §9)
    from sentry_runbook.writing.others import beside_others  # noqa: PLC0415  # as above

    run = runtime(ctx)
    plan = await plan_note(run, issue, text)
    plan = beside_others(run, plan, planned_on(run, plan.payload(), confirm_token))
    asked = note_result(plan, "needs_confirmation", token=ANY_TOKEN)
    return plan if plan.refused or TOOL.shows_whole(asked, ("text",)) else plan.refuse(TOO_LONG_TO_SHOW)


async def confirmed(
    plan: Annotated[NotePlan, Resolve(planned)], dry_run: bool, confirm_token: str | None, ctx: Context[Runtime]
) -> Decision | Elicit[Confirm]:
    """Ask the user where that is needed and possible."""
    return await decide(
        ctx,
        plan,
        nothing=plan.already or plan.refused is not None,
        dry_run=dry_run,
        token=confirm_token,
        must_confirm=plan.issue.asked_as is not None,
    )


async def add_note(
    issue: Issue,
    text: Annotated[str, Field(description="The comment", max_length=4000), SomeText],
    ctx: Context[Runtime],
    plan: Annotated[NotePlan, Resolve(planned)],
    answer: Annotated[ElicitationResult[Confirm], Resolve(confirmed)],
    dry_run: DryRun = False,
    confirm_token: ConfirmToken = None,
) -> NoteResult:
    """When the user wants a comment on an issue in Sentry. It is forwarded to linked trackers (Jira, GitHub …).

    Confirmed like resolve_issue: with needs_confirmation, show the user the text first.
    """
    from sentry_runbook.writing.note import note_result, post_note  # noqa: PLC0415  # with the first call (DESIGN §9)
    from sentry_runbook.writing.others import told_again  # noqa: PLC0415  # as above

    run, decision = runtime(ctx), decision_of(answer)
    how = decision.how
    if how == "nothing":
        return note_result(plan, "refused" if plan.refused else "already")
    if how == "plan":
        token = run.confirmations.issue(plan.payload(), of_dry_run=True, seen=plan.seen)
        return note_result(plan, "planned", token=token)
    if how == "ask":
        token = run.confirmations.issue(plan.payload(), seen=plan.seen)
        return note_result(plan, "needs_confirmation", token=token, notes=decision.notes)
    if how == "declined":
        return note_result(plan, "not_applied", notes=("Not confirmed by the user; nothing was posted.",))
    spend_token(run, how, confirm_token, plan)
    with run.client().deadline(seconds_left(CALL_WITHIN_S)):
        if how == "agreed":
            plan = await told_again(run, plan)
        return await post_note(run, plan, CONFIRMED_BY[how])


TOOL = ToolDefinition(
    function=add_note,
    result=NoteResult,
    render=note_page,
    title="Add a note",
    hint=(
        "leave a comment or note on the sentry issue, write down what we tried, record or post findings and "
        "decisions, who is on it, annotate, log"
    ),
    budget=MOST_CHARACTERS,
    writes=True,
)
