"""Who confirms a write: a person by the client's question, a sealed token, or the operator's ``direct``.

On 2026-07-28 the question goes out as an ``input_required`` answer (by the SDK's resolvers) and the client retries the
call. On 2025-11-25 it is the server's own request, and the call waits for it: a question that no person answers in
time, or that the client cannot show, is no person's "no"; the plan then comes with a token (DESIGN §8.3). So it does
without elicitation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import anyio
from mcp import MCPError
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult
from pydantic import BaseModel, Field

from sentry_runbook.runtime import Runtime, runtime

How = Literal["plan", "nothing", "token", "ask", "direct", "agreed", "declined"]
ANSWER_WITHIN_S = 45.0
"""Seconds after the start of a call until which a person may answer: many clients give up a call after 60."""
CALL_WITHIN_S = 58.0
"""Seconds after its start at which a call that asked has answered, the write and its read-back included."""
HOST_ANSWERS_WITHIN_S = 1.0
"""A question that is declined so fast was read by no person."""
RETRIES_SINCE = "2026-07-28"
"""From this protocol version on the client retries the call with the answer; versions are dates."""
_began: ContextVar[float] = ContextVar("_began")


@contextmanager
def call_begins() -> Iterator[None]:
    """Let the times above count from now."""
    token = _began.set(anyio.current_time())
    try:
        yield
    finally:
        _began.reset(token)


def seconds_left(within_s: float) -> float:
    """The seconds until ``within_s`` after the call's start; never negative."""
    now = anyio.current_time()
    return max(0.0, _began.get(now) + within_s - now)


class Decision(BaseModel):
    """What was decided.

    Attributes:
        how: ``plan`` only; ``nothing`` to send; a ``token`` came with the call; ``ask`` by a token, because no person
            could be asked otherwise; ``direct``, because the operator lets writes through; a person ``agreed`` or
            ``declined``.
        why: why no person answered a question that was asked.
    """

    how: How
    why: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """The reason as a warning."""
        return () if self.why is None else (self.why,)


class Confirm(BaseModel):
    """The question that a person answers."""

    confirm: bool = Field(description="Make this change in Sentry")


async def decide(
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
    if nothing or dry_run:
        return Decision(how="nothing" if nothing else "plan")
    if token:
        return Decision(how="token")
    if runtime(ctx).settings.writes == "direct" and not must_confirm:
        return Decision(how="direct")
    if not can_ask(ctx):
        return Decision(how="ask")
    return Elicit(question, Confirm) if (ctx.protocol_version or "") >= RETRIES_SINCE else await _ask(ctx, question)


async def _ask(ctx: Context[Runtime], question: str) -> Decision:
    """Ask by a request of our own, and wait for a person's answer."""
    asked_at, answer, why = (
        anyio.current_time(),
        None,
        f"Nobody answered the client's question in {ANSWER_WITHIN_S:g} s",
    )
    with anyio.move_on_after(seconds_left(ANSWER_WITHIN_S)):
        try:
            answer = await ctx.elicit(question, Confirm)
        except MCPError as exc:
            why = f"The client could not ask its user (it answered the question with error {exc.code})"
        except ValueError:
            why = "The client's answer to the question cannot be read"
    if answer is not None and answer.action != "accept" and anyio.current_time() - asked_at < HOST_ANSWERS_WITHIN_S:
        answer, why = None, "The client declined the question at once, without a person"
    if answer is None:
        return Decision(how="ask", why=f"{why}: nothing was sent to Sentry. {ASK_IN_WORDS}")
    return decision_of(answer)


def can_ask(ctx: Context[Runtime]) -> bool:
    """Whether the client shows questions to its user; a client that only opens URLs does not."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


CONFIRMED_BY = {"token": "confirm_token", "agreed": "elicitation", "direct": "direct"}
"""A decision to send → the audit file's word for it."""


ASK_IN_WORDS = "Ask the user in the conversation, and call again with the confirm_token only after they agree."


def decision_of(answer: ElicitationResult[Confirm] | AcceptedElicitation[Decision]) -> Decision:
    """The decision behind a resolver's outcome; anything but a clear yes is a no."""
    if isinstance(answer, AcceptedElicitation):
        data: object = answer.data
        if isinstance(data, Decision):
            return data
        if isinstance(data, Confirm) and data.confirm:
            return Decision(how="agreed")
    return Decision(how="declined")
