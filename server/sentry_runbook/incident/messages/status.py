"""How far the incident is: resolved, mitigated, open or not known, in words for each audience.

The verdict is that of ``incident/recovery/``; this module only says it. What it says in numbers is counted in the event
series.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.incident.formatting import count, duration, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.fields import Fact, RecoveryFacts, facts, made
from sentry_runbook.incident.metrics.timeseries import between, total
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.results.messages import Audience

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Standing:
    """How far it is: ``resolved``, ``mitigated``, ``open`` or ``unknown``, and why not further."""

    stage: str
    why: str = ""


def standing(incident: Incident) -> Standing:
    """Whether it may be called resolved: back to usual for two hours, and something fixed it.

    The rate back to usual without that is mitigated: it may come back.
    """
    seen, reading = incident.recovery, _reading(incident)
    if seen.verdict == "unknown":
        return Standing("unknown", reading)
    if seen.verdict == "recovered" and _fixed(incident):
        return Standing("resolved")
    needs = f". Still to be seen: {'; '.join(seen.needs)}" if seen.needs else ""
    if seen.verdict == "recovered" or (seen.verdict == "improving" and incident.stable_since is not None):
        return Standing("mitigated", f"{reading}{needs}")
    return Standing("open", reading)


def _fixed(incident: Incident) -> bool:
    return incident.recovery.fix_known or bool(incident.stated.fix)


HEADLINES = {"resolved": "RESOLVED", "mitigated": "MITIGATED, NOT YET RESOLVED", "open": "NOT RESOLVED"}
STATES = {
    "worse": "Getting worse",
    "ongoing": "Ongoing",
    "improving": "Improving, not over",
    "recovered": "Back to the usual error rate",
}


def recovery_facts(incident: Incident, audience: Audience) -> RecoveryFacts:
    """Whether it is over, in words for the audience."""
    seen, stands = incident.recovery, standing(incident)
    headline: Fact | Unknown = Unknown(why=f"Sentry cannot confirm it: {stands.why}")
    if stands.stage in HEADLINES:
        headline = Fact(HEADLINES[stands.stage])
    unknown = Unknown(why=seen.reading)
    return made(
        RecoveryFacts,
        over=stands.stage == "resolved",
        mitigated=stands.stage == "mitigated",
        resolved=incident.evidence.issue.status == "resolved",
        headline=headline,
        state=Fact(STATES[seen.verdict]) if seen.verdict in STATES else unknown,
        verdict=Fact(seen.verdict),
        reading=Fact(_reading(incident, audience)) if seen.verdict in STATES else unknown,
        rate_now=_rate(seen.events_per_hour_now),
        rate_before=_rate(seen.events_per_hour_before),
        rate_usual=_rate(seen.events_per_hour_baseline),
        quiet_since=Fact(moment(seen.quiet_since)) if seen.quiet_since else Unknown(why="events still came recently"),
        needs=facts(seen.needs),
    )


def _rate(value: float | None) -> Fact | Unknown:
    return Unknown(why="the event series does not tell it") if value is None else Fact(number(value))


def _reading(incident: Incident, audience: Audience = "engineers") -> str:
    seen = incident.recovery
    if audience == "customers":
        return FOR_CUSTOMERS[seen.verdict]
    if seen.verdict in ("improving", "recovered") and (calm := _calm(incident)):
        return f"{BACK[seen.verdict]}: {calm}{_worst(incident)}{'' if _fixed(incident) else NO_FIX}"
    last_hour = (
        None if incident.rate is None else total(between(incident.rate, incident.read_at - HOUR, incident.read_at))
    )
    if last_hour is None or seen.verdict not in OPEN:
        return seen.reading.rstrip(".")
    usual = seen.events_per_hour_baseline
    told_usual = f", {number(usual)} an hour before it began" if audience == "engineers" and usual is not None else ""
    return f"{OPEN[seen.verdict]}: {count(last_hour, 'error')} in the last hour{_worst(incident)}{told_usual}"


BACK = {"recovered": "Back to the usual error rate", "improving": "Quiet, but not for long enough to be over"}
OPEN = {"worse": "Getting worse", "ongoing": "Not over", "improving": "Getting better, not over"}
NO_FIX = ". Quiet but not fixed, as far as is known"


def _calm(incident: Incident) -> str:
    """How many errors came since the rate is back, counted; the rate over a longer time would hide the calm."""
    if incident.stable_since is None or incident.rate is None:
        return ""
    events = total(between(incident.rate, incident.stable_since, incident.read_at))
    if events is None:
        return ""
    length = duration(incident.read_at - incident.stable_since)
    return f"{count(events, 'error') if events else 'no error'} in the last {length}"


def _worst(incident: Incident) -> str:
    before = incident.recovery.events_per_hour_before
    return "" if before is None else f", {number(before)} in the worst hour"


FOR_CUSTOMERS = {
    "worse": "The problem continues",
    "ongoing": "The problem continues",
    "improving": "We see fewer errors than before; it is not over yet",
    "recovered": "The errors have stopped",
}
