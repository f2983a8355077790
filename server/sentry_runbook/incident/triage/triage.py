"""The runbook's triage in one answer: severity, impact, the eleven steps, causes and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sentry_runbook.incident.causes.causes import causes_of, suspect_release
from sentry_runbook.incident.formatting import duration, moment
from sentry_runbook.incident.impact import gathered, impact_of
from sentry_runbook.incident.metrics.metrics import Case
from sentry_runbook.incident.model.evidence import (
    Evidence,
    Finding,
    Issue,
    Known,
    Missing,
    Stated,
    Unknown,
)
from sentry_runbook.incident.model.policy import Policy, rank
from sentry_runbook.incident.model.results.impact import Impact
from sentry_runbook.incident.model.results.triage import Cause, ChecklistStep, IssueSummary, Triage, Verdict
from sentry_runbook.incident.severity.rules import verdict_of
from sentry_runbook.incident.triage.checklist import Seen, checklist

__all__ = ["ChecklistStep", "IssueSummary", "Triage", "triage"]


def triage(evidence: Evidence, stated: Stated, policy: Policy, now: datetime) -> Triage:
    """Run the runbook's triage on the evidence."""
    case = Case(evidence, stated, policy)
    verdict, counted, causes = verdict_of(case), impact_of(case), causes_of(case)
    commits = evidence.suspect_commits
    return Triage(
        issue=summary(evidence.issue),
        severity=verdict.model_copy(update={"missing": (), "findings": ()}),
        impact=counted.model_copy(update={"missing": (), "findings": ()}),
        checklist=checklist(case, Seen(verdict=verdict, impact=counted, causes=causes)),
        causes=causes,
        suspect_release=suspect_release(evidence),
        suspect_commits=commits.value if isinstance(commits, Known) else (),
        next_steps=tuple(_next_steps(verdict, causes, now)),
        warnings=evidence.warnings or None,
        missing=gathered(_missing(case, verdict, counted)),
        findings=_once((*verdict.findings, *counted.findings)),
    )


def summary(issue: Issue) -> IssueSummary:
    """The issue in short."""
    return IssueSummary.model_validate({name: getattr(issue, name) for name in IssueSummary.model_fields})


def _missing(case: Case, verdict: Verdict, counted: Impact) -> Iterator[Missing]:
    for name, answer in (("severity", verdict), ("impact", counted)):
        yield from (Missing(what=f"{name}.{one.what}", why=one.why) for one in answer.missing)
    commits = case.evidence.suspect_commits
    if isinstance(commits, Unknown):
        yield Missing(what="suspect_commits", why=commits.why)
    if suspect_release(case.evidence) is None:
        yield Missing(what="suspect_release", why="no release stands out")
    for what, part in (("releases", case.evidence.releases), ("event", case.evidence.event)):
        if isinstance(part, Unknown) and part.asked:
            yield Missing(what=what, why=part.why)


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({(one.kind, one.where, one.why, one.excerpt): one for one in findings}.values())


# --- what to do next -----------------------------------------------------------------------------------------------


def _next_steps(verdict: Verdict, causes: tuple[Cause, ...], now: datetime) -> Iterator[str]:
    """In the order in which a responder does them."""
    urgent = rank(verdict.severity) >= rank("P1")
    level = f"{verdict.severity} {verdict.label}"
    yield f"{level}: {verdict.escalation}. Response: {verdict.response}{_clock(verdict, now)}."
    if verdict.severity_without_suspects not in (None, verdict.severity):
        yield f"Check the suspect events first: without them this would be {verdict.severity_without_suspects}."
    if causes:
        top = causes[0]
        yield f"{top.action} (likely cause: {top.pattern.replace('_', ' ')}, confidence {top.confidence})"
    else:
        yield "No root-cause pattern holds: read the event with get_issue (event=oldest too) and compare list_events."
    if rank(verdict.could_be.highest) > rank(verdict.severity):
        unknown = ", ".join(criterion.id for criterion in verdict.criteria if criterion.met == "unknown")
        yield f"It could be {verdict.could_be.highest}: find out what is not known ({unknown})."
    if urgent:
        yield "Tell people: draft_update kind=initial, audience=engineers, then executives and customers."
        yield "After the mitigation: check_recovery, then resolve_issue action=resolve_in_next_release."
        yield "Afterwards: draft_postmortem, due within 48 hours."
    else:
        yield "Assign an owner. If it is noise: resolve_issue action=archive_until_escalating, or ignore_count=100."
        yield "After a fix: check_recovery, then resolve_issue action=resolve_in_next_release."


def _clock(verdict: Verdict, now: datetime) -> str:
    if verdict.respond_by is None:
        return ""
    if verdict.respond_by < now:
        return f", was due {moment(verdict.respond_by)}, {duration(now - verdict.respond_by)} ago"
    return f", by {moment(verdict.respond_by)}"
