"""Which of the runbook's five root-cause patterns hold, with the evidence for and against each."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.evidence import Evidence, EventText, Frozen
from sentry_runbook.incident.policy import Policy
from sentry_runbook.incident.series import Confidence

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


def find_causes(evidence: Evidence, policy: Policy, now: datetime) -> tuple[Cause, ...]:
    """The patterns that hold, best first; empty when none does."""
    raise NotImplementedError


def suspect_release(evidence: Evidence) -> str | None:
    """The release that brought the incident: of the regression, of the first event, or the one its events live on."""
    raise NotImplementedError
