"""One incident: everything that is decided about it, computed once each (DESIGN section 2).

How to think about it: :class:`.Measurements` are the numbers, :class:`.TimelineContext` adds what happened around them,
and ``Incident`` adds the judgements. Tools, messages and postmortems read them here, so no two answers can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sentry_runbook.incident.causes.causes import find_causes
from sentry_runbook.incident.impact import count_impact
from sentry_runbook.incident.model.results.explanation import History, LeadingIssue, Owner, PeopleQuestion
from sentry_runbook.incident.model.results.impact import Impact
from sentry_runbook.incident.model.results.triage import Cause, Verdict
from sentry_runbook.incident.people.history import earlier_episodes
from sentry_runbook.incident.people.owners import owners_of
from sentry_runbook.incident.severity.leading import leading_step, started_with
from sentry_runbook.incident.severity.noise import may_be_noise
from sentry_runbook.incident.severity.questions import open_questions
from sentry_runbook.incident.severity.rules import classify
from sentry_runbook.incident.severity.settling import settling_steps
from sentry_runbook.incident.situation.related import Related, find_related
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

    @property
    def leading_issue(self) -> LeadingIssue | None:
        """The other issue with more of the project-wide figure that decides; None when none does, or it is not known.

        ``severity`` has it, too, and says in ``because`` what it has of the figure.
        """
        return self.severity.leading_issue

    @property
    def leading_step(self) -> str | None:
        """What to do first about the leading issue, in one sentence; None where this issue leads."""
        leader = self.leading_issue
        return None if leader is None else leading_step(leader, self.severity.share_of_project)

    @cached_property
    def started_with(self) -> tuple[LeadingIssue, ...]:
        """Other issues of the project whose unhandled events began with this incident, and that are not tied to it."""
        tied = self.related.names
        return tuple(other for other in started_with(self) if other.short_id not in tied)

    @cached_property
    def related(self) -> Related:
        """The issues of any project that are of the same incident, as far as they were looked for."""
        return find_related(self)

    @cached_property
    def questions(self) -> tuple[PeopleQuestion, ...]:
        """The runbook's questions to people that nobody has answered and that may change the severity."""
        return open_questions(self, self.severity.criteria)

    @cached_property
    def settling_steps(self) -> tuple[str, ...]:
        """How to find out what could still raise the severity: a sentence for each unknown criterion that may.

        Empty where ``could_be`` does not lie above the severity.
        """
        return settling_steps(self, self.severity)

    @cached_property
    def may_be_noise(self) -> bool:
        """Whether archiving may be proposed: steady at its usual rate, low for certain, and known."""
        return may_be_noise(self, self.severity, self.causes)

    # --- people and the past

    @cached_property
    def owners(self) -> tuple[Owner, ...]:
        """Whom to ask, with the reason; the surest first."""
        return owners_of(self)

    @cached_property
    def earlier(self) -> History | None:
        """Earlier episodes of the issue; None when there was none, or none is known."""
        return earlier_episodes(self)

    # --- impact, causes, timeline

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
