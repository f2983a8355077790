"""The runbook's triage in one result: severity, impact, the eleven steps, causes and next steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sentry_runbook.incident.events.why_fired import words_of
from sentry_runbook.incident.impact import merge_missing, missing_below
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.measurements import DROPPED
from sentry_runbook.incident.model.evidence import Evidence, Finding, Known, Missing, Unknown
from sentry_runbook.incident.model.results.impact import BreakdownRow
from sentry_runbook.incident.model.results.issue import IssueSummary, select_fields
from sentry_runbook.incident.model.results.triage import Criterion, Triage, Verdict
from sentry_runbook.incident.triage.checklist import checklist
from sentry_runbook.incident.triage.next_steps import next_steps

MOST_STARTED = 5
"""Issues that began with this one which a triage lists."""


def make_triage(incident: Incident) -> Triage:
    """The runbook's triage of an incident.

    ``missing``, ``findings`` and ``warnings`` of severity and impact are moved up to it.
    """
    evidence, verdict, impact = incident.evidence, incident.severity, incident.impact
    commits = evidence.suspect_commits
    moved_up: dict[str, object] = {"missing": (), "findings": (), "issue": None, "warnings": None}
    return Triage(
        issue=select_fields(IssueSummary, evidence.issue),
        severity=verdict.model_copy(
            update={
                **moved_up,
                "leading_issue": None,
                "criteria": _nearest_first(verdict),
                "distance": verdict.distance[:1],
            }
        ),
        impact=impact.model_copy(update={**moved_up, "episode": None, "breakdown": _telling(impact.breakdown)}),
        episode=impact.episode,
        occurrence=_occurrence(incident.evidence),
        checklist=checklist(incident),
        causes=incident.causes,
        suspect_release=incident.suspect,
        suspect_commits=commits.value if isinstance(commits, Known) else (),
        leading_issue=incident.leading_issue,
        part_of=incident.related.incident,
        related=incident.related.issues,
        also_started=incident.started_with[:MOST_STARTED],
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


def _in_a_triage(verdict: Verdict) -> dict[str, object]:
    """What the verdict of a triage has otherwise: the leading issue stands beside it, and of the misses the nearest."""
    return {"leading_issue": None, "criteria": _nearest_first(verdict), "distance": verdict.distance[:1]}


def _nearest_first(verdict: Verdict) -> tuple[Criterion, ...]:
    """The criteria with the one that decides first, then the nearest miss, then the others in the rules' order.

    Without source, window and note, which ``classify_severity`` has: a triage must fit on a page.
    """
    nearest = next((entry.criterion for entry in verdict.distance), "")
    order = {verdict.decided_by: 0, nearest: 1}
    slim = (entry.model_copy(update={"source": None, "window": None, "note": None}) for entry in verdict.criteria)
    return tuple(sorted(slim, key=lambda criterion: order.get(criterion.id, 2)))


def _telling(rows: Sequence[BreakdownRow]) -> tuple[BreakdownRow, ...]:
    """The shares that tell something: a value that all events carry, and carried before, sets none of them apart."""
    return tuple(row for row in rows if row.share < 1 or row.lift is not None)


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
    yield from incident.related.missing
    commits = incident.evidence.suspect_commits
    if isinstance(commits, Unknown):
        yield Missing(what="suspect_commits", why=commits.why)
    if incident.suspect is None:
        yield Missing(what="suspect_release", why="no release stands out")
    evidence = incident.evidence
    for what, part in (("releases", evidence.releases), ("event", evidence.event)):
        if isinstance(part, Unknown) and part.asked:
            yield Missing(what=what, why=part.why)


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({(entry.kind, entry.where, entry.why, entry.excerpt): entry for entry in findings}.values())
