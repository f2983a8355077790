"""What judgements look like: severity, causes, checklist, triage."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.model.evidence import Answer, Commit, EventText, Frozen
from sentry_runbook.incident.model.policy import Level
from sentry_runbook.incident.model.results.impact import Confidence, Impact
from sentry_runbook.incident.model.results.issue import IssueSummary

Met = bool | Literal["unknown"]


class Criterion(Frozen):
    """One question that the rules ask, and what was seen.

    Attributes:
        id: names the rule too; ``decided_by`` is the first rule's id whose criterion is met.
        observed: the number, or words where there is none; None when unknown.
        threshold: what would trip it, in words.
        met: True, False, or ``"unknown"``: an unknown input neither trips nor clears.
        source: where the number comes from.
        window: the time that it covers.
        note: what the reader must know of it; the reason, when unknown.
    """

    id: str
    observed: int | float | str | None = None
    threshold: str
    met: Met
    source: EventText | None = None
    window: str | None = None
    note: EventText | None = None


class CouldBe(Frozen):
    """The severities that the unknown measurements still allow."""

    lowest: Level
    highest: Level


class Distance(Frozen):
    """What one criterion lacks to a higher severity."""

    criterion: str
    to: Level
    needs: str


class Verdict(Answer):
    """A severity that shows its work (DESIGN §6, ``classify_severity``).

    Attributes:
        because: the deciding rule in one sentence.
        respond_by: the incident's first event (or the stated alert time) plus ``response_minutes``.
        policy: name and source of the policy in force.
        share_of_project: this issue's part (0..1) of the project's unhandled events; given when a project-wide figure
            decides.
        severity_without_suspects: the severity without the events that look forged or come from one flooding sender,
            estimated from their share; None when nothing looks so.
        issue, warnings: which issue, and what to know of the collection; None inside a triage, which says both itself.
    """

    issue: EventText | None = None
    severity: Level
    label: str
    decided_by: str
    because: EventText
    criteria: tuple[Criterion, ...]
    could_be: CouldBe
    response_minutes: int
    response: str
    respond_by: datetime | None = None
    escalation: str
    policy: str
    distance: tuple[Distance, ...] = ()
    share_of_project: float | None = None
    severity_without_suspects: Level | None = None
    warnings: tuple[EventText, ...] | None = None


Pattern = Literal[
    "deployment_regression", "third_party_failure", "data_corruption", "resource_exhaustion", "sdk_misconfiguration"
]


class Cause(Frozen):
    """A root-cause pattern that the evidence supports.

    Attributes:
        action: the runbook's immediate action with the real names filled in.
    """

    pattern: Pattern
    confidence: Confidence
    evidence_for: tuple[EventText, ...]
    evidence_against: tuple[EventText, ...] = ()
    action: EventText


State = Literal["ok", "attention", "unknown"]


class ChecklistStep(Frozen):
    """One of the runbook's eleven steps and what was found."""

    step: str
    finding: EventText
    state: State


class Triage(Answer):
    """The whole triage (DESIGN §6, ``triage_issue``).

    ``missing`` and ``findings`` of severity and impact are lifted up here (as ``severity.crash_free``) and empty there.
    """

    issue: IssueSummary
    severity: Verdict
    impact: Impact
    checklist: tuple[ChecklistStep, ...]
    causes: tuple[Cause, ...] = ()
    suspect_release: EventText | None = None
    suspect_commits: tuple[Commit, ...] = ()
    next_steps: tuple[EventText, ...] = ()
    warnings: tuple[str, ...] | None = None
