"""The runbook's triage in one result: severity, impact, the eleven steps, causes and next steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sentry_runbook.incident.events.why_fired import words_of
from sentry_runbook.incident.impact import merge_missing, missing_below
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.measurements import DROPPED
from sentry_runbook.incident.model.evidence import Evidence, Finding, Known, Missing, Unknown
from sentry_runbook.incident.model.policy import rank
from sentry_runbook.incident.model.results.issue import IssueSummary, select_fields
from sentry_runbook.incident.model.results.triage import Cause, Triage, Verdict
from sentry_runbook.incident.releases import names_a_release
from sentry_runbook.incident.triage.checklist import checklist

NO_PATTERN = "No root-cause pattern holds: read the event with get_issue (event=oldest too) and compare list_events."


def make_triage(incident: Incident) -> Triage:
    """The runbook's triage of an incident.

    ``missing``, ``findings`` and ``warnings`` of severity and impact are moved up to it.
    """
    evidence, verdict, impact = incident.evidence, incident.severity, incident.impact
    commits = evidence.suspect_commits
    moved_up: dict[str, object] = {"missing": (), "findings": (), "issue": None, "warnings": None}
    return Triage(
        issue=select_fields(IssueSummary, evidence.issue),
        severity=verdict.model_copy(update=moved_up),
        impact=impact.model_copy(update={**moved_up, "episode": None}),
        episode=impact.episode,
        occurrence=_occurrence(incident.evidence),
        checklist=checklist(incident),
        causes=incident.causes,
        suspect_release=incident.suspect,
        suspect_commits=commits.value if isinstance(commits, Known) else (),
        leading_issue=incident.leading_issue,
        explanation=incident.explanation,
        release_health=incident.release_health,
        dependency=incident.dependency,
        changes=incident.changes,
        owners=incident.owners,
        history=incident.earlier,
        questions=incident.questions,
        next_steps=next_steps(incident),
        warnings=incident.warnings or None,
        missing=merge_missing(_missing(incident)),
        findings=_distinct((*verdict.findings, *impact.findings)),
    )


def _occurrence(evidence: Evidence) -> dict[str, str] | None:
    """Why an issue fired that no thrown error opened; None for errors."""
    if words_of(evidence) is None or not isinstance(evidence.event, Known):
        return None
    return dict(evidence.event.value.occurrence) or None


def _missing(incident: Incident) -> Iterator[Missing]:
    for name, result in (("severity", incident.severity), ("impact", incident.impact)):
        yield from missing_below(name, (entry for entry in result.missing if entry.what != DROPPED))
    yield from incident.unread_outcomes
    yield from incident.unseen_changes
    commits = incident.evidence.suspect_commits
    if isinstance(commits, Unknown):
        yield Missing(what="suspect_commits", why=commits.why)
    if incident.suspect is None:
        yield Missing(what="suspect_release", why="no release stands out")
    for what, part in (("releases", incident.evidence.releases), ("event", incident.evidence.event)):
        if isinstance(part, Unknown) and part.asked:
            yield Missing(what=what, why=part.why)


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({(entry.kind, entry.where, entry.why, entry.excerpt): entry for entry in findings}.values())


# --- what to do next -----------------------------------------------------------------------------------------------


def next_steps(incident: Incident) -> tuple[str, ...]:
    """What a responder does next, in that order."""
    # Without releases Sentry refuses "in the next release" (400).
    keeps = incident.evidence.keeps_conditions
    close = "resolve_in_next_release" if keeps and names_a_release(incident.evidence) else "resolve"
    silence = "archive_until_escalating, or ignore_count=100" if keeps else "ignore (for ever: it keeps no limit)"
    other = words_of(incident.evidence)
    first = other.advice if other is not None else NO_PATTERN
    return tuple(_next_steps(incident.severity, incident.causes, first, close, silence))


def _next_steps(verdict: Verdict, causes: tuple[Cause, ...], first: str, close: str, silence: str) -> Iterator[str]:
    urgent = rank(verdict.severity) >= rank("P1")
    level = f"{verdict.severity} {verdict.label}"
    yield f"{level}: {verdict.escalation}. Response: {verdict.response_due}."
    if verdict.severity_without_suspects not in (None, verdict.severity):
        yield f"Check the suspect events first: without them this would be {verdict.severity_without_suspects}."
    if causes:
        top = causes[0]
        yield f"{top.action} (likely cause: {top.pattern.replace('_', ' ')}, confidence {top.confidence})"
    else:
        yield first
    if rank(verdict.could_be.highest) > rank(verdict.severity):
        unknown = ", ".join(criterion.id for criterion in verdict.criteria if criterion.met == "unknown")
        yield f"It could be {verdict.could_be.highest}: find out what is not known ({unknown})."
    if urgent:
        yield "Tell people: draft_update kind=initial, audience=engineers, then executives and customers."
        yield f"After the mitigation: check_recovery, then resolve_issue action={close}."
        yield "Afterwards: draft_postmortem, due within 48 hours."
    else:
        yield f"Assign an owner. If it is noise: resolve_issue action={silence}."
        yield f"After a fix: check_recovery, then resolve_issue action={close}."
