"""Changes of an issue's status: read, plan, confirm, send once, read back, record (DESIGN §8.3).

How to think about it: a :class:`Plan` is made from a fresh read. Whether it is confirmed comes from outside: a person
answered the client's question, a sealed token came back, or the operator chose ``direct``. Only then is one request
sent. Whatever that request said, the state is read back and reported; a write is never repeated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from sentry_runbook.collect import WRITING, WRITING_ORDERED, investigate
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.errors import Forbidden, RunbookError, SentryError, ServerFault, TimedOut, Unreachable
from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.model.evidence import Issue
from sentry_runbook.incident.model.results.resolution import Outcome, ResolutionResult, State
from sentry_runbook.incident.resolution.plan import plan
from sentry_runbook.incident.resolution.request import ResolutionRequest, StatusChange
from sentry_runbook.incident.resolution.state import is_same_state
from sentry_runbook.incident.resolution.verification import compare
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.audit import AuditError, AuditLog, AuditRecord
from sentry_runbook.safety.confirm import StateChanged
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.account import TokenOwner
from sentry_runbook.sentry.base import WRITE_EVENTS
from sentry_runbook.writing.plans import UNKNOWN, Plan

T = TypeVar("T")
JUST_READ = timedelta(seconds=5)
"""A plan that was read so lately is not read again before it is sent."""
UNCLEAR = (TimedOut, Unreachable, ServerFault)
"""After these it is unknown whether the change was made."""


async def make_plan(run: Runtime, issue: str, request: ResolutionRequest, *, is_shown: bool = True) -> Plan:
    """Read the issue afresh and plan the change.

    Args:
        run: the runtime of the call.
        issue: what the caller gave.
        request: the change.
        is_shown: the plan is shown before it is carried out, so what it warns of may cost a round of requests.

    Raises:
        RunbookError: the issue cannot be read, or the token cannot write.
    """
    waits_for_release = request.action in ("resolve_in_release", "resolve_in_next_release")
    aspects = WRITING_ORDERED if is_shown and waits_for_release else WRITING
    evidence, owner = await read_for_writing(
        run, lambda: investigate(run, issue, aspects, fresh=True, release=request.release)
    )
    resolution = plan(_sanitize_request(run, request), run.incident(evidence))
    if resolution.change is not None:
        require_write_scope(owner.scopes)
    return Plan(request, resolution, evidence, evidence.organization or None, owner.name or UNKNOWN)


def _sanitize_request(run: Runtime, request: ResolutionRequest) -> ResolutionRequest:
    """The request with its release sanitized, as it is shown and compared: it may have been copied from an event."""
    if request.release is None:
        return request
    return request.model_copy(update={"release": Sanitizer(mask=run.settings.mask).version(request.release, NAME)})


async def read_for_writing(run: Runtime, read: Callable[[], Awaitable[T]]) -> tuple[T, TokenOwner]:
    """Read the state, and in the same round whose token it is and what it may do.

    Raises:
        RunbookError: the state cannot be read.
    """
    batch = RequestBatch()
    state, who = batch.add(read), batch.add(lambda: run.client().whoami())
    with run.client().deadline(run.settings.limits.call_s):
        read_state = await batch.send_until(state)
    if who.value is None:
        return read_state, TokenOwner(None, None)
    # The name goes into the audit file and into messages.
    name = Sanitizer(mask=False).line(who.value.name, NAME) if who.value.name else None
    return read_state, TokenOwner(name, who.value.scopes)


async def ensure_unchanged(run: Runtime, planned: Plan) -> None:
    """Read the issue again: it must be as it was when a person was asked, who may have taken minutes.

    Raises:
        StateChanged: it is another; nothing was changed.
    """
    if run.clock() - planned.evidence.collected_at < JUST_READ:
        return
    evidence = await investigate(run, planned.issue.id, frozenset(), fresh=True, organization=planned.organization)
    if not is_same_state(planned.resolution.before, state_of(evidence.issue)):
        raise StateChanged(
            "The issue has changed since the question was asked; nothing was changed.",
            "Call again to ask about its state now.",
        )


def require_write_scope(scopes: Collection[str] | None) -> None:
    """Refuse before the write when the token has no scope for it; a server that names no scopes is believed able.

    Raises:
        Forbidden: the token has no scope that may change issues.
    """
    if scopes is not None and not set(scopes) & set(WRITE_EVENTS):
        raise Forbidden(
            "The auth token cannot change issues: it lacks the scope event:write. Nothing was changed.",
            'Give the integration the permission "Issue & Event: Read & Write", or close the issue in Sentry.',
        )


async def apply(run: Runtime, planned: Plan, confirmed: str, reason: str | None = None) -> ResolutionResult:
    """Send the planned change once, read back, and record it.

    Args:
        run: the runtime of the call.
        planned: the plan that was confirmed.
        confirmed: how: ``elicitation``, ``confirm_token`` or ``direct``.
        reason: why, for the audit file.

    Raises:
        SentryError: Sentry refused; nothing was changed.
        AuditError: the change could not be recorded beforehand, so it was not made.
    """
    change = planned.resolution.change
    if change is None:
        return resolution_result(planned, "already" if planned.resolution.already else "refused")
    if run.audit is not None:
        run.audit.ensure_writable()
    client, unclear = run.client(), ""
    with client.deadline(run.settings.limits.call_s):
        try:
            with run.answers.invalidating():
                await client.update_issue(planned.reference, body_of(change, planned.request))
        except UNCLEAR as exc:
            unclear = exc.what
        except SentryError as exc:
            _record(run, planned, confirmed, reason, "not_applied", None)
            raise type(exc)(f"{exc.what} Nothing was changed.", exc.fix, status=exc.status) from exc
        after = await _read_back(run, planned)
    outcome, notes = _judge(change, planned.issue, after, unclear, run.clock())
    notes += _record(run, planned, confirmed, reason, outcome, after)
    return resolution_result(planned, outcome, after=state_of(after) if after else None, notes=notes)


async def _read_back(run: Runtime, planned: Plan) -> Issue | None:
    try:
        evidence = await investigate(run, planned.issue.id, frozenset(), fresh=True, organization=planned.organization)
    except RunbookError:
        return None
    return evidence.issue


def _judge(
    change: StatusChange, before: Issue, after: Issue | None, unclear: str, now: datetime
) -> tuple[Outcome, tuple[str, ...]]:
    if after is None:
        why = unclear or "The change was sent."
        return "unknown", (f"{why} Reading the state back failed: look at the issue in Sentry before trying again.",)
    read_back = compare(change, after, now, before=before)
    return read_back.outcome, ((f"{unclear} The state was read back.",) if unclear else ()) + read_back.notes


def _record(
    run: Runtime, planned: Plan, confirmed: str, reason: str | None, outcome: str, after: Issue | None
) -> tuple[str, ...]:
    if run.audit is None:
        return ()
    named = {**planned.request.model_dump(exclude={"action"}), "reason": reason}
    arguments = {key: value for key, value in named.items() if value is not None}
    record = AuditRecord(
        when=run.clock(),
        what=" ".join([planned.request.action, *(f"{key}={value}" for key, value in arguments.items())]),
        issue=planned.issue.name,
        before=_plain(planned.resolution.before),
        after=_plain(state_of(after)) if after else {},
        confirmed=confirmed,
        outcome=outcome,
        who=planned.who,
    )
    return append_to(run.audit, record)


def append_to(audit: AuditLog, record: AuditRecord) -> tuple[str, ...]:
    """Append a line; a failure is returned as a note, because the change is already made."""
    try:
        audit.append(record)
    except AuditError as exc:
        return (f"The audit line could not be written: {exc}",)
    return ()


def _plain(state: State) -> Mapping[str, str | int | bool | None]:
    values: dict[str, str | int | bool | None] = state.model_dump(mode="json", exclude_none=True)
    return values


def body_of(change: StatusChange, request: ResolutionRequest) -> dict[str, object]:
    """The body of the PUT; unused keys are left out, because Sentry refuses null (sentry-api §10)."""
    details: dict[str, object] = {
        "inNextRelease": change.in_next_release or None,
        "inRelease": change.in_release and request.release,
        "ignoreCount": change.ignore_count,
        "ignoreDuration": change.ignore_minutes,
        "ignoreUserCount": change.ignore_users,
        "ignoreWindow": change.window_minutes,
        "ignoreUserWindow": change.user_window_minutes,
    }
    sent = {name: value for name, value in details.items() if value is not None}
    body: dict[str, object] = {"status": change.status}
    if change.substatus:
        body["substatus"] = change.substatus
    if sent:
        body["statusDetails"] = sent
    return body


def resolution_result(
    planned: Plan,
    outcome: Outcome,
    *,
    after: State | None = None,
    token: str | None = None,
    notes: tuple[str, ...] = (),
) -> ResolutionResult:
    """The tool's result for an outcome."""
    resolution = planned.resolution
    # A server may do something else than it was asked: then the old state is worth its way back, too.
    changed = after is not None and not is_same_state(resolution.before, after)
    may_be_done = changed or outcome in ("planned", "needs_confirmation", "applied", "unknown")
    expected = resolution.after if outcome in ("planned", "needs_confirmation") else None
    return ResolutionResult(
        action=resolution.action,
        outcome=outcome,
        issue=planned.issue.name,
        before=resolution.before,
        after=after or expected or (resolution.before if outcome in ("already", "refused") else None),
        warnings=(*resolution.warnings, *notes),
        reason=resolution.refused,
        confirm_token=token,
        undo=resolution.undo or None if may_be_done else None,
        findings=planned.evidence.findings,
    )
