"""The runbook's triage in one answer: severity, impact, the eleven steps, causes and what to do next."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.causes import Cause
from sentry_runbook.incident.evidence import Answer, Commit, Evidence, EventText, Frozen, Stated
from sentry_runbook.incident.impact import Impact
from sentry_runbook.incident.policy import Policy
from sentry_runbook.incident.severity import Verdict


class IssueSummary(Frozen):
    """The issue in short; its totals are over all time."""

    short_id: str | None = None
    id: str
    url: str
    title: EventText
    project: str | None = None
    level: str | None = None
    status: str | None = None
    substatus: str | None = None
    unhandled: bool | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    events_total: int | None = None
    users_total: int | None = None
    assigned_to: EventText | None = None


class ChecklistStep(Frozen):
    """One of the runbook's eleven steps and what was found."""

    step: str
    finding: EventText
    state: Literal["ok", "attention", "unknown"]


class Triage(Answer):
    """The whole triage (DESIGN §6, ``triage_issue``).

    ``missing`` and ``findings`` of severity and impact are lifted up here and empty there.
    """

    issue: IssueSummary
    severity: Verdict
    impact: Impact
    checklist: tuple[ChecklistStep, ...]
    causes: tuple[Cause, ...] = ()
    suspect_release: EventText | None = None
    suspect_commits: tuple[Commit, ...] = ()
    next_steps: tuple[EventText, ...] = ()


def triage(evidence: Evidence, stated: Stated, policy: Policy, now: datetime) -> Triage:
    """Run the runbook's triage on the evidence."""
    raise NotImplementedError
