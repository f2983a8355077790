"""The four words of a status page, from the evidence: investigating, identified, monitoring, resolved.

How to think about it: the first line of :func:`public_status` that holds gives the word. *Resolved* is the recovery's
verdict with a known fix, *monitoring* a rate that is back, a fix that has not failed, or a
change after which the rate fell, *identified*
a cause that a person stated or that the evidence shows with high confidence. What people stated counts without counts
of events, too; without either the word is not known, and nobody is told "investigating" of what may be over.
"""

from __future__ import annotations

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.stage import IncidentStage
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.results.messages import PublicStatus

IN_EFFECT = ("fell", "too_early")
"""What a fix may have changed so far without having failed."""


def public_status(incident: Incident, stage: IncidentStage) -> PublicStatus | Unknown:
    """The status page's word for the incident; ``Unknown`` where neither people nor the counts tell it."""
    if stage.name == "resolved":
        return "resolved"
    if stage.name == "mitigated" or _may_be_over_soon(incident):
        return "monitoring"
    if stage.name == "unknown":
        return "identified" if incident.stated.root_cause else Unknown(why=stage.why)
    return "identified" if _is_cause_known(incident) else "investigating"


def _is_cause_known(incident: Incident) -> bool:
    if incident.stated.root_cause:
        return True
    best = incident.causes[0] if incident.causes else None
    # A pattern that says why one cannot see does not say what is wrong (DESIGN section 5).
    return best is not None and best.confidence == "high" and not pattern_named(best.pattern).explains_blindness


def is_fix_in_effect(incident: Incident) -> bool:
    """Whether a fix is stated or behind a resolve, and nothing shows that it failed."""
    changed = fix_changed(incident)
    return _is_resolved_with_a_live_fix(incident) if changed is None else changed in IN_EFFECT


def _may_be_over_soon(incident: Incident) -> bool:
    """Whether people watch: a fix is in effect, or nobody called a change one and the rate fell after it."""
    return is_fix_in_effect(incident) or (fix_changed(incident) is None and _did_a_change_lower_the_rate(incident))


def fix_changed(incident: Incident) -> str | None:
    """What the fix that people stated changed: a change of the rate, or ``came_back``; None when they stated none."""
    stated = incident.stated
    # A time before the incident is mostly a local time taken for UTC: that fix is none of it.
    is_dated = stated.fixed_at is not None and not incident.recovery_metrics.is_before_the_start
    if not (stated.fix or is_dated or incident.mitigated):
        return None
    actions = [action for action in incident.recovery.actions if action.kind == "stated"]
    if not actions:
        return "too_early"
    return "came_back" if actions[0].change == "fell" and actions[0].again_per_hour is not None else actions[0].change


def _is_resolved_with_a_live_fix(incident: Incident) -> bool:
    """Whether the issue is resolved in Sentry, has not come back, and does not wait for a release that is not live."""
    issue, metrics = incident.evidence.issue, incident.recovery_metrics
    if issue.status != "resolved" or not metrics.fix_known:
        return False
    fix = metrics.fix_release
    return fix.live is not False if fix.version is not None else not issue.next_release


def _did_a_change_lower_the_rate(incident: Incident) -> bool:
    """Whether the rate fell after the last deploy or flag change that tells anything, and has not come back."""
    changes = [action for action in incident.recovery.actions if action.kind in ("deploy", "flag")]
    telling = [action for action in changes if action.change != "too_early"]
    return bool(telling) and telling[-1].change == "fell" and telling[-1].again_per_hour is None
