"""Change an issue's status, safely."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve
from pydantic import Field

from sentry_runbook.incident.model.results.resolution import Action, ResolutionResult
from sentry_runbook.incident.resolution.request import ResolutionRequest
from sentry_runbook.render.resolution import resolution_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import ConfirmToken, DryRun, Issue, OneLine
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
from sentry_runbook.writing.plans import TOO_LONG_TO_SHOW, Plan

NOT_CONFIRMED = "Not confirmed by the user; nothing was changed."
SHOWN_WHOLE = ("before", "after", "warnings", "stated_reason", "undo")
"""Parts of a plan that nobody could agree to if they were cut."""


async def planned(
    issue: str,
    action: Action,
    release: str | None,
    ignore_count: int | None,
    ignore_minutes: int | None,
    ignore_users: int | None,
    window_minutes: int | None,
    reason: str | None,
    dry_run: bool,
    confirm_token: str | None,
    ctx: Context[Runtime],
) -> Plan:
    """The plan, made on a fresh read; refused where a person or a token could not be shown all of it."""
    from sentry_runbook.writing.change import make_plan, resolution_result  # noqa: PLC0415  # with the first call (DESIGN §9)
    from sentry_runbook.writing.others import beside_others  # noqa: PLC0415  # as above

    request = ResolutionRequest(
        action=action,
        release=release,
        ignore_count=ignore_count,
        ignore_minutes=ignore_minutes,
        ignore_users=ignore_users,
        window_minutes=window_minutes,
    )
    run = runtime(ctx)
    is_shown = dry_run or (not confirm_token and run.settings.writes != "direct")
    plan = await make_plan(run, issue, request, reason=reason or "", is_shown=is_shown)
    plan = beside_others(run, plan, planned_on(run, plan.payload(), confirm_token))
    asked = resolution_result(plan, "needs_confirmation", token=ANY_TOKEN)
    is_whole = plan.resolution.change is None or TOOL.shows_whole(asked, SHOWN_WHOLE)
    return plan if is_whole else plan.refuse(TOO_LONG_TO_SHOW)


async def confirmed(
    plan: Annotated[Plan, Resolve(planned)], dry_run: bool, confirm_token: str | None, ctx: Context[Runtime]
) -> Decision | Elicit[Confirm]:
    """Ask the user where that is needed and possible."""
    return await decide(
        ctx,
        plan,
        nothing=plan.resolution.change is None,
        dry_run=dry_run,
        token=confirm_token,
        must_confirm=plan.resolution.must_confirm,
    )


async def resolve_issue(
    issue: Issue,
    action: Annotated[Action, Field(description="ignore without limit is for ever")],
    ctx: Context[Runtime],
    plan: Annotated[Plan, Resolve(planned)],
    answer: Annotated[ElicitationResult[Confirm], Resolve(confirmed)],
    release: Annotated[str | None, Field(description="For resolve_in_release", max_length=250), OneLine] = None,
    ignore_count: Annotated[int | None, Field(ge=1, description="Until N MORE events")] = None,
    ignore_minutes: Annotated[int | None, Field(ge=1, description="For N minutes")] = None,
    ignore_users: Annotated[int | None, Field(ge=1, description="Until N MORE users")] = None,
    window_minutes: Annotated[int | None, Field(ge=1, le=10080, description="Count within this time")] = None,
    reason: Annotated[str | None, Field(description="Why, for the audit", max_length=300), OneLine] = None,
    dry_run: DryRun = False,
    confirm_token: ConfirmToken = None,
) -> ResolutionResult:
    """When the user wants to close an issue: resolve, ignore with limits, archive or reopen; confirmed, read back.

    Outcome needs_confirmation brings a confirm_token: show the user before, after and warnings, and call again with it
    only after they agree.
    """
    from sentry_runbook.writing.change import apply, ensure_unchanged, resolution_result  # noqa: PLC0415  # with the first call (DESIGN §9)

    run, decision = runtime(ctx), decision_of(answer)
    how = decision.how
    if how == "nothing":
        return resolution_result(plan, "already" if plan.resolution.already else "refused")
    if how == "plan":
        token = run.confirmations.issue(plan.payload(), of_dry_run=True, seen=plan.seen)
        return resolution_result(plan, "planned", token=token)
    if how == "ask":
        token = run.confirmations.issue(plan.payload(), seen=plan.seen)
        return resolution_result(plan, "needs_confirmation", token=token, notes=decision.notes)
    if how == "declined":
        return resolution_result(plan, "not_applied", notes=(NOT_CONFIRMED,))
    spend_token(run, how, confirm_token, plan)
    with run.client().deadline(seconds_left(CALL_WITHIN_S)):
        if how == "agreed":
            plan = await ensure_unchanged(run, plan)
        return await apply(run, plan, CONFIRMED_BY[how])


TOOL = ToolDefinition(
    function=resolve_issue,
    result=ResolutionResult,
    render=resolution_page,
    title="Resolve or ignore",
    hint=(
        "close this issue, close issue as done or fixed, mark as resolved, snooze, mute or silence a noisy error, "
        "stop alerting, ignore error for an hour or day, archive until 100 more events or users, reopen, undo"
    ),
    budget=MOST_CHARACTERS,
    writes=True,
    destructive=True,
)
