"""From evidence to the facts that templates use; for one audience, with blanks for what is not known.

How to add a fact: see :mod:`.facts`. A group is made by one function here (or in :mod:`.progress`, :mod:`.summaries`,
:mod:`.cards`, :mod:`.story`); ``made`` takes a ``Fact`` for a known value and an ``Unknown`` for one that is not, whose
reason ends up in the draft's ``unknowns``. Nothing here guesses: no value, then the reason why.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.cards import minutes, name_of, pattern_facts, policy_facts
from sentry_runbook.incident.causes import Cause, causes_of, suspect_release
from sentry_runbook.incident.checklist import Seen, checklist
from sentry_runbook.incident.deploys import alignment
from sentry_runbook.incident.evidence import Evidence, Known, Stated, Unknown, quoted
from sentry_runbook.incident.facts import (
    NOT_STATED,
    Audience,
    CauseFacts,
    EventFacts,
    Fact,
    Facts,
    ImpactFacts,
    IssueFacts,
    RecoveryFacts,
    SeverityFacts,
    StepFacts,
    TimeFacts,
    blank,
    facts,
    made,
)
from sentry_runbook.incident.impact import Impact, impact_of
from sentry_runbook.incident.measures import Case
from sentry_runbook.incident.policy import Policy
from sentry_runbook.incident.recovery import Recovery, check_recovery
from sentry_runbook.incident.series import Onset
from sentry_runbook.incident.severity import Verdict, verdict_of
from sentry_runbook.incident.story import story
from sentry_runbook.incident.triage import triage
from sentry_runbook.incident.wording import count, duration, moment, number, percent

__all__ = ["Facts", "gather", "no_facts"]


def gather(
    evidence: Evidence,
    stated: Stated,
    policy: Policy,
    now: datetime,
    *,
    audience: Audience = "engineers",
    since: datetime | None = None,
) -> Facts:
    """All facts of an incident, for one audience."""
    case = Case(evidence, stated, policy)
    verdict, counted, causes = verdict_of(case), impact_of(case), causes_of(case)
    recovery = check_recovery(evidence, policy, stated.mitigated_at, now)
    return Facts(
        audience=audience,
        given=True,
        policy=policy_facts(policy),
        patterns=pattern_facts(),
        lead=_said(stated.lead, "on-call engineer"),
        service=_said(stated.service, "service name"),
        root_cause=_said(stated.root_cause, "root cause, in one line"),
        fix=_said(stated.fix, "what was changed: rollback, hotfix or configuration"),
        issue=_issue(evidence),
        severity=_severity(verdict, policy, now),
        times=_times(case, recovery, now, since),
        impact=_impact(case, counted),
        recovery=_recovery(recovery, evidence),
        event=_event(case),
        causes=tuple(map(_cause, causes)),
        checklist=tuple(
            StepFacts(Fact(one.step), Fact(one.finding), one.state)
            for one in checklist(case, Seen(verdict=verdict, impact=counted, causes=causes))
        ),
        next_steps=facts(triage(evidence, stated, policy, now).next_steps),
        story=story(case, now),
    )


def no_facts(policy: Policy, audience: Audience = "engineers") -> Facts:
    """The facts without an issue: the policy's are there, all others are blanks."""
    return Facts(audience=audience, policy=policy_facts(policy), patterns=pattern_facts())


def _said(text: str | None, what: str) -> Fact:
    """A person's words, else a blank."""
    return Fact(text, stated=True, source="stated") if text else blank(what, NOT_STATED)


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
        name=Fact(f"{verdict.severity} {verdict.label}"),
        because=Fact(verdict.because),
        could_be=Fact(low if low == high else f"{low} to {high}"),
        response=Fact(verdict.response),
        respond_by=Fact(moment(verdict.respond_by)) if verdict.respond_by else Unknown(why="the start is not known"),
        escalation=Fact(verdict.escalation),
        next_update=Fact(minutes(words.next_update_minutes)),
        next_update_by=Fact(moment(due)),
    )


def _times(case: Case, recovery: Recovery, now: datetime, since: datetime | None) -> TimeFacts:
    onset = case.onset
    started: Fact | Unknown = Fact(moment(onset.at), source=onset.how) if isinstance(onset, Onset) else onset
    return made(
        TimeFacts,
        now=Fact(moment(now)),
        started=started,
        started_how=Fact(onset.how) if isinstance(onset, Onset) else onset,
        duration=Fact(duration(now - onset.at)) if isinstance(onset, Onset) else onset,
        last_update=Fact(moment(since)) if since else Unknown(why="no time of a last message was given (since)"),
    )


def _impact(case: Case, counted: Impact) -> ImpactFacts:
    why = {one.what: one.why for one in counted.missing}

    def shown(name: str, text: str | None, source: str = "") -> Fact | Unknown:
        return Unknown(why=why.get(name, "not measured")) if text is None else Fact(text, source=source)

    worst, share = counted.users_worst_hour, counted.crash_free_sessions_pct
    return made(
        ImpactFacts,
        summary=Fact(counted.reading),
        events=shown("events", None if counted.events is None else count(counted.events, "event")),
        users=shown("users", None if counted.users is None else count(counted.users, "user")),
        users_worst_hour=shown("users_worst_hour", None if worst is None else number(worst)),
        crash_free=shown("crash_free_sessions_pct", None if share is None else percent(share)),
        p95=shown("p95_ms", None if counted.p95_ms is None else f"{number(counted.p95_ms)} ms"),
        trend=shown("trend", counted.trend.direction if counted.trend else None),
        symptoms=Unknown(why=NOT_STATED),
    )


def _recovery(recovery: Recovery, evidence: Evidence) -> RecoveryFacts:
    return made(
        RecoveryFacts,
        over=recovery.verdict == "recovered",
        resolved=evidence.issue.status == "resolved",
        verdict=Fact(recovery.verdict),
        reading=Fact(recovery.reading),
        needs=facts(recovery.needs),
    )


def _event(case: Case) -> EventFacts:
    evidence = case.evidence
    version = suspect_release(evidence)
    began = case.onset.at if isinstance(case.onset, Onset) else None
    found = alignment(evidence, version, began) if version and began else None
    commits = evidence.suspect_commits
    first = commits.value[0] if isinstance(commits, Known) and commits.value else None
    return made(
        EventFacts,
        release=Fact(quoted(version)) if version else Unknown(why="no release stands out"),
        deployed=Fact(moment(found.at), source=found.source) if found else Unknown(why="nothing dates it"),
        commit=Fact(quoted(first.message or first.id)) if first else Unknown(why="Sentry names none"),
    )


def _cause(cause: Cause) -> CauseFacts:
    return CauseFacts(
        name=Fact(name_of(cause.pattern)),
        confidence=Fact(cause.confidence),
        action=Fact(cause.action),
        evidence_for=facts(cause.evidence_for),
        evidence_against=facts(cause.evidence_against),
    )


def _number(value: int | None) -> Fact | None:
    return None if value is None else Fact(number(value))
