"""Who confirms a write: a person by the client's question, a sealed token, or the operator's ``direct``.

A question that no person answers in time, that the client declines by itself or cannot show, is no person's "no": the
plan then comes with a token, as it does without elicitation (DESIGN §8.3). Which it was is seen by time, in both eras:

- On 2025-11-25 the question is the server's own request, and the call waits for its answer.
- On 2026-07-28 it goes out as an ``input_required`` answer (by the SDK's resolvers), and the client retries the call
  with the answer. In between nothing waits, so it is remembered since when the question is open
  (:class:`~sentry_runbook.store.open_questions.OpenQuestions`). A client that never comes back with an answer has the
  token when it asks again after as long as a call would have waited.

A dry run gives a token, too, but asks nobody. Where the client can ask, a person is asked when that token comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Literal, Protocol

import anyio
from mcp import MCPError
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult
from mcp.types import ElicitResult
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sentry_runbook.progress import report
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.confirm import ConfirmationError, Payload, Seen, StateChanged

How = Literal["plan", "nothing", "token", "ask", "direct", "agreed", "declined"]
ANSWER_WITHIN_S = 45.0
"""Seconds after the start of a call until which a person may answer: many clients give up a call after 60."""
CALL_WITHIN_S = 58.0
"""Seconds after its start at which a call that asked has answered, the write and its read-back included."""
HOST_ANSWERS_WITHIN_S = 1.0
"""A question that is declined so fast was read by no person."""
RETRIES_SINCE = "2026-07-28"
"""From this protocol version on the client retries the call with the answer; versions are dates."""
NOBODY_ANSWERED = "Nobody answered the client's question in {:g} s"
DECLINED_AT_ONCE = "The client declined the question at once, without a person"
ASKING = "asking a person to confirm the change; nothing has been sent"
UNREADABLE = "The client's answer to the question cannot be read"
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


class Confirmable(Protocol):
    """A plan of a change, as far as it is confirmed."""

    @property
    def read_at(self) -> float:
        """When its call came and the state was read, in seconds of the runtime's ``elapsed``."""

    @property
    def seen(self) -> Seen:
        """How far the issue's log was read with it."""

    @property
    def changed_by(self) -> str:
        """Who changed the state since it was planned first, in words; empty for a first plan."""

    def question(self) -> str:
        """What a person is asked."""

    def payload(self) -> Payload:
        """What a confirm token is bound to."""


class Confirm(BaseModel):
    """The question that a person answers."""

    confirm: bool = Field(description="Make this change in Sentry")


async def decide(
    ctx: Context[Runtime], plan: Confirmable, *, nothing: bool, dry_run: bool, token: str | None, must_confirm: bool
) -> Decision | Elicit[Confirm]:
    """Whether to ask, and how.

    Args:
        ctx: the call.
        plan: what is to be confirmed. Its question is the same for the same state, so an answer stays bound to it.
        nothing: there is nothing to send.
        dry_run: only the plan is wanted.
        token: the confirm_token that came along.
        must_confirm: also where the operator lets writes through.

    Raises:
        ConfirmationError: the token of a dry run does not confirm this; nobody is asked.
    """
    if nothing or dry_run:
        return Decision(how="nothing" if nothing else "plan")
    run = runtime(ctx)
    needs_person = run.settings.writes != "direct" or must_confirm
    if token and not (needs_person and can_ask(ctx) and run.confirmations.is_of_dry_run(token)):
        return Decision(how="token")
    if not needs_person:
        return Decision(how="direct")
    if not can_ask(ctx):
        return Decision(how="ask")
    if token and not ctx.input_responses:
        redeem(run, token, plan, spend=False)
    return _put(ctx, plan) if (ctx.protocol_version or "") >= RETRIES_SINCE else await _ask(ctx, plan.question())


