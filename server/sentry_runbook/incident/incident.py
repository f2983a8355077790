"""One incident: everything that is decided about it, computed once each (DESIGN section 2).

How to think about it: :class:`.Measurements` are the numbers, :class:`.TimelineContext` adds what happened around them,
and ``Incident`` adds the judgements. Tools, messages and postmortems read them here, so no two answers can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sentry_runbook.incident.causes.causes import find_causes
from sentry_runbook.incident.impact import count_impact
from sentry_runbook.incident.model.results.impact import Impact
from sentry_runbook.incident.model.results.triage import Cause, Verdict
from sentry_runbook.incident.severity.rules import classify
from sentry_runbook.incident.timeline.context import TimelineContext
from sentry_runbook.incident.timeline.models import Timeline
from sentry_runbook.incident.timeline.timeline import make_timeline


@dataclass(frozen=True)
class Incident(TimelineContext):
    """The evidence of one incident and what follows from it; the same input gives the same values."""

    @cached_property
    def severity(self) -> Verdict:
        """The severity by the policy's rules."""
        return classify(self)

    @cached_property
    def impact(self) -> Impact:
        """Events, users, peaks and shares in the window."""
        return count_impact(self)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """The root-cause patterns that hold, best first; empty when none does."""
        return find_causes(self)

    @cached_property
    def timeline(self) -> Timeline:
        """What happened when, with sources."""
        return make_timeline(self)
