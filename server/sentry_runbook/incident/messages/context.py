"""From evidence to the facts that templates use; for one audience, with blanks for what is not known.

How to add a fact: see :mod:`.facts`. A group is made by one function here (or in :mod:`.progress`, :mod:`.summaries`,
:mod:`.cards`, or the postmortem's ``story``); ``made`` takes a ``Fact`` for a known value and an ``Unknown`` for one
that is not, whose reason ends up in the draft's ``unknowns``. Nothing here guesses: no value, then the reason why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.formatting import moment, number, percent
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_report import frame_line
from sentry_runbook.incident.messages.changes import actions, changes, needs, time_facts
from sentry_runbook.incident.messages.fields import (
    NOT_STATED,
    CauseFacts,
    EventFacts,
    Fact,
    Facts,
    ImpactFacts,
    IssueFacts,
    SeverityFacts,
    StepFacts,
    blank,
    facts,
    made,
)
from sentry_runbook.incident.messages.redaction import for_customers
from sentry_runbook.incident.messages.reference import minutes, pattern_facts, policy_facts
from sentry_runbook.incident.messages.status import recovery_facts, standing
from sentry_runbook.incident.messages.summaries import impact_summary, next_step, worst_hour
from sentry_runbook.incident.model.evidence import Commit, Evidence, Known, Unknown, quoted
from sentry_runbook.incident.model.policy import Policy, rank
from sentry_runbook.incident.model.results.impact import Onset
from sentry_runbook.incident.model.results.messages import Audience
from sentry_runbook.incident.model.results.triage import Cause, ChecklistStep, Verdict
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.postmortem.context import story
from sentry_runbook.incident.releases import alignment
from sentry_runbook.incident.timeline.models import Timeline
from sentry_runbook.incident.triage.checklist import checklist
from sentry_runbook.incident.triage.triage import next_steps


def gather(incident: Incident, *, audience: Audience = "engineers", since: datetime | None = None) -> Facts:
    """All facts of an incident, for one audience.

    Args:
        incident: what is told.
        audience: whom the text is for; for customers everything internal is withheld.
        since: when the last message went out, aware UTC.
    """
    policy, now = incident.policy, incident.now
    whole = Facts(
        audience=audience,
        given=True,
        since=since is not None,
        policy=policy_facts(policy),
        patterns=pattern_facts(),
        **_all_said(incident.stated, _points_to(incident.causes), _candidate(incident.timeline)),
        issue=_issue(incident.evidence),
        severity=_severity(incident.severity, policy, now),
        times=time_facts(incident, since),
        impact=_impact(incident, audience),
        recovery=recovery_facts(incident, audience),
        event=_event(incident),
        causes=tuple(map(_cause, incident.causes)),
        checklist=tuple(map(_step, checklist(incident))),
        next_step=_next(next_step(incident.causes, standing(incident).stage, audience)),
        next_steps=facts(next_steps(incident)),
        changes=tuple(changes(incident, since, audience)),
        actions=tuple(actions(incident, since, audience)),
        needs=tuple(needs(incident, audience)),
        story=story(incident),
    )
    return for_customers(whole, incident.evidence) if audience == "customers" else whole


def no_facts(policy: Policy, audience: Audience = "engineers", stated: Stated | None = None) -> Facts:
    """The facts without an issue: the policy's and what was stated are there, all others are blanks."""
    said = _all_said(stated or Stated())
    whole = Facts(audience=audience, policy=policy_facts(policy), patterns=pattern_facts(), **said)
    return for_customers(whole, None) if audience == "customers" else whole


class Said(TypedDict):
    """What only people can say."""

    lead: Fact
    service: Fact
    root_cause: Fact
    fix: Fact


def _all_said(stated: Stated, causes_hint: str = "", fix_hint: str = "") -> Said:
    return Said(
        lead=_said(stated.lead, "on-call engineer", " (argument lead)"),
        service=_said(stated.service, "service name", " (argument service)"),
        root_cause=_said(stated.root_cause, "root cause, in one line", causes_hint),
        fix=_said(stated.fix, "what was changed: rollback, hotfix or configuration", fix_hint),
    )


def _said(text: str | None, what: str, hint: str = "") -> Fact:
    """A person's words, else a blank; what the evidence suggests stands in its reason, never in its place."""
    return Fact(text, stated=True, source="stated") if text else blank(what, f"{NOT_STATED}{hint}")


def _next(step: Fact | Unknown) -> Fact:
    return blank("next step", step.why) if isinstance(step, Unknown) else step


def _points_to(causes: Sequence[Cause]) -> str:
    if not causes:
        return "; none of the runbook's patterns fits the evidence"
    name = causes[0].pattern.replace("_", " ")
    return f"; the evidence points to {name} (confidence {causes[0].confidence})"


def _candidate(told: Timeline) -> str:
    mitigated = told.milestone("mitigated")
    return f"; Sentry suggests a {mitigated.source}" if mitigated.candidate else ""


def _issue(evidence: Evidence) -> IssueFacts:
    issue = evidence.issue
    told = Unknown(why="Sentry's answer does not have it")
    return made(
        IssueFacts,
        name=Fact(issue.name, link=issue.url, source="issue"),
        title=Fact(quoted(issue.title), source="issue"),
        project=Fact(issue.project) if issue.project else told,
        level=Fact(issue.level) if issue.level else told,
        status=Fact(issue.status) if issue.status else told,
        assigned_to=Fact(quoted(issue.assigned_to)) if issue.assigned_to else Unknown(why="nobody is assigned"),
        first_seen=Fact(moment(issue.first_seen)) if issue.first_seen else told,
        last_seen=Fact(moment(issue.last_seen)) if issue.last_seen else told,
        events_total=_number(issue.events_total) or told,
        users_total=_number(issue.users_total) or told,
    )