def _put(ctx: Context[Runtime], plan: Confirmable) -> Decision | Elicit[Confirm]:
    """Put the question with the answer of this call, or judge the answer that the client came back with."""
    # Two states may look alike in a question, so the answer is bound to a digest of the whole: the SDK takes it for
    # the very question that was put, schema included, and puts any other anew.
    questions, whole = runtime(ctx).questions, runtime(ctx).confirmations.fingerprint(plan.payload())
    earlier, answers = questions.find(whole), tuple((ctx.input_responses or {}).values())
    if earlier is None:
        text = plan.question()
        report(ASKING)
        questions.put(whole, text, plan.seen)
        return Elicit(text, _confirm_of(whole))
    # Until the call came: the reading since then is Sentry's time and nobody's who answers.
    age_s, why = plan.read_at - earlier.since, None
    if answers or ctx.request_state:
        why = _why_no_person(answers[0] if answers else None, age_s)
        questions.close(whole)
    elif age_s >= ANSWER_WITHIN_S:
        why = NOBODY_ANSWERED.format(ANSWER_WITHIN_S)
        questions.close(whole)
    else:
        report(ASKING)
    return Elicit(earlier.text, _confirm_of(whole)) if why is None else unanswered(why)


def _confirm_of(whole: str) -> type[Confirm]:
    """The form of one question: its title, which forms do not show, tells it from any other."""
    return type(
        "Confirm", (Confirm,), {"model_config": ConfigDict(title=f"Confirm {whole}"), "__doc__": Confirm.__doc__}
    )


def _why_no_person(answer: object, age_s: float) -> str | None:
    """Why an answer is no person's; None when it may be."""
    if not isinstance(answer, ElicitResult):
        return UNREADABLE
    if answer.action != "accept":
        return DECLINED_AT_ONCE if age_s < HOST_ANSWERS_WITHIN_S else None
    try:
        Confirm.model_validate(answer.content)
    except ValidationError:
        return UNREADABLE
    return None


async def _ask(ctx: Context[Runtime], question: str) -> Decision:
    """Ask by a request of our own, and wait for a person's answer."""
    elapsed = runtime(ctx).elapsed
    report(ASKING)
    asked_at, answer, why = elapsed(), None, NOBODY_ANSWERED.format(ANSWER_WITHIN_S)
    with anyio.move_on_after(seconds_left(ANSWER_WITHIN_S)):
        try:
            answer = await ctx.elicit(question, Confirm)
        except MCPError as exc:
            why = f"The client could not ask its user (it answered the question with error {exc.code})"
        except ValueError:
            why = UNREADABLE
    if answer is not None and answer.action != "accept" and elapsed() - asked_at < HOST_ANSWERS_WITHIN_S:
        answer, why = None, DECLINED_AT_ONCE
    return unanswered(why) if answer is None else decision_of(answer)


def unanswered(why: str) -> Decision:
    """A question that no person answered: by a token, then."""
    return Decision(how="ask", why=f"{why}: nothing was sent to Sentry. {ASK_IN_WORDS}")


def spend_token(run: Runtime, how: How, token: str | None, plan: Confirmable) -> None:
    """Spend the token that confirms a write; where a person agreed, the token of the dry run is void with it.

    Raises:
        ConfirmationError: it does not confirm this write; of a state that changed it says who changed it.
    """
    if how == "token":
        redeem(run, token or "", plan)
    elif how == "agreed" and token:
        with suppress(ConfirmationError):  # it may have expired while the person thought about it
            redeem(run, token, plan)


def redeem(run: Runtime, token: str, plan: Confirmable, *, spend: bool = True) -> None:
    """As :meth:`.Confirmations.redeem`; where the state changed, with who changed it.

    Raises:
        ConfirmationError: the token does not confirm this plan.
    """
    try:
        run.confirmations.redeem(token, plan.payload(), spend=spend)
    except StateChanged as exc:
        raise StateChanged(f"{exc.what} {plan.changed_by}".strip(), exc.fix) from exc


def planned_on(run: Runtime, payload: Payload, token: str | None) -> Seen | None:
    """How far the log was read when this change was planned, or asked about, before; None when this is the first plan.

    Args:
        run: the runtime of the call.
        payload: of the plan as it is now.
        token: the confirm_token that came along.
    """
    if token:
        return run.confirmations.seen_by(token)
    question = run.questions.find(run.confirmations.fingerprint(payload))
    return None if question is None else Seen(*question.seen)


def can_ask(ctx: Context[Runtime]) -> bool:
    """Whether the client shows questions to its user; a client that only opens URLs does not."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


CONFIRMED_BY = {"token": "confirm_token", "agreed": "elicitation", "direct": "direct"}
"""A decision to send → the audit file's word for it."""


ANY_TOKEN = "x" * 104
"""As long as a confirm token, to see whether an answer with one is whole."""
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
