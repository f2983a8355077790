"""What the next responder does first: what the last change did, then what a triage says and nobody has tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.summaries import FIX_HAS_CHANGED
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.policy import rank
from sentry_runbook.incident.model.results.impact import RecoveryAction
from sentry_runbook.incident.triage.next_steps import next_steps

MOST_STEPS = 3
"""Of a triage's steps that are told."""
CHANGES = ("deploy", "flag", "stated")
"""Kinds of acts that can change a rate; a resolve or an archive only writes into Sentry."""
LAST_ACT_HAS_CHANGED = {
    "fell": "see whether it holds: the errors fell after the last deploy or flag change",
    "came_back": "look at the last deploy or flag change again: the errors fell after it and have come back",
    "rose": "look at the last deploy or flag change again: the errors rose after it",
    "no_change": "try something else: the last deploy or flag change has not lowered the errors",
    "too_early": "wait for the effect of the last deploy or flag change: it is too early to say",
}
"""The next step after a deploy or flag change, which nobody stated to be the fix; keys as in ``FIX_HAS_CHANGED``."""


def handoff_steps(
    incident: Incident, stage: str, proposed: str | Unknown, tried: Sequence[RecoveryAction]
) -> Iterator[str]:
    """The next steps in order: of an open incident those of a triage, but not what was tried already.

    Args:
        incident: what is handed over.
        stage: the name of the stage it is in.
        proposed: the next step by the stage and the evidence.
        tried: what may have ended it, in order of time.
    """
    effects = [effect for effect in tried if effect.kind in CHANGES]
    is_open = stage not in ("resolved", "mitigated")
    if not is_open and not isinstance(proposed, Unknown):
        yield _sentence(proposed)
    elif is_open and effects:
        table = FIX_HAS_CHANGED if effects[-1].kind == "stated" else LAST_ACT_HAS_CHANGED
        yield _sentence(table[_did(effects[-1])])
    if is_open:
        yield from [step for step in next_steps(incident) if not _was_tried(incident, step, effects)][:MOST_STEPS]
        yield from _escalate(incident)
    if stage != "resolved" and incident.recovery.needs:
        yield f"To call it over: {'; '.join(incident.recovery.needs)}."


def _was_tried(incident: Incident, step: str, effects: Sequence[RecoveryAction]) -> bool:
    """Whether a step asks for a rollback, and another release was deployed in the incident already."""
    top = incident.causes[0] if incident.causes else None
    if top is None or top.pattern != "deployment_regression" or not step.startswith(top.action):
        return False
    return any(effect.kind == "deploy" for effect in effects)


def _did(effect: RecoveryAction) -> str:
    """What an act changed, a key of the table of steps."""
    return "came_back" if effect.change == "fell" and effect.again_per_hour is not None else effect.change


def _escalate(incident: Incident) -> Iterator[str]:
    """What would make it graver: the nearest threshold."""
    higher = [entry for entry in incident.severity.distance if rank(entry.to) > rank(incident.severity.severity)]
    nearest = min(higher, key=lambda entry: rank(entry.to), default=None)
    if nearest is not None:
        yield f"{nearest.to} needs {nearest.needs}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
