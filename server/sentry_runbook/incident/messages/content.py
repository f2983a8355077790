"""Content of messages and prompts: results of the incident, and sentences for one audience.

How to add a fact for templates: a field of a result is one already. A sentence of its own is a property here (or in
:class:`.PostmortemContent`), typed; templates can ask for it at once, and the check at start knows it by its type. A
value that may be unknown is ``Unknown`` with the reason, or a ``Blank`` that brings its own words; the words of the
others' blanks stand in ``render/templates/wording.py``. Customers read what ``redaction`` names, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from sentry_runbook.incident.background import background, whom_to_ask
from sentry_runbook.incident.events.why_fired import words_of
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.changes import actions, changes, needs
from sentry_runbook.incident.messages.handoff import Handoff, handoff
from sentry_runbook.incident.messages.key_event import KeyEvent, key_event
from sentry_runbook.incident.messages.public_status import fix_changed
from sentry_runbook.incident.messages.stage import IncidentStage
from sentry_runbook.incident.messages.status import IncidentStatus, incident_status, stage_of
from sentry_runbook.incident.messages.summaries import impact_summary, next_decision, next_step, users_worst_hour
from sentry_runbook.incident.messages.symptom import symptom
from sentry_runbook.incident.messages.times import MessageTimes, message_times
from sentry_runbook.incident.model.evidence import Evidence, Unknown
from sentry_runbook.incident.model.results.impact import Impact, Recovery
from sentry_runbook.incident.model.results.issue import IssueSummary, select_fields
from sentry_runbook.incident.model.results.messages import Audience, Blank
from sentry_runbook.incident.model.results.triage import Cause, ChecklistStep, Verdict
from sentry_runbook.incident.postmortem.content import PostmortemContent
from sentry_runbook.incident.recovery.groups import group_effect
from sentry_runbook.incident.triage.checklist import checklist
from sentry_runbook.incident.triage.next_steps import next_steps


class MessageContent(BlankContent):
    """All that a template may ask for, by the names of its properties; each computed when first read, and once.

    Args:
        incident: the incident that is reported.
        audience: whom the text is for; for customers everything internal is withheld.
        since: when the last message went out, aware UTC.
    """

    def __init__(self, incident: Incident, *, audience: Audience = "engineers", since: datetime | None = None) -> None:
        super().__init__(incident.policy, incident.stated, audience)
        self._incident = incident
        self._since = since

    @property
    def given(self) -> bool:
        """An issue was given, so that facts are live."""
        return True

    @property
    def since(self) -> bool:
        """Whether the time of the last message was given."""
        return self._since is not None

    # --- results

    @cached_property
    def issue(self) -> IssueSummary:
        """The issue in short; its totals are over all time."""
        return select_fields(IssueSummary, self._incident.evidence.issue)

    @cached_property
    def others(self) -> tuple[IssueSummary, ...]:
        """Further issues of the same incident, each with its own life; none of one issue alone."""
        return tuple(select_fields(IssueSummary, issue) for issue in self._incident.evidence.together[1:])

    @property
    def severity(self) -> Verdict:
        """The severity by the policy's rules."""
        return self._incident.severity

    @property
    def impact(self) -> Impact:
        """The numbers of the window."""
        return self._incident.impact

    @property
    def recovery(self) -> Recovery:
        """Rates and needs, as check_recovery gives them; ``status`` says it in words for the audience."""
        return self._incident.recovery

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The patterns that fit, best first."""
        return self._incident.causes

    @cached_property
    def checklist(self) -> tuple[ChecklistStep, ...]:
        """The runbook's eleven steps."""
        return checklist(self._incident)

    @cached_property
    def next_steps(self) -> tuple[str, ...]:
        """What a responder does next, in order."""
        return next_steps(self._incident)

    @cached_property
    def story(self) -> PostmortemContent:
        """The parts of the postmortem."""
        return PostmortemContent(self._incident)

    # --- sentences

    @cached_property
    def times(self) -> MessageTimes:
        """Start, end, length, and when the next message is due."""
        return message_times(self._incident, self._since, self._audience)

    @cached_property
    def stage(self) -> IncidentStage:
        """How far the incident is."""
        return stage_of(self._incident)

    @cached_property
    def status(self) -> IncidentStatus:
        """Whether it is over, in words for the audience."""
        return incident_status(self._incident, self.stage, self._audience)

    @cached_property
    def symptom(self) -> str | Unknown:
        """What customers notice, in one sentence, by the policy's words or as carefully as the evidence carries it."""
        return symptom(self._incident, is_over=self.stage.name in ("resolved", "mitigated"))

    @cached_property
    def impact_summary(self) -> str | Unknown:
        """The impact in one sentence for the audience."""
        return self.symptom if self._audience == "customers" else impact_summary(self._incident, self._audience)

    @property
    def users_worst_hour(self) -> str | Unknown:
        """Distinct users of the worst rolling hour, as bounds when that is all that is known."""
        return users_worst_hour(self._incident)

    @cached_property
    def event(self) -> KeyEvent:
        """The representative event of the issue, and what changed before it."""
        return key_event(self._incident)

    @property
    def next_step(self) -> str | Unknown:
        """What the evidence proposes to do next, for the audience."""
        incident, other = self._incident, words_of(self._incident.evidence)
        advice = other.advice.rstrip(".") if other is not None else None
        return next_step(incident, self.stage.name, self._audience, fix_changed(incident), advice)

    @property
    def decision(self) -> str | Unknown:
        """What somebody has to decide next; who decides is the lead, by when stands in ``times.decide_by``."""
        return next_decision(self.next_step, self.stage.name)

    @cached_property
    def background(self) -> tuple[str, ...]:
        """What stands behind it, a sentence each: leading issue, explanation, releases, dependency, nearest change."""
        return tuple(background(self._incident, by_name=self._audience == "engineers"))

    @cached_property
    def background_beside_release(self) -> tuple[str, ...]:
        """The same for a message that says already when the suspect release was deployed."""
        return tuple(background(self._incident, by_name=self._audience == "engineers", has_release=True))

    @cached_property
    def fell(self) -> str | Unknown:
        """What the last act changed, and in which group of events."""
        effect = group_effect(self._incident, self._incident.recovery_metrics)
        return Unknown(why="the event rows do not tell it") if effect is None else effect.rstrip(".")

    @property
    def owners(self) -> str | Unknown:
        """Whom to ask, with the reasons."""
        return whom_to_ask(self._incident) or Unknown(why="nobody is named in Sentry")

    @cached_property
    def changes(self) -> tuple[str | Blank, ...]:
        """What changed since the last message."""
        return tuple(changes(self._incident, self._since, self._audience))

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """What people did, as far as Sentry or a person recorded it."""
        return tuple(actions(self._incident, self._since, self._audience))

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """What has to be seen or known next."""
        return tuple(needs(self._incident, self._audience))

    @cached_property
    def handoff(self) -> Handoff | Unknown:
        """What the next responder needs; for engineers only."""
        if self._audience != "engineers":
            return Unknown(why="it names people and doubts: for engineers only")
        return handoff(self._incident, self.stage.name, self.next_step, self._since)

    def _evidence(self) -> Evidence | None:
        return self._incident.evidence

    def _cause_hint(self) -> str:
        if not self._incident.causes:
            return "; none of the runbook's patterns fits the evidence"
        top = self._incident.causes[0]
        return f"; the evidence points to {top.pattern.replace('_', ' ')} (confidence {top.confidence})"

    def _fix_hint(self) -> str:
        mitigated = self._incident.timeline.milestone("mitigated")
        return f"; Sentry suggests a {mitigated.source}" if mitigated.candidate else ""
