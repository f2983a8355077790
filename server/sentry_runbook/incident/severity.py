"""The severity of an incident: the runbook's rules as one ordered table (DESIGN §5)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.evidence import Answer, Evidence, EventText, Frozen, Stated
from sentry_runbook.incident.policy import Level, Policy

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
        note: what the reader must know of it.
    """

    id: str
    observed: int | float | str | None = None
    threshold: str
    met: Met
    source: str | None = None
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
        respond_by: first event of the incident (or the stated alert time) plus ``response_minutes``.
        policy: name and source of the policy in force.
        share_of_project: this issue's part (0..1) of the project's unhandled events; given when a project-wide figure
            decides.
        severity_without_suspects: the severity without the events that look forged or come from one flooding sender;
            None when nothing looks so.
    """

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


def classify(evidence: Evidence, stated: Stated, policy: Policy, now: datetime) -> Verdict:
    """Judge the severity by the policy's rules."""
    raise NotImplementedError
