"""Which counts the replay of the alerts needs: questions for round two, from the lists of round one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.model.evidence.alert_review import Population


@dataclass(frozen=True)
class SeriesQuestion:
    """One stretch of counts to ask for, small enough for one answer.

    Attributes:
        step_s: seconds of a bucket.
        issues: numbers of the issues that it is about; empty: the busiest (by issue), or all together.
    """

    population: Population
    start: datetime
    end: datetime
    step_s: int
    issues: tuple[str, ...] = ()
