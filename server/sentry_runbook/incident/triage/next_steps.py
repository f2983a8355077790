"""What a responder does next, in that order; the first step is what to do now.

Before anything is mitigated it must be the right thing: a security incident, another issue that burns more, events that
look forged, and what could still raise the severity come first. Then the mitigation, whom to tell, the questions that
only people can answer, and what follows once it is over.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.events.why_fired import words_of
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.policy import rank
from sentry_runbook.incident.model.results.explanation import quoted_id
from sentry_runbook.incident.releases import names_a_release
from sentry_runbook.incident.severity.noise import SECURITY

NO_PATTERN = "No root-cause pattern holds: read the event with get_issue (event=oldest too) and compare list_events."

CALL_SECURITY = "Call security first: an injection reached the database. Do not archive it, and write nothing public."


def next_steps(incident: Incident) -> tuple[str, ...]:
    """The steps, each once; none repeats what another says."""
    return tuple(dict.fromkeys(_steps(incident)))


def _steps(incident: Incident) -> Iterator[str]:
    yield from _is_it_the_right_one(incident)
    fired = words_of(incident.evidence)
    if fired is not None:
        # No thrown error opened it, so most rules do not apply: what fired comes before what they would say.
        yield fired.advice
    yield from incident.settling_steps
    if fired is None:
        yield _mitigate(incident)
    yield from _whole_incident(incident)
    yield from _tell(incident)
    yield from _ask(incident)
    yield from _afterwards(incident)


def _is_urgent(incident: Incident) -> bool:
    return rank(incident.severity.severity) >= rank("P1")


def _is_it_the_right_one(incident: Incident) -> Iterator[str]:
    """What would make every later step the wrong one."""
    verdict = incident.severity
    if incident.security_incident and (not incident.causes or incident.causes[0].pattern != SECURITY):
        yield CALL_SECURITY
    yield from _first_of_the_incident(incident)
    if incident.leading_step is not None and not _is_of_the_incident(incident):
        yield incident.leading_step
    if verdict.severity_without_suspects not in (None, verdict.severity):
        yield f"Check the suspect events first: without them this would be {verdict.severity_without_suspects}."


def _first_of_the_incident(incident: Incident) -> Iterator[str]:
    """That this issue is a part of a larger incident which began elsewhere: the cause is nearer to its first issue."""
    related, whole = incident.related, incident.related.incident
    if whole is None or whole.first is None or not related.begins_elsewhere(incident.evidence.issue.name):
        return
    first = quoted_id(whole.first)
    of = f"{whole.issues} issues of one incident"
    yield f"Look at {first} first: it began first of {of}. Call triage_issue for {first}."


def _is_of_the_incident(incident: Incident) -> bool:
    """Whether the issue with more of the deciding figure is one of the same incident, which another step tells."""
    leader = incident.leading_issue
    begins_elsewhere = incident.related.begins_elsewhere(incident.evidence.issue.name)
    return leader is not None and begins_elsewhere and leader.short_id in incident.related.names


def _whole_incident(incident: Incident) -> Iterator[str]:
    if incident.related.incident is not None:
        number = incident.related.incident.issues
        yield f"For the whole incident of {number} issues, its users and severity together: assess_situation."


def _mitigate(incident: Incident) -> str:
    """The best cause's action; without a cause, where to look."""
    if incident.causes:
        top = incident.causes[0]
        return f"{top.action} (likely cause: {top.pattern.replace('_', ' ')}, confidence {top.confidence})"
    return NO_PATTERN


def _tell(incident: Incident) -> Iterator[str]:
    verdict = incident.severity
    yield verdict.call
    if _is_urgent(incident):
        yield "Tell people: draft_update kind=initial, audience=engineers, then executives and customers."


def _ask(incident: Incident) -> Iterator[str]:
    """That people are to be asked; the questions themselves stand in ``questions``."""
    if incident.questions:
        arguments = ", ".join(question.id for question in incident.questions)
        yield f"Ask people what only they know, then classify_severity with the answers: {arguments}."


def _afterwards(incident: Incident) -> Iterator[str]:
    # Without releases Sentry refuses "in the next release" (400).
    keeps = incident.evidence.keeps_conditions
    close = "resolve_in_next_release" if keeps and names_a_release(incident.evidence) else "resolve"
    if _is_urgent(incident):
        yield f"After the mitigation: check_recovery, then resolve_issue action={close}."
        yield "Afterwards: draft_postmortem, due within 48 hours."
        return
    if incident.may_be_noise:
        silence = "archive_until_escalating, or ignore_count=100" if keeps else "ignore (for ever: it keeps no limit)"
        yield f"If it is noise: resolve_issue action={silence}."
    if not incident.owners:
        yield "Assign an owner."
    yield f"After a fix: check_recovery, then resolve_issue action={close}."