def _severity(verdict: Verdict, policy: Policy, now: datetime) -> SeverityFacts:
    words = policy.words(verdict.severity)
    low, high = verdict.could_be.lowest, verdict.could_be.highest
    due = now + timedelta(minutes=words.next_update_minutes)
    return made(
        SeverityFacts,
        level=Fact(verdict.severity),
        name=Fact(f"{verdict.severity} {verdict.label}{_or_more(verdict)}"),
        because=Fact(verdict.because),
        could_be=Fact(low if low == high else f"{low} to {high}"),
        response=Fact(verdict.response),
        respond_by=Fact(moment(verdict.respond_by)) if verdict.respond_by else Unknown(why="the start is not known"),
        escalation=Fact(verdict.escalation),
        next_update=Fact(minutes(words.next_update_minutes)),
        next_update_by=Fact(moment(due)),
    )


def _or_more(verdict: Verdict) -> str:
    """A severity that unknown inputs could still raise is never shown without that."""
    highest = verdict.could_be.highest
    return f", could be up to {highest}" if rank(highest) > rank(verdict.severity) else ""


def _impact(incident: Incident, audience: Audience) -> ImpactFacts:
    counted = incident.impact
    why = {one.what: one.why for one in counted.missing}

    def shown(name: str, text: str | None) -> Fact | Unknown:
        return Unknown(why=why.get(name, "not measured")) if text is None else Fact(text)

    def shown_number(name: str, unit: str = "") -> Fact | Unknown:
        value = getattr(counted, name)
        return shown(name, None if value is None else f"{number(value)}{unit}")

    def shown_percent(name: str) -> Fact | Unknown:
        value = getattr(counted, name)
        return shown(name, None if value is None else percent(value))

    latency = incident.evidence.latency
    main = latency.value.main if isinstance(latency, Known) else None
    return made(
        ImpactFacts,
        summary=impact_summary(incident, audience),
        symptoms=Unknown(why=NOT_STATED),
        events=shown_number("events"),
        users=shown_number("users"),
        users_worst_hour=worst_hour(incident),
        unhandled_peak=shown_number("unhandled_per_minute_peak"),
        crash_free=shown_percent("crash_free_sessions_pct"),
        crash_free_worst_hour=shown_percent("crash_free_worst_hour_pct"),
        p95=shown_number("p95_ms", " ms"),
        endpoint=Fact(quoted(main)) if main else Unknown(why="the events name no transaction"),
        baseline=shown("baseline", number(counted.baseline.events) if counted.baseline else None),
        trend=shown("trend", counted.trend.direction if counted.trend else None),
        window=Fact(f"{moment(counted.window.start)} to {moment(counted.window.end)}"),
        environments=Fact(counted.window.environments) if counted.window.environments else Unknown(why="not known"),
    )


def _event(incident: Incident) -> EventFacts:
    evidence = incident.evidence
    version = incident.suspect
    began = incident.onset.at if isinstance(incident.onset, Onset) else None
    found = alignment(evidence, version, began) if version and began else None
    commits = evidence.suspect_commits
    named = commits.value[0] if isinstance(commits, Known) and commits.value else None
    no_commit = Unknown(why=commits.why if isinstance(commits, Unknown) else "Sentry names none")
    return made(
        EventFacts,
        error=_error(evidence),
        frame=_frame(evidence),
        release=Fact(quoted(version)) if version else Unknown(why="no release stands out"),
        deployed=Fact(moment(found.at), source=found.source) if found else Unknown(why="nothing dates it"),
        commit=Fact(_commit(named)) if named else no_commit,
    )


def _commit(commit: Commit) -> str:
    """Message, or pull request, or id; its author is no part of what happened."""
    named = quoted(commit.message or commit.pull_request or commit.id)
    request = commit.pull_request
    return f"{named} ({request})" if request and request.lstrip("#").isdigit() and request not in named else named


def _error(evidence: Evidence) -> Fact | Unknown:
    if isinstance(evidence.event, Unknown):
        return evidence.event
    thrown = evidence.event.value.exceptions
    if not thrown:
        return Fact(quoted(evidence.event.value.title or evidence.issue.title))
    last = thrown[-1]
    return Fact(excerpt(": ".join(part for part in (last.type, last.value) if part) or evidence.issue.title))


def _frame(evidence: Evidence) -> Fact | Unknown:
    if isinstance(evidence.event, Unknown):
        return evidence.event
    frame = evidence.event.value.failing_frame
    return Fact(quoted(frame_line(frame))) if frame else Unknown(why="the event has no stack trace")


def _step(step: ChecklistStep) -> StepFacts:
    return StepFacts(Fact(step.step.partition(". ")[2]), Fact(step.finding), step.state)


def _cause(cause: Cause) -> CauseFacts:
    return CauseFacts(
        name=Fact(pattern_named(cause.pattern).title),
        confidence=Fact(cause.confidence),
        action=Fact(cause.action),
        evidence_for=facts(cause.evidence_for),
        evidence_against=facts(cause.evidence_against),
    )


def _number(value: int | None) -> Fact | None:
    return None if value is None else Fact(number(value))
