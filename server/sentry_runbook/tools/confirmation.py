"""Who confirms a write: a person by the client's question, a sealed token, or the operator's ``direct``.

The question goes out by the SDK's resolvers, which serve both protocol eras: a server request on 2025-11-25, an
``input_required`` answer and a retry on 2026-07-28. Without elicitation the plan comes with a token.
"""

from __future__ import annotations

from typing import Literal

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult
from pydantic import BaseModel, Field

from sentry_runbook.runtime import Runtime, runtime

How = Literal["plan", "nothing", "token", "ask", "direct"]


class Decision(BaseModel):
    """What was decided without asking a person.

    Attributes:
        how: ``plan`` only; ``nothing`` to send; a ``token`` came with the call; ``ask`` by a token, because this client
            shows no questions; ``direct``, because the operator lets writes through.
    """

    how: How


class Confirm(BaseModel):
    """The question that a person answers."""

    confirm: bool = Field(description="Make this change in Sentry")


def decide(
    ctx: Context[Runtime], question: str, *, nothing: bool, dry_run: bool, token: str | None, must_confirm: bool
) -> Decision | Elicit[Confirm]:
    """Whether to ask, and how.

    Args:
        ctx: the call.
        question: what a person would be asked; the same for the same state, so that an answer stays bound to it.
        nothing: there is nothing to send.
        dry_run: only the plan is wanted.
        token: the confirm_token that came along.
        must_confirm: also where the operator lets writes through.
    """
    if nothing:
        return Decision(how="nothing")
    if dry_run:
        return Decision(how="plan")
    if token:
        return Decision(how="token")
    if runtime(ctx).settings.writes == "direct" and not must_confirm:
        return Decision(how="direct")
    if can_ask(ctx):
        return Elicit(question, Confirm)
    return Decision(how="ask")


def can_ask(ctx: Context[Runtime]) -> bool:
    """Whether the client shows questions to its user; a client that only opens URLs does not."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


CONFIRMED_BY = {"token": "confirm_token", "agreed": "elicitation", "direct": "direct"}
"""A decision to send → the audit file's word for it."""


def how_decided(
    answer: ElicitationResult[Confirm] | AcceptedElicitation[Decision],
) -> How | Literal["agreed", "declined"]:
    """The decision behind a resolver's outcome; anything but a clear yes is a no."""
    if isinstance(answer, AcceptedElicitation):
        data: object = answer.data
        if isinstance(data, Decision):
            return data.how
        if isinstance(data, Confirm) and data.confirm:
            return "agreed"
    return "declined"
