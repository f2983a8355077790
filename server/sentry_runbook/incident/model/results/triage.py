"""Severity, causes, checklist and triage, as tools return them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from sentry_runbook.incident.model.cause_patterns import PatternName
from sentry_runbook.incident.model.evidence import Answer, Commit, EventText, Frozen
from sentry_runbook.incident.model.policy import Level, rank
from sentry_runbook.incident.model.results.explanation import (
    Change,
    Dependency,
    Explanation,
    History,
    LargerIncident,
    LeadingIssue,
    Owner,
    PeopleQuestion,
    RelatedIssue,
    ReleaseHealth,
)
from sentry_runbook.incident.model.results.impact import Confidence, Episode, Impact
from sentry_runbook.incident.model.results.issue import IssueSummary

Met = bool | Literal["unknown"]
NOT_ASKED = "not asked"
"""What is observed of a criterion that only people can answer, and that nobody has answered."""


class Criterion(Frozen):
    """One criterion of the severity rules, and what was observed.

    Attributes:
        id: names the rule too; ``decided_by`` is the first rule's id whose criterion is met.
        observed: the number, or words where there is none; None when unknown.
        threshold: when it is met, in words.
        met: True, False, or ``"unknown"``: an unknown input neither trips nor clears. With ``observed`` ``"not asked"``
            it is a question to people (``questions``): it counts as not stated, and widens no ``could_be``.
        source: the request that the number comes from.
        window: the time that it covers.
        note: what limits it; the reason, when unknown.
    """

    id: str
    observed: int | float | str | None = None
    threshold: str
    met: Met
    source: EventText | None = None
    window: str | None = None
    note: EventText | None = None

    @property
    def is_unasked(self) -> bool:
        """Whether only people can answer it, and nobody has."""
        return self.met == "unknown" and self.observed == NOT_ASKED

    @property
    def state(self) -> str:
        """``met``, ``not met``, ``not asked`` or ``unknown``."""
        if self.met == "unknown":
            return NOT_ASKED if self.is_unasked else "unknown"
        return "met" if self.met else "not met"


class CouldBe(Frozen):
    """The severities that are still possible, given what is unknown."""

    lowest: Level
    highest: Level


class Distance(Frozen):
    """What one criterion lacks for a higher severity."""

    criterion: str
    to: Level
    needs: str


class Verdict(Answer):
    """A severity with everything that led to it (``classify_severity``; DESIGN section 6).

    Attributes:
        because: the deciding rule in one sentence.
        respond_by: the end of the response time: ``response_minutes`` after ``clock_started``, for "same business day"
            the end of the working hours by the policy's calendar; None where neither names a clock time.
        due: the same for the reader, ``due 20:14 UTC, passed 35 min ago``; today's times without a date.
        clock_started: the stated alert or detection; else ``threshold_crossed_at``; else the onset.
        clock_basis: which of them, in words.
        threshold_crossed_at: when the deciding figure first was beyond its threshold in the incident; None when the
            counts do not tell it, or when the rule has no threshold.
        policy: name and source of the policy in force.
        share_of_project: this issue's part (0..1) of the project's unhandled events; given when a project-wide figure
            decides.
        crash_free_before_pct: crash-free sessions before the incident, percent; given when crash-free decides.
        alone: the severity by this issue's own figures; given when a project-wide figure decides.
        leading_issue: the issue that has more of the project-wide figure that decides; None inside a triage, which has
            it itself.
        severity_without_suspects: the severity without the events that look forged or come from one flooding sender,
            estimated from their share; None when nothing looks so.
        issue, warnings: which issue, and what limits the collection; None inside a triage, which has both itself.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("issue", "severity", "label", "decided_by", "because")

    issue: EventText | None = None
    severity: Level
    label: str
    decided_by: str
    because: EventText
    could_be: CouldBe
    response_minutes: int
    response: str
    respond_by: datetime | None = None
    due: str | None = None
    clock_started: datetime | None = None
    clock_basis: str | None = None
    threshold_crossed_at: datetime | None = None
    escalation: str
    policy: str
    share_of_project: float | None = None
    crash_free_before_pct: float | None = None
    alone: Level | None = None
    leading_issue: LeadingIssue | None = None
    severity_without_suspects: Level | None = None
    warnings: tuple[EventText, ...] | None = None
    distance: tuple[Distance, ...] = ()
    criteria: tuple[Criterion, ...]

    @property
    def response_due(self) -> str:
        """``1 hour, due 20:14 UTC, passed 35 min ago``: the response in words, and its clock time where it has one."""
        return f"{self.response}, {self.due}" if self.due else self.response

    @property
    def call(self) -> str:
        """``P1 Major: Slack #incidents, tag the team lead. Response: 1 hour.``: whom to tell, and by when."""
        return f"{self.severity} {self.label}: {self.escalation}. Response: {self.response_due}."

    @property
    def name(self) -> str:
        """``P2 Minor, could be up to P0``: what unknown inputs could still raise is never shown without that."""
        highest = self.could_be.highest
        may_be_more = rank(highest) > rank(self.severity)
        return f"{self.severity} {self.label}{f', could be up to {highest}' if may_be_more else ''}"


class Cause(Frozen):
    """A root-cause pattern that the evidence supports.

    Attributes:
        action: the runbook's immediate action with the real names filled in.
    """

    pattern: PatternName
    confidence: Confidence
    evidence_for: tuple[EventText, ...]
    evidence_against: tuple[EventText, ...] = ()
    action: EventText


State = Literal["ok", "attention", "unknown"]


class ChecklistStep(Frozen):
    """One of the runbook's eleven steps and its finding."""

    step: str
    finding: EventText
    state: State


class Triage(Answer):
    """The whole triage (``triage_issue``; DESIGN section 6), in the order in which a responder needs it.

    ``missing`` and ``findings`` of severity and impact are moved up here (as ``severity.crash_free``) and empty there.
    The criteria stand without source, window and note, and of what a higher severity lacks only the nearest.

    Attributes:
        occurrence: why an issue fired that no thrown error opened (CSP report, metric alert, cron monitor …).
        next_steps: what to do, in order; the first one now.
        part_of: the larger incident that this issue belongs to; None when no issue that was read is tied to it.
        related: the others of that incident, in any project, the first to begin first; ``part_of`` says how many.
        also_started: other issues of the project whose unhandled events began with this incident, tied to it by nothing
            that was read.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("issue", "severity")

    issue: IssueSummary
    severity: Verdict
    next_steps: tuple[EventText, ...] = ()
    part_of: LargerIncident | None = None
    related: tuple[RelatedIssue, ...] = ()
    explanation: tuple[Explanation, ...] = ()
    release_health: tuple[ReleaseHealth, ...] = ()
    dependency: Dependency | None = None
    causes: tuple[Cause, ...] = ()
    impact: Impact
    episode: Episode | None = None
    changes: tuple[Change, ...] = ()
    leading_issue: LeadingIssue | None = None
    also_started: tuple[LeadingIssue, ...] = ()
    owners: tuple[Owner, ...] = ()
    history: History | None = None
    questions: tuple[PeopleQuestion, ...] = ()
    occurrence: dict[EventText, EventText] | None = None
    suspect_release: EventText | None = None
    suspect_commits: tuple[Commit, ...] = ()
    checklist: tuple[ChecklistStep, ...]
    warnings: tuple[EventText, ...] | None = None
