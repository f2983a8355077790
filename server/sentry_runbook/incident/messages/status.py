"""How far an incident is (resolved, mitigated, open, not known), in words for each audience.

The verdict is that of ``incident/recovery/`` and the word that of :mod:`.public_status`; this module only words them.
Its numbers are counted in the event series; customers read none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sentry_runbook.incident.events.why_fired import noun_of
from sentry_runbook.incident.formatting import count, duration, elapsed, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.public_status import is_fix_in_effect, public_status
from sentry_runbook.incident.messages.stage import IncidentStage, StageName
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.results.impact import RecoveryVerdict
from sentry_runbook.incident.model.results.messages import Audience, PublicStatus

HEADLINES: Mapping[StageName, str] = {
    "resolved": "RESOLVED",
    "mitigated": "MITIGATED, NOT YET RESOLVED",
    "open": "NOT RESOLVED",
}
STATES: Mapping[RecoveryVerdict, str] = {
    "worse": "Getting worse",
    "ongoing": "Ongoing",
    "improving": "Improving, not over",
    "recovered": "Back to the usual error rate",
}
FOR_CUSTOMERS: Mapping[PublicStatus, str] = {
    "investigating": "We are looking into it",
    "identified": "We have found the likely cause and are working on a fix",
    "monitoring": "There are fewer errors than before, and we are watching it",
    "resolved": "It is fixed, and this works as usual again",
}
"""What each word means: who posts it says so, whatever else is known."""
CAUSE_STATED = "We know the cause and are working on a fix"
FIX_IN_EFFECT = "A fix is in place, and we are watching whether it works"
BACK_WITH_A_FIX = "A fix is in place and this works as usual again; we are watching whether it stays so"
BACK_BY_ITSELF = "This works as usual again; we are watching whether it stays so"
STILL_OPEN: Mapping[RecoveryVerdict, str] = {
    "worse": "Getting worse",
    "ongoing": "Not over",
    "improving": "Getting better, not over",
}
BACK_TO_USUAL: Mapping[RecoveryVerdict, str] = {
    "recovered": "Back to the usual error rate",
    "improving": "Quiet, but not for long enough to be over",
}
WITHOUT_FIX = ". Quiet but not fixed, as far as is known"


@dataclass(frozen=True)
class IncidentStatus:
    """Whether the incident is over, in words for one audience.

    Attributes:
        word: a status page's word, as a heading: Investigating, Identified, Monitoring, Resolved.
        over: it may be called resolved.
        mitigated: the rate is back to usual and no more is known.
        headline: what a resolution notice begins with.
        state: one or two words.
        reading: one sentence without a full stop: with numbers, but for customers.
    """

    word: str | Unknown
    over: bool
    mitigated: bool
    headline: str | Unknown
    state: str | Unknown
    reading: str | Unknown


def stage_of(incident: Incident) -> IncidentStage:
    """The stage of an incident, by its recovery and its known fix."""
    recovery, reading = incident.recovery, _reading(incident, "engineers")
    if recovery.verdict == "unknown":
        return IncidentStage("unknown", reading)
    if is_resolved(incident):
        return IncidentStage("resolved")
    # The usual rate without a fix, or not yet for long enough, is mitigated: it may come back.
    if recovery.verdict == "recovered" or (recovery.verdict == "improving" and incident.stable_since is not None):
        needs = f". Still to be seen: {'; '.join(recovery.needs)}" if recovery.needs else ""
        return IncidentStage("mitigated", f"{reading}{needs}")
    return IncidentStage("open", reading)


def incident_status(incident: Incident, stage: IncidentStage, audience: Audience) -> IncidentStatus:
    """The stage of an incident in words for the audience."""
    recovery = incident.recovery
    unknown = Unknown(why=recovery.reading)
    known = recovery.verdict in STATES
    word = public_status(incident, stage)
    if audience == "customers":
        reading = word if isinstance(word, Unknown) else _for_customers(incident, stage, word)
    else:
        reading = _reading(incident, audience) if known else unknown
    return IncidentStatus(
        word=word if isinstance(word, Unknown) else word.capitalize(),
        over=stage.name == "resolved",
        mitigated=stage.name == "mitigated",
        headline=HEADLINES.get(stage.name) or Unknown(why=f"Sentry cannot confirm it: {stage.why}"),
        state=STATES.get(recovery.verdict, unknown),
        reading=reading,
    )


def _for_customers(incident: Incident, stage: IncidentStage, word: PublicStatus) -> str:
    if stage.name == "mitigated":
        return BACK_WITH_A_FIX if _is_fixed(incident) else BACK_BY_ITSELF
    if word == "identified" and incident.stated.root_cause:
        return CAUSE_STATED
    return FIX_IN_EFFECT if word == "monitoring" and is_fix_in_effect(incident) else FOR_CUSTOMERS[word]


def is_resolved(incident: Incident) -> bool:
    """Whether it may be called resolved: check_recovery says recovered, and a fix is known."""
    return incident.recovery.verdict == "recovered" and _is_fixed(incident)


def _is_fixed(incident: Incident) -> bool:
    return incident.recovery.fix_known or bool(incident.stated.fix)


def _reading(incident: Incident, audience: Audience) -> str:
    recovery = incident.recovery
    if recovery.verdict in BACK_TO_USUAL and (errors := _errors_since_stable(incident)):
        no_fix = "" if _is_fixed(incident) else WITHOUT_FIX
        return f"{BACK_TO_USUAL[recovery.verdict]}: {errors}{_worst_hour(incident)}{no_fix}"
    last_hour = None if incident.counts is None else incident.counts.counted(incident.read_at - HOUR)
    if last_hour is None or recovery.verdict not in STILL_OPEN:
        return recovery.reading.rstrip(".")
    baseline = recovery.events_per_hour_baseline
    usual = f", {number(baseline)} an hour before it began" if audience == "engineers" and baseline is not None else ""
    still = count(last_hour, noun_of(incident.evidence))
    return f"{STILL_OPEN[recovery.verdict]}: {still} in the last hour{_worst_hour(incident)}{usual}"


def _errors_since_stable(incident: Incident) -> str:
    """Errors counted since the rate is back; the rate over a longer time would hide how quiet it is."""
    if incident.stable_since is None or incident.counts is None:
        return ""
    events = incident.counts.counted(incident.stable_since)
    if events is None:
        return ""
    length = duration(elapsed(incident.stable_since, incident.read_at))
    noun = noun_of(incident.evidence)
    return f"{count(events, noun) if events else f'no {noun}'} in the last {length}"


def _worst_hour(incident: Incident) -> str:
    events = incident.recovery.events_per_hour_before
    return "" if events is None else f", {number(events)} in the worst hour"
