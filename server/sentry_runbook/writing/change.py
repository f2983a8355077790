"""Changes of an issue's status: read, plan, confirm, record, send once, read back (DESIGN §8.3).

How to think about it: a :class:`Plan` is made from a fresh read. Whether it is confirmed comes from outside: a person
answered the client's question, a sealed token came back, or the operator chose ``direct``. Only then is one request
sent. Whatever that request said, the state is read back and reported; a write is never repeated. What is decided is
decided on whole values; what is shown of them may be cut, so what cannot be shown whole is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import TypeVar

from sentry_runbook.collect import WRITING, WRITING_ORDERED, investigate
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.errors import Forbidden, RunbookError, SentryError, ServerFault, TimedOut, Unreachable
from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.model.evidence import Issue
from sentry_runbook.incident.model.evidence.json_values import digest_of
from sentry_runbook.incident.model.results.resolution import Outcome, ResolutionResult, State
from sentry_runbook.incident.release_versions import same_release
from sentry_runbook.incident.resolution.others import ActsOfOthers, seen_in
from sentry_runbook.incident.resolution.plan import plan
from sentry_runbook.incident.resolution.request import MOST_OF_A_RELEASE, ResolutionRequest, StatusChange
from sentry_runbook.incident.resolution.state import is_same_status
from sentry_runbook.incident.resolution.verification import compare
from sentry_runbook.progress import report, reporting_to
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.audit_lines import STATED, IntentLine
from sentry_runbook.safety.confirm import StateChanged
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME, is_whole, whole_block
from sentry_runbook.sentry.account import TokenOwner
from sentry_runbook.sentry.base import WRITE_EVENTS
from sentry_runbook.writing.others import read_again
from sentry_runbook.writing.plans import UNKNOWN, Plan
from sentry_runbook.writing.recording import plain, recorded

T = TypeVar("T")
MOST_OF_A_REASON = 600
"""Characters of a reason as it is shown."""
UNCLEAR = (TimedOut, Unreachable, ServerFault)
"""After these it is unknown whether the change was made."""


async def make_plan(
    run: Runtime, issue: str, request: ResolutionRequest, *, reason: str = "", is_shown: bool = True
) -> Plan:
    """Read the issue afresh and plan the change.

    Args:
        run: the runtime of the call.
        issue: what the caller gave.
        request: the change.
        reason: why, as the assistant states it.
        is_shown: the plan is shown before it is carried out, so what it warns of may cost a round of requests.

    Raises:
        RunbookError: the issue cannot be read, or the token cannot write.
    """
    waits_for_release = request.action in ("resolve_in_release", "resolve_in_next_release")
    aspects = WRITING_ORDERED if is_shown and waits_for_release else WRITING
    read_at = run.elapsed()
    evidence, owner = await read_for_writing(
        run, lambda: investigate(run, issue, aspects, fresh=True, release=request.release)
    )
    resolution = plan(_sanitize_request(run, request), run.incident(evidence))
    if resolution.change is not None:
        require_write_scope(owner.scopes)
    shown_reason = " ".join(whole_block(reason).split())
    organization, who = evidence.organization or None, owner.name or UNKNOWN
    seen = seen_in(evidence.issue)
    planned = Plan(request, resolution, evidence, organization, who, reason, shown_reason, read_at, seen)
    why = _why_not_shown(request, resolution.after, shown_reason) if resolution.change is not None else None
    return planned.refuse(why) if why else planned


def _sanitize_request(run: Runtime, request: ResolutionRequest) -> ResolutionRequest:
    """The request with its release as it is shown, all of it: it may have been copied from an event."""
    if request.release is None:
        return request
    shown = Sanitizer(mask=run.settings.mask).version(request.release, MOST_OF_A_RELEASE)
    return request.model_copy(update={"release": shown, "release_digest": digest_of(request.release)})


def _why_not_shown(request: ResolutionRequest, after: State, shown_reason: str) -> str | None:
    """Why nobody could agree to all that would be written; None when it can be shown."""
    if not same_release(after.in_release, request.release):
        return (
            "The release cannot be shown as it would be sent: it holds blanks in a row or at its ends, or characters "
            "that are hidden. Nothing was asked or changed: give the version as find_issues or get_issue shows it."
        )
    if len(shown_reason) > MOST_OF_A_REASON or not is_whole(shown_reason):
        return (
            f"The reason cannot be shown whole to whoever confirms it: it takes {len(shown_reason):,} characters (at "
            f"most {MOST_OF_A_REASON}), or holds many hidden ones in a row. Nothing was asked or changed: shorten it, "
            "and leave those out."
        )
    return None


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


async def ensure_unchanged(run: Runtime, planned: Plan) -> Plan:
    """Read the issue again: it must be as it was when a person was asked, who may have taken minutes.

    Returns:
        The plan with what others did meanwhile that left the state as it was.

    Raises:
        StateChanged: it is another, and who changed it; nothing was changed.
    """
    read = await read_again(run, planned)
    if read is None:
        return planned
    issue, acts = read
    if not is_same_status(planned.issue, issue):
        raise StateChanged(
            f"The issue has changed since the question was asked; nothing was changed. {acts.changed_by}",
            "Call again to ask about its state now.",
        )
    return planned.beside(ActsOfOthers((*planned.others, *acts.warnings)))


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


async def apply(run: Runtime, planned: Plan, confirmed: str) -> ResolutionResult:
    """Record the planned change, send it once, read back, and record what came of it.

    Args:
        run: the runtime of the call.
        planned: the plan that was confirmed.
        confirmed: how: ``elicitation``, ``confirm_token`` or ``direct``.

    Raises:
        SentryError: Sentry refused; nothing was changed.
        AuditError: the change could not be recorded beforehand, so it was not made.
    """
    change = planned.resolution.change
    if change is None:
        return resolution_result(planned, "already" if planned.resolution.already else "refused")
    client, unclear = run.client(), ""
    async with recorded(run, _intent(run, planned, confirmed)) as record:
        with client.deadline(run.settings.limits.call_s):
            try:
                report("sending the change to Sentry", left=1)
                record.wait_to_send()
                with run.answers.invalidating():
                    body = body_of(change, planned.request)
                    await client.update_issue(planned.reference, body, leaving=record.leaving)
            except UNCLEAR as exc:
                unclear = exc.what
            except SentryError as exc:
                record.outcome = "not_applied"
                raise type(exc)(f"{exc.what} Nothing was changed.", exc.fix, status=exc.status) from exc
            after = await _read_back(run, planned)
        record.outcome, notes = _judge(change, planned.issue, after, unclear, run.clock())
        record.after = plain(state_of(after).model_dump(mode="json", exclude_none=True)) if after else {}
    return resolution_result(planned, record.outcome, after=after, notes=notes + record.notes)


async def _read_back(run: Runtime, planned: Plan) -> Issue | None:
    report("reading the issue back", left=0)
    try:
        with reporting_to(None):
            evidence = await investigate(
                run, planned.issue.id, frozenset(), fresh=True, organization=planned.organization
            )
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


def _intent(run: Runtime, planned: Plan, confirmed: str) -> IntentLine:
    arguments = {
        key: value for key, value in planned.request.model_dump(exclude={"action"}).items() if value is not None
    }
    return IntentLine(
        when=run.clock(),
        what=" ".join([planned.request.action, *(f"{key}={value}" for key, value in arguments.items())]),
        issue=planned.issue.name,
        before=plain(planned.resolution.before.model_dump(mode="json", exclude_none=True)),
        confirmed=confirmed,
        reason=f"{STATED}{planned.reason}" if planned.reason else "",
        who=planned.who,
    )


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
    after: Issue | None = None,
    token: str | None = None,
    notes: tuple[str, ...] = (),
) -> ResolutionResult:
    """The tool's result for an outcome."""
    resolution = planned.resolution
    # A server may do something else than it was asked: then the old state is worth its way back, too.
    changed = after is not None and not is_same_status(planned.issue, after)
    may_be_done = changed or outcome in ("planned", "needs_confirmation", "applied", "unknown")
    expected = resolution.after if outcome in ("planned", "needs_confirmation") else None
    return ResolutionResult(
        action=resolution.action,
        outcome=outcome,
        issue=planned.issue.name,
        before=resolution.before,
        after=state_of(after)
        if after is not None
        else expected or (resolution.before if outcome in ("already", "refused") else None),
        warnings=(*planned.others, *resolution.warnings, *notes),
        reason=resolution.refused,
        stated_reason=planned.shown_reason or None,
        confirm_token=token,
        undo=resolution.undo or None if may_be_done else None,
        findings=planned.evidence.findings,
    )
