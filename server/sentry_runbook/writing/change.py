"""How a change reaches Sentry: read, plan, confirm, send once, read back, record (DESIGN §8.3).

How to think about it: a :class:`Plan` is made from a fresh read. Whether it is confirmed comes from outside: a person
answered the client's question, a sealed token came back, or the operator chose ``direct``. Only then is one request
sent. Whatever that request said, the state is read back and reported; a write is never repeated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.collect import WRITING, investigate
from sentry_runbook.collect.batch import Round
from sentry_runbook.errors import Forbidden, RunbookError, SentryError, ServerFault, TimedOut, Unreachable
from sentry_runbook.incident.model.evidence import Evidence, Issue
from sentry_runbook.incident.model.results.resolution import Outcome, ResolutionResult, State
from sentry_runbook.incident.resolution.plan import plan
from sentry_runbook.incident.resolution.request import ResolutionRequest, StatusChange
from sentry_runbook.incident.resolution.state import state_of
from sentry_runbook.incident.resolution.verification import compare
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.audit import AuditError, AuditRecord
from sentry_runbook.safety.confirm import StateChanged
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.writing.plans import UNKNOWN, Plan

WRITE_SCOPES = {"event:write", "event:admin"}
"""Either lets a token change issues (sentry-api §1.3)."""
JUST_READ = timedelta(seconds=5)
"""A plan that was read so lately is not read again before it is sent."""
UNCLEAR = (TimedOut, Unreachable, ServerFault)
"""After these nobody knows whether the change was made."""


async def make_plan(run: Runtime, issue: str, wish: ResolutionRequest) -> Plan:
    """Read the issue afresh and plan the change.

    Raises:
        RunbookError: the issue cannot be read, or the token cannot write.
    """
    evidence, owner = await read_for_writing(
        run, lambda: investigate(run, issue, WRITING, fresh=True, release=wish.release)
    )
    resolution = plan(_inert(run, wish), run.incident(evidence))
    if resolution.change is not None:
        refuse_unable(owner.scopes)
    return Plan(wish, resolution, evidence, evidence.organization or None, owner.name)


def _inert(run: Runtime, wish: ResolutionRequest) -> ResolutionRequest:
    """The wish as it is shown and compared with what Sentry says; a caller may have copied a release from an event."""
    if wish.release is None:
        return wish
    return wish.model_copy(update={"release": Sanitizer(mask=run.settings.mask).line(wish.release, NAME)})


@dataclass(frozen=True)
class Owner:
    """Whose auth token it is, and its scopes; None: this server does not tell."""

    name: str = UNKNOWN
    scopes: tuple[str, ...] | None = None


async def read_for_writing(run: Runtime, read: Callable[[], Awaitable[Evidence]]) -> tuple[Evidence, Owner]:
    """Read the state, and in the same round what the token may do.

    Raises:
        RunbookError: the state cannot be read.
    """
    asks = Round()
    evidence, who = asks.ask(read), asks.ask(lambda: run.client().whoami())
    with run.client().deadline(run.settings.limits.call_s):
        read_state = await asks.send_for(evidence)
    if who.value is None:
        return read_state, Owner()
    person = who.value.user
    name = (person.name or person.username or person.id or "") if person else ""
    return read_state, Owner(Sanitizer(mask=False).line(name, NAME) or UNKNOWN, who.value.scopes)


async def still_so(run: Runtime, made: Plan) -> None:
    """Look again whether the issue is as it was when a person was asked: they may have taken minutes.

    Raises:
        StateChanged: it is not; nothing was changed.
    """
    if run.clock() - made.evidence.collected_at < JUST_READ:
        return
    evidence = await investigate(run, made.issue.id, frozenset(), fresh=True, organization=made.organization)
    if state_of(evidence.issue) != made.resolution.before:
        raise StateChanged(
            "The issue has changed since the question was asked; nothing was changed.",
            "Call again to ask about its state now.",
        )


def refuse_unable(scopes: Collection[str] | None) -> None:
    """Say before the write that the token cannot write; a server that tells no scopes is believed able.

    Raises:
        Forbidden: the token has no scope that may change issues.
    """
    if scopes is not None and not set(scopes) & WRITE_SCOPES:
        raise Forbidden(
            "The auth token cannot change issues: it lacks the scope event:write. Nothing was changed.",
            'Give the integration the permission "Issue & Event: Read & Write", or close the issue in Sentry.',
        )


async def apply(run: Runtime, made: Plan, confirmed: str, reason: str | None = None) -> ResolutionResult:
    """Send the planned change once, read back, and record it.

    Args:
        run: the runtime of the call.
        made: the plan that was confirmed.
        confirmed: how: ``elicitation``, ``confirm_token`` or ``direct``.
        reason: why, for the audit file.

    Raises:
        SentryError: Sentry refused; nothing was changed.
        AuditError: the change could not be recorded beforehand, so it was not made.
    """
    change = made.resolution.change
    if change is None:
        return result(made, "already" if made.resolution.already else "refused")
    if run.audit is not None:
        run.audit.ready()
    client, unclear = run.client(), ""
    with client.deadline(run.settings.limits.call_s):
        try:
            await client.update_issue(made.reference, body_of(change, made.wish))
        except UNCLEAR as exc:
            unclear = exc.what
        except SentryError as exc:
            _record(run, made, confirmed, reason, "not_applied", None)
            raise type(exc)(f"{exc.what} Nothing was changed.", exc.fix, status=exc.status) from exc
        after = await _read_back(run, made)
    outcome, notes = _judge(change, after, unclear)
    notes += _record(run, made, confirmed, reason, outcome, after)
    return result(made, outcome, after=state_of(after) if after else None, notes=notes)


async def _read_back(run: Runtime, made: Plan) -> Issue | None:
    try:
        evidence = await investigate(run, made.issue.id, frozenset(), fresh=True, organization=made.organization)
    except RunbookError:
        return None
    return evidence.issue


def _judge(change: StatusChange, after: Issue | None, unclear: str) -> tuple[Outcome, tuple[str, ...]]:
    if after is None:
        why = unclear or "The change was sent."
        return "unknown", (f"{why} Reading the state back failed: look at the issue in Sentry before trying again.",)
    seen = compare(change, after)
    return seen.outcome, ((f"{unclear} The state was read back.",) if unclear else ()) + seen.notes


def _record(
    run: Runtime, made: Plan, confirmed: str, reason: str | None, outcome: str, after: Issue | None
) -> tuple[str, ...]:
    """One line in the audit file; a failure to write it after the change is said, for the change is made."""
    if run.audit is None:
        return ()
    wished = {**made.wish.model_dump(exclude={"action"}), "reason": reason}
    arguments = {key: value for key, value in wished.items() if value is not None}
    record = AuditRecord(
        when=run.clock(),
        what=" ".join([made.wish.action, *(f"{key}={value}" for key, value in arguments.items())]),
        issue=made.issue.name,
        before=_plain(made.resolution.before),
        after=_plain(state_of(after)) if after else {},
        confirmed=confirmed,
        outcome=outcome,
        who=made.who,
    )
    try:
        run.audit.append(record)
    except AuditError as exc:
        return (f"The audit line could not be written: {exc}",)
    return ()


def _plain(state: State) -> Mapping[str, str | int | bool | None]:
    values: dict[str, str | int | bool | None] = state.model_dump(mode="json", exclude_none=True)
    return values


def body_of(change: StatusChange, wish: ResolutionRequest) -> dict[str, object]:
    """The request's body in Sentry's words; unused keys are left out, for null is refused (sentry-api §10)."""
    details: dict[str, object] = {
        "inNextRelease": change.in_next_release or None,
        "inRelease": change.in_release and wish.release,
        "ignoreCount": change.ignore_count,
        "ignoreDuration": change.ignore_minutes,
        "ignoreUserCount": change.ignore_users,
        "ignoreWindow": change.window_minutes,
        "ignoreUserWindow": change.user_window_minutes,
    }
    given = {name: value for name, value in details.items() if value is not None}
    body: dict[str, object] = {"status": change.status}
    if change.substatus:
        body["substatus"] = change.substatus
    if given:
        body["statusDetails"] = given
    return body


def result(
    made: Plan,
    outcome: Outcome,
    *,
    after: State | None = None,
    token: str | None = None,
    notes: tuple[str, ...] = (),
) -> ResolutionResult:
    """The tool's result for any end of the way."""
    planned = made.resolution
    expected = planned.after if outcome in ("planned", "needs_confirmation") else None
    return ResolutionResult(
        action=planned.action,
        outcome=outcome,
        issue=made.issue.name,
        before=planned.before,
        after=after or expected or (planned.before if outcome in ("already", "refused") else None),
        warnings=(*planned.warnings, *notes),
        reason=planned.refused,
        confirm_token=token,
        undo=planned.undo or None if outcome in ("planned", "needs_confirmation", "applied", "unknown") else None,
        findings=made.evidence.findings,
    )
