"""What others did while a change was planned, asked about and confirmed: laid beside the plan, as warnings."""

from __future__ import annotations

from typing import TypeVar

from sentry_runbook.collect import investigate
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import Issue
from sentry_runbook.incident.resolution.others import ActsOfOthers, acts_lately, acts_since
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.confirm import Seen
from sentry_runbook.writing.plans import UNKNOWN, NotePlan, Plan

P = TypeVar("P", Plan, NotePlan)
JUST_READ_S = 5.0
"""A plan that was read so lately is not read again before it is sent."""


def beside_others(run: Runtime, planned: P, before: Seen | None) -> P:
    """The plan with what others did.

    Args:
        run: the runtime of the call.
        planned: made on a fresh read.
        before: how far the log was read when the change was planned first; None where this is the first plan.
    """
    now, own = run.clock(), _own(planned)
    if before is None:
        return planned.beside(acts_lately(planned.issue, now, own))
    return planned.beside(acts_since(planned.issue, before, now, own))


async def read_again(run: Runtime, planned: P) -> tuple[Issue, ActsOfOthers] | None:
    """The issue as it is now, and what others did since the plan was read; None where that was a moment ago.

    Raises:
        RunbookError: it cannot be read.
    """
    if run.elapsed() - planned.read_at < JUST_READ_S:
        return None
    evidence = await investigate(run, planned.issue.id, frozenset(), fresh=True, organization=planned.organization)
    return evidence.issue, acts_since(evidence.issue, planned.seen, run.clock(), _own(planned))


async def told_again(run: Runtime, planned: NotePlan) -> NotePlan:
    """The plan of a comment with what others did while a person was asked; a comment is bound to no state."""
    try:
        read = await read_again(run, planned)
    except RunbookError as exc:
        unread = f"Whether somebody else acted since the question was asked is not known: {exc.what}"
        return planned.beside(ActsOfOthers((*planned.others, unread)))
    return planned if read is None else planned.beside(ActsOfOthers((*planned.others, *read[1].warnings)))


def _own(planned: Plan | NotePlan) -> str:
    return "" if planned.who == UNKNOWN else planned.who
